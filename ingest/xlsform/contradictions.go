package xlsform

import (
	"slices"
	"strings"

	"shuixuan/app/survey"
)

// Rules on answers that can't both be true stand on a sheet of our own, a row each. XLSForm
// has only constraint, which refuses the answer; ours refuse nothing, so they are not put there.
// Each side is a condition in the language of relevant.

var contradictionColumns = []string{"one", "other", "reason"}

func (r *reader) contradictions(t Table) {
	g := r.open(t, contradictionColumns...)
	for _, row := range g.rows {
		r.pairs = append(r.pairs, g.line(row))
	}
}

// readPairs reads the rules when all questions are known.
func (r *reader) readPairs(k conditions) {
	for _, l := range r.pairs {
		c := survey.Contradiction{Reason: l.raw("reason")}
		for column, side := range map[string]*survey.Condition{"one": &c.One, "other": &c.Other} {
			if l.raw(column) == "" {
				continue // told by the questionnaire
			}
			n, err := parse(l.raw(column))
			if err == nil {
				*side, err = k.read(n)
			}
			if err != nil {
				r.fault(l, column, "看不懂回答“%s”：%s", short(l.raw(column)), err)
				side.Question = "" // not to be told a second time
			}
		}
		r.q.Contradictions = append(r.q.Contradictions, c)
	}
}

// pairRow is the row of the rule that a fault of the questionnaire names.
func (r *reader) pairRow(field string) (line, bool) {
	for i, l := range r.pairs {
		if survey.ContradictionKey(i) == field {
			return l, true
		}
	}
	return line{}, false
}

// pairFault tells a fault of a rule at the side it is about, unless that side couldn't be read.
func (r *reader) pairFault(l line, why string) {
	column := ""
	for begin, name := range map[string]string{"第一个回答": "one", "第二个回答": "other", "没有写为什么": "reason", "原因超过": "reason"} {
		if strings.HasPrefix(why, begin) {
			column = name
		}
	}
	if !slices.ContainsFunc(r.faults, func(f Fault) bool {
		return f.Sheet == l.name && f.Row == l.Number && f.Column == l.fault(column, "").Column && column != ""
	}) {
		r.fault(l, column, "%s", why)
	}
}

func contradictionTable(q survey.Questionnaire, find questions) Table {
	t := Table{Name: contradictionsSheet, Head: contradictionColumns}
	for n, c := range q.Contradictions {
		t.Rows = append(t.Rows, Row{n + 2, []string{expression(c.One, find), expression(c.Other, find), c.Reason}})
	}
	return t
}
