package document

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A look tells a series from the others: by colour (Okabe and Ito's, for every colour
// blindness), and in grey by pattern, dash and marker.
type look struct {
	colour  string
	pattern string // of DrawingML, empty for solid
	dash    string // of DrawingML
	marker  string
	strokes string // of SVG: how often a line is broken
}

var looks = []look{
	{"0072B2", "", "solid", "circle", ""},
	{"E69F00", "wdUpDiag", "dash", "square", "6 3"},
	{"009E73", "smGrid", "sysDot", "triangle", "2 2"},
	{"CC79A7", "narHorz", "dashDot", "diamond", "6 2 1.5 2"},
	{"56B4E9", "wdDnDiag", "lgDash", "circle", "9 3"},
	{"D55E00", "narVert", "sysDash", "square", "4 2"},
	{"F0E442", "lgCheck", "lgDashDot", "triangle", "9 2 2 2"},
	{"000000", "pct20", "sysDashDot", "diamond", "3 2 1 2"},
}

func lookOf(series int) look { return looks[series%len(looks)] }

// side is the room for names below standing bars, in characters.
const side = 47.5

// lying tells whether the bars lie, one category under the other: side by side their names
// would not fit.
func (c Chart) lying() bool {
	if c.Kind == Line || c.part {
		return c.part
	}
	longest := 0.0
	for _, name := range c.Categories {
		longest = max(longest, width(oneLine(name)))
	}
	return float64(len(c.Categories))*(longest+0.5) > side
}

// barRoom is the height of one lying bar and of the gap between categories, in mm.
const (
	barHigh = 5.0
	barGap  = 4.0
	around  = 26.0 // legend and axis
)

// bars is how many lying bars a category has, the target's among them in the .docx.
func (c Chart) bars() int {
	if c.Target != nil {
		return len(c.Series) + 1
	}
	return len(c.Series)
}

// high is the height of the chart in mm.
func (c Chart) high() float64 {
	if !c.lying() {
		return 80
	}
	return around + float64(len(c.Categories))*(float64(c.bars())*barHigh+barGap)
}

// parts divides a chart with more categories than a page holds; all of them have the same
// axis.
func (c Chart) parts() []Chart {
	holds := max(1, int((textHeight-20-around)/(float64(c.bars())*barHigh+barGap)))
	if !c.lying() || len(c.Categories) <= holds {
		return []Chart{c}
	}
	n := (len(c.Categories) + holds - 1) / holds
	each := (len(c.Categories) + n - 1) / n
	var list []Chart
	_, c.Top = c.scale()
	for from := 0; from < len(c.Categories); from += each {
		to := min(from+each, len(c.Categories))
		one := c
		one.part = true
		one.Categories, one.Series = c.Categories[from:to], make([]Series, len(c.Series))
		for i, s := range c.Series {
			one.Series[i] = Series{s.Name, s.Points[from:to]}
		}
		if from > 0 {
			one.Caption, one.Anchor = c.Caption+"（续）", ""
		}
		if to < len(c.Categories) {
			one.Note = ""
		}
		list = append(list, one)
	}
	return list
}

// missing tells whether there is nothing to draw.
func (p Point) missing() bool {
	return p.Missing || math.IsNaN(p.Value) || math.IsInf(p.Value, 0)
}

// interval gives how far the interval reaches below and above the value.
func (p Point) interval() (down, up float64, ok bool) {
	if p.missing() || !p.Interval {
		return 0, 0, false
	}
	down, up = p.Value-p.Lower, p.Upper-p.Value
	ok = down >= 0 && up >= 0 && !math.IsInf(down, 0) && !math.IsInf(up, 0)
	return down, up, ok
}

// intervals tells whether any point has one.
func (s Series) intervals() bool {
	for _, p := range s.Points {
		if _, _, ok := p.interval(); ok {
			return true
		}
	}
	return false
}

// scale is the axis of values, from 0 or below to a round number, and its step.
func (c Chart) scale() (bottom, top float64) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			if p.missing() {
				continue
			}
			down, up, _ := p.interval()
			bottom, top = min(bottom, p.Value-down), max(top, p.Value+up)
		}
	}
	if c.Target != nil {
		top = max(top, c.Target.Value)
	}
	if c.Top > 0 && c.Top >= top {
		top = c.Top
	}
	if top <= bottom {
		top = bottom + 1
	}
	step := stepOf(top - bottom)
	return math.Floor(bottom/step) * step, math.Ceil(top/step-1e-9) * step
}

// stepOf divides a span by four or five steps of 1, 2 or 5.
func stepOf(span float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(span/5)))
	for _, f := range []float64{1, 2, 5} {
		if span/(power*f) <= 5.0001 {
			return power * f
		}
	}
	return power * 10
}

// places is how many decimals a value is printed with: one, where any of them has any.
func (c Chart) places() int {
	for _, s := range c.Series {
		for _, p := range s.Points {
			if !p.missing() && math.Abs(p.Value-math.Round(p.Value)) > 0.04999 {
				return 1
			}
		}
	}
	return 0
}

// number prints a value with its unit.
func (c Chart) number(v float64) string { return fmt.Sprintf("%.*f", c.places(), v) + oneLine(c.Unit) }

// tick prints a number of the axis.
func (c Chart) tick(v float64) string {
	return fmt.Sprintf("%.6g", math.Round(v*1e6)/1e6) + oneLine(c.Unit)
}

// format is how a spreadsheet prints a number with the unit.
func (c Chart) format(places int) string {
	unit := strings.ReplaceAll(oneLine(c.Unit), `"`, "”")
	code := "0"
	if places > 0 {
		code = "0.0"
	}
	if unit == "" {
		return code
	}
	return code + `"` + unit + `"`
}

// labels are the names of the categories.
func (c Chart) labels() []string {
	list := make([]string, 0, len(c.Categories)+len(c.Times))
	if c.timed() {
		for _, t := range c.Times {
			list = append(list, t.Format("2006-01-02"))
		}
		return list
	}
	for _, name := range c.Categories {
		list = append(list, oneLine(name))
	}
	return list
}

// timed tells whether points stand where they are in time.
func (c Chart) timed() bool { return c.Kind == Line && len(c.Times) > 0 }

// serial is a day as spreadsheets count it.
func serial(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix()/86400) + 25569
}

// spoken describes a chart to those who don't see it.
func (c Chart) spoken() string {
	var b strings.Builder
	b.WriteString(oneLine(c.Caption))
	names := c.labels()
	for _, s := range c.Series {
		fmt.Fprintf(&b, "；%s：", oneLine(s.Name))
		for i, p := range s.Points {
			if i > 0 {
				b.WriteString("，")
			}
			b.WriteString(names[i] + " ")
			switch down, up, ok := p.interval(); {
			case p.missing():
				b.WriteString("无")
			case ok:
				fmt.Fprintf(&b, "%s（%s 至 %s）", c.number(p.Value), c.number(p.Value-down), c.number(p.Value+up))
			default:
				b.WriteString(c.number(p.Value))
			}
		}
	}
	if c.Target != nil {
		fmt.Fprintf(&b, "；%s %s", oneLine(c.Target.Name), c.number(c.Target.Value))
	}
	return b.String()
}

// labelled is how many points of a line have their values beside them; more would hide the
// line. The table has them all.
const labelled = 12

// place is where the values of a line stand so that lines don't cross them: above the
// highest (1), below the lowest (-1), on the right of the others (0).
func (c Chart) place(series int) int {
	mean := func(s Series) float64 {
		sum, n := 0.0, 0.0
		for _, p := range s.Points {
			if !p.missing() {
				sum, n = sum+p.Value, n+1
			}
		}
		return sum / max(n, 1)
	}
	higher, lower := 0, 0
	for i, s := range c.Series {
		switch d := mean(s) - mean(c.Series[series]); {
		case i == series:
		case d > 0 || d == 0 && i < series:
			higher++
		default:
			lower++
		}
	}
	switch {
	case higher == 0:
		return 1
	case lower == 0:
		return -1
	}
	return 0
}

// labelLength is how much of a name is drawn.
const labelLength = 18

// everyDays is how many days lie between two marks of the axis of time: seven marks or so.
func (c Chart) everyDays() int {
	span := serial(c.Times[len(c.Times)-1]) - serial(c.Times[0])
	return max(1, (span+6)/7)
}

// legend tells whether there is more than one thing to tell apart.
func (c Chart) legend() bool { return len(c.Series) > 1 || c.Target != nil }
