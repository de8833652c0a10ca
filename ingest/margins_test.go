package ingest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards/workbook"
	"shuixuan/ingest"
)

// marginWave is a wave with strata, areas and questions of every kind that a workbook may name.
func marginWave() (survey.Wave, survey.Questionnaire) {
	yes := []survey.Option{{Code: "1", Label: "是"}, {Code: "2", Label: "否"}}
	q := survey.Questionnaire{ID: "q", Title: "问卷", Stratum: "grp", Questions: []survey.Question{
		{Name: "grp", Type: survey.Single, Label: "您是哪一类人？", Short: "人群", Required: true, Options: []survey.Option{{Code: "a", Label: "师生"}, {Code: "b", Label: "居民"}}},
		{Name: "sex", Type: survey.Single, Label: "您的性别？", Short: "性别", Options: []survey.Option{{Code: "m", Label: "男", Aliases: []string{"男性"}}, {Code: "f", Label: "女"}, {Code: "x", Label: "不愿回答", DontKnow: true}}},
		{Name: "age", Type: survey.Single, Label: "您的年龄？", Short: "年龄", Options: []survey.Option{{Code: "y", Label: "18-29岁"}, {Code: "o", Label: "30岁及以上"}}},
		{Name: "seen", Type: survey.Multiple, Label: "见过哪些宣传", Options: yes},
		{Name: "part", Type: survey.Single, Label: "参加过吗", Options: yes, ShowIf: &survey.Condition{Question: "sex", In: []string{"m"}}},
		{Name: "twin1", Type: survey.Single, Label: "同名", Options: yes}, {Name: "twin2", Type: survey.Single, Label: "同名", Options: yes},
		{Name: "sat", Type: survey.Single, Label: "满意吗", Dimension: "满意", Options: yes},
	}}
	w := survey.Wave{ID: "w", Name: "一轮", Strata: []survey.Stratum{{Code: "a", Label: "师生"}, {Code: "b", Label: "居民"}}, Areas: []survey.Area{{Code: "e", Label: "东城"}, {Code: "w", Label: "西城"}}}
	return w, q
}

func readMargins(t *testing.T, name string, body []byte) (*ingest.MarginsRead, error) {
	t.Helper()
	w, q := marginWave()
	return ingest.ReadMargins(t.Context(), ingest.File{Name: name, Size: int64(len(body)), ReaderAt: bytes.NewReader(body), SHA256: strings.Repeat("a", 64)}, w, q)
}

// faultsOf lists the faults of a CSV as "row column why".
func faultsOf(t *testing.T, lines ...string) string {
	t.Helper()
	read, err := readMargins(t, "总体.csv", []byte("变量,选项,总数,来源\n"+strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if (read.Margins == nil) != (len(read.Faults) > 0) {
		t.Errorf("%d faults and margins %v", len(read.Faults), read.Margins)
	}
	var list []string
	for _, f := range read.Faults {
		list = append(list, fmt.Sprintf("%d %s %s", f.Row, f.Heading, f.Why))
	}
	return strings.Join(list, "\n")
}

// TestMarginsAreRead in the ways that people write them: by title, code or label, with digits of
// full width, 万, a unit behind the number, one source for all, lines that sum, and a variable
// that isn't used.
func TestMarginsAreRead(t *testing.T) {
	body := "来源：2020年人口普查,,\n变量,选项,总数\n组别,师生,２００００\n组别,居民,\"380,000\"\n组别,合计,40万\n您的性别？,男性,19.6万人\nsex,f,204000名\n片区,东城,\n片区,西城,\n"
	read, err := readMargins(t, "总体.csv", []byte(body))
	if err != nil || len(read.Faults) > 0 {
		t.Fatalf("%v, %+v", err, read)
	}
	list := read.Margins.List
	if len(list) != 2 || list[0].Variable != survey.MarginStratum || list[0].People() != 400_000 || list[1].Variable != "sex" || list[1].Totals[0] != (survey.MarginTotal{Code: "m", Label: "男", People: 196_000}) ||
		list[0].Source != "2020年人口普查" || list[1].Source != "2020年人口普查" || strings.Join(read.Unused, "") != "区域" || len(read.Skipped) != 1 {
		t.Errorf("%+v", read)
	}
	w, q := marginWave()
	w.Questionnaire, w.Margins = q.ID, read.Margins
	if err := w.Validate(q); err != nil {
		t.Errorf("what was read is refused: %v", err)
	}
}

// TestMarginFaults are told by their row, and say what to do.
func TestMarginFaults(t *testing.T) {
	check := func(want string, lines ...string) {
		t.Helper()
		if got := faultsOf(t, lines...); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", lines, got, want)
		}
	}
	good := []string{"年龄,18-29岁,100000,年鉴", "年龄,30岁及以上,300000,年鉴"}
	check("", good...)
	check("", "年龄,18—29岁,100000,年鉴", "年龄,30 岁及以上,300000,")
	check("2 变量 这一轮没有“职业”这个变量；可以写：组别、区域、性别、年龄、同名、同名、满意吗", append([]string{"职业,农民,1,"}, good...)...)
	check("2 变量 “见过哪些宣传”是多选题，只有单选题能用来加权", append([]string{"见过哪些宣传,是,1,"}, good...)...)
	check("2 变量 “参加过吗”只问了一部分人，没问到的人不知道属于哪一项，不能用来加权", append([]string{"参加过吗,是,1,"}, good...)...)
	check("2 变量 有2道题都叫“同名”，请改写题目的代码：twin1或twin2", append([]string{"同名,是,1,"}, good...)...)
	check("4 变量 没有写变量；和上一行同一个变量的，也请写上", append(good, ",女,1,")...)
	check("4 选项 “性别”没有“中”这个选项；可以写：男、女", append(good, "性别,中,200000,", "性别,女,200000,")...)
	check("4 选项 没有写选项", append(good, "性别,,200000,", "性别,女,200000,")...)
	check("5 选项 “性别”的“男”在第4行已经写过，请只留一行", append(good, "性别,男,200000,", "性别,男性,200000,", "性别,女,200000,")...)
	check("4 选项 “性别”缺少“女”，请补一行；没有人的填0", append(good, "性别,男,400000,")...)
	check("4 总数 “-5”是负数，人数不能小于0", append(good, "性别,男,-5,", "性别,女,400005,")...)
	check("4 总数 “不详”不是人数，请只写一个数字，例如12300", append(good, "性别,男,不详,", "性别,女,400000,")...)
	check("4 总数 “49%”数的不是人，请填人数\n5 总数 “0.51”不是整数；请填人数，不要填比例", append(good, "性别,男,49%,", "性别,女,0.51,")...)
	check("4 总数 “约20万”不是人数，请只写一个数字，例如12300", append(good, "性别,男,约20万,", "性别,女,200000,")...)
	check("5 总数 没有填总数；没有人的请填0。“性别”整个不用的，请把它的总数都留空", append(good, "性别,男,400000,", "性别,女,,")...)
	check("4 总数 “性别”合计是0人", append(good[:2:2], "性别,男,0,", "性别,女,0,")[:4]...)
	check("4 总数 “性别”合计410003人，“年龄”（第2行起）合计400000人，相差10003人，超过四舍五入；同一个总体只有一个人数，请核对", append(good, "性别,男,200001,", "性别,女,210002,")...)
	check("6 总数 合计写的是399000人，“性别”各项加起来是400000人，请核对", append(good, "性别,男,190000,", "性别,女,210000,", "性别,合 计,399000,")...)
	check("4 来源 “性别”没有写来源；请写明出处和年份，例如：市统计局2026年年鉴表3-2", "年龄,18-29岁,100000,年鉴", "年龄,30岁及以上,300000,普查", "性别,男,200000,", "性别,女,200000,")
	// Numbers that were rounded to thousands may sum to a thousand more, those to the person may not.
	check("", append(good, "性别,男,196000,", "性别,女,205000,")...)
}

// TestMergedMargins: a name or a source merged over its lines is that of each, a total or an
// option merged over lines is of nobody knows which.
func TestMergedMargins(t *testing.T) {
	book := func(merges ...string) []byte {
		f := excelize.NewFile()
		for i, row := range [][]any{{"变量", "选项", "总数", "来源"}, {"性别", "男", 200_000, "普查"}, {"", "女", 200_000, ""}} {
			if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range merges {
			from, to, _ := strings.Cut(m, ":")
			if err := f.MergeCell("Sheet1", from, to); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := f.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if read, err := readMargins(t, "总体.xlsx", book("A2:A3", "D2:D3")); err != nil || len(read.Faults) > 0 || read.Margins.List[0].People() != 400_000 {
		t.Errorf("%+v, %v", read, err)
	}
	for merge, want := range map[string]string{"C2:C3": "总数是合并单元格", "B2:B3": "选项是合并单元格"} {
		read, err := readMargins(t, "总体.xlsx", book("A2:A3", merge))
		if err != nil || len(read.Faults) == 0 || read.Faults[0].Row != 3 || !strings.Contains(read.Faults[0].Why, want) {
			t.Errorf("%s: %+v, %v", merge, read, err)
		}
	}
}

// TestTheMarginsTemplateComesBack: filled in it is read without a fault, and what holds stands in
// the next one. What isn't about people themselves is not in it.
func TestTheMarginsTemplateComesBack(t *testing.T) {
	w, q := marginWave()
	var out bytes.Buffer
	if err := workbook.MarginsTemplate(&out, w, q); err != nil {
		t.Fatal(err)
	}
	if _, err := readMargins(t, "模板.xlsx", out.Bytes()); err == nil {
		t.Error("an empty template is taken")
	} else if p, ok := problem.As(err); !ok || !strings.Contains(p.Title, "没有总数") {
		t.Errorf("%v", err)
	}
	w.Margins = &survey.Margins{List: []survey.Margin{{Variable: survey.MarginArea, Label: "区域", Source: "年鉴", Totals: []survey.MarginTotal{{Code: "e", Label: "东城", People: 7}, {Code: "w", Label: "西城", People: 5}}}}}
	out.Reset()
	if err := workbook.MarginsTemplate(&out, w, q); err != nil {
		t.Fatal(err)
	}
	read, err := readMargins(t, "模板.xlsx", out.Bytes())
	if err != nil || len(read.Faults) > 0 || fmt.Sprint(read.Margins.List) != fmt.Sprint(w.Margins.List) || strings.Join(read.Unused, " ") != "组别 性别 年龄 同名 同名" {
		t.Errorf("%+v, %v", read, err)
	}
}

// TestNoMargins: a file of another kind is refused in words.
func TestNoMargins(t *testing.T) {
	for name, body := range map[string]string{"no headings": "甲,乙\n1,2\n", "nothing": "变量,选项,总数\n", "picture": "\x89PNG\r\n\x1a\n00000000"} {
		_, err := readMargins(t, name, []byte(body))
		if p, ok := problem.As(err); !ok || p.Kind != problem.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
