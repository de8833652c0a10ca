package sheet

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func gb18030(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(b)
}

// TestEncodings: the same table in every encoding it may come in.
func TestEncodings(t *testing.T) {
	const text = "责任单位,数量\r\n市住建局,24块\r\n𠮷田镇,３条\r\n"
	const want = "1: 责任单位|数量\n2: 市住建局|24块\n3: 𠮷田镇|３条"
	for name, data := range map[string][]byte{
		"UTF-8":             []byte(text),
		"UTF-8 with a mark": []byte("\ufeff" + text),
		"GB18030":           gb18030(t, text), // 𠮷 takes four bytes in it
		"UTF-16LE":          utf16Bytes(binary.LittleEndian, text),
		"UTF-16BE":          utf16Bytes(binary.BigEndian, text),
	} {
		if got := show(mustRead(t, data, "台账.csv")); got != want {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
	// Long enough that characters lie across the ends of the buffers it is read with.
	long := strings.Repeat("水宣，\n", 100_000)
	for name, data := range map[string][]byte{"UTF-8": []byte("x" + long), "GB18030": gb18030(t, "x"+long)} {
		rows := mustRead(t, data, "a.csv")
		if len(rows) != 100_000 || rows[99_999].Cell(0).Text != "水宣，" || rows[50_000].Cell(0).Text != "水宣，" {
			t.Errorf("%s: %d rows, last %q", name, len(rows), rows[len(rows)-1].Cell(0).Text)
		}
	}
	for name, data := range map[string][]byte{
		"neither":              []byte("a,b\n1,\xff\xff\xff\n"),
		"a mark that isn't so": []byte("\ufeffa,b\n1,\xd6\xd0\n"),
	} {
		if _, err := readAll(data, "a.csv", DefaultLimits()); FaultOf(err) != NotText {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDelimited has one file per quirk. Row numbers are those a spreadsheet shows.
func TestDelimited(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain", "a,b\n1,2\n", "1: a|b\n2: 1|2"},
		{"no line end at the end", "a,b\n1,2", "1: a|b\n2: 1|2"},
		{"Windows line ends", "a,b\r\n1,2\r\n", "1: a|b\n2: 1|2"},
		{"old Mac line ends", "a,b\r1,2\r", "1: a|b\n2: 1|2"},
		{"tabs", "a\tb,c\n1\t2,3\n", "1: a|b,c\n2: 1|2,3"},
		{"semicolons", "a;b;c\n1;2,5;3\n2;7;4\n", "1: a|b|c\n2: 1|2,5|3\n3: 2|7|4"},
		{"commas, with semicolons inside the answers", "q1,q2\na;b,c;d\ne;f,g;h\n", "1: q1|q2\n2: a;b|c;d\n3: e;f|g;h"},
		{"one column", "满意\n一般\n", "1: 满意\n2: 一般"},
		{"told by the first line", "sep=;\na;b,b\n1;2\n", "1: a|b,b\n2: 1|2"},
		{"quotes", `"a ""b""","c,d"` + "\n" + `6" pipe,x`, "1: a \"b\"|c,d\n2: 6\" pipe|x"},
		{"a line end in a cell stays in its row", "a,b\n\"1\n2\",3\n4,5\n", "1: a|b\n2: 1\n2|3\n3: 4|5"},
		{"empty lines count", "a\n\n\nb\n", "1: a\n2: \n3: \n4: b"},
		{"lines of commas are empty rows", "a,b\n,\n1,2\n,,,\n", "1: a|b\n2: \n3: 1|2"},
		{"empty lines at the end don't come", "a,b\n\n\n\n", "1: a|b"},
		{"unequal columns", "a,b,c\n1\n1,2,3,4\n", "1: a|b|c\n2: 1\n3: 1|2|3|4"},
		{"a quoted empty cell", "a,b\n\"\",2\n", "1: a|b\n2: |2"},
		{"blanks are kept", " a , b\n", "1:  a | b"},
		{"numbers stay text", "0538-0000001,370983201409050012,007\n", "1: 0538-0000001|370983201409050012|007"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(mustRead(t, []byte(c.text), "a.csv")); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestDelimitedFaults(t *testing.T) {
	check := func(text string, fault Fault, row, column int) {
		t.Helper()
		_, err := readAll([]byte(text), "a.csv", DefaultLimits())
		e, ok := errors.AsType[*FileError](err)
		if !ok || e.Fault != fault || e.Row != row || e.Column != column {
			t.Errorf("%q: %v", shorten(text), err)
		}
	}
	check("a,b\n1,2\x00\n", NulByte, 2, 2)
	check("a,b\n1,\"2\n3,4\n", OpenQuote, 2, 2)
	// A quote that is never closed in a large file is noticed at the cell's limit.
	check("a,b\n1,\"2\n"+strings.Repeat("3,4\n", 100_000), OpenQuote, 2, 2)
}

func TestYuxi(t *testing.T) {
	b := openTestdata(t, "yuxi-2007.csv")
	if got := b.Sheets(); !slices.Equal(got, []string{"yuxi-2007.csv"}) {
		t.Errorf("sheets %q", got)
	}
	rows := allRows(t, b, "yuxi-2007.csv")
	if len(rows) != 601 { // 600 published answers under a header
		t.Fatalf("%d rows, want 601", len(rows))
	}
	if got := rows[0].Cell(0).Text; got != "序号" {
		t.Errorf("the mark at the start wasn't taken off: %q", got)
	}
	satisfied := 0
	for _, r := range rows[1:] {
		if a := r.Cell(1).Text; a == "非常满意" || a == "比较满意" || a == "很满意" || a == "较满意" {
			satisfied++
		}
	}
	if satisfied != 353 { // 58.83 % of 600
		t.Errorf("%d satisfied, want 353", satisfied)
	}
}
