package workbook

import (
	"io"
	"regexp"
	"strings"
	"time"

	"shuixuan/dashboards"
)

// Panel writes the table of a panel, with its base and footnotes under it.
func Panel(w io.Writer, panel dashboards.Panel) error {
	b := newBook(panel.Title, time.Now())
	cols := make([]column, max(1, len(panel.Table.Columns)))
	for i, c := range panel.Table.Columns {
		cols[i] = column{c.Name, min(max(12, textWidth(c.Name)+3), 40), plain}
		if c.Numeric {
			cols[i].look = decimal
		}
	}
	if len(panel.Table.Columns) > 0 {
		cols[0].width = 34
	}
	s := b.sheet(sheetName(panel.Title), layout{columns: cols, landscape: len(cols) > 6, title: panel.Title, remark: panel.Lead})
	for _, row := range panel.Table.Rows {
		values := make([]any, len(cols))
		for i, cell := range row.Cells {
			if i < len(values) {
				values[i] = panelCell(cell)
			}
		}
		s.add(values...)
	}
	for _, words := range []string{panel.Failed, panel.EmptyMsg, panel.Base} {
		if words != "" {
			s.across(prose, words, 0)
		}
	}
	s.flush()
	return b.write(w)
}

var printedPercent = regexp.MustCompile(`^-?[0-9.]+%$`)

// panelCell keeps a number a number, in the form in which the page prints it.
func panelCell(c dashboards.Cell) any {
	switch {
	case c.Number == nil:
		return c.Text
	case printedPercent.MatchString(c.Text):
		return as{percent, *c.Number / 100}
	case *c.Number == float64(int64(*c.Number)) && !strings.Contains(c.Text, "."):
		return as{integer, *c.Number}
	}
	return as{two, *c.Number}
}
