package main

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// reportPaper is the report of a package as its .docx has it. Each table and each chart is handed
// out once, to the check that compares it; what is left over in the end has no check.
type reportPaper struct {
	t      *testing.T
	flat   string // the whole text without spaces
	part   string // heading of the part whose tables and charts are asked for; empty: any
	tables []*printedTable
	charts []*printedChart
}

// printedTable is a table with its heading first; captions are without their number, cells
// without the marks of footnotes.
type printedTable struct {
	part, caption string
	rows          [][]string
	taken         bool
}

// printedChart is a native chart: what Word shows of it, and what stands in the sheet from which
// Word draws it again.
type printedChart struct {
	part, caption string
	series        []printedSeries
	taken         bool
}

type printedSeries struct {
	name           string
	names, values  []string
	sheet          []string // the values again, from the sheet
	nameInTheSheet string
}

var (
	footnote = regexp.MustCompile(`〔注\d+〕`)
	numbered = regexp.MustCompile(`^(表|图)\d+　(.+)$`)
)

// bare is a text as it is compared: without spaces and marks of footnotes.
func bare(text string) string {
	return strings.Join(strings.Fields(footnote.ReplaceAllString(text, "")), "")
}

// readReport reads a .docx.
func readReport(t *testing.T, name string) *reportPaper {
	t.Helper()
	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	p := &reportPaper{t: t}
	var text, cell strings.Builder
	var table *printedTable
	var line, style, part string // the paragraph before, its style, and the last heading of the second level
	charts := 0
	decoder := xml.NewDecoder(bytes.NewReader(member(t, &archive.Reader, "word/document.xml")))
	for said := false; ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			switch said = x.Name.Local == "t"; x.Name.Local {
			case "tbl":
				caption := numbered.FindStringSubmatch(line)
				if caption == nil || table != nil {
					t.Fatalf("the report has a table without a caption after %q", line)
				}
				table = &printedTable{part: part, caption: caption[2]}
			case "pStyle":
				style = x.Attr[0].Value
			case "tr":
				table.rows = append(table.rows, nil)
			case "chart":
				charts++
				p.charts = append(p.charts, readChart(t, &archive.Reader, charts))
				p.charts[charts-1].part = part
			}
		case xml.EndElement:
			said = false
			switch x.Name.Local {
			case "p":
				line = cell.String()
				text.WriteString(line)
				switch style {
				case "Heading1":
					part = ""
				case "Heading2":
					part = line
				}
				style = ""
				if caption := numbered.FindStringSubmatch(line); caption != nil && caption[1] == "图" && charts > 0 {
					p.charts[charts-1].caption = caption[2]
				}
				if table == nil {
					cell.Reset()
				}
			case "tc":
				last := len(table.rows) - 1
				table.rows[last] = append(table.rows[last], bare(cell.String()))
				cell.Reset()
			case "tbl":
				p.tables, table = append(p.tables, table), nil
			}
		case xml.CharData:
			if said {
				cell.Write(x)
			}
		}
	}
	p.flat = strings.Join(strings.Fields(text.String()), "")
	return p
}

// member is a file of an archive.
func member(t *testing.T, archive *zip.Reader, name string) []byte {
	t.Helper()
	file, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	body, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// readChart reads the n-th chart of a .docx.
func readChart(t *testing.T, archive *zip.Reader, n int) *printedChart {
	t.Helper()
	type points struct {
		Formula string   `xml:"f"`
		Values  []string `xml:"strCache>pt>v"`
		Numbers []string `xml:"numCache>pt>v"`
	}
	type series struct {
		Name  points `xml:"tx>strRef"`
		Names struct {
			Text   points `xml:"strRef"`
			Number points `xml:"numRef"`
		} `xml:"cat"`
		Values points `xml:"val>numRef"`
	}
	var part struct {
		Lines []series `xml:"chart>plotArea>lineChart>ser"`
		Bars  []series `xml:"chart>plotArea>barChart>ser"`
	}
	if err := xml.Unmarshal(member(t, archive, fmt.Sprintf("word/charts/chart%d.xml", n)), &part); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(member(t, archive, fmt.Sprintf("word/embeddings/chart%d.xlsx", n))))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	c := &printedChart{}
	for _, s := range append(part.Bars, part.Lines...) {
		one := printedSeries{name: s.Name.Values[0], names: append(s.Names.Text.Values, s.Names.Number.Numbers...), values: s.Values.Numbers}
		one.nameInTheSheet, one.sheet = cellsOf(t, book, s.Name.Formula)[0], cellsOf(t, book, s.Values.Formula)
		c.series = append(c.series, one)
	}
	return c
}

// cellsOf are the cells that a chart's reference names, unrounded: Sheet1!$B$2:$B$9, or
// 'Sheet 1'!B2. Those of an area stand column by column.
func cellsOf(t *testing.T, book *excelize.File, reference string) []string {
	t.Helper()
	sheet, area, _ := strings.Cut(strings.ReplaceAll(reference, "$", ""), "!")
	sheet = strings.Trim(sheet, "'")
	from, to, several := strings.Cut(area, ":")
	if !several {
		to = from
	}
	left, top, err := excelize.CellNameToCoordinates(from)
	if err != nil {
		t.Fatalf("%s: %v", reference, err)
	}
	right, bottom, err := excelize.CellNameToCoordinates(to)
	if err != nil {
		t.Fatalf("%s: %v", reference, err)
	}
	var list []string
	for column := left; column <= right; column++ {
		for row := top; row <= bottom; row++ {
			at, _ := excelize.CoordinatesToCellName(column, row)
			text, err := book.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatalf("%s: %v", reference, err)
			}
			list = append(list, text)
		}
	}
	return list
}

// table hands out the table with a caption, without its heading; who asks compares it. There is
// none where nothing is to be printed.
func (p *reportPaper) table(caption string) [][]string {
	p.t.Helper()
	for _, table := range p.tables {
		if !table.taken && table.caption == caption && (p.part == "" || table.part == p.part) {
			table.taken = true
			if len(table.rows) < 2 {
				p.t.Fatalf("the report's table %q is empty", caption)
			}
			return table.rows[1:]
		}
	}
	return nil
}

// chart hands out the chart with a caption, whose sheet says what is drawn.
func (p *reportPaper) chart(caption string) []printedSeries {
	p.t.Helper()
	for _, chart := range p.charts {
		if chart.taken || chart.caption != caption || p.part != "" && chart.part != p.part {
			continue
		}
		chart.taken = true
		for _, s := range chart.series {
			if len(s.values) != len(s.sheet) || s.name != s.nameInTheSheet {
				p.t.Fatalf("%s: %q is drawn as %q, its sheet has %q %q", caption, s.name, s.values, s.nameInTheSheet, s.sheet)
			}
			for i := range s.values {
				if isPrinted(s.values[i], parsed(s.sheet[i])) {
					continue
				}
				p.t.Errorf("%s: %s is drawn as %s, its sheet has %s", caption, s.name, s.values[i], s.sheet[i])
			}
		}
		return chart.series
	}
	return nil
}

// compared: every table and every chart of the report has found the check that compares it. A
// new one without a check is a figure that nobody holds against anything.
func (p *reportPaper) compared() {
	p.t.Helper()
	for _, table := range p.tables {
		if !table.taken {
			p.t.Errorf("no check compares the report's table %q", table.caption)
		}
	}
	for _, chart := range p.charts {
		if !chart.taken {
			p.t.Errorf("no check compares the report's chart %q", chart.caption)
		}
	}
	if len(p.tables) < 20 || len(p.charts) < 3 {
		p.t.Errorf("the report has only %d tables and %d charts", len(p.tables), len(p.charts))
	}
}

// says looks for words in the report, whatever stands between them.
func (p *reportPaper) says(what string, words ...string) {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.flat, bare(w)) {
			p.t.Errorf("the report doesn't say of %s: %s", what, w)
		}
	}
}

var numbers = regexp.MustCompile(`[−-]?\d+(?:\.\d+)?`)

// isPrinted tells whether a text holds these numbers and no others, each rounded as far as it
// is printed: 56.4%（48.6–63.9），156人.
func isPrinted(text string, want ...float64) bool {
	found := numbers.FindAllString(text, -1)
	if len(found) != len(want) {
		return false
	}
	for i, one := range found {
		_, decimals, _ := strings.Cut(one, ".")
		if math.Abs(parsed(one)-want[i]) > 0.5*math.Pow(10, -float64(len(decimals)))+1e-9 {
			return false
		}
	}
	return true
}

// parsed reads a number that is printed; what is none is no number.
func parsed(text string) float64 {
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSuffix(text, "%"), "−", "-", 1), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}
