package ingest

import (
	"strings"
	"testing"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// verbs are those of the events about a response, in their order.
func (b *bench) verbs(t *testing.T, thing string) string {
	t.Helper()
	var list []string
	rows, err := b.db.Query(t.Context(), "SELECT verb FROM audit_events WHERE thing = ? ORDER BY at, seq", thing)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var verb string
		if err := rows.Scan(&verb); err != nil {
			t.Fatal(err)
		}
		list = append(list, verb)
	}
	return strings.Join(list, " ")
}

// TestAVoidedResponseComesBack as it was, whenever that is decided: after the end of the wave
// it is no late one. Each decision leaves one event, told twice still one.
func TestAVoidedResponseComesBack(t *testing.T) {
	b := newBench(t)
	wave, q := b.quotaWave(t)
	for _, before := range []survey.Response{answer("b", "1", ""), answer("b", "", "")} { // complete, and left half way
		first, _, err := b.Response(t.Context(), office, b.plan, wave, q, before)
		if err != nil {
			t.Fatal(err)
		}
		after := wave
		after.Closed = true
		if _, err := b.VoidResponse(t.Context(), office, b.plan, after, q, first.ID, 1, " "); kindOf(err) != problem.KindInvalid {
			t.Errorf("without a reason: %v", err)
		}
		for range 2 {
			gone, err := b.VoidResponse(t.Context(), office, b.plan, after, q, first.ID, 1, "本人说没有填过")
			if err != nil || gone.Disposition != survey.Void || gone.Late || gone.Revision != 2 {
				t.Fatalf("%+v, %v", gone, err)
			}
		}
		if _, err := b.RestoreResponse(t.Context(), office, b.plan, after, q, first.ID, 2, ""); kindOf(err) != problem.KindInvalid {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := b.RestoreResponse(t.Context(), office, b.plan, after, q, first.ID, 1, "看错了"); kindOf(err) != problem.KindConflict {
			t.Errorf("by who saw an older one: %v", err)
		}
		for range 2 {
			back, err := b.RestoreResponse(t.Context(), office, b.plan, after, q, first.ID, 2, "本人想起来了")
			if err != nil || back.Disposition != first.Disposition || back.Late || back.Revision != 3 || back.Reason != "本人想起来了" || back.Choices["grp"][0] != "b" {
				t.Fatalf("%+v, %v", back, err)
			}
		}
		if got := b.verbs(t, first.ID.String()); got != "response.enter response.void response.restore" {
			t.Error(got)
		}
	}
}

// TestWhatCannotComeBack: whose number or place is another's by now, and what never counted.
func TestWhatCannotComeBack(t *testing.T) {
	b := newBench(t)
	wave, q := b.quotaWave(t)
	enter := func(r survey.Response) survey.Response {
		t.Helper()
		held, _, err := b.Response(t.Context(), office, b.plan, wave, q, r)
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	void := func(r survey.Response) {
		t.Helper()
		if _, err := b.VoidResponse(t.Context(), office, b.plan, wave, q, r.ID, r.Revision, "试"); err != nil {
			t.Fatal(err)
		}
	}
	paper := answer("b", "1", "")
	paper.Mode, paper.Number = survey.Paper, "0007"
	first := enter(paper)
	if _, err := b.RestoreResponse(t.Context(), office, b.plan, wave, q, first.ID, 1, "试"); kindOf(err) != problem.KindConflict {
		t.Errorf("one that isn't void: %v", err)
	}
	void(first)
	again := answer("b", "2", "")
	again.Mode, again.Number = survey.Paper, "0007"
	enter(again)
	if _, err := b.RestoreResponse(t.Context(), office, b.plan, wave, q, first.ID, 2, "试"); kindOf(err) != problem.KindConflict || !strings.Contains(err.Error(), "0007") {
		t.Errorf("its number is another's: %v", err)
	}
	east := enter(answer("a", "1", "east"))
	void(east)
	enter(answer("a", "2", "east")) // the one place of the east
	if back, err := b.RestoreResponse(t.Context(), office, b.plan, wave, q, east.ID, 2, "试"); err != nil || back.Disposition != survey.Ineligible || back.Reason != survey.QuotaFull {
		t.Errorf("its place is another's: %s %s, %v", back.Disposition, back.Reason, err)
	}
	blank := answer("b", "1", "")
	blank.Mode, blank.Disposition, blank.Reason = survey.Paper, survey.Void, "涂鸦"
	if _, err := b.RestoreResponse(t.Context(), office, b.plan, wave, q, enter(blank).ID, 1, "试"); kindOf(err) != problem.KindConflict {
		t.Errorf("entered as void: %v", err)
	}
}

// TestContradictionsHoldNothingUp: the sheet is in, and whoever typed it is asked to look again.
func TestContradictionsHoldNothingUp(t *testing.T) {
	b := newBench(t)
	wave, q := b.quotaWave(t)
	q.Contradictions = []survey.Contradiction{{One: survey.Condition{Question: "grp", In: []string{"b"}}, Other: survey.Condition{Question: "river", In: []string{"2"}}, Reason: "乙组那边没有河"}}
	if err := q.Validate(); err != nil {
		t.Fatal(err)
	}
	sheet := func(group, river string) EnteredSheet {
		t.Helper()
		r := answer(group, river, "")
		r.Mode = survey.Paper
		got, err := b.Sheet(t.Context(), office, b.plan, wave, q, r)
		if err != nil || !got.Created || got.Response.Disposition != survey.Complete {
			t.Fatalf("%s %s: %+v, %v", group, river, got, err)
		}
		return got
	}
	if got := sheet("b", "2").Doubts; len(got) != 1 || !strings.Contains(got[0], "“哪一组”选了乙，又“河水”选了差（乙组那边没有河）") || !strings.Contains(got[0], "请核对纸面") {
		t.Errorf("%q", got)
	}
	if got := sheet("b", "1").Doubts; len(got) != 0 {
		t.Errorf("%q", got)
	}
}
