package dashboards

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
)

// Shapes of the wall are plain SVG that a template prints: they need no script, scale with the
// screen, and stand on the page at once. Coordinates are pixels of a screen 1920 wide.

// WallCurve is the coverage by week: what is owed (dashed), what stands, what is proven.
type WallCurve struct {
	Width    int       `json:"width"`
	Height   int       `json:"height"`
	Owed     string    `json:"owed"` // points of a polyline
	Standing string    `json:"standing"`
	Proven   string    `json:"proven"`
	Below    string    `json:"below"` // the area under what is proven
	Ends     []WallEnd `json:"ends"`  // the last points
	Lines    []WallEnd `json:"lines"` // of the grid, with the count
	Weeks    []WallEnd `json:"weeks"`
	Words    string    `json:"words"` // the curve in words
}

// WallEnd is a text at a place.
type WallEnd struct {
	X, Y int
	Text string
}

// The box of the curve, and the room in it for its texts.
const (
	curveWidth, curveHeight               = 1120, 620
	curveLeft, curveRight, curveTop, foot = 90, 80, 30, 70
)

// weekCurve is nil where there are fewer than two weeks: one point is no curve.
func weekCurve(c *analytics.Coverage) *WallCurve {
	n := len(c.ByWeek)
	if n < 2 {
		return nil
	}
	most := int64(1)
	for _, l := range c.ByWeek {
		most = max(most, l.Expected, l.Present, l.Covered)
	}
	step := gridStep(most)
	top := (most + step - 1) / step * step
	x := func(i int) int { return curveLeft + i*(curveWidth-curveLeft-curveRight)/(n-1) }
	y := func(v int64) int {
		return curveHeight - foot - int(max(v, 0)*(curveHeight-foot-curveTop)/top)
	}
	points := func(of func(analytics.CoverageLine) int64) string {
		var list []string
		for i, l := range c.ByWeek {
			list = append(list, fmt.Sprintf("%d,%d", x(i), y(of(l))))
		}
		return strings.Join(list, " ")
	}
	covered := func(l analytics.CoverageLine) int64 { return l.Covered }
	w := &WallCurve{Width: curveWidth, Height: curveHeight, Proven: points(covered),
		Owed: points(func(l analytics.CoverageLine) int64 { return l.Expected }), Standing: points(func(l analytics.CoverageLine) int64 { return l.Present })}
	w.Below = fmt.Sprintf("%d,%d %s %d,%d", x(0), y(0), w.Proven, x(n-1), y(0))
	first, last := c.ByWeek[0], c.ByWeek[n-1]
	w.Ends = []WallEnd{{x(n - 1), y(last.Covered), strconv.FormatInt(last.Covered, 10)}}
	w.Words = fmt.Sprintf("按周的落实进展：%s已证明%d项，%s已证明%d项", weekStart(first), first.Covered, weekStart(last), last.Covered)
	for v := int64(0); v <= top; v += step {
		w.Lines = append(w.Lines, WallEnd{curveLeft, y(v), strconv.FormatInt(v, 10)})
	}
	every := (n + 3) / 4
	for i := n - 1; i >= 0; i -= every { // the last week always
		w.Weeks = append(w.Weeks, WallEnd{x(i), curveHeight - 20, weekStart(c.ByWeek[i])})
	}
	return w
}

// gridStep gives about four lines at round counts.
func gridStep(most int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, step := range []int64{unit, 2 * unit, 5 * unit} {
			if step*5 >= most {
				return step
			}
		}
	}
}

// gappiest gives at most so many units, those with the most that is not proven, in the order in
// which they came.
func gappiest(units []org.UnitID, cells map[org.UnitID]map[campaign.TaskCode]analytics.CoverageCell, most int) []org.UnitID {
	if len(units) <= most {
		return units
	}
	gaps := func(u org.UnitID) int {
		n := 0
		for _, cell := range cells[u] {
			if cell.State == analytics.Missing || cell.State == analytics.Unproven {
				n++
			}
		}
		return n
	}
	chosen := slices.Clone(units)
	slices.SortStableFunc(chosen, func(a, b org.UnitID) int { return gaps(b) - gaps(a) })
	chosen = chosen[:most]
	return slices.DeleteFunc(slices.Clone(units), func(u org.UnitID) bool { return !slices.Contains(chosen, u) })
}

// WallBar is a group's sheets against its quota. Done and Due are widths out of 1000.
type WallBar struct {
	Label, Text string
	Done, Due   int
}

func newWallBar(s analytics.StratumProgress) WallBar {
	bar := WallBar{Label: s.Label, Text: fmt.Sprintf("%d份，未设配额", s.Complete)}
	if s.Quota > 0 {
		bar.Text = fmt.Sprintf("%d/%d份", s.Complete, s.Quota)
		whole := max(s.Complete, s.Quota) // a surplus runs over the mark of the quota
		bar.Done, bar.Due = int(1000*s.Complete/whole), int(1000*s.Quota/whole)
	}
	return bar
}

// WallRange is a figure with its interval on a scale from 0 to 100, and its verdict. Places are
// out of 1000; a Target below 0 is none.
type WallRange struct {
	Label, Value, Interval, Base string
	Verdict                      Cell
	At, From, To, Target         int
	TargetText                   string
}

func newWallRange(f analytics.WeightedFigure, w *analytics.Weighted) WallRange {
	e, place := f.Total.Estimate, func(v float64) int { return int(math.Round(10 * min(max(v, 0), 100))) }
	r := WallRange{Label: f.Indicator.Label, Value: printed(e, unitOf(f.Indicator.Kind)), Base: "n=" + count(e.Base).Text, At: place(e.Value), From: place(e.Value), To: place(e.Value), Target: -1,
		Verdict: Cell{Text: "未设标准线", State: stateOpen}}
	if e.HasInterval {
		r.Interval, r.From, r.To = e.IntervalText(1), place(e.Lower), place(e.Upper)
	}
	if j, aims := verdictOf(w, f.Indicator.Name); aims {
		r.Verdict, r.Target, r.TargetText = sign(j.Verdict), place(j.Target), "标准线 "+estimate.Round(j.Target, 1)+string(j.Unit)
	}
	return r
}
