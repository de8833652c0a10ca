// Package spss writes system files of SPSS (.sav): rows with the names, labels and missing
// values that say what they mean.
//
// It is the lossless form of what is handed over: no quoting, no guess at the encoding, no
// digits lost. A file is written as a stream, a row at a time, in the memory of one row; where
// rows come from, and what they say, the caller knows. The same dictionary and rows give the
// same bytes: the time of making is given too.
//
// # Why
//
// There is no writer of the format for Go that knows long names, UTF-8 and strings of more
// than 255 bytes. The format is public as GNU PSPP documents it (PSPP Developers Guide,
// "System File Format"), and PSPP is what the tests read the files with. Nothing here knows a
// survey, so that each rule of the format can be held against that document.
package spss

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Measure is how the values of a variable are to be read.
type Measure int32

// The closed list.
const (
	Nominal Measure = 1
	Ordinal Measure = 2
	Scale   Measure = 3
)

// Limits of the format, in bytes of UTF-8.
const (
	MaxName       = 64
	MaxLabel      = 255    // of a variable; longer ones are cut at a character and end in …
	MaxValueLabel = 120    // the same
	MaxFileLabel  = 60     // the same; the field has 64, of which PSPP reads 60
	MaxWidth      = 32_767 // of a text
	maxMissing    = 3
)

// Value is a cell: Number of a numeric variable, NaN where there is none, and Text of a
// variable of texts.
type Value struct {
	Number float64
	Text   string
}

// Number is the cell of a number.
func Number(v float64) Value { return Value{Number: v} }

// Text is the cell of a text.
func Text(s string) Value { return Value{Text: s} }

// None is the cell of a numeric variable without a value: system-missing.
func None() Value { return Value{Number: math.NaN()} }

// Label says what a value means.
type Label struct {
	Value Value
	Text  string
}

// Missing are the values that stand for no answer. The format holds three single values, or
// one range of numbers and one value beside it; of a text longer than 8 bytes only the first
// 8 may differ from spaces.
type Missing struct {
	Values   []Value
	Low      float64 // of a range of numbers, with both ends
	High     float64
	HasRange bool
}

// Variable is a column.
type Variable struct {
	Name     string // see Names
	Label    string
	Width    int // bytes of the longest text; 0: a number
	Decimals int // of a number as it is shown, 0 to 16
	Measure  Measure
	Labels   []Label
	Missing  Missing
}

// Set is a multiple choice: one variable for each option, which holds Counted where the option
// was chosen.
type Set struct {
	Name      string // without the $ it gets
	Label     string
	Counted   int
	Variables []string // names; two at least
}

// Dictionary is what stands before the rows. Cases is how many rows will come, -1 where
// nobody knows: then it is filled in at Close where the file can be gone back in, and left open
// otherwise, which every reader takes.
type Dictionary struct {
	Label     string
	Product   string // who writes, ASCII
	Created   time.Time
	Variables []Variable
	Sets      []Set
	Cases     int64
}

// Validate refuses what the format can't hold; the first fault is told.
func (d Dictionary) Validate() error {
	if len(d.Variables) == 0 {
		return fmt.Errorf("no variables")
	}
	at := make(map[string]int, len(d.Variables))
	for i, v := range d.Variables {
		if err := v.validate(); err != nil {
			return fmt.Errorf("variable %d %q: %w", i+1, v.Name, err)
		}
		key := strings.ToUpper(v.Name)
		if first, twice := at[key]; twice {
			return fmt.Errorf("variables %d and %d are both named %q", first+1, i+1, v.Name)
		}
		at[key] = i
	}
	for _, s := range d.Sets {
		if !validName(s.Name) || len(s.Name) >= MaxName {
			return fmt.Errorf("set %q: not a name", s.Name)
		}
		if len(s.Variables) < 2 {
			return fmt.Errorf("set %q: %d variables, two are needed", s.Name, len(s.Variables))
		}
		for _, name := range s.Variables {
			if i, known := at[strings.ToUpper(name)]; !known || d.Variables[i].Width > 0 {
				return fmt.Errorf("set %q: there is no number %q", s.Name, name)
			}
		}
	}
	return nil
}

func (v Variable) validate() error {
	if !validName(v.Name) {
		return fmt.Errorf("not a name")
	}
	if v.Width < 0 || v.Width > MaxWidth {
		return fmt.Errorf("width %d is not within 0 and %d", v.Width, MaxWidth)
	}
	if v.Decimals < 0 || v.Decimals > 16 {
		return fmt.Errorf("%d decimals", v.Decimals)
	}
	if v.Measure < Nominal || v.Measure > Scale {
		return fmt.Errorf("measure %d is not known", v.Measure)
	}
	if !utf8.ValidString(v.Label) {
		return fmt.Errorf("the label is not UTF-8")
	}
	most := maxMissing
	if v.Missing.HasRange {
		most = 1
		if v.Width > 0 || !(v.Missing.Low <= v.Missing.High) {
			return fmt.Errorf("a range of missing values needs a number and two ends")
		}
	}
	if len(v.Missing.Values) > most {
		return fmt.Errorf("%d missing values, the format holds %d", len(v.Missing.Values), most)
	}
	for _, m := range v.Missing.Values {
		if err := v.holds(m); err != nil {
			return fmt.Errorf("missing value: %w", err)
		}
		if v.Width > 8 && len(strings.TrimRight(m.Text, " ")) > 8 {
			return fmt.Errorf("missing value %q is longer than 8 bytes", m.Text)
		}
	}
	for _, l := range v.Labels {
		if err := v.holds(l.Value); err != nil {
			return fmt.Errorf("label %q: %w", l.Text, err)
		}
		if v.Width == 0 && math.IsNaN(l.Value.Number) {
			return fmt.Errorf("label %q: of no value", l.Text)
		}
	}
	return nil
}

// holds tells why a cell can't be of this variable. The ends of the numbers are taken: the
// lowest is the mark for a missing one.
func (v Variable) holds(c Value) error {
	if v.Width == 0 {
		if math.Abs(c.Number) >= math.MaxFloat64 {
			return fmt.Errorf("%v is beyond what the format holds", c.Number)
		}
		return nil
	}
	if len(c.Text) > v.Width {
		return fmt.Errorf("the text has %d bytes, its variable %d", len(c.Text), v.Width)
	}
	if !utf8.ValidString(c.Text) {
		return fmt.Errorf("the text is not UTF-8")
	}
	if strings.IndexByte(c.Text, 0) >= 0 {
		return fmt.Errorf("the text holds NUL, where readers end it")
	}
	return nil
}

// cut keeps a label within so many bytes, whole characters only, and shows that it was cut.
func cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= most {
		return text
	}
	end := most - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
