package dashboards

import (
	"fmt"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
	"shuixuan/dashboards/chart"
)

// trend draws one indicator over the waves, each change with its interval.
func (p *page) trend(id string, t analytics.Trend) {
	panel := Panel{ID: id, Title: t.Indicator.Label + "：各轮比较", SQL: t.SQL,
		Base: "各轮按自己的抽样设计估计；变化是这一轮减去前面最近的、问法和算法都相同的一轮，两轮样本分别抽取，区间按 Satterthwaite 自由度的 t 给出。"}
	unit, scale, steps := unitOf(t.Indicator.Kind), 1.0, "分"
	if t.Indicator.Kind == survey.Share {
		scale, steps = 100, "个百分点"
	}
	var all []estimate.Estimate
	for _, point := range t.Points {
		all = append(all, point.Total.Estimate)
	}
	panel.Table.Columns = columns("轮次", numeric("数值", intervalName(all...), "比前一轮（"+steps+"）", "变化的区间", "基数（人）")...)
	var bars []chart.Bar
	known := 0
	for _, point := range t.Points {
		if !point.Known {
			continue
		}
		e := point.Total.Estimate
		row := Row{Link: surveyLink(point.Wave.ID, t.Indicator.Question), Cells: []Cell{text(point.Wave.Name), p.figure(e, unit), interval(e), blankCell(), blankCell(), count(e.Base)}}
		switch {
		case len(point.Breaks) > 0:
			row.Cells[0].Notes = with(nil, p.note(point.Wave.Name+"和这一轮不能比较："+strings.Join(point.Breaks, "；")))
		case point.Change.Valid:
			row.Cells[3] = signed(scale * point.Change.Difference)
			row.Cells[4] = Cell{Text: signed(scale*point.Change.Lower).Text + " 到 " + signed(scale*point.Change.Upper).Text}
			panel.Lead = changeWords(point, scale, steps)
		}
		if e.Valid {
			known++
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
		bars = append(bars, chart.Bar{Label: point.Wave.Name, Value: e.Value, Lower: e.Lower, Upper: e.Upper, HasInterval: e.HasInterval, Valid: e.Valid, Text: inWords(e, unit)})
	}
	if known < 2 {
		return // one wave has no trend
	}
	if panel.Lead == "" {
		panel.Lead = "各轮之间没有可以比较的数字。"
	}
	panel.Notes = with(panel.Notes, p.note(p.caution))
	drawn := chart.Bars(id, panel.Title+"。"+panel.Lead, bars, chart.Scale{Top: 100})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

// changeWords says whether a change is more than chance would make. It is no sign of why.
func changeWords(point analytics.TrendPoint, scale float64, unit string) string {
	c := point.Change
	change := fmt.Sprintf("%s比前一轮%s%s%s", point.Wave.Name, direction(c.Difference), estimate.Round(abs(scale*c.Difference), 1), unit)
	if c.Lower <= 0 && c.Upper >= 0 {
		return change + "，变化的区间包含0：也可能只是抽样的偶然。"
	}
	if point.Wave.Sampling.Random() {
		return change + "，超出了抽样的偶然。"
	}
	return change + "，变化的区间不含0；样本不是随机的，只能说回答的人里有这个变化。"
}

func direction(v float64) string {
	if v < 0 {
		return "低"
	}
	return "高"
}

func abs(v float64) float64 { return max(v, -v) }

// Signed prints a change to one decimal, with its sign before it; one that rounds to 0.0 has none.
func Signed(v float64) string {
	words := estimate.Round(v, 1)
	if v > 0 && !strings.HasPrefix(words, "0.0") {
		words = "+" + words
	}
	return strings.Replace(words, "-", "−", 1)
}

func signed(v float64) Cell { return Cell{Text: Signed(v), Number: &v} }
