package xlsform

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/app/survey"
)

// Indicators stand on a sheet of our own: a form of another program has none.

var indicatorColumns = []string{"name", "label", "kind", "question", "positive", "values", "base", "dimension", "source", "headline"}

func (r *reader) indicators(t Table) {
	g := r.open(t, indicatorColumns...)
	for _, row := range g.rows {
		l := g.line(row)
		i := survey.Indicator{Name: l.text("name"), Label: l.raw("label"), Kind: survey.IndicatorKind(l.text("kind")), Question: cleanName(l.text("question")),
			Positive: words(l.text("positive")), Base: survey.BaseRule(l.text("base")), Dimension: l.raw("dimension"), Source: l.raw("source"), Headline: r.truth(l, "headline")}
		for _, pair := range strings.Fields(l.text("values")) {
			code, points, _ := strings.Cut(pair, "=")
			v, isNumber := (&node{kind: digits, text: points}).number()
			if !isNumber {
				r.fault(l, "values", "“%s”读不懂，请写成 代码=分值，几个之间用空格分开，例如 5=100 4=80", short(pair))
				continue
			}
			if i.Values == nil {
				i.Values = map[string]float64{}
			}
			i.Values[code] = v
		}
		r.q.Indicators = append(r.q.Indicators, i)
		r.indicatorRows = append(r.indicatorRows, l.Number)
	}
}

func (r *reader) indicatorRow(name string) int {
	for i, one := range r.q.Indicators {
		if one.Name == name && i < len(r.indicatorRows) {
			return r.indicatorRows[i]
		}
	}
	return 0
}

func indicatorTable(q survey.Questionnaire) Table {
	t := Table{Name: indicatorsSheet, Head: indicatorColumns}
	for n, i := range q.Indicators {
		var values []string
		for code, v := range i.Values {
			values = append(values, fmt.Sprintf("%s=%s", code, decimal(v)))
		}
		slices.Sort(values)
		t.Rows = append(t.Rows, Row{n + 2, []string{i.Name, i.Label, string(i.Kind), i.Question, strings.Join(i.Positive, " "), strings.Join(values, " "),
			string(i.Base), i.Dimension, i.Source, yesWord(i.Headline)}})
	}
	return t
}

func yesWord(is bool) string {
	if is {
		return "yes"
	}
	return ""
}
