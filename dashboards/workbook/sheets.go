package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"
)

// Column is a column of texts: its heading, and its width in characters.
type Column struct {
	Name  string
	Width float64
}

// Sheet is a table of texts, for what explains data and isn't reckoned with.
type Sheet struct {
	Name    string
	Columns []Column
	Rows    [][]string
}

// Sheets writes tables of texts. The same tables and time of making give the same bytes.
func Sheets(w io.Writer, title string, madeAt time.Time, sheets []Sheet) error {
	b := newBook(title, madeAt)
	for _, one := range sheets {
		l := layout{landscape: true, title: title + "：" + one.Name}
		for _, c := range one.Columns {
			l.columns = append(l.columns, column{c.Name, c.Width, plain})
		}
		s := b.sheet(sheetName(one.Name), l)
		values := make([]any, len(one.Columns))
		for _, row := range one.Rows {
			for i, cell := range row {
				values[i] = text(cell)
			}
			s.add(values...)
		}
		s.flush()
	}
	return b.writeSame(w)
}

// writeSame sends the workbook with its parts in the order of their names: excelize writes
// streamed sheets in the order of a map, another one each time. It holds the packed file in memory,
// so it is for workbooks that are sealed.
func (b *book) writeSame(w io.Writer) error {
	var packed bytes.Buffer
	if err := b.write(&packed); err != nil {
		return err
	}
	parts, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	slices.SortFunc(parts.File, func(x, y *zip.File) int { return cmp.Compare(x.Name, y.Name) })
	out := zip.NewWriter(w)
	for _, part := range parts.File {
		if err := out.Copy(part); err != nil {
			return fmt.Errorf("write workbook: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}
