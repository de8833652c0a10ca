package chart

import (
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Line is one quantity over time. Area fills what lies under it; Dashed is for a line
// that the others are held against.
type Line struct {
	Label  string
	Values []float64
	Area   bool
	Dashed bool
}

// Curve draws quantities over equal steps of time; the steps are printed as given.
func Curve(id, description string, steps []string, lines []Line) Chart {
	if len(steps) == 0 || len(lines) == 0 {
		return Chart{}
	}
	c := charts.NewLine()
	c.SetGlobalOptions(append(base(id, description), grid("40", "28"),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", BoundaryGap: opts.Bool(false),
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Color: faint, FontSize: 11, FontFamily: fontFace, HideOverlap: opts.Bool(true)},
			AxisLine:  &opts.AxisLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: rule}}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, MinInterval: 1, SplitNumber: 4,
			AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Color: faint, FontSize: 11},
			SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: pale}}}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(len(lines) > 1), Top: "0", Left: "center", TextStyle: &opts.TextStyle{Color: ink, FontSize: 12}}))...)
	c.SetXAxis(labels(steps))
	colours := []string{blue, "#b35806", "#4d4d4d", "#009e73"}
	symbols := []string{"circle", "rect", "triangle", "diamond"}
	for i, l := range lines {
		data := make([]opts.LineData, len(l.Values))
		for j, v := range l.Values {
			data[j] = opts.LineData{Value: "-"}
			if finite(v) {
				data[j].Value = v
			}
		}
		colour := colours[i%len(colours)]
		style := opts.LineStyle{Color: colour, Width: 2}
		if l.Dashed {
			style.Type = "dashed"
		}
		set := []charts.SeriesOpts{charts.WithLineStyleOpts(style), charts.WithItemStyleOpts(opts.ItemStyle{Color: colour}),
			charts.WithLineChartOpts(opts.LineChart{Symbol: symbols[i%len(symbols)], SymbolSize: 5, ShowSymbol: opts.Bool(len(steps) <= 40)})}
		if l.Area {
			set = append(set, charts.WithAreaStyleOpts(opts.AreaStyle{Color: colour, Opacity: opts.Float(0.14)}))
		}
		c.AddSeries(Label(l.Label), data, set...)
	}
	o := open(c)
	o.quietTicks()
	for _, g := range o["grid"].([]any) {
		g.(map[string]any)["left"] = "28" // half of the first date stands left of the axis
	}
	o.child("tooltip")["trigger"] = "axis"
	return o.close(260)
}

func oneDecimal(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
