package sheet

import (
	"errors"
	"fmt"
	"strconv"
)

// Fault is what is wrong with a file or a cell. Programs compare it; people read
// what Why makes of it (words.go).
type Fault string

// What can be wrong with a file.
const (
	EmptyFile      Fault = "empty file"
	FileTooLarge   Fault = "file too large"
	WrongKind      Fault = "not a workbook or csv"
	Encrypted      Fault = "encrypted"
	Broken         Fault = "broken"
	Bomb           Fault = "unpacks to too much"
	TooManyParts   Fault = "too many parts"
	TooManyTexts   Fault = "too many shared strings"
	TooManyRows    Fault = "too many rows"
	TooManyColumns Fault = "too many columns"
	TooManyMerges  Fault = "too many merged ranges"
	CellTooLong    Fault = "cell too long"
	RowTooLong     Fault = "row too long"
	NulByte        Fault = "nul byte"
	NotText        Fault = "not text in a known encoding"
	OpenQuote      Fault = "quote never closed"
	NoVisibleSheet Fault = "no visible sheet"
	NoSuchSheet    Fault = "no such sheet"
)

// What can be wrong with a cell.
const (
	Missing     Fault = "missing"
	NotANumber  Fault = "not a number"
	Negative    Fault = "negative"
	NotFinite   Fault = "not finite"
	Approximate Fault = "approximate"
	TwoNumbers  Fault = "more than one number"
	NotADate    Fault = "not a date"
	NoYear      Fault = "no year"
	ShortYear   Fault = "year of two digits"
	YearLast    Fault = "year comes last"
	NoMonth     Fault = "no month"
	NoDay       Fault = "no day"
	NoSuchMonth Fault = "no such month"
	NoSuchDay   Fault = "no such day"
	FarOff      Fault = "year far off"
	TwoDates    Fault = "more than one date"
	NotComputed Fault = "formula without a value"
)

// FileError says why a file can't be read, or not further.
type FileError struct {
	Fault  Fault
	File   string
	Sheet  string
	Row    int    // from 1; 0 when the whole file is meant
	Column int    // from 1; 0 when the whole row is meant
	Kind   Kind   // what a file of the wrong kind is
	Part   string // the part of the archive
	Size   int64  // what was found
	Limit  int64  // what is allowed
	Err    error  // the cause, for the log
}

func (e *FileError) Error() string {
	s := "read " + strconv.Quote(e.File)
	if e.Sheet != "" {
		s += " sheet " + strconv.Quote(e.Sheet)
	}
	if e.Row > 0 {
		s += fmt.Sprintf(" row %d", e.Row)
	}
	if e.Column > 0 {
		s += " column " + ColumnName(e.Column-1)
	}
	if e.Part != "" {
		s += " part " + strconv.Quote(e.Part)
	}
	s += ": " + string(e.Fault)
	if e.Kind != "" {
		s += ": " + string(e.Kind)
	}
	if e.Limit > 0 {
		s += fmt.Sprintf(" (%d, limit %d)", e.Size, e.Limit)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FileError) Unwrap() error { return e.Err }

// CellError says why the text of a cell can't be used. It has no place: the
// caller knows the row and the name of the column better.
type CellError struct {
	Fault Fault
	Text  string // as it stands in the cell
	Year  int    // of a date that doesn't exist
	Month int
	Day   int
	Days  int // how many days that month has
}

func (e *CellError) Error() string {
	if e.Fault == Missing {
		return string(e.Fault)
	}
	return fmt.Sprintf("%q: %s", shorten(e.Text), e.Fault)
}

// FaultOf is the fault an error carries, "" when it carries none.
func FaultOf(err error) Fault {
	if e, ok := errors.AsType[*CellError](err); ok {
		return e.Fault
	}
	if e, ok := errors.AsType[*FileError](err); ok {
		return e.Fault
	}
	return ""
}

// inFile writes the file's name into the error; an error that isn't ours (a
// disk, a cancelled context) stays what it is.
func inFile(err error, file string) error {
	if e, ok := errors.AsType[*FileError](err); ok {
		e.File = file
	}
	return err
}

func inSheet(err error, file, sheet string) error {
	if e, ok := errors.AsType[*FileError](err); ok {
		e.File, e.Sheet = file, sheet
	}
	return err
}

// ColumnName is the letters a spreadsheet shows over column i, counted from 0.
func ColumnName(i int) string {
	var b [8]byte
	at := len(b)
	for i++; i > 0; i = (i - 1) / 26 {
		at--
		b[at] = byte('A' + (i-1)%26)
	}
	return string(b[at:])
}
