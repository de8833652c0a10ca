package analytics_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// withRules gives the plan's carriers rules: a board needs two photos every 30 days, a
// banner none, and its entry holds for 30 days.
func withRules(plan *campaign.Plan) *campaign.Plan {
	carriers := slices.Clone(plan.Carriers)
	for i := range carriers {
		carriers[i].Rule.Interval = campaign.Sourced[int]{Value: 30, Source: "测试"}
		if carriers[i].ID == "board" {
			carriers[i].Rule.Photos = campaign.Sourced[int]{Value: 2, Source: "测试"}
		}
	}
	return campaign.NewPlan(plan.Campaign, plan.Tasks, carriers, plan.Units)
}

// proofs is the evidence of one placement being gathered for a test.
type proofs struct {
	of          recorded
	revisions   []recorded
	photos      []placement.Photo
	inspections []placement.Inspection
}

// at is an instant of a civil day.
func at(day string, hour int) time.Time { return date(day).Add(time.Duration(hour) * time.Hour) }

func (p *proofs) photo(day string, grade placement.Grade, bend ...func(*placement.Photo)) *proofs {
	ph := placement.Photo{ID: uuid.New(), Campaign: p.of.Campaign, Revision: 1, Placement: p.of.ID, State: placement.PhotoKept, Grade: grade, ProvesOn: date(day), RecordedAt: at(day, 9)}
	for _, b := range bend {
		b(&ph)
	}
	p.photos = append(p.photos, ph)
	return p
}

func (p *proofs) found(day string, finding placement.Finding, role audit.Role, bend ...func(*placement.Inspection)) *proofs {
	i := placement.Inspection{ID: uuid.New(), Campaign: p.of.Campaign, Placement: p.of.ID, FoundOn: date(day), Finding: finding, RecordedAt: at(day, 12), Role: role}
	if finding == placement.FoundDamaged {
		i.Defects, i.Due = []placement.Defect{placement.Faded}, date(day).AddDate(0, 0, 7)
	}
	for _, b := range bend {
		b(&i)
	}
	p.inspections = append(p.inspections, i)
	return p
}

func (p *proofs) state(day string, state placement.State) *proofs {
	next := p.of
	next.Revision, next.State, next.RecordedAt = uint32(len(p.revisions)+2), state, at(day, 15)
	p.revisions = append(p.revisions, next)
	return p
}

func TestStanding(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := withRules(planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili"}}))
	asOf := date("2014-10-10")
	type want struct {
		state       analytics.ProofState
		last, until string
		due         string
	}
	cases := map[string]want{}
	var all []*proofs
	add := func(name string, w want, bend func(*proofs)) {
		p := &proofs{of: standing("c", "t1", "zhujian", func(r *recorded) { r.Place, r.RecordedAt = name, at("2014-09-02", 8) })}
		bend(p)
		cases[name] = w
		all = append(all, p)
	}
	banner := func(p *proofs) { p.of.Carrier = "banner" }
	const b, x = placement.GradeB, placement.GradeX
	damaged, gone, fine := placement.FoundDamaged, placement.FoundGone, placement.FoundStanding
	office, unit := audit.RoleOffice, audit.RoleUnit

	add("no photo", want{state: analytics.NeverProven}, func(p *proofs) {})
	add("one of two photos", want{state: analytics.NeverProven}, func(p *proofs) { p.photo("2014-10-01", b) })
	add("an inspection is no first proof", want{state: analytics.NeverProven}, func(p *proofs) { p.photo("2014-10-01", b).found("2014-10-02", fine, office) })
	add("two photos", want{analytics.Proven, "2014-10-01", "2014-10-31", ""}, func(p *proofs) { p.photo("2014-09-05", b).photo("2014-10-01", b) })
	// 17 September and 30 days is 17 October, seven days from the 10th; the 16th is within them.
	add("a week left", want{analytics.Proven, "2014-09-17", "2014-10-17", ""}, func(p *proofs) { p.photo("2014-09-05", b).photo("2014-09-17", b) })
	add("six days left", want{analytics.GrowingOld, "2014-09-16", "2014-10-16", ""}, func(p *proofs) { p.photo("2014-09-05", b).photo("2014-09-16", b) })
	add("the last day", want{analytics.GrowingOld, "2014-09-10", "2014-10-10", ""}, func(p *proofs) { p.photo("2014-09-05", b).photo("2014-09-10", b) })
	add("a day too old", want{analytics.Old, "2014-09-09", "2014-10-09", ""}, func(p *proofs) { p.photo("2014-09-05", b).photo("2014-09-09", b) })
	add("renewed by the office", want{analytics.Proven, "2014-10-08", "2014-11-07", ""}, func(p *proofs) {
		p.photo("2014-09-05", b).photo("2014-09-05", b).found("2014-10-08", fine, office)
	})
	add("the unit's word renews nothing", want{analytics.Old, "2014-09-05", "2014-10-05", ""}, func(p *proofs) {
		p.photo("2014-09-05", b).photo("2014-09-05", b).found("2014-10-08", fine, unit)
	})
	add("tomorrow's photo", want{state: analytics.NeverProven}, func(p *proofs) { p.photo("2014-10-10", b).photo("2014-10-11", b) })
	add("contradicted", want{state: analytics.NeverProven}, func(p *proofs) { p.photo("2014-10-01", b).photo("2014-10-01", x) })
	add("contradicted and accepted", want{analytics.Proven, "2014-10-01", "2014-10-31", ""}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", x).state("2014-10-02", placement.Accepted)
	})
	add("contradicted after the acceptance", want{state: analytics.NeverProven}, func(p *proofs) {
		p.photo("2014-10-01", b).state("2014-10-02", placement.Accepted).photo("2014-10-03", x)
	})
	add("acceptance taken back", want{state: analytics.NeverProven}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", x).state("2014-10-02", placement.Accepted).state("2014-10-03", placement.Returned).state("2014-10-04", placement.Submitted)
	})
	add("set aside", want{state: analytics.NeverProven}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", b, func(ph *placement.Photo) { ph.State = placement.PhotoSetAside })
	})
	add("damaged", want{analytics.Defective, "2014-10-01", "2014-10-31", "2014-10-09"}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-02", damaged, unit).found("2014-10-05", damaged, office)
	})
	add("damaged, and the office saw it fine", want{analytics.Defective, "2014-10-05", "2014-11-04", "2014-10-09"}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-02", damaged, office).found("2014-10-05", fine, office)
	})
	add("damaged and mended", want{analytics.Proven, "2014-10-05", "2014-11-04", ""}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-02", damaged, office).photo("2014-10-05", b)
	})
	add("mended by a contradicted photo", want{analytics.Defective, "2014-10-01", "2014-10-31", "2014-10-09"}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-02", damaged, office).photo("2014-10-05", x)
	})
	// Of one day the recording decides: photographed at 9, found damaged at 12.
	add("damaged after the photo of the day", want{analytics.Defective, "2014-10-02", "2014-11-01", "2014-10-09"}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-02", b).found("2014-10-02", damaged, office)
	})
	add("gone", want{analytics.Gone, "2014-10-01", "2014-10-31", ""}, func(p *proofs) {
		p.photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-06", gone, office)
	})
	add("a banner's entry", want{analytics.Proven, "2014-10-01", "2014-10-31", ""}, func(p *proofs) { banner(p); p.of.Start = date("2014-10-01") })
	add("an old entry", want{analytics.Old, "2014-09-02", "2014-10-02", ""}, func(p *proofs) { banner(p) })
	add("an entry logged late", want{analytics.Proven, "2014-10-05", "2014-11-04", ""}, func(p *proofs) { banner(p); p.of.on = date("2014-10-05") })
	add("a banner seen", want{analytics.Proven, "2014-10-05", "2014-11-04", ""}, func(p *proofs) { banner(p); p.found("2014-10-05", fine, office) })
	add("a banner torn and seen fine", want{analytics.Proven, "2014-10-05", "2014-11-04", ""}, func(p *proofs) {
		banner(p)
		p.found("2014-10-03", damaged, unit).found("2014-10-05", fine, office)
	})
	add("a carrier without a rule", want{analytics.Proven, "2014-09-02", "", ""}, func(p *proofs) { p.of.Carrier = "" })
	add("over", want{analytics.NotStanding, "2014-09-02", "", ""}, func(p *proofs) { p.of.Carrier, p.of.End = "", date("2014-10-09") })
	add("taken down today", want{analytics.Proven, "2014-09-02", "", ""}, func(p *proofs) { p.of.Carrier, p.of.End, p.of.State = "", asOf, placement.TakenDown })
	foreign := &proofs{of: standing("c", "t1", "shuili", func(r *recorded) { r.Place = "another unit's" })}
	withdrawn := &proofs{of: standing("c", "t1", "zhujian", func(r *recorded) { r.State = placement.Withdrawn })}
	all = append(all, foreign, withdrawn)

	logged(t, db, all...)

	reader := analytics.NewReader(db)
	scope := analytics.Scope{Unit: "zhujian", AsOf: asOf}
	rows, err := reader.Standing(t.Context(), plan, scope, analytics.StandingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(cases) {
		t.Errorf("%d rows, want %d: no withdrawn one and no other unit's", len(rows), len(cases))
	}
	iso := func(d time.Time) string {
		if d.IsZero() {
			return ""
		}
		return d.Format(time.DateOnly)
	}
	for _, r := range rows {
		got := want{r.State, iso(r.LastProof), iso(r.Until), iso(r.RepairDue)}
		if got != cases[r.Place] {
			t.Errorf("%s: %+v, want %+v", r.Place, got, cases[r.Place])
		}
		if last := r.LastProof; !last.IsZero() && r.DaysAgo != int(asOf.Sub(last).Hours()/24) {
			t.Errorf("%s: %d days ago", r.Place, r.DaysAgo)
		}
	}
	few, err := reader.Standing(t.Context(), plan, scope, analytics.StandingFilter{Chosen: analytics.Chosen{States: []analytics.ProofState{analytics.Defective, analytics.Old}}, Limit: 3})
	if err != nil || len(few) != 3 || few[0].State == analytics.Proven {
		t.Errorf("three to do: %+v, %v", few, err)
	}
	one, err := reader.Standing(t.Context(), plan, analytics.Scope{AsOf: asOf}, analytics.StandingFilter{Placements: []uuid.UUID{foreign.of.ID}})
	if err != nil || len(one) != 1 || one[0].Place != "another unit's" {
		t.Errorf("one by its id: %+v, %v", one, err)
	}
}

// logged writes placements with all that shows how they stand.
func logged(t testing.TB, db *clickhouse.DB, all ...*proofs) {
	t.Helper()
	var placements []recorded
	var photos []placement.Photo
	var inspections []placement.Inspection
	for _, p := range all {
		placements = append(append(placements, p.of), p.revisions...)
		photos, inspections = append(photos, p.photos...), append(inspections, p.inspections...)
	}
	logPlacements(t, db, placements...)
	addPhotos(t, db, photos...)
	addInspections(t, db, inspections...)
}
