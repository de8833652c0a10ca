package analytics_test

import (
	"fmt"
	"math"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// TestTrends: two waves that asked the same are compared, with the error of both; one that
// asked otherwise stands beside and is compared with nothing.
func TestTrends(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	first, q := designed(survey.Convenience, "")
	second, third := first, first
	second.ID, third.ID = "w2", "w3"
	other := q
	other.Questions = append([]survey.Question(nil), q.Questions...)
	other.Questions[2].Label = "您对水环境满意吗"
	var sheets []survey.Response
	for wave, yes := range map[survey.WaveID]int{"w1": 40, "w2": 50, "w3": 70} {
		for i := range 100 {
			answer := "1"
			if i < yes {
				answer = "5"
			}
			sheets = append(sheets, answered("c", map[string][]string{"sat": {answer}}, func(r *survey.Response) {
				r.Wave, r.Stratum, r.Number = wave, "a", fmt.Sprint(i)
			}))
		}
	}
	recordResponses(t, db, sheets...)
	for _, w := range []*survey.Wave{&first, &second, &third} {
		w.Strata[1].Population, w.Strata[2].Population = 0, 0 // one stratum was asked: nothing is weighted
	}
	waves := []analytics.Fieldwork{{Wave: first, Questionnaire: q}, {Wave: second, Questionnaire: other}, {Wave: third, Questionnaire: q}}
	all, err := reader.Trends(t.Context(), planOf("c", nil), waves, waves[2], "sat")
	if err != nil || len(all) != 3 {
		t.Fatalf("%d trends, %v", len(all), err)
	}
	points := all[0].Points
	if len(points[1].Breaks) == 0 || points[1].Change.Valid || len(points[0].Breaks)+len(points[2].Breaks) > 0 || points[0].Change.Valid {
		t.Errorf("points %+v", points)
	}
	// 0.7 − 0.4, each with p(1−p)/(n−1); 198 degrees of freedom but for Satterthwaite.
	c := points[2].Change
	if want := math.Sqrt(0.4*0.6/99 + 0.7*0.3/99); points[2].Since != "w1" || math.Abs(c.Difference-0.3) > 1e-12 || math.Abs(c.SE-want) > 1e-12 || !(c.Lower > 0.16 && c.Upper < 0.44) {
		t.Errorf("change %+v since %s, want an error of %v", c, points[2].Since, want)
	}
	again := q
	again.Indicators = append([]survey.Indicator(nil), q.Indicators...)
	again.Indicators[0].Positive = []string{"5", "3"}
	all, err = reader.Trends(t.Context(), planOf("c", nil), []analytics.Fieldwork{waves[0], {Wave: third, Questionnaire: again}}, analytics.Fieldwork{Wave: third, Questionnaire: again}, "sat")
	if err != nil || len(all[0].Points[0].Breaks) != 1 || all[0].Points[1].Change.Valid || !all[1].Points[1].Change.Valid {
		t.Errorf("with another rule: %+v, %v", all[0].Points, err)
	}
}
