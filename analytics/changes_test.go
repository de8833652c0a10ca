package analytics_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/analytics/planning"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

// TestChanges: what came in since an instant is counted once, and what is proven, lapsed and
// judged otherwise is found by asking the same of then and of now.
func TestChanges(t *testing.T) {
	db := clickhousetest.Open(t)
	wave, q := designed(survey.Convenience, "")
	q.Questions[2].Dimension = "满意"
	plan := withRules(planOf("c", []org.Unit{{ID: "zhujian", Name: "住建局"}, {ID: "shuili", Name: "水利局"}, {ID: "jiaoyu", Name: "教育局"}},
		campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili", "jiaoyu"}, Carriers: []campaign.CarrierID{"board"}}))
	plan.Campaign.Settings.SatisfactionTarget = campaign.Sourced[float64]{Value: 80, Source: "标准"}
	at := func(day string) time.Time { return date(day).Add(10 * time.Hour) }
	log := func(unit org.UnitID, on string) recorded {
		return standing("c", "t1", unit, func(p *recorded) { p.on, p.RecordedAt = date(on), at(on) })
	}
	proven := func(of recorded, on string) []placement.Photo {
		var two []placement.Photo
		for range 2 {
			two = append(two, placement.Photo{ID: uuid.New(), Campaign: "c", Revision: 1, Placement: of.ID, State: placement.PhotoKept, Grade: placement.GradeB, ProvesOn: date(on), RecordedAt: at(on)})
		}
		return two
	}
	old, gone := log("zhujian", "2014-09-02"), log("shuili", "2014-09-03")
	logPlacements(t, db, old, gone)
	addPhotos(t, db, append(proven(old, "2014-10-10"), proven(gone, "2014-10-10")...)...)
	sheets := drawnSheets()
	for i := range sheets {
		sheets[i].RecordedAt = at("2014-10-08")
	}
	recordResponses(t, db, sheets...)

	since, today := at("2014-10-15"), analytics.Scope{Campaign: "c", AsOf: date("2014-10-20")}
	waves := []analytics.Fieldwork{{Wave: wave, Questionnaire: q}}
	changes := func(r *analytics.Reader) *analytics.Changes {
		t.Helper()
		then, err := r.Then(t.Context(), plan, today, since, waves)
		if err != nil {
			t.Fatal(err)
		}
		c, err := r.Changes(t.Context(), plan, today, then, waves)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := changes(analytics.NewReader(db)); c.Any() || c.Then.Covered != 2 || c.Now.Covered != 2 {
		t.Errorf("nothing came since: %+v", c)
	}

	fresh := log("jiaoyu", "2014-10-16")
	sentBack := gone
	sentBack.Revision, sentBack.State, sentBack.RecordedAt = 2, placement.Returned, at("2014-10-17")
	passed := fresh
	passed.Revision, passed.State, passed.RecordedAt = 2, placement.Accepted, at("2014-10-17")
	logPlacements(t, db, fresh, sentBack, passed)
	logPlacements(t, db, fresh) // sent twice
	addPhotos(t, db, proven(fresh, "2014-10-16")...)
	addInspections(t, db, placement.Inspection{ID: uuid.New(), Campaign: "c", Placement: old.ID, FoundOn: date("2014-10-17"), Finding: placement.FoundStanding, RecordedAt: at("2014-10-17"), Role: audit.RoleOffice})
	void := sheets[3]
	void.Revision, void.Disposition, void.RecordedAt = 2, survey.Void, at("2014-10-18")
	recordResponses(t, db, void)
	var more []survey.Response
	for range 2000 { // all of them content: the verdict turns
		one := sheets[5]
		one.ID, one.RecordedAt, one.Choices = uuid.New(), at("2014-10-18"), map[string][]string{"grp": {"b"}, "sat": {"5"}}
		more = append(more, one)
	}
	recordResponses(t, db, more...)

	c := changes(analytics.NewReader(db))
	if c.Logged != 1 || c.Accepted != 1 || c.Returned != 1 || c.Withdrawn != 0 || c.Photos != 2 || c.Inspections != 1 || c.Faulty != 0 || c.Responses != 2000 || c.Voided != 1 {
		t.Errorf("counted %+v", c)
	}
	if len(c.Proven) != 1 || c.Proven[0].Unit != "jiaoyu" || len(c.Lapsed) != 1 || c.Lapsed[0].Unit != "shuili" {
		t.Errorf("proven %+v, lapsed %+v", c.Proven, c.Lapsed)
	}
	if c.Then.Covered != 2 || c.Now.Covered != 2 {
		t.Errorf("covered %d and now %d, want 2 of 3 both times: one went and one came", c.Then.Covered, c.Now.Covered)
	}
	if len(c.Verdicts) == 0 {
		t.Error("no verdict turned")
	}
	for _, v := range c.Verdicts {
		if v.Then.Verdict == v.Now.Verdict || v.Now.Verdict == planning.Unknown {
			t.Errorf("%s: %s and now %s", v.Indicator.Label, v.Then.Sentence, v.Now.Sentence)
		}
	}
}

// TestProofLapsesWithTime: nothing was recorded since, and what was proven then is too old today.
func TestProofLapsesWithTime(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := withRules(planOf("c", []org.Unit{{ID: "zhujian", Name: "住建局"}}, campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian"}, Carriers: []campaign.CarrierID{"board"}}))
	at := date("2014-09-05").Add(10 * time.Hour)
	p := standing("c", "t1", "zhujian", func(p *recorded) { p.RecordedAt = at })
	logPlacements(t, db, p)
	for range 2 {
		addPhotos(t, db, placement.Photo{ID: uuid.New(), Campaign: "c", Revision: 1, Placement: p.ID, State: placement.PhotoKept, Grade: placement.GradeB, ProvesOn: date("2014-09-05"), RecordedAt: at})
	}
	r, scope := analytics.NewReader(db), analytics.Scope{Campaign: "c", AsOf: date("2015-09-20")}
	then, err := r.Then(t.Context(), plan, scope, date("2014-09-06").Add(10*time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Changes(t.Context(), plan, scope, then, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Lapsed) != 1 || len(c.Proven) != 0 || c.Then.Covered != 1 || c.Now.Covered != 0 || !c.Any() {
		t.Errorf("%+v", c)
	}
}
