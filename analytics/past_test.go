package analytics_test

import (
	"encoding/json"
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
	"shuixuan/app/survey"
)

// everything asks all questions that stand in a report and gives their answers as text.
func everything(t *testing.T, db *clickhouse.DB, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire) map[string]string {
	t.Helper()
	r, scope := analytics.NewReader(db), analytics.Scope{Campaign: "c", AsOf: date("2014-10-20")}
	all := map[string]string{}
	keep := func(what string, value any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		all[what] = string(text)
	}
	coverage, err := r.Coverage(t.Context(), plan, scope)
	keep("coverage", coverage, err)
	standing, err := r.Standing(t.Context(), plan, scope, analytics.StandingFilter{})
	keep("standing", standing, err)
	todo, err := r.Todo(t.Context(), plan, scope)
	keep("todo", todo, err)
	today, err := r.Today(t.Context(), plan, scope)
	keep("today", today, err)
	progress, err := r.Progress(t.Context(), plan, wave, scope)
	keep("progress", progress, err)
	returns, err := r.Returns(t.Context(), plan, wave, scope)
	keep("returns", returns, err)
	indicators, err := r.Indicators(t.Context(), plan, wave, q, analytics.Stratum)
	keep("indicators", indicators, err)
	weighted, err := r.Weighted(t.Context(), plan, wave, q, analytics.Stratum)
	keep("weighted", weighted, err)
	distribution, err := r.Distribution(t.Context(), plan, wave, q, "sat", analytics.Stratum)
	keep("distribution", distribution, err)
	double, err := r.DoubleEntry(t.Context(), plan, wave, q, scope)
	keep("double entry", double, err)
	exposed, err := r.Exposed(t.Context(), plan, wave, q)
	keep("exposed", exposed, err)
	store := placement.NewStore(db)
	var ledger []placement.Placement
	err = store.Each(t.Context(), placement.Filter{Campaign: "c"}, func(p placement.Placement) error { ledger = append(ledger, p); return nil })
	keep("ledger", ledger, err)
	var ids []uuid.UUID
	for _, p := range ledger {
		ids = append(ids, p.ID)
	}
	photos, err := store.Photos(t.Context(), "c", ids)
	keep("photos", photos, err)
	histories, err := store.Histories(t.Context(), "c", ids)
	keep("histories", histories, err)
	inspections, err := store.Inspections(t.Context(), "c", ids)
	keep("inspections", inspections, err)
	return all
}

// TestThePast: what the tables say of an instant is what they said then, whatever came since;
// and of now it is what they say now.
func TestThePast(t *testing.T) {
	db := clickhousetest.Open(t)
	wave, q := designed(survey.Convenience, survey.ByArea)
	plan := planOf("c", []org.Unit{{ID: "zhujian", Name: "住建局"}, {ID: "shuili", Name: "水利局"}},
		campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili"}, Carriers: []campaign.CarrierID{"board"}})
	at := func(day string) time.Time { return date(day).Add(10 * time.Hour) }
	stays := standing("c", "t1", "zhujian", func(p *recorded) { p.RecordedAt = at("2014-09-02") })
	changes := standing("c", "t1", "shuili", func(p *recorded) { p.RecordedAt = at("2014-09-03") })
	logPlacements(t, db, stays, changes)
	photo := placement.Photo{ID: uuid.New(), Campaign: "c", Revision: 1, Placement: stays.ID, State: placement.PhotoKept, Grade: placement.GradeB, ProvesOn: date("2014-10-01"), RecordedAt: at("2014-10-01")}
	addPhotos(t, db, photo)
	addInspections(t, db, placement.Inspection{ID: uuid.New(), Campaign: "c", Placement: stays.ID, FoundOn: date("2014-10-02"), Finding: placement.FoundStanding, RecordedAt: at("2014-10-02"), Role: audit.RoleOffice})
	sheets := drawnSheets()
	for i := range sheets {
		sheets[i].RecordedAt = at("2014-10-08")
	}
	recordResponses(t, db, sheets...)

	then := at("2014-10-15")
	live, past := everything(t, db, plan, wave, q), everything(t, db.AsOf(then), plan, wave, q)
	for what, text := range live {
		if past[what] != text {
			t.Errorf("%s, nothing came since:\n%s\nthe tables say\n%s", what, past[what], text)
		}
	}

	// Everything changes that can.
	later := changes
	later.Revision, later.State, later.Quantity, later.RecordedAt = 2, placement.Withdrawn, 7, at("2014-10-16")
	logPlacements(t, db, later, standing("c", "t1", "shuili", func(p *recorded) { p.on, p.RecordedAt = date("2014-10-16"), at("2014-10-16") }))
	aside := photo
	aside.Revision, aside.State, aside.RecordedAt = 2, placement.PhotoSetAside, at("2014-10-16")
	another := photo
	another.ID, another.Placement, another.RecordedAt = uuid.New(), changes.ID, at("2014-10-17")
	addPhotos(t, db, aside, another)
	addInspections(t, db, placement.Inspection{ID: uuid.New(), Campaign: "c", Placement: stays.ID, FoundOn: date("2014-10-10"), Finding: placement.FoundGone, RecordedAt: at("2014-10-17"), Role: audit.RoleOffice})
	void, more, third := sheets[3], sheets[4], sheets[5]
	void.Revision, void.Disposition, void.RecordedAt = 2, survey.Void, at("2014-10-18")
	more.ID, more.RecordedAt = uuid.New(), at("2014-10-18")
	third.ID, third.RecordedAt, third.Choices = uuid.New(), at("2014-10-18"), map[string][]string{"grp": {"b"}, "sat": {"1"}}
	recordResponses(t, db, void, more, third)
	if err := db.Exec(t.Context(), `OPTIMIZE TABLE photos FINAL`); err != nil { // the table forgets what was
		t.Fatal(err)
	}

	changed := everything(t, db, plan, wave, q)
	for what, text := range everything(t, db.AsOf(then), plan, wave, q) {
		if past[what] != text {
			t.Errorf("%s is another now:\n%s\nit was\n%s", what, text, past[what])
		}
		switch what {
		case "double entry", "returns", "exposed": // nothing here moves them
		default:
			if changed[what] == text {
				t.Errorf("%s did not change, so nothing is proved of it", what)
			}
		}
	}
	for what, text := range everything(t, db.AsOf(at("2014-10-19")), plan, wave, q) {
		if changed[what] != text {
			t.Errorf("%s of now:\n%s\nthe tables say\n%s", what, text, changed[what])
		}
	}
	if err := db.AsOf(then).Exec(t.Context(), `OPTIMIZE TABLE photos FINAL`); err == nil {
		t.Error("the past can be changed")
	}
}
