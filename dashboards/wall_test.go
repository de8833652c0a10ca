package dashboards_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
)

func pictures() dashboards.Result[[]analytics.Picture] {
	return dashboards.Of(&[]analytics.Picture{{Photo: uuid.UUID{15: 1}, Placement: uuid.UUID{15: 2}, Of: dashboardstest.Day(10, 20), Unit: "script", CarrierText: dashboardstest.Script, Place: dashboardstest.Formula}}, nil)
}

// TestWallFailsAlone: what can't be had costs its page of the wall, and quotes nothing of the engine.
func TestWallFailsAlone(t *testing.T) {
	wall := dashboards.Wall(dashboardstest.Plan(), failedCampaign(), pictures()).Wall
	for i, page := range wall {
		if failed := i < len(wall)-1; failed != (page.Failed != "") || strings.Contains(page.Failed, "159") {
			t.Errorf("%s: %q", page.ID, page.Failed)
		}
	}
	if len(wall) != 6 {
		t.Errorf("%d pages, want 6", len(wall))
	}
}

// TestWallIsNoRanking: of more units than fit those with gaps are shown, in the order of the plan,
// and the page says so.
func TestWallIsNoRanking(t *testing.T) {
	var units []org.Unit
	var ids []org.UnitID
	got := &analytics.Coverage{AsOf: dashboardstest.Day(10, 27)}
	for i := range 30 {
		id := org.UnitID(fmt.Sprintf("u%02d", i))
		units, ids = append(units, org.Unit{ID: id, Name: fmt.Sprintf("第%02d局", i)}), append(ids, id)
		state := analytics.Met
		if i%3 == 2 { // ten of thirty
			state = analytics.Missing
		}
		got.Cells = append(got.Cells, analytics.CoverageCell{Task: "t1", Unit: id, State: state})
	}
	plan := campaign.NewPlan(campaign.Campaign{ID: "c", Name: "活动"}, []campaign.Task{{Code: "t1", Lead: ids}}, nil, org.NewResolver(units))
	wall := dashboards.Wall(plan, campaignOf(dashboards.Of(got, nil)), pictures()).Wall
	i := slices.IndexFunc(wall, func(p dashboards.WallPage) bool { return p.ID == "wall-matrix" })
	var shown []string
	gaps := 0
	for _, line := range wall[i].Matrix.Lines {
		shown = append(shown, line.Unit)
		if strings.HasPrefix(line.Cells[0].Text, "○") {
			gaps++
		}
	}
	if gaps != 10 || len(shown) != 11 || !slices.IsSorted(shown) {
		t.Errorf("%d of %v have a gap, want all ten in the order of the plan", gaps, shown)
	}
	if !strings.Contains(wall[i].Base, "共30个") || !strings.Contains(wall[i].Base, "不作排名") {
		t.Error(wall[i].Base)
	}
}
