package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/app/placement"
)

// Rules of a plan are written with one carrier, or once for several.
func TestReadRules(t *testing.T) {
	check := func(name, carrier, rules string, want ...string) {
		t.Helper()
		text := strings.Replace(smallPlan, "measures: [个, 块]}", "measures: [个, 块]"+carrier+"}", 1)
		text = strings.Replace(text, "\ntasks:\n", "\n"+rules+"tasks:\n", 1)
		p, faults, err := readPlan("plan.yaml", []byte(text))
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for _, f := range faults {
			if f.Row == 0 {
				t.Errorf("%s: %+v has no line", name, f)
			}
			got = append(got, f.Field)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: faults at %v, want %v: %+v", name, got, want, faults)
		}
		if len(want) == 0 && (p.Carriers[0].Rule.Photos.Value != 2 || p.Carriers[0].Rule.Photos.Source != "试用") {
			t.Errorf("%s: %+v", name, p.Carriers[0].Rule)
		}
	}
	check("with the carrier", ", rule: {photos: {value: 2, source: 试用}}", "")
	check("for several", "", "rules:\n  - carriers: [lan, tiao]\n    rule:\n      photos: {value: 2, source: 试用}\n")
	check("no source", ", rule: {photos: {value: 2}, repair_days: {value: 7}}", "", "rule.photos", "rule.repair_days")
	check("too many photos", ", rule: {photos: {value: 9, source: 试用}}", "", "rule.photos")
	check("an unknown part", ", rule: {photo: {value: 2, source: 试用}}", "", "carriers", "tasks.carriers")
	check("an unknown carrier", "", "rules:\n  - carriers: [pai]\n    rule: {photos: {value: 1, source: 试用}}\n", "rules.carriers")
	check("for nobody", "", "rules:\n  - rule: {photos: {value: 1, source: 试用}}\n", "rules.carriers")
	check("two rules", ", rule: {photos: {value: 2, source: 试用}}", "rules:\n  - carriers: [lan]\n    rule: {photos: {value: 1, source: 试用}}\n", "rules.carriers")
}

// A ledger may carry permits and hoardings; a missing permit refuses no row and warns of
// nothing that the page doesn't say.
func TestLedgerWithPermits(t *testing.T) {
	b := newBench(t)
	body := "责任单位,任务,宣传形式,设置地点,数量,计量单位,面积,开始日期,许可编号,许可到期,围挡面积\n" +
		"市住建局,社会宣传1,大型公益广告,康王河公园,1,处,90,2014-09-05,泰许2014-17,2014-12-31,\n" +
		"市住建局,社会宣传1,大型公益广告,龙山河,1,处,90,2014-09-05,,,\n" +
		"市住建局,社会宣传1,工地围挡,文化路,1,处,40平方米,2014-09-05,,,120㎡\n" +
		"市住建局,社会宣传1,工地围挡,文化路北,1,处,140,2014-09-05,,,120\n" +
		"市住建局,社会宣传1,大型公益广告,东环路,1,处,90,2014-09-05,泰许2014-18,明年,\n"
	f, err := b.Originals().Keep(t.Context(), "台账.csv", strings.NewReader(body), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := b.PlacementsFile(t.Context(), office, b.plan, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Accepted) != 3 || len(r.ColumnsNotStored) != 0 {
		t.Fatalf("accepted %d, not stored %v: %+v", len(r.Accepted), r.ColumnsNotStored, r.Rejected)
	}
	for _, a := range r.Accepted {
		if strings.Contains(a.Warning, "许可") {
			t.Errorf("row %d warns %q", a.Row, a.Warning)
		}
	}
	var fields []string
	for _, rej := range r.Rejected {
		fields = append(fields, rej.Field)
	}
	if !slices.Equal(fields, []string{"hoarding_m2", "permit_until"}) {
		t.Errorf("rejected %+v", r.Rejected)
	}
	held := func(row int) placement.Placement {
		p, err := b.standing.Placement(t.Context(), "feicheng", r.Accepted[row].ID)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := held(0); p.Permit != "泰许2014-17" || p.PermitUntil.Format(time.DateOnly) != "2014-12-31" {
		t.Errorf("permit %q until %v", p.Permit, p.PermitUntil)
	}
	if p := held(2); p.HoardingM2 == nil || *p.HoardingM2 != 120 || *p.AreaM2 != 40 {
		t.Errorf("hoarding %v of %v", p.AreaM2, p.HoardingM2)
	}
}
