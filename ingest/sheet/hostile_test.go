package sheet

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// packed is a deflated part, with what the archive says of it.
type packed struct {
	data []byte
	sum  uint32
	size uint64
}

// packPadded deflates a text with so many megabytes of blanks behind it. One megabyte
// is packed and its blocks are repeated: they refer back to blanks only, so they may stand
// anywhere among blanks.
func packPadded(tb testing.TB, text string, megabytes int) packed {
	tb.Helper()
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		tb.Fatal(err)
	}
	write := func(p []byte) []byte {
		start := b.Len()
		if _, err := w.Write(p); err != nil {
			tb.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		return bytes.Clone(b.Bytes()[start:])
	}
	data := append(write([]byte(text)), write(blanks)...)
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(text)), crc32.IEEETable, blanks)
	again := write(blanks)
	for range megabytes - 1 {
		data = append(data, again...)
		sum = crc32.Update(sum, crc32.IEEETable, blanks)
	}
	data = append(data, 1, 0, 0, 0xff, 0xff) // an empty last block
	return packed{data, sum, uint64(len(text) + megabytes<<20)}
}

// paddedBook is a good workbook, one part of which ends in megabytes of blanks.
func paddedBook(tb testing.TB, part string, megabytes int) []byte {
	tb.Helper()
	p := plainBook(`<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>`)
	p["xl/styles.xml"] = "<styleSheet/>"
	p["xl/sharedStrings.xml"] = "<sst/>"
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range p {
		var f io.Writer
		var err error
		content := []byte(text)
		if name == part {
			pad := packPadded(tb, text, megabytes)
			content = pad.data
			f, err = w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: pad.sum,
				CompressedSize64: uint64(len(pad.data)), UncompressedSize64: pad.size})
		} else {
			f, err = w.Create(name)
		}
		if err == nil {
			_, err = f.Write(content)
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

// cost is how long f takes and how many bytes it allocates in all, which is
// more than it ever holds.
func cost(f func()) (time.Duration, uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	d := time.Since(start)
	runtime.ReadMemStats(&after)
	return d, after.TotalAlloc - before.TotalAlloc
}

// TestBomb is the workbook of 515 KB that unpacks to 512 MB, in each part that is read.
// Excelize with its own limits takes 1.5 GB for it.
func TestBomb(t *testing.T) {
	for _, part := range []string{"xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"} {
		data := paddedBook(t, part, 512)
		if len(data) > 600<<10 {
			t.Fatalf("%s: the bomb has %d bytes", part, len(data))
		}
		var err error
		d, held := cost(func() { _, err = readAll(data, "a.xlsx", DefaultLimits()) })
		if FaultOf(err) != Bomb {
			t.Errorf("%s: %v", part, err)
		}
		// It takes 0.2 ms and 84 KB; what it allocates is the measure, time depends on the machine.
		if held > 4<<20 {
			t.Errorf("%s: took %v and %d KB", part, d, held>>10)
		}
		t.Logf("%s: %d KB refused in %v with %d KB", part, len(data)>>10, d, held>>10)
	}
}

// TestBombIsReal: with limits that let it in, such a file unpacks to what it says.
func TestBombIsReal(t *testing.T) {
	limits := DefaultLimits()
	limits.UnzippedBytes = 1 << 30
	a := paddedBook(t, "xl/worksheets/sheet1.xml", 100)
	if rows, err := readAll(a, "a.xlsx", limits); err != nil || show(rows) != "1: 1" {
		t.Errorf("%v %v", rows, err)
	}
}

// TestHeldParts: within the total, a part that is kept in memory still has its own limit,
// while a worksheet of blanks streams through.
func TestHeldParts(t *testing.T) {
	if _, err := readAll(paddedBook(t, "xl/styles.xml", 20), "a.xlsx", DefaultLimits()); FaultOf(err) != Bomb {
		t.Errorf("styles of 20 MB: %v", err)
	}
	_, bytes := cost(func() {
		if _, err := readAll(paddedBook(t, "xl/worksheets/sheet1.xml", 60), "a.xlsx", DefaultLimits()); err != nil {
			t.Errorf("worksheet of 60 MB of blanks: %v", err)
		}
	})
	if bytes > 8<<20 {
		t.Errorf("took %d KB", bytes>>10)
	}
}

// TestLyingDirectory says of a part of 100 MB that it has 100 bytes.
func TestLyingDirectory(t *testing.T) {
	data := paddedBook(t, "xl/worksheets/sheet1.xml", 100)
	at := 0
	for {
		n := bytes.Index(data[at:], []byte("PK\x01\x02"))
		if n < 0 {
			t.Fatal("no such part in the directory")
		}
		at += n
		if bytes.HasPrefix(data[at+46:], []byte("xl/worksheets/sheet1.xml")) {
			break
		}
		at += 4
	}
	binary.LittleEndian.PutUint32(data[at+24:], 400)
	var err error
	d, bytes := cost(func() { _, err = readAll(data, "a.xlsx", DefaultLimits()) })
	if f := FaultOf(err); f != Bomb && f != Broken {
		t.Errorf("got %v", err)
	}
	if d > time.Second || bytes > 4<<20 {
		t.Errorf("took %v and %d KB", d, bytes>>10)
	}
}

// TestManyParts has a directory of 100,000 parts of nothing.
func TestManyParts(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 100_000 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("xl/media/image%06d.png", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	_, bytes := cost(func() { _, err = openBytes(b.Bytes(), "a.xlsx", DefaultLimits()) })
	if FaultOf(err) != TooManyParts {
		t.Errorf("got %v", err)
	}
	if bytes > 8<<20 {
		t.Errorf("took %d KB", bytes>>10)
	}
}

// TestHonestBigBook: a book that unpacks to more than the limit is read all the same
// when it doesn't shrink like padding. Here it is 12,000 rows against 4 MB;
// BenchmarkRows has the 100,000 rows that unpack to 76 MB against 64.
func TestHonestBigBook(t *testing.T) {
	data := bigLedger(t, 12_000)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var unzipped uint64
	for _, f := range z.File {
		unzipped += f.UncompressedSize64
	}
	t.Logf("%d KB, unpacked %d KB, ratio %d", len(data)>>10, unzipped>>10, unzipped/uint64(len(data)))
	limits := DefaultLimits()
	limits.UnzippedBytes = 4 << 20
	if unzipped < 2*uint64(limits.UnzippedBytes) {
		t.Fatalf("the fixture unpacks to %d bytes and proves nothing", unzipped)
	}
	b, err := openBytes(data, "a.xlsx", limits)
	if err != nil {
		t.Fatal(err)
	}
	if rows := allRows(t, b, "Sheet1"); len(rows) != 12_001 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestMillionEmptyRows: a sheet somebody formatted down to the last row.
func TestMillionEmptyRows(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<sheetData><row r="1"><c r="A1"><v>1</v></c></row>`)
	for i := 2; i < 1<<20; i++ {
		fmt.Fprintf(&b, `<row r="%d"/>`, i)
	}
	last := `<row r="1048576"><c r="A1048576" s="1"/></row>`
	data := plainBook(b.String() + last + `</sheetData>`).zip(t)
	var rows []Row
	d, bytes := cost(func() { rows = mustRead(t, data, "a.xlsx") })
	if got := show(rows); got != "1: 1" {
		t.Errorf("got %d rows", len(rows))
	}
	if d > 30*time.Second || bytes > 4<<20 {
		t.Errorf("took %v and %d KB", d, bytes>>10)
	}
	t.Logf("%d KB read in %v with %d KB", len(data)>>10, d, bytes>>10)

	// With a stray value in the very last row, the gap is jumped over.
	last = `<row r="1048576"><c r="A1048576"><v>9</v></c></row>`
	data = plainBook(b.String() + last + `</sheetData>`).zip(t)
	if got := show(mustRead(t, data, "a.xlsx")); got != "1: 1\n1048576: 9" {
		t.Errorf("got %.100q", got)
	}
}

func inlineCell1(at, text string) string {
	return `<row r="2"><c r="` + at + `" t="inlineStr"><is><t>` + text + `</t></is></c></row>`
}

// TestLimits: each limit is told with its place.
func TestLimits(t *testing.T) {
	long := strings.Repeat("长", 10<<20/3)
	check := func(name string, data []byte, l Limits, fault Fault, row, column int) {
		t.Helper()
		_, err := readAll(data, "a.xlsx", l)
		e, ok := errors.AsType[*FileError](err)
		if !ok || e.Fault != fault || e.Row != row || e.Column != column {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := DefaultLimits()
	sheet := func(rows string) []byte { return plainBook("<sheetData>" + rows + "</sheetData>").zip(t) }
	shared := plainBook(`<sheetData><row r="3"><c r="D3" t="s"><v>0</v></c></row></sheetData>`)
	shared["xl/sharedStrings.xml"] = "<sst><si><t>" + long + "</t></si></sst>"

	// A text of 10 MB, in each way a workbook can write one.
	check("inline text", sheet(inlineCell1("C2", long)), d, CellTooLong, 2, 3)
	check("formula text", sheet(`<row r="2"><c r="C2" t="str"><v>`+long+`</v></c></row>`), d, CellTooLong, 2, 3)
	check("character data", sheet(`<row r="2"><c r="C2" t="str"><v><![CDATA[`+long+`]]></v></c></row>`), d, CellTooLong, 2, 3)
	check("formula", sheet(`<row r="2"><c r="C2"><f>`+long+`</f></c></row>`), d, CellTooLong, 2, 3)
	check("shared text", shared.zip(t), d, CellTooLong, 3, 4)
	check("csv", []byte("a,b\n1,"+long+"\n"), d, CellTooLong, 2, 2)
	check("number of 10 MB", sheet(`<row r="2"><c r="C2"><v>`+strings.Repeat("1", 10<<20)+`</v></c></row>`), d, CellTooLong, 2, 3)

	// Exactly at the limit is fine.
	small := d
	small.CellBytes = 6
	if _, err := readAll(sheet(inlineCell1("C2", "两个")), "a.xlsx", small); err != nil {
		t.Error(err)
	}
	check("a byte over", sheet(inlineCell1("C2", "两个a")), small, CellTooLong, 2, 3)

	small = d
	small.Columns = 3
	check("columns", sheet(inlineCell1("D2", "x")), small, TooManyColumns, 2, 4)
	check("columns of csv", []byte("a,b,c\na,b,c,d\n"), small, TooManyColumns, 2, 4)
	if _, err := readAll([]byte("a,b,c\na,b,c,,,,\n"), "a.csv", small); err != nil {
		t.Errorf("empty cells beyond the last column: %v", err)
	}

	small = d
	small.Rows = 2
	check("rows", []byte("1\n2\n\n\n3\n"), small, TooManyRows, 5, 0)
	if _, err := readAll([]byte("1\n\n\n\n2\n\n"), "a.csv", small); err != nil {
		t.Errorf("empty rows don't count: %v", err)
	}

	small = d
	small.SharedStrings = 1
	shared["xl/sharedStrings.xml"] = "<sst><si/><si/></sst>"
	check("shared texts", shared.zip(t), small, TooManyTexts, 0, 0)

	small = d
	small.FileBytes = 10
	check("file", []byte("12345678901"), small, FileTooLarge, 0, 0)

	var row strings.Builder
	for i := range 100 {
		fmt.Fprintf(&row, `<c r="%s2" t="str"><v>%s</v></c>`, ColumnName(i), strings.Repeat("x", 100_000))
	}
	check("a row of 10 MB in cells of 100 KB", sheet(`<row r="2">`+row.String()+`</row>`), d, RowTooLong, 2, 0)
}

// TestMergesOverEachOther: 100,000 different merges over the same column.
func TestMergesOverEachOther(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="B2"><v>1</v></c></row></sheetData><mergeCells>`)
	for i := range 100_000 {
		fmt.Fprintf(&b, `<mergeCell ref="A1:A%d"/>`, i+2)
	}
	b.WriteString(`</mergeCells>`)
	if _, err := readAll(plainBook(b.String()).zip(t), "a.xlsx", DefaultLimits()); FaultOf(err) != Broken {
		t.Errorf("got %v", err)
	}
	twice := `<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells>` + strings.Repeat(`<mergeCell ref="A1:B1"/>`, 1000) + `</mergeCells>`
	if got := show(mustRead(t, plainBook(twice).zip(t), "a.xlsx")); got != "1: 1|*1" {
		t.Errorf("the same merge a thousand times: %s", got)
	}
}

// TestCancelledWhileReading: a part that has no rows for a long while stops too.
func TestCancelledWhileReading(t *testing.T) {
	data := paddedBook(t, "xl/worksheets/sheet1.xml", 60)
	b, err := openBytes(data, "a.xlsx", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := b.Rows(ctx, "台账"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestMalformed: none of these may be read as if nothing were wrong, and none may panic.
func TestMalformed(t *testing.T) {
	good := `<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>`
	for name, worksheet := range map[string]string{
		"rows going back":       `<sheetData><row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row></sheetData>`,
		"row 0":                 `<sheetData><row r="0"><c><v>1</v></c></row></sheetData>`,
		"row beyond the last":   `<sheetData><row r="1048577"><c><v>1</v></c></row></sheetData>`,
		"row number of letters": `<sheetData><row r="x"><c><v>1</v></c></row></sheetData>`,
		"unknown entity":        `<sheetData><row r="1"><c t="str"><v>&bomb;</v></c></row></sheetData>`,
		"document type":         `<!DOCTYPE a [<!ENTITY b "c">]>` + good,
		"tag of 40 KB":          `<sheetData><row r="1" x="` + strings.Repeat("x", 40<<10) + `"><c><v>1</v></c></row></sheetData>`,
		"tag without name":      `<sheetData><><row r="1"/></sheetData>`,
	} {
		if _, err := readAll(plainBook(worksheet).zip(t), "a.xlsx", DefaultLimits()); FaultOf(err) != Broken {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, cut := range map[string]string{"in a tag": `<sheetData><row r="1"><c r="A`, "in a text": `<sheetData><row r="1"><c><v>1`, "after a row": `<sheetData><row r="1"/>`, "in a comment": `<sheetData><!-- `, "before the rows": `<cols>`} {
		p := plainBook("")
		p["xl/worksheets/sheet1.xml"] = "<worksheet>" + cut
		if _, err := readAll(p.zip(t), "a.xlsx", DefaultLimits()); FaultOf(err) != Broken {
			t.Errorf("cut off %s: %v", name, err)
		}
	}
	for _, part := range []string{"xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"} {
		p := plainBook(good)
		delete(p, part)
		if _, err := readAll(p.zip(t), "a.xlsx", DefaultLimits()); FaultOf(err) != Broken && FaultOf(err) != NoVisibleSheet {
			t.Errorf("without %s: %v", part, err)
		}
	}
}

// TestDamagedArchive flips bytes of a good workbook and cuts it short.
func TestDamagedArchive(t *testing.T) {
	data := plainBook(`<sheetData>` + strings.Repeat(`<row><c><v>1234</v></c></row>`, 50) + `</sheetData>`).zip(t)
	for _, n := range []int{4, 20, len(data) / 2, len(data) - 1} {
		if _, err := readAll(data[:n], "a.xlsx", DefaultLimits()); err == nil {
			t.Errorf("cut to %d bytes: no error", n)
		}
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 0x55
		_, _ = readAll(bad, "a.xlsx", DefaultLimits()) // it must come back, whatever it says
	}
	// A wrong checksum means that what was read isn't what was sent.
	at := bytes.Index(data, []byte("PK\x01\x02"))
	for at >= 0 && !bytes.HasPrefix(data[at+46:], []byte("xl/worksheets/sheet1.xml")) {
		next := bytes.Index(data[at+4:], []byte("PK\x01\x02"))
		at += 4 + next
	}
	bad := bytes.Clone(data)
	binary.LittleEndian.PutUint32(bad[at+16:], crc32.ChecksumIEEE([]byte("else")))
	if _, err := readAll(bad, "a.xlsx", DefaultLimits()); FaultOf(err) != Broken {
		t.Errorf("wrong checksum: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	data := plainBook(`<sheetData><row r="1"><c><v>1</v></c></row></sheetData>`).zip(t)
	ctx, cancel := context.WithCancel(context.Background())
	b, err := Open(ctx, bytes.NewReader(data), int64(len(data)), "a.xlsx", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := b.Rows(ctx, "台账")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if rows.Next() || !errors.Is(rows.Err(), context.Canceled) {
		t.Errorf("goes on after cancel: %v", rows.Err())
	}
	if _, err := Open(ctx, bytes.NewReader(data), int64(len(data)), "a.xlsx", DefaultLimits()); !errors.Is(err, context.Canceled) {
		t.Errorf("opens after cancel: %v", err)
	}
}
