package document

import (
	"fmt"
	"html/template"
	"math"
)

// plot is a chart being drawn, in mm, with y downwards.
type plot struct {
	markup
	c                       Chart
	id                      int
	left, right, head, foot float64 // the frame of the values
	bottom, top             float64 // the values at its ends
	high                    float64
}

// Letters of charts in mm, and the room that a line of them takes.
const (
	letter = 2.9
	row    = 4.0
)

// drawn draws a chart for the page.
func drawn(c Chart, id int) template.HTML {
	p := &plot{c: c, id: id, high: c.high()}
	p.bottom, p.top = c.scale()
	p.left, p.right, p.head, p.foot = 16, textWidth-4, 7, p.high-8-2*row
	if !c.legend() {
		p.foot += row
	}
	if c.lying() {
		longest := 0.0
		for _, name := range c.labels() {
			longest = max(longest, width(short(name, labelLength)))
		}
		p.left, p.right, p.foot = longest*letter+4, textWidth-16, p.high-8-row
		p.head = 2
	}
	p.in("svg", func() {
		p.patterns()
		p.grid()
		p.target()
		if c.Kind == Line {
			p.lines()
		} else {
			p.bars()
		}
		p.legend()
	}, "xmlns", "http://www.w3.org/2000/svg", "viewBox", fmt.Sprintf("0 0 %g %g", textWidth, p.high),
		"width", fmt.Sprintf("%gmm", textWidth), "height", fmt.Sprintf("%gmm", p.high), "role", "img", "aria-label", c.spoken())
	return template.HTML(p.b.String()) // every value in it went through markup
}

// mm2 rounds a length to a hundredth of a mm.
func mm2(v float64) float64 { return math.Round(v*100) / 100 }

// at gives where a value stands on its axis.
func (p *plot) value(v float64) float64 {
	share := (v - p.bottom) / (p.top - p.bottom)
	if p.c.lying() {
		return mm2(p.left + share*(p.right-p.left))
	}
	return mm2(p.foot - share*(p.foot-p.head))
}

func (p *plot) stroke(x1, y1, x2, y2 float64, colour string, thick float64, strokes string) {
	p.at("line", "x1", mm2(x1), "y1", mm2(y1), "x2", mm2(x2), "y2", mm2(y2), "stroke", colour, "stroke-width", thick, "stroke-dasharray", dashes(strokes))
}

func dashes(strokes string) string {
	if strokes == "" {
		return "none"
	}
	return strokes
}

func (p *plot) words(x, y float64, anchor, s string) {
	p.text("text", s, "x", mm2(x), "y", mm2(y), "text-anchor", anchor, "font-size", letter)
}

// label writes a value on white, so that no line runs through it.
func (p *plot) label(x, y float64, anchor, s string) {
	wide, left := width(s)*letter+0.4, x-0.2
	if anchor == "middle" {
		left = x - wide/2
	}
	p.at("rect", "x", mm2(left), "y", mm2(y-letter*0.85), "width", mm2(wide), "height", letter, "fill", "#fff")
	p.words(x, y, anchor, s)
}

// patterns are the fillings that tell the series apart in grey.
func (p *plot) patterns() {
	ways := map[string]string{"wdUpDiag": "M0 3L3 0", "wdDnDiag": "M0 0L3 3", "smGrid": "M0 .75H3M0 2.25H3M.75 0V3M2.25 0V3", "narHorz": "M0 .5H3M0 1.5H3M0 2.5H3",
		"narVert": "M.5 0V3M1.5 0V3M2.5 0V3", "lgCheck": "M0 .75H1.5M1.5 2.25H3", "pct20": "M.5 .75H1M2 2.25H2.5"}
	p.in("defs", func() {
		for i := range min(len(p.c.Series), len(looks)) {
			l := looks[i]
			if l.pattern == "" {
				continue
			}
			thick := 0.45
			if l.pattern == "lgCheck" {
				thick = 1.5
			}
			p.in("pattern", func() {
				p.at("rect", "width", 3, "height", 3, "fill", "#fff")
				p.at("path", "d", ways[l.pattern], "stroke", "#"+l.colour, "stroke-width", thick)
			}, "id", p.pattern(i), "width", 3, "height", 3, "patternUnits", "userSpaceOnUse")
		}
	})
}

func (p *plot) pattern(series int) string { return fmt.Sprintf("c%dp%d", p.id, series%len(looks)) }

func (p *plot) filling(series int) string {
	if l := lookOf(series); l.pattern == "" {
		return "#" + l.colour
	}
	return "url(#" + p.pattern(series) + ")"
}

// grid draws the axis of values.
func (p *plot) grid() {
	step := stepOf(p.top - p.bottom)
	for i := 0; ; i++ {
		v := p.bottom + float64(i)*step
		if v > p.top+step/1e6 {
			break
		}
		at, colour := p.value(v), "#d0d0d0"
		if math.Abs(v) < step/1e6 {
			colour = "#000"
		}
		if p.c.lying() {
			p.stroke(at, p.head, at, p.foot, colour, 0.2, "")
			p.words(at, p.foot+row, "middle", p.c.tick(v))
			continue
		}
		p.stroke(p.left, at, p.right, at, colour, 0.2, "")
		p.words(p.left-1.5, at+1, "end", p.c.tick(v))
	}
}

// bars draws the bars of each category, standing or lying, with names and values.
func (p *plot) bars() {
	names, series := p.c.labels(), float64(len(p.c.Series))
	from, to := p.left, p.right
	if p.c.lying() {
		from, to = p.head, p.foot
	}
	step := (to - from) / float64(len(names))
	thick := step * 0.72 / series
	for i, name := range names {
		start := from + float64(i)*step + step*0.14
		name = short(name, labelLength)
		if p.c.lying() {
			p.words(p.left-1.5, start+step*0.36+1, "end", name)
		} else {
			p.words(start+step*0.36, p.foot+row, "middle", name)
		}
		for s := range p.c.Series {
			p.bar(s, i, start+float64(s)*thick, thick)
		}
	}
}

// bar draws one bar from start, its interval and its value beyond both.
func (p *plot) bar(series, i int, start, thick float64) {
	point := p.c.Series[series].Points[i]
	if point.missing() {
		return
	}
	zero, end, middle := p.value(0), p.value(point.Value), start+thick/2
	x, y, wide, high := start, min(zero, end), thick, math.Abs(end-zero)
	if p.c.lying() {
		x, y, wide, high = min(zero, end), start, math.Abs(end-zero), thick
	}
	p.at("rect", "x", mm2(x), "y", mm2(y), "width", mm2(wide), "height", mm2(high), "fill", p.filling(series), "stroke", "#333", "stroke-width", 0.2)
	beyond := end
	if down, up, ok := point.interval(); ok {
		beyond = p.value(point.Value + up)
		p.whisker(middle, p.value(point.Value-down), beyond)
	}
	label := p.c.number(point.Value)
	switch {
	case p.c.lying():
		p.label(beyond+1.2, middle+1, "start", label)
	case width(label)*letter > thick*1.1: // too narrow to write across
		p.text("text", label, "x", 0, "y", 0, "font-size", letter, "transform", fmt.Sprintf("translate(%g %g) rotate(-90)", mm2(middle+1), mm2(beyond-1)))
	default:
		p.label(middle, beyond-1.2, "middle", label)
	}
}

// whisker draws an interval across the values.
func (p *plot) whisker(middle, from, to float64) {
	const half = 1.1
	if p.c.lying() {
		p.stroke(from, middle, to, middle, "#000", 0.3, "")
		p.stroke(from, middle-half, from, middle+half, "#000", 0.3, "")
		p.stroke(to, middle-half, to, middle+half, "#000", 0.3, "")
		return
	}
	p.stroke(middle, from, middle, to, "#000", 0.3, "")
	p.stroke(middle-half, from, middle+half, from, "#000", 0.3, "")
	p.stroke(middle-half, to, middle+half, to, "#000", 0.3, "")
}

// lines draws each series over time; a missing point is a gap.
func (p *plot) lines() {
	xs := p.moments()
	for s, one := range p.c.Series {
		look := lookOf(s)
		path, pen := "", "M"
		for i, point := range one.Points {
			if point.missing() {
				pen = "M"
				continue
			}
			path += fmt.Sprintf("%s%g %g", pen, xs[i], p.value(point.Value))
			pen = "L"
		}
		p.at("path", "d", path, "fill", "none", "stroke", "#"+look.colour, "stroke-width", 0.6, "stroke-dasharray", dashes(look.strokes))
		for i, point := range one.Points {
			if point.missing() {
				continue
			}
			if down, up, ok := point.interval(); ok {
				p.whisker(xs[i], p.value(point.Value-down), p.value(point.Value+up))
			}
			p.marker(look, xs[i], p.value(point.Value))
			p.beside(s, xs[i], point)
		}
	}
}

// beside writes the value of a point of a line, clear of the interval.
func (p *plot) beside(series int, x float64, point Point) {
	if len(p.c.Series[series].Points) > labelled {
		return
	}
	down, up, _ := point.interval()
	switch label := p.c.number(point.Value); p.c.place(series) {
	case 1:
		p.label(x, p.value(point.Value+up)-1.8, "middle", label)
	case -1:
		p.label(x, p.value(point.Value-down)+4, "middle", label)
	default:
		p.label(x+1.8, p.value(point.Value)+1, "start", label)
	}
}

// moments gives where the points stand, and writes the axis under them.
func (p *plot) moments() []float64 {
	const edge = 7
	names, xs := p.c.labels(), make([]float64, len(p.c.labels()))
	from, to := p.left+edge, p.right-edge
	if !p.c.timed() {
		step := (to - from) / math.Max(float64(len(names)-1), 1)
		every := int(math.Ceil(float64(len(names)) * 6 / side)) // names of five characters
		for i, name := range names {
			xs[i] = mm2(from + float64(i)*step)
			if i%every == 0 {
				p.words(xs[i], p.foot+row, "middle", short(name, labelLength))
			}
		}
		return xs
	}
	first := serial(p.c.Times[0])
	span := max(serial(p.c.Times[len(xs)-1])-first, 1)
	for i, t := range p.c.Times {
		xs[i] = mm2(from + (to-from)*float64(serial(t)-first)/float64(span))
	}
	for d := 0; d <= span; d += p.c.everyDays() {
		x := from + (to-from)*float64(d)/float64(span)
		p.stroke(x, p.foot, x, p.foot+1, "#000", 0.2, "")
		p.words(x, p.foot+1+row*0.8, "middle", p.c.Times[0].AddDate(0, 0, d).Format("2006-01-02"))
	}
	return xs
}

func (p *plot) marker(l look, x, y float64) {
	d := ""
	switch l.marker {
	case "circle":
		p.at("circle", "cx", mm2(x), "cy", mm2(y), "r", 1, "fill", "#"+l.colour)
		return
	case "square":
		d = "M-.9 -.9H.9V.9H-.9Z"
	case "triangle":
		d = "M0 -1.1L1.1 .9H-1.1Z"
	default:
		d = "M0 -1.3L1.3 0L0 1.3L-1.3 0Z"
	}
	p.at("path", "d", d, "fill", "#"+l.colour, "transform", fmt.Sprintf("translate(%g %g)", mm2(x), mm2(y)))
}

func (p *plot) target() {
	if p.c.Target == nil {
		return
	}
	at := p.value(p.c.Target.Value)
	if p.c.lying() {
		p.stroke(at, p.head, at, p.foot, "#000", 0.5, "2 1")
		return
	}
	p.stroke(p.left, at, p.right, at, "#000", 0.5, "2 1")
}

// legend stands under the chart, in the middle, where there is more than one thing to tell
// apart.
func (p *plot) legend() {
	if !p.c.legend() {
		return
	}
	names := make([]string, 0, len(p.c.Series)+1)
	for _, s := range p.c.Series {
		names = append(names, short(s.Name, labelLength))
	}
	if p.c.Target != nil {
		names = append(names, short(p.c.targetName(), labelLength+6))
	}
	const sign, gap = 9.0, 5.0
	wide := -gap
	for _, name := range names {
		wide += sign + width(name)*letter + gap
	}
	x, y := max((textWidth-wide)/2, 0), p.high-2
	for i, name := range names {
		p.sign(i, x, y-1)
		p.words(x+sign, y, "start", name)
		x += sign + width(name)*letter + gap
	}
}

// sign is what a series looks like; the one after the last is the target.
func (p *plot) sign(i int, x, y float64) {
	switch {
	case i == len(p.c.Series):
		p.stroke(x, y, x+8, y, "#000", 0.5, "2 1")
	case p.c.Kind == Line:
		p.stroke(x, y, x+8, y, "#"+lookOf(i).colour, 0.6, lookOf(i).strokes)
		p.marker(lookOf(i), x+4, y)
	default:
		p.at("rect", "x", mm2(x+1), "y", mm2(y-1.5), "width", 6, "height", 3, "fill", p.filling(i), "stroke", "#333", "stroke-width", 0.2)
	}
}
