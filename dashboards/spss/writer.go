package spss

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// bias is what is added to a small whole number to make its code.
const bias = 100

// The codes of an element of 8 bytes. 1 to 251 are the whole numbers -99 to 151.
const (
	codeEnd    = 252
	codeRaw    = 253 // the element itself follows
	codeSpaces = 254
	codeNone   = 255 // system-missing
	lastNumber = 251
)

// Writer writes the rows of one file. It isn't for several goroutines.
type Writer struct {
	out       *bufio.Writer
	under     io.Writer
	variables []Variable
	expected  int64
	start     int64 // of this file in what is under it, -1 where there is no going back
	rows      int64
	codes     [8]byte // of the elements of a group
	held      int     // codes in it
	raw       []byte  // elements that follow the codes
	err       error
}

// NewWriter writes the dictionary and is then ready for rows. Close ends the file.
func NewWriter(w io.Writer, d Dictionary) (*Writer, error) {
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("sav dictionary: %w", err)
	}
	d.Cases = max(d.Cases, -1)
	s := &Writer{out: bufio.NewWriterSize(w, 1<<18), under: w, variables: d.Variables, expected: d.Cases, start: -1, raw: make([]byte, 0, 64)}
	if file, able := w.(io.Seeker); able {
		if at, err := file.Seek(0, io.SeekCurrent); err == nil { // a pipe has the method too and refuses
			s.start = at
		}
	}
	_, s.err = s.out.Write(d.dictionary())
	return s, s.err
}

// Write adds a row: a cell for each variable, in their order. What the format can't hold is
// refused and nothing of the row is written.
func (s *Writer) Write(row []Value) error {
	if s.err != nil {
		return s.err
	}
	if len(row) != len(s.variables) {
		return fmt.Errorf("sav row %d: %d cells for %d variables", s.rows+1, len(row), len(s.variables))
	}
	for i := range s.variables {
		if err := s.variables[i].holds(row[i]); err != nil {
			return fmt.Errorf("sav row %d, %s: %w", s.rows+1, s.variables[i].Name, err)
		}
	}
	for i := range s.variables {
		if width := s.variables[i].Width; width > 0 {
			s.text(row[i].Text, width)
		} else {
			s.number(row[i].Number)
		}
	}
	s.rows++
	return s.err
}

// Close ends the file; the writer under it stays open. It refuses a file of another number of
// rows than was said.
func (s *Writer) Close() error {
	if s.err != nil {
		return s.err
	}
	if s.expected >= 0 && s.expected != s.rows {
		s.err = fmt.Errorf("sav: %d rows were written, %d were said", s.rows, s.expected)
		return s.err
	}
	s.code(codeEnd)
	for s.held > 0 {
		s.code(0)
	}
	if err := s.out.Flush(); s.err == nil {
		s.err = err
	}
	if s.err == nil && s.expected < 0 {
		s.err = s.fillIn()
	}
	if s.err != nil {
		return fmt.Errorf("write sav: %w", s.err)
	}
	s.err = fmt.Errorf("sav: the file is closed")
	return nil
}

// fillIn writes the number of rows into the header where the file can be gone back in.
func (s *Writer) fillIn() error {
	if s.start < 0 || s.rows > math.MaxInt32 {
		return nil
	}
	file := s.under.(io.WriteSeeker)
	end, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := file.Seek(s.start+casesAt, io.SeekStart); err != nil {
		return err
	}
	if _, err := file.Write(binary.LittleEndian.AppendUint32(nil, uint32(s.rows))); err != nil {
		return err
	}
	_, err = file.Seek(end, io.SeekStart)
	return err
}

func (s *Writer) number(v float64) {
	switch {
	case v != v:
		s.code(codeNone)
	case v > -bias && v <= lastNumber-bias && v == math.Trunc(v):
		s.code(byte(v + bias))
	default:
		s.element(math.Float64bits(v))
	}
}

// text writes the segments of a text, padded with spaces; what a long text has more room for
// than its width stays spaces.
func (s *Writer) text(text string, width int) {
	for k := range segments(width) {
		room := segmentWidth(width, k)
		part := text[:min(len(text), room)]
		text = text[len(part):]
		n := blocks(room)
		for len(part) > 0 {
			block := [8]byte{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}
			part = part[copy(block[:], part):]
			n--
			if element := binary.LittleEndian.Uint64(block[:]); element == spaces {
				s.code(codeSpaces)
			} else {
				s.element(element)
			}
		}
		for ; n > 0; n-- {
			s.code(codeSpaces)
		}
	}
}

const spaces = 0x2020202020202020

func (s *Writer) element(bits uint64) {
	s.raw = binary.LittleEndian.AppendUint64(s.raw, bits)
	s.code(codeRaw)
}

// code adds a code; eight of them go out with the elements that follow them.
func (s *Writer) code(c byte) {
	s.codes[s.held] = c
	if s.held++; s.held < 8 {
		return
	}
	if _, err := s.out.Write(s.codes[:]); err != nil && s.err == nil {
		s.err = err
	}
	if _, err := s.out.Write(s.raw); err != nil && s.err == nil {
		s.err = err
	}
	s.held, s.raw = 0, s.raw[:0]
}
