package survey

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// full answers every question of valid.
func full() Response {
	return Response{Choices: map[string][]string{"group": {"a"}, "part": {"yes"}, "acts": {"x", "o"}, "liked": {"1"}},
		Numbers: map[string]float64{"years": 12}, Texts: map[string]string{"acts.other": "摄影", "day": "2014-09-10", "words": "多种树"}}
}

// TestResponseFaults: each bend of a full response gives exactly one fault at its
// question.
func TestResponseFaults(t *testing.T) {
	q := valid()
	if got := Validate(q, Settle(q, full())); len(got) > 0 {
		t.Fatal(got)
	}
	cases := []struct {
		what         string
		bend         func(*Response)
		field, words string
	}{
		{"unknown option", func(r *Response) {
			r.Choices["part"] = []string{"yes", "maybe"}[1:]
			delete(r.Choices, "acts")
			delete(r.Choices, "liked")
			delete(r.Texts, "acts.other")
		}, "part", "“maybe”不是“参加过吗”的选项，可选：参加过、没有、说不清"},
		{"two of a single", func(r *Response) { r.Choices["liked"] = []string{"1", "2"} }, "liked", "只能选一项，现在选了2项"},
		{"one twice", func(r *Response) { r.Choices["acts"] = []string{"x", "o", "x"} }, "acts", "“讲座”选了两次"},
		{"exclusive with others", func(r *Response) { r.Choices["acts"] = []string{"x", "o", "none"} }, "acts", "选了“都没有”就不能再选"},
		{"words without other", func(r *Response) { r.Choices["acts"] = []string{"x"} }, "acts.other", "却没有选“其他”"},
		{"other without words", func(r *Response) { delete(r.Texts, "acts.other"); r.Disposition = Complete }, "acts.other", "请写明是什么"},
		{"required open", func(r *Response) {
			delete(r.Choices, "acts")
			delete(r.Choices, "liked")
			delete(r.Texts, "acts.other")
			r.Disposition = Complete
		}, "acts", "是必答题，没有作答"},
		{"skipped but answered", func(r *Response) { r.Choices["acts"] = []string{"y"}; delete(r.Texts, "acts.other") }, "liked", "应当跳过，却填了答案"},
		{"too small", func(r *Response) { r.Numbers["years"] = -1 }, "years", "填了-1，不能小于0"},
		{"too large", func(r *Response) { r.Numbers["years"] = 130.5 }, "years", "填了130.5，不能大于120"},
		{"no number", func(r *Response) { r.Numbers["years"] = math.NaN() }, "years", "不是数字"},
		{"infinite", func(r *Response) { r.Numbers["years"] = math.Inf(1) }, "years", "不是数字"},
		{"no such day", func(r *Response) { r.Texts["day"] = "2014-09-31" }, "day", "“2014-09-31”不是日期"},
		{"long text", func(r *Response) { r.Texts["words"] = strings.Repeat("水", 5001) }, "words", "有5001个字，最多5000个字"},
		{"text as long as allowed", func(r *Response) { r.Texts["words"] = strings.Repeat("水", 5000) }, "", ""},
		{"NUL", func(r *Response) { r.Texts["words"] = "多\x00种树" }, "words", "控制字符（U+0000）"},
		{"escape", func(r *Response) { r.Texts["words"] = "\x1b[2J" }, "words", "控制字符（U+001B）"},
		{"not UTF-8", func(r *Response) { r.Texts["words"] = "\xff\xfe" }, "words", "编码不是UTF-8"},
		{"markup is only words", func(r *Response) { r.Texts["words"] = "</script><script>alert(1)//=cmd|' /C calc'!A0" }, "", ""},
		{"direction marks go", func(r *Response) { r.Texts["words"] = "\u202a多种树\u202c" }, "", ""},
		{"unknown question", func(r *Response) { r.Texts["name"] = "张三" }, "name", "没有“name”这一题"},
		{"long unknown question", func(r *Response) { r.Numbers[strings.Repeat("x", 9999)] = 1 }, strings.Repeat("x", 30) + "…", "没有“" + strings.Repeat("x", 30) + "…”这一题"},
		{"number for a choice", func(r *Response) { r.Numbers["part"] = 1 }, "part", "答案类型不对，这一题是单选题"},
		{"choice for a text", func(r *Response) { r.Choices["words"] = []string{"a"} }, "words", ""},
		{"answer to a note", func(r *Response) { r.Texts["hello"] = "好" }, "hello", "这一题是说明"},
		{"words of no other", func(r *Response) { r.Texts["part.other"] = "也许" }, "part.other", "没有需要写文字的选项"},
		{"no stratum", func(r *Response) { delete(r.Choices, "group") }, "group", "不知道这份问卷算在哪一组"},
		{"disposition", func(r *Response) {
			r.Disposition = "half"
			delete(r.Choices, "liked")
			delete(r.Choices, "part")
			delete(r.Choices, "acts")
			delete(r.Texts, "acts.other")
		}, "disposition", "“half”不认识"},
		{"long number", func(r *Response) { r.Number = strings.Repeat("9", 65) }, "number", "超过64个字"},
		{"far year", func(r *Response) { r.AnsweredOn = time.Date(214, 9, 1, 0, 0, 0, 0, time.UTC) }, "answered_on", "年份是214"},
	}
	for _, c := range cases {
		r := full()
		c.bend(&r)
		got := Validate(q, Settle(q, r))
		if c.field == "" {
			if len(got) != 0 {
				t.Errorf("%s: %v, want no fault", c.what, got)
			}
			continue
		}
		if len(got) == 0 || got[0].Field != c.field || !strings.Contains(got[0].Why, c.words) || len(got) > 1 && c.what != "choice for a text" {
			t.Errorf("%s: %+v, want one fault at %s saying %s", c.what, got, c.field, c.words)
		}
	}
}

// TestSettle: what is cleaned, and which disposition a response gets.
func TestSettle(t *testing.T) {
	q := valid()
	r := full()
	r.Choices["acts"] = []string{"o", " x ", ""}
	r.Choices["empty"] = nil
	r.Texts["words"] = " \u202a第一行\r\n第二行\ufeff\u3000"
	r.Texts["day"] = "  "
	r.Stratum = "b"
	got := Settle(q, r)
	if fmt.Sprint(got.Choices["acts"]) != "[x o]" || got.Texts["words"] != "第一行\n第二行" || got.Stratum != "a" || got.Version != 1 || got.Questionnaire != "q" {
		t.Errorf("%+v", got)
	}
	if _, kept := got.Choices["empty"]; kept {
		t.Error("an empty answer is kept")
	}
	if _, kept := got.Texts["day"]; kept {
		t.Error("an empty text is kept")
	}
	for _, c := range []struct {
		claim Disposition
		open  bool
		want  Disposition
	}{{"", false, Complete}, {"", true, Partial}, {Partial, false, Complete}, {Partial, true, Partial}, {Complete, true, Complete}, {Void, true, Void}, {Void, false, Void}} {
		r := full()
		r.Disposition = c.claim
		if c.open {
			delete(r.Texts, "acts.other")
		}
		if got := Settle(q, r).Disposition; got != c.want {
			t.Errorf("claim %q, open %v: %q, want %q", c.claim, c.open, got, c.want)
		}
	}
	if got := Validate(q, Settle(q, Response{Disposition: Void})); len(got) != 0 {
		t.Errorf("a void response is refused: %v", got)
	}
	blank := q
	blank.Stratum = ""
	if got := Validate(blank, Settle(blank, Response{})); len(got) != 1 || !strings.Contains(got[0].Why, "空白问卷") {
		t.Errorf("a blank sheet: %v", got)
	}
}

func TestAdmits(t *testing.T) {
	q := valid()
	w := Wave{Questionnaire: "q", Version: 1, Strata: []Stratum{{Code: "a", Label: "甲"}}}
	r := Settle(q, full())
	if got := w.Admits(q, r); len(got) != 0 {
		t.Error(got)
	}
	r.Stratum = "b"
	if got := w.Admits(q, r); len(got) != 1 || got[0].Field != "group" {
		t.Error(got)
	}
	w.Version, w.Strata = 2, nil
	if got := w.Admits(q, r); len(got) != 1 {
		t.Error(got)
	}
}

// drawn gives any questionnaire: choice questions with exclusive and other options,
// numbers and texts, and conditions on any earlier choice.
func drawn(t *rapid.T) Questionnaire {
	q := Questionnaire{ID: "q", Title: "任意", Version: 1}
	n := rapid.IntRange(1, 8).Draw(t, "questions")
	for i := range n {
		question := Question{Name: fmt.Sprintf("q%d", i), Label: fmt.Sprintf("题%d", i), Required: rapid.Bool().Draw(t, "required"),
			Type: rapid.SampledFrom([]QuestionType{Single, Multiple, Single, Multiple, Number, Text, Date}).Draw(t, "type")}
		if question.Choice() {
			other := rapid.IntRange(0, 5).Draw(t, "other")
			exclusive := rapid.IntRange(0, 5).Draw(t, "exclusive")
			for j := range rapid.IntRange(1, 4).Draw(t, "options") {
				question.Options = append(question.Options, Option{Code: fmt.Sprint("c", j), Label: fmt.Sprint("选", j),
					Other: j == other, Exclusive: question.Type == Multiple && j == exclusive && j != other})
			}
		}
		var earlier []Question
		for _, e := range q.Questions {
			if e.Choice() {
				earlier = append(earlier, e)
			}
		}
		if len(earlier) > 0 && rapid.Bool().Draw(t, "conditional") {
			c := drawnCondition(t, earlier, 0)
			question.ShowIf = &c
		}
		q.Questions = append(q.Questions, question)
	}
	return q
}

func drawnCondition(t *rapid.T, earlier []Question, depth int) Condition {
	var c Condition
	if depth > 1 || rapid.IntRange(0, 3).Draw(t, "leaf") > 0 {
		e := rapid.SampledFrom(earlier).Draw(t, "on")
		code := rapid.SampledFrom(e.Options).Draw(t, "code").Code
		c.Question = e.Name
		if rapid.Bool().Draw(t, "in") {
			c.In = []string{code}
		} else {
			c.NotIn = []string{code}
		}
		return c
	}
	parts := []Condition{drawnCondition(t, earlier, depth+1), drawnCondition(t, earlier, depth+1)}
	if rapid.Bool().Draw(t, "all") {
		c.All = parts
	} else {
		c.Any = parts
	}
	return c
}

// holds is Condition.Holds written another way: as a set of "question=code" facts.
func holds(c Condition, facts map[string]bool) bool {
	has := func(codes []string) (n int) {
		for _, code := range codes {
			if facts[c.Question+"="+code] {
				n++
			}
		}
		return n
	}
	ok := len(c.In) == 0 || has(c.In) > 0
	ok = ok && has(c.NotIn) == 0
	for _, p := range c.All {
		ok = ok && holds(p, facts)
	}
	one := len(c.Any) == 0
	for _, p := range c.Any {
		one = one || holds(p, facts)
	}
	return ok && one
}

// filled answers a questionnaire the way a person with a pen does: question by
// question, going on where the skip says. It tells which were skipped and whether
// something required stayed open.
func filled(t *rapid.T, q Questionnaire) (r Response, skipped []Question, open bool) {
	r = Response{Choices: map[string][]string{}, Numbers: map[string]float64{}, Texts: map[string]string{}}
	facts := map[string]bool{}
	for _, question := range q.Questions {
		if question.ShowIf != nil && !holds(*question.ShowIf, facts) {
			skipped = append(skipped, question)
			continue
		}
		if rapid.IntRange(0, 4).Draw(t, "leave open") == 0 {
			open = open || question.Required
			continue
		}
		open = answer(t, question, &r) || open
		for _, code := range r.Choices[question.Name] {
			facts[question.Name+"="+code] = true
		}
	}
	return r, skipped, open
}

// answer gives a fitting answer, and tells whether the words of "other" were left out.
func answer(t *rapid.T, question Question, r *Response) (open bool) {
	switch question.Type {
	case Number:
		r.Numbers[question.Name] = rapid.Float64Range(-1e6, 1e6).Draw(t, "number")
	case Text:
		r.Texts[question.Name] = rapid.SampledFrom([]string{"好", "a'b\\c", "</script>", "=1+1", "😀"}).Draw(t, "text")
	case Date:
		r.Texts[question.Name] = "2014-09-10"
	case Single:
		r.Choices[question.Name] = []string{rapid.SampledFrom(question.Options).Draw(t, "option").Code}
	case Multiple:
		var codes []string
		for _, o := range rapid.Permutation(question.Options).Draw(t, "order") {
			if o.Exclusive && rapid.Bool().Draw(t, "none of them") {
				codes = []string{o.Code}
				break
			}
			if !o.Exclusive && (len(codes) == 0 || rapid.Bool().Draw(t, "too")) {
				codes = append(codes, o.Code)
			}
		}
		if len(codes) == 0 {
			codes = []string{question.Options[0].Code}
		}
		r.Choices[question.Name] = codes
	}
	for _, o := range question.Options {
		if o.Other && slices.Contains(r.Choices[question.Name], o.Code) {
			if rapid.Bool().Draw(t, "words left out") {
				return true
			}
			r.Texts[question.Name+".other"] = "别的"
		}
	}
	return false
}

// TestAnySheet: for any questionnaire, a sheet filled in along its skips is accepted,
// is complete exactly when nothing required stayed open, holds no answer to a skipped
// question, and is refused, at that question, as soon as one stands there.
func TestAnySheet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawn(t)
		if err := q.Validate(); err != nil {
			t.Fatalf("drawn questionnaire: %v", err)
		}
		sheet, skipped, open := filled(t, q)
		if len(sheet.Choices)+len(sheet.Numbers)+len(sheet.Texts) == 0 {
			return // a blank sheet is refused as such
		}
		r := Settle(q, sheet)
		if got := Validate(q, r); len(got) > 0 {
			t.Fatalf("refused: %v", got)
		}
		if complete := r.Disposition == Complete; complete == open {
			t.Fatalf("disposition %s, open %v", r.Disposition, open)
		}
		shown := Shown(q, r)
		for _, question := range skipped {
			if shown[question.Name] || r.answers(&question) {
				t.Fatalf("%s is skipped, and shown or answered", question.Name)
			}
		}
		if open {
			r.Disposition = Complete
			if len(Validate(q, r)) == 0 {
				t.Fatal("an open sheet passes as complete")
			}
		}
		spoil(t, q, Settle(q, sheet), skipped)
	})
}

// spoil puts one wrong answer into a good response, which must be told at its place.
func spoil(t *rapid.T, q Questionnaire, r Response, skipped []Question) {
	field := ""
	switch {
	case len(skipped) > 0:
		question := rapid.SampledFrom(skipped).Draw(t, "spoiled")
		answer(t, question, &r)
		field = question.Name
	default:
		question := rapid.SampledFrom(q.Questions).Draw(t, "spoiled")
		field = question.Name
		switch question.Type {
		case Number:
			r.Numbers[field] = math.NaN()
		case Text:
			r.Texts[field] = "a\x00"
		case Date:
			r.Texts[field] = "2014-02-30"
		default:
			r.Choices[field] = append(slices.Clone(r.Choices[field]), "nope")
		}
	}
	for _, f := range Validate(q, r) {
		if f.Field == field {
			return
		}
	}
	t.Fatalf("a wrong answer to %s is not told", field)
}
