package dossier

import (
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/dashboards/dashboardstest"
)

// TestFiguresByDesign: the sentence on a headline figure says what the design makes of it where there
// is one: populations of the strata, people found together, or known totals and nothing else.
func TestFiguresByDesign(t *testing.T) {
	for what, c := range map[string]struct {
		sample analytics.Sample
		says   bool
	}{
		"none":         {analytics.Sample{}, false},
		"strata":       {analytics.Sample{Weighted: true}, true},
		"clusters":     {analytics.Sample{Units: 40}, true},
		"known totals": {analytics.Sample{Raking: &analytics.Raking{Margins: []analytics.RakedMargin{{Used: true}}}}, true},
		"none of use":  {analytics.Sample{Raking: &analytics.Raking{Margins: []analytics.RakedMargin{{}}}}, false},
	} {
		one := Wave{Indicators: dashboardstest.Indicators(), Weighted: dashboardstest.Weighted()}
		one.Weighted.Sample = c.sample
		if text := one.found(""); strings.Contains(text, "按抽样设计估计53.4%") != c.says {
			t.Errorf("%s: %s", what, text)
		}
	}
}
