package spss

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// Widths of the segments of which a text of more than 255 bytes is made ("Very Long String
// Record"): each holds 255 bytes, and stands for 252 of the width.
const (
	wholeSegment = 255
	segmentStep  = 252
)

func segments(width int) int {
	if width <= wholeSegment {
		return 1
	}
	return (width + segmentStep - 1) / segmentStep
}

// segmentWidth is the width of the k-th segment of a text, 0 of a number.
func segmentWidth(width, k int) int {
	n := segments(width)
	if n == 1 {
		return width
	}
	if k < n-1 {
		return wholeSegment
	}
	return width - (n-1)*segmentStep
}

// blocks is how many elements of 8 bytes a segment takes.
func blocks(width int) int { return max(1, (width+7)/8) }

// casesAt is where the number of rows stands in the file.
const casesAt = 80

// The values by which the format marks what is no number.
var (
	systemMissing = -math.MaxFloat64
	lowest        = math.Nextafter(-math.MaxFloat64, 0)
)

// record puts together the parts of the dictionary; all numbers are little-endian.
type record struct {
	bytes []byte
	short [][]string
	index []int // of each variable among the elements of a row, from 1
}

func (r *record) int32s(values ...int32) {
	for _, v := range values {
		r.bytes = binary.LittleEndian.AppendUint32(r.bytes, uint32(v))
	}
}

func (r *record) floats(values ...float64) {
	for _, v := range values {
		r.bytes = binary.LittleEndian.AppendUint64(r.bytes, math.Float64bits(v))
	}
}

// padded writes a text with spaces up to a width.
func (r *record) padded(text string, width int) {
	r.bytes = append(r.bytes, text...)
	for i := len(text); i < width; i++ {
		r.bytes = append(r.bytes, ' ')
	}
}

// value writes the 8 bytes of a number or a short text.
func (r *record) value(v Variable, c Value) {
	if v.Width > 0 {
		r.padded(c.Text[:min(len(c.Text), 8)], 8)
		return
	}
	r.floats(c.Number)
}

// dictionary is all that stands before the rows.
func (d Dictionary) dictionary() []byte {
	r := &record{short: shortNames(d.Variables)}
	size := 0
	for _, v := range d.Variables {
		r.index = append(r.index, size+1)
		for k := range segments(v.Width) {
			size += blocks(segmentWidth(v.Width, k))
		}
	}
	r.head(d, size)
	for i, v := range d.Variables {
		r.variable(v, r.short[i])
	}
	for i, v := range d.Variables {
		r.valueLabels(v, r.index[i])
	}
	r.machine(d.Cases)
	r.extension(7, 1, r.sets(d))
	r.display(d.Variables)
	r.extension(13, 1, r.longNames(d.Variables))
	r.extension(14, 1, r.veryLong(d.Variables))
	r.extension(20, 1, []byte("UTF-8"))
	r.extension(21, 1, longLabels(d.Variables))
	r.extension(22, 1, longMissing(d.Variables))
	r.int32s(999, 0)
	return r.bytes
}

// head is the file header record.
func (r *record) head(d Dictionary, size int) {
	r.padded("$FL2", 4)
	r.padded(cut("@(#) SPSS DATA FILE "+d.Product, 60), 60)
	r.int32s(2, int32(size), 1, 0) // layout, elements of a row, compressed by byte codes, no weight
	cases := d.Cases
	if cases > math.MaxInt32 {
		cases = -1 // the 64 bit record has it
	}
	r.int32s(int32(cases))
	r.floats(bias)
	r.padded(d.Created.Format("02 Jan 06"), 9)
	r.padded(d.Created.Format("15:04:05"), 8)
	r.padded(cut(d.Label, MaxFileLabel), 64)
	r.bytes = append(r.bytes, 0, 0, 0)
}

// Types of formats.
const (
	formatText   = 1
	formatNumber = 5
)

func (v Variable) format(width int) int32 {
	if v.Width > 0 {
		return formatText<<16 | int32(width)<<8
	}
	return formatNumber<<16 | int32(v.shown())<<8 | int32(v.Decimals)
}

// shown is how many characters a number is shown in.
func (v Variable) shown() int { return max(8, min(40, v.Decimals+10)) }

// variable writes a variable record for each element of 8 bytes; all but the first of a segment
// are dummies.
func (r *record) variable(v Variable, short []string) {
	for k, name := range short {
		width := segmentWidth(v.Width, k)
		label, missing, written := "", 0, int32(0)
		if k == 0 {
			label = cut(v.Label, MaxLabel)
		}
		if v.Width <= 8 { // longer ones have a record of their own
			missing = len(v.Missing.Values)
			written = int32(missing)
			if v.Missing.HasRange {
				written = -2 - written
			}
		}
		labelled := int32(0)
		if label != "" {
			labelled = 1
		}
		r.int32s(2, int32(width), labelled, written, v.format(width), v.format(width))
		r.padded(name, 8)
		if label != "" {
			r.int32s(int32(len(label)))
			r.padded(label, (len(label)+3)/4*4)
		}
		if v.Width <= 8 && v.Missing.HasRange {
			r.floats(v.Missing.Low, v.Missing.High)
		}
		for _, m := range v.Missing.Values[:missing] {
			r.value(v, m)
		}
		for range blocks(width) - 1 {
			r.int32s(2, -1, 0, 0, 0, 0)
			r.padded("", 8)
		}
	}
}

// valueLabels writes the labels of a number or a text of up to 8 bytes.
func (r *record) valueLabels(v Variable, index int) {
	if len(v.Labels) == 0 || v.Width > 8 {
		return
	}
	r.int32s(3, int32(len(v.Labels)))
	for _, l := range v.Labels {
		text := cut(l.Text, MaxValueLabel)
		r.value(v, l.Value)
		r.bytes = append(r.bytes, byte(len(text)))
		r.padded(text, (len(text)+1+7)/8*8-1)
	}
	r.int32s(4, 1, int32(index))
}

// extension writes a record of type 7, none where it would be empty.
func (r *record) extension(subtype, size int, content []byte) {
	if len(content) > 0 {
		r.int32s(7, int32(subtype), int32(size), int32(len(content)/size))
		r.bytes = append(r.bytes, content...)
	}
}

// machine tells how numbers are written, and how many rows there are.
func (r *record) machine(cases int64) {
	const littleEndian, utf8Page, ieee = 2, 65001, 1
	integers := &record{}
	integers.int32s(1, 0, 0, -1, ieee, 1, littleEndian, utf8Page)
	r.extension(3, 4, integers.bytes)
	floats := &record{}
	floats.floats(systemMissing, math.MaxFloat64, lowest)
	r.extension(4, 8, floats.bytes)
	if cases >= 0 {
		wide := binary.LittleEndian.AppendUint64(nil, 1)
		r.extension(16, 8, binary.LittleEndian.AppendUint64(wide, uint64(cases)))
	}
}

// sets writes the multiple choices, by the short names of their variables.
func (r *record) sets(d Dictionary) []byte {
	short := map[string]string{}
	for i, v := range d.Variables {
		short[strings.ToUpper(v.Name)] = strings.ToLower(r.short[i][0])
	}
	var b strings.Builder
	for _, s := range d.Sets {
		counted, label := fmt.Sprint(s.Counted), cut(s.Label, MaxLabel)
		fmt.Fprintf(&b, "$%s=D%d %s %d %s", s.Name, len(counted), counted, len(label), label)
		for _, name := range s.Variables {
			b.WriteString(" " + short[strings.ToUpper(name)])
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// display writes the measure, the width and the side of each segment.
func (r *record) display(variables []Variable) {
	all := &record{}
	for _, v := range variables {
		for k := range segments(v.Width) {
			width, right := int32(v.shown()), int32(1)
			if v.Width > 0 {
				width, right = int32(min(max(segmentWidth(v.Width, k), 8), 40)), 0
			}
			all.int32s(int32(v.Measure), width, right)
		}
	}
	r.extension(11, 4, all.bytes)
}

func (r *record) longNames(variables []Variable) []byte {
	parts := make([]string, len(variables))
	for i, v := range variables {
		parts[i] = r.short[i][0] + "=" + v.Name
	}
	return []byte(strings.Join(parts, "\t"))
}

func (r *record) veryLong(variables []Variable) []byte {
	var b strings.Builder
	for i, v := range variables {
		if v.Width > wholeSegment {
			fmt.Fprintf(&b, "%s=%05d\x00\t", r.short[i][0], v.Width)
		}
	}
	return []byte(b.String())
}

// longLabels are the labels of texts of more than 8 bytes.
func longLabels(variables []Variable) []byte {
	r := &record{}
	for _, v := range variables {
		if v.Width <= 8 || len(v.Labels) == 0 {
			continue
		}
		r.named(v.Name)
		r.int32s(int32(v.Width), int32(len(v.Labels)))
		for _, l := range v.Labels {
			text := cut(l.Text, MaxValueLabel)
			r.int32s(int32(v.Width))
			r.padded(l.Value.Text, v.Width)
			r.named(text)
		}
	}
	return r.bytes
}

// longMissing are the missing values of texts of more than 8 bytes.
func longMissing(variables []Variable) []byte {
	r := &record{}
	for _, v := range variables {
		if v.Width <= 8 || len(v.Missing.Values) == 0 {
			continue
		}
		r.named(v.Name)
		r.bytes = append(r.bytes, byte(len(v.Missing.Values)))
		r.int32s(8)
		for _, m := range v.Missing.Values {
			r.value(v, m)
		}
	}
	return r.bytes
}

// named writes a text with its length before it.
func (r *record) named(text string) {
	r.int32s(int32(len(text)))
	r.bytes = append(r.bytes, text...)
}
