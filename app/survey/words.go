package survey

import "strings"

// Words says a condition in a sentence, as it is printed beside a question.
func (c Condition) Words(q Questionnaire) string {
	var parts []string
	if question, known := q.Question(c.Question); known {
		title := "“" + question.Title() + "”"
		list := func(codes []string) string {
			names := make([]string, len(codes))
			for i, code := range codes {
				names[i] = question.OptionLabel(code)
			}
			return strings.Join(names, "、")
		}
		if len(c.In) > 0 {
			parts = append(parts, title+"选了"+list(c.In))
		}
		if len(c.NotIn) > 0 {
			parts = append(parts, title+"没有选"+list(c.NotIn))
		}
		for _, bound := range []struct {
			word string
			of   *float64
		}{{"不小于", c.AtLeast}, {"不大于", c.AtMost}, {"大于", c.Above}, {"小于", c.Below}} {
			if bound.of != nil {
				parts = append(parts, title+bound.word+number(*bound.of))
			}
		}
	}
	for _, part := range c.All {
		parts = append(parts, part.inside(q, len(part.Any) > 1))
	}
	var either []string
	for _, part := range c.Any {
		either = append(either, part.inside(q, false))
	}
	if len(either) > 0 {
		parts = append(parts, strings.Join(either, "，或者"))
	}
	return strings.Join(parts, "，并且")
}

// inside gives the words of a part, in brackets where they could be read otherwise.
func (c Condition) inside(q Questionnaire, brackets bool) string {
	if brackets {
		return "（" + c.Words(q) + "）"
	}
	return c.Words(q)
}

// AskedOf says in words of whom a question is asked.
func (q Question) AskedOf(all Questionnaire) string {
	var parts []string
	if q.ShowIf != nil {
		if words := q.ShowIf.Words(all); words != "" {
			parts = append(parts, words)
		}
	}
	if q.SkipIf != nil {
		if words := q.SkipIf.Words(all); words != "" {
			parts = append(parts, "不问："+words)
		}
	}
	if q.Adults {
		parts = append(parts, "未满14周岁不问")
	}
	if len(parts) == 0 {
		return "都问"
	}
	return strings.Join(parts, "；")
}
