package estimate

import (
	"math"
	"slices"
)

// QuantileFigure is a quantile with Woodruff's interval; HasInterval is false where a bound
// falls off the end of the distribution.
type QuantileFigure struct {
	Figure
	At          float64 `json:"at"`
	Lower       float64 `json:"lower"`
	Upper       float64 `json:"upper"`
	HasInterval bool    `json:"-"`
}

// Quantiles estimates quantiles of a variable over a domain (nil: all): the smallest value
// up to which at least that part of the weight lies. The interval is Woodruff's: that of the
// share of values up to the quantile, read off the distribution again (Woodruff 1952, JASA
// 47; Lumley, Complex Surveys, section 2.4.1), and the standard error its width over 2t.
func (d *Design) Quantiles(y []float64, in []bool, at []float64, level float64) ([]QuantileFigure, error) {
	inside, _, err := d.domain(in, y)
	if err != nil {
		return nil, err
	}
	dist := d.distribution(y, inside)
	list := make([]QuantileFigure, len(at))
	for k, p := range at {
		one := &list[k]
		one.At = p
		if len(dist.values) == 0 || !(p > 0 && p < 1) {
			one.warn(BaseZero, "基数为0，无法计算")
			continue
		}
		value := dist.at(p)
		upTo := make([]float64, len(y))
		for i, v := range y {
			upTo[i] = v // a missing value stays one
			if !math.IsNaN(v) {
				upTo[i] = 0
				if v <= value {
					upTo[i] = 1
				}
			}
		}
		f, err := d.Means([][]float64{upTo}, in)
		if err != nil {
			return nil, err
		}
		share := f.Each[0]
		one.Figure = Figure{N: share.N, Base: share.Base, Value: value, DF: share.DF, Valid: true, Warnings: share.Warnings}
		lower, upper, ok, err := share.Interval(IntervalT, level)
		if err != nil {
			return nil, err
		}
		if !ok || lower < 0 || upper > 1 {
			one.warn(NoInterval, "太靠近分布的一端，给不出区间")
			continue
		}
		one.Lower, one.Upper, one.HasInterval = dist.at(lower), dist.at(upper), true
		one.SE, one.HasSE = (one.Upper-one.Lower)/(2*quantileT(1-(1-level)/2, share.DF)), true
	}
	return list, nil
}

// cumulated is a weighted distribution: values in order, and the weight up to each.
type cumulated struct {
	values, upTo []float64
}

func (d *Design) distribution(y []float64, inside []bool) cumulated {
	var rows []int
	for i, w := range d.weights {
		if inside[i] && w > 0 {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		switch {
		case y[a] < y[b]:
			return -1
		case y[a] > y[b]:
			return 1
		}
		return 0
	})
	c := cumulated{values: make([]float64, len(rows)), upTo: make([]float64, len(rows))}
	sum := 0.0
	for k, i := range rows {
		sum += d.weights[i]
		c.values[k], c.upTo[k] = y[i], sum
	}
	return c
}

// at is the smallest value with at least the part p of the weight up to it.
func (c cumulated) at(p float64) float64 {
	want := p * c.upTo[len(c.upTo)-1]
	k, _ := slices.BinarySearch(c.upTo, want)
	return c.values[min(k, len(c.values)-1)]
}
