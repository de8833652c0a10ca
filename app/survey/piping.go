package survey

import (
	"regexp"
	"strings"
)

// piped is where an earlier answer stands in a label or a hint: ${name}.
var piped = regexp.MustCompile(`\$\{([^}]*)\}`)

// Piped gives a text with earlier answers in their places: the words of options, a number,
// what was written. A question without an answer leaves a blank to be filled in.
func Piped(q Questionnaire, r Response, text string) string {
	return piped.ReplaceAllStringFunc(text, func(place string) string {
		if words := AnswerWords(q, r, piped.FindStringSubmatch(place)[1]); words != "" {
			return words
		}
		return "____"
	})
}

// AnswerWords gives the answer to a question as a person reads it, empty without one.
func AnswerWords(q Questionnaire, r Response, name string) string {
	question, known := q.Question(name)
	if !known {
		return ""
	}
	if n, held := r.Numbers[name]; held {
		return number(n)
	}
	if question.Written() {
		return r.Texts[name]
	}
	var list []string
	for _, code := range r.Choices[name] {
		words := question.OptionLabel(code)
		if o, _ := question.Option(code); o.Other && r.Texts[OtherKey(name)] != "" {
			words = r.Texts[OtherKey(name)]
		}
		list = append(list, words)
	}
	return strings.Join(list, "、")
}

// validatePiping refuses a place that no earlier question fills.
func (q Questionnaire) validatePiping(f *faults, position map[string]int) {
	for i, question := range q.Questions {
		for _, found := range piped.FindAllStringSubmatch(question.Label+"\n"+question.Hint, -1) {
			at, known := position[found[1]]
			switch {
			case !known:
				f.add(question.Name, "文字里的 ${%s} 引用的题目不存在", short(found[1]))
			case at >= i:
				f.add(question.Name, "文字里的 ${%s} 要引用前面的题目", found[1])
			case q.Questions[at].Type == Note || q.Questions[at].Name == found[1] && q.Questions[at].Type == Matrix:
				f.add(question.Name, "文字里的 ${%s} 没有可引用的回答", found[1])
			}
		}
	}
}
