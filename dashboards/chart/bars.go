package chart

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Bar is one value with its interval. Text is printed at the right end of its row and
// says the value and its base in words; a bar that is not Valid is not drawn, and its
// text stands alone.
type Bar struct {
	Label        string
	Value        float64
	Lower, Upper float64
	HasInterval  bool
	Valid        bool
	Text         string
	Tip          string // shown on pointing; the label and the text when empty
}

// Scale is the axis on which bars are drawn. Top 0 lets the values decide. Line, when
// above 0, is drawn as a target with its text.
type Scale struct {
	Top      float64
	Unit     string
	Line     float64
	LineText string
}

// Bars draws horizontal bars, each with its interval as a whisker.
func Bars(id, description string, bars []Bar, on Scale) Chart {
	if len(bars) == 0 {
		return Chart{}
	}
	c := charts.NewBar()
	var left, right []string
	data := make([]opts.BarData, len(bars))
	for i, b := range bars {
		left, right = append(left, b.Label), append(right, b.Text)
		tip := b.Tip
		if tip == "" {
			tip = b.Label + "：" + b.Text
		}
		data[i] = opts.BarData{Name: tipText(tip)}
		if b.Valid && finite(b.Value) {
			data[i].Value = b.Value
		} else {
			data[i].Value = "-" // the mark of ECharts for nothing here
		}
	}
	room := "8"
	if on.Line > 0 {
		room = "26" // for the words over the target's line
	}
	var top any
	if on.Top > 0 {
		top = on.Top
	}
	c.SetGlobalOptions(append(base(id, description), charts.WithXAxisOpts(scale(top, on.Unit)), charts.WithYAxisOpts(names(left)), grid(room, "16"))...)
	c.ExtendYAxis(texts(right))
	c.AddSeries("", data, charts.WithBarChartOpts(opts.BarChart{BarWidth: "46%"}), charts.WithItemStyleOpts(opts.ItemStyle{Color: blue}))
	o := open(c)
	o.quietTicks()
	o.quarters()
	o.child("tooltip")["formatter"] = "{b}"
	o.series(0)["markLine"] = marks(bars, on)
	return o.close(rows(len(bars), 40, 48))
}

// marks draws each interval as a line with an upright end, laid over its bar: mark
// lines are plain data, where a custom series would need a function. A light line
// under the dark one keeps it visible on the bar.
func marks(bars []Bar, on Scale) object {
	var data []any
	for i, b := range bars {
		if !b.Valid || !b.HasInterval || !finite(b.Lower) || !finite(b.Upper) {
			continue
		}
		for _, style := range []object{{"color": "#ffffff", "width": 4, "type": "solid"}, {"color": whisker, "width": 1.6, "type": "solid"}} {
			end := object{"symbol": "rect", "symbolSize": []float64{9, 1.6}}
			if style["color"] == "#ffffff" {
				end = object{"symbol": "none"}
			}
			data = append(data, []any{
				object{"coord": []any{b.Lower, i}, "symbol": end["symbol"], "symbolSize": end["symbolSize"], "lineStyle": style},
				object{"coord": []any{b.Upper, i}, "symbol": end["symbol"], "symbolSize": end["symbolSize"]},
			})
		}
	}
	if on.Line > 0 {
		data = append(data, object{
			"xAxis": on.Line, "symbol": "none", "lineStyle": object{"color": "#b2182b", "width": 1.2, "type": "dashed"},
			"label": object{"show": true, "position": "start", "formatter": Label(on.LineText), "color": "#b2182b", "fontSize": 11, "distance": 4},
		})
	}
	return object{"silent": true, "animation": false, "symbol": "none", "label": object{"show": false}, "data": data, "z": 5}
}

// grid keeps labels inside the drawing.
func grid(top, right string) charts.GlobalOpts {
	return charts.WithGridOpts(opts.Grid{Left: "4", Right: right, Top: top, Bottom: "8", ContainLabel: opts.Bool(true)})
}

// tipText is a longer text for pointing at things: whole names, still without
// placeholders and control characters.
func tipText(s string) string {
	runes := []rune(s)
	out := ""
	for len(runes) > 0 {
		n := min(maxLabel-2, len(runes))
		line := Label(string(runes[:n]))
		if out != "" {
			out += "\n"
		}
		out += line
		runes = runes[n:]
	}
	return out
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Progress is how far something has come: Done out of Due. Due 0 or less is not
// settled, and only the text stands.
type Progress struct {
	Label string
	Done  float64
	Due   float64
	Text  string
}

// Bullets draws progress bars: a pale track for what is due and a bar for what is
// done, in percent of what is due and at most 100.
func Bullets(id, description string, list []Progress) Chart {
	if len(list) == 0 {
		return Chart{}
	}
	c := charts.NewBar()
	var left, right []string
	done := make([]opts.BarData, len(list))
	track := make([]opts.BarData, len(list))
	for i, p := range list {
		left, right = append(left, p.Label), append(right, p.Text)
		tip := tipText(p.Label + "：" + p.Text)
		done[i], track[i] = opts.BarData{Name: tip, Value: "-"}, opts.BarData{Name: tip, Value: "-"}
		if p.Due > 0 && finite(p.Done) {
			share := math.Max(0, math.Min(100, 100*p.Done/p.Due))
			done[i].Value, track[i].Value = share, 100-share
		}
	}
	c.SetGlobalOptions(append(base(id, description), charts.WithXAxisOpts(scale(100, "%")), charts.WithYAxisOpts(names(left)), grid("8", "16"))...)
	c.ExtendYAxis(texts(right))
	stack := charts.WithBarChartOpts(opts.BarChart{BarWidth: "46%", Stack: "due"})
	c.AddSeries("", done, stack, charts.WithItemStyleOpts(opts.ItemStyle{Color: blue}))
	c.AddSeries("", track, stack, charts.WithItemStyleOpts(opts.ItemStyle{Color: pale, BorderColor: rule, BorderWidth: 1}))
	o := open(c)
	o.quietTicks()
	o.quarters()
	o.child("tooltip")["formatter"] = "{b}"
	return o.close(rows(len(list), 36, 48))
}
