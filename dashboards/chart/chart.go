// Package chart turns plain values into ECharts option objects.
//
// It is the one place that knows go-echarts, and it knows neither a campaign nor a
// survey: labels, numbers and intervals in, a JSON object out. The object holds data
// only. Whatever would need a function in the browser (an error bar by renderItem, a
// formatter) is drawn another way or prepared here as text.
//
// # Why
//
// Names of units and words of answers are written by people. go-echarts prints them
// into a script unescaped, so its rendering is not used: the option goes through
// encoding/json, which escapes <, > and &, and the page's own script starts it. That
// also lets the page forbid inline scripts. What go-echarts has no field for (decal
// patterns, an interval as a mark line) is added to the object before it is written.
//
// Titles, bases and footnotes are HTML around the chart and never in it: they wrap,
// can be copied and are read aloud.
package chart

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Chart is an option object and the height, in pixels, at which it can be read.
// A nil Option means that there is nothing to draw.
type Chart struct {
	Option json.RawMessage
	Height int
}

// Colours. The five-point scale runs from blue over grey to red, which stays in order
// for every common colour blindness; in grey print the two dark ends are told apart by
// their pattern.
const (
	ink       = "#1f2d3d"
	faint     = "#5b6b7b" // 5.5:1 on white
	rule      = "#d5dce3"
	blue      = "#2f6fab"
	pale      = "#e8edf2"
	whisker   = "#14283c"
	fontFace  = `"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif`
	labelRoom = 148 // pixels for the names on the left: twelve Chinese characters
)

// maxLabel is how many characters of a name are drawn: three lines beside a bar. The
// table under the chart has the whole name.
const maxLabel = 34

// Label makes a name fit to draw: one line, no control characters, nothing that the
// template of a label could take for a placeholder.
func Label(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '{':
			return '｛'
		case r == '}':
			return '｝'
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069'):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxLabel {
		return string(runes[:maxLabel-1]) + "…"
	}
	return s
}

func labels(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = Label(name)
	}
	return list
}

// base gives what all charts have in common.
func base(id, description string) []charts.GlobalOpts {
	return []charts.GlobalOpts{
		charts.WithInitializationOpts(opts.Initialization{ChartID: id}),
		charts.WithAnimation(false),
		charts.WithAriaOpts(&opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Description: Label(description)}}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
	}
}

// names is the axis of categories, top to bottom, with room for Chinese names.
func names(list []string) opts.YAxis {
	return opts.YAxis{
		Type: "category", Inverse: opts.Bool(true), Data: labels(list),
		AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Interval: "0", Width: labelRoom, Overflow: "break", FontSize: 12, Color: ink, FontFamily: fontFace},
		AxisLine:  &opts.AxisLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: rule}},
	}
}

// texts is a second axis of categories on the right that carries a printed value for
// each bar. A label at the end of the bar would run into the interval.
func texts(list []string) opts.YAxis {
	return opts.YAxis{
		Type: "category", Inverse: opts.Bool(true), Position: "right", Data: labels(list),
		AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Interval: "0", FontSize: 12, Color: ink, FontFamily: fontFace},
		AxisLine:  &opts.AxisLine{Show: opts.Bool(false)},
	}
}

// scale is an axis of values from 0 to top; unit is printed after each number.
func scale(top any, unit string) opts.XAxis {
	return opts.XAxis{
		Type: "value", Min: 0, Max: top, SplitNumber: 4,
		AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Color: faint, FontSize: 11, FontFamily: fontFace, Formatter: types.FuncStr("{value}" + unit), HideOverlap: opts.Bool(true)},
		SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: pale}},
		AxisLine:  &opts.AxisLine{Show: opts.Bool(false)},
		AxisTick:  &opts.AxisTick{Show: opts.Bool(false)},
	}
}

// drawn is any chart of go-echarts.
type drawn interface {
	Validate()
	JSON() map[string]any
}

// object is an option on its way out, as encoding/json sees it.
type object map[string]any

// open turns a chart into an object that can be completed.
func open(c drawn) object {
	c.Validate()
	raw, err := json.Marshal(c.JSON())
	if err != nil {
		panic(fmt.Sprintf("chart: an option of plain values did not marshal: %v", err)) // NaN is kept out by the callers
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		panic(fmt.Sprintf("chart: an option did not read back: %v", err))
	}
	delete(o, "title")   // ours stands in HTML
	delete(o, "toolbox") // and so do the downloads
	o["tooltip"] = object{"show": true, "trigger": "item", "renderMode": "richText", "confine": true, "textStyle": object{"fontSize": 12, "fontFamily": fontFace}}
	o["textStyle"] = object{"fontFamily": fontFace}
	return o
}

// child gives the object at a key, made when it isn't there.
func (o object) child(key string) object {
	if m, ok := o[key].(map[string]any); ok {
		return m
	}
	if m, ok := o[key].(object); ok {
		return m
	}
	m := object{}
	o[key] = m
	return m
}

// series gives the i-th series.
func (o object) series(i int) object {
	return object(o["series"].([]any)[i].(map[string]any))
}

// quarters asks for marks at each quarter of an axis that ends at 100.
func (o object) quarters() {
	if axis, ok := o["xAxis"].([]any)[0].(map[string]any); ok && axis["max"] == 100.0 {
		axis["interval"] = 25
	}
}

// quietTicks takes the tick marks off an axis of names; go-echarts has no field for
// those of a y axis.
func (o object) quietTicks() {
	axes, _ := o["yAxis"].([]any)
	for _, a := range axes {
		if axis, ok := a.(map[string]any); ok {
			axis["axisTick"] = object{"show": false}
		}
	}
}

// close writes the option. encoding/json sorts keys and escapes HTML, so the same
// values give the same bytes and no name can end a script element.
func (o object) close(height int) Chart {
	raw, err := json.Marshal(o)
	if err != nil {
		panic(fmt.Sprintf("chart: an option of plain values did not marshal: %v", err))
	}
	return Chart{Option: raw, Height: height}
}

// rows gives the height of a chart with n rows of the given pitch.
func rows(n, pitch, around int) int { return n*pitch + around }
