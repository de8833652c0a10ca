package survey

import (
	"fmt"
	"slices"
	"strings"
)

// Positions gives the numbers under which questions are printed, entered and talked of:
// notes have none, the rows of a matrix have that of the matrix. The shorter form for the
// young keeps the numbers, so that one number is one question on every sheet.
func Positions(q Questionnaire) map[string]int {
	positions := map[string]int{}
	n := 0
	for _, question := range q.Questions {
		if question.Type == Note {
			continue
		}
		n++
		positions[question.Name] = n
		for _, row := range question.Rows {
			positions[row.Name] = n
		}
	}
	return positions
}

// truth is what is known of a condition while only one answer is.
type truth int

const (
	unknown truth = iota
	no
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// given judges a condition where one question was answered with one option and nothing is
// known of the others.
func (c Condition) given(question, code string) truth {
	result := yes
	if c.Question != "" {
		result = unknown
		if c.Question == question && !c.Bounded() {
			own := Condition{Question: c.Question, In: c.In, NotIn: c.NotIn}
			result = truthOf(own.Holds(Answers{Choices: map[string][]string{question: {code}}}))
		}
	}
	and := func(t truth) {
		switch {
		case result == no || t == no:
			result = no
		case t == unknown:
			result = unknown
		}
	}
	for _, part := range c.All {
		and(part.given(question, code))
	}
	if len(c.Any) > 0 {
		any := no
		for _, part := range c.Any {
			switch part.given(question, code) {
			case yes:
				any = yes
			case unknown:
				if any == no {
					any = unknown
				}
			}
		}
		and(any)
	}
	return result
}

// skippedBy tells whether the question is certainly not asked of who answered so.
func (q Question) skippedBy(question, code string) bool {
	return q.ShowIf != nil && q.ShowIf.given(question, code) == no || q.SkipIf != nil && q.SkipIf.given(question, code) == yes
}

// Jump is where who chose these options goes on: To is a question's name, empty for the end.
type Jump struct {
	Codes []string
	To    string
}

// Jumps are the skips of a question as they are printed under it: which options lead past
// the next question, and to where.
func Jumps(q Questionnaire, name string) []Jump {
	at := slices.IndexFunc(q.Questions, func(one Question) bool { return one.Name == name })
	if at < 0 || !q.Questions[at].One() {
		return nil
	}
	question := q.Questions[at].item()
	var rest []Question
	for _, later := range q.Questions[at+1:] {
		if later.Type != Note {
			rest = append(rest, later)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	var jumps []Jump
	for _, o := range question.Options {
		to := 0
		for to < len(rest) && rest[to].skippedBy(name, o.Code) {
			to++
		}
		if question.Type == Consent && question.Required && o.Code == ConsentNo {
			to = len(rest)
		}
		if to == 0 {
			continue
		}
		target := ""
		if to < len(rest) {
			target = rest[to].Name
		}
		if i := slices.IndexFunc(jumps, func(j Jump) bool { return j.To == target }); i >= 0 {
			jumps[i].Codes = append(jumps[i].Codes, o.Code)
		} else {
			jumps = append(jumps, Jump{Codes: []string{o.Code}, To: target})
		}
	}
	return jumps
}

// JumpWords says the skips of a question: 选了“不知道”的请跳到第9题. Options that are not
// shown to respondents are named only where unread is set.
func JumpWords(q Questionnaire, name string, unread bool) []string {
	question, _ := q.Question(name)
	positions := Positions(q)
	var list []string
	for _, j := range Jumps(q, name) {
		var labels []string
		for _, code := range j.Codes {
			if o, _ := question.Option(code); !o.Unread || unread {
				labels = append(labels, "“"+o.Label+"”")
			}
		}
		if len(labels) == 0 {
			continue
		}
		chosen := "选了" + strings.Join(labels, "或")
		if j.To == "" {
			list = append(list, chosen+"的，答到这里就结束了，谢谢您")
			continue
		}
		list = append(list, fmt.Sprintf("%s的请跳到第%d题", chosen, positions[j.To]))
	}
	return list
}

// AskedWords says before a question who is to answer it, where no skip of an earlier
// question has led everybody else past it.
func AskedWords(q Questionnaire, name string) string {
	at := slices.IndexFunc(q.Questions, func(one Question) bool { return one.Name == name })
	if at < 0 || q.Questions[at].ShowIf == nil && q.Questions[at].SkipIf == nil {
		return ""
	}
	question := q.Questions[at]
	if question.explained(q, at) {
		return ""
	}
	var parts []string
	if question.ShowIf != nil {
		parts = append(parts, question.ShowIf.Words(q)+"的，请回答这一题")
	}
	if question.SkipIf != nil {
		parts = append(parts, question.SkipIf.Words(q)+"的，不用回答这一题")
	}
	return strings.Join(parts, "；")
}

// explained tells whether every option that closes the question is led past it.
func (q Question) explained(all Questionnaire, at int) bool {
	about := ""
	for _, c := range []*Condition{q.ShowIf, q.SkipIf} {
		if c == nil {
			continue
		}
		if c.Question == "" || c.Bounded() || len(c.All)+len(c.Any) > 0 || about != "" && about != c.Question {
			return false
		}
		about = c.Question
	}
	asked, known := all.Question(about)
	if !known || !asked.One() || asked.Of != "" {
		return false
	}
	place := func(name string) int {
		return slices.IndexFunc(all.Questions, func(one Question) bool { return one.Name == name })
	}
	led := map[string]bool{}
	for _, j := range Jumps(all, about) {
		for _, code := range j.Codes {
			led[code] = j.To == "" || place(j.To) > at
		}
	}
	for _, o := range asked.Options {
		if q.skippedBy(about, o.Code) && !led[o.Code] {
			return false
		}
	}
	return true
}
