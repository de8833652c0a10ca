package main

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// panelRows are the rows of a panel as the page gives it out, its heading first; none where the
// page has no such panel, and the heading alone where there is nothing to be told.
func panelRows(t *testing.T, office *browser, address string) [][]string {
	t.Helper()
	body := later[string](office, fmt.Sprintf(`fetch(%q).then(r => r.status === 404 ? "" : r.text())`, address+".csv"))
	if body == "" {
		return nil
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %q %v", address, body, err)
	}
	var list [][]string
	for _, row := range rows {
		if len(row) < 2 { // what stands under the table
			continue
		}
		for i := range row {
			row[i] = strings.TrimPrefix(row[i], "'")
		}
		list = append(list, row)
	}
	return list
}

// bookRows are those rows, and looks whether the panel as a workbook has the same.
func bookRows(t *testing.T, office *browser, address string) [][]string {
	t.Helper()
	list := panelRows(t, office, address)
	if len(list) == 0 {
		return nil
	}
	encoded := later[string](office, fmt.Sprintf(`fetch(%q).then(r => r.arrayBuffer()).then(b => btoa(Array.from(new Uint8Array(b), c => String.fromCharCode(c)).join("")))`, address+".xlsx"))
	file, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s.xlsx: %v", address, err)
	}
	defer book.Close()
	inTheBook(t, address, cells(t, book, book.GetSheetName(0)), list)
	return list
}

// inTheBook looks for the rows of a table below each other in a sheet, which has shares as parts
// of one and nothing rounded.
func inTheBook(t *testing.T, what string, sheet, rows [][]string) {
	t.Helper()
	from := slices.IndexFunc(sheet, func(row []string) bool { return slices.Equal(row, rows[0]) })
	if from < 0 || from+len(rows) > len(sheet) {
		t.Errorf("%s: the workbook doesn't have the table %q", what, rows[0])
		return
	}
	for i, row := range rows[1:] {
		beside := sheet[from+1+i]
		for j, text := range row {
			cell := ""
			if j < len(beside) {
				cell = beside[j]
			}
			v := parsed(cell)
			if strings.HasSuffix(text, "%") {
				v *= 100
			}
			if cell != text && !isPrinted(text, v) {
				t.Errorf("%s: the workbook says %q, the page %q of %s, %s", what, cell, text, row[0], rows[0][j])
			}
		}
	}
}

// theSameTable holds a panel against a table of the report, cell by cell, and gives its rows
// with their heading.
func theSameTable(t *testing.T, office *browser, p *reportPaper, caption, address string) [][]string {
	t.Helper()
	rows, printed := bookRows(t, office, address), p.table(caption)
	var want [][]string
	if len(rows) > 0 {
		want = rows[1:]
	}
	sameRows(t, caption+": the report against "+address, printed, want)
	return rows
}

func sameRows(t *testing.T, what string, is, want [][]string) {
	t.Helper()
	if len(is) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(is), len(want))
		return
	}
	for i := range is {
		if len(is[i]) != len(want[i]) {
			t.Errorf("%s: row %q, want %q", what, is[i], want[i])
			continue
		}
		for j := range is[i] {
			if bare(is[i][j]) != bare(want[i][j]) {
				t.Errorf("%s: %q, want %q in %q", what, is[i][j], want[i][j], want[i])
			}
		}
	}
}

// lines are the rows of a table as the numbers that the API gives them, by the first cell.
func lines(t *testing.T, what string, rows [][]string, want map[string][]float64) {
	t.Helper()
	if len(rows) != len(want) {
		t.Errorf("%s: %d rows, the API has %d", what, len(rows), len(want))
	}
	for _, row := range rows {
		if w, has := want[row[0]]; !has || !isPrinted(strings.Join(row[1:], " "), w...) {
			t.Errorf("%s: %q, the API says %v", what, row, w)
		}
	}
}

// asPrinted tells whether a text is a number with one decimal or more.
func asPrinted(text string, v float64) bool {
	p, err := strconv.ParseFloat(text, 64)
	return err == nil && math.Abs(p-v) <= 0.05+1e-9
}

// cells are the rows of a sheet, unrounded.
func cells(t *testing.T, book *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// inWorkbook finds a row with these labels beside each other, in which the very figure stands.
func inWorkbook(t *testing.T, rows [][]string, share bool, labels []string, e figure) {
	t.Helper()
	if !e.Valid {
		return
	}
	want := e.Value
	if share {
		want /= 100
	}
	for _, row := range rows {
		for i := 0; i+1 < len(row); i++ {
			if row[i] != labels[0] || row[i+1] != labels[1] {
				continue
			}
			value, base := false, false
			for _, cell := range row[i+2:] {
				v, err := strconv.ParseFloat(cell, 64)
				value = value || err == nil && math.Abs(v-want) < 1e-9
				base = base || cell == fmt.Sprint(e.Base)
			}
			if value && base {
				return
			}
		}
	}
	t.Errorf("the workbook doesn't say %s of %v", e, labels)
}
