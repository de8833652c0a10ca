package dashboards

import (
	"fmt"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/planning"
	"shuixuan/app/survey"
	"shuixuan/dashboards/chart"
)

// sample says what stands behind the figures of a wave: who was to be asked, who was, and
// how many people each answer stands for.
func (p *page) sample(id string, wave survey.Wave, w *analytics.Weighted) {
	s := w.Sample
	panel := Panel{ID: id, Title: "样本说明", SQL: w.SQL, Lead: sampleWords(s), Base: "每份代表的人数是总体人数除以这一组计入的答卷；加权的合计里，每份答卷按它代表的人数计。"}
	if s.Raking.Used() {
		panel.Base = "每份代表的人数是这一组各份权重的平均；加权的合计里，每份答卷按它的权重计。"
	}
	panel.Base += frame(s)
	panel.Table.Columns = columns("人群", numeric("总体人数", "占总体", "计入的答卷（份）", "占答卷", "每份代表（人）")...)
	people, counted := 0.0, int64(0)
	for _, one := range s.Strata {
		people, counted = people+one.Population, counted+one.Counted
	}
	for _, one := range s.Strata {
		row := Row{Cells: []Cell{text(one.Label), amount(one.Population), partOf(one.Population, people), count(one.Counted), partOf(float64(one.Counted), float64(counted)), blankCell()}}
		if one.Weight > 0 {
			weight := one.Weight
			row.Cells[5] = Cell{Text: estimate.Round(weight, 1), Number: &weight}
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	if len(s.Strata) > 0 {
		panel.Table.Rows = append(panel.Table.Rows, Row{Total: true, Cells: []Cell{text("合计"), amount(people), partOf(people, people), count(counted), partOf(float64(counted), float64(counted)), blankCell()}})
	} else {
		panel.EmptyMsg = "这一轮没有分组，每份答卷算一份。"
	}
	panel.Notes = with(with(panel.Notes, p.note(p.caution)), p.doubts(s.Warnings)...)
	p.add(panel)
}

// Design says how a sample was drawn and by whose numbers it is weighted.
func Design(s analytics.Sample) string { return sampleWords(s) + frame(s) }

// sampleWords says how the people of a wave were found, and what their answers count for.
func sampleWords(s analytics.Sample) string {
	words := fmt.Sprintf("%s：计入%d份答卷。", sampleName(s.Sampling), s.Counted)
	switch {
	case s.Raking.Used():
		words += "合计加权到已知总体数。"
	case s.Weighted:
		words += fmt.Sprintf("合计按%d个人群的总体人数加权。", len(s.Strata))
	}
	if s.Units > 0 {
		words += fmt.Sprintf("一起找到的是%s，共%d个。", survey.SampleUnitNames[s.Sampling.Unit], s.Units)
	}
	return words
}

// frame says whose numbers the populations of the strata are.
func frame(s analytics.Sample) string {
	if !s.Weighted {
		return ""
	}
	return "总体人数来源：" + strings.TrimSuffix(s.Sampling.Frame, "。") + "。"
}

func sampleName(s survey.Sampling) string {
	if name := survey.SampleKindNames[s.Kind]; name != "" {
		return name
	}
	return "没有说明怎样找到受访者"
}

func blankCell() Cell { return Cell{Text: blank} }

// amount prints a number of people, where it is known.
func amount(people float64) Cell {
	if people <= 0 {
		return blankCell()
	}
	return count(int64(people))
}

func partOf(part, whole float64) Cell {
	if part <= 0 || whole <= 0 {
		return blankCell()
	}
	share := 100 * part / whole
	return Cell{Text: estimate.Round(share, 1) + "%", Number: &share}
}

// designedLine is an indicator of a designed sample in all or in one group, beside what the
// plain count says.
type designedLine struct {
	label, unit string
	link        string
	d           analytics.Designed
	plain       estimate.Estimate
	total       bool
}

// Differs tells whether the design of a sample says anything that plain counting doesn't.
func Differs(s analytics.Sample) bool { return s.Weighted || s.Units > 0 || s.Raking.Used() }

// designedTitle is the title of the headline indicators of a wave by its design.
const designedTitle = "主要指标（按抽样设计估计）"

// ByDesign tells whether a result has figures by a design that differ from the plain ones.
func ByDesign(w Result[analytics.Weighted]) bool { return !w.missing() && Differs(w.Value.Sample) }

// designed fills a panel with figures of a designed sample.
func (p *page) designed(panel *Panel, lines []designedLine) {
	var all []estimate.Estimate
	for _, l := range lines {
		all = append(all, l.d.Estimate)
	}
	panel.Table.Columns = columns("指标", numeric("按设计估计", intervalName(all...), "不加权", "设计效应", "有效样本（人）", "基数（人）")...)
	var bars []chart.Bar
	var says []string
	for _, l := range lines {
		e := l.d.Estimate
		row := Row{Link: l.link, Total: l.total, Cells: []Cell{text(l.label), p.figure(e, l.unit), interval(e), p.figure(l.plain, l.unit), blankCell(), blankCell(), count(e.Base)}}
		row.Cells[3].Notes = nil // its doubts stand on the page of plain counts
		if f := l.d.Figure; f.HasSE && f.Deff > 0 {
			deff, effective := f.Deff, f.EffectiveN
			row.Cells[4], row.Cells[5] = Cell{Text: estimate.Round(deff, 2), Number: &deff}, Cell{Text: estimate.Round(effective, 0), Number: &effective}
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
		bars = append(bars, chart.Bar{Label: l.label, Value: e.Value, Lower: e.Lower, Upper: e.Upper, HasInterval: e.HasInterval, Valid: e.Valid, Text: inWords(e, l.unit)})
		if e.Valid && len(says) < 4 {
			says = append(says, l.label+e.Text(1)+l.unit)
		}
	}
	panel.Base = "设计效应是与同样人数的简单随机样本相比，方差放大的倍数；有效样本是基数除以设计效应。率的区间用 logit 变换，度的区间用 t，自由度为抽样单元数减分组数。"
	panel.Notes = with(panel.Notes, p.note(p.caution))
	if len(says) == 0 {
		panel.EmptyMsg = "还没有可以计算的回答。"
		return
	}
	panel.Lead = strings.Join(says, "，") + "。"
	drawn := chart.Bars(panel.ID, panel.Title+"。"+panel.Lead, bars, chart.Scale{Top: 100})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
}

// weighted draws the headline indicators of a wave as its design has them.
func (p *page) weighted(id string, wave survey.Wave, w *analytics.Weighted, plain Result[analytics.Indicators]) {
	if !Differs(w.Sample) {
		return
	}
	panel := Panel{ID: id, Title: designedTitle, SQL: w.SQL}
	var lines []designedLine
	for _, f := range w.Figures {
		if !f.Indicator.Headline {
			continue
		}
		lines = append(lines, designedLine{label: f.Indicator.Label, unit: unitOf(f.Indicator.Kind), d: f.Total, plain: plainOf(plain, f.Indicator.Name, ""), link: surveyLink(wave.ID, f.Indicator.Question)})
	}
	p.designed(&panel, lines)
	panel.Base += Method(w.Sample)
	p.add(panel)
}

// verdicts says of each figure with a target whether the sample settles it.
func (p *page) verdicts(id string, wave survey.Wave, w *analytics.Weighted) {
	if len(w.Verdicts) == 0 {
		return
	}
	first := w.Verdicts[0].Judgement
	panel := Panel{ID: id, Title: "达标判断", SQL: w.SQL, Base: "达到：整个区间不低于标准线；未达到：整个区间低于标准线；标准线落在区间之内，本次样本还不能判定。按抽样设计估计。"}
	panel.Base += "标准线依据：" + strings.TrimSuffix(w.Verdicts[0].Source, "。") + "。" + Method(w.Sample)
	panel.Table.Columns = columns("指标", append(numeric("数值", "区间", "标准线"), Column{Name: "判定"}, Column{Name: "要判定，还需"}, Column{Name: "提示"})...)
	counts := map[planning.Verdict]int{}
	var bars []chart.Bar
	for _, v := range w.Verdicts {
		j := v.Judgement
		counts[j.Verdict]++
		row := Row{Link: surveyLink(wave.ID, v.Indicator.Question), Cells: []Cell{text(v.Indicator.Label), blankCell(), blankCell(), text(estimate.Round(j.Target, 1) + string(j.Unit)), text(j.Verdict.Text()), blankCell(), blankCell()}}
		if j.Verdict != planning.Unknown {
			value := j.Value
			row.Cells[1] = Cell{Text: estimate.Round(value, 1) + string(j.Unit), Number: &value}
			row.Cells[2] = text(estimate.Round(j.Lower, 1) + "–" + estimate.Round(j.Upper, 1))
			bars = append(bars, chart.Bar{Label: v.Indicator.Label, Value: value, Lower: j.Lower, Upper: j.Upper, HasInterval: j.HasInterval, Valid: true, Text: j.Verdict.Text()})
		}
		if j.Verdict == planning.Unsettled {
			row.Cells[5] = text("无法靠多收答卷判定")
			if j.Settling.Possible {
				row.Cells[5] = text(fmt.Sprintf("再收%d份（共%d份）", j.Settling.More, j.Settling.Total))
			}
		}
		for _, c := range j.Caveats {
			if c.Code != planning.NonProbability { // said once, under the panel
				row.Cells[6] = text(c.Text)
			}
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	panel.Lead = fmt.Sprintf("标准线%s：%d项达到，%d项未达到，%d项还不能判定。", estimate.Round(first.Target, 1)+string(first.Unit), counts[planning.Met], counts[planning.Missed], counts[planning.Unsettled]+counts[planning.Unknown])
	if len(w.Verdicts) == 1 {
		panel.Lead = first.Sentence
	}
	panel.Notes = with(panel.Notes, p.note(p.caution))
	drawn := chart.Bars(id, panel.Title+"。"+panel.Lead, bars, chart.Scale{Top: 100, Line: first.Target, LineText: "标准线 " + estimate.Round(first.Target, 1) + string(first.Unit)})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

// weightedGroups draws one indicator by group as the design has it.
func (p *page) weightedGroups(id, heading string, w *analytics.Weighted, f analytics.WeightedFigure, plain Result[analytics.Indicators]) {
	if !Differs(w.Sample) {
		return
	}
	unit := unitOf(f.Indicator.Kind)
	panel := Panel{ID: id, Title: f.Indicator.Label + "（按抽样设计估计）", SQL: w.SQL, Notes: with(nil, p.note(w.Overlap))}
	var lines []designedLine
	for _, g := range f.Groups {
		lines = append(lines, designedLine{label: g.Label, unit: unit, d: g.Designed, plain: plainOf(plain, f.Indicator.Name, g.Code)})
	}
	lines = append(lines, designedLine{label: "合计", unit: unit, d: f.Total, plain: plainOf(plain, f.Indicator.Name, ""), total: true})
	p.designed(&panel, lines)
	panel.Base += Method(w.Sample)
	panel.Table.Columns[0].Name = heading
	if f.Total.Estimate.Valid {
		panel.Lead = fmt.Sprintf("%s合计%s。", f.Indicator.Label, inWords(f.Total.Estimate, unit))
	}
	p.add(panel)
}

// pairs lists the differences between the groups of an indicator. A p value of people who were
// not drawn at random would claim what it can't know, so it is shown of random samples alone.
func (p *page) pairs(id string, w *analytics.Weighted, f analytics.WeightedFigure) {
	if len(f.Pairs) == 0 && f.Untested == "" {
		return
	}
	scale, unit := 1.0, "分"
	if f.Indicator.Kind == survey.Share {
		scale, unit = 100, "个百分点"
	}
	random := w.Sample.Sampling.Random()
	panel := Panel{ID: id, Title: f.Indicator.Label + "：组间差异", SQL: w.SQL, Base: "差异是前一组减去后一组，按抽样设计估计，已考虑两组共用的抽样单元。"}
	if w.Overlap != "" {
		panel.Base = "差异是前一组减去后一组，按抽样设计估计；两组有重叠，同时属于两组的人两边都算，区间按重叠域的协方差估计，不是按两组互不相干的公式。"
	}
	panel.Table.Columns = columns("比较", numeric("差异（"+unit+"）", "区间")...)
	if random {
		panel.Table.Columns = append(panel.Table.Columns, numeric("p 值（Holm 校正）")...)
		panel.Base += fmt.Sprintf("共%d组比较，p 值按 Holm 法校正。", len(f.Pairs))
	}
	apart := 0
	for _, pair := range f.Pairs {
		c := pair.Difference
		row := Row{Cells: []Cell{text(pair.ALabel + " − " + pair.BLabel), signed(scale * c.Difference), {Text: signed(scale*c.Lower).Text + " 到 " + signed(scale*c.Upper).Text}}}
		if random {
			corrected := pair.Corrected
			words := estimate.Round(corrected, 3)
			if corrected < 0.001 {
				words = "<0.001"
			}
			row.Cells = append(row.Cells, Cell{Text: words, Number: &corrected})
		}
		if c.Lower > 0 || c.Upper < 0 {
			apart++
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
	}
	panel.Notes = with(panel.Notes, p.note(w.Overlap), p.note(f.Untested))
	if len(f.Pairs) == 0 {
		panel.EmptyMsg = f.Untested + "。"
		p.add(panel)
		return
	}
	panel.Lead = fmt.Sprintf("%d组比较，%d组的区间不含0。", len(f.Pairs), apart)
	if len(f.Pairs) > 1 {
		panel.Notes = with(panel.Notes, p.note("比较越多，单凭偶然就有区间不含0的；每个区间各自成立，不是同时成立。"))
	}
	panel.Notes = with(panel.Notes, p.note(p.caution))
	p.add(panel)
}

// plainOf is what plain counting gives for the same group.
func plainOf(plain Result[analytics.Indicators], indicator, group string) estimate.Estimate {
	if plain.missing() {
		return estimate.Estimate{}
	}
	for _, f := range plain.Value.Figures {
		if f.Indicator.Name != indicator {
			continue
		}
		if group == "" {
			return f.Total.Estimate
		}
		for _, g := range f.Groups {
			if g.Code == group {
				return g.Estimate
			}
		}
	}
	return estimate.Estimate{}
}
