package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestTheDemonstrationIsLoadedOnce starts for the first time on a Thursday, breaks off
// before the accounts are noted, starts again ten days later, and once more a month
// later. What is there is what seeds/demo_ledgers.go and demo_fieldwork.go add up to, and
// none of the later starts changes it.
func TestTheDemonstrationIsLoadedOnce(t *testing.T) {
	s := &session{ctx: t.Context(), cli: &cli{Data: t.TempDir()}, stdout: io.Discard, stderr: io.Discard, log: slog.New(slog.DiscardHandler)}
	p, err := open(s.ctx, s.cli.Data, "", s.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	start := func(today time.Time) {
		t.Helper()
		if err := p.loadDemo(s, today); err != nil {
			t.Fatal(err)
		}
	}
	first := time.Date(2027, time.January, 14, 0, 0, 0, 0, time.UTC)
	start(first)
	checkDemonstration(t, p)
	checkRejected(t, p)
	if err := os.Remove(filepath.Join(s.cli.Data, accountsFile)); err != nil {
		t.Fatal(err)
	}
	start(first.AddDate(0, 0, 10))
	checkDemonstration(t, p)
	start(first.AddDate(0, 1, 0))
	checkDemonstration(t, p)
}

// text asks for one value.
func text(t *testing.T, p *program, query string) string {
	t.Helper()
	var got string
	if err := p.db.QueryRow(t.Context(), `SELECT toString((`+query+`))`).Scan(&got); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return got
}

func checkDemonstration(t *testing.T, p *program) {
	t.Helper()
	check := func(what, want, query string) {
		t.Helper()
		if got := text(t, p, query); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	check("placements", "600", `SELECT count() FROM placements FINAL WHERE campaign = 'feicheng'`)
	check("first wave", "700", `SELECT count() FROM responses FINAL WHERE campaign = 'feicheng' AND wave = 'w1'`)
	check("second wave", "800", `SELECT count() FROM responses FINAL WHERE campaign = 'feicheng' AND wave = 'w2'`)
	check("placements of the second campaign", "40", `SELECT count() FROM placements FINAL WHERE campaign = 'governance'`)
	check("responses of the second campaign", "60", `SELECT count() FROM responses FINAL WHERE campaign = 'governance'`)
	// The first start is on Thursday the 14th of January 2027: the last file of the first
	// campaign comes in on the Wednesday before, eight weeks of ledgers before the middle
	// of December, the first of them two weeks after the start of the campaign.
	check("last sheets", "2027-01-13", `SELECT toDate(max(recorded_at), 'Asia/Shanghai') FROM responses WHERE campaign = 'feicheng'`)
	check("last ledgers of the second campaign", "2027-01-11", `SELECT toDate(max(recorded_at), 'Asia/Shanghai') FROM placements WHERE campaign = 'governance'`)
	// 2014-11-26 to 2027-01-13 is 633 weeks; 2014-09-01 so moved is 2026-10-19.
	check("first placement not before the campaign", "1", `SELECT min(start) >= '2026-10-19' FROM placements WHERE campaign = 'feicheng'`)
	check("receipts are dated as their files", "2027-01-13", `SELECT toDate(max(recorded_at), 'Asia/Shanghai') FROM batches WHERE campaign = 'feicheng' AND kind = 'responses'`)

	plan, err := p.campaigns.Plan(t.Context(), "feicheng")
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.Campaign.Window.Start.Format(time.DateOnly); got != "2026-10-19" || !plan.Campaign.Window.Open || !plan.Campaign.Demo {
		t.Errorf("the campaign begins on %s, open %t, demonstration %t", got, plan.Campaign.Window.Open, plan.Campaign.Demo)
	}
	if units := len(plan.Units.Units()); units < 18 || units > 24 {
		t.Errorf("%d units, want about 20", units)
	}
	for _, task := range plan.Tasks {
		if w := task.Window; !w.Start.IsZero() && w.Start.Format(time.DateOnly) != "2026-10-19" {
			t.Errorf("task %s begins on %s", task.Code, w.Start.Format(time.DateOnly))
		}
	}
	waves, err := p.surveys.Waves(t.Context(), "feicheng")
	if err != nil || len(waves) != 2 {
		t.Fatalf("%d waves, %v", len(waves), err)
	}
	for i, want := range []string{"2026-10-28 2026-11-17", "2026-12-23 2027-01-12"} { // 10 to 30 September, 5 to 25 November
		if got := waves[i].Start.Format(time.DateOnly) + " " + waves[i].End.Format(time.DateOnly); got != want {
			t.Errorf("%s is from %s, want %s", waves[i].Name, got, want)
		}
	}
	check("sheets outside of their wave", "0", `SELECT countIf(answered_on < if(wave = 'w1', toDate('2026-10-28'), toDate('2026-12-23'))
		OR answered_on > if(wave = 'w1', toDate('2026-11-17'), toDate('2027-01-12'))) FROM responses FINAL WHERE campaign = 'feicheng'`)
	pilot, err := p.surveys.Waves(t.Context(), "governance")
	if err != nil || len(pilot) != 1 || !pilot[0].Start.IsZero() || !pilot[0].End.IsZero() {
		t.Errorf("the pilot's wave has no dates in its plan, got %+v, %v", pilot, err)
	}
}

// checkRejected: the faulty rows of the seeds are what the receipts of the first start
// send back, 20 of ledgers and 17 of sheets, and each receipt holds its rows once.
func checkRejected(t *testing.T, p *program) {
	t.Helper()
	for kind, want := range map[string]string{"placements": "20", "responses": "17"} {
		if got := text(t, p, `SELECT sum(rejected) FROM batches WHERE campaign = 'feicheng' AND kind = '`+kind+`'`); got != want {
			t.Errorf("rejected %s: %s, want %s", kind, got, want)
		}
	}
	if got := text(t, p, `SELECT count() FROM batch_rows WHERE outcome = 'accepted' AND batch IN (SELECT id FROM batches WHERE campaign = 'feicheng' AND kind IN ('placements', 'responses'))`); got != "2100" {
		t.Errorf("receipts hold %s accepted rows, want 600 placements and 1500 responses", got)
	}
}
