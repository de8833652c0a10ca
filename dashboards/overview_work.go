package dashboards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/planning"
	"shuixuan/dashboards/chart"
)

// todoLinks are the lists behind the kinds of what is to be done; the others stand on the
// page of what is late.
var todoLinks = map[analytics.TodoKind]string{
	analytics.TodoReturned: "placements?state=returned",
	analytics.TodoGone:     "standing?state=" + string(analytics.Gone), analytics.TodoProofOld: "standing?state=" + string(analytics.Old),
	analytics.TodoUnproven: "standing?state=" + string(analytics.NeverProven), analytics.TodoProofSoon: "standing?state=" + string(analytics.GrowingOld),
	analytics.TodoRepair: "standing?state=" + string(analytics.Defective), analytics.TodoRepairLate: "standing?state=" + string(analytics.Defective),
}

// todoCount is how many things of one kind are to be done, and by how many units.
type todoCount struct {
	kind         analytics.TodoKind
	things       int64
	units        int64
	first, later time.Time // of the last days, zero where none is known
}

// countTodo counts by kind, in the order of the kinds, those of which there is something.
func countTodo(t *analytics.Todo) []todoCount {
	var list []todoCount
	for _, kind := range analytics.TodoKinds {
		one := todoCount{kind: kind}
		units := map[string]bool{}
		for _, item := range t.Items {
			if item.Kind != kind {
				continue
			}
			one.things++
			units[string(item.Unit)] = true
			if due := item.Due; !due.IsZero() {
				if one.first.IsZero() || due.Before(one.first) {
					one.first = due
				}
				if due.After(one.later) {
					one.later = due
				}
			}
		}
		if one.units = int64(len(units)); one.things > 0 {
			list = append(list, one)
		}
	}
	return list
}

// todo counts what is late and what will be soon. Who is late stands on a page of its own, for
// those who call it in.
func (p *page) todo(id, title string, t *analytics.Todo) {
	panel := Panel{ID: id, Title: title, SQL: t.SQL, Base: fmt.Sprintf("一件是一项要单位办的事：一条台账，或者“%s×%s”中的一项；同一条台账可能有两件事。“将到期”是%d天以内。", p.words.Task, p.words.Unit, t.Soon)}
	panel.Table.Columns = columns("事项", Column{Name: "情况"}, Column{Name: "件数", Numeric: true}, Column{Name: "涉及" + p.words.Unit + "（个）", Numeric: true}, Column{Name: "期限"})
	var late, soon int64
	for _, one := range countTodo(t) {
		how, link := Cell{Text: "◔ 将到期", State: stateShort}, todoLinks[one.kind]
		if soon += one.things; one.kind.Late() {
			late, soon, how = late+one.things, soon-one.things, Cell{Text: "✕ 已逾期", State: stateMissing}
		}
		if one.kind == analytics.TodoReturned {
			how.Text = "↩ 待修改"
		}
		if link == "" {
			link = "late"
		}
		panel.Table.Rows = append(panel.Table.Rows, Row{Link: link, Cells: []Cell{text(TodoNames[one.kind]), how, count(one.things), count(one.units), text(dueSpan(one.first, one.later))}})
	}
	panel.Lead = fmt.Sprintf("截至%s，逾期和待修改的%d件，%d天内到期的%d件。", day(t.AsOf), late, t.Soon, soon)
	if late+soon == 0 {
		panel.Lead, panel.EmptyMsg = "", fmt.Sprintf("截至%s，没有逾期的事项，%d天内也没有要到期的。", day(t.AsOf), t.Soon)
	}
	p.add(panel)
}

// Words of Cell.State that are also states of the matrix.
var stateMet, stateShort, stateMissing = string(analytics.Met), string(analytics.Short), string(analytics.Missing)

func dueSpan(first, later time.Time) string {
	switch {
	case first.IsZero():
		return ""
	case first.Equal(later):
		return day(first)
	}
	return day(first) + "至" + day(later)
}

// sign sets a verdict off without colour.
func sign(v planning.Verdict) Cell {
	switch v {
	case planning.Met:
		return Cell{Text: "✓ " + v.Text(), State: stateMet}
	case planning.Missed:
		return Cell{Text: "✕ " + v.Text(), State: stateMissing}
	case planning.Unsettled:
		return Cell{Text: "◇ " + v.Text(), State: stateShort}
	}
	return Cell{Text: "? " + v.Text(), State: stateOpen}
}

// verdictOf finds the verdict on an indicator; without one the campaign has no target for it.
func verdictOf(w *analytics.Weighted, indicator string) (planning.Judgement, bool) {
	i := slices.IndexFunc(w.Verdicts, func(v analytics.Verdict) bool { return v.Indicator.Name == indicator })
	if i < 0 {
		return planning.Judgement{}, false
	}
	return w.Verdicts[i].Judgement, true
}

// answered is the newest wave with answers, the newest of all where none has any.
func answered(waves []WaveSummary) (WaveSummary, bool) {
	for i := len(waves) - 1; i >= 0; i-- {
		if got := waves[i].Progress; !got.missing() && got.Value.Total.Complete+got.Value.Total.Partial > 0 {
			return waves[i], true
		}
	}
	if len(waves) == 0 {
		return WaveSummary{}, false
	}
	return waves[len(waves)-1], true
}

// aims holds each headline figure of the newest wave with answers against its target.
func (p *page) aims(id, title string, waves []WaveSummary) {
	w, any := answered(waves)
	if any && w.Weighted.missing() {
		p.fail(id, title, w.Weighted.Err)
		return
	}
	panel := Panel{ID: id, Title: title, Base: "达到：整个区间不低于标准线；未达到：整个区间低于标准线；标准线落在区间之内，本次样本还不能判定。按抽样设计估计，全部指标见这一轮的“达标判断”。"}
	panel.Table.Columns = columns("指标", append(numeric("按设计估计", "区间", "基数（人）", "标准线"), Column{Name: "判定"})...)
	counts := map[planning.Verdict]int{}
	if any {
		panel.SQL = w.Weighted.Value.SQL
		for _, f := range w.Weighted.Value.Figures {
			if !f.Indicator.Headline {
				continue
			}
			e, unit := f.Total.Estimate, unitOf(f.Indicator.Kind)
			row := Row{Link: surveyLink(w.Wave.ID, f.Indicator.Question), Cells: []Cell{text(f.Indicator.Label), p.figure(e, unit), interval(e), count(e.Base), text("未设"), blankCell()}}
			if j, aims := verdictOf(w.Weighted.Value, f.Indicator.Name); aims {
				counts[j.Verdict]++
				row.Cells[4], row.Cells[5] = text(estimate.Round(j.Target, 1)+string(j.Unit)), sign(j.Verdict)
			}
			panel.Table.Rows = append(panel.Table.Rows, row)
		}
		if v := w.Weighted.Value.Verdicts; len(v) > 0 {
			panel.Base += "标准线依据：" + strings.TrimSuffix(v[0].Source, "。") + "。"
		}
		panel.Notes = with(panel.Notes, p.note(p.caution))
	}
	judged := counts[planning.Met] + counts[planning.Missed] + counts[planning.Unsettled] + counts[planning.Unknown]
	switch {
	case !any:
		panel.EmptyMsg = fmt.Sprintf("还没有问卷调查。请%s先发布问卷，再建立一轮调查。", p.words.Office)
	case len(panel.Table.Rows) == 0:
		panel.EmptyMsg = w.Wave.Name + "的问卷没有标为主要的指标。可以在“问卷”页里把要上总览的指标标为主要指标。"
	case judged == 0:
		panel.Lead = w.Wave.Name + "的主要指标没有设标准线，不作判定。"
	default:
		panel.Lead = fmt.Sprintf("%s：%d项达到，%d项未达到，%d项还不能判定。", w.Wave.Name, counts[planning.Met], counts[planning.Missed], counts[planning.Unsettled]+counts[planning.Unknown])
	}
	p.add(panel)
}

// intakeDays is how many days the curve of arriving sheets goes back.
const intakeDays = 30

// intake draws how many sheets of the newest wave with answers came in by day.
func (p *page) intake(id, title string, waves []WaveSummary) {
	w, any := answered(waves)
	if any && w.Progress.missing() {
		p.fail(id, title, w.Progress.Err)
		return
	}
	panel := Panel{ID: id, Title: title, Base: "按第一次录入或提交的日期（北京时间）计数，完成和部分作答都算；作废的、重复的和结束以后才到的不算。"}
	panel.Table.Columns = columns("日期", numeric("当天（份）", "累计（份）")...)
	if !any {
		panel.EmptyMsg = fmt.Sprintf("还没有问卷调查。请%s先发布问卷，再建立一轮调查。", p.words.Office)
		p.add(panel)
		return
	}
	days := w.Progress.Value.Days
	panel.SQL = w.Progress.Value.SQL
	daily, all := chart.Line{Label: "当天（份）", Area: true}, int64(0)
	var steps []string
	for i, d := range days {
		if all += d.Count; i < len(days)-intakeDays {
			continue
		}
		steps, daily.Values = append(steps, day(d.Date)), append(daily.Values, float64(d.Count))
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{text(day(d.Date)), count(d.Count), count(all)}})
	}
	if len(days) == 0 {
		panel.EmptyMsg = w.Wave.Name + "还没有收到问卷。可以在“录入”页逐份录入，也可以发出填写链接，或者整表导入。"
		p.add(panel)
		return
	}
	last := days[len(days)-1]
	panel.Lead = fmt.Sprintf("%s共收到%d份，最近一次是%s，收到%d份。", w.Wave.Name, all, day(last.Date), last.Count)
	if quota := w.Progress.Value.Total.Quota; quota > 0 {
		panel.Lead += fmt.Sprintf("完成%d份，配额%d份。", w.Progress.Value.Total.Complete, quota)
	}
	if len(days) > intakeDays {
		panel.Base += fmt.Sprintf("只列最近%d天。", intakeDays)
	}
	drawn := chart.Curve(id, title+"。"+panel.Lead, steps, []chart.Line{daily})
	panel.Chart, panel.Height = drawn.Option, drawn.Height
	p.add(panel)
}
