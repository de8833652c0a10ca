package analytics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

func TestTodo(t *testing.T) {
	db := clickhousetest.Open(t)
	window := func(start, end string) campaign.Window {
		w := campaign.Window{Start: date(start), Open: end == ""}
		if end != "" {
			w.End = date(end)
		}
		return w
	}
	lead := []org.UnitID{"shuili", "zhujian"}
	plan := withRules(planOf("c", bureaus(),
		campaign.Task{Code: "t1", Lead: lead, Window: window("2014-09-01", "")},
		campaign.Task{Code: "t2", Lead: lead[:1], Window: window("2014-10-17", "")},           // opens on the last of seven days
		campaign.Task{Code: "t3", Lead: lead[:1], Window: window("2014-10-18", "")},           // a day later
		campaign.Task{Code: "t4", Lead: lead[:1], Window: window("2014-09-01", "2014-10-12")}, // ends soon
		campaign.Task{Code: "t5", Lead: lead[:1]},                                             // when is for the office to settle
		campaign.Task{Code: "t6", Lead: lead[:1], Window: window("2014-09-01", "2014-09-30")}, // over, and was done
		campaign.Task{Code: "t7", Lead: lead[:1], Window: window("2014-09-01", "2014-09-30")}, // over, and never done
		campaign.Task{Code: "t8", Window: window("2014-09-01", "")},                           // nobody is named
	))
	const b = placement.GradeB
	damaged := placement.FoundDamaged
	p := func(place string, bend func(*recorded)) *proofs {
		return &proofs{of: standing("c", "t1", "zhujian", func(r *recorded) {
			r.Place, r.RecordedAt = place, at("2014-09-02", 8)
			bend(r)
		})}
	}
	plain := func(*recorded) {}
	banner := func(r *recorded) { r.Carrier, r.CarrierText = "banner", "横幅" }
	returned := standing("c", "t1", "shuili", func(r *recorded) {
		r.State, r.Place, r.Reason, r.Note, r.on = placement.Returned, "退回处", "photo-used", "和人民会堂的一张相同", date("2014-10-08")
	})
	list := []*proofs{
		{of: returned},
		{of: standing("c", "t6", "shuili", func(r *recorded) { r.End, r.Place = date("2014-09-30"), "做过" })},
		p("无照片", plain),
		p("正常", plain).photo("2014-10-01", b).photo("2014-10-01", b),
		p("快到期", plain).photo("2014-09-05", b).photo("2014-09-16", b),
		p("已过期", plain).photo("2014-09-05", b).photo("2014-09-09", b),
		p("待修", plain).photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-05", damaged, audit.RoleOffice),
		p("修晚了", plain).photo("2014-09-20", b).photo("2014-09-20", b).found("2014-10-02", damaged, audit.RoleOffice),
		p("不见了", plain).photo("2014-10-01", b).photo("2014-10-01", b).found("2014-10-06", placement.FoundGone, audit.RoleOffice),
		p("许可过期", func(r *recorded) { banner(r); r.Start, r.PermitUntil = date("2014-10-01"), date("2014-10-09") }),
		p("许可将到期", func(r *recorded) { banner(r); r.Start, r.PermitUntil = date("2014-10-01"), date("2014-10-16") }),
		p("许可还早", func(r *recorded) { banner(r); r.Start, r.PermitUntil = date("2014-10-01"), date("2014-10-17") }),
	}
	for _, one := range list {
		logPlacements(t, db, append([]recorded{one.of}, one.revisions...)...)
		addPhotos(t, db, one.photos...)
		addInspections(t, db, one.inspections...)
	}
	r := analytics.NewReader(db)
	scope := analytics.Scope{Campaign: "c", AsOf: date("2014-10-10")}
	todo, err := r.Todo(t.Context(), plan, scope)
	if err != nil {
		t.Fatal(err)
	}
	got := map[org.UnitID][]string{}
	for _, i := range todo.Items {
		what := i.Place
		if what == "" {
			what = string(i.Task)
		}
		got[i.Unit] = append(got[i.Unit], fmt.Sprintf("%s %s", i.Kind, what))
	}
	for unit, want := range map[org.UnitID][]string{
		"shuili":  {"returned 退回处", "overdue t7", "overdue t1", "ending t4", "starting t2"},
		"zhujian": {"gone 不见了", "repair-late 修晚了", "proof-old 已过期", "unproven 无照片", "permit-over 许可过期", "repair 待修", "permit-soon 许可将到期", "proof-soon 快到期"},
	} {
		slices.Sort(got[unit][1:min(3, len(got[unit]))])
		slices.Sort(want[1:3])
		if !slices.Equal(got[unit], want) {
			t.Errorf("%s: %q\nwant %q", unit, got[unit], want)
		}
	}
	if len(got) != 2 {
		t.Errorf("asks %v", got)
	}
	first := todo.Of("shuili")[0]
	if first.Reason != "照片重复使用：和人民会堂的一张相同" || first.Since != date("2014-10-08") || first.Placement != returned.ID || !first.Kind.Late() {
		t.Errorf("returned: %+v", first)
	}
	for _, i := range todo.Of("zhujian") {
		if i.Kind == analytics.TodoRepairLate && (i.Due != date("2014-10-09") || !strings.Contains(i.Reason, "褪色")) {
			t.Errorf("repair: %+v", i)
		}
		if i.Kind == analytics.TodoRepair && i.Kind.Late() {
			t.Error("a repair within its days is told as late")
		}
	}
	// A unit sees its own and nothing of any other.
	scope.Unit = "shuili"
	own, err := r.Todo(t.Context(), plan, scope)
	if err != nil || len(own.Items) != 5 || len(own.Of("zhujian")) > 0 {
		t.Errorf("of one unit: %+v, %v", own, err)
	}
}
