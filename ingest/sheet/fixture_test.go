package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// parts are the files of a workbook by name. The fixtures are written by hand
// and not by a library, since what they show is what libraries don't write.
type parts map[string]string

const (
	contentTypes = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`
	relTypes     = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	mainNS       = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
)

// plainBook is a workbook of one sheet with what the caller puts inside
// <worksheet>; a test bends the part it is about.
func plainBook(worksheet string) parts {
	return parts{
		"[Content_Types].xml":        contentTypes,
		"_rels/.rels":                rels("officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml":            `<workbook ` + mainNS + `><workbookPr/><sheets><sheet name="台账" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": rels("worksheet", "worksheets/sheet1.xml", "styles", "styles.xml", "sharedStrings", "sharedStrings.xml"),
		"xl/worksheets/sheet1.xml":   `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" + `<worksheet ` + mainNS + `>` + worksheet + `</worksheet>`,
	}
}

// rels is a relations part: type and target, type and target.
func rels(pairs ...string) string {
	s := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	for i := 0; i < len(pairs); i += 2 {
		s += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s%s" Target="%s"/>`, i/2+1, relTypes, pairs[i], pairs[i+1])
	}
	return s + `</Relationships>`
}

func (p parts) zip(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range p {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func openBytes(data []byte, name string, limits Limits) (*Book, error) {
	return Open(context.Background(), bytes.NewReader(data), int64(len(data)), name, limits)
}

// readAll opens the data and reads its first sheet; the error may come from
// either step, as it does for a caller.
func readAll(data []byte, name string, limits Limits) ([]Row, error) {
	b, err := openBytes(data, name, limits)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	rows, err := b.Rows(context.Background(), b.Sheets()[0])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Row
	for rows.Next() {
		all = append(all, rows.Row())
	}
	return all, rows.Err()
}

func mustRead(t *testing.T, data []byte, name string) []Row {
	t.Helper()
	rows, err := readAll(data, name, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// show writes rows as "3: a|b|c", a star before what a merge laid there.
func show(rows []Row) string {
	var lines []string
	for _, r := range rows {
		var cells []string
		for _, c := range r.Cells {
			s := c.Text
			if c.Merged {
				s = "*" + s
			}
			if c.Formula != "" {
				s += "{" + c.Formula + "}"
			}
			cells = append(cells, s)
		}
		lines = append(lines, fmt.Sprintf("%d: %s", r.Number, strings.Join(cells, "|")))
	}
	return strings.Join(lines, "\n")
}

func utf16Bytes(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// stored is the workbook without compression, which a fuzzer can change.
func stored(tb testing.TB, p parts) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(p)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(f, p[name])
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}
