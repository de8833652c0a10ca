package estimate

import "math"

// Methods of a designed figure.
const (
	MethodLogit  = "logit"    // share of a designed sample, interval on the scale of log odds
	MethodDesign = "design t" // mean of a designed sample with Student's t interval
)

// Printed gives a figure as pages and reports show it: a share in percent with the interval
// of a method, anything else in its own unit with Student's t. A base below smallBase is
// marked; that some gave no answer is said by the base and not repeated.
func (f Figure) Printed(method IntervalMethod, level float64, smallBase int64) (Estimate, error) {
	e := Estimate{Value: f.Value, Valid: f.Valid, Base: int64(f.N), Level: level, Method: MethodDesign}
	scale := 1.0
	if f.share {
		scale, e.Method = 100, string(method)
	} else {
		method = IntervalT
	}
	for _, w := range f.Warnings {
		if w.Code != MissingRows {
			e.Warnings = append(e.Warnings, w)
		}
	}
	e.Value *= scale
	if !e.Valid {
		return e, nil
	}
	e.warnSmall(smallBase)
	if !e.levelHolds() {
		return e, nil
	}
	lower, upper, known, err := f.Interval(method, level)
	if err != nil {
		return e, err
	}
	if known && isNumber(lower) && isNumber(upper) {
		e.Lower, e.Upper, e.HasInterval = scale*lower, scale*upper, true
	}
	return e, nil
}

// AsMean is the figure of a variable that is no share, though all its values are 0 and 1: points
// of a scale, of which a group may have given the lowest alone.
func (f Figure) AsMean() Figure {
	f.share = false
	return f
}

// EffectiveShare is how many people drawn one by one would tell a share as closely; 0 where
// its error isn't known (Kish 1965, section 8.2).
func (f Figure) EffectiveShare() float64 {
	if !f.share || !f.HasSE {
		return 0
	}
	n := f.Value * (1 - f.Value) / (f.SE * f.SE)
	if math.IsInf(n, 0) || math.IsNaN(n) {
		return 0
	}
	return n
}
