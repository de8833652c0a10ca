package workbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// summary is the first sheet: what stands, what people know and think, what is open.
func (r *report) summary() {
	s := r.sheet("摘要", layout{free: true, columns: []column{{"", 34, plain}, {"", 13, integer}, {"", 13, integer}, {"", 13, percent}, {"", 13, integer}, {"", 24, plain}}})
	s.across(title, r.Plan.Campaign.Name, 34)
	s.across(prose, r.cut()+fmt.Sprintf("　生成于%s", r.MadeAt.In(beijing()).Format("2006年1月2日 15:04")), 20)
	r.summaryCoverage(s, "一")
	for i, wave := range r.Waves {
		r.summaryWave(s, ordinal(i+2), wave)
	}
	r.summaryOpen(s, ordinal(len(r.Waves)+2))
	s.flush()
}

func (r *report) summaryCoverage(s *sheet, n string) {
	s.across(section, n+"、落实情况", 24)
	if r.Coverage.Err != nil || r.Coverage.Value == nil {
		s.across(prose, lacking("落实情况", r.Coverage.Err), 0)
		return
	}
	c := r.Coverage.Value
	s.across(prose, dashboards.Standing(r.Plan, c)+fmt.Sprintf("累计记录%d条，其中截止日在位%d条，已证明%d条。", c.Total.Logged, c.Total.Standing, c.Total.Proven)+r.proof(c), 0)
	s.heading(r.words.Task, "应落实（项）", "已证明（项）", "覆盖率", "在位（项）", "已证明数量")
	from := s.row + 1
	for _, l := range c.ByTask {
		s.add(r.coverageRow(r.taskName(l.Key, l.Label), l, false)...)
	}
	to := s.row
	s.add(r.coverageRow("合计", c.Total, true)...)
	s.across(prose, r.states(c), 0)
	if to >= from {
		r.chart(s, excelize.Bar, 240+26*(to-from), []excelize.ChartSeries{
			{Name: cellRef(s.name, 2, from-1), Categories: span1(s.name, 1, from, to), Values: span1(s.name, 2, from, to), Fill: fill("C9D3DE")},
			{Name: cellRef(s.name, 3, from-1), Categories: span1(s.name, 1, from, to), Values: span1(s.name, 3, from, to), Fill: fill("2F6FAB")},
		}, fmt.Sprintf("应落实与已证明（项，按%s）", r.words.Task), axis{step: step(c.ByTask)})
	}
}

// ordinal numbers the sections of an official paper.
func ordinal(n int) string {
	if names := []rune("一二三四五六七八九十"); n <= len(names) {
		return string(names[n-1])
	}
	return fmt.Sprint(n)
}

// step is a whole number of obligations between two marks.
func step(list []analytics.CoverageLine) float64 {
	var most int64
	for _, l := range list {
		most = max(most, l.Expected)
	}
	return float64(most/8 + 1)
}

// proof says how many of what stands isn't proven, and why.
func (r *report) proof(c *analytics.Coverage) string {
	b := c.Total.ByProof
	if c.Total.Standing == 0 {
		return ""
	}
	return fmt.Sprintf("在位而没有有效证明的：已过期%d条，还没有足够照片%d条，待整改%d条，已不在%d条；另有%d条在%d天内到期。",
		b.Old, b.Never, b.Defect, b.Gone, b.GrowingOld, r.Plan.Campaign.Settings.SoonDays())
}

// states counts the cells of the matrix by state, those apart that nobody owes yet: the others
// are as many as are owed.
func (r *report) states(c *analytics.Coverage) string {
	n, unsettled := map[analytics.Expectation]int{}, 0
	for _, cell := range c.Cells {
		if cell.Unsettled {
			unsettled++
			continue
		}
		n[cell.State]++
	}
	text := fmt.Sprintf("逐项状态：✓ 达标%d项，◐ 不足%d项，○ 未见%d项，△ 在位而没有有效证明%d项，● 已证明而应设数量未核定%d项；方案没有要求、单位另报%d项。",
		n[analytics.Met], n[analytics.Short], n[analytics.Missing], n[analytics.Unproven], n[analytics.LoggedNoCount], n[analytics.NotOwed])
	if unsettled > 0 {
		text += fmt.Sprintf("%s待%s明确的%s另有%d项已有登记，不计入应落实。", r.words.Unit, r.words.Office, r.words.Task, unsettled)
	}
	return text
}

func (r *report) coverageRow(name string, l analytics.CoverageLine, sum bool) []any {
	words, count, share := plain, integer, percent
	if sum {
		words, count, share = total, totalInteger, totalPercent
	}
	row := []any{as{words, name}}
	if l.Expected < 0 {
		row = append(row, as{plain, "待" + r.words.Office + "明确"}, nil, nil)
	} else {
		row = append(row, as{count, l.Expected}, as{count, l.Covered})
		if l.Share.Valid {
			row = append(row, as{share, l.Share.Value / 100})
		} else {
			row = append(row, as{words, "—"})
		}
	}
	if l.Expected < 0 {
		row = append(row, nil)
	} else {
		row = append(row, as{count, l.Present})
	}
	return append(row, as{words, dashboards.Amounts(l.ProvenAmounts)})
}

func (r *report) taskName(code, label string) string {
	for _, t := range r.Plan.Tasks {
		if string(t.Code) == code {
			return code + " " + t.Title
		}
	}
	if label != "" {
		return label
	}
	return code
}

func (r *report) summaryWave(s *sheet, n string, wave WaveReport) {
	s.skip(1)
	s.across(section, n+"、知晓与满意："+wave.Wave.Name, 24)
	if p := wave.Progress; p.Err == nil && p.Value != nil {
		s.across(prose, fmt.Sprintf("%s，完成问卷%d份，部分作答%d份，作废%d份。%s%s", span(wave.Wave), p.Value.Total.Complete, p.Value.Total.Partial, p.Value.Total.Void, dashboards.Caution(wave.Wave), wave.where()), 0)
	}
	if err := errors.Join(wave.Indicators.Err, wave.Weighted.Err); err != nil || wave.Indicators.Value == nil {
		s.across(prose, lacking("主要指标", err), 0)
		return
	}
	s.heading("指标", "数值", "区间下限", "区间上限", "基数（人）", "算法")
	head := s.row
	lines := wave.headlines()
	shareFrom, shareTo := summaryFigures(s, lines, survey.Share)
	indexFrom, indexTo := summaryFigures(s, lines, survey.Index)
	if c := wave.Indicators.Value.Composite; c != nil {
		if c.Estimate.Valid {
			s.add("综合指数", as{two, c.Estimate.Value}, "—", "—", c.Estimate.Base, dashboards.MethodName(c.Estimate.Method)+wave.parts())
		} else {
			s.add("综合指数", "—", "—", "—", nil, "暂不能计算："+strings.Join(c.Missing, "、")+"缺少指标或回答")
		}
	}
	r.figureChart(s, head, shareFrom, shareTo, wave.Wave.Name+"：各项比例", 1)
	r.figureChart(s, head, indexFrom, indexTo, wave.Wave.Name+"：各项指数（分）", 100)
}

// where says what the figures of the summary are, and where the others stand.
func (w WaveReport) where() string {
	if w.byDesign() {
		return "下面按抽样设计估计；全部指标见“" + designSheet + "”表，不加权的见“知晓与满意”表。"
	}
	return "全部指标见“知晓与满意”表。"
}

// parts says of the composite index that it is of plain figures, where others are not.
func (w WaveReport) parts() string {
	if w.byDesign() {
		return "，各项按不加权的"
	}
	return ""
}

// headline is an indicator's figure in all, as the summary has it.
type headline struct {
	indicator survey.Indicator
	estimate  estimate.Estimate
	method    string
}

// headlines are the headline indicators (all of them where none is chosen): by the design where
// the sample has one, as the pages and the wall show them.
func (w WaveReport) headlines() []headline {
	var all []headline
	if w.byDesign() {
		for _, f := range w.Weighted.Value.Figures {
			all = append(all, headline{f.Indicator, f.Total.Estimate, "按抽样设计估计"})
		}
	} else {
		for _, f := range w.Indicators.Value.Figures {
			all = append(all, headline{f.Indicator, f.Total.Estimate, dashboards.MethodName(f.Total.Estimate.Method)})
		}
	}
	if slices.ContainsFunc(all, func(h headline) bool { return h.indicator.Headline }) {
		all = slices.DeleteFunc(all, func(h headline) bool { return !h.indicator.Headline })
	}
	return all
}

// summaryFigures writes those of one kind and gives their rows.
func summaryFigures(s *sheet, all []headline, kind survey.IndicatorKind) (from, to int) {
	l, scale := percent, 100.0
	if kind == survey.Index {
		l, scale = two, 1
	}
	from = s.row + 1
	for _, h := range all {
		if h.indicator.Kind != kind {
			continue
		}
		e := h.estimate
		row := []any{h.indicator.Label, "—", "—", "—", e.Base, h.method}
		if e.Valid {
			row[1] = as{l, e.Value / scale}
		}
		if e.Valid && e.HasInterval {
			row[2], row[3] = as{l, e.Lower / scale}, as{l, e.Upper / scale}
		}
		s.add(row...)
	}
	return from, s.row
}

// figureChart draws the rows of indicators of one kind.
func (r *report) figureChart(s *sheet, head, from, to int, name string, top float64) {
	if to < from {
		return
	}
	r.chart(s, excelize.Bar, 130+26*(to-from), []excelize.ChartSeries{
		{Name: cellRef(s.name, 2, head), Categories: span1(s.name, 1, from, to), Values: span1(s.name, 2, from, to), Fill: fill("2F6FAB")},
	}, name, axis{top: top, step: top / 5})
}

// axis is the axis of values: its end (0: by the values) and the step between marks.
type axis struct{ top, step float64 }

func (r *report) summaryOpen(s *sheet, n string) {
	s.skip(1)
	s.across(section, n+"、待"+r.words.Office+"明确的事项", 24)
	open := r.Plan.Open()
	if len(open) == 0 {
		s.across(prose, "方案没有待明确的事项。", 0)
		return
	}
	count := map[string]int{}
	for _, q := range open {
		count[q.What]++
	}
	var parts []string
	for _, what := range []string{"lead", "members", "closed", "window", "target"} {
		if n := count[what]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s%d处", questionName(what, r.words), n))
		}
	}
	s.across(prose, fmt.Sprintf("共%d处：%s。逐条见“待明确事项”表。", len(open), strings.Join(parts, "，")), 0)
}

// chart puts a native chart under the rows written so far. Its values are the cells
// above it, so that it follows when they are corrected.
func (r *report) chart(s *sheet, kind excelize.ChartType, height int, series []excelize.ChartSeries, name string, values axis) {
	if r.err != nil {
		return
	}
	s.skip(1)
	at, _ := excelize.CoordinatesToCellName(1, s.row+1)
	height = min(height, 900)
	zero, gap := 0.0, uint(50)
	format := "General"
	if values.top == 1 {
		format = "0%"
	}
	var top *float64
	if values.top > 0 {
		top = &values.top
	}
	legend := excelize.ChartLegend{Position: "none"}
	if len(series) > 1 {
		legend.Position = "bottom"
	}
	font := excelize.Font{Family: face, Size: 9, Color: "1F2D3D"}
	r.check(r.f.AddChart(s.name, at, &excelize.Chart{
		Type: kind, Series: series, GapWidth: &gap, Legend: legend,
		Format:    excelize.GraphicOptions{AltText: name, OffsetX: 4, OffsetY: 4},
		Dimension: excelize.ChartDimension{Width: 760, Height: uint(height)},
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: name, Font: &excelize.Font{Family: face, Size: 11, Bold: true}}}},
		XAxis:     excelize.ChartAxis{ReverseOrder: kind == excelize.Bar, Font: font},
		YAxis:     excelize.ChartAxis{Minimum: &zero, Maximum: top, MajorUnit: values.step, MajorGridLines: true, Font: font, NumFmt: excelize.ChartNumFmt{CustomNumFmt: format}},
		PlotArea:  excelize.ChartPlotArea{ShowVal: kind == excelize.Bar},
	}))
	for range height/20 + 3 {
		s.put(15) // 20 pixels, said outright: programs differ in the height of a row without one
	}
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

// cellRef and span1 name cells for a chart.
func cellRef(sheet string, column, row int) string {
	at, _ := excelize.CoordinatesToCellName(column, row, true)
	return "'" + sheet + "'!" + at
}

func span1(sheet string, column, from, to int) string {
	end, _ := excelize.CoordinatesToCellName(column, to, true)
	return cellRef(sheet, column, from) + ":" + end
}
