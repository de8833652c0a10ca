package sheet

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// worksheet reads one sheet of a workbook row by row. What stands behind the rows
// in the file and is needed while they are read (merges, and whether formulas are to be
// computed) was found by a first pass, outline.
type worksheet struct {
	w      *workbook
	part   *partReader
	m      *markup
	merges merges
	known  map[place]string // values computed for formulas that had none

	last    int // number of the last row element
	texts   []byte
	ends    []int
	pending []int // columns whose text is in texts, in the order of ends
	pieces  []string
}

// place is a cell: row from 1 as people count, column from 0 as slices do.
type place struct{ row, column int }

func openWorksheet(ctx context.Context, w *workbook, part string) (*worksheet, error) {
	o, err := readOutline(ctx, w, part)
	if err != nil {
		return nil, err
	}
	var known map[place]string
	if o.mayCompute() {
		if known, err = computeMissing(ctx, w, part); err != nil {
			return nil, err
		}
	}
	s, err := startWorksheet(ctx, w, part)
	if err != nil {
		return nil, err
	}
	s.merges, s.known = merges{waiting: o.merges, widest: w.limits.Columns}, known
	return s, nil
}

// startWorksheet opens the part and moves to its rows.
func startWorksheet(ctx context.Context, w *workbook, part string) (*worksheet, error) {
	p, err := w.archive.open(ctx, part)
	if err != nil {
		return nil, err
	}
	s := &worksheet{w: w, part: p, m: newMarkup(p)}
	for {
		kind, err := s.m.next()
		if err != nil {
			p.Close()
			return nil, p.fault(err)
		}
		if kind == openTag && string(s.m.name) == "sheetData" {
			return s, nil
		}
	}
}

func (s *worksheet) close() error { return s.part.Close() }

// next gives the next row that has a cell with something in it.
func (s *worksheet) next() (Row, error) {
	if s.m.empty && string(s.m.name) == "sheetData" {
		return Row{}, io.EOF
	}
	for {
		kind, err := s.m.next()
		if err != nil {
			return Row{}, s.part.fault(err)
		}
		switch {
		case kind == shutTag && string(s.m.name) == "sheetData":
			return Row{}, io.EOF
		case kind == openTag && string(s.m.name) == "row":
			row, err := s.row()
			if err != nil {
				return Row{}, s.place(err, row.Number)
			}
			if len(row.Cells) == 0 {
				continue
			}
			if err := s.merges.lay(&row); err != nil {
				return Row{}, s.place(err, row.Number)
			}
			return row, nil
		}
	}
}

// place says in which row an error came up.
func (s *worksheet) place(err error, row int) error {
	err = s.part.fault(err)
	if e, ok := errors.AsType[*FileError](err); ok && e.Row == 0 {
		e.Row = row
	}
	return err
}

// lastRow is the number of the last row of any spreadsheet program.
const lastRow = 1 << 20

// row reads a row element. A row without filled cells comes back without cells.
func (s *worksheet) row() (Row, error) {
	row := Row{Number: s.last + 1}
	for {
		name, value, ok := s.m.attr()
		if !ok {
			break
		}
		switch string(name) {
		case "r":
			n, ok := attrInt(value)
			if !ok || n <= s.last || n > lastRow {
				return row, errors.New("a row number that doesn't rise")
			}
			row.Number = n
		case "hidden":
			row.Hidden = attrTrue(value)
		}
	}
	s.last = row.Number
	if s.m.empty {
		return row, nil
	}
	s.texts, s.ends, s.pending = s.texts[:0], s.ends[:0], s.pending[:0]
	column := 0
	for {
		kind, err := s.m.next()
		if err != nil {
			return row, unexpected(err)
		}
		switch {
		case kind == openTag && string(s.m.name) == "c":
			if column, err = s.cell(&row, column); err != nil {
				return row, err
			}
		case kind == shutTag && string(s.m.name) == "row":
			s.settle(&row)
			return row, nil
		}
	}
}

// settle gives the cells their texts, which were gathered in one buffer.
func (s *worksheet) settle(row *Row) {
	s.pieces = appendPieces(s.pieces[:0], s.texts, s.ends)
	for i, column := range s.pending {
		row.Cells[column].Text = s.pieces[i]
	}
	clear(s.pieces)
}

// cellType is how a cell's value is written.
type cellType byte

const (
	numberCell cellType = iota
	sharedCell          // a number into the table of texts
	inlineCell          // <is>
	stringCell          // the text a formula gave
	boolCell
	errorCell
	dateCell // ISO 8601
)

func cellTypeOf(value []byte) cellType {
	switch string(value) {
	case "s":
		return sharedCell
	case "inlineStr":
		return inlineCell
	case "str":
		return stringCell
	case "b":
		return boolCell
	case "e":
		return errorCell
	case "d":
		return dateCell
	}
	return numberCell
}

// cell reads a cell element into the row, at the column it names or at the
// given one, and returns the column after it.
func (s *worksheet) cell(row *Row, column int) (int, error) {
	kind, style := numberCell, 0
	for {
		name, value, ok := s.m.attr()
		if !ok {
			break
		}
		switch string(name) {
		case "r":
			if c, ok := columnOf(value); ok {
				column = c
			}
		case "t":
			kind = cellTypeOf(value)
		case "s":
			style, _ = attrInt(value)
		}
	}
	if s.m.empty {
		return column + 1, nil
	}
	start := len(s.texts)
	formula, valued, err := s.content(kind)
	if err != nil {
		return column, s.placeCell(err, row.Number, column)
	}
	c := Cell{DateStyle: style < len(s.w.dateXf) && s.w.dateXf[style]}
	if formula != "" && !valued {
		c.Formula = formula
		if value, ok := s.known[place{row.Number, column}]; ok {
			c.Formula, c.Computed, c.Text = "", true, value
			c.Number = isNumber(value)
		}
	}
	if err := s.value(&c, kind, start); err != nil {
		return column, s.placeCell(err, row.Number, column)
	}
	if len(s.texts) > longestRow {
		return column, &FileError{Fault: RowTooLong, Size: int64(len(s.texts)), Limit: longestRow}
	}
	if c.Text == "" && c.Formula == "" && len(s.texts) == start {
		return column + 1, nil
	}
	if column >= s.w.limits.Columns {
		return column, &FileError{Fault: TooManyColumns, Row: row.Number, Column: column + 1, Size: int64(column + 1), Limit: int64(s.w.limits.Columns)}
	}
	if len(row.Cells) == 0 {
		row.Cells = make([]Cell, 0, max(16, column+1))
	}
	for len(row.Cells) <= column {
		row.Cells = append(row.Cells, Cell{})
	}
	row.Cells[column] = c
	if len(s.texts) > start {
		s.ends = append(s.ends, len(s.texts))
		s.pending = append(s.pending, column)
	}
	return column + 1, nil
}

func (s *worksheet) placeCell(err error, row, column int) error {
	if e, ok := errors.AsType[*FileError](err); ok && e.Fault == CellTooLong {
		e.Row, e.Column = row, column+1
	}
	return err
}

// value settles what the text gathered from start on means for a cell of that
// type. A text that is shared is put into the cell, any other stays gathered.
func (s *worksheet) value(c *Cell, kind cellType, start int) error {
	text := s.texts[start:]
	if len(text) > s.w.limits.CellBytes {
		return s.tooLong(len(text))
	}
	switch kind {
	case sharedCell:
		s.texts = s.texts[:start]
		n, ok := attrInt(bytes.TrimSpace(text))
		if len(text) == 0 {
			return nil
		}
		if !ok || n >= len(s.w.texts) {
			return errors.New("a shared text that isn't there")
		}
		c.Text = s.w.texts[n]
		if len(c.Text) > s.w.limits.CellBytes {
			return s.tooLong(len(c.Text))
		}
	case boolCell:
		s.texts = s.texts[:start]
		switch string(bytes.TrimSpace(text)) {
		case "1", "true":
			c.Text = "TRUE"
		case "0", "false":
			c.Text = "FALSE"
		}
	case numberCell:
		s.texts = append(s.texts[:start], bytes.TrimSpace(text)...)
		if len(s.texts) > start {
			c.Number = true
		}
	case stringCell:
		s.texts = unescape(s.texts, start)
	}
	return nil
}

func (s *worksheet) tooLong(n int) error {
	return &FileError{Fault: CellTooLong, Size: int64(n), Limit: int64(s.w.limits.CellBytes)}
}

// content reads what is inside a cell element: the value is gathered in s.texts,
// the formula returned. valued reports that the formula's result is in the file;
// for a text that may be the empty one.
func (s *worksheet) content(kind cellType) (formula string, valued bool, err error) {
	for {
		token, err := s.m.next()
		if err != nil {
			return "", false, unexpected(err)
		}
		if token == shutTag && string(s.m.name) == "c" {
			return formula, valued, nil
		}
		if token != openTag {
			continue
		}
		switch string(s.m.name) {
		case "v":
			start := len(s.texts)
			if !s.m.empty {
				if s.texts, err = s.plain(s.texts, "v"); err != nil {
					return "", false, err
				}
			}
			valued = len(s.texts) > start || kind == stringCell
		case "f":
			// A cell that shares the formula of another one has no text of its own.
			formula = "="
			if !s.m.empty {
				text, err := s.plain(nil, "f")
				if err != nil {
					return "", false, err
				}
				formula += string(text)
			}
		case "is":
			if !s.m.empty {
				if s.texts, err = readText(s.m, s.texts, "is", s.w.limits.CellBytes); err != nil {
					return "", false, err
				}
			}
		}
	}
}

// plain adds the text up to the end tag to dst, at most one byte over the limit.
func (s *worksheet) plain(dst []byte, until string) ([]byte, error) {
	start, limit := len(dst), s.w.limits.CellBytes
	for {
		token, err := s.m.next()
		if err != nil {
			return dst, unexpected(err)
		}
		switch token {
		case shutTag:
			if string(s.m.name) == until {
				return dst, nil
			}
		case textPiece:
			if dst, err = appendText(dst, s.m.text, s.m.plain); err != nil {
				return dst, err
			}
			if len(dst)-start > limit {
				return dst, s.tooLong(len(dst) - start)
			}
		}
	}
}

// columnOf reads the letters of a cell's name.
func columnOf(name []byte) (int, bool) {
	n := 0
	for i, b := range name {
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		if b < 'A' || b > 'Z' {
			return n - 1, i > 0
		}
		if i == 3 {
			return 0, false
		}
		n = n*26 + int(b-'A') + 1
	}
	return 0, false
}
