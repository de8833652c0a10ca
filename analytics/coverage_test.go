package analytics_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

func bureaus() []org.Unit {
	return []org.Unit{
		{ID: "zhujian", Name: "市住建局", Kind: org.KindBureau},
		{ID: "shuili", Name: "市水利局", Kind: org.KindBureau},
		{ID: "xinhua", Name: "新华书店", Kind: org.KindCompany},
		{ID: "some", Name: "市直有关部门", Kind: org.KindCollective, Members: []org.UnitID{"shuili", "xinhua"}},
		{ID: "all", Name: "市直各有关部门", Kind: org.KindCollective},
	}
}

func lineOf(t *testing.T, lines []analytics.CoverageLine, key string) analytics.CoverageLine {
	t.Helper()
	for _, l := range lines {
		if l.Key == key {
			return l
		}
	}
	t.Fatalf("no line %q in %+v", key, lines)
	return analytics.CoverageLine{}
}

func cellOf(t *testing.T, c *analytics.Coverage, task campaign.TaskCode, unit org.UnitID) analytics.CoverageCell {
	t.Helper()
	for _, cell := range c.Cells {
		if cell.Task == task && cell.Unit == unit {
			return cell
		}
	}
	t.Fatalf("no cell %s × %s", task, unit)
	return analytics.CoverageCell{}
}

func TestCoverage(t *testing.T) {
	db := clickhousetest.Open(t)
	reader := analytics.NewReader(db)
	plan := planOf("c", bureaus(),
		campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili"}, Carriers: []campaign.CarrierID{"board", "banner"}, Targets: []campaign.Target{
			{Unit: "zhujian", Carrier: "board", Quantity: 10, Measure: "块"},
			{Quantity: 20, Measure: "块"},
		}},
		campaign.Task{Code: "t2", Lead: []org.UnitID{"some"}, Carriers: []campaign.CarrierID{"board"}}, // two members owe it
		campaign.Task{Code: "t3"}, // nobody is named
		campaign.Task{Code: "t4", Lead: []org.UnitID{"all", "zhujian"}},                                                                                   // one known, a collective without a list beside it
		campaign.Task{Code: "t5", Lead: []org.UnitID{"xinhua"}, Targets: []campaign.Target{{Quantity: 0.3, Measure: "平方米"}, {Quantity: 2, Measure: "条"}}}, // one lead: the task's target is its own
	)
	removed := standing("c", "t1", "shuili", func(p *recorded) { p.Quantity = 500 })
	withdrawn := removed
	withdrawn.Revision, withdrawn.State = 2, placement.Withdrawn
	corrected := standing("c", "t1", "zhujian", func(p *recorded) { p.Quantity = 120 })
	correction := corrected
	correction.Revision, correction.Quantity, correction.on = 2, 12, date("2014-09-20")
	twice := standing("c", "t2", "xinhua", func(p *recorded) { p.End = date("2014-09-10") }) // over on the day asked about
	logPlacements(t, db,
		removed, withdrawn, corrected, correction, twice, twice,
		standing("c", "t1", "zhujian", func(p *recorded) { p.Carrier, p.Quantity, p.Measure = "banner", 3, "条" }),
		standing("c", "t2", "shuili", func(p *recorded) { p.End = date("2014-09-24") }),   // its last day
		standing("c", "t2", "shuili", func(p *recorded) { p.Start = date("2014-09-25") }), // not yet
		standing("c", "t3", "zhujian", func(p *recorded) { p.Carrier, p.CarrierText = "", "水文化墙" }),
		standing("c", "t4", "zhujian"),
		standing("c", "t5", "xinhua", func(p *recorded) { p.Quantity, p.Measure = 0.1, "平方米" }),
		standing("c", "t5", "xinhua", func(p *recorded) { p.Quantity, p.Measure = 0.2, "平方米" }), // 0.1 + 0.2 is 0.3 here
		standing("c", "t5", "xinhua", func(p *recorded) { p.Quantity, p.Measure = 5, "条" }),
		standing("c", "t1", "xinhua"),          // not its task
		standing("elsewhere", "t1", "shuili"),  // another campaign
		standing("elsewhere", "t1", "zhujian"), // another campaign
	)
	c, err := reader.Coverage(t.Context(), plan, analytics.Scope{Campaign: "c", AsOf: date("2014-09-24")})
	if err != nil {
		t.Fatal(err)
	}

	line := func(lines []analytics.CoverageLine, key string, expected, covered, logged, standing int64, share string, complete bool) {
		t.Helper()
		l := lineOf(t, lines, key)
		if l.Expected != expected || l.Covered != covered || l.Logged != logged || l.Standing != standing || l.Share.Text(1) != share || l.Complete != complete {
			t.Errorf("%s: expected %d covered %d logged %d standing %d share %s complete %v", key, l.Expected, l.Covered, l.Logged, l.Standing, l.Share.Text(1), l.Complete)
		}
	}
	// t1: zhujian has one corrected and one banner, shuili's is withdrawn, xinhua's is a surplus that covers nobody.
	line(c.ByTask, "t1", 2, 1, 3, 3, "50.0", false)
	// t2: xinhua's is over, shuili has one on its last day and one to come.
	line(c.ByTask, "t2", 2, 1, 3, 1, "50.0", false)
	line(c.ByTask, "t3", -1, 0, 1, 1, "–", false)
	line(c.ByTask, "t4", 1, 1, 1, 1, "100.0", false) // never complete: the collective has no list
	line(c.ByTask, "t5", 1, 1, 3, 3, "100.0", true)
	line([]analytics.CoverageLine{c.Total}, "", 6, 4, 11, 9, "66.7", false)
	line(c.ByUnit, "zhujian", 2, 2, 4, 4, "100.0", true)
	line(c.ByUnit, "shuili", 2, 1, 2, 1, "50.0", false)
	line(c.ByUnit, "xinhua", 2, 1, 5, 4, "50.0", false)
	// board: named by t1 (two units) and t2 (two units); standing with zhujian and shuili(t2).
	line(c.ByCarrier, "board", 4, 2, 9, 7, "50.0", false)
	line(c.ByCarrier, "banner", 2, 1, 1, 1, "50.0", false)
	line(c.ByCarrier, "", 0, 0, 1, 1, "–", false)

	cell := func(task campaign.TaskCode, unit org.UnitID, state analytics.Expectation, logged, standing int64) {
		t.Helper()
		got := cellOf(t, c, task, unit)
		if got.State != state || got.Logged != logged || got.Standing != standing {
			t.Errorf("%s × %s: %s, logged %d, standing %d", task, unit, got.State, got.Logged, got.Standing)
		}
	}
	cell("t1", "zhujian", analytics.Met, 2, 2)           // 12 of 10 boards; the banners don't count
	cell("t1", "shuili", analytics.Missing, 0, 0)        // withdrawn
	cell("t1", "xinhua", analytics.NotOwed, 1, 1)        //
	cell("t2", "shuili", analytics.LoggedNoCount, 2, 1)  // nobody counted what is due
	cell("t2", "xinhua", analytics.Missing, 1, 0)        // was there, is over
	cell("t3", "zhujian", analytics.LoggedNoCount, 1, 1) // nobody is named, so it misses nothing
	cell("t4", "zhujian", analytics.LoggedNoCount, 1, 1)
	cell("t5", "xinhua", analytics.Met, 3, 3)
	owed := int64(0)
	for _, got := range c.Cells { // what nobody is named for is counted apart, so that the states add up to what is owed
		if got.Unsettled != (got.Task == "t3") {
			t.Errorf("%s × %s: unsettled %v", got.Task, got.Unit, got.Unsettled)
		}
		if !got.Unsettled && got.State != analytics.NotOwed {
			owed++
		}
	}
	if owed != c.Total.Expected {
		t.Errorf("%d cells are owed, the total says %d", owed, c.Total.Expected)
	}
	if len(c.Cells) != 8 {
		t.Errorf("%d cells, want the eight above", len(c.Cells))
	}

	zhujian := cellOf(t, c, "t1", "zhujian")
	if len(zhujian.Targets) != 1 || zhujian.Targets[0].Standing != 12 || zhujian.Targets[0].Share.Text(0) != "100" {
		t.Errorf("12 of 10 is 100 %%: %+v", zhujian.Targets)
	}
	if want := []analytics.Amount{{Quantity: 12, Measure: "块"}, {Quantity: 3, Measure: "条"}}; !reflect.DeepEqual(zhujian.Amounts, want) {
		t.Errorf("amounts %+v: words must not be added up", zhujian.Amounts)
	}
	if !zhujian.Last.Equal(date("2014-09-02")) {
		t.Errorf("logged last on %v: a correction is no logging", zhujian.Last)
	}
	// The task's own target of 20 块: 12 of zhujian and 1 of xinhua.
	t1 := lineOf(t, c.ByTask, "t1")
	if len(t1.Targets) != 2 || t1.Targets[1].Standing != 13 || t1.Targets[1].Share.Text(0) != "65" || t1.NotEnumerated {
		t.Errorf("targets of the task: %+v", t1.Targets)
	}
	if t2 := lineOf(t, c.ByTask, "t2"); !t2.NotEnumerated {
		t.Error("t2 has no target and is shown as enumerated")
	}
	if t3 := lineOf(t, c.ByTask, "t3"); len(t3.Open) == 0 || t3.Open[0].What != "lead" {
		t.Errorf("t3 does not ask who is responsible: %+v", t3.Open)
	}
	if t4 := lineOf(t, c.ByTask, "t4"); !t4.Share.Warned(analytics.UnitsOpen) {
		t.Error("t4 says 100 % without saying that more units owe it")
	}
	// Weeks from the window's start, Monday 1 September, to the week of the 24th.
	var weeks []string
	for _, w := range c.ByWeek {
		weeks = append(weeks, fmt.Sprintf("%s %d/%d %d %d", w.Key, w.Covered, w.Expected, w.Standing, w.Logged))
	}
	// To the 7th and 14th: t2's xinhua stood until the 10th, so 5 of 6, then 4 of 6.
	want := []string{"2014-09-01 5/6 10 11", "2014-09-08 4/6 9 11", "2014-09-15 4/6 9 11", "2014-09-22 4/6 9 11"}
	if !slices.Equal(weeks, want) {
		t.Errorf("weeks %q, want %q", weeks, want)
	}
}

// A unit sees nothing of another: not a row, not a target, not a count.
func TestCoverageOfUnit(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := planOf("c", bureaus(),
		campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili"}, Targets: []campaign.Target{{Unit: "zhujian", Quantity: 9, Measure: "块"}, {Quantity: 20, Measure: "块"}}},
		campaign.Task{Code: "t2", Lead: []org.UnitID{"zhujian"}},
		campaign.Task{Code: "t3"},
	)
	logPlacements(t, db, standing("c", "t1", "zhujian"), standing("c", "t2", "zhujian"), standing("c", "t3", "zhujian"), standing("c", "t1", "shuili"))
	c, err := analytics.NewReader(db).Coverage(t.Context(), plan, analytics.Scope{Campaign: "c", Unit: "shuili", AsOf: date("2014-09-24")})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Cells) != 1 || len(c.ByTask) != 1 || len(c.ByUnit) != 1 || c.Total.Logged != 1 || c.Total.Expected != 1 || !c.Total.Complete {
		t.Errorf("shuili has one task and one placement: %+v", c)
	}
	if l := c.ByTask[0]; len(l.Targets) != 0 || l.Share.Text(0) != "100" {
		t.Errorf("another unit's target shows: %+v", l)
	}
}

func TestCoverageRefusesScope(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := planOf("c", bureaus(), campaign.Task{Code: "t1"})
	for why, scope := range map[string]analytics.Scope{
		"another campaign": {Campaign: "d", AsOf: date("2014-09-24")},
		"no day":           {Campaign: "c"},
	} {
		if _, err := analytics.NewReader(db).Coverage(t.Context(), plan, scope); err == nil {
			t.Errorf("%s: no error", why)
		}
	}
	// Nothing logged, nobody named: empty is not complete.
	c, err := analytics.NewReader(db).Coverage(t.Context(), plan, analytics.Scope{AsOf: date("2014-09-24")})
	if err != nil {
		t.Fatal(err)
	}
	if c.Total.Complete || c.Total.Share.Valid || len(c.Cells) != 0 || c.ByTask[0].Expected != -1 {
		t.Errorf("empty: %+v", c.Total)
	}
}
