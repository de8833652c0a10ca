package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
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

// contentTypes is the part that lists the kinds of the others; it stands first, by which
// programs tell what a file is.
const contentTypes = "[Content_Types].xml"

// writeSame sends the workbook with its parts in the order of their names: excelize writes
// streamed sheets, and the kinds of pictures that it knows, in the order of a map, another one
// each time. It holds the packed file in memory, so it is for workbooks that are sealed.
func (b *book) writeSame(w io.Writer) error {
	var packed bytes.Buffer
	if err := b.write(&packed); err != nil {
		return err
	}
	parts, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	first := func(f *zip.File) int {
		if f.Name == contentTypes {
			return 0
		}
		return 1
	}
	slices.SortFunc(parts.File, func(x, y *zip.File) int { return cmp.Or(first(x)-first(y), cmp.Compare(x.Name, y.Name)) })
	out := zip.NewWriter(w)
	for _, part := range parts.File {
		write := out.Copy
		if part.Name == contentTypes {
			write = func(part *zip.File) error { return orderTypes(out, part) }
		}
		if err := write(part); err != nil {
			return fmt.Errorf("write workbook: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

var defaultType = regexp.MustCompile(`<Default [^>]*></Default>|<Default [^>]*/>`)

// orderTypes writes the list of kinds with those of file endings in order.
func orderTypes(out *zip.Writer, part *zip.File) error {
	from, err := part.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	list, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	kinds := defaultType.FindAll(list, -1)
	slices.SortFunc(kinds, bytes.Compare)
	at := 0
	list = defaultType.ReplaceAllFunc(list, func([]byte) []byte { at++; return kinds[at-1] })
	to, err := out.Create(contentTypes)
	if err == nil {
		_, err = to.Write(list)
	}
	return err
}
