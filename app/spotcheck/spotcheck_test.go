package spotcheck

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/seeds/sample"
)

var day = time.Date(2014, 10, 18, 0, 0, 0, 0, time.UTC)

func plan() *campaign.Plan {
	return campaign.NewPlan(sample.Campaign(), sample.Tasks(), sample.Carriers(), org.NewResolver(sample.Units()))
}

// ledger is so many placements of two units, north of each other by a kilometre; every fifth has
// no position.
func ledger(n int) []Candidate {
	units := sample.Units()
	var list []Candidate
	for i := range n {
		c := Candidate{Claim: drawing.Proven, Placement: placement.Placement{ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte{byte(i), byte(i >> 8)}), Unit: units[i%2].ID, Carrier: "banner",
			Place: "路口" + string(rune('a'+i%26)), Quantity: 3, Measure: "条", Start: day.AddDate(0, -1, 0)}}
		if i%5 > 0 {
			c.Position = &placement.Position{Longitude: 116.7, Latitude: 36 + float64(i*7%n)/100, Datum: placement.WGS84}
		}
		list = append(list, c)
	}
	return list
}

func asked() Asked {
	return Asked{ID: uuid.NewString(), Purpose: Inspection, Size: 20, Seed: "k7q2 m9xa", Cutoff: day.Add(8 * time.Hour), Day: day, By: "王工"}
}

func drawn(t *testing.T) *Check {
	t.Helper()
	c, err := Draw(plan(), asked(), Frame{ledger(100), 3, 2})
	if err != nil {
		t.Fatal(err)
	}
	c.Settle(plan())
	return c
}

func told(t *testing.T, err error, kind problem.Kind, fields ...string) {
	t.Helper()
	p, ok := problem.As(err)
	if !ok || p.Kind != kind || p.Title == "" || p.Detail == "" {
		t.Fatalf("told %v, want %s with a remedy", err, kind)
	}
	var got []string
	for _, f := range p.Faults {
		got = append(got, f.Field)
	}
	if !slices.Equal(got, fields) {
		t.Errorf("faults of %v, want %v", got, fields)
	}
}

func TestADrawIsACheck(t *testing.T) {
	c := drawn(t)
	if len(c.Points) != 20 || c.Seed != "K7Q2M9XA" || !c.SeedGiven || c.Frame != 100 || c.Proven != 100 || c.Gone != 3 || c.Acts != 2 || c.Algorithm != drawing.Algorithm || len(c.FrameHash) != 64 {
		t.Errorf("%+v", c)
	}
	for i, p := range c.Points {
		if p.Number != i+1 || p.Probability != 0.2 || p.Place == "" {
			t.Errorf("point %d: %+v", i+1, p)
		}
	}
	a := asked()
	a.Seed = ""
	made, err := Draw(plan(), a, Frame{Candidates: ledger(100)})
	if err != nil || len(made.Seed) != 8 || made.SeedGiven {
		t.Errorf("a seed made here: %q, %v", made.Seed, err)
	}
}

func TestDrawsThatCannotBe(t *testing.T) {
	draw := func(bend func(*Asked), list []Candidate) error {
		a := asked()
		bend(&a)
		_, err := Draw(plan(), a, Frame{Candidates: list})
		return err
	}
	some := ledger(10)
	told(t, draw(func(a *Asked) { a.Size = 0 }, some), problem.KindInvalid, "size")
	told(t, draw(func(a *Asked) { a.Size = MostPoints + 1 }, some), problem.KindInvalid, "size")
	told(t, draw(func(a *Asked) { a.ID, a.Purpose = "x", "y" }, some), problem.KindInvalid, "id", "purpose")
	told(t, draw(func(a *Asked) { a.Seed = "验收" }, some), problem.KindInvalid, "seed")
	told(t, draw(func(*Asked) {}, nil), problem.KindConflict)
}

// The way goes unit by unit, and within one from a point to the nearest that is left: never
// longer than in the order of the places, and those without a position at the end.
func TestTheWay(t *testing.T) {
	c := drawn(t)
	seen, without := map[org.UnitID]bool{}, false
	var last Point
	for _, p := range c.Points {
		if p.Unit != last.Unit {
			if seen[p.Unit] {
				t.Errorf("%s comes twice", p.Unit)
			}
			seen[p.Unit], without = true, false
		}
		if p.Position == nil {
			without = true
		} else if without {
			t.Errorf("point %d has a position and comes after one that has none", p.Number)
		}
		last = p
	}
	// On one line, from an end: no point is passed by, so the way is as long as the line.
	length, north, south := 0.0, math.Inf(-1), math.Inf(1)
	var before *placement.Position
	for _, p := range c.Points {
		if p.Unit != c.Points[0].Unit || p.Position == nil {
			continue
		}
		if before != nil {
			length += placement.Distance(*before, *p.Position)
		}
		before, north, south = p.Position, max(north, p.Position.Latitude), min(south, p.Position.Latitude)
	}
	line := placement.Distance(placement.Position{Longitude: 116.7, Latitude: south, Datum: placement.WGS84}, placement.Position{Longitude: 116.7, Latitude: north, Datum: placement.WGS84})
	if math.Abs(length-line) > 1 {
		t.Errorf("the way is %.0f m, the line %.0f m", length, line)
	}
}

type stored struct {
	*Store
	log   *audit.Log
	check *Check
}

func store(t *testing.T) stored {
	t.Helper()
	db := clickhousetest.Open(t)
	log := audit.NewLog(db)
	s := stored{NewStore(db, log, nil), log, drawn(t)}
	if err := s.Put(t.Context(), sample.Office(), s.check); err != nil {
		t.Fatal(err)
	}
	return s
}

func found(f drawing.Found) Finding { return Finding{Key: uuid.New(), Found: f, By: "王工"} }

func (s stored) record(t *testing.T, number int, f Finding, expected uint32) (bool, error) {
	t.Helper()
	return s.Record(t.Context(), sample.Office(), s.check, number, f, expected)
}

// A check comes back as it was drawn; sent twice it is one, with the points of the first.
func TestACheckComesBack(t *testing.T) {
	s := store(t)
	again := *s.check
	again.Seed = "ANOTHER1"
	if err := s.Put(t.Context(), sample.Office(), &again); err != nil {
		t.Fatal(err)
	}
	held, err := s.Check(t.Context(), s.check.Campaign, s.check.ID)
	if err != nil || held.Revision != 1 || !reflect.DeepEqual(held.Thing, *s.check) {
		t.Errorf("revision %d, %v, seed %s", held.Revision, err, held.Thing.Seed)
	}
	_, err = s.Check(t.Context(), s.check.Campaign, "none")
	told(t, err, problem.KindNotFound)
}

// A form that comes again counts once, even after a correction; a correction keeps what was.
func TestAFormCountsOnce(t *testing.T) {
	s := store(t)
	first := found(drawing.Gone)
	for i := range 3 {
		if repeated, err := s.record(t, 4, first, 0); err != nil || repeated != (i > 0) {
			t.Fatalf("sending %d: repeated %v, %v", i+1, repeated, err)
		}
	}
	second := found(drawing.AsClaimed)
	if repeated, err := s.record(t, 4, second, 1); repeated || err != nil {
		t.Fatalf("correct: %v, %v", repeated, err)
	}
	if repeated, err := s.record(t, 4, first, 0); !repeated || err != nil {
		t.Errorf("the first form after the correction: %v, %v", repeated, err)
	}
	all, err := s.Findings(t.Context(), s.check.Campaign, s.check.ID)
	if err != nil || len(all) != 1 || all[4].Thing.Found != drawing.AsClaimed || all[4].Revision != 2 {
		t.Errorf("%v, %v", all, err)
	}
	history, err := s.History(t.Context(), s.check.Campaign, s.check.ID, 4)
	if err != nil || len(history) != 2 || history[1].Thing.Found != drawing.Gone {
		t.Errorf("history %v, %v", history, err)
	}
	changed := first
	changed.Found = drawing.Damaged
	_, err = s.record(t, 4, changed, 2)
	told(t, err, problem.KindConflict)
}

// Two people at one point: the second is told, and nothing of the first is lost.
func TestTwoPeopleAtOnePoint(t *testing.T) {
	s := store(t)
	if _, err := s.record(t, 1, found(drawing.Gone), 0); err != nil {
		t.Fatal(err)
	}
	_, err := s.record(t, 1, found(drawing.AsClaimed), 0)
	told(t, err, problem.KindConflict)
}

func TestFindingsThatCannotBe(t *testing.T) {
	s := store(t)
	refused := func(bend func(*Finding), fields ...string) {
		t.Helper()
		f := found(drawing.AsClaimed)
		bend(&f)
		_, err := s.record(t, 2, f, 0)
		told(t, err, problem.KindInvalid, fields...)
	}
	five, less, never := 5.0, -1.0, math.NaN()
	refused(func(f *Finding) { f.Found = "" }, "found")
	refused(func(f *Finding) { f.Found = "maybe" }, "found")
	refused(func(f *Finding) { f.Counted = &less }, "counted")
	refused(func(f *Finding) { f.Counted = &never }, "counted")
	refused(func(f *Finding) { f.Found, f.Counted = drawing.Gone, &five }, "counted")
	refused(func(f *Finding) { f.Note = "a\x00b" }, "note")
	refused(func(f *Finding) { f.Position = &placement.Position{Longitude: 999} }, "position")
	refused(func(f *Finding) { f.Key = uuid.Nil }, "id")
	_, err := s.record(t, 21, found(drawing.Gone), 0)
	told(t, err, problem.KindNotFound)
	if all, err := s.Findings(t.Context(), s.check.Campaign, s.check.ID); len(all) != 0 || err != nil {
		t.Errorf("refused, and kept: %v, %v", all, err)
	}
}

// A closed check takes nothing more, but knows a form that it has taken before.
func TestAClosedCheck(t *testing.T) {
	s := store(t)
	taken := found(drawing.AsClaimed)
	if _, err := s.record(t, 1, taken, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(t.Context(), sample.Office(), s.check.Campaign, s.check.ID); err != nil {
			t.Fatal(err)
		}
	}
	held, err := s.Check(t.Context(), s.check.Campaign, s.check.ID)
	if err != nil || held.Revision != 2 || held.Thing.Closed.IsZero() || held.Thing.ClosedBy == "" {
		t.Errorf("%+v, %v", held, err)
	}
	*s.check = held.Thing
	_, err = s.record(t, 2, found(drawing.Gone), 0)
	told(t, err, problem.KindConflict)
	if repeated, err := s.record(t, 1, taken, 0); !repeated || err != nil {
		t.Errorf("a form that was taken before: %v, %v", repeated, err)
	}
}

func TestDiffers(t *testing.T) {
	p := Point{Quantity: 3}
	three, two := 3.0, 2.0
	check := func(f Finding, want bool) {
		t.Helper()
		if p.Differs(f) != want {
			t.Errorf("%+v: differs %v, want %v", f, !want, want)
		}
	}
	check(Finding{Found: drawing.AsClaimed}, false)
	check(Finding{Found: drawing.AsClaimed, Counted: &three}, false)
	check(Finding{Found: drawing.AsClaimed, Counted: &two}, true)
	check(Finding{Found: drawing.Damaged}, true)
	check(Finding{Found: drawing.NotFound}, true)
	check(Finding{Found: drawing.Unreached}, false)
}
