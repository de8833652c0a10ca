//go:build bench

package analytics_test

import (
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/budget"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// TestBudgetsChanges compares 100,000 placements with 300,000 photos and 200,000 responses
// with how they stood: where nothing came since, which is what a page waits for, and where rows
// came, which is read once beside it.
func TestBudgetsChanges(t *testing.T) {
	db := clickhousetest.Open(t)
	fillProof(t, db)
	fill(t, db, 200_000)
	plan := withRules(planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili", "xinhua"}}))
	scope := analytics.Scope{Campaign: "c", AsOf: date("2014-10-20")}
	waves := []analytics.Fieldwork{{Wave: survey.Wave{ID: "w1"}, Questionnaire: benchQuestionnaire()}}
	then := func(r *analytics.Reader, since string) error {
		got, err := r.Then(t.Context(), plan, scope, date(since).Add(10*time.Hour), waves)
		if err == nil {
			_, err = r.Changes(t.Context(), plan, scope, got, waves)
		}
		return err
	}
	today := func(r *analytics.Reader) error {
		if _, err := r.Coverage(t.Context(), plan, scope); err != nil {
			return err
		}
		_, err := r.Weighted(t.Context(), plan, waves[0].Wave, waves[0].Questionnaire, analytics.Stratum)
		return err
	}
	fresh := func(since string) func() error {
		return func() error { return then(analytics.NewReader(db), since) }
	}
	straight := func() error { return today(analytics.NewReader(db)) }
	const rounds = 3
	ours, theirs := budget.Turns(t, rounds, fresh("2014-10-19"), straight)
	budget.Ratio(t, "nothing came since yesterday, to the figures of today", ours, theirs, 2.5)
	err := db.Exec(t.Context(), `INSERT INTO response_revisions SELECT * REPLACE (generateUUIDv4() AS id, toDateTime64('2014-10-19 12:00:00', 3) AS recorded_at) FROM response_revisions LIMIT 1000`)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs = budget.Turns(t, rounds, fresh("2014-10-19"), straight)
	budget.Ratio(t, "1,000 responses came since yesterday, to the figures of today", ours, theirs, 5)
	remembers := analytics.NewReader(db)
	kept, err := remembers.Then(t.Context(), plan, scope, date("2014-10-19").Add(10*time.Hour), waves)
	if err != nil {
		t.Fatal(err)
	}
	var start time.Time
	for range 2 { // the first fills the memory
		start = time.Now()
		if _, err := remembers.Changes(t.Context(), plan, scope, kept, waves); err != nil {
			t.Fatal(err)
		}
	}
	budget.Note("the comparison again, then kept, while nothing was written", time.Since(start).Round(100*time.Microsecond).String())
}
