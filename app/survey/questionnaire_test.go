package survey

import (
	"strings"
	"testing"

	"shuixuan/app/problem"
)

// valid gives a questionnaire with a question of every type; tests bend the one thing
// they are about.
func valid() Questionnaire {
	low, high := 0.0, 120.0
	return Questionnaire{ID: "q", Title: "问卷", Stratum: "group", Version: 1, Questions: []Question{
		{Name: "hello", Type: Note, Label: "您好"},
		{Name: "group", Type: Single, Label: "人群", Required: true, Options: []Option{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}}},
		{Name: "part", Type: Single, Label: "参加过吗", Required: true, Options: []Option{{Code: "yes", Label: "参加过"}, {Code: "no", Label: "没有"}, {Code: "dk", Label: "说不清", DontKnow: true}}},
		{Name: "acts", Type: Multiple, Label: "哪些活动", Required: true, ShowIf: &Condition{Question: "part", In: []string{"yes"}},
			Options: []Option{{Code: "x", Label: "讲座"}, {Code: "y", Label: "巡河"}, {Code: "o", Label: "其他", Other: true}, {Code: "none", Label: "都没有", Exclusive: true}}},
		{Name: "liked", Type: Single, Label: "喜欢吗", ShowIf: &Condition{Question: "acts", In: []string{"x"}}, Options: []Option{{Code: "1", Label: "喜欢"}, {Code: "2", Label: "不喜欢"}}},
		{Name: "years", Type: Number, Label: "住了几年", Min: &low, Max: &high},
		{Name: "day", Type: Date, Label: "哪一天"},
		{Name: "words", Type: Text, Label: "建议"},
	}, Indicators: []Indicator{
		{Name: "rate", Label: "参与率", Kind: Share, Question: "part", Positive: []string{"yes"}, Base: BaseAnswered, Dimension: "参与", Source: "自定"},
		{Name: "index", Label: "参与度", Kind: Index, Question: "part", Values: map[string]float64{"yes": 100, "no": 0}, Base: BaseOpinion, Source: "自定"},
	}}
}

func faultsOf(t *testing.T, err error) []problem.Fault {
	t.Helper()
	if err == nil {
		return nil
	}
	p, ok := problem.As(err)
	if !ok {
		t.Fatalf("not a problem: %v", err)
	}
	return p.Faults
}

// TestQuestionnaireFaults: each bend gives exactly one fault, at the question it is
// about, in words that name what is wrong.
func TestQuestionnaireFaults(t *testing.T) {
	if err := valid().Validate(); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		what  string
		bend  func(*Questionnaire)
		field string
		words string
	}{
		{"doubled name", func(q *Questionnaire) { q.Questions[6].Name = "years" }, "years", "第6题和第7题的代码都是“years”"},
		{"name with a dot", func(q *Questionnaire) { q.Questions[6].Name = "acts.other" }, "acts.other", "只能用小写字母"},
		{"reserved name", func(q *Questionnaire) { q.Questions[6].Name = "stratum" }, "stratum", "留给分组"},
		{"doubled label", func(q *Questionnaire) { q.Questions[7].Label = "住了 几年" }, "words", "重名"},
		{"alias of another", func(q *Questionnaire) { q.Questions[7].Aliases = []string{"哪一天"} }, "words", "重名"},
		{"doubled code", func(q *Questionnaire) { q.Questions[4].Options[1].Code = "1" }, "liked", "选项代码“1”重复"},
		{"doubled option label", func(q *Questionnaire) { q.Questions[4].Options[1].Label = "喜欢" }, "liked", "无法分辨"},
		{"label that is another's code", func(q *Questionnaire) { q.Questions[4].Options[0].Label = "2" }, "liked", "无法分辨"},
		{"no options", func(q *Questionnaire) { q.Questions[4].Options = nil }, "liked", "缺少选项"},
		{"options of a text", func(q *Questionnaire) { q.Questions[7].Options = []Option{{Code: "a", Label: "甲"}} }, "words", "不用写选项"},
		{"unknown type", func(q *Questionnaire) { q.Questions[7].Type = "likert" }, "words", "题型“likert”不认识"},
		{"exclusive in single", func(q *Questionnaire) { q.Questions[2].Options[1].Exclusive = true }, "part", "只有多选题"},
		{"two others", func(q *Questionnaire) { q.Questions[3].Options[0].Other = true }, "acts", "只能有一个"},
		{"required note", func(q *Questionnaire) { q.Questions[0].Required = true }, "hello", "不能设为必答"},
		{"limits crossed", func(q *Questionnaire) { *q.Questions[5].Min = 200 }, "years", "最小值200大于最大值120"},
		{"part of a character", func(q *Questionnaire) { half := 1.5; q.Questions[7].Max = &half }, "words", "字数的上下限只能是整数"},
		{"condition on itself", func(q *Questionnaire) { q.Questions[2].ShowIf = &Condition{Question: "part", In: []string{"yes"}} }, "part", "不能引用本题自己"},
		{"condition on a later", func(q *Questionnaire) { q.Questions[2].ShowIf = &Condition{Question: "acts", In: []string{"x"}} }, "part", "排在本题之后"},
		{"condition on unknown", func(q *Questionnaire) { q.Questions[3].ShowIf.Question = "nope" }, "acts", "“nope”不存在"},
		{"condition on a number", func(q *Questionnaire) { q.Questions[7].ShowIf = &Condition{Question: "years", In: []string{"1"}} }, "words", "是数字，请写大于"},
		{"condition code unknown", func(q *Questionnaire) { q.Questions[3].ShowIf.In = []string{"maybe"} }, "acts", "“maybe”不是题目“part”的选项"},
		{"condition without codes", func(q *Questionnaire) { q.Questions[3].ShowIf.In = nil }, "acts", "没有写选项"},
		{"condition without question", func(q *Questionnaire) { q.Questions[3].ShowIf.Question = "" }, "acts", "没有写是哪一题"},
		{"empty part", func(q *Questionnaire) { q.Questions[3].ShowIf.All = []Condition{{}} }, "acts", "有一项是空的"},
		{"fault deep inside", func(q *Questionnaire) {
			q.Questions[3].ShowIf.Any = []Condition{{All: []Condition{{Question: "group", NotIn: []string{"z"}}}}}
		}, "acts", "“z”"},
		{"stratum unknown", func(q *Questionnaire) { q.Stratum = "nope" }, "stratum", "不在题目里"},
		{"stratum not required", func(q *Questionnaire) { q.Questions[1].Required = false }, "group", "必须设为必答"},
		{"stratum multiple", func(q *Questionnaire) { q.Stratum = "acts"; q.Questions[3].ShowIf = nil }, "acts", "必须是单选题"},
		{"asks for a name", func(q *Questionnaire) { q.Questions[7].Label = "您的姓名？" }, "words", "问卷不记名"},
		{"control character", func(q *Questionnaire) { q.Questions[7].Label = "建\x00议" }, "words", "控制字符（U+0000）"},
		{"script as words is only words", func(q *Questionnaire) { q.Questions[7].Hint = "</script>" }, "", ""},
		{"positive unknown", func(q *Questionnaire) { q.Indicators[0].Positive = []string{"sure"} }, "rate", "“sure”不是题目“part”的选项代码"},
		{"positive doubled", func(q *Questionnaire) { q.Indicators[0].Positive = []string{"yes", "yes"} }, "rate", "写了两次"},
		{"no positive", func(q *Questionnaire) { q.Indicators[0].Positive = nil }, "rate", "缺少算在内的选项"},
		{"positive out of base", func(q *Questionnaire) {
			q.Indicators[0].Base = BaseOpinion
			q.Indicators[0].Positive = []string{"yes", "dk"}
		}, "rate", "不在基数"},
		{"no base", func(q *Questionnaire) { q.Indicators[0].Base = "" }, "rate", "没有写明基数"},
		{"no source", func(q *Questionnaire) { q.Indicators[0].Source = " " }, "rate", "缺少来源说明"},
		{"value of unknown code", func(q *Questionnaire) { q.Indicators[1].Values["sure"] = 1 }, "index", "values 里的“sure”"},
		{"value missing", func(q *Questionnaire) { delete(q.Indicators[1].Values, "no") }, "index", "“没有”（no）在基数里，却没有分值"},
		{"value out of base", func(q *Questionnaire) { q.Indicators[1].Values["dk"] = 50 }, "index", "不能有分值"},
		{"don't know needs a value in the wide base", func(q *Questionnaire) { q.Indicators[1].Base = BaseAnswered }, "index", "“说不清”（dk）在基数里，却没有分值"},
		{"index of a multiple", func(q *Questionnaire) {
			q.Indicators[1].Question = "acts"
			q.Indicators[1].Values = map[string]float64{"x": 1, "y": 1, "o": 1, "none": 0}
		}, "index", "只能用单选题"},
		{"indicator of unknown question", func(q *Questionnaire) { q.Indicators[0].Question = "nope" }, "rate", "“nope”不存在"},
		{"two of one dimension", func(q *Questionnaire) { q.Indicators[1].Dimension = "参与" }, "index", "已由指标“rate”代表"},
		{"doubled indicator", func(q *Questionnaire) { q.Indicators[1].Name = "rate" }, "rate", "指标代码“rate”重复"},
		{"no title", func(q *Questionnaire) { q.Title = " " }, "title", "缺少问卷标题"},
		{"id with a slash", func(q *Questionnaire) { q.ID = "a/b" }, "id", "问卷代码“a/b”"},
	}
	for _, c := range cases {
		q := valid()
		c.bend(&q)
		got := faultsOf(t, q.Validate())
		if c.field == "" {
			if len(got) != 0 {
				t.Errorf("%s: %v, want no fault", c.what, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Field != c.field || !strings.Contains(got[0].Why, c.words) {
			t.Errorf("%s: %+v, want one fault at %s saying %s", c.what, got, c.field, c.words)
		}
	}
}

func TestShown(t *testing.T) {
	q := valid()
	for _, c := range []struct {
		choices map[string][]string
		want    string // of the three that hang on others
	}{
		{nil, ""},
		{map[string][]string{"part": {"no"}}, ""},
		{map[string][]string{"part": {"yes"}}, "acts"},
		{map[string][]string{"part": {"yes"}, "acts": {"y"}}, "acts"},
		{map[string][]string{"part": {"yes"}, "acts": {"y", "x"}}, "acts liked"},
		// An answer under a skipped question opens nothing further.
		{map[string][]string{"part": {"no"}, "acts": {"x"}}, ""},
	} {
		shown := Shown(q, Response{Choices: c.choices})
		var got []string
		for _, name := range []string{"acts", "liked"} {
			if shown[name] {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != c.want || !shown["group"] || !shown["words"] {
			t.Errorf("%v shows %v, want %q", c.choices, got, c.want)
		}
	}
}

func TestConditionHolds(t *testing.T) {
	held := map[string][]string{"a": {"1"}, "b": {"2", "3"}}
	in := func(q string, codes ...string) Condition { return Condition{Question: q, In: codes} }
	not := func(q string, codes ...string) Condition { return Condition{Question: q, NotIn: codes} }
	for _, c := range []struct {
		what string
		Condition
		want bool
	}{
		{"empty", Condition{}, true},
		{"in", in("a", "1", "9"), true},
		{"in another", in("a", "9"), false},
		{"any of a multiple", in("b", "3"), true},
		{"not in", not("a", "9"), true},
		{"not in, one of several is", not("b", "3"), false},
		{"unanswered holds nothing", in("c", "1"), false},
		{"unanswered is not in", not("c", "1"), true},
		{"in and not in", Condition{Question: "b", In: []string{"2"}, NotIn: []string{"3"}}, false},
		{"all", Condition{All: []Condition{in("a", "1"), in("b", "2")}}, true},
		{"all but one", Condition{All: []Condition{in("a", "1"), in("b", "9")}}, false},
		{"any", Condition{Any: []Condition{in("a", "9"), in("b", "2")}}, true},
		{"none of any", Condition{Any: []Condition{in("a", "9"), in("b", "9")}}, false},
		{"own and all and any", Condition{Question: "a", In: []string{"1"}, All: []Condition{in("b", "2")}, Any: []Condition{in("c", "1")}}, false},
	} {
		if got := c.Holds(Answers{Choices: held}); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
