package importance

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

// LineKind is where a line of the quadrant runs.
type LineKind string

// The closed list.
const (
	LineMean   LineKind = "mean"
	LineMedian LineKind = "median"
	LineFixed  LineKind = "fixed" // at a value that was decided, as a target
)

// Line parts high from low.
type Line struct {
	Kind LineKind
	At   float64 // with LineFixed
}

func (l Line) check() error {
	switch l.Kind {
	case LineMean, LineMedian:
		return nil
	case LineFixed:
		if finite(l.At) {
			return nil
		}
		return refuse("分界线要是一个数")
	}
	return refuse("没有“%s”这种分界线", l.Kind)
}

// among gives where the line runs among values; there must be one.
func (l Line) among(values []float64) float64 {
	switch l.Kind {
	case LineFixed:
		return l.At
	case LineMean:
		return floats.Sum(values) / float64(len(values))
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Quadrant is where an item stands (Martilla and James 1977, Journal of Marketing 41).
type Quadrant string

// The closed list.
const (
	FixFirst Quadrant = "fix-first" // matters, and does badly
	KeepUp   Quadrant = "keep-up"   // matters, and does well
	FixLater Quadrant = "fix-later" // matters less, and does badly
	Hold     Quadrant = "hold"      // matters less, and does well
	Nowhere  Quadrant = ""          // importance or performance can't be said
)

// Text is the quadrant as it is printed.
func (q Quadrant) Text() string {
	return map[Quadrant]string{FixFirst: "优先改进", KeepUp: "继续保持", FixLater: "逐步改进", Hold: "维持现状", Nowhere: "无法归类"}[q]
}

// UncertainText stands beside the quadrant of an item whose position the sample doesn't settle.
const UncertainText = "位置不确定"

// place puts the items into quadrants. The lines are those of the drawing, and an item is
// uncertain where its drawn interval crosses one: the words say what the eye sees. That a line
// of means or medians is itself estimated is left aside; that of mean shares isn't, it always
// runs at 100/p.
func (a *answers) place(r *Result) {
	var shares, performance []float64
	for k, d := range r.Items {
		if a.isActive(k) {
			shares = append(shares, d.Share)
		}
		if d.Performance.Valid {
			performance = append(performance, d.Performance.Value)
		}
	}
	r.ImportanceLine = a.settings.ImportanceLine.among(shares)
	if a.settings.ImportanceLine.Kind == LineMean {
		r.ImportanceLine = 100 / float64(len(shares))
	}
	if len(performance) == 0 {
		return
	}
	r.PerformanceLine = a.settings.PerformanceLine.among(performance)
	for k := range r.Items {
		d := &r.Items[k]
		if !a.isActive(k) || !d.Performance.Valid {
			continue
		}
		d.Quadrant = quadrant(d.Share >= r.ImportanceLine, d.Performance.Value >= r.PerformanceLine)
		d.Uncertain = !d.HasInterval || crosses(d.Lower, d.Upper, r.ImportanceLine) ||
			!d.Performance.HasInterval || crosses(d.Performance.Lower, d.Performance.Upper, r.PerformanceLine)
	}
}

func quadrant(matters, well bool) Quadrant {
	switch {
	case matters && well:
		return KeepUp
	case matters:
		return FixFirst
	case well:
		return Hold
	}
	return FixLater
}

func crosses(lower, upper, line float64) bool { return lower < line && line <= upper }
