//go:build bench

package analytics_test

import (
	"fmt"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/budget"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// TestBudgetsRaked estimates one question by group of 200,000 responses raked to strata, areas
// and a question of five options, each person reached by themselves.
func TestBudgetsRaked(t *testing.T) {
	db := clickhousetest.Open(t)
	const people = 200_000
	fill(t, db, people)
	wave := survey.Wave{ID: "w1", Margins: &survey.Margins{List: []survey.Margin{{Variable: survey.MarginStratum}, {Variable: survey.MarginArea}, {Variable: "q0"}}}}
	add := func(margin int, code string, people int) {
		m := &wave.Margins.List[margin]
		m.Totals = append(m.Totals, survey.MarginTotal{Code: code, Label: code, People: people})
	}
	for i := range 5 {
		code := fmt.Sprint("s", i+1)
		wave.Strata = append(wave.Strata, survey.Stratum{Code: code, Label: code})
		add(0, code, 7_000_000*(i+1))
	}
	for i := range 14 {
		add(1, fmt.Sprint("a", i), 1_000_000*(i+1))
	}
	for i, code := range []string{"a", "b", "c", "d", "e"} {
		add(2, code, 7_000_000*(5-i))
	}
	one := twentyQuestions()
	one.Indicators = one.Indicators[3:4]
	for _, unit := range []survey.SampleUnit{"", survey.ByDistributor} {
		wave.Sampling.Unit = unit
		start := time.Now()
		got, err := analytics.NewReader(db).Weighted(t.Context(), planOf("c", nil), wave, one, analytics.Stratum)
		if err != nil {
			t.Fatal(err)
		}
		if r := got.Sample.Raking; !r.Converged || !got.Figures[0].Total.Figure.HasSE {
			t.Errorf("%+v, %+v", r, got.Sample.Warnings)
		}
		budget.Note(fmt.Sprintf("one question by group of 200,000 responses raked to three margins, reached by %q", unit), fmt.Sprintf("%.2f s", time.Since(start).Seconds()))
	}
}
