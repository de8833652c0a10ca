//go:build bench

package analytics_test

import (
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/budget"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/survey"
)

// TestBudgetsQuestionByGroup asks questions over 1,000,000 responses, by group, and
// holds the time against the same statement sent straight to the engine, its rows
// fetched and thrown away. Each run has a reader of its own: one that was used before
// answers from memory, and would be held against work it does not do.
func TestBudgetsQuestionByGroup(t *testing.T) {
	db := clickhousetest.Open(t)
	fill(t, db, 1_000_000)
	plan, wave, q := planOf("c", nil), survey.Wave{ID: "w1"}, benchQuestionnaire()
	check := func(what, question string) {
		t.Helper()
		remembers := analytics.NewReader(db)
		d, err := remembers.Distribution(t.Context(), plan, wave, q, question, analytics.Stratum)
		if err != nil {
			t.Fatal(err)
		}
		if d.Total.Asked != 1_000_000 || len(d.Groups) != 5 {
			t.Fatalf("%s was asked %d times in %d groups, want 1,000,000 and 5", question, d.Total.Asked, len(d.Groups))
		}
		ours, straight := budget.Turns(t, budget.Rounds,
			func() error {
				_, err := analytics.NewReader(db).Distribution(t.Context(), plan, wave, q, question, analytics.Stratum)
				return err
			},
			func() error {
				rows, err := db.Query(t.Context(), d.SQL)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
				}
				return rows.Err()
			})
		budget.Ratio(t, what+" by group over 1,000,000 responses, to its own SQL", ours, straight, 1.5)
		start := time.Now()
		if _, err := remembers.Distribution(t.Context(), plan, wave, q, question, analytics.Stratum); err != nil {
			t.Fatal(err)
		}
		budget.Note(what+" asked again while nothing was written, from memory", time.Since(start).Round(100*time.Microsecond).String())
	}
	check("a single choice", "q3")
	check("a multiple choice", "m")
}
