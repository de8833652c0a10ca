package dashboards_test

import (
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
)

func screeningOf(f dashboards.ScreeningFilter, bend ...func(*analytics.Screened)) dashboards.ScreeningPage {
	s := dashboardstest.Screened()
	for _, b := range bend {
		b(s)
	}
	names := map[string]string{"d1": "陈调查员", "d2": "钱调查员" + dashboardstest.Script}
	return dashboards.Screening(dashboardstest.Plan(), dashboardstest.Wave(), s, func(id string) string {
		if name, known := names[id]; known {
			return name
		}
		return id
	}, f)
}

// TestAScreeningAccusesNobody: its words stay with going back, whatever was found.
func TestAScreeningAccusesNobody(t *testing.T) {
	p := screeningOf(dashboards.ScreeningFilter{})
	said := p.Lead + print(p.Page)
	for _, word := range []string{"造假者", "作弊", "伪造", "假问卷", "无效问卷"} {
		if strings.Contains(said, word) {
			t.Errorf("the page says %q", word)
		}
	}
	for _, want := range []string{"2份建议回访（2.2%）", "另有1份有个别疑点", "由人看原件", "没有剔除任何一份"} {
		if !strings.Contains(p.Lead, want) {
			t.Errorf("the lead doesn't say %q: %s", want, p.Lead)
		}
	}
	if len(p.Blind) < 5 || !strings.Contains(strings.Join(p.Blind, ""), "不等于都是真的") {
		t.Errorf("what it can't see: %v", p.Blind)
	}
}

// TestTheListIsNarrowed by distributor, by grade and by page; a file holds all of them.
func TestTheListIsNarrowed(t *testing.T) {
	for _, c := range []struct {
		filter       dashboards.ScreeningFilter
		shown, total int
	}{
		{dashboards.ScreeningFilter{}, 3, 3},
		{dashboards.ScreeningFilter{Distributor: "d1"}, 1, 1},
		{dashboards.ScreeningFilter{Recontact: true}, 2, 2},
		{dashboards.ScreeningFilter{Rows: 2}, 2, 3},
		{dashboards.ScreeningFilter{From: 2, Rows: 2}, 1, 3},
		{dashboards.ScreeningFilter{From: 20, Rows: 2}, 0, 3},
		{dashboards.ScreeningFilter{Distributor: "nobody"}, 0, 0},
	} {
		p := screeningOf(c.filter)
		list := p.Panels[len(p.Panels)-1]
		if list.ID != dashboards.ScreeningSheets || len(list.Table.Rows) != c.shown || p.Listed != c.total || (list.EmptyMsg != "") != (c.total == 0) {
			t.Errorf("%+v: %d of %d, %q", c.filter, len(list.Table.Rows), p.Listed, list.EmptyMsg)
		}
	}
}

// TestTooManyAreSaid: no panel pretends that a part was looked at.
func TestTooManyAreSaid(t *testing.T) {
	p := screeningOf(dashboards.ScreeningFilter{}, func(s *analytics.Screened) {
		*s = analytics.Screened{Counting: 100_001, Most: 100_000, TooMany: true}
	})
	if len(p.Panels) != 0 || !strings.Contains(p.Lead, "100001份") || !strings.Contains(p.Lead, "没有筛查") {
		t.Errorf("%q, %d panels", p.Lead, len(p.Panels))
	}
}
