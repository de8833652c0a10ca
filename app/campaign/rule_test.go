package campaign

import (
	"math"
	"strings"
	"testing"
)

func TestRuleValidate(t *testing.T) {
	days := func(n int) Sourced[int] { return Sourced[int]{n, "第二十一条"} }
	for name, c := range map[string]struct {
		rule   Rule
		fields string
	}{
		"nothing asked":        {Rule{}, ""},
		"everything asked":     {Rule{Photos: days(2), Interval: days(30), Once: Sourced[bool]{true, "做完"}, Permit: Sourced[bool]{true, "第十二条"}, LongestDays: days(30), HoardingShare: Sourced[float64]{0.3333, "第二十二条"}, Near: days(200), RepairDays: days(7)}, ""},
		"no photo, and why":    {Rule{Photos: Sourced[int]{0, "文章可以查阅"}}, ""},
		"no source":            {Rule{Photos: Sourced[int]{1, ""}, Permit: Sourced[bool]{true, " "}}, "photos permit"},
		"too many photos":      {Rule{Photos: days(4)}, "photos"},
		"minus a day":          {Rule{Interval: days(-1), RepairDays: days(-1)}, "interval repair_days"},
		"a repair of two year": {Rule{RepairDays: days(730)}, "repair_days"},
		"more than a hoarding": {Rule{HoardingShare: Sourced[float64]{1.5, "x"}}, "hoarding_share"},
		"not a number":         {Rule{HoardingShare: Sourced[float64]{math.NaN(), "x"}}, "hoarding_share"},
		"a source of 301":      {Rule{Interval: Sourced[int]{30, strings.Repeat("字", 301)}}, "interval"},
	} {
		var fields []string
		for _, f := range c.rule.Validate() {
			fields = append(fields, f.Field)
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%s: faults at %q, want %q", name, got, c.fields)
		}
	}
}
