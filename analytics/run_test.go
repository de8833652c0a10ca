package analytics_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

func ended(t *testing.T, runs *analytics.Runs, id string) analytics.Run {
	t.Helper()
	for range 600 {
		held, err := runs.Run(t.Context(), "c", id)
		if err != nil {
			t.Fatal(err)
		}
		if held.Thing.State != analytics.RunGoing {
			return held.Thing
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the run doesn't end")
	return analytics.Run{}
}

// TestARunIsMadeAgain: the same inputs give the same bytes; what is recorded after the cut-off
// changes nothing; results that were changed are not given out.
func TestARunIsMadeAgain(t *testing.T) {
	db := clickhousetest.Open(t)
	sheets := drawnSheets()
	for i := range sheets {
		sheets[i].RecordedAt = date("2014-10-08")
	}
	recordResponses(t, db, sheets...)
	wave, q := designed(survey.Convenience, survey.ByArea)
	plan := planOf("c", nil)
	cutoff := date("2014-10-20")
	runs := analytics.NewRuns(analytics.NewReader(db), audit.NewLog(db), func() time.Time { return cutoff })
	actor := audit.System("test")
	first, err := runs.Start(t.Context(), actor, plan, wave, q, "v1")
	if err != nil {
		t.Fatal(err)
	}
	done := ended(t, runs, first.ID)
	if done.State != analytics.RunDone || len(done.SHA256) != 64 {
		t.Fatalf("%+v", done)
	}
	bytesOfFirst, err := runs.Results(t.Context(), done)
	if err != nil {
		t.Fatal(err)
	}

	later := sheets[3]
	later.Revision, later.RecordedAt, later.Choices = 2, date("2014-10-21"), map[string][]string{"sat": {"1"}}
	more := sheets[4]
	more.ID, more.RecordedAt = [16]byte{9}, date("2014-10-22")
	recordResponses(t, db, later, more)
	second, err := runs.Start(t.Context(), actor, plan, wave, q, "v1")
	if err != nil {
		t.Fatal(err)
	}
	bytesOfSecond, err := runs.Results(t.Context(), ended(t, runs, second.ID))
	if err != nil || !bytes.Equal(bytesOfFirst, bytesOfSecond) {
		t.Errorf("the same cut-off gives other bytes (%d and %d), %v", len(bytesOfFirst), len(bytesOfSecond), err)
	}
	var results analytics.RunResults
	if err := json.Unmarshal(bytesOfFirst, &results); err != nil || len(results.Weighted) != len(results.Spec.Groupings) || results.Weighted[0].Sample.Counted != 899 {
		t.Errorf("%d groupings, %v", len(results.Weighted), err)
	}
	cutoff = date("2014-10-25")
	third, err := runs.Start(t.Context(), actor, plan, wave, q, "v1")
	if err != nil {
		t.Fatal(err)
	}
	now, err := runs.Results(t.Context(), ended(t, runs, third.ID))
	if err != nil || bytes.Equal(now, bytesOfFirst) || json.Unmarshal(now, &results) != nil || results.Weighted[0].Sample.Counted != 900 {
		t.Errorf("a later cut-off sees %d responses, %v", results.Weighted[0].Sample.Counted, err)
	}
	list, err := runs.List(t.Context(), "c", "w1")
	if err != nil || len(list) != 3 || list[0].ID != third.ID {
		t.Errorf("%d runs, %v", len(list), err)
	}

	if err := db.Exec(t.Context(), "ALTER TABLE run_results UPDATE body = replaceAll(body, '899', '999') WHERE id = ? SETTINGS mutations_sync = 2", first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := runs.Results(t.Context(), done); err == nil {
		t.Error("changed results are given out")
	} else if p, ok := problem.As(err); !ok || p.Kind != problem.KindConflict {
		t.Errorf("changed results: %v", err)
	}
}

// TestARunIsCancelled: it stops, keeps who stopped it, and can't be stopped again; a run that a
// program left behind can be put aside.
func TestARunIsCancelled(t *testing.T) {
	db := clickhousetest.Open(t)
	recordResponses(t, db, drawnSheets()...)
	wave, q := designed(survey.Convenience, "")
	runs := analytics.NewRuns(analytics.NewReader(db), audit.NewLog(db), nil)
	release := runs.Hold() // another run has the turn
	run, err := runs.Start(t.Context(), audit.System("test"), planOf("c", nil), wave, q, "v1")
	if err != nil {
		t.Fatal(err)
	}
	if pace, going := runs.Pace(t.Context(), run); !going || pace.Done != 0 || pace.Of == 0 {
		t.Errorf("%+v, %v", pace, going)
	}
	left := analytics.NewRuns(analytics.NewReader(db), audit.NewLog(db), nil) // another program
	if _, going := left.Pace(t.Context(), run); going {
		t.Error("another program knows the progress")
	}
	if err := runs.Cancel(t.Context(), audit.System("test"), "c", run.ID); err != nil {
		t.Fatal(err)
	}
	release()
	if got := ended(t, runs, run.ID); got.State != analytics.RunCancelled || got.SHA256 != "" {
		t.Errorf("%+v", got)
	}
	if pace, going := runs.Pace(t.Context(), run); !going || pace.Done != pace.Of { // run is as it was read before its end
		t.Errorf("of a run that has ended since it was read: %+v, %v", pace, going)
	}
	if err := runs.Cancel(t.Context(), audit.System("test"), "c", run.ID); err == nil {
		t.Error("cancelled twice")
	}
	clickhousetest.Lose(t, db, "run_results", "1") // the engine knows the token, and was killed before it had the row
	if err := runs.Cancel(t.Context(), audit.System("test"), "c", run.ID); err != nil {
		t.Error(err)
	}
	if got := ended(t, runs, run.ID); got.State != analytics.RunCancelled {
		t.Errorf("after its end was lost: %+v", got)
	}
	if err := runs.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
