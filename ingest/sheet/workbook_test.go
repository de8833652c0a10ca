package sheet

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// TestWorksheetQuirks has one sheet per quirk; want is what a person sees.
func TestWorksheetQuirks(t *testing.T) {
	text := func(at, s string) string {
		return `<c r="` + at + `" t="inlineStr"><is><t>` + s + `</t></is></c>`
	}
	for _, c := range []struct{ name, sheet, want string }{
		{"nothing at all", `<sheetData/>`, ""},
		{"no rows", `<sheetData></sheetData>`, ""},
		{"numbers as stored", `<sheetData><row r="1"><c r="A1"><v>0.1</v></c><c r="B1" t="n"><v>1E+20</v></c><c r="C1"><v> 12 </v></c></row></sheetData>`,
			"1: 0.1|1E+20|12"},
		{"a text of 18 digits keeps them", `<sheetData><row r="1">` + text("A1", "370983201409050012") + `</row></sheetData>`,
			"1: 370983201409050012"},
		{"rows and cells without names", `<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row></sheetData>`,
			"1: 1|2\n2: 3"},
		{"columns left out", `<sheetData><row r="1"><c r="B1"><v>2</v></c><c r="AA1"><v>27</v></c></row></sheetData>`,
			"1: |2" + strings.Repeat("|", 25) + "27"},
		{"rows left out are empty rows", `<sheetData><row r="2"><c r="A2"><v>2</v></c></row><row r="4"><c r="A4"><v>4</v></c></row></sheetData>`,
			"1: \n2: 2\n3: \n4: 4"},
		{"styled cells without a value are nothing", `<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1" s="3"/><c r="C1" s="3"></c></row><row r="2" ht="20"/><row r="3"><c r="A3" s="1"/></row></sheetData>`,
			"1: 1"},
		{"rich text, without its reading aid", `<sheetData><row r="1"><c r="A1" t="inlineStr"><is><r><rPr><b/></rPr><t>宣</t></r><r><t xml:space="preserve">传 </t></r><rPh sb="0" eb="1"><t>xuan</t></rPh></is></c></row></sheetData>`,
			"1: 宣传 "},
		{"entities and character data", `<sheetData><row r="1">` + text("A1", "a&amp;b&lt;&#x6C34;&#23459;&quot;") + text("B1", "<![CDATA[<x>&amp;]]>") + `</row></sheetData>`,
			`1: a&b<水宣"|<x>&amp;`},
		{"comments are passed over", `<!-- <row r="9"> --><sheetData><row r="1"><!-- x --><c r="A1"><v>1<!-- 2 -->3</v></c></row></sheetData>`,
			"1: 13"},
		{"line ends in a cell", `<sheetData><row r="1">` + text("A1", "a\r\nb\rc&#10;d_x000D_e_x005F_x000D_") + `</row></sheetData>`,
			"1: a\nb\nc\nd\re_x000D_"},
		{"booleans and errors", `<sheetData><row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="e"><v>#DIV/0!</v></c></row></sheetData>`,
			"1: TRUE|FALSE|#DIV/0!"},
		{"a day in ISO form", `<sheetData><row r="1"><c r="A1" t="d"><v>2014-09-05T00:00:00</v></c></row></sheetData>`,
			"1: 2014-09-05T00:00:00"},
		{"single quotes and blanks in tags", `<sheetData ><row r = '1' ><c r='A1' t='inlineStr' ><is ><t >a</t ></is ></c ></row ></sheetData >`,
			"1: a"},
		{"a > inside an attribute", `<sheetData><row r="1" x="a>b"><c r="A1"><v>1</v></c></row></sheetData>`,
			"1: 1"},
		{"an empty text", `<sheetData><row r="1">` + text("A1", "") + `<c r="B1" t="inlineStr"/><c r="C1" t="s"><v></v></c><c r="D1"><v>4</v></c></row></sheetData>`,
			"1: |||4"},
		{"merge down", `<sheetData><row r="1">` + text("A1", "单位") + `<c r="B1"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c></row><row r="3"><c r="B3"><v>3</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>`,
			"1: 单位|1\n2: *单位|2\n3: |3"},
		{"merge right, beyond the row's last cell", `<sheetData><row r="1">` + text("A1", "标题") + `</row></sheetData><mergeCells><mergeCell ref="A1:C1"/></mergeCells>`,
			"1: 标题|*标题|*标题"},
		{"merge covers what was there before", `<sheetData><row r="1">` + text("A1", "新") + text("B1", "旧") + `</row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>`,
			"1: 新|*新"},
		{"merge of nothing", `<sheetData><row r="2"><c r="B2"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A9"/></mergeCells>`,
			"1: \n2: |1"},
		{"merge written upside down", `<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c></row></sheetData><mergeCells><mergeCell ref="$A$2:$A$1"/></mergeCells>`,
			"1: 1\n2: *1|2"},
		{"two merges of one row", `<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>3</v></c></row><row r="2"><c r="B2"><v>2</v></c></row></sheetData><mergeCells><mergeCell ref="C1:D2"/><mergeCell ref="A1:A2"/></mergeCells>`,
			"1: 1||3|*3\n2: *1|2|*3|*3"},
		{"unused rows under a merge are not told", `<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" s="1"/></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>`,
			"1: 1"},
		{"formula with its value", `<sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"</f><v>a</v></c><c r="C1" t="str"><f>""</f><v></v></c></row></sheetData>`,
			"1: 2|a"},
		{"formula without a value", `<sheetData><row r="1"><c r="A1"><f>SUM(B1:C1)*2</f></c><c r="B1"><v>3</v></c><c r="C1"><f>B1+1</f><v/></c></row></sheetData>`,
			"1: 14|3|4"},
		{"formula after formula, from below", `<sheetData><row r="1"><c r="A1"><f>A2+1</f></c></row><row r="2"><c r="A2"><f>A3*2</f></c></row><row r="3"><c r="A3"><v>5</v></c></row></sheetData>`,
			"1: 11\n2: 10\n3: 5"},
		{"division by zero stays a formula", `<sheetData><row r="1"><c r="A1"><f>1/0</f></c></row></sheetData>`,
			"1: {=1/0}"},
		{"what isn't arithmetic stays a formula", `<sheetData><row r="1"><c r="A1"><f>REPT("a",1000000000)</f></c><c r="B1"><f>INDIRECT("C1")</f></c><c r="C1"><f>其他!A1</f></c><c r="D1"><f>SUM(A:A)</f></c><c r="E1"><f>cmd|' /c calc'!A0</f></c></row></sheetData>`,
			`1: {=REPT("a",1000000000)}|{=INDIRECT("C1")}|{=其他!A1}|{=SUM(A:A)}|{=cmd|' /c calc'!A0}`},
		{"a sum over what can't be computed isn't computed", `<sheetData><row r="1"><c r="A1"><f>SUM(B1:C1)</f></c><c r="B1"><f>NOW()</f></c><c r="C1"><v>1</v></c></row></sheetData>`,
			"1: {=SUM(B1:C1)}|{=NOW()}|1"},
		{"a sum over an error isn't computed", `<sheetData><row r="1"><c r="A1"><f>SUM(B1:C1)</f></c><c r="B1" t="e"><v>#REF!</v></c><c r="C1"><v>1</v></c></row></sheetData>`,
			"1: {=SUM(B1:C1)}|#REF!|1"},
		{"formulas in a circle stay formulas", `<sheetData><row r="1"><c r="A1"><f>B1+1</f></c><c r="B1"><f>A1+1</f></c><c r="C1"><f>C1</f></c><c r="D1"><f>B1*0</f></c></row></sheetData>`,
			"1: {=B1+1}|{=A1+1}|{=C1}|{=B1*0}"},
		{"subtotals and conditions", `<sheetData><row r="1"><c r="A1"><v>2</v></c><c r="B1"><v>3</v></c><c r="C1"><f>SUBTOTAL(9,A1:B1)</f></c><c r="D1"><f>IF(A1&gt;1,ROUND(B1/7,2),0)</f></c><c r="E1"><f>$A$1*B1%</f></c></row></sheetData>`,
			"1: 2|3|5|0.43|0.06"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(mustRead(t, plainBook(c.sheet).zip(t), "a.xlsx")); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestFormulaTime gives excelize as much to do as we allow: each of 300 rows sums
// all rows below it, none of which has a value.
func TestFormulaTime(t *testing.T) {
	var b strings.Builder
	b.WriteString("<sheetData>")
	for i := 1; i <= 300; i++ {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d"><f>SUM(A%d:A301)</f></c></row>`, i, i, i+1)
	}
	b.WriteString(`<row r="301"><c r="A301"><v>1</v></c></row></sheetData>`)
	start := time.Now()
	rows := mustRead(t, plainBook(b.String()).zip(t), "a.xlsx")
	if d := time.Since(start); d > 2*time.Minute {
		t.Errorf("took %v", d)
	}
	if len(rows) != 301 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestPrefixedNames is a workbook as the Open XML SDK writes it: every name has
// a prefix, and parts are named from the root.
func TestPrefixedNames(t *testing.T) {
	p := plainBook("")
	p["xl/workbook.xml"] = `<x:workbook xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><x:sheets><x:sheet name="a&amp;b" sheetId="7" r:id="rId1"/></x:sheets></x:workbook>`
	p["xl/_rels/workbook.xml.rels"] = rels("worksheet", "/xl/worksheets/sheet1.xml")
	p["xl/worksheets/sheet1.xml"] = `<x:worksheet xmlns:x="m"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row><x:row r="2"><x:c r="B2"><x:v>2</x:v></x:c></x:row></x:sheetData><x:mergeCells><x:mergeCell ref="A1:A2"/></x:mergeCells></x:worksheet>`
	b, err := openBytes(p.zip(t), "a.xlsx", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Sheets(); !slices.Equal(got, []string{"a&b"}) {
		t.Errorf("sheets %q", got)
	}
	if got, want := show(allRows(t, b, "a&b")), "1: 1\n2: *1|2"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestUTF16Parts is allowed by the standard.
func TestUTF16Parts(t *testing.T) {
	p := plainBook("")
	p["xl/worksheets/sheet1.xml"] = string(utf16Bytes(binary.LittleEndian, `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>水宣</t></is></c></row></sheetData></worksheet>`))
	if got := show(mustRead(t, p.zip(t), "a.xlsx")); got != "1: 水宣" {
		t.Errorf("got %q", got)
	}
}

func TestSharedTexts(t *testing.T) {
	p := plainBook(`<sheetData><row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>0</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row></sheetData>`)
	p["xl/sharedStrings.xml"] = `<sst><si><t>甲</t></si><si><r><t>乙</t></r><r><t> 乙</t></r></si><si/><si><t>` + "\xff" + `丁</t></si></sst>`
	if got, want := show(mustRead(t, p.zip(t), "a.xlsx")), "1: 乙 乙|甲||\ufffd丁"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p["xl/sharedStrings.xml"] = `<sst><si><t>甲</t></si></sst>`
	if _, err := readAll(p.zip(t), "a.xlsx", DefaultLimits()); FaultOf(err) != Broken {
		t.Errorf("a text that isn't there: %v", err)
	}
}

func TestDateStyles(t *testing.T) {
	p := plainBook(`<sheetData><row r="1"><c r="A1" s="0"><v>1</v></c><c r="B1" s="1"><v>1</v></c><c r="C1" s="2"><v>1</v></c><c r="D1" s="3"><v>1</v></c><c r="E1" s="4"><v>1</v></c><c r="F1" s="99"><v>1</v></c></row></sheetData>`)
	p["xl/styles.xml"] = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="165" formatCode="0.00&quot;day&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="31"/></cellXfs></styleSheet>`
	var got []bool
	for _, c := range mustRead(t, p.zip(t), "a.xlsx")[0].Cells {
		got = append(got, c.DateStyle)
	}
	// General, built-in 14, 年月 of its own, a text "day", built-in 31, a style that isn't there.
	if want := []bool{false, true, true, false, true, false}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDateFormat(t *testing.T) {
	check := func(code string, want bool) {
		t.Helper()
		if got := dateFormat(code); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
	check("yyyy-mm-dd h:mm:ss", true)
	check("[$-804]yyyy\"年\"m\"月\"d\"日\";@", true)
	check("m/d", true)
	check("mmm", true)
	check("h:mm", false) // minutes, not months
	check("[h]:mm:ss", false)
	check("General", false)
	check("0.00E+00", false)
	check("#,##0", false)
	check("[Red]0.0", false) // the d belongs to a colour
	check(`0"days"`, false)
	check(`\d0`, false)
	check("@", false)
	check("", false)
	check("0;yyyy", false)
	check(`"`, false)
	check("[", false)
}

func TestDate1904(t *testing.T) {
	p := plainBook(`<sheetData><row r="1"><c r="A1"><v>40443</v></c></row></sheetData>`)
	p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<workbookPr/>", `<workbookPr date1904="1"/>`, 1)
	b, err := openBytes(p.zip(t), "a.xlsx", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseDate(allRows(t, b, "台账")[0].Cell(0), b.Dates())
	// 41905 is 2014-09-23 in the usual system; 1462 days less in this one.
	if err != nil || got.Format(time.DateOnly) != "2014-09-23" {
		t.Errorf("got %v %v", got, err)
	}
}

func TestHiddenRowsAndSheets(t *testing.T) {
	p := plainBook(`<sheetData><row r="1" hidden="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row></sheetData>`)
	p["xl/workbook.xml"] = `<workbook ` + mainNS + `><sheets><sheet name="藏" sheetId="1" state="hidden" r:id="rId1"/><sheet name="深藏" sheetId="2" state="veryHidden" r:id="rId1"/><sheet name="见" sheetId="3" state="visible" r:id="rId1"/></sheets></workbook>`
	b, err := openBytes(p.zip(t), "a.xlsx", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Sheets(); !slices.Equal(got, []string{"见"}) {
		t.Errorf("sheets %q", got)
	}
	if rows := allRows(t, b, "见"); !rows[0].Hidden || rows[1].Hidden {
		t.Errorf("hidden: %v, %v", rows[0].Hidden, rows[1].Hidden)
	}
	if _, err := b.Rows(context.Background(), "藏"); FaultOf(err) != NoSuchSheet {
		t.Errorf("hidden sheet: %v", err)
	}
	p["xl/workbook.xml"] = `<workbook ` + mainNS + `><sheets><sheet name="藏" sheetId="1" state="hidden" r:id="rId1"/></sheets></workbook>`
	if _, err := openBytes(p.zip(t), "a.xlsx", DefaultLimits()); FaultOf(err) != NoVisibleSheet {
		t.Errorf("only hidden sheets: %v", err)
	}
}

// TestAgainstExcelize reads what excelize wrote, both in its shared text form and
// as a stream, and compares every cell with what excelize reads.
func TestAgainstExcelize(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for r := 1; r <= 50; r++ {
		for c := 1; c <= 12; c += 1 + r%3 {
			at, _ := excelize.CoordinatesToCellName(c, r*2)
			var v any = r * c
			switch (r + c) % 5 {
			case 0:
				v = fmt.Sprintf("文字 %d\n<&> _x0041_ \u3000", r)
			case 1:
				v = float64(r) / 7
			case 2:
				v = r%2 == 0
			}
			if err := f.SetCellValue("Sheet1", at, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"shared": buf.Bytes(), "stream": bigLedger(t, 200)} {
		theirs, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		defer theirs.Close()
		want, err := theirs.GetRows("Sheet1", excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		got := mustRead(t, data, "a.xlsx")
		if len(got) != len(want) {
			t.Fatalf("%s: %d rows, want %d", name, len(got), len(want))
		}
		for i, row := range got {
			if row.Number != i+1 {
				t.Fatalf("%s: row %d has number %d", name, i+1, row.Number)
			}
			for j := range max(len(row.Cells), len(want[i])) {
				w := ""
				if j < len(want[i]) {
					w = want[i][j]
				}
				g := row.Cell(j).Text
				if g == "TRUE" || g == "FALSE" { // excelize gives 1 and 0
					g = map[string]string{"TRUE": "1", "FALSE": "0"}[g]
				}
				if g != w {
					t.Errorf("%s: row %d column %s: %q, excelize has %q", name, i+1, ColumnName(j), g, w)
				}
			}
		}
	}
}

// TestRowsAreKept: a row handed out doesn't change when the next one is read.
func TestRowsAreKept(t *testing.T) {
	var b strings.Builder
	for i := 1; i <= 100; i++ {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>第%d行</t></is></c></row>`, i, i, i)
	}
	for i, r := range mustRead(t, plainBook("<sheetData>"+b.String()+"</sheetData>").zip(t), "a.xlsx") {
		if want := fmt.Sprintf("第%d行", i+1); r.Cell(0).Text != want {
			t.Fatalf("row %d holds %q", i+1, r.Cell(0).Text)
		}
	}
}

func TestColumnName(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := ColumnName(i); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
		if got, ok := columnOf([]byte(want + "1")); !ok || got != i {
			t.Errorf("%s: %d %v", want, got, ok)
		}
	}
}

func TestYueyang(t *testing.T) {
	b := openTestdata(t, "yueyang-2019.xlsx")
	rows := allRows(t, b, b.Sheets()[0])
	people := 0
	for _, r := range rows[1:] {
		if !r.Empty() {
			people++
		}
	}
	if people != 180 { // the published number of answer sheets, under one header row
		t.Errorf("%d answer sheets, want 180", people)
	}
}
