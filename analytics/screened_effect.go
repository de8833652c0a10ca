package analytics

import (
	"math"
	"slices"

	"shuixuan/analytics/screening"
	"shuixuan/app/survey"
)

// ScreenedEffect is the part of distributors in what a wave is asked for.
type ScreenedEffect struct {
	Question string               `json:"question,omitempty"` // name; empty for the mean of a sheet
	Label    string               `json:"label"`              // of the indicator, or of the question
	Kind     survey.IndicatorKind `json:"kind"`
	Effect   screening.IntraClass `json:"effect"`
	Found    bool                 `json:"found"` // at the level of the interval, corrected for many questions
}

// effects names what the screening found by the indicators that count it.
func (s *sheetReader) effects(report *screening.Report) []ScreenedEffect {
	list := make([]ScreenedEffect, 0, len(report.Effects))
	for _, e := range report.Effects {
		one := ScreenedEffect{Label: e.Name, Kind: survey.Index, Effect: e.IntraClass, Found: e.IntraClass.Valid && e.Corrected < 1-report.Settings.Level.Value}
		if e.Question >= 0 {
			at := slices.IndexFunc(s.columns, func(c comparedColumn) bool { return c.Name == e.Name })
			one.Question, one.Label, one.Kind = e.Name, s.columns[at].counted.Label, s.columns[at].counted.Kind
		}
		list = append(list, one)
	}
	return list
}

// points are what the answers to a question count, and the indicator that says so: one with
// points before a share, one that stands first before the rest. An ordered question without
// an indicator counts the points of its options; any other is in no mean.
func (c *comparedColumn) points(q survey.Questionnaire, ofList map[string]float64) {
	c.counted = survey.Indicator{Label: c.item.Title(), Kind: survey.Index, Values: ofList, Base: survey.BaseOpinion}
	found := c.Ordered
	rank := func(i survey.Indicator) int {
		switch {
		case i.Kind == survey.Index && i.Headline:
			return 4
		case i.Kind == survey.Index:
			return 3
		case i.Headline:
			return 2
		}
		return 1
	}
	best := 0
	for _, i := range q.Indicators {
		if i.Question == c.item.Name && rank(i) > best {
			best, c.counted, found = rank(i), i, true
		}
	}
	if !found {
		return
	}
	c.Points = make([]float64, c.Options)
	for _, o := range c.item.Options {
		c.Points[c.codes[o.Code]] = countedAs(c.counted, o)
	}
}

// countedAs is what an option counts in an indicator; not a number where it is out of its base.
func countedAs(i survey.Indicator, o survey.Option) float64 {
	value, valued := i.Values[o.Code]
	switch {
	case o.DontKnow && i.Base == survey.BaseOpinion, i.Kind == survey.Index && !valued:
		return math.NaN()
	case i.Kind == survey.Index:
		return value
	case slices.Contains(i.Positive, o.Code):
		return 1
	}
	return 0
}
