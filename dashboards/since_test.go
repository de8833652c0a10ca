package dashboards_test

import (
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/analytics/planning"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
)

// TestChanged: each kind of change has its line with a sign, and what is nought has none.
func TestChanged(t *testing.T) {
	cells := dashboardstest.Coverage().Cells
	many := append(append([]analytics.CoverageCell{}, cells...), cells...)
	v := analytics.VerdictChange{Wave: dashboardstest.Wave(), Indicator: dashboardstest.Questionnaire().Indicators[0],
		Then: planning.Judgement{Verdict: planning.Unsettled}, Now: planning.Judgement{Verdict: planning.Met}}
	got := dashboards.Changed(dashboardstest.Plan(), &analytics.Changes{Since: dashboardstest.Day(10, 20), Logged: 3, Returned: 1, Inspections: 2, Faulty: 1,
		Then: analytics.CoverageLine{Expected: 5, Covered: 2}, Now: analytics.CoverageLine{Expected: 6, Covered: 3},
		Proven: many[:6], Lapsed: cells[:1], Verdicts: []analytics.VerdictChange{v}})
	if got.Lead != "已证明在位由2/5项变为3/6项。" {
		t.Error(got.Lead)
	}
	var lines []string
	for _, l := range got.Lines {
		if l.Sign == "" || l.Link == "" {
			t.Errorf("%q has no sign or leads nowhere", l.Text)
		}
		lines = append(lines, l.Text)
	}
	want := []string{"新证明在位6项", "不再有有效证明1项", "第一轮 “知晓率（知道）”由“本次样本还不能判定”变为“达到”", "新登记宣传记录3条", "退回1条", "巡查2次，其中1次发现损坏或不在"}
	if strings.Join(lines, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", lines, want)
	}
	if first := got.Lines[0]; len(first.Items) != 5 || first.More != 1 {
		t.Errorf("%d named and %d more, want 5 and 1", len(first.Items), first.More)
	}
	if none := dashboards.Changed(dashboardstest.Plan(), &analytics.Changes{Then: analytics.CoverageLine{Expected: 5}, Now: analytics.CoverageLine{Expected: 5}}); len(none.Lines) != 0 || !strings.HasPrefix(none.Lead, "没有新的") {
		t.Errorf("of nothing: %+v", none)
	}
}
