//go:build bench

package analytics_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/budget"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// TestBudgetsClosed asks for the figures of a closed wave of 1,000,000 responses as a program does
// that was just started, by what is stored and by counting.
func TestBudgetsClosed(t *testing.T) {
	db := clickhousetest.Open(t)
	const people = 1_000_000
	fill(t, db, people)
	plan, q := planOf("c", nil), twentyQuestions()
	wave := survey.Wave{ID: "w1", Closed: true, Sampling: survey.Sampling{Kind: survey.Convenience}}
	for i := range 5 {
		wave.Strata = append(wave.Strata, survey.Stratum{Code: fmt.Sprint("s", i+1), Label: fmt.Sprint(i), Population: 1_000_000 * (i + 3)})
	}
	scope := analytics.Scope{Campaign: "c", AsOf: date("2014-10-20")}
	page := func(r *analytics.Reader) (all []any, err error) {
		keep := func(value any, e error) {
			all = append(all, value)
			if err == nil {
				err = e
			}
		}
		progress, e := r.Progress(t.Context(), plan, wave, scope)
		keep(progress, e)
		indicators, e := r.Indicators(t.Context(), plan, wave, q, analytics.Stratum)
		keep(indicators, e)
		weighted, e := r.Weighted(t.Context(), plan, wave, q, analytics.Stratum)
		keep(weighted, e)
		distribution, e := r.Distribution(t.Context(), plan, wave, q, "q3", analytics.Stratum)
		keep(distribution, e)
		return all, err
	}
	start := time.Now()
	want, err := page(analytics.NewReader(db).KeepClosed("v1"))
	if err != nil {
		t.Fatal(err)
	}
	budget.Note("figures of a closed wave of 1,000,000 responses, asked and stored", time.Since(start).Round(time.Millisecond).String())
	ours, counted := budget.Turns(t, 3, func() error {
		got, err := page(analytics.NewReader(db).KeepClosed("v1"))
		if err == nil && !reflect.DeepEqual(got, want) {
			err = fmt.Errorf("other figures are stored")
		}
		return err
	}, func() error {
		_, err := page(analytics.NewReader(db))
		return err
	})
	budget.Ratio(t, "figures of a closed wave of 1,000,000 responses after a restart, stored to counted", ours, counted, 0.1)

	// A response to another wave changes nothing: what is left is to draw the figures.
	reader := analytics.NewReader(db).KeepClosed("v1")
	if _, err := page(reader); err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	for range 7 {
		recordResponses(t, db, answered("c", map[string][]string{"q3": {"a"}}, func(r *survey.Response) { r.Wave = "w2" }))
		start := time.Now()
		if got, err := page(reader); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatal("other figures", err)
		}
		took = append(took, time.Since(start))
	}
	budget.Under(t, "the same after a response to another wave, median of 7", float64(budget.Median(took).Microseconds())/1000, 50, "ms")
}
