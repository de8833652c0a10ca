package dashboards

import (
	"fmt"
	"math"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/survey"
)

// screenedEffects tells how much of the answers hangs on who handed the sheets out, and what
// that leaves of their number. Groups come first: who works in another one brings other
// answers, honestly.
func (p *page) screenedEffects(wave survey.Wave, s *analytics.Screened) {
	panel := Panel{ID: ScreeningEffect, Title: "发放人对回答的影响", SQL: s.SQL}
	panel.Table.Columns = columns("题目", append(numeric("不同人群之间", "同一人群的发放人之间", effectInterval(s), "每摞约（份）", "答卷（份）", "相当于独立的答卷（份）"), Column{Name: "判断"})...)
	valid, found := 0, 0
	var most analytics.ScreenedEffect
	for _, e := range s.Effects {
		row := Row{Cells: p.effect(e)}
		if e.Question != "" {
			row.Link = surveyLink(s.Wave, e.Question)
		}
		panel.Table.Rows = append(panel.Table.Rows, row)
		if e.Effect.Valid {
			valid++
		}
		if e.Found && e.Question != "" {
			if found++; e.Effect.Value > most.Effect.Value {
				most = e
			}
		}
	}
	switch {
	case len(s.Effects) == 0:
		panel.EmptyMsg = "问卷里没有能取平均的题：选项有分值的题，或者有“率”“度”指标的题。在问卷草稿页加上指标，发布后的轮次就能看。"
	case valid == 0:
		panel.EmptyMsg = "还不能比较：" + s.Effects[0].Effect.Warnings[0].Text + "。"
	case found == 0:
		panel.Lead = "同一人群里比，看不出哪一题的回答与由谁发放有关。"
	default:
		panel.Lead = fmt.Sprintf("同一人群里比，%d题的回答看得出与由谁发放有关，最明显的是%s：答案差别的%s在发放人之间，%d份答卷只相当于约%.0f份互不相干的答卷。", found, most.Label, percentOf(most.Effect.Value), most.Effect.N, most.Effect.Effective(most.Effect.Value))
	}
	panel.Base = "把一题答案的全部差别分开看。“不同人群之间”是各组人本来就不同：发放人各跑各的组，不分人群去比，这一份就会算到发放人头上，所以先分出来。“同一人群的发放人之间”是余下的差别里由谁发放占多少（组内相关系数，方差分析法）：同一人群里，出自同一人的两份答卷有多相像。" +
		"答卷份数除以设计效应，就是相当于多少份互不相干的答卷；设计效应是1＋（每摞份数−1）×这个系数。片区、时段、碰到的人本来就不同，有影响不等于有人造假。一次看许多题，“判断”已按 Holm 法校正。"
	if wave.Sampling.Unit == survey.ByDistributor {
		panel.Base += "各页加权的区间以发放人为抽样单元，已经计入这一影响。"
	} else {
		panel.Base += "各页的区间没有按发放人计入这一影响，有影响的题，真实的区间比印出来的宽。"
	}
	p.add(panel)
}

func effectInterval(s *analytics.Screened) string {
	for _, e := range s.Effects {
		if e.Effect.HasInterval {
			return "它的95%区间"
		}
	}
	return "它的区间"
}

// effect is the row of one question.
func (p *page) effect(e analytics.ScreenedEffect) []Cell {
	c := e.Effect
	label := e.Label
	if e.Question == "" {
		label = "每份答卷各题的平均"
	}
	cells := []Cell{text(label), blankCell(), blankCell(), blankCell(), blankCell(), count(int64(c.N)), blankCell(), blankCell()}
	doubts := p.doubts(c.Warnings)
	if e.Kind == survey.Share {
		doubts = with(doubts, p.note("率按算在内的记1、其余记0来算，区间是近似的"))
	}
	if cells[0].Notes = doubts; !c.Valid {
		return cells
	}
	cells[1], cells[2], cells[4] = partCell(c.Strata), partCell(c.Value), decimalCell(c.Load)
	if c.Value < 0 {
		cells[2].Notes = with(cells[2].Notes, p.note("负数是说各摞比碰巧分出来的还要接近，看作没有影响"))
	}
	effective := c.Effective(c.Value)
	cells[6] = Cell{Text: fmt.Sprintf("%.0f", effective), Number: &effective}
	if c.HasInterval {
		cells[3] = Cell{Text: percentOf(c.Lower) + "至" + percentOf(c.Upper)}
		cells[6].Text += fmt.Sprintf("（%.0f–%.0f）", c.Effective(c.Upper), c.Effective(c.Lower))
	}
	if cells[7] = text("看不出"); e.Found {
		cells[7] = text("看得出")
	}
	return cells
}

func percentOf(share float64) string {
	cell := signed(100 * share)
	if share > 0 {
		cell.Text = estimate.Round(100*share, 1)
	}
	return cell.Text + "%"
}

func partCell(share float64) Cell {
	number := 100 * share
	return Cell{Text: percentOf(share), Number: &number}
}

func decimalCell(v float64) Cell {
	v = math.Round(10*v) / 10
	return Cell{Text: estimate.Round(v, 1), Number: &v}
}

// screenedVoids lists what people took out, so that it can be looked at and brought back. A
// page shows the newest, a file holds all.
func (p *page) screenedVoids(wave survey.Wave, s *analytics.Screened, name func(string) string, f ScreeningFilter) {
	panel := Panel{ID: ScreeningVoided, Title: "已作废的答卷", SQL: s.SQL}
	panel.Table.Columns = columns("编号", Column{Name: "发放人"}, Column{Name: "人群"}, Column{Name: "方式"}, Column{Name: "作废的原因"}, Column{Name: "何时由谁作废"})
	shown := s.Voided
	if f.Rows > 0 {
		shown = shown[:min(f.Rows, len(shown))]
	}
	for _, one := range shown {
		by := one.At.In(beijing()).Format("2006-01-02 15:04") + " " + name(one.By)
		panel.Table.Rows = append(panel.Table.Rows, Row{Cells: []Cell{sheetCell(wave, one.Number, one.Response), text(name(one.Distributor)), text(stratumLabel(wave, one.Stratum)), text(modeNames[one.Mode]), text(one.Reason), text(by)}})
	}
	panel.Base = fmt.Sprintf("共%d份，答案和原因都保留着，不在任何统计里。点开可以看回答，写明原因后可以恢复计入。", len(s.Voided))
	if len(shown) < len(s.Voided) {
		panel.Base += fmt.Sprintf("这里列出最近的%d份，下载的文件里是全部。", len(shown))
	}
	p.add(panel)
}
