package dashboards

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards/chart"
)

// SurveyQuestions names the questions whose distributions the page of a survey draws,
// in the order of the questionnaire: those on a scale and those with several answers.
func SurveyQuestions(q survey.Questionnaire) []string {
	var list []string
	for _, question := range q.Items() {
		if question.Type == survey.Multiple || scaleOf(q, question.Name) != nil {
			list = append(list, question.Name)
		}
	}
	return list
}

// scaleOf gives the points of a question's options where an index is made of it.
func scaleOf(q survey.Questionnaire, question string) map[string]float64 {
	for _, i := range q.Indicators {
		if i.Kind == survey.Index && i.Question == question {
			return i.Values
		}
	}
	return nil
}

// Survey is the page of one wave. answers holds, by name, the distributions of the
// questions that SurveyQuestions names.
func Survey(plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, progress Result[analytics.Progress], indicators Result[analytics.Indicators], weighted Result[analytics.Weighted], answers map[string]Result[analytics.Distribution]) Page {
	p := newPage(plan, wave.Name)
	p.caution = Caution(wave)
	if progress.missing() {
		p.fail("survey-progress", "回收进度", progress.Err)
	} else {
		p.progress("survey-progress", "回收进度", wave, progress.Value)
	}
	if indicators.missing() {
		p.fail("survey-indicators", "主要指标", indicators.Err)
	} else {
		p.indicators("survey-indicators", "主要指标", wave, indicators.Value, weighted)
		p.composite("survey-composite", "综合指数", indicators.Value)
	}
	if weighted.missing() {
		p.fail("survey-sample", "样本说明", weighted.Err)
	} else {
		p.sample("survey-sample", wave, weighted.Value)
		p.Panels[len(p.Panels)-1].Act = Act{Text: "已知总体数", Link: "waves/" + url.PathEscape(string(wave.ID)) + "#margins"}
		p.margins("survey-margins", wave, weighted.Value)
		p.weighted("survey-weighted", wave, weighted.Value, indicators)
		p.verdicts("survey-verdicts", wave, weighted.Value)
	}
	p.scales("survey-scales", "各项满意程度", wave, q, indicators, answers)
	for _, question := range q.Items() {
		got, asked := answers[question.Name]
		if question.Type != survey.Multiple || !asked {
			continue
		}
		id := "survey-" + question.Name
		if got.missing() {
			p.fail(id, short(question), got.Err)
			continue
		}
		p.several(id, wave, question, got.Value)
	}
	return p.Page
}

func short(q survey.Question) string {
	if q.Short != "" {
		return q.Short
	}
	return q.Label
}

func (p *page) progress(id, title string, wave survey.Wave, r *analytics.Progress) {
	panel := Panel{ID: id, Title: title, SQL: r.SQL,
		Base: "完成：必答题都已作答；部分：有必答题未答；作废：经人工剔除并写明理由，不进入任何指标。"}
	if wave.Population != "" {
		panel.Base += "调查对象：" + strings.TrimSuffix(wave.Population, "。") + "。"
	}
	panel.Table.Columns = columns("人群", numeric("配额（份）", "完成（份）", "完成配额比例", "部分（份）", "作废（份）")...)
	var bars []chart.Progress
	var within int64 // completes inside the quotas: one stratum's surplus fills no other's gap
	for _, s := range r.Strata {
		row, words := p.stratum(s, s.Complete)
		within += min(s.Complete, s.Quota)
		panel.Table.Rows = append(panel.Table.Rows, row)
		bars = append(bars, chart.Progress{Label: s.Label, Done: float64(s.Complete), Due: float64(s.Quota), Text: words})
	}
	if len(r.Strata) == 0 {
		within = r.Total.Complete
	}
	total, words := p.stratum(r.Total, within)
	total.Cells[0], total.Total = text("合计"), true
	if r.Total.Quota > 0 && within < r.Total.Complete {
		total.Cells[3].Notes = with(nil, p.note("合计的完成配额比例只计各人群配额以内的份数：一个人群超额，不抵另一个人群的不足。"))
		words = fmt.Sprintf("%d份，其中配额以内%d/%d份 %s", r.Total.Complete, within, r.Total.Quota, total.Cells[3].Text)
	}
	panel.Table.Rows = append(panel.Table.Rows, total)
	state := "正在回收"
	if wave.Closed {
		state = "已结束回收"
	}
	panel.Lead = fmt.Sprintf("%s%s，合计%s；另有部分作答%d份、作废%d份。", wave.Name, state, words, r.Total.Partial, r.Total.Void)
	if r.Total.Complete+r.Total.Partial+r.Total.Void == 0 {
		panel.EmptyMsg = "这一轮还没有收到问卷。可以在“录入”页逐份录入纸质问卷，也可以下载模板，填好后整表导入。"
	} else {
		drawn := chart.Bullets(id, title+"。"+panel.Lead, bars)
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	}
	p.add(panel)
}

func (p *page) stratum(s analytics.StratumProgress, within int64) (Row, string) {
	row := Row{Cells: []Cell{text(s.Label)}}
	words := fmt.Sprintf("%d份，未设配额", s.Complete)
	if s.Quota > 0 {
		share := estimate.Percent(min(within, s.Quota), s.Quota, 1)
		words = fmt.Sprintf("%d/%d份 %s%%", s.Complete, s.Quota, share)
		row.Cells = append(row.Cells, count(s.Quota), count(s.Complete), text(share+"%"))
	} else {
		row.Cells = append(row.Cells, text("未设"), count(s.Complete), text(blank))
	}
	row.Cells = append(row.Cells, count(s.Partial), count(s.Void))
	return row, words
}

// shareAndIndex says what the two kinds of figures are.
const shareAndIndex = "率（%）是符合条件的人数占基数的比例；度（分）是按量表赋值的平均分。每项的基数写在表里。"

// figureLine is an indicator's figure in all or in one group.
type figureLine struct {
	label string
	f     analytics.IndicatorFigure
	e     estimate.Estimate
	link  string
	total bool
}

// figures fills a panel with indicators as bars with their intervals.
func (p *page) figures(panel *Panel, lines []figureLine) {
	var all []estimate.Estimate
	for _, l := range lines {
		all = append(all, l.e)
	}
	panel.Table.Columns = columns("指标", Column{Name: "数值", Numeric: true}, Column{Name: intervalName(all...), Numeric: true}, Column{Name: "计数（人）", Numeric: true}, Column{Name: "基数（人）", Numeric: true}, Column{Name: "算法"})
	var bars []chart.Bar
	var says []string
	intervals := false
	for _, l := range lines {
		panel.asked(l.f.SQL)
		unit := unitOf(l.f.Indicator.Kind)
		value := p.figure(l.e, unit)
		value.Notes = with(value.Notes, p.definition(l.f.Indicator.Label, l.f))
		numerator := text(blank)
		if l.f.Indicator.Kind == survey.Share && l.e.Valid {
			numerator = count(l.e.Numerator)
		}
		panel.Table.Rows = append(panel.Table.Rows, Row{Link: l.link, Total: l.total,
			Cells: []Cell{text(l.label), value, interval(l.e), numerator, count(l.e.Base), text(MethodName(l.e.Method))}})
		bars = append(bars, chart.Bar{Label: l.label, Value: l.e.Value, Lower: l.e.Lower, Upper: l.e.Upper, HasInterval: l.e.HasInterval, Valid: l.e.Valid, Text: inWords(l.e, unit)})
		intervals = intervals || l.e.HasInterval
		if l.e.Valid && len(says) < 4 {
			says = append(says, l.label+l.e.Text(1)+unit)
		}
	}
	if intervals {
		panel.Notes = with(panel.Notes, p.note(p.caution))
	}
	if panel.Base == "" {
		panel.Base = shareAndIndex
	}
	if len(says) == 0 {
		panel.EmptyMsg = "还没有可以计算的回答。收到问卷后，这里会显示各项指标和区间。"
		return
	}
	if panel.Lead == "" {
		panel.Lead = strings.Join(says, "，") + "。"
	}
	drawn := chart.Bars(panel.ID, panel.Title+"。"+panel.Lead, bars, chart.Scale{Top: 100})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
}

// definition is the footnote that says how an indicator is made and by whose rule.
func (p *page) definition(label string, f analytics.IndicatorFigure) int {
	words := label + "：" + strings.TrimSuffix(f.BaseNote, "。")
	if f.BaseNote == "" {
		words = label + "：" + baseWords(f.Indicator.Base)
	}
	if f.Indicator.Source != "" {
		words += "。依据：" + strings.TrimSuffix(f.Indicator.Source, "。")
	}
	return p.note(words + "。")
}

func baseWords(rule survey.BaseRule) string {
	if rule == survey.BaseOpinion {
		return "基数是给出意见的人，“说不清”不在内"
	}
	return "基数是回答了这道题的人，“说不清”在内"
}

// MethodName says in words how a figure was made.
func MethodName(method string) string {
	switch method {
	case estimate.MethodWilson:
		return "Wilson 得分区间"
	case estimate.MethodT:
		return "均值的 t 区间"
	case estimate.MethodCount:
		return "全数计数"
	case estimate.MethodMentions:
		return "提及次数"
	case estimate.MethodWeightedSum:
		return "加权合计"
	case "":
		return blank
	}
	return method
}

// indicators draws the headline indicators as they are counted, and says so where the design of the
// sample has others.
func (p *page) indicators(id, title string, wave survey.Wave, all *analytics.Indicators, w Result[analytics.Weighted]) {
	panel := Panel{ID: id, Title: title}
	if ByDesign(w) {
		panel.Base = shareAndIndex + "这里不加权；按抽样设计估计的见“" + designedTitle + "”。"
	}
	var lines []figureLine
	for _, f := range all.Figures {
		if f.Indicator.Headline {
			lines = append(lines, figureLine{label: f.Indicator.Label, f: f, e: f.Total.Estimate, link: surveyLink(wave.ID, f.Indicator.Question)})
		}
	}
	if len(lines) == 0 { // no indicator was chosen for the headline: all of them are
		for _, f := range all.Figures {
			lines = append(lines, figureLine{label: f.Indicator.Label, f: f, e: f.Total.Estimate, link: surveyLink(wave.ID, f.Indicator.Question)})
		}
	}
	p.figures(&panel, lines)
	if len(all.Figures) == 0 {
		panel.EmptyMsg = "这份问卷没有规定指标。可以在问卷文件里加上，规则连同依据一起写明。"
	}
	p.add(panel)
}

// composite draws the weighted index with its parts, where the campaign has one.
func (p *page) composite(id, title string, all *analytics.Indicators) {
	c := all.Composite
	if c == nil {
		return
	}
	panel := Panel{ID: id, Title: title, Base: "综合指数是各维度指标按权重的合计。"}
	if c.Source != "" {
		panel.Base += "权重依据：" + strings.TrimSuffix(c.Source, "。") + "。"
	}
	panel.Table.Columns = columns("维度", Column{Name: "指标"}, Column{Name: "权重", Numeric: true}, Column{Name: "数值", Numeric: true}, Column{Name: "基数（人）", Numeric: true})
	var bars []chart.Bar
	for _, part := range c.Parts {
		weight := part.Weight
		for _, f := range all.Figures {
			if f.Indicator.Name == part.Indicator {
				panel.asked(f.SQL)
			}
		}
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(part.Dimension), text(indicatorLabel(all, part.Indicator)),
			{Text: estimate.Round(weight, 2), Number: &weight}, p.figure(part.Estimate, ""), count(part.Estimate.Base)}})
		bars = append(bars, chart.Bar{Label: part.Dimension + "（权重" + estimate.Round(weight, 2) + "）", Value: part.Estimate.Value, Lower: part.Estimate.Lower, Upper: part.Estimate.Upper,
			HasInterval: part.Estimate.HasInterval, Valid: part.Estimate.Valid, Text: inWords(part.Estimate, "")})
	}
	panel.Table.Rows = append(panel.Table.Rows, Row{Total: true, Cells: []Cell{text("综合指数"), text(blank), text(blank), p.figure(c.Estimate, ""), count(c.Estimate.Base)}})
	switch {
	case c.Estimate.Valid:
		panel.Lead = fmt.Sprintf("综合指数%s，由%d个维度加权而成。", c.Estimate.Text(2), len(c.Parts))
		value := *panel.Table.Rows[len(panel.Table.Rows)-1].Cells[3].Number
		panel.Table.Rows[len(panel.Table.Rows)-1].Cells[3] = Cell{Text: c.Estimate.Text(2), Number: &value, Notes: p.doubts(c.Estimate.Warnings)}
	case len(c.Missing) > 0:
		panel.Lead = fmt.Sprintf("综合指数暂时不能计算：%s还没有指标或回答。", strings.Join(c.Missing, "、"))
	default:
		panel.Lead = "综合指数暂时不能计算。"
	}
	drawn := chart.Bars(id, title+"。"+panel.Lead, bars, chart.Scale{Top: 100})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

func indicatorLabel(all *analytics.Indicators, name string) string {
	for _, f := range all.Figures {
		if f.Indicator.Name == name {
			return f.Indicator.Label
		}
	}
	if name == "" {
		return blank
	}
	return name
}

// scales draws the questions on a scale as stacked bars, with share and index beside.
func (p *page) scales(id, title string, wave survey.Wave, q survey.Questionnaire, indicators Result[analytics.Indicators], answers map[string]Result[analytics.Distribution]) {
	var items []survey.Question
	for _, question := range q.Items() {
		if _, asked := answers[question.Name]; asked && question.Type != survey.Multiple {
			items = append(items, question)
		}
	}
	if len(items) == 0 {
		return
	}
	// Items that offer the same answers share a drawing, others get their own.
	for i, group := range alike(items) {
		panelID, name := id, title
		if i > 0 {
			panelID, name = fmt.Sprintf("%s-%d", id, i+1), short(group[0])
		}
		p.scale(panelID, name, wave, q, group, indicators, answers)
	}
}

// alike groups questions by the labels of their options, in order of appearance.
func alike(items []survey.Question) [][]survey.Question {
	var groups [][]survey.Question
	at := map[string]int{}
	for _, item := range items {
		var names []string
		for _, o := range item.Options {
			names = append(names, o.Label)
		}
		key := strings.Join(names, "\x00")
		if i, ok := at[key]; ok {
			groups[i] = append(groups[i], item)
			continue
		}
		at[key] = len(groups)
		groups = append(groups, []survey.Question{item})
	}
	return groups
}

func (p *page) scale(id, title string, wave survey.Wave, q survey.Questionnaire, items []survey.Question, indicators Result[analytics.Indicators], answers map[string]Result[analytics.Distribution]) {
	panel := Panel{ID: id, Title: title}
	parts := partsOf(items[0], scaleOf(q, items[0].Name))
	cols := []Column{}
	for _, o := range items[0].Options {
		cols = append(cols, Column{Name: o.Label, Numeric: true})
	}
	kinds := []survey.IndicatorKind{survey.Share, survey.Index}
	heads := []string{"满意率", "满意度"}
	for i, kind := range kinds {
		if f, ok := figureOf(indicators, items[0].Name, kind); ok && len(items) == 1 {
			heads[i] = f.Indicator.Label
		}
		cols = append(cols, Column{Name: heads[i], Numeric: true}, Column{Name: heads[i] + intervalName(), Numeric: true})
	}
	panel.Table.Columns = columns("项目", append(cols, Column{Name: "回答人数（基数）", Numeric: true})...)
	var stacks []chart.Stack
	for _, item := range items {
		row := Row{Cells: []Cell{text(short(item))}, Link: surveyLink(wave.ID, item.Name)}
		stack := chart.Stack{Label: short(item), Text: blank}
		got := answers[item.Name]
		if got.missing() {
			row.Cells[0] = Cell{Text: short(item), Notes: with(nil, p.note("“"+short(item)+"”暂时取不到数据。"))}
			row.Cells = append(row.Cells, blanks(len(panel.Table.Columns)-1)...)
		} else {
			panel.asked(got.Value.SQL)
			panel.Notes = with(panel.Notes, p.note(got.Value.BaseNote))
			panel.Notes = with(panel.Notes, p.doubts(got.Value.Warnings)...)
			row.Cells = append(row.Cells, p.shares(item, got.Value.Total)...)
			for i, kind := range kinds {
				row.Cells = append(row.Cells, p.indicatorCells(indicators, item.Name, heads[i], kind)...)
			}
			row.Cells = append(row.Cells, count(got.Value.Total.Answered))
			stack.Shares = sharesOf(item, got.Value.Total)
			if got.Value.Total.Answered > 0 {
				stack.Text = fmt.Sprintf("n=%d", got.Value.Total.Answered)
			}
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
		stacks = append(stacks, stack)
	}
	panel.Lead = fmt.Sprintf("%d个项目，每条各段合计为回答这道题的全部人数（100%%）。", len(items))
	panel.Base = "条形的基数是回答了该题的人，“说不清”在内；满意率和满意度的基数另有规定，见脚注。"
	panel.Notes = with(panel.Notes, p.note(p.caution))
	drawn := chart.Stacked(id, title+"。"+panel.Lead, parts, stacks)
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}

// partsOf gives the parts of a bar. Points place each option on the scale; without
// points the options have no order.
func partsOf(q survey.Question, points map[string]float64) []chart.Part {
	low, high := 0.0, 0.0
	first := true
	for _, v := range points {
		if first || v < low {
			low = v
		}
		if first || v > high {
			high = v
		}
		first = false
	}
	parts := make([]chart.Part, len(q.Options))
	for i, o := range q.Options {
		parts[i] = chart.Part{Label: o.Label, NoOpinion: o.DontKnow}
		if v, ok := points[o.Code]; ok && high > low {
			parts[i].Scaled, parts[i].Level = true, (v-low)/(high-low)
		}
	}
	return parts
}

func optionOf(g analytics.GroupDistribution, code string) (analytics.OptionCount, bool) {
	i := slices.IndexFunc(g.Options, func(o analytics.OptionCount) bool { return o.Code == code })
	if i < 0 {
		return analytics.OptionCount{}, false
	}
	return g.Options[i], true
}

// shares prints the shares of persons by option.
func (p *page) shares(q survey.Question, g analytics.GroupDistribution) []Cell {
	var cells []Cell
	for _, o := range q.Options {
		found, ok := optionOf(g, o.Code)
		if !ok {
			cells = append(cells, text(blank))
			continue
		}
		cells = append(cells, p.plainShare(found.Persons))
	}
	return cells
}

// plainShare prints a share in a cross table: its doubts are those of the row's base,
// so only the small base is marked, not each share of nobody or of everybody.
func (p *page) plainShare(e estimate.Estimate) Cell {
	if !e.Valid {
		return text(blank)
	}
	value := e.Value
	cell := Cell{Text: e.Text(1) + "%", Number: &value}
	for _, w := range e.Warnings {
		if w.Code == estimate.SmallBase {
			cell.Notes = with(cell.Notes, p.note(w.Text))
		}
	}
	return cell
}

func sharesOf(q survey.Question, g analytics.GroupDistribution) []float64 {
	if g.Answered == 0 {
		return nil
	}
	list := make([]float64, len(q.Options))
	for i, o := range q.Options {
		if found, ok := optionOf(g, o.Code); ok && found.Persons.Valid {
			list[i] = found.Persons.Value
		}
	}
	return list
}

func figureOf(indicators Result[analytics.Indicators], question string, kind survey.IndicatorKind) (analytics.IndicatorFigure, bool) {
	if indicators.missing() {
		return analytics.IndicatorFigure{}, false
	}
	for _, f := range indicators.Value.Figures {
		if f.Indicator.Question == question && f.Indicator.Kind == kind {
			return f, true
		}
	}
	return analytics.IndicatorFigure{}, false
}

// indicatorCells prints a question's indicator with its interval. Its rule is noted
// under the heading of the column, so that items of one rule share a footnote.
func (p *page) indicatorCells(indicators Result[analytics.Indicators], question, heading string, kind survey.IndicatorKind) []Cell {
	f, ok := figureOf(indicators, question, kind)
	if !ok {
		return blanks(2)
	}
	value := p.figure(f.Total.Estimate, unitOf(kind))
	value.Notes = with(value.Notes, p.definition(heading, f))
	return []Cell{value, interval(f.Total.Estimate)}
}

func blanks(n int) []Cell {
	cells := make([]Cell, n)
	for i := range cells {
		cells[i] = text(blank)
	}
	return cells
}

// several draws a multiple choice: persons in one column, mentions in another.
func (p *page) several(id string, wave survey.Wave, question survey.Question, d *analytics.Distribution) {
	panel := Panel{ID: id, Title: short(question)}
	p.options(&panel, question, d)
	for i := range panel.Table.Rows {
		panel.Table.Rows[i].Link = surveyLink(wave.ID, question.Name)
	}
	p.add(panel)
}

// surveyLink gives the address of the page of a question.
func surveyLink(wave survey.WaveID, question string) string {
	return "waves/" + url.PathEscape(string(wave)) + "/questions/" + url.PathEscape(question)
}
