package ingest

import (
	"encoding/binary"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/survey"
)

// An id that was noted is never missed, and few others are taken for one, whether ids are
// drawn, begin with the time or are numbered by their sender.
func TestKnownIDs(t *testing.T) {
	const n = 3 * firstRoom // three layers
	for name, id := range map[string]func(i int) uuid.UUID{
		"drawn": func(int) uuid.UUID { return uuid.New() },
		"timed": func(int) uuid.UUID { return uuid.Must(uuid.NewV7()) },
		"numbered": func(i int) (id uuid.UUID) {
			binary.BigEndian.PutUint64(id[8:], uint64(i))
			return id
		},
	} {
		var k knownIDs
		ids := make([]uuid.UUID, 2*n)
		for i := range ids {
			ids[i] = id(i)
		}
		for _, one := range ids[:n] {
			k.add(one)
		}
		missed, taken := 0, 0
		for _, one := range ids[:n] {
			if !k.holds(one) {
				missed++
			}
		}
		for _, one := range ids[n:] {
			if k.holds(one) {
				taken++
			}
		}
		if missed > 0 || taken > n/100 {
			t.Errorf("%s ids: %d of %d missed, %d taken for one", name, missed, n, taken)
		}
		if len(k.layers) != 2 {
			t.Errorf("%s ids: %d layers", name, len(k.layers))
		}
	}
}

// What was in before the start is known when it comes again, as is what came since: before
// the ids are read, and after.
func TestKnownIDsOfAnEarlierRun(t *testing.T) {
	first := newBench(t)
	q, wave := questionnaire(t, "../seeds/feicheng/questionnaire.yaml")
	whole := func() survey.Response {
		return survey.Response{ID: uuid.New(), Mode: survey.API, Choices: map[string][]string{q.Stratum: {"school"}}}
	}
	enter := func(b *bench, list ...survey.Response) (created int) {
		t.Helper()
		results, err := b.Responses(t.Context(), office, b.plan, wave, q, list)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range results {
			if one.Err != nil {
				t.Fatal(one.Err)
			}
			if one.Created {
				created++
			}
		}
		return created
	}
	old := []survey.Response{whole(), whole(), whole()}
	if n := enter(first, old...); n != 3 {
		t.Fatalf("%d of 3 are new", n)
	}
	second := newBenchOn(t, first.db)
	for _, when := range []string{"before the ids are read", "after"} {
		if n := enter(second, append(old, whole())...); n != 1 {
			t.Errorf("%s %d are new, want 1", when, n)
		}
		second.known.ended.Wait()
		if !second.known.ready {
			t.Fatal("the ids were not read")
		}
	}
	if maybe := second.known.may([]uuid.UUID{old[0].ID, uuid.New(), uuid.New()}); len(maybe) == 0 || maybe[0] != old[0].ID || len(maybe) == 3 {
		t.Errorf("of one that is in and two that aren't: %v", maybe)
	}
	var rows uint64
	if err := first.db.QueryRow(t.Context(), "SELECT count() FROM responses").Scan(&rows); err != nil || rows != 5 {
		t.Errorf("%d rows, %v, want 5", rows, err)
	}
}
