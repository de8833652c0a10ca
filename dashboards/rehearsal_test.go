package dashboards_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
)

func rehearsed(bend func(*dashboards.RehearsalData)) *dashboards.Rehearsal {
	d := dashboards.RehearsalData{Plan: dashboardstest.Plan(), AsOf: dashboardstest.Day(10, 27), By: dashboardstest.Day(12, 1), Coverage: dashboardstest.Coverage(), Todo: dashboardstest.Todo(),
		Waves: []dashboards.RehearsalWave{{Wave: dashboardstest.Wave(), Weighted: dashboardstest.Weighted(), Progress: dashboardstest.Progress()}}}
	if bend != nil {
		bend(&d)
	}
	return dashboards.NewRehearsal(d)
}

func TestRehearsal(t *testing.T) {
	r := rehearsed(func(d *dashboards.RehearsalData) {
		row := func(state analytics.ProofState, until, end time.Time) {
			d.Standing = append(d.Standing, analytics.StandingRow{Unit: d.Plan.Units.Units()[0].ID, State: state, Until: until, End: end})
		}
		row(analytics.Proven, dashboardstest.Day(11, 10), time.Time{})               // old by then
		row(analytics.GrowingOld, dashboardstest.Day(10, 30), time.Time{})           // the first
		row(analytics.Proven, dashboardstest.Day(12, 1), time.Time{})                // holds on the day
		row(analytics.Proven, time.Time{}, time.Time{})                              // never grows old
		row(analytics.Proven, dashboardstest.Day(11, 10), dashboardstest.Day(11, 5)) // over by then
		row(analytics.Old, dashboardstest.Day(10, 1), time.Time{})                   // not proven today: the todo's
	})
	var b strings.Builder
	for _, one := range r.Indicators {
		fmt.Fprintf(&b, "%v %s [%s]\n  %s %s\n", one.Fails, one.Name, one.Link, one.Text, one.Caveat)
	}
	for _, one := range r.Remedies {
		due := ""
		if !one.Due.IsZero() {
			due = one.Due.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "%s | %s | %s | %s | %s | %s\n", dashboards.EffortNames[one.Effort], one.What, one.Who, one.Ask, due, one.Link)
	}
	dashboardstest.Golden(t, "rehearsal.golden", b.String(), *update)
	if text := b.String(); !strings.Contains(text, "其中2处的佐证已经过期，1处的宣传时间已经结束") {
		t.Errorf("proofs on the day:\n%s", text)
	}
	// Soonest first; of the same effort the earlier day, none last.
	for i := 1; i < len(r.Remedies); i++ {
		a, b := r.Remedies[i-1], r.Remedies[i]
		if a.Effort > b.Effort || a.Effort == b.Effort && (a.Due.IsZero() && !b.Due.IsZero() || !b.Due.IsZero() && a.Due.After(b.Due)) {
			t.Errorf("%q comes before %q", a.What, b.What)
		}
	}
	for _, one := range r.Remedies {
		if one.What == "" || one.Who == "" || one.Ask == "" || one.Link == "" || dashboards.EffortNames[one.Effort] == "" {
			t.Errorf("%+v lacks something", one)
		}
	}
}

// Where all is done nothing fails and nothing is asked.
func TestARehearsalOfAFinishedCampaign(t *testing.T) {
	r := rehearsed(func(d *dashboards.RehearsalData) {
		d.Coverage = &analytics.Coverage{Total: analytics.CoverageLine{Expected: 4, Covered: 4, Complete: true}}
		d.Todo, d.Waves = &analytics.Todo{}, nil
	})
	if r.Failing() != 0 || len(r.Remedies) != 0 {
		t.Errorf("%d fail, %v", r.Failing(), r.Remedies)
	}
}

// Each thing that is left open by itself makes its indicator fail.
func TestWhatFails(t *testing.T) {
	done := func(d *dashboards.RehearsalData) {
		d.Coverage = &analytics.Coverage{Total: analytics.CoverageLine{Expected: 4, Covered: 4, Complete: true}}
		d.Todo, d.Waves = &analytics.Todo{}, nil
	}
	check := func(name string, bend func(*dashboards.RehearsalData)) {
		t.Helper()
		r := rehearsed(func(d *dashboards.RehearsalData) { done(d); bend(d) })
		if r.Failing() != 1 {
			t.Errorf("%s: %d fail", name, r.Failing())
		}
		for _, one := range r.Indicators {
			if one.Fails && one.Name != name {
				t.Errorf("%s fails, want %s", one.Name, name)
			}
		}
	}
	check("落实率", func(d *dashboards.RehearsalData) { d.Coverage.Total.Complete, d.Coverage.Total.Covered = false, 3 })
	check("佐证时效", func(d *dashboards.RehearsalData) {
		d.Standing = []analytics.StandingRow{{State: analytics.Proven, Until: dashboardstest.Day(11, 30)}}
	})
	check("方案待明确", func(d *dashboards.RehearsalData) {
		d.Coverage.Total.Open = []campaign.Question{{Task: "x", What: "lead", Text: "?"}}
	})
}

func TestEveryKindHasItsEffort(t *testing.T) {
	for _, kind := range analytics.TodoKinds {
		if kind == analytics.TodoProofSoon {
			continue // looked at on the day of the acceptance
		}
		r := rehearsed(func(d *dashboards.RehearsalData) {
			d.Coverage, d.Waves = &analytics.Coverage{Total: analytics.CoverageLine{Complete: true}}, nil
			d.Todo = &analytics.Todo{Items: []analytics.TodoItem{{Kind: kind, Unit: "zhujian"}, {Kind: kind, Unit: "zhujian"}}}
		})
		if len(r.Remedies) != 1 || r.Remedies[0].Count != 2 || (r.Remedies[0].Effort == dashboards.AtDesk) != (kind == analytics.TodoReturned) {
			t.Errorf("%s: %+v", kind, r.Remedies)
		}
	}
}
