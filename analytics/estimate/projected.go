package estimate

import "math"

// Projected is the figure that n rows would give if the value and the design effect stay as
// they are: the variance goes with 1/n (Kish, Survey Sampling, section 8.2), and new rows
// come in as many new sampling units as the old ones did: where each row is a unit of one
// stratum there are n−1 degrees of freedom, elsewhere they grow in proportion, rounded down. A
// finite population isn't looked at. So the interval is rather too wide than too narrow. Below N
// it is the figure itself.
func (f Figure) Projected(n int) Figure {
	if f.N == 0 || n <= f.N {
		return f
	}
	by := float64(n) / float64(f.N)
	if f.DF == f.N-1 {
		f.DF = n - 1
	} else {
		f.DF = int(int64(f.DF) * int64(n) / int64(f.N))
	}
	f.rows = int(int64(f.rows) * int64(n) / int64(f.N))
	f.SE /= math.Sqrt(by)
	f.Base *= by
	f.EffectiveN *= by
	f.N = n
	return f
}

// Figure takes a share or an index of a simple sample for one of a designed sample with a
// design effect (0: 1) and degrees of freedom (0: those of a simple sample), and tells the
// interval that belongs to it; with neither it is that of the estimate. A share of 0 or 100 %
// has no standard error, see Interval. ok is false where the estimate carries no interval.
//
// The standard error of an index comes back out of its interval, of which one side may be cut
// at the end of the scale; the wider side is taken.
func (e Estimate) Figure(deff float64, df int) (f Figure, method IntervalMethod, ok bool) {
	if !e.Valid || !e.HasInterval || !(deff >= 0) || math.IsInf(deff, 1) || df < 0 {
		return Figure{}, "", false
	}
	if deff == 0 {
		deff = 1
	}
	n := int(e.Base)
	f = Figure{N: n, Base: float64(n), DF: n - 1, Deff: deff, EffectiveN: float64(n) / deff, Valid: true, Warnings: e.Warnings, rows: n}
	if df > 0 {
		f.DF = df
	}
	switch e.Method {
	case MethodWilson:
		p := float64(e.Numerator) / float64(e.Base)
		f.Value, f.share = p, true
		// With one row both are 0 or 1; Wilson's interval needs no standard error there.
		if p > 0 && p < 1 {
			f.SE, f.HasSE = math.Sqrt(deff*p*(1-p)/float64(n)), true
		}
		return f, IntervalWilson, true
	case MethodT:
		half := max(e.Upper-e.Value, e.Value-e.Lower)
		f.Value = e.Value
		f.SE, f.HasSE = math.Sqrt(deff)*half/studentT(e.Level, e.Base-1), half > 0
		return f, IntervalT, f.HasSE
	}
	return Figure{}, "", false
}
