package spotcheck

import (
	"fmt"
	"slices"

	"shuixuan/analytics/estimate"
)

// Found is what somebody found at a point.
type Found string

// The closed list. The empty one is a point where nobody has been.
const (
	Unvisited Found = ""
	AsClaimed Found = "as-claimed" // stands, as the ledger has it
	Damaged   Found = "damaged"    // stands, with damage
	Gone      Found = "gone"       // was taken away
	NotFound  Found = "not-found"  // looked for in vain: not standing, as far as anybody can tell
	Unreached Found = "unreached"  // nobody could get there: nothing is known
)

// Founds are those that can be recorded, in the order of the form.
var Founds = []Found{AsClaimed, Damaged, Gone, NotFound, Unreached}

// Names are the words for them.
var Names = map[Found]string{
	Unvisited: "还没去", AsClaimed: "在位，与台账一致", Damaged: "在位，有损坏", Gone: "已不在", NotFound: "没找到", Unreached: "到不了",
}

// Known tells whether it says anything about the placement.
func (f Found) Known() bool { return f != Unvisited && f != Unreached }

// Stands tells whether the placement is there.
func (f Found) Stands() bool { return f == AsClaimed || f == Damaged }

// Point is a point with what was found.
type Point struct {
	Stratum int // index in the strata
	Claim   Claim
	Found   Found
}

// Result is what a check says. Rates are in percent of the placements of the frame.
type Result struct {
	Points  int           // drawn
	Known   int           // of which something is known
	Counts  map[Found]int // points by what was found
	Frame   int           // placements
	Covered int           // of them in strata with a known point, which the figures are of

	Standing estimate.Estimate // in place, damaged or not, estimated from the known points
	Sound    estimate.Estimate // in place as the ledger has it
	OfProven estimate.Estimate // in place among those that the ledger claims proven

	// Lowest and Highest are the rate if none, or all, of the unknown points stand; equal to
	// Standing where all are known.
	Lowest, Highest estimate.Estimate

	EffectiveN float64 // points drawn one by one that would tell Standing as closely; 0: not known
	Warnings   []estimate.Warning
}

// fewKnown is below how many known points the interval is said to tell little.
const fewKnown = 10

// Estimate tells from what was found how much of the frame is standing.
//
// A known point weighs as many placements as its stratum has over its known points, as if the
// unknown ones of a stratum were like the others; Lowest and Highest tell what that may hide.
// The interval is Korn and Graubard's with the correction for a finite population; a stratum
// with one known point counts by its distance from the centre of all (estimate.LonelyAdjust);
// where no stratum has two, all are taken for one. Where all points or none stand it is
// Wilson's over the points. Where every placement of the frame is known there is none.
func Estimate(strata []Stratum, points []Point, level float64) (*Result, error) {
	r := &Result{Points: len(points), Counts: map[Found]int{}}
	seen := map[int]bool{}
	for i, p := range points {
		if p.Stratum < 0 || p.Stratum >= len(strata) {
			return nil, fmt.Errorf("point %d is of stratum %d of %d", i+1, p.Stratum, len(strata))
		}
		if _, known := Names[p.Found]; !known {
			return nil, fmt.Errorf("point %d was found %q", i+1, p.Found)
		}
		r.Counts[p.Found]++
		if p.Found.Known() {
			r.Known++
			seen[p.Stratum] = true
		}
	}
	for i, s := range strata {
		r.Frame += s.Size
		if seen[i] {
			r.Covered += s.Size
		}
	}
	known := looking{strata: strata, level: level, counts: func(p Point) bool { return p.Found.Known() }}
	all := looking{strata: strata, level: level, counts: func(Point) bool { return true }}
	stands := func(p Point) bool { return p.Found.Stands() }
	proven := func(p Point) bool { return p.Claim == Proven }
	var err error
	for _, one := range []struct {
		into *estimate.Estimate
		how  looking
		yes  func(Point) bool
		in   func(Point) bool
	}{
		{&r.Standing, known, stands, nil},
		{&r.Sound, known, func(p Point) bool { return p.Found == AsClaimed }, nil},
		{&r.OfProven, known, stands, proven},
		{&r.Lowest, all, stands, nil},
		{&r.Highest, all, func(p Point) bool { return stands(p) || !p.Found.Known() }, nil},
	} {
		var f estimate.Figure
		if *one.into, f, err = one.how.share(points, one.yes, one.in); err != nil {
			return nil, fmt.Errorf("estimate the standing rate: %w", err)
		}
		if one.into == &r.Standing {
			r.EffectiveN = f.EffectiveShare()
		}
	}
	if r.Known > 0 { // else there is one thing to say
		r.Warnings = slices.Clone(r.Standing.Warnings)
	}
	r.Standing.Warnings = nil
	r.sayUnknown()
	return r, nil
}

func (r *Result) warn(code, format string, args ...any) {
	r.Warnings = append(r.Warnings, estimate.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (r *Result) sayUnknown() {
	switch unknown := r.Points - r.Known; {
	case r.Known == 0:
		r.warn(NoFindings, "还没有一处点位有结果")
	case unknown > 0:
		r.warn(Unknown, "%d处还没有结果（%d处没去，%d处到不了）：推算当作它们与同层其他点位相同；如果全都不在，在位率是%s%%，如果全都在，是%s%%",
			unknown, r.Counts[Unvisited], r.Counts[Unreached], r.Lowest.Text(1), r.Highest.Text(1))
	}
	if r.Known > 0 && r.Known < fewKnown {
		r.warn(FewPoints, "只有%d处有结果，区间很宽，只能说明大概", r.Known)
	}
}

// looking is a way to look at points: which of them count.
type looking struct {
	strata []Stratum
	level  float64
	counts func(Point) bool
}

// share estimates the share of placements of a domain (nil: all) for which yes holds.
func (l looking) share(points []Point, yes, in func(Point) bool) (estimate.Estimate, estimate.Figure, error) {
	known := make([]int, len(l.strata)) // points that count, by stratum
	var used []Point
	for _, p := range points {
		if l.counts(p) {
			known[p.Stratum]++
			used = append(used, p)
		}
	}
	var inside, count int
	domain := make([]bool, len(used))
	for i, p := range used {
		if domain[i] = in == nil || in(p); domain[i] {
			inside++
			if yes(p) {
				count++
			}
		}
	}
	if inside == 0 || l.whole(known) {
		return estimate.Ratio(int64(count), int64(inside)), estimate.Figure{}, nil
	}
	f, warnings, err := l.figure(used, known, yes, domain)
	if err != nil {
		return estimate.Estimate{}, f, err
	}
	e, err := f.Printed(estimate.IntervalBeta, l.level, 0)
	if err != nil {
		return e, f, err
	}
	e.Numerator, e.Base = int64(count), int64(inside)
	e.Warnings = append(l.uncovered(known), warnings...)
	if !f.HasSE && (count == 0 || count == inside) { // see Figure.Interval
		e.Method = estimate.MethodWilson
		code, text := estimate.NoneOfThem, "看到的点位全都不在，其余的未必，见区间上限"
		if count == inside {
			code, text = estimate.AllOfThem, "看到的点位全都在，其余的未必，见区间下限"
		}
		e.Warnings = append(e.Warnings, estimate.Warning{Code: code, Text: text})
	}
	return e, f, nil
}

// whole tells whether every placement of the frame is known.
func (l looking) whole(known []int) bool {
	for i, s := range l.strata {
		if known[i] != s.Size {
			return false
		}
	}
	return true
}

// uncovered tells of strata without a known point: the figure is of the others.
func (l looking) uncovered(known []int) []estimate.Warning {
	var strata, placements int
	for i, s := range l.strata {
		if known[i] == 0 {
			strata, placements = strata+1, placements+s.Size
		}
	}
	if strata == 0 {
		return nil
	}
	return []estimate.Warning{{Code: Uncovered, Text: fmt.Sprintf("有%d层（共%d处）还没有一处有结果，推算只代表其余的", strata, placements)}}
}

// figure estimates over the strata; where that gives no standard error, over all of them as
// one, which takes the differences between strata for chance and so errs on the wide side.
func (l looking) figure(used []Point, known []int, yes func(Point) bool, domain []bool) (estimate.Figure, []estimate.Warning, error) {
	n := len(used)
	rows := estimate.Rows{N: n, Weights: make([]float64, n), Strata: [][]string{make([]string, n)}, Populations: [][]float64{make([]float64, n)}, Lonely: estimate.LonelyAdjust}
	values := make([]float64, n)
	covered := 0
	for i, s := range l.strata {
		if known[i] > 0 {
			covered += s.Size
		}
	}
	for i, p := range used {
		size := float64(l.strata[p.Stratum].Size)
		rows.Strata[0][i], rows.Populations[0][i] = fmt.Sprint(p.Stratum), size
		rows.Weights[i] = size / float64(known[p.Stratum])
		if yes(p) {
			values[i] = 1
		}
	}
	f, err := mean(rows, values, domain)
	if err != nil || f.HasSE || f.Value == 0 || f.Value == 1 {
		return f, lonelyOf(f), err
	}
	for i := range used {
		rows.Populations[0][i] = float64(covered)
	}
	rows.Strata = nil
	f, err = mean(rows, values, domain)
	return f, []estimate.Warning{{Code: Collapsed, Text: "每层只有一处有结果，各层并作一层估计误差，区间偏宽"}}, err
}

// lonelyOf keeps the one warning of a figure that a person should read here.
func lonelyOf(f estimate.Figure) []estimate.Warning {
	if slices.ContainsFunc(f.Warnings, func(w estimate.Warning) bool { return w.Code == estimate.LonelyUnit }) {
		return []estimate.Warning{{Code: estimate.LonelyUnit, Text: "有的层只有一处有结果，这些层的误差按它们偏离总体中心的程度估计，区间是近似的"}}
	}
	return nil
}

func mean(rows estimate.Rows, values []float64, domain []bool) (estimate.Figure, error) {
	design, err := estimate.NewDesign(rows)
	if err != nil {
		return estimate.Figure{}, err
	}
	figures, err := design.Means([][]float64{values}, domain)
	if err != nil {
		return estimate.Figure{}, err
	}
	return figures.Each[0], nil
}
