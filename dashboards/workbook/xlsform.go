package workbook

import (
	"io"
	"strings"
	"time"

	"shuixuan/app/survey"
	"shuixuan/ingest/xlsform"
)

// widths of the columns of a form, in characters; the rest are narrow.
var formWidths = map[string]float64{"type": 24, "name": 16, "label": 48, "hint": 30, "relevant": 44, "constraint": 34, "appearance": 14, "parameters": 24,
	"list_name": 16, "form_title": 40, "form_id": 20, "default_language": 18, "shuixuan_intro": 60, "shuixuan_source": 40, "question": 16, "values": 30}

// XLSForm writes a questionnaire as a form that ODK, KoboToolbox and this program read.
// Every cell is text: a code 01 that became a number would be another code.
func XLSForm(w io.Writer, q survey.Questionnaire) error {
	b := newBook(q.Title, time.Now())
	for _, t := range xlsform.Tables(q) {
		var cols []column
		for _, name := range t.Head {
			width := formWidths[name]
			switch {
			case width > 0:
			case strings.HasPrefix(name, "shuixuan_"):
				width = max(18, float64(len(name)+3))
			default:
				width = 12
			}
			cols = append(cols, column{name, width, plain})
		}
		s := b.sheet(t.Name, layout{columns: cols, landscape: true, bare: true})
		for _, row := range t.Rows {
			values := make([]any, len(row.Cells))
			for i, text := range row.Cells {
				if text != "" {
					values[i] = text
				}
			}
			s.add(values...)
		}
		s.flush()
	}
	return b.write(w)
}
