package survey

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Contradiction is a rule of a questionnaire: an answer of One and an answer of Other can't
// both be true of one person, for the Reason. Each side speaks of one question, by options
// (one of In) or by the bounds of a number.
//
// A rule holds up nobody: people slip, and an odd life is no false one. Who types a sheet is
// asked to look again, and the screening of a wave names the rule.
type Contradiction struct {
	One    Condition `json:"one" yaml:"one"`
	Other  Condition `json:"other" yaml:"other"`
	Reason string    `json:"reason" yaml:"reason"`
}

// maxContradictions is more than a person keeps apart on one page.
const maxContradictions = 100

// ContradictionKey is the field of the faults of a rule, whose place counts from 0.
func ContradictionKey(at int) string { return fmt.Sprintf("contradictions[%d]", at+1) }

func (q Questionnaire) validateContradictions(f *faults, position map[string]int) {
	if len(q.Contradictions) > maxContradictions {
		f.add("contradictions", "矛盾规则有%d条，最多%d条", len(q.Contradictions), maxContradictions)
		return
	}
	seen := map[string]int{}
	for i, c := range q.Contradictions {
		field := ContradictionKey(i)
		for _, side := range []struct {
			words string
			held  Condition
		}{{"第一个回答", c.One}, {"第二个回答", c.Other}} {
			k := &conditionCheck{q: q, f: f, words: side.words, field: field, at: len(q.Questions), position: position}
			switch {
			case len(side.held.NotIn)+len(side.held.All)+len(side.held.Any) > 0:
				k.fault("只能写一道题选了哪些选项，或一个数字在什么范围；更复杂的请分成几条")
			case side.held.Question == "":
				k.fault("没有写是哪一题")
			default:
				k.term(side.held)
			}
		}
		q.validatePair(f, field, c)
		if first, doubled := seen[c.key()]; doubled {
			f.add(field, "与第%d条相同，请删去一条", first+1)
		} else {
			seen[c.key()] = i
		}
		switch reason := strings.TrimSpace(c.Reason); {
		case reason == "":
			f.add(field, "没有写为什么不能同时成立：看到提示的人要知道该核对什么")
		case utf8.RuneCountInString(reason) > maxLabel:
			f.add(field, "原因超过%d个字，请缩短", maxLabel)
		}
		checkWords(f, field, c.Reason)
	}
}

// validatePair: of one question only a multiple choice can hold two answers.
func (q Questionnaire) validatePair(f *faults, field string, c Contradiction) {
	if c.One.Question == "" || c.One.Question != c.Other.Question {
		return
	}
	question, _ := q.Question(c.One.Question)
	switch {
	case question.Type != Multiple:
		f.add(field, "两个回答都是“%s”这一题的，一个人只会答其中一个；只有多选题可以这样写", question.Title())
	case meet(c.One.In, c.Other.In):
		f.add(field, "两个回答里有同一个选项，选了它就自相矛盾，请只留在一边")
	}
}

// key is the same for a rule and for its two sides the other way round.
func (c Contradiction) key() string {
	side := func(s Condition) string {
		codes := slices.Sorted(slices.Values(s.In))
		return fmt.Sprint(s.Question, "\x00", strings.Join(codes, "\x01"), "\x00", s.numbers())
	}
	sides := []string{side(c.One), side(c.Other)}
	slices.Sort(sides)
	return strings.Join(sides, "\x02")
}

func (c Condition) numbers() string {
	text := ""
	for _, bound := range []*float64{c.AtLeast, c.AtMost, c.Above, c.Below} {
		if text += ","; bound != nil {
			text += number(*bound)
		}
	}
	return text
}

// Words says the rule without its reason; of a draft a side may not be written yet.
func (c Contradiction) Words(q Questionnaire) string {
	side := func(s Condition) string { return cmp.Or(s.Words(q), "（还没有写）") }
	return side(c.One) + "，又" + side(c.Other)
}

// Contradicted says in words which rules of the questionnaire a response breaks, one sentence
// for each: what was answered, and why that can't be. Shown is of the same response (see
// Shown): what was not asked breaks no rule, nor what can't be read.
func Contradicted(q Questionnaire, r Response, shown map[string]bool) []string {
	var broken []string
	answers := Answers{Choices: r.Choices, Numbers: r.Numbers}
	for _, c := range q.Contradictions {
		if shown[c.One.Question] && shown[c.Other.Question] && c.One.Holds(answers) && c.Other.Holds(answers) {
			broken = append(broken, fmt.Sprintf("%s，又%s（%s）", c.One.answeredBy(q, r), c.Other.answeredBy(q, r), strings.TrimRight(strings.TrimSpace(c.Reason), "。")))
		}
	}
	return broken
}

// answeredBy says what a response answered of what a side names.
func (c Condition) answeredBy(q Questionnaire, r Response) string {
	question, _ := q.Question(c.Question)
	if n, numeric := r.Numbers[c.Question]; c.Bounded() && numeric {
		return "“" + question.Title() + "”填了" + number(n)
	}
	held := slices.DeleteFunc(slices.Clone(c.In), func(code string) bool { return !slices.Contains(r.Choices[c.Question], code) })
	return Condition{Question: c.Question, In: held}.Words(q)
}
