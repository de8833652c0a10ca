package analytics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// fewAndMany are the sizes of a ledger: the second is more than is asked for whole, so that
// the engine applies the filter and not we.
var fewAndMany = map[string]int{"few": 0, "many": 5_100}

// mixed is a campaign with something of everything: boards that need photos, banners that need
// none, a carrier that is on no list, another unit's, one that is over, one withdrawn.
func mixed(extra int) (*campaign.Plan, []recorded, []placement.Photo) {
	plan := withRules(planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili"}}, campaign.Task{Code: "t2", Lead: []org.UnitID{"zhujian"}}))
	at := func(datum placement.Datum) func(*recorded) {
		return func(r *recorded) { r.Position = &placement.Position{Longitude: 116.77, Latitude: 36.18, Datum: datum} }
	}
	make := func(task campaign.TaskCode, unit org.UnitID, carrier campaign.CarrierID, measure string, quantity float64, bend ...func(*recorded)) recorded {
		return standing("c", task, unit, append([]func(*recorded){func(r *recorded) {
			r.Carrier, r.Measure, r.Quantity, r.Start, r.on = carrier, measure, quantity, date("2014-10-01"), date("2014-10-01")
		}}, bend...)...)
	}
	proven := make("t1", "zhujian", "board", "块", 2.5, at(placement.WGS84))
	list := []recorded{
		proven,
		make("t1", "zhujian", "board", "块", 0.1, at(placement.GCJ02)), // never proven
		make("t1", "zhujian", "board", "处", 3),                        // another word
		make("t2", "zhujian", "banner", "条", 4, at(placement.BD09)),   // the entry proves it
		make("t2", "zhujian", "banner", "条", 5, func(r *recorded) { r.End = date("2014-10-05") }),
		make("t1", "shuili", "banner", "条", 7, at(placement.WGS84)),
		make("t1", "shuili", "", "个", 1),
		make("t1", "shuili", "banner", "条", 100, func(r *recorded) { r.State = placement.Withdrawn }),
	}
	for range extra {
		list = append(list, make("t2", "xinhua", "banner", "幅", 1))
	}
	photo := func() placement.Photo {
		return placement.Photo{ID: uuid.New(), Campaign: "c", Revision: 1, Placement: proven.ID, State: placement.PhotoKept, Grade: placement.GradeB, ProvesOn: date("2014-10-02"), RecordedAt: date("2014-10-02")}
	}
	return plan, list, []placement.Photo{photo(), photo()}
}

// TestTotals asks with every kind of filter, and holds each number of placements against the
// rows that its link lists.
func TestTotals(t *testing.T) {
	for name, extra := range fewAndMany {
		t.Run(name, func(t *testing.T) {
			db := clickhousetest.Open(t)
			plan, list, photos := mixed(extra)
			logPlacements(t, db, list...)
			addPhotos(t, db, photos...)
			reader := analytics.NewReader(db)
			say := func(lines []analytics.TotalsLine) string {
				var all []string
				for _, l := range lines {
					if l.Measure != "幅" {
						all = append(all, fmt.Sprintf("%s %s %g/%g/%g", l.Carrier, l.Measure, l.Logged.Quantity, l.Standing.Quantity, l.Proven.Quantity))
					}
				}
				return strings.Join(all, ", ")
			}
			check := func(what string, unit org.UnitID, day string, chosen analytics.Chosen, want string) {
				t.Helper()
				scope := analytics.Scope{Campaign: "c", Unit: unit, AsOf: date(day)}
				got, err := reader.Totals(t.Context(), plan, scope, chosen)
				if err != nil {
					t.Fatal(err)
				}
				if said := say(got.Lines); said != want {
					t.Errorf("%s: %s, want %s", what, said, want)
				}
				var sum, unplaced int64
				for _, line := range got.Lines {
					narrowed := chosen
					narrowed.Carrier, narrowed.Measure = line.Carrier, line.Measure
					if line.Carrier == "" {
						narrowed.Carrier = analytics.Unlisted
					}
					rows, err := reader.Standing(t.Context(), plan, scope, analytics.StandingFilter{Chosen: narrowed})
					if err != nil || int64(len(rows)) != line.Logged.Placements {
						t.Errorf("%s: %s %s has %d placements and %d rows behind it, %v", what, line.Carrier, line.Measure, line.Logged.Placements, len(rows), err)
					}
					for _, row := range rows {
						if row.Position == nil {
							unplaced++
						}
					}
					sum += line.Logged.Placements
				}
				located, err := reader.Located(t.Context(), plan, scope, chosen)
				if err != nil || sum != got.Placements || unplaced != got.Unplaced || int64(len(located.Points)) != got.Placements-got.Unplaced {
					t.Errorf("%s: lines %d of %d placements, %d of %d without a place, %d on the map, %v", what, sum, got.Placements, unplaced, got.Unplaced, len(located.Points), err)
				}
			}
			const all = "board 块 2.6/2.6/2.5, board 处 3/3/0, banner 条 16/11/11,  个 1/1/1"
			check("everything", "", "2014-10-10", analytics.Chosen{}, all)
			check("a day on which all stand", "", "2014-10-05", analytics.Chosen{}, "board 块 2.6/2.6/2.5, board 处 3/3/0, banner 条 16/16/16,  个 1/1/1")
			check("the day before", "", "2014-09-30", analytics.Chosen{}, "board 块 2.6/0/0, board 处 3/0/0, banner 条 16/0/0,  个 1/0/0")
			check("a unit", "shuili", "2014-10-10", analytics.Chosen{}, "banner 条 7/7/7,  个 1/1/1")
			check("a task", "", "2014-10-10", analytics.Chosen{Task: "t2"}, "banner 条 9/4/4")
			check("a measure word", "", "2014-10-10", analytics.Chosen{Measure: "处"}, "board 处 3/3/0")
			check("a carrier", "", "2014-10-10", analytics.Chosen{Carrier: "board"}, "board 块 2.6/2.6/2.5, board 处 3/3/0")
			check("no carrier of the list", "", "2014-10-10", analytics.Chosen{Carrier: analytics.Unlisted}, " 个 1/1/1")
			check("a state", "", "2014-10-10", analytics.Chosen{States: []analytics.ProofState{analytics.NeverProven}}, "board 块 0.1/0.1/0, board 处 3/3/0")
			check("what is over", "", "2014-10-10", analytics.Chosen{States: []analytics.ProofState{analytics.NotStanding}}, "banner 条 5/0/0")
		})
	}
}

// TestStandingInPages goes through the list three at a time and meets every row once.
func TestStandingInPages(t *testing.T) {
	for name, extra := range fewAndMany {
		t.Run(name, func(t *testing.T) {
			db := clickhousetest.Open(t)
			plan, list, photos := mixed(extra)
			logPlacements(t, db, list...)
			addPhotos(t, db, photos...)
			reader, scope := analytics.NewReader(db), analytics.Scope{Campaign: "c", AsOf: date("2014-10-10")}
			filter := analytics.StandingFilter{Chosen: analytics.Chosen{Task: "t1"}}
			whole, err := reader.Standing(t.Context(), plan, scope, filter)
			if err != nil || len(whole) != 5 {
				t.Fatalf("t1 has 5 placements, got %d, %v", len(whole), err)
			}
			var met []uuid.UUID
			for filter.Limit = 3; len(met) < 10; {
				page, err := reader.Standing(t.Context(), plan, scope, filter)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				for _, row := range page {
					met = append(met, row.Placement)
				}
				filter.After = analytics.ParseStandingCursor(page[len(page)-1].Cursor().String())
			}
			var want []uuid.UUID
			for _, row := range whole {
				want = append(want, row.Placement)
			}
			if !slices.Equal(met, want) {
				t.Errorf("in pages %v, at once %v", met, want)
			}
			filter = analytics.StandingFilter{Unplaced: true, Chosen: analytics.Chosen{Task: "t1"}}
			if rows, err := reader.Standing(t.Context(), plan, scope, filter); err != nil || len(rows) != 2 {
				t.Errorf("2 of t1 have no position, got %d, %v", len(rows), err)
			}
		})
	}
}

// TestLocatedInOneDatum has one place written in three datums: on the map it is one.
func TestLocatedInOneDatum(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := planOf("c", bureaus(), campaign.Task{Code: "t1"})
	here := placement.Position{Longitude: 116.77, Latitude: 36.18, Datum: placement.WGS84}
	var list []recorded
	for _, datum := range []placement.Datum{placement.WGS84, placement.GCJ02, placement.BD09} {
		at := here.In(datum)
		list = append(list, standing("c", "t1", "zhujian", func(r *recorded) { r.Position = &at }))
	}
	logPlacements(t, db, list...)
	got, err := analytics.NewReader(db).Located(t.Context(), plan, analytics.Scope{Campaign: "c", AsOf: date("2014-10-10")}, analytics.Chosen{})
	if err != nil || len(got.Points) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, p := range got.Points {
		at := placement.Position{Longitude: p.Longitude, Latitude: p.Latitude, Datum: placement.WGS84}
		if away := placement.Distance(at, here); away > 0.01 {
			t.Errorf("%v is %.3f m away", at, away)
		}
	}
}
