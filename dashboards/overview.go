package dashboards

import (
	"fmt"
	"net/url"
	"slices"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards/chart"
)

// WaveSummary is a wave with its figures, for the overview.
type WaveSummary struct {
	Wave       survey.Wave
	Progress   Result[analytics.Progress]
	Indicators Result[analytics.Indicators]
	Weighted   Result[analytics.Weighted]
}

// Campaign is what the overview and the wall are drawn from; waves the newest last.
type Campaign struct {
	Coverage Result[analytics.Coverage]
	Today    Result[analytics.Today]
	Todo     Result[analytics.Todo]
	Waves    []WaveSummary
}

// maxListed is how many lines a list on the overview has before it refers to the
// page that holds all of them.
const maxListed = 20

// Overview is the first page of a campaign: what stands, what is missing, what is late,
// what came in, what people know and think.
func Overview(plan *campaign.Plan, c Campaign) Page {
	p := newPage(plan, plan.Campaign.Name)
	var asked []survey.Wave
	for _, w := range c.Waves {
		asked = append(asked, w.Wave)
	}
	p.caution = Caution(asked...)
	section(p, c.Coverage, "overview-coverage", "落实情况", p.byTask)
	section(p, c.Coverage, "overview-week", "落实进展（按周）", p.byWeek)
	section(p, c.Coverage, "overview-missing", "没有证明在位的事项", p.gaps)
	p.aims("overview-verdicts", "主要指标是否达到标准线", c.Waves)
	section(p, c.Todo, "overview-todo", "逾期和将到期的事项", p.todo)
	p.headlines("overview-survey", "问卷调查主要指标", c.Waves)
	p.intake("overview-intake", "问卷每天收到多少", c.Waves)
	section(p, c.Today, "overview-today", "今日新增", p.today)
	section(p, c.Today, "overview-latest", "最近收到", p.latest)
	p.open()
	p.glance(c.Coverage, c.Waves)
	return p.Page
}

// section draws a panel of a result, or says that the result could not be had.
func section[T any](p *page, got Result[T], id, title string, draw func(id, title string, value *T)) {
	if got.missing() {
		p.fail(id, title, got.Err)
		return
	}
	draw(id, title, got.Value)
}

// glanced is how many indicators of the newest wave are set large.
const glanced = 3

// glance sets what the page says in a few large numbers: what is proven, what was asked,
// what people know and think.
func (p *page) glance(coverage Result[analytics.Coverage], waves []WaveSummary) {
	if !coverage.missing() {
		total := coverage.Value.Total
		f := Figure{Label: "已证明在位", Value: "–", Unit: "项", Base: p.words.Task + "×" + p.words.Unit, Link: "coverage"}
		if total.Expected > 0 {
			f.Value, f.Base = fmt.Sprintf("%d/%d", total.Covered, total.Expected), f.Base+"，应落实"+count(total.Expected).Text+"项"
		}
		if total.Expected > 0 {
			f.Base += fmt.Sprintf("；登记在位%s项", count(total.Present).Text)
		}
		records := Figure{Label: "在位记录", Value: count(total.Standing).Text, Unit: "条", Base: "其中已证明" + count(total.Proven).Text + "条，累计登记" + count(total.Logged).Text + "条", Link: "placements"}
		if words := decaying(total.ByProof); words != "无" {
			records.Base += "；" + words
		}
		p.Figures = append(p.Figures, f, records)
	}
	if len(waves) == 0 {
		return
	}
	w := waves[len(waves)-1]
	if !w.Progress.missing() {
		total := w.Progress.Value.Total
		f := Figure{Label: "问卷", Value: count(total.Complete).Text, Unit: "份", Base: w.Wave.Name, Link: "waves/" + url.PathEscape(string(w.Wave.ID))}
		if total.Quota > 0 {
			f.Base += "，配额" + count(total.Quota).Text + "份"
		}
		if total.Partial > 0 {
			f.Base += "；另有部分作答" + count(total.Partial).Text + "份"
		}
		p.Figures = append(p.Figures, f)
	}
	p.known(w)
}

// known sets the first headline figures of a wave large: by its design where that says anything
// else, as the verdicts and the wall have them, so that one page has one value of a name.
func (p *page) known(w WaveSummary) {
	var lines []figureLine
	method := ""
	switch {
	case ByDesign(w.Weighted):
		method = "，按抽样设计估计"
		for _, i := range w.Weighted.Value.Figures {
			lines = append(lines, figureLine{f: analytics.IndicatorFigure{Indicator: i.Indicator}, e: i.Total.Estimate})
		}
	case !w.Indicators.missing():
		for _, i := range w.Indicators.Value.Figures {
			lines = append(lines, figureLine{f: i, e: i.Total.Estimate})
		}
	}
	shown := 0
	for _, l := range lines {
		i := l.f.Indicator
		if !i.Headline || !l.e.Valid || shown == glanced {
			continue
		}
		shown++
		cell := p.figure(l.e, unitOf(i.Kind))
		f := Figure{Label: i.Label, Value: cell.Text, Base: fmt.Sprintf("n=%s", count(l.e.Base).Text) + method, Notes: cell.Notes, Link: surveyLink(w.Wave.ID, i.Question)}
		if l.e.HasInterval {
			f.Base = fmt.Sprintf("%s，%s", l.e.IntervalText(1), f.Base)
		}
		p.Figures = append(p.Figures, f)
	}
}

// gaps lists what is owed and not proven, in the order of the plan.
func (p *page) gaps(id, title string, c *analytics.Coverage) {
	panel := Panel{ID: id, Title: title, Base: p.coverageBase(c), SQL: c.SQL}
	panel.Table.Columns = columns(p.words.Task, Column{Name: p.words.Unit}, Column{Name: "状态"}, Column{Name: "累计记录（条）", Numeric: true}, Column{Name: "在位记录（条）", Numeric: true}, Column{Name: "未证明的"}, Column{Name: "最近登记"})
	n := 0
	for _, cell := range c.Cells {
		if cell.Unsettled || cell.State != analytics.Missing && cell.State != analytics.Unproven {
			continue
		}
		if n++; n > maxListed {
			continue
		}
		_, s := stateOf(string(cell.State))
		panel.Table.Rows = append(panel.Table.Rows, Row{
			Link: placements("task", string(cell.Task), "unit", string(cell.Unit)),
			Cells: []Cell{text(p.taskName(cell)), text(p.plan.UnitName(cell.Unit)), {Text: s.sign + " " + s.name, State: s.key},
				count(cell.Logged), count(cell.Standing), text(unproven(cell.ByProof)), text(day(cell.Last))},
		})
	}
	switch {
	case c.Total.Expected <= 0:
		panel.Lead = p.standing(c)
	case n == 0:
		panel.Lead = fmt.Sprintf("截至%s，应落实的各项都已证明在位。", day(c.AsOf))
	case n > maxListed:
		panel.Lead = fmt.Sprintf("截至%s，有%d项没有证明在位，这里列出方案中靠前的%d项，全部见“落实情况”页。", day(c.AsOf), n, maxListed)
	default:
		panel.Lead = fmt.Sprintf("截至%s，有%d项没有证明在位。", day(c.AsOf), n)
	}
	p.add(panel)
}

func (p *page) taskName(cell analytics.CoverageCell) string {
	if t, ok := p.plan.Task(cell.Task); ok {
		return string(t.Code) + " " + t.Title
	}
	return string(cell.Task)
}

// today draws what came in by day.
func (p *page) today(id, title string, t *analytics.Today) {
	panel := Panel{ID: id, Title: title, SQL: t.SQL,
		Lead: fmt.Sprintf("今天（%s）新增宣传记录%d条、问卷%d份；收到导入文件%d个，其中%d行被退回。", day(t.AsOf), t.Placements, t.Responses, t.Batches, t.RejectedRows),
		Base: "按登记日期（北京时间）计数，撤回的记录不计。"}
	panel.Table.Columns = columns("日期", numeric("宣传记录（条）", "问卷（份）")...)
	responses := map[string]int64{}
	for _, d := range t.ResponsesByDay {
		responses[d.Date.Format("2006-01-02")] = d.Count
	}
	logged, answered := chart.Line{Label: "宣传记录（条）", Area: true}, chart.Line{Label: "问卷（份）"}
	var steps []string
	seen := map[string]bool{}
	add := func(d analytics.DayCount, placements, responses int64) {
		seen[d.Date.Format("2006-01-02")] = true
		steps = append(steps, day(d.Date))
		logged.Values, answered.Values = append(logged.Values, float64(placements)), append(answered.Values, float64(responses))
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(day(d.Date)), count(placements), count(responses)}})
	}
	for _, d := range t.PlacementsByDay {
		add(d, d.Count, responses[d.Date.Format("2006-01-02")])
	}
	for _, d := range t.ResponsesByDay {
		if !seen[d.Date.Format("2006-01-02")] {
			add(d, 0, d.Count)
		}
	}
	if slices.Max(append(logged.Values, 0)) == 0 && slices.Max(append(answered.Values, 0)) == 0 {
		panel.EmptyMsg = "这几天没有新增。可以在“登记”页填写宣传记录，在“录入”页录入问卷，也可以整表导入。"
	} else {
		drawn := chart.Curve(id, title+"。"+panel.Lead, steps, []chart.Line{logged, answered})
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	}
	p.add(panel)
}

func (p *page) latest(id, title string, t *analytics.Today) {
	panel := Panel{ID: id, Title: title, Base: "按登记时间从新到旧。", SQL: t.SQL}
	panel.Table.Columns = columns("时间", Column{Name: p.words.Unit}, Column{Name: "内容"})
	for _, a := range t.Latest {
		unit := p.plan.UnitName(a.Unit)
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(a.At.In(beijing()).Format("1月2日 15:04")), text(unit), text(a.Text)}})
	}
	if len(t.Latest) == 0 {
		panel.EmptyMsg = fmt.Sprintf("截至%s还没有收到任何记录或文件。", day(t.AsOf))
	}
	p.add(panel)
}

// headlines draws the headline indicators of every wave, the latest wave last.
func (p *page) headlines(id, title string, waves []WaveSummary) {
	panel := Panel{ID: id, Title: title}
	var lines []figureLine
	var failed error
	broken := false
	if slices.ContainsFunc(waves, func(w WaveSummary) bool { return ByDesign(w.Weighted) }) {
		panel.Base = shareAndIndex + "这里不加权；按抽样设计估计的见各轮的“" + designedTitle + "”。"
	}
	for _, w := range waves {
		if w.Indicators.missing() {
			failed, broken = w.Indicators.Err, true
			continue
		}
		for _, f := range w.Indicators.Value.Figures {
			if f.Indicator.Headline {
				label := f.Indicator.Label
				if len(waves) > 1 {
					label = w.Wave.Name + "：" + label
				}
				lines = append(lines, figureLine{label: label, f: f, e: f.Total.Estimate, link: surveyLink(w.Wave.ID, f.Indicator.Question)})
			}
		}
	}
	if broken && len(lines) == 0 {
		p.fail(id, title, failed)
		return
	}
	if broken {
		panel.Notes = with(panel.Notes, p.note("有的轮次暂时取不到数据，没有列在这里。"))
	}
	p.figures(&panel, lines)
	if len(waves) == 0 {
		panel.EmptyMsg = fmt.Sprintf("还没有问卷调查。请%s先发布问卷，再建立一轮调查。", p.words.Office)
	}
	p.add(panel)
}
