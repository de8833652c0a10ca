package analytics_test

import (
	"slices"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// Taizhou 2015 published only its five dimension scores: 满意 83.81, 认知 83.01, 参与
// 42.30, 支持 96.44, 信心 88.91 of 2,000 persons. Each is rebuilt as a share of 10,000
// answers, since two decimals of 2,000 are not whole persons. With the weights
// 0.4/0.2/0.2/0.1/0.1 they give 77.121, published as 77.12.
func TestTaizhouComposite(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	scores := []struct {
		dimension string
		weight    float64
		yes       int
	}{{"满意", 0.4, 8381}, {"认知", 0.2, 8301}, {"参与", 0.2, 4230}, {"支持", 0.1, 9644}, {"信心", 0.1, 8891}}
	var q survey.Questionnaire
	var weights []campaign.Weight
	for _, s := range scores {
		q.Questions = append(q.Questions, survey.Question{Name: s.dimension, Type: survey.Single, Label: s.dimension, Options: []survey.Option{{Code: "yes"}, {Code: "no"}}})
		q.Indicators = append(q.Indicators, survey.Indicator{Name: s.dimension, Kind: survey.Share, Question: s.dimension, Positive: []string{"yes"}, Base: survey.BaseAnswered, Dimension: s.dimension})
		weights = append(weights, campaign.Weight{Dimension: s.dimension, Weight: s.weight})
	}
	var sheets []survey.Response
	for i := range 10000 {
		choices := map[string][]string{}
		for _, s := range scores {
			choices[s.dimension] = []string{"no"}
			if i < s.yes {
				choices[s.dimension] = []string{"yes"}
			}
		}
		sheets = append(sheets, answered("c", choices))
	}
	recordResponses(t, db, sheets...)
	ask := func(weights []campaign.Weight, q survey.Questionnaire) *analytics.Composite {
		t.Helper()
		plan := planOf("c", nil)
		plan.Campaign.Settings.Composite = campaign.Sourced[[]campaign.Weight]{Value: weights, Source: "台州2015"}
		all, err := reader.Indicators(t.Context(), plan, survey.Wave{ID: "w1"}, q, "")
		if err != nil {
			t.Fatal(err)
		}
		return all.Composite
	}
	c := ask(weights, q)
	if c.Estimate.Text(3) != "77.121" || c.Estimate.Text(2) != "77.12" || c.Estimate.HasInterval || len(c.Parts) != 5 || len(c.Missing) != 0 || c.Source != "台州2015" {
		t.Errorf("composite %s: %+v", c.Estimate.Text(3), c)
	}
	// A dimension that no indicator feeds leaves the composite without a figure, and is named.
	short := q
	short.Indicators = q.Indicators[:4]
	if c := ask(weights, short); c.Estimate.Valid || !slices.Equal(c.Missing, []string{"信心"}) {
		t.Errorf("without 信心: %+v", c)
	}
	// Weights that sum to 1.1 are a fault of the settings: no figure, and it is said.
	wrong := slices.Clone(weights)
	wrong[0].Weight = 0.5
	if c := ask(wrong, q); c.Estimate.Valid || !c.Estimate.Warned(analytics.BadComposite) {
		t.Errorf("weights of 1.1: %+v", c)
	}
	// No figures at all: no scan, no composite that claims something.
	if c := ask(weights, survey.Questionnaire{}); c.Estimate.Valid || len(c.Missing) != 5 {
		t.Errorf("no indicators: %+v", c)
	}
}
