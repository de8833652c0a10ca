package survey

import "slices"

func (c Condition) empty() bool {
	return c.Question == "" && len(c.In) == 0 && len(c.NotIn) == 0 && len(c.All) == 0 && len(c.Any) == 0
}

// Holds tells whether the condition is true for these choices. A question without
// an answer holds nothing: In is then false, and NotIn is true.
func (c Condition) Holds(choices map[string][]string) bool {
	if c.Question != "" {
		held := choices[c.Question]
		if len(c.In) > 0 && !meet(held, c.In) {
			return false
		}
		if meet(held, c.NotIn) {
			return false
		}
	}
	for _, part := range c.All {
		if !part.Holds(choices) {
			return false
		}
	}
	if len(c.Any) == 0 {
		return true
	}
	return slices.ContainsFunc(c.Any, func(part Condition) bool { return part.Holds(choices) })
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(code string) bool { return slices.Contains(b, code) })
}

// Shown gives the names of the questions that this respondent was to be asked.
//
// Questions are gone through in order, and a condition sees only the answers of
// questions that were shown themselves: an answer that stands by mistake under a
// skipped question opens no further question.
func Shown(q Questionnaire, r Response) map[string]bool {
	shown := make(map[string]bool, len(q.Questions))
	seen := make(map[string][]string, len(r.Choices))
	for _, question := range q.Questions {
		if question.ShowIf != nil && !question.ShowIf.Holds(seen) {
			continue
		}
		shown[question.Name] = true
		if held := r.Choices[question.Name]; len(held) > 0 {
			seen[question.Name] = held
		}
	}
	return shown
}
