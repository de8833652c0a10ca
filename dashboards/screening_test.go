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

func panelOf(p dashboards.ScreeningPage, id string) dashboards.Panel {
	for _, panel := range p.Panels {
		if panel.ID == id {
			return panel
		}
	}
	return dashboards.Panel{}
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
		list := panelOf(p, dashboards.ScreeningSheets)
		if len(list.Table.Rows) != c.shown || p.Listed != c.total || (list.EmptyMsg != "") != (c.total == 0) {
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

// TestTheEffectIsInWords: with what it leaves of the number of sheets, and without a verdict on
// what can't be told.
func TestTheEffectIsInWords(t *testing.T) {
	panel := panelOf(screeningOf(dashboards.ScreeningFilter{}), dashboards.ScreeningEffect)
	// 90 sheets over 1 + 17·0.21 = 4.57 are 19.7; at the bounds 90/1.85 and 90/11.2.
	for _, want := range []string{"1题", "河流水质满意度", "21.0%", "90份答卷只相当于约20份"} {
		if !strings.Contains(panel.Lead, want) {
			t.Errorf("%q doesn't say %q", panel.Lead, want)
		}
	}
	river, know, mean := panel.Table.Rows[1].Cells, panel.Table.Rows[2].Cells, panel.Table.Rows[0].Cells
	if got := river[1].Text + " " + river[2].Text + " " + river[3].Text + " " + river[6].Text + " " + river[7].Text; got != "31.0% 21.0% 5.0%至60.0% 20（8–49） 看得出" {
		t.Error(got)
	}
	if know[2].Text != "—" || know[7].Text != "—" || len(know[0].Notes) == 0 {
		t.Errorf("what can't be estimated: %+v", know)
	}
	if mean[2].Text != "−1.2%" || len(mean[2].Notes) != 1 || mean[6].Text != "92（34–92）" {
		t.Errorf("less than chance: %+v", mean)
	}
	if !strings.Contains(panel.Base, "不等于有人造假") || !strings.Contains(panel.Base, "没有按发放人计入") {
		t.Error(panel.Base)
	}
	none := panelOf(screeningOf(dashboards.ScreeningFilter{}, func(s *analytics.Screened) { s.Effects = nil }), dashboards.ScreeningEffect)
	alone := panelOf(screeningOf(dashboards.ScreeningFilter{}, func(s *analytics.Screened) { s.Effects = s.Effects[2:] }), dashboards.ScreeningEffect)
	if !strings.Contains(none.EmptyMsg, "没有能取平均的题") || !strings.Contains(alone.EmptyMsg, "所有回答相同") {
		t.Errorf("%q, %q", none.EmptyMsg, alone.EmptyMsg)
	}
}

// TestWhatWasVoidedIsShown, also where nothing is left that counts.
func TestWhatWasVoidedIsShown(t *testing.T) {
	p := screeningOf(dashboards.ScreeningFilter{Rows: 1})
	panel := panelOf(p, dashboards.ScreeningVoided)
	if len(panel.Table.Rows) != 1 || !strings.Contains(panel.Base, "共2份") || !strings.Contains(panel.Base, "下载的文件里是全部") {
		t.Errorf("%+v", panel)
	}
	if link := panel.Table.Rows[0].Cells[0].Link; link != "waves/w1/responses/3f2a91c0-0000-0000-0000-000000000004" {
		t.Error(link)
	}
	figures := panelOf(p, dashboards.ScreeningFigures)
	if n := len(figures.Table.Columns); figures.Table.Columns[n-2].Name != "作废的也算在内" || len(figures.Table.Rows[0].Cells) != n {
		t.Errorf("%+v", figures.Table.Columns)
	}
	gone := screeningOf(dashboards.ScreeningFilter{}, func(s *analytics.Screened) { s.Counting = 0 })
	if len(gone.Panels) != 1 || len(gone.Panels[0].Table.Rows) != 2 || !strings.Contains(gone.Lead, "还没有计入统计") {
		t.Errorf("%+v", gone)
	}
	none := screeningOf(dashboards.ScreeningFilter{}, func(s *analytics.Screened) {
		s.Voided = nil
		for k := range s.Figures {
			s.Figures[k].Unvoided = nil
		}
	})
	if panelOf(none, dashboards.ScreeningVoided).ID != "" || len(panelOf(none, dashboards.ScreeningFigures).Table.Columns) != 8 {
		t.Error("there is nothing voided, and a column or a panel for it")
	}
}
