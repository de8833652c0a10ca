package sheet

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// delimited is a CSV file, or one with tabs or semicolons.
//
// It has its own reader since encoding/csv passes over empty lines without a
// word, and a row's number must be the one a spreadsheet shows; and since a quote
// that is never closed makes it take the rest of the file as one cell.
type delimited struct {
	r        io.ReaderAt
	size     int64
	name     string
	limits   Limits
	encoding encoding.Encoding // nil for UTF-8
	skip     int64             // bytes of a mark at the start
	comma    byte
	hint     bool // the first line is "sep=;" and no row
}

func openDelimited(ctx context.Context, r io.ReaderAt, size int64, name string, limits Limits) (*delimited, error) {
	d := &delimited{r: r, size: size, name: name, limits: limits}
	if err := d.findEncoding(ctx); err != nil {
		return nil, err
	}
	return d, d.findComma()
}

// findEncoding goes by the mark at the start; without one, what is valid UTF-8 all
// through is UTF-8 (other encodings of Chinese practically never are), and the
// rest is what Chinese spreadsheet programs write by default, GB18030.
func (d *delimited) findEncoding(ctx context.Context) error {
	head := make([]byte, min(d.size, 3))
	if _, err := d.r.ReadAt(head, 0); err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		d.encoding, d.skip = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 2
		return nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		d.encoding, d.skip = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), 2
		return nil
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		d.skip = 3
	}
	valid, err := validUTF8(ctx, io.NewSectionReader(d.r, 0, d.size))
	if err != nil || valid {
		return err
	}
	if d.skip > 0 { // it says that it is UTF-8 and it isn't
		return &FileError{Fault: NotText}
	}
	d.encoding = simplifiedchinese.GB18030
	return nil
}

func validUTF8(ctx context.Context, r io.Reader) (bool, error) {
	buf := make([]byte, 256<<10)
	left := 0
	for {
		n, err := io.ReadFull(r, buf[left:])
		n += left
		ended := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !ended {
			return false, err
		}
		whole := n
		if !ended { // the buffer's end may cut a character
			for whole > n-utf8.UTFMax && !utf8.RuneStart(buf[whole-1]) {
				whole--
			}
			whole--
		}
		if !utf8.Valid(buf[:max(whole, 0)]) {
			return false, nil
		}
		if ended {
			return true, nil
		}
		left = copy(buf, buf[whole:n])
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
}

func (d *delimited) text() io.Reader {
	var r io.Reader = io.NewSectionReader(d.r, d.skip, d.size-d.skip)
	if d.encoding != nil {
		r = d.encoding.NewDecoder().Reader(r)
	}
	return r
}

// findComma takes the separator that cuts the first lines into equally many
// cells. Of equals the tab wins, which is typed nowhere else, and the semicolon
// loses, which also stands between the options of one answer.
func (d *delimited) findComma() error {
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(d.text(), head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head = head[:n]
	d.comma = ',' // when nothing separates: one column
	if line, _, _ := bytes.Cut(head, []byte("\n")); len(line) >= 5 && strings.EqualFold(string(line[:4]), "sep=") {
		d.comma, d.hint = line[4], true
		return nil
	}
	best := 0
	for _, comma := range []byte{'\t', ',', ';'} {
		if score := agreement(head, comma); score > best {
			best, d.comma = score, comma
		}
	}
	return nil
}

// agreement is the largest number of lines among the first twenty that have the same
// number of separators outside quotes, at least one.
func agreement(head []byte, comma byte) int {
	counts := make(map[int]int)
	count, lines, quoted := 0, 0, false
	end := func() {
		if count > 0 {
			counts[count]++
		}
		count = 0
		lines++
	}
	for _, b := range head {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == comma:
			count++
		case b == '\n':
			end()
		}
		if lines == 20 {
			break
		}
	}
	if lines < 20 {
		end()
	}
	best := 0
	for _, n := range counts {
		best = max(best, n)
	}
	return best
}

func (d *delimited) sheets() []string { return []string{d.name} }

func (d *delimited) dates() DateOptions { return DateOptions{} }

func (d *delimited) rows(_ context.Context, name string) (cursor, error) {
	if name != d.name {
		return nil, &FileError{Fault: NoSuchSheet}
	}
	c := &delimitedRows{d: d, r: bufio.NewReaderSize(d.text(), 64<<10)}
	if d.hint {
		if _, err := c.r.ReadString('\n'); err != nil && err != io.EOF {
			return nil, err
		}
		// c.number stays 0: Excel takes the line as an instruction and shows what follows as row 1.
	}
	return c, nil
}

// delimitedRows reads records: cells of a line, where a quoted cell may hold line ends.
type delimitedRows struct {
	d      *delimited
	r      *bufio.Reader
	number int // of the last record
	ended  bool

	text []byte
	ends []int
}

func (c *delimitedRows) close() error { return nil }

func (c *delimitedRows) next() (Row, error) {
	for !c.ended {
		c.number++
		if err := c.record(); err != nil {
			if e, ok := errors.AsType[*FileError](err); ok {
				e.Row, e.Column = c.number, len(c.ends)+1
			}
			return Row{}, err
		}
		if len(c.text) == 0 {
			continue
		}
		return c.row(), nil
	}
	return Row{}, io.EOF
}

func (c *delimitedRows) row() Row {
	texts := appendPieces(make([]string, 0, len(c.ends)), c.text, c.ends)
	filled := len(texts)
	for filled > 0 && texts[filled-1] == "" {
		filled--
	}
	row := Row{Number: c.number, Cells: make([]Cell, filled)}
	for i := range row.Cells {
		row.Cells[i].Text = texts[i]
	}
	return row
}

// record reads one record into text and ends. A quote counts at the start of a cell
// only; in its middle it is a character, as in 6" pipes.
func (c *delimitedRows) record() error {
	c.text, c.ends = c.text[:0], c.ends[:0]
	start, quoted, fresh := 0, false, true
	for {
		b, err := c.r.ReadByte()
		if err == io.EOF {
			c.ended = true
			if quoted {
				return &FileError{Fault: OpenQuote}
			}
			return c.end()
		}
		if err != nil {
			return err
		}
		switch {
		case b == 0:
			return &FileError{Fault: NulByte}
		case quoted:
			if b != '"' {
				c.text = append(c.text, b)
			} else if c.peek() == '"' {
				c.r.ReadByte()
				c.text = append(c.text, '"')
			} else {
				quoted = false
			}
		case b == '"' && fresh:
			quoted = true
		case b == c.d.comma:
			if err := c.end(); err != nil {
				return err
			}
			start, fresh = len(c.text), true
			continue
		case b == '\n', b == '\r':
			if b == '\r' && c.peek() == '\n' {
				c.r.ReadByte()
			}
			return c.end()
		default:
			c.text = append(c.text, b)
		}
		fresh = false
		if len(c.text) > longestRow {
			return &FileError{Fault: RowTooLong, Size: int64(len(c.text)), Limit: longestRow}
		}
		if len(c.text)-start > c.d.limits.CellBytes {
			if quoted {
				return &FileError{Fault: OpenQuote}
			}
			return &FileError{Fault: CellTooLong, Size: int64(len(c.text) - start), Limit: int64(c.d.limits.CellBytes)}
		}
	}
}

func (c *delimitedRows) peek() byte {
	next, err := c.r.Peek(1)
	if err != nil {
		return 0
	}
	return next[0]
}

// end closes a cell.
func (c *delimitedRows) end() error {
	start := 0
	if n := len(c.ends); n > 0 {
		start = c.ends[n-1]
	}
	cell := c.text[start:]
	if c.d.encoding != nil && bytes.Contains(cell, []byte("\ufffd")) {
		return &FileError{Fault: NotText}
	}
	if len(cell) > 0 && len(c.ends) >= c.d.limits.Columns {
		return &FileError{Fault: TooManyColumns, Size: int64(len(c.ends) + 1), Limit: int64(c.d.limits.Columns)}
	}
	if len(c.ends) < c.d.limits.Columns {
		c.ends = append(c.ends, len(c.text))
	}
	return nil
}
