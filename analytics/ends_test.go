package analytics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

func TestEnds(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := withRules(planOf("c", bureaus(),
		campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian", "shuili"}, Window: campaign.Window{Start: date("2014-09-01"), Open: true}},
		campaign.Task{Code: "t2", Lead: []org.UnitID{"zhujian"}, Window: campaign.Window{Start: date("2014-09-01"), End: date("2014-10-31")}},
		campaign.Task{Code: "t3", Lead: []org.UnitID{"zhujian"}}, // when is not settled: it has no end to tell
	))
	carriers := append(slices.Clone(plan.Carriers), campaign.Carrier{ID: "lesson", Name: "课堂", Measures: []string{"场次"}, Rule: campaign.Rule{Once: campaign.Sourced[bool]{Value: true}}})
	plan = campaign.NewPlan(plan.Campaign, plan.Tasks, carriers, plan.Units)
	const b = placement.GradeB
	p := func(place string, bend func(*recorded)) *proofs {
		return &proofs{of: standing("c", "t1", "zhujian", func(r *recorded) {
			r.Place, r.RecordedAt = place, at("2014-09-02", 8)
			bend(r)
		})}
	}
	until := func(day string) func(*recorded) { return func(r *recorded) { r.End = date(day) } }
	logged(t, db,
		p("无照片", until("2014-10-20")),
		p("正常", func(*recorded) {}).photo("2014-10-01", b).photo("2014-10-01", b),                                                                // to the 31st
		p("已过期", func(*recorded) {}).photo("2014-09-05", b).photo("2014-09-09", b),                                                               // to the 9th
		p("待修", until("2014-10-20")).photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-05", placement.FoundDamaged, audit.RoleOffice), // within 7 days, the 12th
		p("不见了", func(*recorded) {}).photo("2014-10-01", b).found("2014-10-06", placement.FoundGone, audit.RoleOffice),                           // nobody has said until when
		p("课", func(r *recorded) { r.Carrier, r.End = "lesson", date("2014-10-20") }),                                                            // an act stays done
		p("许可", func(r *recorded) { r.PermitUntil = date("2014-10-31") }),
		p("许可，已拆", func(r *recorded) {
			r.PermitUntil, r.End, r.State = date("2014-10-31"), date("2014-10-08"), placement.TakenDown
		}),
		p("撤回", func(r *recorded) { r.End, r.State = date("2014-10-20"), placement.Withdrawn }),
		&proofs{of: standing("c", "t1", "shuili", func(r *recorded) { r.End = date("2014-10-20") })},
	)
	waves := []survey.Wave{{ID: "w1", Name: "第一轮", End: date("2014-10-31")}, {ID: "w2", Name: "第二轮"}}
	reader := analytics.NewReader(db)
	check := func(what string, unit org.UnitID, waves []survey.Wave, want string) {
		t.Helper()
		scope := analytics.Scope{Campaign: "c", Unit: unit, AsOf: date("2014-10-10")}
		e, err := reader.Ends(t.Context(), plan, scope, waves, date("2014-10-01"), date("2014-10-31"))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		say := func(day string, counts map[analytics.EndKind]int64) {
			for _, kind := range analytics.EndKinds {
				if counts[kind] > 0 {
					said = append(said, fmt.Sprintf("%s %s %d", day, kind, counts[kind]))
				}
			}
		}
		for _, d := range e.Days {
			say(d.Day.Format("02"), d.Counts)
			var listed int64
			for after := (analytics.EndsPage{}); ; {
				items, more, err := reader.EndsOn(t.Context(), plan, scope, waves, d.Day, after, 1)
				if err != nil {
					t.Fatal(err)
				}
				listed += int64(len(items))
				if !more {
					break
				}
				last := items[len(items)-1]
				after = analytics.EndsPage{Kind: last.Kind, ID: last.Placement}
			}
			var counted int64
			for _, n := range d.Counts {
				counted += n
			}
			if listed != counted {
				t.Errorf("%s: %s counts %d and lists %d", what, d.Day.Format(time.DateOnly), counted, listed)
			}
		}
		say("open", e.Open)
		if got := strings.Join(said, ", "); got != want {
			t.Errorf("%s:\n%s, want\n%s", what, got, want)
		}
	}
	check("the office", "", waves, "08 flight 1, 09 proof 1, 12 repair 1, 20 flight 3, 31 proof 1, 31 permit 1, 31 task 1, 31 wave 1, open flight 4, open repair 1, open task 1, open wave 1")
	check("a unit", "shuili", nil, "20 flight 1, open task 1")
}

// TestEndsAgreesWithTodo holds the days of proofs, permits and repairs against what units are
// asked to do: nothing is counted in two ways.
func TestEndsAgreesWithTodo(t *testing.T) {
	db := clickhousetest.Open(t)
	plan := withRules(planOf("c", bureaus(), campaign.Task{Code: "t1", Lead: []org.UnitID{"zhujian"}, Window: campaign.Window{Start: date("2014-09-01"), Open: true}}))
	const b = placement.GradeB
	p := func(bend func(*recorded)) *proofs {
		return &proofs{of: standing("c", "t1", "zhujian", func(r *recorded) { r.RecordedAt = at("2014-09-02", 8); bend(r) })}
	}
	plain := func(*recorded) {}
	logged(t, db,
		p(plain).photo("2014-09-05", b).photo("2014-09-16", b), p(plain).photo("2014-09-05", b).photo("2014-09-09", b), p(plain),
		p(plain).photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-05", placement.FoundDamaged, audit.RoleOffice),
		p(func(r *recorded) { r.PermitUntil = date("2014-10-09") }), p(func(r *recorded) { r.PermitUntil = date("2014-10-13") }),
	)
	reader, scope := analytics.NewReader(db), analytics.Scope{Campaign: "c", AsOf: date("2014-10-10")}
	todo, err := reader.Todo(t.Context(), plan, scope)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[analytics.TodoKind]analytics.EndKind{analytics.TodoProofSoon: analytics.EndProof, analytics.TodoProofOld: analytics.EndProof, analytics.TodoPermitSoon: analytics.EndPermit,
		analytics.TodoPermitOver: analytics.EndPermit, analytics.TodoRepair: analytics.EndRepair, analytics.TodoRepairLate: analytics.EndRepair}
	want := map[string]int64{}
	for _, item := range todo.Items {
		if kind, ends := kinds[item.Kind]; ends {
			want[fmt.Sprint(item.Due.Format(time.DateOnly), kind)]++
		}
	}
	e, err := reader.Ends(t.Context(), plan, scope, nil, date("2014-01-01"), date("2014-12-31"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, d := range e.Days {
		for kind, n := range d.Counts {
			got[fmt.Sprint(d.Day.Format(time.DateOnly), kind)] += n
		}
	}
	if len(want) != 5 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the calendar has %v, the units are asked for %v", got, want)
	}
}
