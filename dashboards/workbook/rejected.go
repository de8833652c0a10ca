package workbook

import (
	"context"
	"io"
	"sort"
	"strings"
	"time"

	"shuixuan/app/org"
	"shuixuan/ingest"
)

// Headings of the two columns that go with rejected rows. The intake knows them and
// reads neither as data.
const (
	rowColumn    = "原行号（勿改）"
	reasonColumn = "退回原因（勿填）"
)

// Rejected writes the rows of a receipt that were sent back: as they were sent, under
// their own headings, with the row they stood in and the reasons beside. It can be
// corrected and sent in again as it is.
func Rejected(ctx context.Context, w io.Writer, receipt *ingest.Receipt) error {
	b := newBook("退回的行", now(receipt.RecordedAt))
	wide := len(receipt.Header)
	err := receipt.RejectedParts(ctx, func(part *ingest.Receipt) error {
		for _, cells := range part.Cells {
			wide = max(wide, len(cells))
		}
		return nil
	})
	if err != nil {
		return err
	}
	kept, cols := rejectedColumns(receipt.Header, wide)
	s := b.sheet("退回的行", layout{columns: cols, landscape: true, bare: true})
	err = receipt.RejectedParts(ctx, func(part *ingest.Receipt) error {
		addRejected(s, part, kept)
		return nil
	})
	if err != nil {
		return err
	}
	s.flush()
	help := b.sheet("怎样改正", layout{columns: []column{{"步骤", 8, integer}, {"说明", 90, plain}}, bare: true})
	for i, words := range []string{
		"在“退回的行”里按最后一列写的原因改正，各列的次序和标题请保持不变。",
		"“" + rowColumn + "”和“" + reasonColumn + "”两列导入时不读，改不改都没有影响。",
		"改好后把这个文件直接上传。已经收下的行不在这里，不用再传；万一重复，也不会登记两次。",
	} {
		help.add(i+1, words)
	}
	help.flush()
	return b.write(w)
}

// addRejected writes a row for each rejected row of a part, with all its reasons.
func addRejected(s *sheet, part *ingest.Receipt, kept []int) {
	reasons := map[int][]string{}
	var rows []int
	for _, r := range part.Rejected {
		if reasons[r.Row] == nil {
			rows = append(rows, r.Row)
		}
		why := r.Why
		if r.Field != "" && !strings.Contains(why, r.Field) {
			why = r.Field + "：" + why
		}
		reasons[r.Row] = append(reasons[r.Row], why)
	}
	sort.Ints(rows)
	values := make([]any, len(kept)+2)
	for _, row := range rows {
		cells := part.Cells[row]
		values[0] = row
		for i, at := range kept {
			values[i+1] = nil
			if at < len(cells) {
				values[i+1] = text(cells[at])
			}
		}
		values[len(values)-1] = strings.Join(reasons[row], "；")
		s.add(values...)
	}
}

// rejectedColumns gives which of the sender's columns are written, and all headings. A
// file that was itself a list of rejected rows already has our two columns: they are
// not written twice.
func rejectedColumns(header []string, wide int) ([]int, []column) {
	cols := []column{{rowColumn, 9, integer}}
	var kept []int
	for i := range wide {
		name := ""
		if i < len(header) {
			name = header[i]
		}
		if own(name) {
			continue
		}
		kept = append(kept, i)
		cols = append(cols, column{name, min(max(10, textWidth(name)+4), 30), plain})
	}
	return kept, append(cols, column{reasonColumn, 60, plain})
}

// own tells whether a heading is one of our two. A receipt holds headings as the intake
// compared them, with half-width brackets, so what stands before the bracket decides.
func own(name string) bool {
	folded := org.Fold(name)
	return strings.HasPrefix(folded, "原行号(") || strings.HasPrefix(folded, "退回原因(")
}

// now is when a file without a time of its own was made.
func now(t time.Time) time.Time {
	if t.IsZero() {
		return time.Now()
	}
	return t
}
