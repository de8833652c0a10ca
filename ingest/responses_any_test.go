package ingest

import (
	"bytes"
	encoding "encoding/csv"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// words are labels that have misled readers: separators inside, one within another,
// digits, quotes, and words that look like a mark of their own kind.
var words = []string{"报纸", "电视、广播或报纸", "电视", "网站/手机", "18岁以下", "18-30岁", "满意", "非常满意", "不满意", "是否", "“四乱”", "A类", "水,电", "都 没有", "其他人", "无", "第3类", "=1+1", "</script>"}

// drawnSheet is any questionnaire of choice, number and text questions.
func drawnSheet(t *rapid.T) survey.Questionnaire {
	q := survey.Questionnaire{ID: "q", Title: "任意", Version: 1}
	for i := range rapid.IntRange(1, 5).Draw(t, "questions") {
		question := survey.Question{Name: fmt.Sprintf("q_%d", i), Label: fmt.Sprintf("第%d个：“题目”(甲/乙)？", i), Short: "题" + string(rune('甲'+i)),
			Type: rapid.SampledFrom([]survey.QuestionType{survey.Single, survey.Multiple, survey.Number, survey.Text}).Draw(t, "type")}
		if question.Choice() {
			labels := rapid.Permutation(words).Draw(t, "labels")[:rapid.IntRange(1, 6).Draw(t, "options")]
			for j, label := range labels {
				question.Options = append(question.Options, survey.Option{Code: fmt.Sprintf("o-%d", j), Label: label})
			}
			if rapid.Bool().Draw(t, "asks") {
				question.Options = append(question.Options, survey.Option{Code: "rest", Label: "其他", Other: true})
			}
		}
		q.Questions = append(q.Questions, question)
	}
	return q
}

// writer puts answers into the cells of a sheet in one of the ways people do.
type layout struct {
	spread bool // a column for each option of a multiple choice
	write  string
	mark   string
	sep    string
	apart  bool // the words of 其他 have a column of their own
	style  string
}

func drawnLayout(t *rapid.T) layout {
	return layout{
		spread: rapid.Bool().Draw(t, "spread"), apart: rapid.Bool().Draw(t, "apart"),
		write: rapid.SampledFrom([]string{"label", "code", "position", "letter", "marked"}).Draw(t, "write"),
		mark:  rapid.SampledFrom([]string{"1", "√", "是", "Y"}).Draw(t, "mark"),
		sep:   rapid.SampledFrom([]string{";", "；", "、", "，", "|", "┋", "\n"}).Draw(t, "separator"),
		style: rapid.SampledFrom([]string{"%s", "Q%[2]d.%[1]s", "%[2]d、%[1]s", "%s【选填】"}).Draw(t, "heading"),
	}
}

func (l layout) option(question survey.Question, code string) string {
	for i, o := range question.Options {
		if o.Code != code {
			continue
		}
		switch l.write {
		case "code":
			return o.Code
		case "position":
			return fmt.Sprint(i + 1)
		case "letter":
			return string(rune('A' + i))
		case "marked":
			return string(rune('A'+i)) + "." + o.Label
		}
		return o.Label
	}
	return ""
}

// cells gives the headings and the cells of one response.
func (l layout) cells(q survey.Questionnaire, r survey.Response) (headings, row []string) {
	put := func(i int, heading, cell string) {
		if strings.Contains(l.style, "[2]") {
			heading = fmt.Sprintf(l.style, heading, i+1)
		} else {
			heading = fmt.Sprintf(l.style, heading)
		}
		headings, row = append(headings, heading), append(row, cell)
	}
	for i, question := range q.Questions {
		codes, words := r.Choices[question.Name], r.Texts[survey.OtherKey(question.Name)]
		_, asks := question.OtherOption()
		if question.Type == survey.Multiple && l.spread {
			for _, o := range question.Options {
				cell := "0"
				for _, code := range codes {
					if code == o.Code {
						cell = l.mark
					}
				}
				if o.Other && words != "" {
					cell = words
				}
				put(i, question.Label+"/"+o.Label, cell)
			}
			continue
		}
		cell := r.Texts[question.Name]
		if v, held := r.Numbers[question.Name]; held {
			cell = fmt.Sprint(v)
		}
		var parts []string
		for _, code := range codes {
			part := l.option(question, code)
			if o, _ := question.Option(code); o.Other && words != "" && !l.apart {
				part = "其他：" + words
			}
			parts = append(parts, part)
		}
		if question.Choice() {
			cell = strings.Join(parts, l.sep)
		}
		put(i, question.Label, cell)
		if asks && l.apart {
			put(i, question.Label+"其他", words)
		}
	}
	return headings, row
}

func drawnResponse(t *rapid.T, q survey.Questionnaire) survey.Response {
	r := survey.Response{Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}
	for _, question := range q.Questions {
		if rapid.IntRange(0, 4).Draw(t, "open") == 0 {
			continue
		}
		switch question.Type {
		case survey.Number:
			r.Numbers[question.Name] = float64(rapid.IntRange(-1000, 1000).Draw(t, "number")) / 4
		case survey.Text:
			r.Texts[question.Name] = rapid.SampledFrom([]string{"多种树，少排污。", "无", "=cmd|' /C calc'!A0", "a\"b\\c\n第二行", "😀", "1", "合计"}).Draw(t, "text")
		default:
			for _, o := range question.Options {
				if question.Type == survey.Multiple && rapid.Bool().Draw(t, "chosen") || question.Type == survey.Single && len(r.Choices[question.Name]) == 0 && rapid.Bool().Draw(t, "this") {
					r.Choices[question.Name] = append(r.Choices[question.Name], o.Code)
					if o.Other && rapid.IntRange(0, 3).Draw(t, "words") > 0 {
						r.Texts[survey.OtherKey(question.Name)] = rapid.SampledFrom([]string{"亲友", "社区里、楼道里的人"}).Draw(t, "other words")
					}
				}
			}
		}
	}
	return r
}

// TestAnyLayout: what people answer comes back from the sheet whichever way it is laid
// out: labels, codes, positions or letters; one cell or a column per option; headings
// with numbers and marks.
func TestAnyLayout(t *testing.T) {
	p := plan()
	rapid.Check(t, func(t *rapid.T) {
		q := drawnSheet(t)
		if err := q.Validate(); err != nil {
			t.Fatal(err)
		}
		l := drawnLayout(t)
		var table [][]string
		want := map[int]survey.Response{}
		for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
			r := drawnResponse(t, q)
			headings, row := l.cells(q, r)
			if i == 0 {
				table = append(table, append([]string{"问卷编号"}, headings...))
			}
			table = append(table, append([]string{fmt.Sprint("N", i)}, row...))
			if len(r.Choices)+len(r.Numbers)+len(r.Texts) > 0 {
				want[i+2] = survey.Settle(q, r)
			}
		}
		var body bytes.Buffer
		if err := encoding.NewWriter(&body).WriteAll(table); err != nil {
			t.Fatal(err)
		}
		book, err := sheet.Open(t.Context(), bytes.NewReader(body.Bytes()), int64(body.Len()), "a.csv", sheet.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		read, err := readResponses(t.Context(), book, "", p, survey.Wave{ID: "w", Questionnaire: "q", Version: 1}, q)
		if err != nil {
			t.Fatalf("%v\n%s", err, body.String())
		}
		if len(read.Rejected) > 0 || len(read.NotStored) > 0 || len(read.Good) != len(want) {
			t.Fatalf("rejected %v, not stored %v, %d good of %d\n%s", read.Rejected, read.NotStored, len(read.Good), len(want), body.String())
		}
		for _, row := range read.Good {
			w := want[row.Row]
			if !reflect.DeepEqual(row.Response.Choices, w.Choices) || !reflect.DeepEqual(row.Response.Numbers, w.Numbers) && len(w.Numbers) > 0 || !reflect.DeepEqual(row.Response.Texts, w.Texts) {
				t.Fatalf("row %d came back as %v %v %v, want %v %v %v\n%s", row.Row, row.Response.Choices, row.Response.Numbers, row.Response.Texts, w.Choices, w.Numbers, w.Texts, body.String())
			}
		}
	})
}

// TestAnyText: no text, in a cell or as a heading, ends the program, and none is read
// as an option that doesn't exist.
func TestAnyText(t *testing.T) {
	q, _ := paper()
	headings := newHeadingReader(q)
	pieces := append([]string{"其他", "：", "（", "）", "/", ";", "、", "〖", "1", "A", ".", "_", "人群", "宣传", "活动", "\x00", "\xff", "·", "第", "题", "【多选】", "\u202e", "ﬀ", "İ"}, words...)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.String()), 0, 12).Draw(t, "pieces"), "")
		c := headings.column(text)
		if c.kind == spreadColumn {
			if _, ok := q.Questions[c.question].Option(c.code); !ok {
				t.Fatalf("%q: no option %s", text, c.code)
			}
		}
		for i, question := range q.Questions {
			if !question.Choice() {
				continue
			}
			held := headings.options[i].read(text)
			for _, code := range held.codes {
				if _, ok := question.Option(code); !ok {
					t.Fatalf("%q: no option %s", text, code)
				}
			}
			headings.options[i].why(held)
			readMark(text, question.Options[0])
		}
		readNumber(text)
	})
}
