package chart

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Spot is a named place on a field of two axes. Doubtful is drawn hollow: the sample doesn't
// settle on which side of a line it is.
type Spot struct {
	Label    string
	X, Y     float64
	Doubtful bool
	Tip      string
}

// Axes are what a field is measured in, and the lines that part it.
type Axes struct {
	X, Y         string
	LineX, LineY float64
	Corners      [4]string // names of the four parts: top left, top right, bottom left, bottom right
}

// Field draws spots on two axes parted by two lines. The axes end a little beyond the spots:
// what the lines part is what counts, not the distance to zero.
func Field(id, description string, spots []Spot, on Axes) Chart {
	if len(spots) == 0 {
		return Chart{}
	}
	low, high := reach(spots, on)
	c := charts.NewScatter()
	axis := func(name string, at int) (string, *opts.AxisLabel, *opts.SplitLine, float64, float64) {
		return name, &opts.AxisLabel{Show: opts.Bool(true), Color: faint, FontSize: 11, FontFamily: fontFace, HideOverlap: opts.Bool(true)},
			&opts.SplitLine{Show: opts.Bool(false)}, low[at], high[at]
	}
	x, xLabel, xSplit, xLow, xHigh := axis(on.X, 0)
	y, yLabel, ySplit, yLow, yHigh := axis(on.Y, 1)
	c.SetGlobalOptions(append(base(id, description),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Name: Label(x), NameLocation: "middle", NameGap: 28, Min: xLow, Max: xHigh, AxisLabel: xLabel, SplitLine: xSplit}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Name: Label(y), Min: yLow, Max: yHigh, AxisLabel: yLabel, SplitLine: ySplit}),
		charts.WithGridOpts(opts.Grid{Left: "8", Right: "24", Top: "34", Bottom: "30", ContainLabel: opts.Bool(true)}))...)
	data := make([]opts.ScatterData, len(spots))
	for i, s := range spots {
		tip := s.Tip
		if tip == "" {
			tip = s.Label
		}
		data[i] = opts.ScatterData{Name: tipText(tip), Value: []float64{s.X, s.Y}, SymbolSize: 13}
	}
	c.AddSeries("", data, charts.WithItemStyleOpts(opts.ItemStyle{Color: blue}))
	o := open(c)
	o.child("tooltip")["formatter"] = "{b}"
	series := o.series(0)
	for i, one := range series["data"].([]any) {
		spot := one.(map[string]any)
		if spots[i].Doubtful {
			spot["itemStyle"] = object{"color": "#ffffff", "borderColor": blue, "borderWidth": 2}
		}
		spot["label"] = object{"show": true, "position": "right", "distance": 6, "color": ink, "fontSize": 12, "fontFamily": fontFace, "formatter": Label(spots[i].Label)}
	}
	for _, name := range []string{"xAxis", "yAxis"} {
		line := object(o[name].([]any)[0].(map[string]any))
		line["axisLine"] = object{"onZero": false, "lineStyle": object{"color": rule}}
		if name == "yAxis" {
			line["nameTextStyle"] = object{"align": "left", "color": faint, "fontSize": 12} // else it is cut off at the edge
		}
	}
	series["labelLayout"] = object{"moveOverlap": "shiftY", "hideOverlap": false}
	series["markLine"] = object{"silent": true, "symbol": "none", "animation": false, "label": object{"show": false},
		"lineStyle": object{"color": faint, "width": 1, "type": "dashed"}, "data": []any{object{"xAxis": on.LineX}, object{"yAxis": on.LineY}}}
	series["markArea"] = corners(on, low, high)
	return o.close(440)
}

// reach gives where the axes begin and end.
func reach(spots []Spot, on Axes) (low, high [2]float64) {
	low, high = [2]float64{on.LineX, on.LineY}, [2]float64{on.LineX, on.LineY}
	for _, s := range spots {
		for at, v := range [2]float64{s.X, s.Y} {
			low[at], high[at] = min(low[at], v), max(high[at], v)
		}
	}
	for at := range low {
		room := 0.12 * max(high[at]-low[at], 1e-9)
		digits := -int(math.Floor(math.Log10(max(room, 1e-9))))
		step := math.Pow10(-digits)
		from := low[at]
		// Whole steps are printed at the ends of the axis: 793 steps of 0.1 are 79.3, not 79.30000000000001.
		low[at], high[at] = decimal(math.Floor((low[at]-room)/step)*step, digits), decimal(math.Ceil((high[at]+1.6*room)/step)*step, digits)
		if from >= 0 {
			low[at] = max(low[at], 0) // no axis below zero for what can't be
		}
	}
	return low, high
}

// decimal is the number nearest to v with so many digits behind the point; fewer than none: v is
// whole steps already.
func decimal(v float64, digits int) float64 {
	if digits <= 0 {
		return v
	}
	whole := math.Pow10(digits)
	return math.Round(v*whole) / whole
}

// corners names the four parts in their outer corners.
func corners(on Axes, low, high [2]float64) object {
	part := func(name string, x0, y0, x1, y1 float64, position string) []any {
		return []any{object{"coord": []float64{x0, y0}, "name": Label(name), "itemStyle": object{"color": "rgba(0,0,0,0)"},
			"label": object{"show": true, "position": position, "color": faint, "fontSize": 12, "fontFamily": fontFace}}, object{"coord": []float64{x1, y1}}}
	}
	return object{"silent": true, "data": []any{
		part(on.Corners[0], low[0], on.LineY, on.LineX, high[1], "insideTopLeft"), part(on.Corners[1], on.LineX, on.LineY, high[0], high[1], "insideTopRight"),
		part(on.Corners[2], low[0], low[1], on.LineX, on.LineY, "insideBottomLeft"), part(on.Corners[3], on.LineX, low[1], high[0], on.LineY, "insideBottomRight"),
	}}
}
