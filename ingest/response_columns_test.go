package ingest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// paper is a questionnaire with what headings have to be told apart by.
func paper() (survey.Questionnaire, survey.Wave) {
	zero := 0.0
	q := survey.Questionnaire{ID: "paper", Title: "问卷", Version: 2, Stratum: "group", Questions: []survey.Question{
		{Name: "group", Type: survey.Single, Label: "您属于哪一类人群？", Short: "人群", Required: true, Options: []survey.Option{{Code: "school", Label: "学校师生"}, {Code: "resident", Label: "社区居民"}}},
		{Name: "seen", Type: survey.Multiple, Label: "您见过哪些宣传？", Short: "宣传", Aliases: []string{"宣传渠道"},
			Options: []survey.Option{{Code: "tv", Label: "电视、广播"}, {Code: "board", Label: "广告牌"}, {Code: "other", Label: "其他", Other: true}, {Code: "none", Label: "都没有", Exclusive: true}}},
		{Name: "part", Type: survey.Single, Label: "您参加过活动吗？", Short: "参加", Required: true, Options: []survey.Option{{Code: "yes", Label: "参加过"}, {Code: "no", Label: "没有"}}},
		{Name: "acts", Type: survey.Single, Label: "您参加了什么活动？", Short: "活动", Required: true, ShowIf: &survey.Condition{Question: "part", In: []string{"yes"}},
			Options: []survey.Option{{Code: "talk", Label: "讲座"}, {Code: "walk", Label: "巡河"}, {Code: "more", Label: "其他", Other: true}}},
		{Name: "years", Type: survey.Number, Label: "您住了几年？", Min: &zero},
		{Name: "words", Type: survey.Text, Label: "您的建议", Aliases: []string{"意见和建议"}},
	}}
	return q, survey.Wave{ID: "w1", Name: "一", Questionnaire: "paper", Version: 2,
		Start: time.Date(2014, 9, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2014, 9, 30, 0, 0, 0, 0, time.UTC)}
}

// meaning writes a column in one line.
func meaning(q survey.Questionnaire, c responseColumn) string {
	switch c.kind {
	case answerColumn:
		return q.Questions[c.question].Name
	case spreadColumn:
		return q.Questions[c.question].Name + "=" + c.code
	case wordsColumn:
		return q.Questions[c.question].Name + ".other"
	}
	return map[columnKind]string{unknownColumn: "?", numberColumn: "number", counterColumn: "counter", dateColumn: "date",
		distributorColumn: "distributor", unitColumn: "unit", personalColumn: "personal"}[c.kind]
}

func TestHeadings(t *testing.T) {
	q, _ := paper()
	h := newHeadingReader(q)
	for heading, want := range map[string]string{
		"group": "group", "您属于哪一类人群？": "group", "您属于哪一类人群?": "group", "您属于哪一类人群": "group", "人群": "group", "1.人群": "group", "1、您属于哪一类人群？": "group",
		"Q1 人群": "group", "Q1.人群": "group", "q1人群": "group", "第1题 人群": "group", "（1）人群": "group", "一、人群": "group", "1人群": "group", "人群 【单选题】": "group", "人群（单选）": "group",
		"*人群": "group", "１．人群": "group", "[单选题]人群": "group", "人群*": "group", "3-1、人群": "group",
		"您见过哪些宣传？（多选）": "seen", "您见过哪些宣传(可多选)": "seen", "宣传渠道【多选题】": "seen", "2.宣传（最多选3项）": "seen", "宣传[多选题]": "seen",
		"宣传/广告牌": "seen=board", "宣传:广告牌": "seen=board", "宣传：广告牌": "seen=board", "宣传_广告牌": "seen=board", "宣传（广告牌）": "seen=board", "宣传—广告牌": "seen=board", "宣传·广告牌": "seen=board",
		"2、您见过哪些宣传？(可多选):广告牌": "seen=board", "2(广告牌)": "?", "宣传/电视、广播": "seen=tv", "宣传:电视,广播": "seen=tv", "seen.board": "seen=board", "seen/none": "seen=none",
		"宣传_2": "seen=board", "宣传/B": "seen=board", "宣传/报纸": "?", "宣传/其他": "seen=other", "宣传/其他/请注明": "seen.other", "宣传其他说明": "seen.other", "seen.other": "seen=other", "seen.other.text": "seen.other",
		"活动/其他": "acts.other", "活动其他": "acts.other", "活动（其他请注明）": "acts.other", "acts.other": "acts.other", "您参加了什么活动？其他": "acts.other", "活动/讲座": "?",
		"意见和建议": "words", "您的建议": "words", "住了几年": "?", "您住了几年": "years",
		"编号": "number", "问卷编号": "number", "序号": "counter", "No.": "counter", "填写日期": "date", "日期": "date", "提交答卷时间": "date", "发放员": "distributor", "调查员姓名": "distributor", "单位": "unit", "责任单位": "unit",
		"姓名": "personal", "联系电话": "personal", "您的手机号": "personal", "身份证号码": "personal", "微信昵称": "personal", "来自IP": "?", "IP地址": "personal", "班级": "personal", "家庭住址": "personal", "调查员电话": "personal",
		"得分": "?", "": "?", "受访者单位": "?", strings.Repeat("人群", 5000): "?", "</script>": "?", "\x00": "?",
	} {
		if got := meaning(q, h.column(heading)); got != want {
			t.Errorf("%.40q means %s, want %s", heading, got, want)
		}
	}
}

// TestHeadingsOfShipped: whatever the office writes as question and option, its own
// heading in every usual form is understood.
func TestHeadingsOfShipped(t *testing.T) {
	for _, dir := range []string{"../seeds/feicheng/", "../seeds/governance/"} {
		q, _ := questionnaire(t, dir+"questionnaire.yaml")
		h := newHeadingReader(q)
		for i, question := range q.Questions {
			for _, form := range []string{"%s", "%[2]d.%[1]s", "Q%[2]d %[1]s", "第%[2]d题：%[1]s", "%s（单选）", "%[2]d、%[1]s【多选题】"} {
				for _, text := range []string{question.Name, question.Label, question.Title()} {
					heading := fmt.Sprintf(form, text, i+1)
					if !strings.Contains(form, "[2]") {
						heading = fmt.Sprintf(form, text)
					}
					if got := meaning(q, h.column(heading)); got != question.Name {
						t.Errorf("%s: %s means %s, want %s", q.ID, heading, got, question.Name)
					}
				}
			}
			for _, o := range question.Options {
				if code, ok := h.options[i].one(o.Label); !ok || code != o.Code {
					t.Errorf("%s %s: label %s reads as %s", q.ID, question.Name, o.Label, code)
				}
				for _, mark := range "/:_" {
					want := question.Name + "=" + o.Code
					if question.Type == survey.Multiple && meaning(q, h.column(question.Label+string(mark)+o.Label)) != want {
						t.Errorf("%s: %s%c%s is not %s", q.ID, question.Label, mark, o.Label, want)
					}
				}
			}
		}
	}
}

func csv(t *testing.T, text string) (*responseSheet, error) {
	t.Helper()
	q, wave := paper()
	return readResponses(t.Context(), open(t, "答卷.csv", []byte(text)), "", plan(), wave, q)
}

// TestRows reads a sheet as it comes: a title, a heading, rows of every fate.
func TestRows(t *testing.T) {
	read, err := csv(t, `问卷汇总表,,,,,,,,,,
填报单位：市教育局,,,,,,,,,,
序号,问卷编号,填写日期,发放员,单位,姓名,1.人群,2.宣传（多选）,3.参加,4.活动,5.您住了几年？,备注
1,A001,2014-09-10,李某,教育局,张三,学校师生,"电视、广播；其他：亲友、邻居",参加过,其他：摄影,12年,无
2,A002,2014/9/31,王某,体育局,李四,工人,电视,参加过,,约3,
3,A003,,,,,学生,都没有;广告牌,没有,讲座,-2,
,,,,,,,,,,,
4,A004,2014年10月2日,,,,1,2,没有,,,
5,A001,,,,,社区居民,,没有,,,
6,13800138000,,,,,社区居民,,没有,,,
7,A007,,,,,社区居民,(空),参加过,,,
8,A008,,,,,,,,,,
序号,问卷编号,填写日期,发放员,单位,姓名,1.人群,2.宣传（多选）,3.参加,4.活动,5.您住了几年？,备注
9,A009,,,,,社区居民,,,,,
10,A010,,,市直有关部门,,社区居民,,没有,,,
合计,,,,,,9,,,,,
填表人：某某,,,,,,,,,,,
`)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(read.ColumnsNotStored()) != "[姓名 备注]" || !slices.Equal(read.HeaderRows, []int{3}) || !strings.Contains(read.NotStored[0].Why, "不记名") {
		t.Errorf("header %v, not stored %v", read.HeaderRows, read.NotStored)
	}
	first := read.Good[0]
	want := survey.Response{Campaign: "feicheng", Wave: "w1", Questionnaire: "paper", Version: 2, Stratum: "school", Unit: "jiaoyuju", Distributor: "李某",
		Number: "A001", Mode: survey.Import, Disposition: survey.Complete, Choices: map[string][]string{"group": {"school"}, "seen": {"tv", "other"}, "part": {"yes"}, "acts": {"more"}},
		Numbers: map[string]float64{"years": 12}, Texts: map[string]string{"seen.other": "亲友、邻居", "acts.other": "摄影"}, AnsweredOn: time.Date(2014, 9, 10, 0, 0, 0, 0, time.UTC)}
	want.Origin.Row = 4
	if !reflect.DeepEqual(first.Response, want) || first.Counter != "1" || first.Warning != "" {
		t.Errorf("row 4:\n%+v\n%+v", first, want)
	}
	good := map[int]string{}
	for _, row := range read.Good {
		good[row.Row] = row.Warning
	}
	// Row 8 is out of the wave's days; rows 11 and 14 leave something required open.
	if len(good) != 4 || !strings.Contains(good[8], "2014-10-02不在本轮") || !strings.Contains(good[11], "部分完成”保存：活动") || !strings.Contains(good[14], "部分完成”保存：参加") {
		t.Errorf("good rows %v", good)
	}
	checkFaults(t, read.Rejected, map[int][]string{
		5: {"填写日期 日期“2014/9/31”不存在", "单位 “体育局”不是本活动的责任单位，相近的有：市教育局", "1.人群 “工人”不在选项里，可填：学校师生、社区居民", "2.宣传(多选) “电视”不在选项里", "5.您住了几年? “约3”不是数字"},
		// 学生 is no option; the skipped question and the exclusive option are told as well.
		6:  {"1.人群 “学生”不在选项里", "2.宣传(多选) 选了“都没有”就不能再选其他选项", "4.活动 按前面的回答，“活动”应当跳过", "5.您住了几年? “您住了几年？”填了-2，不能小于0"},
		9:  {"问卷编号 编号“A001”在第4行已经有了，答案不同"},
		10: {"问卷编号 像是手机号或身份证号"},
		15: {"单位 “市直有关部门”是多个单位的合称"},
	})
	var skipped []string
	for _, s := range read.Skipped {
		skipped = append(skipped, fmt.Sprint(s.Row, s.Why))
	}
	if got := strings.Join(skipped, " "); got != "7空行 12没有一题有答案，按空白问卷跳过 13重复的标题行 16“合计”是汇总行，不是答卷 17表尾说明，不是答卷" {
		t.Errorf("skipped %s", got)
	}
	checkEveryRow(t, read, 3)
	if got := read.Cells[5]; len(read.Cells) != 5 || got[1] != "A002" || got[2] != "2014/9/31" {
		t.Errorf("cells %v", read.Cells)
	}
}

// checkEveryRow: each row below the heading is in exactly one list.
func checkEveryRow(t *testing.T, read *responseSheet, header int) {
	t.Helper()
	fate := map[int]int{}
	for _, row := range read.Good {
		fate[row.Row]++
	}
	for _, s := range read.Skipped {
		fate[s.Row]++
	}
	for row := range read.Cells {
		fate[row]++
	}
	for _, rej := range read.Rejected {
		if fate[rej.Row] != 1 {
			t.Errorf("row %d is rejected and counted %d times", rej.Row, fate[rej.Row])
		}
	}
	for row := header + 1; row <= header+read.Rows; row++ {
		if fate[row] != 1 {
			t.Errorf("row %d is counted %d times", row, fate[row])
		}
	}
}

// checkFaults: every expected fault is there, in its column and words, and no other.
func checkFaults(t *testing.T, got []Rejection, want map[int][]string) {
	t.Helper()
	found := map[int][]string{}
	for _, r := range got {
		found[r.Row] = append(found[r.Row], r.Field+" "+r.Why)
	}
	for row, sentences := range want {
		if len(found[row]) != len(sentences) {
			t.Errorf("row %d: %q, want %d faults", row, found[row], len(sentences))
			continue
		}
		for i, sentence := range sentences {
			if !strings.HasPrefix(found[row][i], sentence) {
				t.Errorf("row %d: %q, want %q", row, found[row][i], sentence)
			}
		}
	}
	for row := range found {
		if _, expected := want[row]; !expected {
			t.Errorf("row %d is rejected: %q", row, found[row])
		}
	}
}

// TestSpreadColumns reads a multiple choice that stands in one column per option.
func TestSpreadColumns(t *testing.T) {
	read, err := csv(t, `人群,宣传/电视、广播,宣传/广告牌,宣传/其他,宣传/都没有,参加,活动,活动其他
社区居民,1,0,0,0,没有,,
社区居民,√,是,亲友,,没有,,
社区居民,0,0,0,1,没有,,
社区居民,0,0,0,0,没有,,
社区居民,1,,,1,没有,,
社区居民,2,,,,没有,,
社区居民,,选中,其他：墙上的画,,参加过,其他,摄影
`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range read.Good {
		got = append(got, fmt.Sprintf("%d%v %v", row.Row, row.Response.Choices["seen"], row.Response.Texts))
	}
	want := []string{"2[tv] map[]", "3[tv board other] map[seen.other:亲友]", "4[none] map[]", "5[] map[]", "8[board other] map[acts.other:摄影 seen.other:墙上的画]"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	checkFaults(t, read.Rejected, map[int][]string{
		6: {"宣传/电视、广播 选了“都没有”就不能再选其他选项"},
		7: {"宣传/电视、广播 “2”看不出是选了还是没选"},
	})
	checkEveryRow(t, read, 1)
}

// TestWordsColumn: where the answer has its own column, 题干/其他 holds words; so does
// a bare 其他（请注明） to its right.
func TestWordsColumn(t *testing.T) {
	read, err := csv(t, `人群,宣传,宣传/其他,参加,活动,其他（请注明）
社区居民,其他,亲友,参加过,其他,摄影
社区居民,广告牌,,参加过,讲座,0
社区居民,广告牌,亲友,参加过,讲座,
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Good) != 2 || fmt.Sprint(read.Good[0].Response.Texts) != "map[acts.other:摄影 seen.other:亲友]" || len(read.Good[1].Response.Texts) != 0 || len(read.NotStored) != 0 {
		t.Errorf("%+v, not stored %v", read.Good, read.NotStored)
	}
	checkFaults(t, read.Rejected, map[int][]string{4: {"宣传/其他 写了“其他”的内容，却没有选“其他”"}})
}

// TestSheetFaults: what makes a whole file unusable is told with the remedy.
func TestSheetFaults(t *testing.T) {
	for what, c := range map[string]struct{ text, words string }{
		"no question":     {"姓名,得分\n张三,3\n", "没有找到题目列"},
		"heading only":    {"人群,参加\n", ""},
		"one twice":       {"人群,参加,1.人群\n社区居民,没有,学校师生\n", "“人群”和“1.人群”两列说的是同一项"},
		"misspelt":        {"人群,参家\n社区居民,没有\n", "没有找到必答题“您参加过活动吗？”的列"},
		"misspelt, named": {"人群,参家\n社区居民,没有\n", "没有认出来的列有：参家"},
		"no stratum":      {"参加\n没有\n", "您属于哪一类人群？"},
	} {
		read, err := csv(t, c.text)
		if c.words == "" {
			if err != nil || read.Rows != 0 {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		p, ok := problem.As(err)
		if !ok || !strings.Contains(p.Error(), c.words) {
			t.Errorf("%s: %v, want %s", what, err, c.words)
		}
	}
}

// workbook makes a workbook with the sheets given as rows of cells.
func workbook(t *testing.T, sheets map[string][][]any, order ...string) *sheet.Book {
	t.Helper()
	f := excelize.NewFile()
	for i, name := range order {
		if i == 0 {
			f.SetSheetName("Sheet1", name)
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for r, cells := range sheets[name] {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", r+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	body, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, "答卷.xlsx", body.Bytes())
}

// TestWhichSheet: the sheet with answers is found; of two, none is left out silently.
func TestWhichSheet(t *testing.T) {
	q, wave := paper()
	answers := [][]any{{"人群", "参加", "填写日期"}, {"社区居民", "没有", time.Date(2014, 9, 12, 10, 30, 0, 0, time.UTC)}}
	heading := [][]any{{"人群", "参加"}}
	book := workbook(t, map[string][][]any{"说明": {{"请填写"}}, "模板": heading, "答卷": answers}, "说明", "模板", "答卷")
	read, err := readResponses(t.Context(), book, "", plan(), wave, q)
	if err != nil || read.Sheet != "答卷" || len(read.Good) != 1 || read.Good[0].Response.AnsweredOn.Format(time.DateOnly) != "2014-09-12" {
		t.Errorf("%+v, %v", read, err)
	}
	book = workbook(t, map[string][][]any{"一": answers, "二": answers}, "一", "二")
	if _, err = readResponses(t.Context(), book, "", plan(), wave, q); err == nil || !strings.Contains(err.Error(), "2张工作表都像答卷") {
		t.Errorf("two sheets: %v", err)
	}
	if read, err = readResponses(t.Context(), book, "二", plan(), wave, q); err != nil || read.Sheet != "二" || len(read.Good) != 1 {
		t.Errorf("the second, named: %v", err)
	}
	if _, err = readResponses(t.Context(), book, "三", plan(), wave, q); err == nil {
		t.Error("a sheet that isn't there is read")
	}
}

// TestTwoRowHeading: the question over its options, merged, as people lay it out.
func TestTwoRowHeading(t *testing.T) {
	q, wave := paper()
	f := excelize.NewFile()
	for r, cells := range [][]any{{"人群", "您见过哪些宣传？（多选）", "", "", "", "参加"}, {"", "电视、广播", "广告牌", "其他", "都没有", ""}, {"社区居民", 1, "√", "", "", "没有"}} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", r+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"B1": "E1", "A1": "A2", "F1": "F2"} {
		if err := f.MergeCell("Sheet1", from, to); err != nil {
			t.Fatal(err)
		}
	}
	body, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	read, err := readResponses(t.Context(), open(t, "两行.xlsx", body.Bytes()), "", plan(), wave, q)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(read.HeaderRows) != "[1 2]" || len(read.Good) != 1 || fmt.Sprint(read.Good[0].Response.Choices["seen"]) != "[tv board]" {
		t.Errorf("%+v", read)
	}
}

// TestFingerprint: what makes two rows one sheet sent twice, and what doesn't.
func TestFingerprint(t *testing.T) {
	base := survey.Response{Campaign: "c", Wave: "w", Questionnaire: "q", Number: "1", Choices: map[string][]string{"a": {"x", "y"}, "b": {"z"}}, Texts: map[string]string{"t": "好"}}
	print := responseFingerprint(base, "7")
	same := base
	same.Unit, same.Distributor, same.AnsweredOn, same.Origin.Row = "u", "d", time.Now(), 9
	if responseFingerprint(same, "7") != print {
		t.Error("unit, distributor, date and place in the file are no part of the answers")
	}
	for what, other := range map[string]survey.Response{
		"wave":             {Campaign: "c", Wave: "w2", Questionnaire: "q", Number: "1", Choices: base.Choices, Texts: base.Texts},
		"number":           {Campaign: "c", Wave: "w", Questionnaire: "q", Number: "2", Choices: base.Choices, Texts: base.Texts},
		"one option less":  {Campaign: "c", Wave: "w", Questionnaire: "q", Number: "1", Choices: map[string][]string{"a": {"x"}, "b": {"z"}}, Texts: base.Texts},
		"option elsewhere": {Campaign: "c", Wave: "w", Questionnaire: "q", Number: "1", Choices: map[string][]string{"a": {"x"}, "b": {"y", "z"}}, Texts: base.Texts},
		"text as a choice": {Campaign: "c", Wave: "w", Questionnaire: "q", Number: "1", Choices: map[string][]string{"a": {"x", "y"}, "b": {"z"}, "t": {"好"}}},
		"number answer":    {Campaign: "c", Wave: "w", Questionnaire: "q", Number: "1", Choices: base.Choices, Texts: base.Texts, Numbers: map[string]float64{"n": 0}},
	} {
		if responseFingerprint(other, "7") == print {
			t.Errorf("another %s has the same fingerprint", what)
		}
	}
	if responseFingerprint(base, "8") == print {
		t.Error("another counter has the same fingerprint")
	}
}
