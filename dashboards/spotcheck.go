package dashboards

import (
	"fmt"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/spotcheck"
)

// SpotTable is what was found by what the ledger claims: a row for each claim, and one for all.
type SpotTable struct {
	Columns []string
	Rows    []SpotRow
}

// SpotRow counts points; Cells are in the order of the columns.
type SpotRow struct {
	Claim  string
	Points int
	Cells  []int
}

// SpotAgreement draws the table of agreement.
func SpotAgreement(c *spotcheck.Comparison) SpotTable {
	order := append([]spotcheck.Found{}, spotcheck.Founds...)
	order = append(order, spotcheck.Unvisited)
	var t SpotTable
	total := SpotRow{Claim: "合计", Cells: make([]int, len(order))}
	for _, f := range order {
		t.Columns = append(t.Columns, spotcheck.Names[f])
	}
	for _, row := range c.Rows {
		line := SpotRow{Claim: spotcheck.ClaimNames[row.Claim], Points: row.Points}
		for i, f := range order {
			line.Cells = append(line.Cells, row.Counts[f])
			total.Cells[i] += row.Counts[f]
		}
		total.Points += row.Points
		t.Rows = append(t.Rows, line)
	}
	t.Rows = append(t.Rows, total)
	return t
}

// spotMethods are the words for how a rate of a check was made.
var spotMethods = map[string]string{
	string(estimate.IntervalBeta): "Korn–Graubard区间，有限总体修正", estimate.MethodWilson: "威尔逊区间", estimate.MethodCount: "全部点位，不是推算",
}

// SpotRate is a rate with its base, interval and method in words.
func SpotRate(e estimate.Estimate) string {
	if !e.Valid {
		return "说不出来：还没有结果"
	}
	words := fmt.Sprintf("%s%%（%d处中%d处", e.Text(1), e.Base, e.Numerator)
	if e.HasInterval {
		words += fmt.Sprintf("；%s%%置信区间%s%%", estimate.Round(100*e.Level, 0), e.IntervalText(1))
	}
	return words + "；" + spotMethods[e.Method] + "）"
}
