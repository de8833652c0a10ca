package ingest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/keyset"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// unitActor is a clerk of a unit.
func unitActor(unit string) audit.Actor {
	return audit.Actor{ID: "clerk-" + unit, Role: audit.RoleUnit, Campaign: "feicheng", Unit: unit}
}

// banner logs a valid placement of 市住建局 that stands since yesterday.
func (b *bench) banner(t *testing.T) placement.Placement {
	t.Helper()
	p, _, err := b.Placement(t.Context(), office, b.plan, placement.Placement{ID: uuid.New(), Task: "社会宣传1", Unit: "zhujianju", Carrier: "tiaofu", CarrierText: "宣传条幅",
		Place: "龙山路 " + uuid.NewString(), Quantity: 1, Measure: "条", Start: civil(time.Now()).AddDate(0, 0, -1)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func kindOf(err error) problem.Kind {
	if p, ok := problem.As(err); ok {
		return p.Kind
	}
	return ""
}

func TestInspection(t *testing.T) {
	b := newBench(t)
	p := b.banner(t)
	today := civil(time.Now())
	damaged := placement.Inspection{ID: uuid.New(), Placement: p.ID, FoundOn: today, Finding: placement.FoundDamaged, Defects: []placement.Defect{placement.Soiled, placement.Faded}, Note: "被泥水溅污"}
	held, created, err := b.Inspection(t.Context(), office, b.plan, damaged)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	// The carrier's rule gives a repair seven days.
	if !held.Due.Equal(today.AddDate(0, 0, 7)) || held.Unit != "zhujianju" || held.Role != audit.RoleOffice || held.RecordedBy != office.ID {
		t.Errorf("kept %+v", held)
	}
	again, created, err := b.Inspection(t.Context(), office, b.plan, damaged)
	if err != nil || created || !again.RecordedAt.Equal(held.RecordedAt) || !again.Due.Equal(held.Due) {
		t.Errorf("sent twice: created %v, %+v, %v", created, again, err)
	}
	other := damaged
	other.Note = "别的内容"
	if _, _, err := b.Inspection(t.Context(), office, b.plan, other); kindOf(err) != problem.KindConflict {
		t.Errorf("other content under the same id: %v", err)
	}
	elsewhere := damaged
	elsewhere.Placement = b.banner(t).ID
	if _, _, err := b.Inspection(t.Context(), office, b.plan, elsewhere); kindOf(err) != problem.KindConflict {
		t.Errorf("the same id at another place: %v", err)
	}
	if n := b.count(t, `SELECT count() FROM inspections`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	events, err := b.log.Events(t.Context(), "feicheng", keyset.Cursor{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	inspected := 0
	for _, e := range events {
		if e.Verb == "placement.inspect" {
			inspected++
			if e.Thing != p.ID.String() || e.Actor.ID != office.ID || len(e.After) == 0 {
				t.Errorf("event %+v", e)
			}
		}
	}
	if inspected != 1 {
		t.Errorf("%d events, want one for one row", inspected)
	}
}

// A unit reports what is damaged or gone of its own, says nothing of others', and can't
// say that anything stands.
func TestInspectionByUnit(t *testing.T) {
	b := newBench(t)
	p := b.banner(t)
	found := func(finding placement.Finding) placement.Inspection {
		return placement.Inspection{ID: uuid.New(), Placement: p.ID, FoundOn: civil(time.Now()), Finding: finding}
	}
	check := func(name string, actor audit.Actor, i placement.Inspection, want problem.Kind) {
		t.Helper()
		if _, _, err := b.Inspection(t.Context(), actor, b.plan, i); kindOf(err) != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	check("its own, gone", unitActor("zhujianju"), found(placement.FoundGone), "")
	check("its own, standing", unitActor("zhujianju"), found(placement.FoundStanding), problem.KindInvalid)
	check("another's", unitActor("jiaoyuju"), found(placement.FoundGone), problem.KindNotFound)
	check("of nothing", office, placement.Inspection{ID: uuid.New(), Placement: uuid.New(), FoundOn: civil(time.Now()), Finding: placement.FoundGone}, problem.KindNotFound)
	withdrawn := p
	withdrawn.State = placement.Withdrawn
	if _, err := b.RevisePlacement(t.Context(), office, b.plan, withdrawn, 1); err != nil {
		t.Fatal(err)
	}
	check("withdrawn meanwhile", office, found(placement.FoundStanding), problem.KindConflict)
}

// Two clicks at once are one inspection; two people at once are two.
func TestInspectionsAtOnce(t *testing.T) {
	b := newBench(t)
	p := b.banner(t)
	same := uuid.New()
	var wg sync.WaitGroup
	var mu sync.Mutex
	fresh := 0
	for n := range 8 {
		id := same
		if n >= 4 {
			id = uuid.New()
		}
		wg.Go(func() {
			_, created, err := b.Inspection(t.Context(), office, b.plan, placement.Inspection{ID: id, Placement: p.ID, FoundOn: civil(time.Now()), Finding: placement.FoundStanding})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if created {
				fresh++
			}
		})
	}
	wg.Wait()
	if n := b.count(t, `SELECT count() FROM inspections FINAL`); n != 5 || fresh != 5 {
		t.Errorf("%d rows, %d created, want 5", n, fresh)
	}
}
