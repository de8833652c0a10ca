package survey

import (
	"reflect"
	"strings"
	"testing"

	"shuixuan/app/problem"
)

func ptr(v float64) *float64 { return &v }

// every is a questionnaire with each type of question.
func every() Questionnaire {
	five := []Option{{Code: "5", Label: "非常满意"}, {Code: "1", Label: "不满意"}, {Code: "9", Label: "说不清", DontKnow: true, Unread: true}}
	return Questionnaire{ID: "every", Title: "各种题型", Stratum: "grp", Questions: []Question{
		{Name: "ok", Type: Consent, Label: "您同意参加吗", Required: true},
		{Name: "grp", Type: Single, Label: "您是", Required: true, Options: []Option{{Code: "a", Label: "居民"}, {Code: "b", Label: "游客"}}},
		{Name: "years", Type: Number, Label: "住了几年", Whole: true, Min: ptr(0), Max: ptr(120)},
		{Name: "seen", Type: Multiple, Label: "见过什么", Min: ptr(2), Max: ptr(2), Shuffle: true, SkipIf: &Condition{Question: "years", Below: ptr(1)},
			Options: []Option{{Code: "x", Label: "横幅"}, {Code: "y", Label: "电视"}, {Code: "z", Label: "公交"}, {Code: "none", Label: "都没有", Exclusive: true}}},
		{Name: "sat", Type: Matrix, Label: "您对下列各项满意吗", Required: true, Options: five, Rows: []Row{{Name: "river", Label: "河水"}, {Name: "bank", Label: "河岸"}},
			ShowIf: &Condition{Question: "grp", In: []string{"a"}}},
		{Name: "why", Type: LongText, Label: "为什么对${grp}的河水不满意", ShowIf: &Condition{Question: "river", In: []string{"1"}}, Max: ptr(20)},
		{Name: "score", Type: Rating, Label: "打几分", Adults: true},
		{Name: "low", Type: Text, Label: "哪里要改", ShowIf: &Condition{Question: "score", AtMost: ptr(5)}},
		{Name: "day", Type: Date, Label: "哪天去过", Earliest: "2014-09-01", Latest: "2014-12-31"},
		{Name: "bye", Type: Note, Label: "谢谢"},
	}}
}

func TestEveryType(t *testing.T) {
	q := every()
	if err := q.Validate(); err != nil {
		t.Fatal(problemOf(err))
	}
	var names []string
	for _, item := range q.Items() {
		names = append(names, item.Name)
	}
	if got := strings.Join(names, " "); got != "ok grp years seen river bank why score low day bye" {
		t.Errorf("items %s", got)
	}
	row, known := q.Question("bank")
	if !known || row.Type != Scale || row.Of != "sat" || row.Label != "您对下列各项满意吗：河岸" || row.Title() != "河岸" || !row.Required {
		t.Errorf("a row as a question: %+v", row)
	}
}

// TestWhoIsAskedWhat goes through skips by number, by row, by age and by refusal.
func TestWhoIsAskedWhat(t *testing.T) {
	q := every()
	shown := func(r Response) string {
		var list []string
		shown := Shown(q, r)
		for _, item := range q.Items() {
			if shown[item.Name] {
				list = append(list, item.Name)
			}
		}
		return strings.Join(list, " ")
	}
	yes := map[string][]string{"ok": {"yes"}}
	with := func(more map[string][]string) map[string][]string {
		for name, codes := range yes {
			more[name] = codes
		}
		return more
	}
	for _, c := range []struct {
		r    Response
		want string
	}{
		{Response{}, "ok grp years seen score day bye"},
		{Response{Choices: map[string][]string{"ok": {"no"}, "grp": {"a"}}}, "ok"},
		{Response{Choices: with(map[string][]string{"grp": {"a"}, "river": {"1"}}), Numbers: map[string]float64{"years": 0}}, "ok grp years river bank why score day bye"},
		{Response{Choices: with(map[string][]string{"grp": {"b"}, "river": {"1"}}), Numbers: map[string]float64{"years": 1, "score": 5}}, "ok grp years seen score low day bye"},
		{Response{Young: true, Choices: yes, Numbers: map[string]float64{"score": 3}}, "ok grp years seen day bye"},
	} {
		if got := shown(c.r); got != c.want {
			t.Errorf("%+v is asked %s, want %s", c.r, got, c.want)
		}
	}
}

func TestAnswersOfEveryType(t *testing.T) {
	q := every()
	good := func() Response {
		return Response{Choices: map[string][]string{"ok": {"yes"}, "grp": {"a"}, "seen": {"x", "y"}, "river": {"1"}, "bank": {"9"}},
			Numbers: map[string]float64{"years": 3, "score": 4}, Texts: map[string]string{"why": "有味道", "low": "清淤", "day": "2014-10-01"}}
	}
	r := Settle(q, good())
	if faults := Validate(q, r); len(faults) > 0 || r.Disposition != Complete {
		t.Fatalf("%s, %+v", r.Disposition, faults)
	}
	for field, change := range map[string]func(*Response){
		"years": func(r *Response) { r.Numbers["years"] = 2.5 },
		"seen":  func(r *Response) { r.Choices["seen"] = []string{"x"} },
		"river": func(r *Response) { r.Choices["river"] = []string{"1", "5"} },
		"bank":  func(r *Response) { r.Choices["bank"] = []string{"99"} },
		"why":   func(r *Response) { r.Texts["why"] = strings.Repeat("臭", 21) },
		"score": func(r *Response) { r.Numbers["score"] = -1 },
		"low":   func(r *Response) { r.Numbers["score"] = 6 }, // answered, and no longer asked
		"day":   func(r *Response) { r.Texts["day"] = "2014-08-31" },
		"sat":   func(r *Response) { r.Choices["sat"] = []string{"1"} }, // a matrix itself holds nothing
		"ok":    func(r *Response) { r.Choices["ok"] = []string{"maybe"} },
	} {
		r := good()
		change(&r)
		r = Settle(q, r)
		var told []string
		for _, f := range Validate(q, r) {
			told = append(told, f.Field)
		}
		if !reflect.DeepEqual(told, []string{field}) {
			t.Errorf("%s: told %v", field, told)
		}
	}
	none := good()
	none.Choices["seen"] = []string{"none"}
	if faults := Validate(q, Settle(q, none)); len(faults) > 0 {
		t.Errorf("an exclusive option alone: %+v", faults)
	}
	refused := Settle(q, Response{Choices: map[string][]string{"ok": {"no"}}})
	if faults := Validate(q, refused); refused.Disposition != Refused || len(faults) > 0 {
		t.Errorf("a refusal is %s: %+v", refused.Disposition, faults)
	}
}

func TestPiped(t *testing.T) {
	q := every()
	r := Response{Choices: map[string][]string{"grp": {"a"}, "seen": {"x", "z"}}, Numbers: map[string]float64{"years": 3}}
	if got := Piped(q, r, "${grp}，${years}年，${seen}，${day}，${"); got != "居民，3年，横幅、公交，____，${" {
		t.Error(got)
	}
}

// TestFaultsOfTypes: each is told with the question it is in.
func TestFaultsOfTypes(t *testing.T) {
	for name, change := range map[string]func(*Questionnaire){
		"第5题和第7题的代码都是“river”": func(q *Questionnaire) { q.Questions[6].Name = "river" },
		"矩阵题，请引用其中的一行":        func(q *Questionnaire) { q.Questions[5].ShowIf = &Condition{Question: "sat", In: []string{"1"}} },
		"是数字，请写大于":            func(q *Questionnaire) { q.Questions[7].ShowIf = &Condition{Question: "score", In: []string{"1"}} },
		"不能比较大小":              func(q *Questionnaire) { q.Questions[5].ShowIf = &Condition{Question: "grp", AtLeast: ptr(1)} },
		"不能引用本题自己":            func(q *Questionnaire) { q.Questions[3].SkipIf = &Condition{Question: "seen", In: []string{"x"}} },
		"排在本题之后":              func(q *Questionnaire) { q.Questions[2].SkipIf = &Condition{Question: "seen", In: []string{"x"}} },
		"引用的题目不存在":            func(q *Questionnaire) { q.Questions[5].Label = "${nobody}" },
		"要引用前面的题目":            func(q *Questionnaire) { q.Questions[0].Label = "${grp}" },
		"要有1到":                func(q *Questionnaire) { q.Questions[4].Rows = nil },
		"正确答案":                func(q *Questionnaire) { q.Questions[1].Right = []string{"c"} },
		"至少要选5项":              func(q *Questionnaire) { q.Questions[3].Min, q.Questions[3].Max = ptr(5), nil },
		"格子太多":                func(q *Questionnaire) { q.Questions[6].Max = ptr(100) },
		"晚于最晚日期":              func(q *Questionnaire) { q.Questions[8].Earliest = "2015-01-01" },
		"既可以指":                func(q *Questionnaire) { q.Questions[1].Options[1].Label = "居民　" },
	} {
		q := every()
		change(&q)
		err := q.Validate()
		if err == nil || !strings.Contains(problemOf(err), name) {
			t.Errorf("%s: %s", name, problemOf(err))
		}
	}
}

func problemOf(err error) string {
	p, ok := problem.As(err)
	if !ok {
		return "no problem"
	}
	var words []string
	for _, f := range p.Faults {
		words = append(words, f.Why)
	}
	return strings.Join(words, "；")
}
