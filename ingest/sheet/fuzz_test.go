package sheet

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParseQuantity: whatever comes, there is a finite number of zero or more, or a fault
// that has words.
func FuzzParseQuantity(f *testing.F) {
	for _, s := range []string{"24", "120块", "１２０块", "1,200", "约15", "-5", "十二块", "1.2万份", "1e999", "", "一百二", "3×4", "廿", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQuantity(s)
		if err != nil {
			if e, ok := err.(*CellError); !ok || e.Why() == "" || q != (Quantity{}) {
				t.Fatalf("%q: %v %v", s, q, err)
			}
			return
		}
		if q.Value < 0 || math.Signbit(q.Value) || math.IsInf(q.Value, 0) || math.IsNaN(q.Value) {
			t.Fatalf("%q: %v", s, q)
		}
		if again, err := ParseQuantity(Normalize(s)); err != nil || again != q {
			t.Fatalf("%q: %v, normalized %v %v", s, q, again, err)
		}
	})
}

// FuzzParseDate: there is a day at midnight UTC in the years we take, or a fault.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2014年9月5日", "2014.9.8", "2014-9-12", "20140905", "41892", "二〇一四年九月二十二日", "9月15日", "2014-09-31", "至验收结束", "2014-09-05T00:00:00Z"} {
		f.Add(s, false, false)
		f.Add(s, true, true)
	}
	f.Fuzz(func(t *testing.T, s string, number, style bool) {
		d, open, err := ParseEnd(Cell{Text: s, Number: number, DateStyle: style}, DateOptions{})
		switch {
		case err != nil:
			if e, ok := err.(*CellError); !ok || e.Why() == "" || open {
				t.Fatalf("%q: %v", s, err)
			}
		case open:
		case d.Year() < firstYear || d.Year() > lastYear || d.Location() != time.UTC || !d.Equal(d.Truncate(24*time.Hour)):
			t.Fatalf("%q: %v", s, d)
		}
	})
}

// FuzzOpen: whatever comes, there are rows or an error, soon.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("a,b\n1,\"2\n3\"\n"))
	f.Add(utf16Bytes(binary.LittleEndian, "a,b\n1,2"))
	f.Add([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	p := plainBook(`<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><f>1+1</f></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>`)
	p["xl/sharedStrings.xml"] = "<sst><si><t>a</t></si></sst>"
	f.Add(stored(f, p))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := readAll(data, "a.xlsx", DefaultLimits())
		if err != nil {
			if e, ok := err.(*FileError); !ok || e.Why() == "" {
				t.Fatal(err)
			}
		}
		last := 0
		for _, r := range rows {
			if r.Number <= last {
				t.Fatalf("row %d after row %d", r.Number, last)
			}
			last = r.Number
			for _, c := range r.Cells {
				if !utf8.ValidString(c.Text) {
					t.Fatalf("row %d: %q", r.Number, c.Text)
				}
			}
		}
	})
}

// FuzzWorksheet goes past the archive: bytes of XML in a good workbook.
func FuzzWorksheet(f *testing.F) {
	f.Add(`<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a&amp;b</t></is></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>`)
	f.Add(`<sheetData><row><c><f>SUM(B1:C1)*2</f></c><c><v>3</v></c><c t="b"><v>1</v></c></row></sheetData>`)
	f.Add(`<sheetData><!-- c --><row r="3" hidden="1"><c r="C3" t="str"><v><![CDATA[x]]></v></c></row></sheetData>`)
	f.Fuzz(func(t *testing.T, s string) {
		rows, err := readAll(stored(t, plainBook(s)), "a.xlsx", DefaultLimits())
		if err != nil {
			if e, ok := err.(*FileError); !ok || e.Why() == "" {
				t.Fatal(err)
			}
		}
		for _, r := range rows {
			for _, c := range r.Cells {
				if !utf8.ValidString(c.Text) {
					t.Fatalf("%q", c.Text)
				}
			}
		}
	})
}

// FuzzMarkup compares with encoding/xml: where that one finds no fault,
// ours finds the same tags and texts, whatever the pieces it reads in.
func FuzzMarkup(f *testing.F) {
	f.Add(`<a><b x="1>2">t&amp;&#65;</b><c/><!-- <d> --><![CDATA[<e>]]></a>`, 3)
	f.Add("<a>\r\n x \r y</a>", 1)
	f.Add(`<?xml version="1.0"?><x:a xmlns:x="u"><x:b></x:b></x:a>`, 7)
	f.Fuzz(func(t *testing.T, s string, step int) {
		want, ok := referenceTokens(s)
		if !ok {
			return
		}
		got, err := markupTokens(newMarkup(&dribble{strings.NewReader(s), max(1, step%17)}))
		if err != nil || got != want {
			t.Fatalf("%q:\n got %q %v\nwant %q", s, got, err, want)
		}
	})
}

// dribble reads a few bytes at a time.
type dribble struct {
	r    io.Reader
	step int
}

func (d *dribble) Read(b []byte) (int, error) { return d.r.Read(b[:min(len(b), d.step)]) }

func referenceTokens(s string) (string, bool) {
	d := xml.NewDecoder(strings.NewReader(s))
	var b strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			return b.String(), true
		}
		if err != nil {
			return "", false
		}
		switch token := token.(type) {
		case xml.StartElement:
			if strings.Contains(token.Name.Local, ":") {
				return "", false
			}
			b.WriteString("<" + token.Name.Local + ">")
		case xml.EndElement:
			b.WriteString("</" + token.Name.Local + ">")
		case xml.CharData:
			b.Write(token)
		case xml.Directive:
			return "", false
		}
	}
}

func markupTokens(m *markup) (string, error) {
	var b []byte
	for {
		kind, err := m.next()
		if err == io.EOF {
			return string(b), nil
		}
		if err != nil {
			return string(b), err
		}
		switch kind {
		case openTag:
			b = append(append(append(b, '<'), m.name...), '>')
			if m.empty {
				b = append(append(append(b, "</"...), m.name...), '>')
			}
		case shutTag:
			b = append(append(append(b, "</"...), m.name...), '>')
		case textPiece:
			if b, err = appendText(b, m.text, m.plain); err != nil {
				return string(b), err
			}
		}
	}
}

// TestMarkupLongTexts puts what must not be cut at every place around the end of the buffer.
func TestMarkupLongTexts(t *testing.T) {
	for _, middle := range []string{"&amp;", "&#x6C34;", "\r\n", "水", "<b/>", "<!-- x -->", "<![CDATA[]]]]>", "</a><a>"} {
		for shift := range 24 {
			s := "<a>" + strings.Repeat("x", markupBuffer-3-shift) + middle + "y</a>"
			want, ok := referenceTokens("<r>" + s + "</r>")
			if !ok {
				t.Fatalf("%q isn't XML", middle)
			}
			got, err := markupTokens(newMarkup(bytes.NewReader([]byte("<r>" + s + "</r>"))))
			if err != nil || got != want {
				t.Errorf("%q, %d before the end: %v", middle, shift, err)
			}
		}
	}
}
