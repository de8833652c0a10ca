package workbook

import (
	"slices"

	"github.com/xuri/excelize/v2"

	"shuixuan/dashboards"
)

// coverage writes two tables of the page beside the summary: the matrix, and the weeks with
// their curve.
func (r *report) coverage() {
	if r.Coverage.Err != nil || r.Coverage.Value == nil {
		return // the summary says so
	}
	page := dashboards.Coverage(r.Plan, r.Coverage)
	if len(r.Plan.Tasks) > 0 {
		s := r.panel("逐项状态", page, "coverage-matrix", layout{landscape: true}, 18)
		s.flush()
	}
	weeks := len(r.Coverage.Value.ByWeek)
	if weeks == 0 {
		return
	}
	s := r.panel("推进过程", page, "coverage-week", layout{}, 16) // upright: the curve is on the same page
	head := s.row - weeks
	series := func(column int, colour string) excelize.ChartSeries {
		return excelize.ChartSeries{Name: cellRef(s.name, column, head), Categories: span1(s.name, 1, head+1, s.row), Values: span1(s.name, column, head+1, s.row),
			Fill: fill(colour), Line: excelize.LineOptions{Width: 1.75, Fill: fill(colour)}, Marker: excelize.ChartMarker{Symbol: "circle", Size: 5, Fill: fill(colour)}}
	}
	r.chart(s, excelize.Line, 320, []excelize.ChartSeries{series(2, "7F8C99"), series(5, "B35806"), series(3, "2F6FAB")}, "落实进度（项，每周末）", axis{step: step(r.Coverage.Value.ByWeek)})
	s.flush()
}

// panel writes the table of a page's panel and what it rests on above it; width is that of the
// columns after the first.
func (r *report) panel(name string, page dashboards.Page, id string, l layout, width float64) *sheet {
	panel := page.Panels[slices.IndexFunc(page.Panels, func(p dashboards.Panel) bool { return p.ID == id })]
	cols := make([]column, len(panel.Table.Columns))
	for i, c := range panel.Table.Columns {
		cols[i] = column{c.Name, width, plain}
		if c.Numeric {
			cols[i].look = integer
		}
	}
	cols[0].width = 26
	remark := r.cut() + "。" + panel.Base
	for _, n := range panel.Notes {
		remark += page.Notes[n-1]
	}
	l.title, l.remark, l.columns = panel.Title, remark, cols
	s := r.sheet(name, l)
	for _, row := range panel.Table.Rows {
		values := make([]any, len(cols))
		for i, cell := range row.Cells {
			values[i] = panelCell(cell)
		}
		s.add(values...)
	}
	return s
}
