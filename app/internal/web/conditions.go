package web

import (
	"encoding/json"

	"shuixuan/app/survey"
)

// questionRule is the part of a question that static/conditions.js decides by: when it is
// asked, and under which names it is answered. It stands in data-rule on the page, and has
// the field names of the question's own JSON, so that a questionnaire can be handed over whole.
func questionRule(q survey.Question) string {
	rule := survey.Question{Name: q.Name, Type: q.Type, Required: q.Required, Adults: q.Adults, ShowIf: q.ShowIf, SkipIf: q.SkipIf}
	for _, row := range q.Rows {
		rule.Rows = append(rule.Rows, survey.Row{Name: row.Name})
	}
	text, err := json.Marshal(rule)
	if err != nil { // a bound that is no number; Validate lets none be published
		return `{"name":""}`
	}
	return string(text)
}
