package chart

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// State is one of the states a cell of a matrix can be in: a colour, a sign that tells
// it without colour, and its name.
type State struct {
	Sign, Name string
	Fill, Text string
}

// Mark is a cell of the matrix that has a state; cells without a mark stay white.
type Mark struct {
	Column, Row int
	State       int // index into the states
	Tip         string
}

// Matrix draws states by column and row, each with its sign.
func Matrix(id, description string, columns, lines []string, states []State, marks []Mark) Chart {
	if len(columns) == 0 || len(lines) == 0 {
		return Chart{}
	}
	c := charts.NewHeatMap()
	cols := opts.XAxis{Type: "category", Position: "top",
		AxisLabel: &opts.AxisLabel{Show: opts.Bool(true), Interval: "0", Color: ink, FontSize: 11, FontFamily: fontFace, Width: 44, Overflow: "break"},
		AxisLine:  &opts.AxisLine{Show: opts.Bool(false)}, AxisTick: &opts.AxisTick{Show: opts.Bool(false)}}
	right := "12"
	if len(columns) > 6 {
		cols.AxisLabel.Width, cols.AxisLabel.Rotate = 76, -60
		right = "44" // where the last name leans out
	}
	pieces := make([]opts.Piece, len(states))
	for i, s := range states {
		pieces[i] = opts.Piece{Color: s.Fill}
	}
	c.SetGlobalOptions(append(base(id, description), grid("36", right), charts.WithXAxisOpts(cols), charts.WithYAxisOpts(names(shortened(lines))),
		charts.WithVisualMapOpts(opts.VisualMap{Type: "piecewise", Pieces: pieces, Show: opts.Bool(true), Orient: "horizontal", Left: "center", Top: "0", TextStyle: &opts.TextStyle{Color: ink, FontSize: 12}}))...)
	c.SetXAxis(labels(columns))
	data := make([]opts.HeatMapData, len(marks))
	for i, m := range marks {
		data[i] = opts.HeatMapData{Name: tipText(m.Tip), Value: []any{m.Column, m.Row, m.State}}
	}
	c.AddSeries("", data)
	o := open(c)
	o.quietTicks()
	o.child("tooltip")["formatter"] = "{b}"
	o["xAxis"].([]any)[0].(map[string]any)["data"] = labels(columns)
	// go-echarts leaves out a bound of 0 and has no name for a piece, so the pieces are
	// written here; a cell's label with a sign of its own isn't in its heat map either.
	visual := o["visualMap"].([]any)[0].(map[string]any)
	list := make([]any, len(states))
	for i, s := range states {
		list[i] = object{"value": i, "label": s.Sign + " " + s.Name, "color": s.Fill}
	}
	visual["pieces"], visual["itemWidth"], visual["itemHeight"] = list, 16, 14
	delete(visual, "min")
	delete(visual, "max")
	delete(visual, "calculable")
	for i, m := range marks {
		s := states[m.State]
		item := o.series(0)["data"].([]any)[i].(map[string]any)
		item["label"] = object{"show": true, "formatter": s.Sign, "color": s.Text, "fontSize": 13}
	}
	o.series(0)["itemStyle"] = object{"borderColor": "#ffffff", "borderWidth": 2}
	return o.close(rows(len(lines), 30, 110))
}

// shortened leaves two lines of each name: the rows of a matrix are narrow.
func shortened(lines []string) []string {
	list := make([]string, len(lines))
	for i, line := range lines {
		list[i] = line
		if runes := []rune(Label(line)); len(runes) > 23 {
			list[i] = string(runes[:22]) + "…"
		}
	}
	return list
}
