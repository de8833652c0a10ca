package revision

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
)

type thing struct {
	Name string `json:"name"`
}

var writer = audit.Actor{ID: "w", Name: "测试", Role: audit.RoleOffice}

func TestARevisionFollowsTheOneItsWriterSaw(t *testing.T) {
	db := clickhousetest.Open(t)
	log := audit.NewLog(db)
	units := NewTable[thing](db, log, "units", "unit")
	ctx := t.Context()
	put := func(name string, expected uint32) (uint32, error) {
		return units.Put(ctx, writer, "unit.put", "c", "a", thing{name}, expected)
	}
	if n, err := put("one", 0); n != 1 || err != nil {
		t.Fatalf("first: revision %d, %v", n, err)
	}
	if n, err := put("two", 1); n != 2 || err != nil {
		t.Fatalf("second: revision %d, %v", n, err)
	}
	if _, err := put("stale", 1); !errors.Is(err, ErrConflict) {
		t.Errorf("a writer who saw revision 1 got %v, want a conflict", err)
	}
	if n, err := put("two", 2); n != 2 || err != nil {
		t.Errorf("the same words again gave revision %d, %v, want 2 and nothing written", n, err)
	}
	if held, err := units.Current(ctx, "c", "a"); err != nil || held.Thing.Name != "two" || held.Revision != 2 {
		t.Errorf("holds %+v, %v", held, err)
	}
	if all, err := units.Revisions(ctx, "c", "a"); err != nil || len(all) != 2 || all[1].Thing.Name != "one" {
		t.Errorf("revisions %+v, %v: the first must stay readable", all, err)
	}
	if _, err := units.Current(ctx, "c", "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a thing that isn't there gave %v", err)
	}
	events, err := log.Events(ctx, "c", keyset.Cursor{}, 10)
	if err != nil || len(events) != 2 || string(events[1].Before) != `{"name":"one"}` || string(events[1].After) != `{"name":"two"}` {
		t.Errorf("events %+v, %v: one for each of the two writes", events, err)
	}
}

func TestOfTwentyWritersAtOnceOneWins(t *testing.T) {
	db := clickhousetest.Open(t)
	units := NewTable[thing](db, audit.NewLog(db), "units", "unit")
	var wg sync.WaitGroup
	won := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			name := string(rune('a' + i))
			_, err := units.Put(t.Context(), writer, "unit.put", "c", "x", thing{name}, 0)
			switch {
			case err == nil:
				won <- name
			case !errors.Is(err, ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	var names []string
	for name := range won {
		names = append(names, name)
	}
	held, err := units.Current(t.Context(), "c", "x")
	if err != nil || len(names) != 1 || held.Thing.Name != names[0] {
		t.Errorf("winners %v, holds %+v, %v", names, held, err)
	}
}

func TestReplaceTellsWhatChanged(t *testing.T) {
	db := clickhousetest.Open(t)
	units := NewTable[thing](db, audit.NewLog(db), "units", "unit")
	id := func(x thing) string { return x.Name[:1] }
	first, err := units.Replace(t.Context(), writer, "unit.put", "c", []thing{{"a1"}, {"b1"}}, id)
	if err != nil || !first[0] || !first[1] {
		t.Fatalf("new things: %v, %v", first, err)
	}
	second, err := units.Replace(t.Context(), writer, "unit.put", "c", []thing{{"a1"}, {"b2"}}, id)
	if err != nil || second[0] || !second[1] {
		t.Errorf("only b changed: %v, %v", second, err)
	}
}

// TestATokenWithoutItsRow: killed between its note of a token and the row the engine has the one
// and not the other. Who writes then is not told that all is well.
func TestATokenWithoutItsRow(t *testing.T) {
	db := clickhousetest.Open(t)
	units := NewTable[thing](db, audit.NewLog(db), "units", "unit")
	for expected := range uint32(2) {
		for range 2 {
			clickhousetest.Lose(t, db, "units", fmt.Sprint("revision > ", expected))
			name := fmt.Sprint("after ", expected)
			if n, err := units.Put(t.Context(), writer, "unit.put", "c", "a", thing{name}, expected); n != expected+1 || err != nil {
				t.Fatalf("revision %d, %v", n, err)
			}
			if held, err := units.Current(t.Context(), "c", "a"); err != nil || held.Thing.Name != name || held.Revision != expected+1 {
				t.Errorf("holds %+v, %v", held, err)
			}
		}
	}
}
