package placement_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/placement"
)

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestInspectionValidate(t *testing.T) {
	today := day("2014-10-10")
	for name, c := range map[string]struct {
		bend   func(*placement.Inspection, *placement.Placement)
		fields []string
	}{
		"damaged":              {func(*placement.Inspection, *placement.Placement) {}, nil},
		"found today":          {func(i *placement.Inspection, _ *placement.Placement) { i.FoundOn, i.Due = today, today }, nil},
		"found tomorrow":       {func(i *placement.Inspection, _ *placement.Placement) { i.FoundOn = day("2014-10-11") }, []string{"found_on", "due"}},
		"found on no day":      {func(i *placement.Inspection, _ *placement.Placement) { i.FoundOn = time.Time{} }, []string{"found_on", "due"}},
		"before it was put up": {func(i *placement.Inspection, _ *placement.Placement) { i.FoundOn = day("2014-08-31") }, []string{"found_on"}},
		"after it was taken down": {func(i *placement.Inspection, p *placement.Placement) {
			p.State, p.End = placement.TakenDown, day("2014-09-30")
		}, []string{"found_on"}},
		"due before found":       {func(i *placement.Inspection, _ *placement.Placement) { i.Due = day("2014-09-30") }, []string{"due"}},
		"due in another century": {func(i *placement.Inspection, _ *placement.Placement) { i.Due = day("2114-10-08") }, []string{"due"}},
		"no repair":              {func(i *placement.Inspection, _ *placement.Placement) { i.Due = time.Time{} }, nil},
		"an unknown finding":     {func(i *placement.Inspection, _ *placement.Placement) { i.Finding = "perfect" }, []string{"finding"}},
		"an unknown defect":      {func(i *placement.Inspection, _ *placement.Placement) { i.Defects = []placement.Defect{"ugly"} }, []string{"defects"}},
		"a defect twice": {func(i *placement.Inspection, _ *placement.Placement) {
			i.Defects = []placement.Defect{placement.Faded, placement.Faded}
		}, []string{"defects"}},
		"damaged without a defect":   {func(i *placement.Inspection, _ *placement.Placement) { i.Defects = nil }, []string{"defects"}},
		"gone":                       {func(i *placement.Inspection, _ *placement.Placement) { i.Finding, i.Defects = placement.FoundGone, nil }, nil},
		"gone and faded":             {func(i *placement.Inspection, _ *placement.Placement) { i.Finding = placement.FoundGone }, []string{"defects"}},
		"standing and faded and due": {func(i *placement.Inspection, _ *placement.Placement) { i.Finding = placement.FoundStanding }, []string{"defects", "due"}},
		"standing, by the office": {func(i *placement.Inspection, _ *placement.Placement) {
			i.Finding, i.Defects, i.Due = placement.FoundStanding, nil, time.Time{}
		}, nil},
		"standing, by the unit": {func(i *placement.Inspection, _ *placement.Placement) {
			i.Finding, i.Defects, i.Due, i.Role = placement.FoundStanding, nil, time.Time{}, audit.RoleUnit
		}, []string{"finding"}},
		"a note of 500":     {func(i *placement.Inspection, _ *placement.Placement) { i.Note = strings.Repeat("字", 500) }, nil},
		"a note of 501":     {func(i *placement.Inspection, _ *placement.Placement) { i.Note = strings.Repeat("字", 501) }, []string{"note"}},
		"a note with a NUL": {func(i *placement.Inspection, _ *placement.Placement) { i.Note = "歪\x00了" }, []string{"note"}},
		"a note, bad UTF-8": {func(i *placement.Inspection, _ *placement.Placement) { i.Note = "歪\xff了" }, []string{"note"}},
		"a defect of 1e6": {func(i *placement.Inspection, _ *placement.Placement) {
			i.Defects = []placement.Defect{placement.Defect(strings.Repeat("x", 1_000_000))}
		}, []string{"defects"}},
		"everything at once": {func(i *placement.Inspection, _ *placement.Placement) { *i = placement.Inspection{} }, []string{"found_on", "finding"}},
	} {
		p := placement.Placement{State: placement.Accepted, Start: day("2014-09-01")}
		i := placement.Inspection{FoundOn: day("2014-10-01"), Finding: placement.FoundDamaged, Defects: []placement.Defect{placement.Faded}, Due: day("2014-10-08"), Role: audit.RoleOffice}
		c.bend(&i, &p)
		var got []string
		for _, f := range i.Validate(p, today) {
			if len([]rune(f.Why)) > 120 {
				t.Errorf("%s: a sentence of %d characters", name, len([]rune(f.Why)))
			}
			got = append(got, f.Field)
		}
		slices.Sort(got)
		slices.Sort(c.fields)
		if !slices.Equal(got, c.fields) {
			t.Errorf("%s: faults at %v, want %v", name, got, c.fields)
		}
	}
}

// The rule gives a repair its last day, unless somebody set it.
func TestSettle(t *testing.T) {
	rule := campaign.Rule{RepairDays: campaign.Sourced[int]{Value: 7, Source: "测试"}}
	check := func(name string, i placement.Inspection, rule campaign.Rule, want string) {
		t.Helper()
		i.FoundOn = day("2014-10-01")
		i.Settle(rule)
		got := ""
		if !i.Due.IsZero() {
			got = i.Due.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%s: due %q, want %q", name, got, want)
		}
	}
	check("damaged", placement.Inspection{Finding: placement.FoundDamaged}, rule, "2014-10-08")
	check("gone", placement.Inspection{Finding: placement.FoundGone}, rule, "2014-10-08")
	check("standing", placement.Inspection{Finding: placement.FoundStanding}, rule, "")
	check("set by hand", placement.Inspection{Finding: placement.FoundDamaged, Due: day("2014-10-03")}, rule, "2014-10-03")
	check("no rule", placement.Inspection{Finding: placement.FoundDamaged}, campaign.Rule{}, "")
}

func TestConcerns(t *testing.T) {
	today := day("2014-10-10")
	permit := campaign.Rule{Permit: campaign.Sourced[bool]{Value: true, Source: "第十二条"}}
	banner := campaign.Rule{LongestDays: campaign.Sourced[int]{Value: 30, Source: "第二十一条"}}
	hoarding := campaign.Rule{HoardingShare: campaign.Sourced[float64]{Value: 0.3333, Source: "第二十二条"}}
	area := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		rule campaign.Rule
		bend func(*placement.Placement)
		met  bool
		says string
	}{
		"no permit":   {permit, func(p *placement.Placement) {}, false, "还没有填写许可编号和到期日"},
		"no last day": {permit, func(p *placement.Placement) { p.Permit = "泰许1号" }, false, "还没有填写到期日"},
		"permitted":   {permit, func(p *placement.Placement) { p.Permit, p.PermitUntil = "泰许1号", today }, true, "泰许1号，2014-10-10到期"},
		"expired":     {permit, func(p *placement.Placement) { p.Permit, p.PermitUntil = "泰许1号", day("2014-10-01") }, false, "已于2014-10-01到期（9天前）"},
		"expired, gone": {permit, func(p *placement.Placement) {
			p.Permit, p.PermitUntil, p.End = "泰许1号", day("2014-10-01"), day("2014-10-01")
		}, true, "2014-10-01到期"},
		"30 days":        {banner, func(p *placement.Placement) { p.End = day("2014-09-30") }, true, "登记了30天"}, // both days included
		"31 days, over":  {banner, func(p *placement.Placement) { p.End = day("2014-10-01") }, false, "实际设了31天"},
		"open, too long": {banner, func(p *placement.Placement) {}, false, "到2014-09-30为止，已超过10天"},
		"open, in time":  {banner, func(p *placement.Placement) { p.Start = day("2014-10-01") }, false, "请在2014-10-30前拆除或续批"},
		"a third":        {hoarding, func(p *placement.Placement) { p.AreaM2, p.HoardingM2 = area(10), area(30) }, true, "三分之一（10/30平方米）"},
		"less":           {hoarding, func(p *placement.Placement) { p.AreaM2, p.HoardingM2 = area(9), area(30) }, false, "30.0%（9/30平方米），应不少于三分之一"},
		"not measured":   {hoarding, func(p *placement.Placement) { p.AreaM2 = area(10) }, false, "请补填"},
	} {
		p := placement.Placement{State: placement.Submitted, Start: day("2014-09-01")}
		c.bend(&p)
		got := p.Concerns(c.rule, today)
		if len(got) != 1 || got[0].Met != c.met || !strings.Contains(got[0].Text, c.says) || got[0].Source == "" {
			t.Errorf("%s: %+v, want met %v and %q", name, got, c.met, c.says)
		}
	}
	if got := (&placement.Placement{}).Concerns(campaign.Rule{}, today); len(got) > 0 {
		t.Errorf("a carrier without a rule has %v", got)
	}
}
