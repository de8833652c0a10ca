package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/planning"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// Passages gives the texts of the report as the data give them, in the order of the report.
func Passages(d *Data) []Passage {
	w := dashboards.Words(d.Plan)
	all := []Passage{
		{"title", "标题", "关于" + d.Plan.Campaign.Name + "开展情况的报告"},
		{"addressee", "主送机关", "检查验收组"},
		{"opening", "开头", d.opening()},
		{"asked", "一、" + w.Task + "要求", d.asked(w)},
		{"organised", "二、组织实施", d.organised(w)},
		{"standing", "三、落实情况", d.standing(w)},
	}
	for _, t := range d.Plan.Tasks {
		all = append(all, Passage{"task:" + string(t.Code), "三、落实情况 " + string(t.Code), d.task(w, t)})
	}
	all = append(all, Passage{"progress", "四、推进过程", d.progress()})
	for i, one := range d.Waves {
		name, id, mark := one.Wave.Name, string(one.Wave.ID), marked(WaveExhibit(i+1))
		all = append(all, Passage{"survey:" + id, "五、问卷调查 " + name + "：怎样调查", one.how(mark)},
			Passage{"found:" + id, "五、问卷调查 " + name + "：结果", one.found(mark)})
		if one.Screened != nil {
			all = append(all, Passage{"screened:" + id, "五、问卷调查 " + name + "：质量筛查", one.screened(mark)})
		}
	}
	return append(all, Passage{"shortcomings", "六、存在的不足", d.shortcomings(w)}, Passage{"remedies", "六、改进措施", d.remedies(w)})
}

// passage gives what is printed under a key, and whether the office wrote it.
func (d *Data) passage(all []Passage, key string) (text string, edited bool) {
	if text, has := d.Edits[key]; has {
		return text, true
	}
	for _, p := range all {
		if p.Key == key {
			return p.Text, false
		}
	}
	return "", false
}

func civil(t time.Time) string {
	if t.IsZero() {
		return "（未定）"
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}

func (d *Data) window(w campaign.Window) string {
	end := civil(w.End)
	if w.Open {
		end = dashboards.Words(d.Plan).End
	}
	switch {
	case w.Start.IsZero() && (w.End.IsZero() && !w.Open):
		return "起止时间未定"
	case w.Open:
		return civil(w.Start) + "起，" + end
	}
	return civil(w.Start) + "至" + end
}

func (d *Data) opening() string {
	demo := ""
	if d.Plan.Campaign.Demo {
		demo = "本报告全部为演示数据，不反映任何真实情况。"
	}
	return fmt.Sprintf("%s现将截至%s的情况报告如下。报告中的数字由系统按登记的台账、照片和答卷计算，数字后的〔证〕号是证据目录中的编号，可以逐条查到原始记录和照片；〔数〕号是数据文件夹里那一轮调查的答卷，报告中的调查数字都由它们算出。", demo, civil(d.AsOf))
}

func (d *Data) asked(w campaign.Words) string {
	c := d.Plan.Campaign
	text := ""
	if c.Summary != "" {
		text = strings.TrimSuffix(c.Summary, "。") + "。"
	}
	text += fmt.Sprintf("方案共%d项%s，时间为%s。", len(d.Plan.Tasks), w.Task, d.window(c.Window))
	if open := d.Plan.Open(); len(open) > 0 {
		text += fmt.Sprintf("其中有%d处由%s明确的事项尚未明确，见第六部分；未明确的按“待明确”“未核定”列出，不当作0，也不当作已完成。", len(open), w.Office)
	}
	return text
}

func (d *Data) organised(w campaign.Words) string {
	units := map[org.UnitID]bool{}
	for _, cell := range d.Coverage.Cells {
		if cell.State != analytics.NotOwed && !cell.Unsettled {
			units[cell.Unit] = true
		}
	}
	s := d.Reviews.States
	text := fmt.Sprintf("%d个%s承担任务。各单位登记每一处宣传的地点、数量、时间和照片，%s逐条审核，巡查复核；每一次登记、修改和审核都留有记录。", len(units), w.Unit, w.Office)
	text += fmt.Sprintf("累计登记%d条：已通过%d条，待审核%d条，已退回%d条，已拆除%d条，已撤回%d条；收到照片%d张，巡查记录%d次。",
		sum(s), s[placement.Accepted], s[placement.Submitted], s[placement.Returned], s[placement.TakenDown], s[placement.Withdrawn], d.Reviews.Photos, d.Reviews.Inspections)
	return text + "已退回、已撤回的不计入落实情况。"
}

func sum[K comparable](m map[K]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

func (d *Data) standing(w campaign.Words) string {
	c := d.Coverage
	text := dashboards.Standing(d.Plan, c)
	if c.Total.Share.Valid {
		text += fmt.Sprintf("已证明的占应落实的%s%%（%d/%d，全数清点，没有抽样误差）。", c.Total.Share.Text(1), c.Total.Covered, c.Total.Expected)
	}
	return text + fmt.Sprintf("应落实按“%s×%s”计项；已证明是指截止日在位，照片或巡查符合该形式的规定，没有超过有效期，也没有未整改的损坏。", w.Task, w.Unit)
}

// task tells of one obligation: what was asked and what there is, with its measure words.
func (d *Data) task(w campaign.Words, t campaign.Task) string {
	var line analytics.CoverageLine
	for _, l := range d.Coverage.ByTask {
		if l.Key == string(t.Code) {
			line = l
		}
	}
	var b strings.Builder
	if t.Summary != "" {
		b.WriteString("要求：" + strings.TrimSuffix(t.Summary, "。") + "。")
	}
	fmt.Fprintf(&b, "时间：%s。", d.window(t.Window))
	switch {
	case line.Expected < 0:
		fmt.Fprintf(&b, "%s待%s明确，不计项数。", w.Unit, w.Office)
	case line.Expected == 0:
		b.WriteString("没有应落实的单位。")
	default:
		fmt.Fprintf(&b, "应落实%d个单位，其中%d个已证明在位，%d个登记在位但没有有效的证明，%d个未见在位记录。", line.Expected, line.Covered, line.Present-line.Covered, line.Expected-line.Present)
	}
	mark := ""
	if len(d.Of(t.Code, "")) > 0 {
		mark = marked(TaskExhibit(d.position(t.Code)))
	}
	fmt.Fprintf(&b, "在位%d处，合计%s；其中已证明%d处，合计%s%s。", line.Standing, dashboards.Amounts(line.Amounts), line.Proven, dashboards.Amounts(line.ProvenAmounts), mark)
	if p := line.ByProof; line.Standing > line.Proven {
		fmt.Fprintf(&b, "未计入已证明的%d处中，证明已过期%d处，照片不足%d处，待整改%d处，已不在%d处。", line.Standing-line.Proven, p.Old, p.Never, p.Defect, p.Gone)
	}
	b.WriteString(d.targets(line))
	if names := d.lacking(t.Code, analytics.Missing); names != "" {
		fmt.Fprintf(&b, "未见在位记录的单位：%s。", names)
	}
	if names := d.lacking(t.Code, analytics.Unproven); names != "" {
		fmt.Fprintf(&b, "在位而没有有效证明的单位：%s。", names)
	}
	return b.String()
}

func (d *Data) position(code campaign.TaskCode) int {
	return slices.IndexFunc(d.Plan.Tasks, func(t campaign.Task) bool { return t.Code == code }) + 1
}

func (d *Data) targets(line analytics.CoverageLine) string {
	if line.NotEnumerated {
		return "应设数量未核定，不计算完成百分比。"
	}
	var parts []string
	for _, p := range line.Targets {
		name := ""
		if p.Target.Unit != "" {
			name = d.Plan.UnitName(p.Target.Unit)
		}
		parts = append(parts, fmt.Sprintf("%s%s应设%s%s，已证明%s%s", name, d.Plan.CarrierName(p.Target.Carrier), number(p.Target.Quantity), p.Target.Measure, number(p.Proven), p.Target.Measure))
	}
	return strings.Join(parts, "；") + "。"
}

func number(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(estimate.Round(v, 3), "0"), ".")
}

// lacking names the units of a task in a state.
func (d *Data) lacking(code campaign.TaskCode, state analytics.Expectation) string {
	var names []string
	for _, cell := range d.Coverage.Cells {
		if cell.Task == code && cell.State == state {
			names = append(names, d.Plan.UnitName(cell.Unit))
		}
	}
	return strings.Join(names, "、")
}

func (d *Data) progress() string {
	weeks := d.Coverage.ByWeek
	if len(weeks) == 0 {
		return "方案还没有开始的周次。"
	}
	first, last := weeks[0], weeks[len(weeks)-1]
	day := func(l analytics.CoverageLine) string {
		t, err := time.Parse(time.DateOnly, l.Key)
		if err != nil {
			return l.Key
		}
		return civil(t)
	}
	return fmt.Sprintf("从%s起的一周到%s起的一周，共%d周：登记在位的由%d项变为%d项，已证明的由%d项变为%d项（应落实%d项）。各周的应落实按当时的方案计。",
		day(first), day(last), len(weeks), first.Present, last.Present, first.Covered, last.Covered, last.Expected)
}

// how tells how the wave was made; mark is the exhibit of its answers.
func (one Wave) how(mark string) string {
	wave, q := one.Wave, one.Questionnaire
	text := fmt.Sprintf("%s使用问卷“%s”第%d版，共%d题", wave.Name, q.Title, wave.Version, len(q.Items()))
	if !wave.Start.IsZero() {
		text += "，" + civil(wave.Start) + "开始"
		if !wave.End.IsZero() {
			text += "，" + civil(wave.End) + "结束"
		}
	}
	text += "。"
	if wave.Population != "" {
		text += "调查对象：" + strings.TrimSuffix(wave.Population, "。") + "。"
	}
	if len(wave.Strata) > 0 {
		var names []string
		for _, s := range wave.Strata {
			names = append(names, s.Label)
		}
		text += fmt.Sprintf("分%d类人群：%s。", len(names), strings.Join(names, "、"))
	}
	if name := survey.SampleKindNames[wave.Sampling.Kind]; name != "" {
		text += "样本：" + name + "。"
	} else {
		text += "怎样找到受访者没有说明。"
	}
	if r := one.Returns.Total; r.Issued > 0 {
		text += fmt.Sprintf("纸质问卷发出%d份，收回%d份，有效%d份", r.Issued, r.Returned, r.Valid())
		if r.Returned > 0 {
			text += fmt.Sprintf("（占收回的%s%%）", estimate.Percent(r.Valid(), r.Returned, 1))
		}
		text += fmt.Sprintf("，作废、拒答等无效%d份；另有不在纸质编号内的答卷%d份。", r.Invalid(), r.Elsewhere)
	}
	p := one.Progress.Total
	text += fmt.Sprintf("计入统计的完整答卷%d份，部分作答%d份%s，作废%d份。", p.Complete, p.Partial, mark, p.Void)
	if wave.Approval != "" {
		text += "统计机构批准文号：" + wave.Approval + "。"
	}
	return text + dashboards.Caution(wave)
}

// found tells the headline figures, and how they stand to their targets.
func (one Wave) found(mark string) string {
	var lines []string
	for _, f := range one.headline() {
		e := f.Total.Estimate
		if !e.Valid {
			lines = append(lines, f.Indicator.Label+"：没有可以计算的回答。")
			continue
		}
		line := fmt.Sprintf("%s%s%s（基数%d人", f.Indicator.Label, e.Text(1), unit(f.Indicator.Kind), e.Base)
		if text := e.IntervalText(1); text != "" {
			line += fmt.Sprintf("，%s%%区间%s", estimate.Round(100*e.Level, 0), text)
		}
		line += "）"
		if d := one.designed(f.Indicator.Name); d != nil && d.Total.Estimate.Valid {
			line += fmt.Sprintf("，按抽样设计估计%s%s", d.Total.Estimate.Text(1), unit(f.Indicator.Kind))
			if text := d.Total.Estimate.IntervalText(1); text != "" {
				line += "（区间" + text + "）"
			}
		}
		lines = append(lines, line+mark+"。")
	}
	if len(lines) == 0 {
		return "这一轮没有可以计算的指标。"
	}
	if words := one.judged(); words != "" {
		lines = append(lines, words)
	}
	return strings.Join(lines, "\n")
}

// judged counts the verdicts and names what is in each.
func (one Wave) judged() string {
	if len(one.Weighted.Verdicts) == 0 {
		return ""
	}
	names := map[planning.Verdict][]string{}
	for _, v := range one.Weighted.Verdicts {
		names[v.Judgement.Verdict] = append(names[v.Judgement.Verdict], v.Indicator.Label)
	}
	j := one.Weighted.Verdicts[0].Judgement
	text := "对照标准线" + estimate.Round(j.Target, 1) + string(j.Unit)
	for _, verdict := range []planning.Verdict{planning.Met, planning.Missed, planning.Unsettled, planning.Unknown} {
		if list := names[verdict]; len(list) > 0 {
			text += fmt.Sprintf("，%s%d项（%s）", verdict.Text(), len(list), strings.Join(list, "、"))
		}
	}
	return text + "。判定的办法和每一项的区间见表。"
}

func unit(kind survey.IndicatorKind) string {
	if kind == survey.Index {
		return "分"
	}
	return "%"
}

// headline are the figures of the overview, or all where none is chosen.
func (one Wave) headline() []analytics.IndicatorFigure {
	var list []analytics.IndicatorFigure
	for _, f := range one.Indicators.Figures {
		if f.Indicator.Headline {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return one.Indicators.Figures
	}
	return list
}

// designed is a figure as the design of the sample has it, nil where the design says nothing
// that plain counting doesn't.
func (one Wave) designed(name string) *analytics.WeightedFigure {
	if !dashboards.Differs(one.Weighted.Sample) {
		return nil
	}
	for i, f := range one.Weighted.Figures {
		if f.Indicator.Name == name {
			return &one.Weighted.Figures[i]
		}
	}
	return nil
}

func (one Wave) screened(mark string) string {
	s := one.Screened
	switch {
	case s.Counting == 0:
		return "没有计入统计的答卷，没有筛查。"
	case s.TooMany:
		return fmt.Sprintf("计入统计的%d份答卷超过一次筛查的上限%d份，没有筛查。", s.Counting, s.Most)
	case s.Recontact == 0:
		return fmt.Sprintf("对计入统计的%d份答卷%s作了质量筛查，没有建议回访的。筛查只提示疑点，不认定造假，没有剔除任何一份。", s.Counting, mark)
	}
	return fmt.Sprintf("对计入统计的%d份答卷%s作了质量筛查，%d份建议回访（占%s%%）。筛查只提示疑点，不认定造假，没有剔除任何一份；含与不含这些答卷的结果并列如下。", s.Counting, mark, s.Recontact, estimate.Percent(int64(s.Recontact), int64(s.Counting), 1))
}

func (d *Data) shortcomings(w campaign.Words) string {
	var list []string
	c := d.Coverage
	if n := c.Total.Expected - c.Total.Present; c.Total.Expected > 0 && n > 0 {
		list = append(list, fmt.Sprintf("应落实的%d项中，%d项未见在位记录。", c.Total.Expected, n))
	}
	if n := c.Total.Present - c.Total.Covered; n > 0 {
		list = append(list, fmt.Sprintf("%d项登记在位而没有有效的证明。", n))
	}
	if p := c.Total.ByProof; p.Defect+p.Gone > 0 {
		list = append(list, fmt.Sprintf("巡查发现待整改%d处，已不在%d处。", p.Defect, p.Gone))
	}
	if open := d.Plan.Open(); len(open) > 0 {
		list = append(list, fmt.Sprintf("%d处事项待%s明确。", len(open), w.Office))
	}
	for _, one := range d.Waves {
		names := map[planning.Verdict][]string{}
		for _, v := range one.Weighted.Verdicts {
			verdict := v.Judgement.Verdict
			if verdict == planning.Unknown {
				verdict = planning.Unsettled
			}
			names[verdict] = append(names[verdict], v.Indicator.Label)
		}
		if missed := names[planning.Missed]; len(missed) > 0 {
			list = append(list, fmt.Sprintf("%s：%s未达到标准线。", one.Wave.Name, strings.Join(missed, "、")))
		}
		if open := names[planning.Unsettled]; len(open) > 0 {
			list = append(list, fmt.Sprintf("%s：%s是否达到标准线，本次样本不能判定。", one.Wave.Name, strings.Join(open, "、")))
		}
		for _, s := range one.Progress.Strata {
			if s.Quota > 0 && s.Complete < s.Quota {
				list = append(list, fmt.Sprintf("%s：%s完成%d份，配额%d份。", one.Wave.Name, s.Label, s.Complete, s.Quota))
			}
		}
		if !one.Wave.Sampling.Random() {
			list = append(list, one.Wave.Name+"不是概率样本，区间仅供参考，不能推断到全体市民。")
		}
	}
	if len(list) == 0 {
		return "没有由数字显示的不足。"
	}
	return strings.Join(list, "\n")
}

// remedies say who has to do what; dates are for the office to write.
func (d *Data) remedies(w campaign.Words) string {
	units := map[org.UnitID][2]int{}
	var order []org.UnitID
	for _, cell := range d.Coverage.Cells {
		n, known := units[cell.Unit]
		switch {
		case cell.Unsettled:
			continue
		case cell.State == analytics.Missing:
			n[0]++
		case cell.State == analytics.Unproven:
			n[1]++
		default:
			continue
		}
		if !known {
			order = append(order, cell.Unit)
		}
		units[cell.Unit] = n
	}
	var list []string
	for _, id := range order {
		n := units[id]
		var parts []string
		if n[0] > 0 {
			parts = append(parts, fmt.Sprintf("补设并登记%d项", n[0]))
		}
		if n[1] > 0 {
			parts = append(parts, fmt.Sprintf("补齐证明%d项", n[1]))
		}
		list = append(list, d.Plan.UnitName(id)+strings.Join(parts, "，")+"。")
	}
	if len(d.Plan.Open()) > 0 {
		list = append(list, w.Office+"明确方案中的待定事项。")
	}
	if len(list) == 0 {
		return "按现有安排保持到" + strings.TrimPrefix(w.End, "至") + "。"
	}
	return strings.Join(list, "\n")
}
