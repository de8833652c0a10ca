package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

//go:embed indicators.sql
var indicatorsSQL string

// Warning codes of the indicators.
const (
	NoValue      = "no-value"      // answers without points stay out of an index
	BadComposite = "bad-composite" // the weights of the settings can't be used
)

// answerSet is how many responses gave exactly these codes.
type answerSet struct {
	codes     []string
	responses int64
}

// answerSets holds the sets by key of the grouping and question.
type answerSets map[string]map[string][]answerSet

// Indicators asks for all figures of a wave and their composite, in all and by group.
// One scan serves them all (1,000,000 responses, 12 questions, two cores: 0.9 s, where
// one statement took 0.22 s for each question).
func (r *Reader) Indicators(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, by string) (*Indicators, error) {
	questions := questionsOf(q.Indicators)
	values := map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "questions": questions}
	grouped, err := newGrouping(wave, q, by, values)
	if err != nil {
		return nil, err
	}
	s := statement{values: values, tables: responseTables, closed: closedOf(plan, wave), text: fill(fill(indicatorsSQL, setsOf(questions, values, "grp")), map[string]string{"group": grouped.text})}
	sets := answerSets{}
	if len(q.Indicators) > 0 {
		rows, err := ask(ctx, r, "indicators", s, scanAnswerRow)
		if err != nil {
			return nil, err
		}
		sets.add(rows)
	}
	all := &Indicators{Wave: wave.ID, Overlap: grouped.note(), Figures: []IndicatorFigure{}}
	for _, indicator := range q.Indicators {
		f := newFigure(plan, q, indicator, grouped, sets)
		f.SQL = s.String()
		all.Figures = append(all.Figures, f)
	}
	all.Composite = composite(plan.Campaign.Settings.Composite, all.Figures)
	return all, nil
}

func questionsOf(indicators []survey.Indicator) []string {
	var names []string
	for _, i := range indicators {
		if !slices.Contains(names, i.Question) {
			names = append(names, i.Question)
		}
	}
	return names
}

// setsOf gives the pieces of a statement that counts the answers to each question in one scan:
// the sets as one text each, empty for no answer, their names, and for each question the
// grouping set of the keys and its own.
func setsOf(questions []string, values map[string]any, keys string) map[string]string {
	n := len(questions)
	sets, names, grouping, each := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, question := range questions {
		value, name := fmt.Sprint("question", i), fmt.Sprint("set", i)
		values[value] = question
		sets[i] = "arrayStringConcat(choices[@" + value + "], '" + setSeparator + "') AS " + name
		names[i], grouping[i], each[i] = name, "grouping("+name+")", "("+keys+", "+name+")"
	}
	return map[string]string{"sets": strings.Join(sets, ", "), "names": strings.Join(names, ", "), "grouping": strings.Join(grouping, ", "), "each": strings.Join(each, ", "), "separator": setSeparator}
}

// answerRow is one set of answers to one question in one group.
type answerRow struct {
	group, question string
	set             answerSet
}

func scanAnswerRow(rows driver.Rows) (answerRow, error) {
	var a answerRow
	var responses uint64
	err := rows.Scan(&a.group, &a.question, &a.set.codes, &responses)
	a.set.responses = int64(responses)
	return a, err
}

func (a answerSets) add(rows []answerRow) {
	for _, row := range rows {
		if a[row.group] == nil {
			a[row.group] = map[string][]answerSet{}
		}
		a[row.group][row.question] = append(a[row.group][row.question], row.set)
	}
}

func newFigure(plan *campaign.Plan, q survey.Questionnaire, indicator survey.Indicator, grouped grouping, sets answerSets) IndicatorFigure {
	question, _ := q.Question(indicator.Question)
	rule := rule{indicator: indicator, question: question, settings: plan.Campaign.Settings}
	var all []answerSet
	byGroup := map[string][]answerSet{}
	found := map[string]bool{}
	for _, key := range sortedKeys(sets) {
		list := sets[key][indicator.Question]
		all = append(all, list...)
		for _, code := range grouped.of(key) {
			found[code] = true
			byGroup[code] = append(byGroup[code], list...)
		}
	}
	f := IndicatorFigure{Indicator: indicator, BaseNote: rule.note(), Groups: []GroupFigure{}, Total: GroupFigure{Estimate: rule.estimate(all)}}
	for _, g := range grouped.groups(found) {
		f.Groups = append(f.Groups, GroupFigure{Code: g.code, Label: g.label, Estimate: rule.estimate(byGroup[g.code])})
	}
	return f
}

// rule is an indicator's way from answers to a figure.
type rule struct {
	indicator survey.Indicator
	question  survey.Question
	settings  campaign.Settings
}

func (r rule) estimate(sets []answerSet) estimate.Estimate {
	if r.indicator.Kind == survey.Index {
		return r.index(sets)
	}
	return r.share(sets)
}

// inBase tells whether such an answer is in the base: any answer, or one that holds
// an opinion.
func (r rule) inBase(set answerSet) bool {
	if r.indicator.Base != survey.BaseOpinion {
		return true
	}
	return slices.ContainsFunc(set.codes, func(code string) bool {
		o, _ := r.question.Option(code)
		return !o.DontKnow
	})
}

// share counts persons: whoever chose several positive options counts once.
func (r rule) share(sets []answerSet) estimate.Estimate {
	var positive, base int64
	for _, set := range sets {
		if !r.inBase(set) {
			continue
		}
		base += set.responses
		if slices.ContainsFunc(set.codes, func(code string) bool { return slices.Contains(r.indicator.Positive, code) }) {
			positive += set.responses
		}
	}
	return estimate.Proportion(positive, base, r.settings.Level.Value, r.settings.SmallBase.Value)
}

// index is the mean of the points. An answer that has no points, or several, can't be
// in a mean; it is left out and said.
func (r rule) index(sets []answerSet) estimate.Estimate {
	counts := map[string]int64{}
	var without int64
	for _, set := range sets {
		_, valued := r.indicator.Values[set.codes[0]]
		switch {
		case !r.inBase(set):
		case len(set.codes) == 1 && valued:
			counts[set.codes[0]] += set.responses
		default:
			without += set.responses
		}
	}
	var scale []estimate.Scored
	for _, code := range sortedKeys(r.indicator.Values) {
		scale = append(scale, estimate.Scored{Value: r.indicator.Values[code], Count: counts[code]})
	}
	e := estimate.Index(scale, r.settings.Level.Value, r.settings.SmallBase.Value)
	if without > 0 {
		e.Warnings = append(e.Warnings, estimate.Warning{Code: NoValue, Text: fmt.Sprintf("%d份回答的选项没有分值，未计入", without)})
	}
	return e
}

// note says in words who is in the base.
func (r rule) note() string {
	note := "基数为回答了本题的人"
	if labels := dontKnow(r.question); len(labels) > 0 {
		word := "，含“"
		if r.indicator.Base == survey.BaseOpinion {
			word = "，不含“"
		}
		note += word + strings.Join(labels, "”“") + "”"
	}
	if r.question.ShowIf != nil {
		note += "；本题只问符合条件的人"
	}
	return note + "。" + whoCounts
}

// composite joins the dimensions' figures by the weights of the settings; nil where
// the campaign has set none.
func composite(weights campaign.Sourced[[]campaign.Weight], figures []IndicatorFigure) *Composite {
	if len(weights.Value) == 0 {
		return nil
	}
	c := &Composite{Source: weights.Source}
	var parts []estimate.Part
	for _, w := range weights.Value {
		part := CompositePart{Dimension: w.Dimension, Weight: w.Weight}
		i := slices.IndexFunc(figures, func(f IndicatorFigure) bool { return w.Dimension != "" && f.Indicator.Dimension == w.Dimension })
		if i >= 0 {
			part.Indicator, part.Estimate = figures[i].Indicator.Name, figures[i].Total.Estimate
		}
		if !part.Estimate.Valid {
			c.Missing = append(c.Missing, w.Dimension)
		}
		c.Parts = append(c.Parts, part)
		parts = append(parts, estimate.Part{Name: w.Dimension, Weight: w.Weight, Estimate: part.Estimate})
	}
	e, err := estimate.Composite(parts)
	if err != nil {
		e.Warnings = append(e.Warnings, estimate.Warning{Code: BadComposite, Text: "综合指数的权重合计不是1，请核对活动设置"})
	}
	c.Estimate = e
	return c
}
