// Package planning holds a figure against a target, and tells how many sheets a wave needs:
// the two ends of one question, what a sample of a certain size can settle.
//
// It stands before the fieldwork (Plan: margin, population, strata → sheets to collect and to
// hand out) and after it (JudgeFigure, JudgeEstimate: figure and target → met, not settled,
// missed, and how many sheets more would settle it). It knows neither waves nor pages: numbers
// and names in, numbers and sentences out.
//
// # Why
//
// Both turn an interval round: they ask for the n that gives it. So they stand together, and
// apart from the estimates, which are given n and must not know what anybody hopes for.
package planning

import (
	"fmt"
	"strings"

	"shuixuan/analytics/estimate"
)

// The codes of the warnings that this package gives.
const (
	NonProbability = "non-probability" // the sample wasn't drawn by chance
	HalfChance     = "half-chance"     // so many sheets settle it only if the figure stays
	NotProjected   = "not-projected"   // how many sheets would settle it can't be said
	DeffUnknown    = "deff-unknown"    // a share of 0 or 100 %: the interval is that of a simple sample
	AllNeeded      = "all-needed"      // nearly the whole population would have to be asked
	SmallStratum   = "small-stratum"   // too few sheets for a figure of its own
	Raised         = "raised"          // a stratum was raised to the minimum
	Exhausted      = "exhausted"       // a stratum has fewer people than it should give
	TooManyHanded  = "too-many-handed" // more sheets to hand out than there are people
	FewExpected    = "few-expected"    // hardly anybody would give the rarer answer
	SharesUnknown  = "shares-unknown"  // what strata weigh isn't known: no margin for all
	SharesScaled   = "shares-scaled"   // shares given didn't add up to 1
)

// Fault is one input that can't be; Field is the name of the field in Plan or Target, Why is
// for people (Chinese).
type Fault struct {
	Field string `json:"field"`
	Why   string `json:"why"`
}

// Faults is every fault of an input at once.
type Faults []Fault

func (f Faults) Error() string {
	list := make([]string, len(f))
	for i, one := range f {
		list[i] = one.Why
	}
	return strings.Join(list, "；")
}

func (f *Faults) add(field, format string, args ...any) {
	*f = append(*f, Fault{field, fmt.Sprintf(format, args...)})
}

func warning(code, format string, args ...any) estimate.Warning {
	return estimate.Warning{Code: code, Text: fmt.Sprintf(format, args...)}
}
