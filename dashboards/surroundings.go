package dashboards

import (
	"fmt"
	"strings"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/analytics/exposure"
	"shuixuan/dashboards/chart"
)

const surroundingsTitle = "点位多的片区，知道的人越多吗"

// mostUnplaced is how many units without an area a note names.
const mostUnplaced = 5

// surroundings draws awareness by the placements for a thousand people of each area. An area
// that can't be compared stands in the table with what it lacks.
func (p *page) surroundings(id string, s *analytics.Surroundings) {
	panel := Panel{ID: id, Title: surroundingsTitle, SQL: s.SQL, Base: "每千人点位是已证实的点位数除以片区人口；台账一条算一处，不看数量。"}
	if len(s.Areas) == 0 {
		panel.EmptyMsg = s.Why
		p.add(panel)
		return
	}
	panel.Base += fmt.Sprintf("点位是%s有有效证明的，按责任单位归到片区，不是按设置地点。知晓率按片区的答卷直接计算，没有按人群加权。", s.AsOf.Format("2006年1月2日"))
	panel.Base += strings.TrimSuffix(s.BaseNote, "。") + "。"
	if s.Source != "" {
		panel.Base += "人口来源：" + strings.TrimSuffix(s.Source, "。") + "。"
	}
	panel.Table.Columns = columns("片区", numeric("每千人点位", s.Aware.Label, "区间", "基数（人）", "点位（处）", "人口（人）")...)
	panel.Table.Columns = append(panel.Table.Columns, Column{Name: "点位怎样归到这里"}, Column{Name: "没有比较的原因"})
	for _, a := range s.Areas {
		panel.Table.Rows = append(panel.Table.Rows, p.surroundedRow(a))
	}
	panel.Notes = with(panel.Notes, p.note(p.caution), p.note(exposure.NoProof))
	for _, words := range unplaced(s) {
		panel.Notes = with(panel.Notes, p.note(words))
	}
	c := s.Correlation
	if c == nil {
		panel.Lead = s.Why
		p.add(panel)
		return
	}
	panel.Lead = c.Sentence + "这不能证明因果。"
	panel.Notes = with(panel.Notes, p.doubts(but(but(c.Warnings, exposure.NonProbability), exposure.NotCausal))...)
	if c.Valid {
		panel.Base += fmt.Sprintf("等级相关系数在−1到1之间，区间按 Bonett–Wright 法，%s。每个片区算一个，不分大小。", pWords(c.P))
		drawn := chart.Field(id, panel.Title+"。"+panel.Lead, spotsOf(c.Points), axesOf(c.Points, s.Aware.Label))
		panel.Chart, panel.Height = drawn.Option, drawn.Height
	}
	p.add(panel)
}

func pWords(p float64) string {
	if p < 0.001 {
		return "p＜0.001"
	}
	return "p＝" + estimate.Round(p, 3)
}

func (p *page) surroundedRow(a analytics.SurroundedArea) Row {
	row := Row{Cells: []Cell{text(a.Label), blankCell(), p.figure(a.Aware, "%"), interval(a.Aware), count(a.Aware.Base), blankCell(), amount(float64(a.Population)), blankCell(), blankCell()}}
	if len(a.Missing) > 0 {
		row.Cells[8] = text(strings.Join(a.Missing, "；"))
	}
	if a.Counted {
		row.Cells[5] = count(a.Placements)
		how := "责任单位：" + strings.Join(a.Units, "、")
		if a.Called {
			how = "同名的责任单位：" + strings.Join(a.Units, "、")
		}
		row.Cells[7] = text(how)
		if a.Population > 0 {
			rate := a.PerThousand
			row.Cells[1] = Cell{Text: estimate.Round(rate, 2), Number: &rate}
		}
	}
	return row
}

// unplaced says what counts in no area, and which areas have nothing.
func unplaced(s *analytics.Surroundings) (words []string) {
	if n := s.WithoutArea(); n > 0 {
		var names []string
		for _, u := range s.NoArea[:min(len(s.NoArea), mostUnplaced)] {
			names = append(names, fmt.Sprintf("%s%d处", u.Label, u.Proven))
		}
		rest := ""
		if more := len(s.NoArea) - mostUnplaced; more > 0 {
			rest = fmt.Sprintf("，另有%d个单位", more)
		}
		words = append(words, fmt.Sprintf("已证实的%d处点位里，%d处没有片区，没有计入任何片区：它们的责任单位不属于哪个片区（%s%s）。点位实际设在哪个片区，台账里没有", s.Proven, n, strings.Join(names, "、"), rest))
	}
	var bare []string
	for _, a := range s.Areas {
		if a.Counted && a.Placements == 0 {
			bare = append(bare, a.Label)
		}
	}
	if len(bare) > 0 {
		words = append(words, "按0处计算的片区（单位登记的点位没有一处已证实）："+strings.Join(bare, "、"))
	}
	if s.Elsewhere > 0 {
		words = append(words, fmt.Sprintf("%d人回答了，但答卷上没有片区，或片区不在这一轮里，没有计入任何片区", s.Elsewhere))
	}
	return words
}

func spotsOf(points []exposure.Point) []chart.Spot {
	var spots []chart.Spot
	for _, one := range points {
		spots = append(spots, chart.Spot{Label: one.Name, X: one.PerThousand, Y: one.Aware.Value,
			Tip: fmt.Sprintf("%s：每千人%s处，%s（%d人）", one.Name, estimate.Round(one.PerThousand, 2), inWords(one.Aware, "%"), one.Aware.Base)})
	}
	return spots
}

// axesOf parts the drawing at the means of the areas.
func axesOf(points []exposure.Point, aware string) chart.Axes {
	on := chart.Axes{X: "每千人点位（处）", Y: aware + "（%）", Corners: [4]string{"点位少、知道的多", "点位多、知道的多", "点位少、知道的少", "点位多、知道的少"}}
	for _, one := range points {
		on.LineX += one.PerThousand / float64(len(points))
		on.LineY += one.Aware.Value / float64(len(points))
	}
	return on
}
