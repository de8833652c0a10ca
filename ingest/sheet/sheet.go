// Package sheet reads what people send — a workbook or a CSV file — as rows
// with positions. It is the first step of intake: bytes in, cells out, and each
// cell still knows the row a person sees it in.
//
// It doesn't know what a placement or a response is, and has no database. A
// caller finds the header ([FindHeader]), goes through the rows, and reads each
// cell with [ParseQuantity], [ParseDate] and [ParseEnd], which say in words why
// a cell can't be used.
//
// # Why
//
// It is cut here because everything hostile or odd about files ends here:
// archives that unpack to a thousand times their size, pictures named .xlsx,
// encodings, merged cells, formulas nobody computed. Behind this package there
// are only texts with a place.
//
// The worksheet is scanned by our own code and not by excelize's Rows: that one
// gives texts without saying whether a cell was a number, a date or a formula
// that was never computed, and a second and third pass would be needed for
// merges and formulas. One scan of our own is several times as fast (see
// BenchmarkRows), holds one row in memory, and stops at the first byte past a
// limit. Excelize computes the formulas that came without a value, on a copy
// made of plain values (see formula.go), so that it never opens a stranger's
// archive.
package sheet

import (
	"cmp"
	"context"
	"io"
	"path"
	"strings"
)

// Limits is how much of a file we are willing to read.
type Limits struct {
	FileBytes     int64 // the file as it was sent
	UnzippedBytes int64 // all parts of a workbook together; see unzippedAllowance for honest big files
	Rows          int   // rows that have something in them
	TextBytes     int64 // a CSV file, which is read in one pass that holds one row; 0: as FileBytes
	TextRows      int   // its rows, 0: as Rows
	Columns       int   // the column furthest right that has something in it
	CellBytes     int   // the text of one cell
	SharedStrings int   // entries in a workbook's table of texts
}

// DefaultLimits is what an installation starts with. A cell may hold what a
// spreadsheet program lets one type: 32,767 characters of at most four bytes.
func DefaultLimits() Limits {
	return Limits{
		FileBytes:     64 << 20,
		UnzippedBytes: 64 << 20,
		Rows:          200_000,
		Columns:       512,
		CellBytes:     4 * 32_767,
		SharedStrings: 2_000_000,
	}
}

// longestRow is the text of all cells of a row: their number times the limit of
// each would be 64 MB held at once.
const longestRow = 4 << 20

// Cell is one cell as it is stored.
type Cell struct {
	Text      string // nothing trimmed; numbers as stored, dates as serial numbers
	Number    bool   // stored as a number
	DateStyle bool   // shown as a date
	Formula   string // the formula, when it has no stored value and we didn't compute one
	Computed  bool   // the value wasn't in the file, we computed it
	Merged    bool   // the value is that of the top left cell of a merge
}

// Blank reports whether there is nothing to read in the cell.
func (c Cell) Blank() bool { return c.Formula == "" && Normalize(c.Text) == "" }

// Row is one row of a sheet.
type Row struct {
	Number int  // as the person sees it, from 1
	Hidden bool // hidden or filtered away in the spreadsheet
	Cells  []Cell
}

// Cell returns the cell in column i, counted from 0. Rows end at their last
// filled cell, so a column may be missing in one row and there in the next.
func (r Row) Cell(i int) Cell {
	if i < 0 || i >= len(r.Cells) {
		return Cell{}
	}
	return r.Cells[i]
}

// Empty reports whether the row has nothing of its own. What a merge lays over
// it doesn't count: under a merged unit name an unused row is still unused.
func (r Row) Empty() bool {
	for _, c := range r.Cells {
		if !c.Merged && !c.Blank() {
			return false
		}
	}
	return true
}

// Book is an open workbook or CSV file. It reads from the reader it was opened
// with, which must stay open; it writes nothing to disk.
type Book struct {
	name   string
	limits Limits
	source source
}

// source is what a workbook and a CSV file have in common.
type source interface {
	sheets() []string
	rows(ctx context.Context, sheet string) (cursor, error)
	dates() DateOptions
}

// cursor gives the rows of a sheet that have something in them, in order.
// It ends with io.EOF.
type cursor interface {
	next() (Row, error)
	close() error
}

// Open finds out what the content is, whatever the name says, and opens it.
// What can't be opened comes back as a *FileError.
func Open(ctx context.Context, r io.ReaderAt, size int64, name string, limits Limits) (*Book, error) {
	name = fileName(name)
	fail := func(err error) error { return inFile(err, name) }
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if size <= 0 {
		return nil, fail(&FileError{Fault: EmptyFile})
	}
	if most := max(limits.FileBytes, limits.TextBytes); size > most {
		return nil, fail(&FileError{Fault: FileTooLarge, Size: size, Limit: most})
	}
	kind, err := sniff(r, size)
	if err != nil {
		return nil, fail(err)
	}
	if kind == kindText {
		limits.FileBytes, limits.Rows = cmp.Or(limits.TextBytes, limits.FileBytes), cmp.Or(limits.TextRows, limits.Rows)
	}
	if size > limits.FileBytes {
		return nil, fail(&FileError{Fault: FileTooLarge, Size: size, Limit: limits.FileBytes})
	}
	b := &Book{name: name, limits: limits}
	switch kind {
	case kindZip:
		b.source, err = openWorkbook(ctx, r, size, limits)
	case kindText:
		b.source, err = openDelimited(ctx, r, size, name, limits)
	default:
		err = &FileError{Fault: WrongKind, Kind: kind}
	}
	if err != nil {
		return nil, fail(err)
	}
	return b, nil
}

// fileName keeps the last part of a name that may carry somebody's folders.
func fileName(name string) string {
	return path.Base(strings.ReplaceAll(name, `\`, "/"))
}

// Sheets are the names of the visible sheets, in their order. A CSV file has one,
// named as the file.
func (b *Book) Sheets() []string { return b.source.sheets() }

// Dates says how this file counts days; [ParseDate] wants to know.
func (b *Book) Dates() DateOptions { return b.source.dates() }

// Rows starts reading a sheet from its top.
func (b *Book) Rows(ctx context.Context, sheet string) (*Rows, error) {
	c, err := b.source.rows(ctx, sheet)
	if err != nil {
		return nil, inSheet(err, b.name, sheet)
	}
	return &Rows{ctx: ctx, cursor: c, file: b.name, sheet: sheet, limit: b.limits.Rows}, nil
}

// Close ends the use of the book. There is nothing to remove: no step of
// reading leaves a file behind, so a crash doesn't either.
func (b *Book) Close() error { return nil }

// longestGap is how many unused rows in a row are still told to the caller, one
// by one, as empty rows. A stray blank typed into the last row of a sheet
// would otherwise become a million of them; over a longer gap the numbers jump.
const longestGap = 1000

// Rows goes through a sheet the way bufio.Scanner goes through text.
// A row that was handed out isn't touched again.
type Rows struct {
	ctx    context.Context
	cursor cursor
	file   string
	sheet  string
	limit  int

	row    Row
	ahead  *Row // read already, waits until the gap before it is told
	last   int  // number of the row handed out last
	filled int  // rows with something in them so far
	err    error
	done   bool
}

// Next moves to the next row. Unused rows between used ones are told as empty
// rows; those after the last used one are not.
func (r *Rows) Next() bool {
	if r.done {
		return false
	}
	if r.ahead == nil && !r.read() {
		r.done = true
		r.row = Row{}
		return false
	}
	if r.last+1 < r.ahead.Number {
		r.last++
		r.row = Row{Number: r.last}
		return true
	}
	r.row, r.ahead = *r.ahead, nil
	r.last = r.row.Number
	return true
}

// read gets the next filled row and decides from where the gap before it is told.
func (r *Rows) read() bool {
	if r.filled&0xff == 0 {
		if r.err = r.ctx.Err(); r.err != nil {
			return false
		}
	}
	row, err := r.cursor.next()
	if err == io.EOF {
		return false
	}
	if err == nil {
		if r.filled++; r.filled > r.limit {
			err = &FileError{Fault: TooManyRows, Row: row.Number, Limit: int64(r.limit)}
		}
	}
	if err != nil {
		r.err = inSheet(err, r.file, r.sheet)
		return false
	}
	if row.Number-r.last-1 > longestGap {
		r.last = row.Number - 1
	}
	r.ahead = &row
	return true
}

// Row is the row Next moved to.
func (r *Rows) Row() Row { return r.row }

// Err is what ended the reading, nil at the end of the sheet.
func (r *Rows) Err() error { return r.err }

// Close may be called at any time.
func (r *Rows) Close() error {
	r.done = true
	return r.cursor.close()
}
