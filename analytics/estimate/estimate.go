// Package estimate turns counts into figures that carry their base, interval, method
// and warnings.
//
// It knows no database, no page and no questionnaire: numbers in, estimates out, so
// that every formula can be checked by hand and against an independent tool.
//
// # Why
//
// SQL counts and sums; Go estimates. The cut keeps the statistics a page of pure
// functions, and lets the same functions serve rows of a CSV later.
package estimate

import (
	"fmt"
	"math/big"
)

// Warning is a doubt that must be shown with its figure; it is not an error. Code is
// for programs and tests, Text for people (Chinese).
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// The codes of the warnings that this package gives.
const (
	BaseZero    = "base-zero"    // nothing to estimate from: no number may be shown
	SmallBase   = "small-base"   // fewer answers than the agreed minimum
	AllOfThem   = "all"          // every one: the interval still leaves room below
	NoneOfThem  = "none"         // no one: the interval still leaves room above
	OneAnswer   = "one-answer"   // a spread can't be estimated from one answer
	AllEqual    = "all-equal"    // all answers alike: a spread of 0 would claim certainty
	NoLevel     = "no-level"     // the confidence level is not between 0 and 1
	NoInterval  = "no-interval"  // the figure has no honest interval, and why
	Impossible  = "impossible"   // counts that can't be: negative, or more than the base
	PartMissing = "part-missing" // a part of a composite can't be said
	LonelyUnit  = "lonely-psu"   // a stratum of one sampling unit, whose spread isn't known
	NoSpread    = "no-spread"    // all answers alike, or no degrees of freedom: no standard error
	MissingRows = "missing"      // rows without a value are left out
)

// The methods by which a figure is made.
const (
	MethodWilson      = "Wilson"       // share of a sample with the Wilson score interval
	MethodMentions    = "mentions"     // share of mentions: no interval
	MethodT           = "t"            // mean with Student's t interval
	MethodCount       = "count"        // part of a full count: nothing was sampled
	MethodQuantity    = "quantity"     // part of a quantity that is due, at most 100
	MethodWeightedSum = "weighted sum" // of other figures
)

// Estimate is a value with what it rests on. A share and its interval are in
// percent (0 to 100), an index in points. Valid is false where there is nothing to
// estimate from (base 0): then no number may be shown. HasInterval is false where no
// honest interval exists.
type Estimate struct {
	Value       float64   `json:"value"`
	Lower       float64   `json:"lower"`
	Upper       float64   `json:"upper"`
	Valid       bool      `json:"valid"`
	HasInterval bool      `json:"has_interval"`
	Numerator   int64     `json:"numerator"` // persons (or mentions) counted; 0 for an index
	Base        int64     `json:"base"`
	Level       float64   `json:"level"`  // confidence level, 0.95
	Method      string    `json:"method"` // "Wilson", "t", …
	Warnings    []Warning `json:"warnings,omitempty"`
}

// Text is the value as it is printed, without a sign for percent, and "–" where
// there is none. A share is rounded from its two integers, anything else from the
// shortest decimal of its value.
func (e Estimate) Text(decimals int) string {
	switch {
	case !e.Valid:
		return "–"
	case e.ofCounts():
		return Percent(e.Numerator, e.Base, decimals)
	default:
		return Round(e.Value, decimals)
	}
}

// IntervalText is the interval as it is printed (82.82–92.24), empty where there is none.
func (e Estimate) IntervalText(decimals int) string {
	if !e.Valid || !e.HasInterval {
		return ""
	}
	return Round(e.Lower, decimals) + "–" + Round(e.Upper, decimals)
}

// Warned tells whether the figure carries the warning with this code.
func (e Estimate) Warned(code string) bool {
	for _, w := range e.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

func (e Estimate) ofCounts() bool {
	switch e.Method {
	case MethodWilson, MethodMentions, MethodCount:
		return true
	}
	return false
}

func (e *Estimate) warn(code, format string, args ...any) {
	e.Warnings = append(e.Warnings, Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

// warnSmall marks a base below the agreed minimum; 0 means that none was agreed.
func (e *Estimate) warnSmall(smallBase int64) {
	if e.Base < smallBase {
		e.warn(SmallBase, "小样本：基数不足%d", smallBase)
	}
}

// levelHolds tells whether an interval can be given, and marks the figure if not. The
// level is a setting of the campaign, so there is no value to fall back to.
func (e *Estimate) levelHolds() bool {
	if e.Level > 0 && e.Level < 1 {
		return true
	}
	e.Level = 0 // NaN can't be sent as JSON
	e.warn(NoLevel, "没有设定有效的置信水平，不给出区间")
	return false
}

// exact is the decimal number that a person wrote for v: 0.4 is four tenths, not the
// binary fraction beside it.
func exact(v float64) *big.Rat {
	r, ok := new(big.Rat).SetString(shortest(v))
	if !ok {
		return new(big.Rat)
	}
	return r
}

func toFloat(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}
