package survey

import "slices"

func (c Condition) empty() bool {
	return c.Question == "" && len(c.In) == 0 && len(c.NotIn) == 0 && !c.Bounded() && len(c.All) == 0 && len(c.Any) == 0
}

// Bounded tells whether the condition asks for a number.
func (c Condition) Bounded() bool {
	return c.AtLeast != nil || c.AtMost != nil || c.Above != nil || c.Below != nil
}

// Answers are what a condition looks at.
type Answers struct {
	Choices map[string][]string
	Numbers map[string]float64
}

// Holds tells whether the condition is true for these answers. A question without
// an answer holds nothing: In and the bounds are then false, and NotIn is true.
func (c Condition) Holds(a Answers) bool {
	if c.Question != "" {
		held := a.Choices[c.Question]
		if len(c.In) > 0 && !meet(held, c.In) || meet(held, c.NotIn) {
			return false
		}
		if n, answered := a.Numbers[c.Question]; c.Bounded() && (!answered || !c.within(n)) {
			return false
		}
	}
	for _, part := range c.All {
		if !part.Holds(a) {
			return false
		}
	}
	if len(c.Any) == 0 {
		return true
	}
	return slices.ContainsFunc(c.Any, func(part Condition) bool { return part.Holds(a) })
}

func (c Condition) within(n float64) bool {
	return (c.AtLeast == nil || n >= *c.AtLeast) && (c.AtMost == nil || n <= *c.AtMost) &&
		(c.Above == nil || n > *c.Above) && (c.Below == nil || n < *c.Below)
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(code string) bool { return slices.Contains(b, code) })
}

// Shown gives the names of the questions that this respondent was to be asked; a matrix
// stands under its own name and under those of its rows.
//
// Questions are gone through in order, and a condition sees only the answers of
// questions that were shown themselves: an answer that stands by mistake under a
// skipped question opens no further question. Who does not consent is asked nothing more.
func Shown(q Questionnaire, r Response) map[string]bool {
	shown := make(map[string]bool, len(q.Questions))
	var seen Answers // only where a condition looks at it
	conditional := q.conditional()
	if conditional {
		seen = Answers{Choices: make(map[string][]string, len(r.Choices)), Numbers: make(map[string]float64, len(r.Numbers))}
	}
	note := func(name string) {
		shown[name] = true
		if !conditional {
			return
		}
		if held := r.Choices[name]; len(held) > 0 {
			seen.Choices[name] = held
		}
		if n, held := r.Numbers[name]; held {
			seen.Numbers[name] = n
		}
	}
	for i := range q.Questions {
		question := &q.Questions[i]
		if !question.asked(seen, r.Young) {
			continue
		}
		if question.Type == Matrix {
			shown[question.Name] = true
			for _, row := range question.Rows {
				note(row.Name)
			}
		} else {
			note(question.Name)
		}
		if question.refusedBy(&r) {
			break
		}
	}
	return shown
}

// asked is Shown for one use here; nil where everybody is asked everything, which most
// questionnaires do.
type asked map[string]bool

func askedOf(q Questionnaire, r *Response) asked {
	for i := range q.Questions {
		if one := &q.Questions[i]; one.ShowIf != nil || one.SkipIf != nil || one.Adults && r.Young || one.refusedBy(r) {
			return Shown(q, *r)
		}
	}
	return nil
}

func (a asked) has(name string) bool { return a == nil || a[name] }

// conditional tells whether any question is asked of some only.
func (q Questionnaire) conditional() bool {
	for i := range q.Questions {
		if q.Questions[i].ShowIf != nil || q.Questions[i].SkipIf != nil {
			return true
		}
	}
	return false
}

func (q *Question) asked(seen Answers, young bool) bool {
	return !(q.Adults && young) && (q.ShowIf == nil || q.ShowIf.Holds(seen)) && (q.SkipIf == nil || !q.SkipIf.Holds(seen))
}

// refusedBy tells whether this is a consent that must be given and was not.
func (q *Question) refusedBy(r *Response) bool {
	return q.Type == Consent && q.Required && slices.Contains(r.Choices[q.Name], ConsentNo)
}

// RefusedConsent tells whether a required consent was not given.
func RefusedConsent(q Questionnaire, r Response) bool {
	for i := range q.Questions {
		if q.Questions[i].refusedBy(&r) {
			return true
		}
	}
	return false
}
