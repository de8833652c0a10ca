package dashboards_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
	"shuixuan/dashboards/plane"
)

func totalsAsked() dashboards.TotalsAsked {
	return dashboards.TotalsAsked{AsOf: dashboardstest.Day(10, 27), Narrowed: dashboardstest.Script, Rows: url.Values{"unit": {"script"}, "state": {"all"}}}
}

// totals has a carrier in two measure words, of which one is over, and what is on no list.
func totals() *analytics.Totals {
	tally := func(n int64, sum float64) analytics.Tally { return analytics.Tally{Placements: n, Quantity: sum} }
	return &analytics.Totals{SQL: "SELECT 1", Placements: 6, Standing: 4, Proven: 2, Unplaced: 3, Lines: []analytics.TotalsLine{
		{Carrier: "board", Label: "展板", Measure: "块", Logged: tally(3, 12.5), Standing: tally(3, 12.5), Proven: tally(2, 10)},
		{Carrier: "board", Label: "展板", Measure: "处", Logged: tally(2, 2)},
		{Label: "不在清单中的形式", Measure: "个", Logged: tally(1, 1), Standing: tally(1, 1)},
	}, Measures: []analytics.TotalsLine{
		{Measure: "块", Logged: tally(3, 12.5), Standing: tally(3, 12.5), Proven: tally(2, 10)}, {Measure: "处", Logged: tally(2, 2)}, {Measure: "个", Logged: tally(1, 1), Standing: tally(1, 1)},
	}}
}

func ends() *analytics.Ends {
	return &analytics.Ends{SQL: "SELECT 1", Days: []analytics.DayEnds{
		{Day: dashboardstest.Day(10, 3), Counts: map[analytics.EndKind]int64{analytics.EndFlight: 2, analytics.EndRepair: 1}},
		{Day: dashboardstest.Day(10, 31), Counts: map[analytics.EndKind]int64{analytics.EndTask: 1, analytics.EndWave: 1, analytics.EndFlight: 5}},
	}, Open: map[analytics.EndKind]int64{analytics.EndFlight: 40, analytics.EndTask: 3, analytics.EndRepair: 1}}
}

func TestEveryEndAndSignHasItsWords(t *testing.T) {
	for _, kind := range analytics.EndKinds {
		if dashboards.EndNames[kind] == "" {
			t.Errorf("%s has no words", kind)
		}
	}
	shapes := map[string]bool{}
	for _, state := range analytics.ProofStates {
		found := false
		for _, sign := range dashboards.MapSigns {
			if found = sign.State == state; found {
				shapes[sign.Path] = true
				break
			}
		}
		if !found {
			t.Errorf("%s has no sign on the map", state)
		}
	}
	if len(shapes) != len(analytics.ProofStates) {
		t.Errorf("%d shapes for %d states: colour alone would tell them apart", len(shapes), len(analytics.ProofStates))
	}
}

// TestMapPicture has two at one place, one beside them and one by itself.
func TestMapPicture(t *testing.T) {
	point := func(n byte, state analytics.ProofState, longitude, latitude float64) analytics.Point {
		return analytics.Point{Placement: uuid.UUID{n}, State: state, Longitude: longitude, Latitude: latitude}
	}
	points := []analytics.Point{point(1, analytics.Proven, 116.70, 36.10), point(2, analytics.Old, 116.70, 36.10), point(3, analytics.Gone, 116.90, 36.30)}
	asked := dashboards.MapAsked{Link: func(w plane.Window) string { return "?" + w.String() }, Place: func(id string) string { return "p/" + id }}
	m := dashboards.Map(dashboardstest.Plan(), dashboards.MapWide, points, asked)
	if len(m.Marks) != 2 {
		t.Fatalf("%+v", m.Marks)
	}
	alone, heap := m.Marks[0], m.Marks[1] // from north to south
	if alone.Link != "p/"+points[2].Placement.String() || alone.Sign.State != analytics.Gone || alone.Count != 1 {
		t.Errorf("the one by itself: %+v", alone)
	}
	var done, round float64
	if _, err := fmt.Sscan(heap.Good, &done, &round); err != nil || done*2-round > 0.2 || round-done*2 > 0.2 { // one of two is proven
		t.Errorf("the ring says %s", heap.Good)
	}
	if heap.Title != "同一位置2个：已证明1，已过期1，看清单" || !strings.HasSuffix(heap.Link, "#points") {
		t.Errorf("two at one place: %+v", heap)
	}
	if !strings.Contains(m.Description, "3个点") || !strings.Contains(m.Description, m.Scale.Text) {
		t.Errorf("described as %s", m.Description)
	}
	empty := dashboards.Map(dashboardstest.Plan(), dashboards.MapNarrow, nil, asked)
	if len(empty.Marks) != 0 || empty.Outline != "" {
		t.Errorf("of nothing: %+v", empty)
	}
}

func TestMapPanels(t *testing.T) {
	id := uuid.UUID{7}
	shown := []analytics.Point{{Placement: id, State: analytics.Old, Longitude: 116.77, Latitude: 36.18}}
	rows := []analytics.StandingRow{{Placement: id, Task: "t1", Unit: "script", CarrierText: "横幅", Place: dashboardstest.Formula, Quantity: 2, Measure: "条", Start: time.Time{}}}
	panels := dashboards.MapPanels(dashboardstest.Plan(), totalsAsked(), shown, rows, "SELECT 1")
	if len(panels) != 1 || len(panels[0].Table.Rows) != 1 {
		t.Fatalf("%+v", panels)
	}
	var words []string
	for _, cell := range panels[0].Table.Rows[0].Cells {
		words = append(words, cell.Text)
	}
	want := "t1|" + dashboardstest.Script + "|横幅|" + dashboardstest.Formula + "|2|条|已过期|116.770000|36.180000|" + id.String()
	if got := strings.Join(words, "|"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
