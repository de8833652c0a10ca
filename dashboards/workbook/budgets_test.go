//go:build bench

package workbook

import (
	"context"
	"io"
	"testing"

	"shuixuan/app/budget"
	"shuixuan/dashboards/dashboardstest"
)

// TestBudgetsExport holds an export of 100,000 rows of 20 cells against excelize's bare
// StreamWriter with the same values and no styles.
func TestBudgetsExport(t *testing.T) {
	ours, theirs := budget.Turns(t, budget.Rounds,
		func() error {
			return Placements(context.Background(), io.Discard, dashboardstest.Plan(), benchPlacements)
		},
		func() error { return bareExport(io.Discard) })
	budget.Ratio(t, "export of 100,000 rows of 20 cells, to excelize's StreamWriter", ours, theirs, 2)
}
