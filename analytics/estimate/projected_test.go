package estimate

import (
	"math"
	"testing"
)

// TestFigureOfEstimate: a share keeps its interval as a figure of a simple sample; with a design
// effect it has that of as many fewer answers.
func TestFigureOfEstimate(t *testing.T) {
	check := func(f Figure, method IntervalMethod, want Estimate) {
		t.Helper()
		lower, upper, ok, err := f.Interval(method, want.Level)
		scale := 1.0
		if method == IntervalWilson {
			scale = 100
		}
		if err != nil || !ok || math.Abs(lower*scale-want.Lower) > 1e-9 || math.Abs(upper*scale-want.Upper) > 1e-9 {
			t.Errorf("%v–%v (%v), want %v–%v", lower*scale, upper*scale, err, want.Lower, want.Upper)
		}
	}
	for _, x := range []int64{0, 2, 80, 100} {
		e := Proportion(x, 100, 0.95, 0)
		f, method, ok := e.Figure(0, 0)
		if !ok {
			t.Fatalf("%d of 100: no figure", x)
		}
		check(f, method, e)
		check(f.Projected(100), method, e)
		check(f.Projected(250), method, Proportion(x*5/2, 250, 0.95, 0))
	}
	f, method, _ := Proportion(80, 100, 0.95, 0).Figure(2, 0)
	check(f, method, Proportion(40, 50, 0.95, 0))
	check(f.Projected(200), method, Proportion(80, 100, 0.95, 0))
	index := Index([]Scored{{100, 20}, {80, 30}, {0, 10}}, 0.95, 0)
	f, method, ok := index.Figure(0, 0)
	if !ok || method != IntervalT {
		t.Fatal("an index has no figure")
	}
	check(f, method, index)
	for _, e := range []Estimate{{}, Ratio(3, 4), Proportion(1, 0, 0.95, 0), Proportion(1, 2, 0, 0), Index([]Scored{{5, 3}}, 0.95, 0)} {
		if _, _, ok := e.Figure(0, 0); ok {
			t.Errorf("a figure of %+v", e)
		}
	}
	for _, deff := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, _, ok := Proportion(1, 2, 0.95, 0).Figure(deff, 0); ok {
			t.Errorf("a figure with design effect %v", deff)
		}
	}
}
