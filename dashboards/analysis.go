package dashboards

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/exposure"
	"shuixuan/analytics/importance"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards/chart"
)

// Analysis is the page of what goes with what in a wave: what overall satisfaction hangs on,
// and whether those who saw more, or live where more hangs, know more.
func Analysis(plan *campaign.Plan, wave survey.Wave, drivers Result[analytics.Drivers], exposed Result[analytics.Exposed], around Result[analytics.Surroundings]) Page {
	p := newPage(plan, wave.Name)
	p.caution = Caution(wave)
	if drivers.missing() {
		p.fail("analysis-drivers", driversTitle, drivers.Err)
	} else {
		p.drivers("analysis-drivers", wave, drivers.Value)
	}
	if exposed.missing() {
		p.fail("analysis-exposure", exposureTitle, exposed.Err)
	} else {
		p.exposure(wave, exposed.Value)
	}
	if around.missing() {
		p.fail("analysis-areas", surroundingsTitle, around.Err)
	} else {
		p.surroundings("analysis-areas", around.Value)
	}
	return p.Page
}

const (
	driversTitle  = "满意度取决于什么"
	exposureTitle = "看到的宣传越多，知道的人越多吗"
)

// drivers draws the items by how well they do and how much hangs on them.
func (p *page) drivers(id string, wave survey.Wave, d *analytics.Drivers) {
	panel := Panel{ID: id, Title: driversTitle, SQL: d.SQL,
		Base: "重要性是分项得分能解释的“" + d.Outcome.Label + "”差异（R²）里，各项按 Shapley 分解的份额（LMG），合计100%；表现是该项的平均分。虚线是各项的平均。"}
	if d.Result == nil {
		panel.Base, panel.EmptyMsg = "重要性按 Shapley 分解，表现是平均分。", d.Why
		p.add(panel)
		return
	}
	r := d.Result
	panel.Base += fmt.Sprintf("%d人各题都有意见，计入；%d人有的题没有意见，没有计入。各项一起解释了%s%%的差异。%s", r.N, r.Missing, estimate.Round(100*r.R2, 1), d.SampleWords())
	panel.Table.Columns = columns("项目", append(numeric("重要性", "区间", "表现（分）", "区间"), Column{Name: "位置"}, Column{Name: "与总体的相关", Numeric: true}, Column{Name: "提示"})...)
	var spots []chart.Spot
	var first []string
	for at, one := range r.Items {
		row := Row{Link: surveyLink(wave.ID, d.Items[at].Question), Cells: []Cell{text(one.Name), shareCell(one.Share), blankCell(), blankCell(), blankCell(), text(one.Quadrant.Text()), correlation(one.Correlation), blankCell()}}
		if one.HasInterval {
			row.Cells[2] = text(estimate.Round(one.Lower, 1) + "–" + estimate.Round(one.Upper, 1) + "%")
		}
		if one.Performance.Valid {
			value := one.Performance.Value
			row.Cells[3] = Cell{Text: estimate.Round(value, 1), Number: &value}
			if one.Performance.HasInterval {
				row.Cells[4] = text(estimate.Round(one.Performance.Lower, 1) + "–" + estimate.Round(one.Performance.Upper, 1))
			}
			spots = append(spots, chart.Spot{Label: one.Name, X: value, Y: one.Share, Doubtful: one.Uncertain,
				Tip: fmt.Sprintf("%s：表现%s分，重要性%s%%，%s", one.Name, estimate.Round(value, 1), estimate.Round(one.Share, 1), one.Quadrant.Text())})
		}
		if one.Uncertain {
			row.Cells[5] = text(one.Quadrant.Text() + "（" + importance.UncertainText + "）")
		}
		var told []string
		for _, w := range one.Warnings {
			told = append(told, strings.TrimSuffix(w.Text, "。"))
		}
		row.Cells[7] = text(strings.Join(told, "；"))
		if one.Quadrant == importance.FixFirst {
			first = append(first, one.Name)
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	panel.Lead = "没有一项既重要、表现又低于平均。"
	if len(first) > 0 {
		panel.Lead = "既重要、表现又低于平均的是：" + strings.Join(first, "、") + "。"
	}
	panel.Lead += "空心的点离虚线太近，这次样本还不能确定它在哪一边。"
	panel.Notes = with(with(panel.Notes, p.note(p.caution)), p.doubts(but(r.Warnings, importance.NonProbability))...)
	panel.Notes = with(panel.Notes, p.note("重要性的区间不会碰到0：它说的是份额有多准，不是有没有关系。"))
	drawn := chart.Field(id, panel.Title+"。"+panel.Lead, spots, chart.Axes{X: "表现（分）", Y: "重要性（%）", LineX: r.PerformanceLine, LineY: r.ImportanceLine,
		Corners: [4]string{importance.FixFirst.Text(), importance.KeepUp.Text(), importance.FixLater.Text(), importance.Hold.Text()}})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

// but leaves out a warning that the page says in its own words.
func but(warnings []estimate.Warning, code string) []estimate.Warning {
	return slices.DeleteFunc(slices.Clone(warnings), func(w estimate.Warning) bool { return w.Code == code })
}

func shareCell(share float64) Cell { return Cell{Text: estimate.Round(share, 1) + "%", Number: &share} }

func correlation(r float64) Cell {
	return Cell{Text: strings.Replace(estimate.Round(r, 2), "-", "−", 1), Number: &r}
}

// exposure draws awareness by how many channels people have seen, and by which.
func (p *page) exposure(wave survey.Wave, e *analytics.Exposed) {
	panel := Panel{ID: "analysis-exposure", Title: exposureTitle, SQL: e.SQL, Base: "基数是两道题都回答了的人。看到的种数按“" + short(e.Channels) + "”里选的算。"}
	if e.Trend == nil {
		panel.Base, panel.EmptyMsg = "看到的种数按多选题里选的算。", e.Why
		p.add(panel)
		return
	}
	panel.Lead = e.Trend.Sentence
	panel.Table.Columns = columns("看到几种", numeric(e.Aware.Label, "区间", "人数", "基数（人）")...)
	var bars []chart.Bar
	last := len(e.Trend.Steps) - 1
	for i, s := range e.Trend.Steps {
		label := estimate.Round(s.Channels, 0) + "种"
		if i == last && i > 0 {
			label += "及以上"
		}
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(label), p.figure(s.Aware, "%"), interval(s.Aware), count(s.Aware.Numerator), count(s.Aware.Base)}})
		bars = append(bars, barOf(label, s.Aware))
	}
	panel.Notes = with(with(panel.Notes, p.note(p.caution)), p.doubts(but(e.Trend.Warnings, exposure.NonProbability))...)
	drawn := chart.Bars(panel.ID, panel.Title+"。"+panel.Lead, bars, chart.Scale{Top: 100})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
	p.byChannel(e)
}

func barOf(label string, e estimate.Estimate) chart.Bar {
	return chart.Bar{Label: label, Value: e.Value, Lower: e.Lower, Upper: e.Upper, HasInterval: e.HasInterval, Valid: e.Valid, Text: inWords(e, "%")}
}

// byChannel draws awareness among those who saw each channel.
func (p *page) byChannel(e *analytics.Exposed) {
	panel := Panel{ID: "analysis-channels", Title: "看到不同宣传的人，" + e.Aware.Label, SQL: e.SQL,
		Base: "一个人可以看到几种，各行的人有重叠，不能相加，也不能看成是这一种宣传的效果。"}
	panel.Table.Columns = columns("宣传形式", numeric(e.Aware.Label, "区间", "人数", "看到的人（基数）")...)
	lines := e.ByChannel
	if e.None != nil {
		lines = append(lines[:len(lines):len(lines)], *e.None)
	}
	var bars []chart.Bar
	for _, c := range lines {
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(c.Label), p.figure(c.Aware, "%"), interval(c.Aware), count(c.Aware.Numerator), count(c.Aware.Base)}})
		bars = append(bars, barOf(c.Label, c.Aware))
	}
	if len(bars) == 0 {
		return
	}
	panel.Lead = fmt.Sprintf("%d种宣传形式，按看到的人各算一次。", len(e.ByChannel))
	panel.Notes = with(panel.Notes, p.note(p.caution))
	drawn := chart.Bars(panel.ID, panel.Title+"。"+panel.Lead, bars, chart.Scale{Top: 100})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}
