package survey

import (
	"strings"
	"testing"
)

// contrary is a valid questionnaire with a rule of each kind.
func contrary() Questionnaire {
	q := valid()
	old := 60.0
	q.Contradictions = []Contradiction{
		{One: Condition{Question: "group", In: []string{"a"}}, Other: Condition{Question: "years", AtLeast: &old}, Reason: "甲组都是学生。"},
		{One: Condition{Question: "acts", In: []string{"x"}}, Other: Condition{Question: "acts", In: []string{"y", "o"}}, Reason: "同一天"},
	}
	return q
}

// TestContradictionFaults: each bend gives one fault, at the rule it is about.
func TestContradictionFaults(t *testing.T) {
	if err := contrary().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, field, words string
		bend               func(*Questionnaire)
	}{
		{"no reason", "contradictions[1]", "没有写为什么", func(q *Questionnaire) { q.Contradictions[0].Reason = " " }},
		{"a long reason", "contradictions[1]", "超过300个字", func(q *Questionnaire) { q.Contradictions[0].Reason = strings.Repeat("长", 301) }},
		{"hidden letters", "contradictions[1]", "U+202E", func(q *Questionnaire) { q.Contradictions[0].Reason = "学\u202e生" }},
		{"no question", "contradictions[2]", "第二个回答没有写是哪一题", func(q *Questionnaire) { q.Contradictions[1].Other.Question = "" }},
		{"unknown question", "contradictions[1]", "第一个回答引用的题目“gone”不存在", func(q *Questionnaire) { q.Contradictions[0].One.Question = "gone" }},
		{"unknown option", "contradictions[1]", "“zzz”不是题目“group”的选项", func(q *Questionnaire) { q.Contradictions[0].One.In = []string{"zzz"} }},
		{"no option", "contradictions[1]", "却没有写选项", func(q *Questionnaire) { q.Contradictions[0].One.In = nil }},
		{"no bound", "contradictions[1]", "却没有写大于", func(q *Questionnaire) { q.Contradictions[0].Other.AtLeast = nil }},
		{"words", "contradictions[1]", "不是选择题，也不是数字", func(q *Questionnaire) { q.Contradictions[0].Other = Condition{Question: "words", In: []string{"a"}} }},
		{"none of", "contradictions[1]", "只能写一道题选了哪些选项", func(q *Questionnaire) { q.Contradictions[0].One.NotIn = []string{"b"} }},
		{"one single choice", "contradictions[1]", "一个人只会答其中一个", func(q *Questionnaire) {
			q.Contradictions[0].Other = Condition{Question: "group", In: []string{"b"}}
		}},
		{"one option twice", "contradictions[2]", "同一个选项", func(q *Questionnaire) { q.Contradictions[1].Other.In = []string{"y", "x"} }},
		{"turned round", "contradictions[3]", "与第1条相同", func(q *Questionnaire) {
			first := q.Contradictions[0]
			q.Contradictions = append(q.Contradictions, Contradiction{One: first.Other, Other: first.One, Reason: "又一次"})
		}},
		{"too many", "contradictions", "最多100条", func(q *Questionnaire) {
			for len(q.Contradictions) <= 100 {
				q.Contradictions = append(q.Contradictions, q.Contradictions[0])
			}
		}},
	} {
		q := contrary()
		c.bend(&q)
		got := faultsOf(t, q.Validate())
		if len(got) != 1 || got[0].Field != c.field || !strings.Contains(got[0].Why, c.words) {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}

// TestContradicted: a rule is broken by both answers together, as they were asked.
func TestContradicted(t *testing.T) {
	q := contrary()
	q.Questions[5].SkipIf = &Condition{Question: "part", In: []string{"dk"}} // years
	check := func(what, want string, bend func(*Response)) {
		t.Helper()
		r := Response{Choices: map[string][]string{"group": {"a"}, "part": {"yes"}, "acts": {"x"}}, Numbers: map[string]float64{"years": 59}, Texts: map[string]string{}}
		bend(&r)
		if got := strings.Join(Contradicted(q, r, Shown(q, r)), "；"); got != want {
			t.Errorf("%s: %q", what, got)
		}
	}
	aged := "“人群”选了甲，又“住了几年”填了60（甲组都是学生）"
	check("neither", "", func(*Response) {})
	check("at the bound", aged, func(r *Response) { r.Numbers["years"] = 60 })
	check("of the other group", "", func(r *Response) { r.Numbers["years"], r.Choices["group"] = 60, []string{"b"} })
	check("no answer", "", func(r *Response) { r.Numbers = nil })
	check("not asked", "", func(r *Response) { r.Numbers["years"], r.Choices["part"] = 60, []string{"dk"} })
	check("options of one question, as they were ticked", "“哪些活动”选了讲座，又“哪些活动”选了巡河（同一天）", func(r *Response) { r.Choices["acts"] = []string{"x", "y"} })
	check("two rules", aged+"；“哪些活动”选了讲座，又“哪些活动”选了巡河、其他（同一天）", func(r *Response) {
		r.Numbers["years"], r.Choices["acts"] = 60, []string{"x", "y", "o"}
	})
	if got := q.Contradictions[1].Words(q); got != "“哪些活动”选了讲座，又“哪些活动”选了巡河、其他" {
		t.Error(got)
	}
}

// TestADraftKeepsItsContradictions under new names of questions, and tells what is wrong at the rule.
func TestADraftKeepsItsContradictions(t *testing.T) {
	d := NewDraft("c", contrary())
	for i, item := range d.Items {
		if item.Question.Name == "years" {
			q := item.Question
			q.Name = "lived"
			d.Replace(d.Items[i].Key, q)
		}
	}
	back := d.Questionnaire("q")
	if err := back.Validate(); err != nil || back.Contradictions[0].Other.Question != "lived" || len(back.Contradictions) != 2 {
		t.Errorf("%+v, %v", back.Contradictions, err)
	}
	d.Remove(d.Items[5].Key)
	faults := d.Faults("q")
	if len(faults) != 1 || len(faults[ContradictionKey(0)]) != 1 {
		t.Errorf("%v", faults)
	}
}
