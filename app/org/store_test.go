package org_test

import (
	"errors"
	"reflect"
	"sync"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/seeds/sample"
)

func newStore(t *testing.T) (*org.Store, *audit.Log) {
	t.Helper()
	db := clickhousetest.Open(t)
	log := audit.NewLog(db)
	return org.NewStore(db, log), log
}

func kind(err error) problem.Kind {
	if p, ok := problem.As(err); ok {
		return p.Kind
	}
	return ""
}

func TestUnitsComeBackAsTheyWerePut(t *testing.T) {
	s, log := newStore(t)
	ctx := t.Context()
	units := sample.Units()
	units[3].Members, units[3].Note = []org.UnitID{"jiaoyuju"}, `"</script>'\%`
	differs, err := s.PutAll(ctx, sample.Office(), "try", units)
	if err != nil || !reflect.DeepEqual(differs, []bool{true, true, true, true}) {
		t.Fatalf("first: %v, %v", differs, err)
	}
	units[0].Aliases = nil
	differs, err = s.PutAll(ctx, sample.Office(), "try", units)
	if err != nil || !reflect.DeepEqual(differs, []bool{true, false, false, false}) {
		t.Errorf("one changed: %v, %v", differs, err)
	}
	back, err := s.Units(ctx, "try")
	// By id: dongjie, jiaoyuju, shizhi, shuiliju.
	if want := []org.Unit{units[2], units[1], units[3], units[0]}; err != nil || !reflect.DeepEqual(back, want) {
		t.Errorf("%+v, %v, want %+v", back, err, want)
	}
	if other, err := s.Units(ctx, "governance"); err != nil || len(other) > 0 {
		t.Errorf("another campaign has %+v, %v", other, err)
	}
	r, err := s.Resolver(ctx, "try")
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := r.Resolve("东街街道"); !ok || u.ID != "dongjie" {
		t.Errorf("东街街道 is %+v", u)
	}
	events, err := log.Events(ctx, "try", keyset.Cursor{}, 100)
	if err != nil || len(events) != 5 { // four new, one changed
		t.Fatalf("%d events, %v, want 5", len(events), err)
	}
	for _, e := range events {
		if e.Verb != "unit.put" || e.Kind != "unit" || e.Actor.ID != "office" || len(e.After) == 0 {
			t.Errorf("event %+v", e)
		}
	}
}

func TestAWrongUnitKeepsAllOut(t *testing.T) {
	s, _ := newStore(t)
	units := sample.Units()
	units[2].Name = ""
	if _, err := s.PutAll(t.Context(), sample.Office(), "try", units); kind(err) != problem.KindInvalid {
		t.Errorf("%v, want invalid", err)
	}
	if _, err := s.Put(t.Context(), sample.Office(), "try", units[2], 0); kind(err) != problem.KindInvalid {
		t.Errorf("%v, want invalid", err)
	}
	if back, err := s.Units(t.Context(), "try"); err != nil || len(back) > 0 {
		t.Errorf("%+v went in, %v", back, err)
	}
}

func TestAMissingUnitIsToldInWords(t *testing.T) {
	s, _ := newStore(t)
	_, err := s.Unit(t.Context(), "try", "nobody")
	if kind(err) != problem.KindNotFound || !errors.Is(err, revision.ErrNotFound) {
		t.Errorf("%v, want not found with its cause", err)
	}
}

// Ten people save the unit they all saw: one is first, the others are told so and
// nothing of theirs is kept.
func TestOfTenPeopleAtOnceOneSaves(t *testing.T) {
	s, _ := newStore(t)
	ctx := t.Context()
	if _, err := s.Put(ctx, sample.Office(), "try", sample.Unit(), 0); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		wg.Go(func() {
			u := sample.Unit(func(u *org.Unit) { u.Note = string(rune('a' + i)) })
			_, errs[i] = s.Put(ctx, sample.Office(), "try", u, 1)
		})
	}
	wg.Wait()
	held, err := s.Unit(ctx, "try", "shuiliju")
	if err != nil || held.Revision != 2 {
		t.Fatalf("holds %+v, %v", held, err)
	}
	for i, err := range errs {
		if mine := held.Thing.Note == string(rune('a'+i)); mine != (err == nil) {
			t.Errorf("writer %d: kept %t, told %v", i, mine, err)
		}
		if p, ok := problem.As(err); err != nil && (!ok || p.Kind != problem.KindConflict || p.Detail == "") {
			t.Errorf("writer %d is told %v, want a conflict with a remedy", i, err)
		}
	}
}
