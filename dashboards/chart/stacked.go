package chart

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Part is one answer of a scale, in the order in which it is drawn. Level is its place
// on the scale from 1 (best) to 0 (worst); NoOpinion is 说不清, which has none.
type Part struct {
	Label     string
	Level     float64
	Scaled    bool // false: answers without an order, coloured one by one
	NoOpinion bool
}

// Stack is one bar: the shares of the parts in percent, which sum to 100. A stack
// without Shares has nobody to count, and only its text stands.
type Stack struct {
	Label  string
	Shares []float64
	Text   string
}

// dots, hatch and cross are patterns for grey print.
var (
	dots  = object{"symbol": "circle", "symbolSize": 0.5, "dashArrayX": []any{[]int{5, 5}, []int{0, 5, 5, 0}}, "dashArrayY": []int{5, 0}, "color": "rgba(60,70,80,0.55)"}
	hatch = object{"symbol": "rect", "symbolSize": 1, "dashArrayX": []int{1, 0}, "dashArrayY": []int{2, 6}, "rotation": 0.7854, "color": "rgba(60,20,0,0.35)"}
	cross = object{"symbol": "rect", "symbolSize": 1, "dashArrayX": []int{1, 0}, "dashArrayY": []int{2, 4}, "rotation": -0.7854, "color": "rgba(255,255,255,0.45)"}
	plain = object{"symbol": "none"}
)

// look is a fill, its pattern and the colour of a text on it.
type look struct {
	fill, text string
	pattern    object
}

// scaleLooks run from best to worst; unordered is for answers without an order
// (Okabe and Ito's colours, which differ for every common colour blindness).
var (
	scaleLooks = []look{{"#0b4f8a", "#ffffff", plain}, {"#6aaed6", ink, plain}, {"#e1e4e8", ink, plain}, {"#f4a582", ink, hatch}, {"#b2182b", "#ffffff", cross}}
	unordered  = []look{
		{"#0072b2", "#ffffff", plain}, {"#e69f00", ink, hatch}, {"#009e73", "#ffffff", plain}, {"#cc79a7", ink, hatch},
		{"#56b4e9", ink, plain}, {"#d55e00", "#ffffff", cross}, {"#f0e442", ink, plain}, {"#8c8c8c", ink, hatch},
	}
	noOpinion = look{"#ffffff", ink, dots}
)

func (p Part) look(i int) look {
	switch {
	case p.NoOpinion:
		return noOpinion
	case p.Scaled:
		at := int((1-p.Level)*float64(len(scaleLooks)-1) + 0.5)
		return scaleLooks[max(0, min(at, len(scaleLooks)-1))]
	}
	return unordered[i%len(unordered)]
}

// shareLabel prints a share on its part; on a pattern it stands on white.
func shareLabel(l look, share float64) *opts.Label {
	label := &opts.Label{Show: opts.Bool(share >= 6), Formatter: types.FuncStr(oneDecimal(share)), Color: l.text, FontSize: 11}
	if _, patterned := l.pattern["dashArrayX"]; patterned {
		label.Color, label.BackgroundColor = ink, "rgba(255,255,255,0.85)"
	}
	return label
}

// Stacked draws bars of 100 % in parts.
func Stacked(id, description string, parts []Part, stacks []Stack) Chart {
	if len(stacks) == 0 || len(parts) == 0 {
		return Chart{}
	}
	c := charts.NewBar()
	var left, right []string
	for _, s := range stacks {
		left, right = append(left, s.Label), append(right, s.Text)
	}
	c.SetGlobalOptions(append(base(id, description), charts.WithXAxisOpts(scale(100, "%")), charts.WithYAxisOpts(names(left)), grid("44", "16"),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(true), Top: "0", Left: "center", ItemWidth: 18, ItemHeight: 12, TextStyle: &opts.TextStyle{Color: ink, FontSize: 12}}))...)
	c.ExtendYAxis(texts(right))
	for i, p := range parts {
		data := make([]opts.BarData, len(stacks))
		for j, s := range stacks {
			data[j] = opts.BarData{Name: tipText(s.Label + "　" + p.Label), Value: "-"}
			if i < len(s.Shares) && finite(s.Shares[i]) {
				data[j].Value = s.Shares[i]
				data[j].Name = tipText(s.Label + "　" + p.Label + " " + oneDecimal(s.Shares[i]) + "%")
				// A share under 6 % has no room for its number, which stands in the table.
				data[j].Label = shareLabel(p.look(i), s.Shares[i])
			}
		}
		c.AddSeries(Label(p.Label), data, charts.WithBarChartOpts(opts.BarChart{Stack: "all", BarWidth: "58%"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: p.look(i).fill, BorderColor: "#7b8794", BorderWidth: 0.6}))
	}
	o := open(c)
	o.quietTicks()
	o.quarters()
	o.child("tooltip")["formatter"] = "{b}"
	o.child("legend")["itemGap"] = 8
	for i, p := range parts {
		o.series(i).child("itemStyle")["decal"] = p.look(i).pattern
	}
	return o.close(rows(len(stacks), 44, 88))
}
