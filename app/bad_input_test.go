package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"shuixuan/app/problem"
	"shuixuan/ingest"
)

// told is a problem as programs are told of it, by the API and by --json alike.
type told struct {
	Type, Title, Detail, Reference string
	Status                         int
	Faults                         []problem.Fault
}

func (p told) words() string {
	s := p.Title + "。" + p.Detail
	for _, f := range p.Faults {
		s += fmt.Sprintf(" 第%d行 %s：%s", f.Row, f.Field, f.Why)
	}
	return s
}

const ledgerHead = "责任单位,任务,宣传形式,设置地点,数量,计量单位,开始日期,备注\n"

// workbookOf is an .xlsx with one sheet, by hand, so that it can hold what no library writes.
// Parts in raw are taken as they are, deflated.
func workbookOf(t testing.TB, rows string, raw map[string]packed) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="台账" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`,
	} {
		if _, is := raw[name]; is {
			continue
		}
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, text)
	}
	for name, p := range raw {
		f, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: p.sum, CompressedSize64: uint64(len(p.data)), UncompressedSize64: p.size})
		if err != nil {
			t.Fatal(err)
		}
		f.Write(p.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is a deflated part, with what the archive says of it.
type packed struct {
	data []byte
	sum  uint32
	size uint64
}

// blanks deflates megabytes of blanks: one megabyte is packed, and its block repeated.
func blanks(t testing.TB, megabytes int) packed {
	t.Helper()
	plain := bytes.Repeat([]byte(" "), 1<<20)
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	start := 0
	for range 2 { // the second block refers back to blanks only
		start = b.Len()
		w.Write(plain)
		w.Flush()
	}
	data, again := bytes.Clone(b.Bytes()), bytes.Clone(b.Bytes()[start:])
	var sum uint32
	for i := range megabytes {
		sum = crc32.Update(sum, crc32.IEEETable, plain)
		if i >= 2 {
			data = append(data, again...)
		}
	}
	return packed{append(data, 1, 0, 0, 0xff, 0xff), sum, uint64(megabytes) << 20} // an empty last block
}

func textRow(n int, cells ...string) string {
	s := fmt.Sprintf(`<row r="%d">`, n)
	for i, text := range cells {
		s += fmt.Sprintf(`<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, n, text)
	}
	return s + "</row>"
}

func ledgerMarkup(place string) string {
	return textRow(1, "责任单位", "任务", "宣传形式", "设置地点", "数量", "计量单位", "开始日期") +
		textRow(2, "市住建局", "社会宣传1", "宣传条幅", place, "3", "条", "2014-09-05")
}

// millionRows is a sheet with one row of content that somebody formatted to its end.
func millionRows() string {
	var b strings.Builder
	b.WriteString(ledgerMarkup("百万行"))
	for n := 3; n <= 1<<20; n++ {
		b.WriteString(`<row r="` + strconv.Itoa(n) + `" s="1"/>`)
	}
	return b.String()
}

func withPassword(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	if err := f.Write(&b, excelize.Options{Password: "水宣"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// badFile is a file that must be refused as a whole, and what its sender must read.
type badFile struct {
	name, file string
	content    []byte
	words      []string // of what, where and what to do
}

func badFiles(t testing.TB) []badFile {
	return []badFile{
		{"empty", "空.xlsx", nil, []string{"空.xlsx", "空的", "再"}},
		{"a picture", "台账.xlsx", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"), []string{"台账.xlsx", "图片", "请上传 .xlsx 或 .csv"}},
		{"a password", "密.xlsx", withPassword(t), []string{"密.xlsx", "打开密码", "去掉密码"}},
		{"a bomb", "弹.xlsx", workbookOf(t, "", map[string]packed{"xl/worksheets/sheet1.xml": blanks(t, 512)}), []string{"弹.xlsx", "解压后过大", "64 MB", "新建工作簿"}},
		{"a bomb beside the sheet", "弹2.xlsx", workbookOf(t, ledgerMarkup("x"), map[string]packed{"xl/sharedStrings.xml": blanks(t, 512)}), []string{"解压后过大"}},
		{"a NUL", "空字符.csv", []byte(ledgerHead + "市住建局,社会宣传1,宣传条幅,龙\x00山路,3,条,2014-09-05,\n"), []string{"空字符.csv", "第2行", "NUL", "另存为"}},
		{"a cell of 10 MB", "长.xlsx", workbookOf(t, ledgerMarkup(strings.Repeat("长", 10<<20/3)), nil), []string{"长.xlsx", "第2行", "D列", "单元格内容过长", "请删减"}},
		{"no column that is known", "别的.csv", []byte("甲,乙,丙\n1,2,3\n"), []string{"表头", "任务", "下载模板"}},
		{"a web page", "网页.xls", []byte("<html><table><tr><td>责任单位</td></tr></table></html>"), []string{"网页", "另存为"}},
		{"a cut-off workbook", "断.xlsx", workbookOf(t, ledgerMarkup("断"), nil)[:600], []string{"断.xlsx", "损坏", "再传"}},
		{"not text", "乱.csv", []byte(ledgerHead + "\xff\xff\xff\xff\x81,,\n"), []string{"编码", "另存为"}},
		{"an open quote", "引号.csv", []byte(ledgerHead + "市住建局,社会宣传1,宣传条幅,\"龙山路,3,条,2014-09-05,\n"), []string{"引号", "补上或删去"}},
	}
}

// TestBadFiles uploads each to the running program, which stays small and takes the next
// good file. What the sender reads is logged with -v.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	// A unit is named as people name it; a word that is none is refused, not kept.
	var unit struct{ Token string }
	mustRun(t, &unit, "token", "add", "--role", "unit", "--unit", "住房和城乡建设局", "--data", data)
	checkRefusal(t, exitFailed, []string{"市体育局", "市教育局", "--unit"}, "token", "add", "--role", "unit", "--unit", "市体育局", "--data", data)
	files := badFiles(t)
	for _, f := range files[:3] { // by command: each takes a start of the engine
		checkBadImport(t, data, f)
	}
	s := startServer(t, "--data", data)
	path := "/api/v1/campaigns/feicheng/imports?kind=placements"
	before := s.peak(t)
	for _, f := range files {
		var p told
		start := time.Now()
		status := s.upload(t, token.Token, path, f.file, f.content, &p)
		t.Logf("%s, %d KB, %v: %d %s", f.name, len(f.content)>>10, time.Since(start).Round(time.Millisecond), status, p.words())
		if status != http.StatusUnprocessableEntity || p.Status != status || p.Type != "urn:shuixuan:problem:invalid" {
			t.Errorf("%s: %d %+v, want 422", f.name, status, p)
		}
		for _, word := range f.words {
			if !strings.Contains(p.words(), word) {
				t.Errorf("%s: %q doesn't say %q", f.name, p.words(), word)
			}
		}
	}
	start := time.Now()
	var r ingest.Receipt
	s.upload(t, token.Token, path, "百万行.xlsx", workbookOf(t, millionRows(), nil), &r)
	if len(r.Accepted) != 1 || len(r.Rejected) != 0 || len(r.Skipped) > 1 {
		t.Errorf("a sheet with one row and a million empty ones: %d accepted, %d rejected, %d skipped", len(r.Accepted), len(r.Rejected), len(r.Skipped))
	}
	t.Logf("1,048,576 empty rows: %v", time.Since(start).Round(time.Millisecond))
	// A reader that unpacks the bombs takes 512 MB at least.
	if grown := s.peak(t) - before; grown > 256<<20 {
		t.Errorf("the program's peak has grown by %d MB", grown>>20)
	} else {
		t.Logf("the program's peak has grown by %d MB", grown>>20)
	}
	checkRowsBeside(t, s, token.Token, path)
	var own struct{ Items []struct{ Unit string } }
	s.get(t, unit.Token, "/api/v1/campaigns/feicheng/placements", &own)
	if len(own.Items) != 3 || own.Items[0].Unit != "zhujianju" {
		t.Errorf("市住建局 sees %+v", own.Items)
	}
}

// checkBadImport: exit code 1, people's words on stderr, one problem document on stdout.
func checkBadImport(t *testing.T, data string, f badFile) {
	t.Helper()
	name := filepath.Join(t.TempDir(), f.file)
	if err := os.WriteFile(name, f.content, 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := finish(t, "import", "placements", name, "--campaign", "feicheng", "--data", data, "--json")
	p := oneProblem(t, stdout)
	if code != exitFailed {
		t.Errorf("%s: import ends with %d, want 1", f.name, code)
	}
	for _, word := range f.words {
		if !strings.Contains(p.words(), word) || !strings.Contains(stderr, word) {
			t.Errorf("%s: neither %q nor %q may lack %q", f.name, p.words(), stderr, word)
		}
	}
}

// checkRowsBeside: bad rows are told by row, field and remedy; good ones beside them go in,
// and a column nobody knows is named.
func checkRowsBeside(t *testing.T, s *server, token, path string) {
	t.Helper()
	var r ingest.Receipt
	s.upload(t, token, path, "混.csv", []byte(strings.Replace(ledgerHead, "备注", "颜色", 1)+
		"市住建局,社会宣传1,宣传条幅,甲路,3,条,2014-09-31,红\n"+
		"市住建局,社会宣传1,宣传条幅,乙路,3,条,二〇一四年九月,红\n"+
		"市住建局,社会宣传1,宣传条幅,丙路,３条,,二〇一四年九月五日,蓝\n"+
		"市体育局,社会宣传1,宣传条幅,丁路,3,条,2014-09-05,蓝\n"+
		"市住建局,社会宣传1,宣传条幅,戊路,大约3,条,2014-09-05,蓝\n"+
		"市住建局,社会宣传1,宣传条幅,己路,3,条,2014-09-05,蓝\n"), &r)
	rejected := map[string]string{}
	for _, x := range r.Rejected {
		rejected[fmt.Sprint(x.Row, " ", x.Field)] = x.Why
	}
	for place, words := range map[string][]string{
		"2 start":    {"2014-09-31", "9月只有30天", "请"},
		"3 start":    {"二〇一四年九月", "只写到月", "请"},
		"5 unit":     {"市体育局", "市教育局"}, // the nearest name is offered
		"6 quantity": {"大约3", "请"},
	} {
		for _, word := range words {
			if !strings.Contains(rejected[place], word) {
				t.Errorf("row %s is told %q, which lacks %q", place, rejected[place], word)
			}
		}
	}
	if len(rejected) != 4 || len(r.Accepted) != 2 || r.Accepted[0].Row != 4 || r.Accepted[0].Start != "2014-09-05" || r.Accepted[1].Row != 7 {
		t.Errorf("good rows beside bad ones: accepted %+v, rejected %v", r.Accepted, rejected)
	}
	if len(r.ColumnsNotStored) != 1 || r.ColumnsNotStored[0] != "颜色" {
		t.Errorf("columns not stored %q, want 颜色", r.ColumnsNotStored)
	}
	var rows struct{ Items []struct{ Place string } }
	s.get(t, token, "/api/v1/campaigns/feicheng/placements", &rows)
	if len(rows.Items) != 3 { // and the one of the million rows
		t.Errorf("the table holds %+v", rows.Items)
	}
}

// peak is the most memory that the program has held, in bytes.
func (s *server) peak(t testing.TB) int {
	t.Helper()
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Skip(err)
	}
	_, after, _ := strings.Cut(string(body), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// finish runs a command to its end and gives all it said.
func finish(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, says bytes.Buffer
	cmd := shuixuan(t.Context(), args...)
	cmd.Stdout, cmd.Stderr = &out, &says
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	t.Logf("shuixuan %s: %d\n%s%s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), &says, &out)
	return cmd.ProcessState.ExitCode(), out.String(), says.String()
}

// oneProblem reads stdout, which must hold one problem document and nothing else.
func oneProblem(t testing.TB, stdout string) (p told) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(stdout))
	if err := decoder.Decode(&p); err != nil || decoder.More() {
		t.Errorf("stdout is not one document: %q", stdout)
	}
	if !strings.HasPrefix(p.Type, "urn:shuixuan:problem:") || p.Title == "" || p.Detail == "" || p.Faults == nil {
		t.Errorf("not a whole problem: %s", stdout)
	}
	return p
}

// TestWrongWords: 2 where the command line is wrong, 1 where the work failed, and with
// --json one problem document in either case.
func TestWrongWords(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	ledger := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(ledger, []byte(ledgerHead), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		code int
		args []string
		word string
	}{
		{exitWords, []string{"import", "placements", ledger}, "campaign"},
		{exitWords, []string{"import", "photos", ledger, "--campaign", "feicheng"}, "photos"},
		{exitWords, []string{"import", "responses", ledger, "--campaign", "feicheng"}, "--wave"},
		{exitWords, []string{"fly"}, "fly"},
		{exitWords, []string{"serve", "--colour"}, "--colour"},
		{exitWords, []string{"export", "placements", "--campaign", "feicheng", "--out", "a.pdf"}, "a.pdf"},
		{exitWords, []string{"token", "add", "--role", "king"}, "king"},
		{exitFailed, []string{"import", "placements", "nowhere.xlsx", "--campaign", "feicheng"}, "nowhere.xlsx"},
		{exitFailed, []string{"import", "placements", ledger, "--campaign", "nowhere"}, "--campaign"},
		{exitFine, []string{"--help"}, ""},
	} {
		code, stdout, stderr := finish(t, append(x.args, "--data", data, "--json")...)
		if code != x.code {
			t.Errorf("%q ends with %d, want %d", x.args, code, x.code)
		}
		if x.code == exitFine {
			continue
		}
		if p := oneProblem(t, stdout); !strings.Contains(p.words(), x.word) || !strings.Contains(stderr, x.word) {
			t.Errorf("%q is told %q and %q, want %q in both", x.args, p.words(), stderr, x.word)
		}
	}
}

// TestFormulasOnTheWayOut: what people wrote is never run by the spreadsheet of whoever
// reads it: placements, answers, returned rows, the trail.
func TestFormulasOnTheWayOut(t *testing.T) {
	t.Parallel()
	const calc = `=cmd|' /C calc'!A0`
	data, out := t.TempDir(), t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--name", calc, "--data", data)
	s := startServer(t, "--data", data)
	var b bytes.Buffer
	b.WriteString(ledgerHead)
	w := csv.NewWriter(&b)
	for i, text := range []string{calc, "+1+1", "-2", "@SUM(1)", "=1+1", "\t=1+1", "＝cmd|x"} {
		w.Write([]string{"市住建局", "社会宣传1", text + "横幅", text, fmt.Sprint(i + 1), "条", "2014-09-05", text})
		w.Write([]string{"市住建局", "社会宣传1", "宣传条幅", text, "3", "条", "2014-09-31", text}) // comes back
	}
	w.Flush()
	var r ingest.Receipt
	if s.upload(t, token.Token, "/api/v1/campaigns/feicheng/imports?kind=placements", calc+".csv", b.Bytes(), &r); len(r.Accepted) != 7 || r.RejectedRows() != 7 {
		t.Fatalf("%d accepted, %+v", len(r.Accepted), r.Rejected)
	}
	answer, _ := json.Marshal(map[string]any{"number": calc, "distributor": calc, "choices": map[string][]string{"group": {"school"}}, "texts": map[string]string{"suggestion": calc}})
	if status := s.ask(t, token.Token, "POST", "/api/v1/campaigns/feicheng/waves/w1/responses", "application/json", bytes.NewReader(answer), nil); status != 201 {
		t.Fatalf("the answer: %d", status)
	}
	for name, path := range map[string]string{
		"rejected.xlsx": "/c/feicheng/imports/" + r.ID.String() + "/rejected.xlsx", "placements-page.csv": "/c/feicheng/placements.csv",
		"placements-page.xlsx": "/c/feicheng/placements.xlsx", "responses-page.csv": "/c/feicheng/waves/w1/responses.csv",
		"report.xlsx": "/api/v1/campaigns/feicheng/report.xlsx",
	} {
		s.download(t, token.Token, path, filepath.Join(out, name))
	}
	s.stop(t)
	for _, name := range []string{"placements.xlsx", "placements.csv", "responses.xlsx", "responses.csv", "audit.csv"} {
		kind, _, _ := strings.Cut(name, ".")
		mustRun(t, nil, "export", kind, "--campaign", "feicheng", "--wave", "w1", "--out", filepath.Join(out, name), "--data", data)
	}
	files, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(files) != 10 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		if filepath.Ext(file) == ".csv" {
			checkHarmlessCSV(t, file, "cmd|' /C calc'!A0")
		} else {
			checkHarmlessWorkbook(t, file, calc)
		}
	}
}

// download fetches a file to disk.
func (s *server) download(t *testing.T, token, path, name string) {
	t.Helper()
	request, _ := http.NewRequest(http.MethodGet, s.address+path, nil)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %.300s", path, response.StatusCode, err, body)
	}
	if err := os.WriteFile(name, body, 0o600); err != nil {
		t.Fatal(err)
	}
}

func checkHarmlessCSV(t *testing.T, file, must string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for i, record := range records {
		for _, cell := range record {
			if cell != "" && strings.ContainsRune("=+-@\t\r＝", []rune(cell)[0]) {
				t.Errorf("%s row %d: a spreadsheet would run %q", filepath.Base(file), i+1, cell)
			}
		}
	}
	if !strings.Contains(string(body), must) {
		t.Errorf("%s has lost what was written", filepath.Base(file))
	}
}

func checkHarmlessWorkbook(t *testing.T, file, must string) {
	t.Helper()
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	defer book.Close()
	found := false
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, text := range row {
				found = found || strings.Contains(text, must)
				if text == "" || !strings.ContainsAny(text[:1], "=+-@\t") {
					continue
				}
				cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
				formula, _ := book.GetCellFormula(name, cell)
				kind, _ := book.GetCellType(name, cell)
				if formula != "" || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
					t.Errorf("%s %s!%s: %q is a cell of type %d with the formula %q", filepath.Base(file), name, cell, text, kind, formula)
				}
			}
		}
	}
	if !found {
		t.Errorf("%s has lost what was written", filepath.Base(file))
	}
}

// TestTooLarge: a body over the limit is answered 413 and not by a broken connection, in
// each way that clients send one; the program takes the next request.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	before := s.peak(t)
	const path = "/api/v1/campaigns/feicheng/imports?kind=placements"
	var p told
	check := func(how string, status int) {
		t.Helper()
		if status != http.StatusRequestEntityTooLarge || p.Status != status || !strings.Contains(p.words(), "64MB") || !strings.Contains(p.words(), "拆成几个") {
			t.Errorf("%s: %d %s, want 413 with the limit and what to do", how, status, p.words())
		}
		p = told{}
	}
	check("net/http", s.upload(t, token.Token, path, "大.xlsx", make([]byte, 70<<20), &p))

	// Without a length: the limit is met on the way.
	pipe, into := io.Pipe()
	form := multipart.NewWriter(into)
	go func() {
		part, _ := form.CreateFormFile("file", "大.xlsx")
		chunk := make([]byte, 1<<20)
		for range 70 {
			part.Write(chunk)
		}
		form.Close()
		into.Close()
	}()
	check("chunked", s.ask(t, token.Token, http.MethodPost, path, form.FormDataContentType(), pipe, &p))

	// A client that reads only when it has sent all, and one that asks before it sends.
	check("raw", s.raw(t, token.Token, path, 70<<20, false, &p))
	check("raw with Expect", s.raw(t, token.Token, path, 70<<20, true, &p))

	if status := s.ask(t, token.Token, http.MethodPost, "/api/v1/campaigns/feicheng/placements", "application/json", strings.NewReader(`{"remark":"`+strings.Repeat("x", 2<<20)+`"}`), &p); status != http.StatusRequestEntityTooLarge || !strings.Contains(p.words(), "1MB") {
		t.Errorf("JSON of 2 MB: %d %s", status, p.words())
	}
	if grown := s.peak(t) - before; grown > 128<<20 {
		t.Errorf("the program's peak has grown by %d MB", grown>>20)
	}
	// Nothing of the refused stays on disk.
	filepath.Walk(filepath.Join(data, "originals"), func(name string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			t.Errorf("%s, %d bytes, is left", name, info.Size())
		}
		return err
	})
	var one any
	s.get(t, token.Token, "/api/v1/campaigns/feicheng", &one)
}

// raw sends an upload of size bytes by hand and then a second request on the same
// connection, which must be understood or find it closed in order.
func (s *server) raw(t *testing.T, token, path string, size int, expect bool, into any) int {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(time.Minute))
	head := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n"
	tail := "\r\n--b--\r\n"
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n", path, token, len(head)+size+len(tail))
	reader := bufio.NewReader(connection)
	if expect {
		io.WriteString(connection, "Expect: 100-continue\r\n\r\n")
	} else {
		io.WriteString(connection, "\r\n")
	}
	send := true
	if expect {
		line, err := reader.Peek(len("HTTP/1.1 100"))
		if err != nil {
			t.Fatalf("asking before sending: %v", err)
		}
		if send = string(line) == "HTTP/1.1 100"; send {
			for text := "x"; strings.TrimSpace(text) != ""; {
				if text, err = reader.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if send {
		io.WriteString(connection, head)
		for chunk := make([]byte, 1<<20); size > 0; size -= len(chunk) {
			if _, err := connection.Write(chunk); err != nil {
				t.Fatalf("the connection broke with %d MB to send: %v", size>>20, err)
			}
		}
		io.WriteString(connection, tail)
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%.300s: %v", body, err)
	}
	if !response.Close {
		io.WriteString(connection, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		if next, err := http.ReadResponse(reader, nil); err != nil || next.StatusCode != http.StatusOK {
			t.Errorf("the next request on the connection: %v %v", next, err)
		}
	}
	return response.StatusCode
}
