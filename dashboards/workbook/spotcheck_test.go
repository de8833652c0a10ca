package workbook

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/placement"
	"shuixuan/app/spotcheck"
	"shuixuan/dashboards/dashboardstest"
)

// spotChecked is a check of three points of which two were seen, one of them corrected.
func spotChecked(t *testing.T) SpotCheckData {
	t.Helper()
	check := spotcheck.Check{ID: "c", Purpose: spotcheck.Inspection, Algorithm: drawing.Algorithm, Seed: "K7Q2M9XA", Day: dashboardstest.Day(10, 27), Cutoff: dashboardstest.Day(10, 27), Asked: 3, Frame: 30, FrameHash: "ab12", Proven: 20, Gone: 1, Acts: 4, By: dashboardstest.Formula,
		Strata: []drawing.Stratum{{Cells: []drawing.Cell{{Unit: "zhujian", Carrier: "board", Size: 30}}, Size: 30, Drawn: 3}}, Notes: []string{"有2个合并"}}
	for i := range 3 {
		check.Points = append(check.Points, spotcheck.Point{Number: i + 1, Placement: uuid.UUID{15: byte(i + 1)}, Task: "社会宣传1", Unit: "zhujian", Carrier: "board", Place: dashboardstest.Formula, Quantity: 2, Measure: "块", Claim: drawing.Proven})
	}
	counted, at := 1.0, time.Date(2014, 10, 28, 1, 0, 0, 0, time.UTC)
	findings := map[int]spotcheck.Finding{1: {Found: drawing.Damaged, Counted: &counted, Note: dashboardstest.Formula, By: "王工", Position: &placement.Position{Longitude: 116.77, Latitude: 36.18}}, 2: {Found: drawing.Gone, By: "王工"}}
	result, err := drawing.Estimate(check.Strata, check.Analysed(findings), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	return SpotCheckData{Plan: dashboardstest.Plan(), Check: check, Purpose: "验收抽查", Result: result, Comparison: drawing.Compare(result, check.Analysed(findings), check.Proven), MadeAt: at, Version: "test",
		Findings: []SpotFinding{{Number: 1, Version: 1, At: at, Finding: spotcheck.Finding{Found: drawing.AsClaimed, By: "王工"}}, {Number: 1, Version: 2, Holds: true, At: at.Add(time.Hour), Finding: findings[1]}, {Number: 2, Version: 1, Holds: true, At: at, Finding: findings[2]}},
		Strata:   []SpotStratum{{Name: "市住建局 公益广告牌30处", Size: 30, Drawn: 3, Probability: "3/30"}}}
}

// TestSpotCheck: the figures, every version of a finding, and the point nobody has seen; what
// people wrote is text, formula or not.
func TestSpotCheck(t *testing.T) {
	var out bytes.Buffer
	if err := SpotCheck(&out, spotChecked(t)); err != nil {
		t.Fatal(err)
	}
	keep("spotcheck", out.Bytes())
	golden(t, "spotcheck", out.Bytes())
}
