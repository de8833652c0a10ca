package dashboards

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards/chart"
)

// Answered is what is known of one question. Opened is of open questions alone.
type Answered struct {
	Distribution Result[analytics.Distribution]
	Indicators   Result[analytics.Indicators]
	Weighted     Result[analytics.Weighted]
	Trends       Result[[]analytics.Trend]
	Opened       Result[analytics.Opened]
}

// Question is the page of one question of a wave: how it was answered in all, by
// group, and the indicators that are made of it.
func Question(plan *campaign.Plan, wave survey.Wave, question survey.Question, all Answered) Page {
	got, indicators, weighted, trends := all.Distribution, all.Indicators, all.Weighted, all.Trends
	p := newPage(plan, short(question))
	p.caution = Caution(wave)
	if got.missing() {
		p.fail("question-all", question.Label, got.Err)
		p.fail("question-groups", "分组", got.Err)
	} else {
		panel := Panel{ID: "question-all", Title: question.Label}
		p.options(&panel, question, got.Value)
		p.add(panel)
		p.groups("question-groups", wave, question, got.Value, indicators)
	}
	if question.Written() {
		if all.Opened.missing() {
			p.fail("question-words", "常用的词", all.Opened.Err)
		} else {
			p.opened(all.Opened.Value)
		}
	}
	if trends.missing() {
		p.fail("question-trend", "各轮比较", trends.Err)
	} else {
		for _, t := range *trends.Value {
			p.trend("question-trend-"+t.Indicator.Name, t)
		}
	}
	if indicators.missing() {
		p.fail("question-indicators", "相关指标", indicators.Err)
		return p.Page
	}
	for _, f := range indicators.Value.Figures {
		if f.Indicator.Question == question.Name {
			by := "stratum"
			if !got.missing() {
				by = got.Value.By
			}
			p.byGroup("question-indicator-"+f.Indicator.Name, groupWord(by), indicators.Value.Overlap, f)
			if weighted.missing() {
				p.fail("question-weighted-"+f.Indicator.Name, f.Indicator.Label+"（按抽样设计估计）", weighted.Err)
			} else if i := slices.IndexFunc(weighted.Value.Figures, func(w analytics.WeightedFigure) bool { return w.Indicator.Name == f.Indicator.Name }); i >= 0 {
				p.weightedGroups("question-weighted-"+f.Indicator.Name, groupWord(by), weighted.Value, weighted.Value.Figures[i], indicators)
				p.pairs("question-pairs-"+f.Indicator.Name, weighted.Value, weighted.Value.Figures[i])
			}
		}
	}
	return p.Page
}

// options fills a panel with the answers to one question in all.
func (p *page) options(panel *Panel, question survey.Question, d *analytics.Distribution) {
	multiple := question.Type == survey.Multiple
	panel.asked(d.SQL)
	panel.Base = fmt.Sprintf("问到%d人，回答%d人。", d.Total.Asked, d.Total.Answered)
	if d.BaseNote != "" {
		panel.Base += strings.TrimSuffix(d.BaseNote, "。") + "。"
	}
	var all []estimate.Estimate
	for _, o := range d.Total.Options {
		all = append(all, o.Persons)
	}
	panel.Table.Columns = columns("选项", numeric("人数", "占回答人数", intervalName(all...), "基数（人）")...)
	if multiple {
		panel.Base += fmt.Sprintf("可多选，共提及%d次：占人数的比例合计会超过100%%，占提及次数的比例合计为100%%，两者不能混用。", d.Total.Mentions)
		panel.Table.Columns = append(panel.Table.Columns, numeric("提及次数", "占提及次数", "提及总次数")...)
	}
	var bars []chart.Bar
	top := -1
	summed := p.summed(panel, question, d.Total)
	for i, o := range d.Total.Options {
		row := Row{Cells: []Cell{text(o.Label), count(o.Persons.Numerator), p.plainShare(o.Persons), interval(o.Persons), count(o.Persons.Base)}}
		if summed != nil && o.Persons.Valid {
			row.Cells[2].Text = summed[i] + "%"
		}
		if multiple {
			row.Cells = append(row.Cells, count(o.Mentions.Numerator), p.plainShare(o.Mentions), count(o.Mentions.Base))
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
		bars = append(bars, chart.Bar{Label: o.Label, Value: o.Persons.Value, Lower: o.Persons.Lower, Upper: o.Persons.Upper, HasInterval: o.Persons.HasInterval, Valid: o.Persons.Valid,
			Text: fmt.Sprintf("%s（%d人）", percentOr(o.Persons), o.Persons.Numerator)})
		if o.Persons.Valid && (top < 0 || o.Persons.Numerator > d.Total.Options[top].Persons.Numerator) {
			top = i
		}
	}
	panel.Notes = with(panel.Notes, p.doubts(d.Warnings)...)
	if !question.Choice() {
		panel.Lead = fmt.Sprintf("%d人作答。", d.Total.Answered)
		panel.EmptyMsg = "这道题不是选择题，不作频数统计。"
		return
	}
	if d.Total.Answered == 0 || top < 0 {
		panel.EmptyMsg = "这道题还没有人回答。"
		return
	}
	panel.Notes = with(panel.Notes, p.note(p.caution))
	panel.Lead = fmt.Sprintf("%d人回答，选“%s”的最多，占%s。", d.Total.Answered, d.Total.Options[top].Label, percentOr(d.Total.Options[top].Persons))
	drawn := chart.Bars(panel.ID, panel.Title+"。"+panel.Lead, bars, chart.Scale{Top: 100, Unit: "%"})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
}

// summed gives the shares of a question with one answer so that they add up to 100, where the
// campaign wants that; nil elsewhere.
func (p *page) summed(panel *Panel, question survey.Question, g analytics.GroupDistribution) []string {
	if !p.plan.Campaign.Settings.SumTo100.Value || question.Type == survey.Multiple || len(g.Options) == 0 {
		return nil
	}
	counts := make([]int64, len(g.Options))
	for i, o := range g.Options {
		counts[i] = o.Persons.Numerator
	}
	texts, adjusted := estimate.Block(counts, g.Answered, 1)
	if adjusted {
		panel.Notes = with(panel.Notes, p.note("各项占比按最大余数法取整，使合计为100.0%；有的和四舍五入差0.1"))
	}
	return texts
}

func percentOr(e estimate.Estimate) string {
	if !e.Valid {
		return blank
	}
	return e.Text(1) + "%"
}

// groups draws the answers by group: parts of 100 % for a single choice, a table
// alone for a multiple one, whose shares don't sum to anything.
func (p *page) groups(id string, wave survey.Wave, question survey.Question, d *analytics.Distribution, indicators Result[analytics.Indicators]) {
	if len(d.Groups) == 0 || !question.Choice() {
		return
	}
	heading := groupWord(d.By)
	title := "按" + heading
	if d.Overlap != "" {
		title += "（组间有重叠）"
	}
	panel := Panel{ID: id, Title: title, SQL: d.SQL, Base: "每一行的基数是这一组中回答了该题的人；合计包括没有归入任何一组的人，没有按人口加权。"}
	cols := []Column{{Name: "回答人数（基数）", Numeric: true}} // first, so that a phone shows it
	for _, o := range question.Options {
		cols = append(cols, Column{Name: o.Label, Numeric: true})
	}
	panel.Table.Columns = columns(heading, cols...)
	var points map[string]float64
	if f, ok := figureOf(indicators, question.Name, survey.Index); ok {
		points = f.Indicator.Values
	}
	var stacks []chart.Stack
	for _, g := range append(append([]analytics.GroupDistribution{}, d.Groups...), d.Total) {
		label := g.Label
		if g.Code == "" && label == "" {
			label = "合计"
		}
		row := Row{Cells: append([]Cell{text(label), count(g.Answered)}, p.shares(question, g)...), Total: g.Code == ""}
		panel.Table.Rows = append(panel.Table.Rows, row)
		stack := chart.Stack{Label: label, Shares: sharesOf(question, g), Text: blank}
		if g.Answered > 0 {
			stack.Text = fmt.Sprintf("n=%d", g.Answered)
		}
		stacks = append(stacks, stack)
	}
	panel.Lead = fmt.Sprintf("%s共%d人回答，分%d组。", wave.Name, d.Total.Answered, len(d.Groups))
	if d.Overlap != "" {
		panel.Lead = fmt.Sprintf("%s共%d人回答，分%d组，其中%d人属于两组以上。", wave.Name, d.Total.Answered, len(d.Groups), d.Several)
	}
	panel.Notes = with(panel.Notes, p.note(d.Overlap), p.note(p.caution))
	if d.Total.Answered == 0 {
		panel.EmptyMsg = "这道题还没有人回答。"
	} else if question.Type != survey.Multiple {
		drawn := chart.Stacked(id, title+"。"+panel.Lead, partsOf(question, points), stacks)
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	}
	p.add(panel)
}

// groupWord heads a column of groups: strata are groups of people, any other
// grouping is by answers.
func groupWord(by string) string {
	switch by {
	case "", analytics.Stratum:
		return "人群"
	case analytics.ByArea:
		return "片区"
	}
	return "分组"
}

// byGroup draws one indicator in all and by group.
func (p *page) byGroup(id, heading, overlap string, f analytics.IndicatorFigure) {
	panel := Panel{ID: id, Title: f.Indicator.Label, SQL: f.SQL, Notes: with(nil, p.note(overlap)), Base: strings.TrimSuffix(f.BaseNote, "。") + "。"}
	if f.BaseNote == "" {
		panel.Base = baseWords(f.Indicator.Base) + "。"
	}
	lines := make([]figureLine, 0, len(f.Groups)+1)
	for _, g := range f.Groups {
		lines = append(lines, figureLine{label: g.Label, f: f, e: g.Estimate})
	}
	lines = append(lines, figureLine{label: "合计", f: f, e: f.Total.Estimate, total: true})
	if f.Total.Estimate.Valid {
		panel.Lead = fmt.Sprintf("%s合计%s。", f.Indicator.Label, inWords(f.Total.Estimate, unitOf(f.Indicator.Kind)))
	}
	p.figures(&panel, lines)
	panel.Table.Columns[0].Name = heading
	p.add(panel)
}
