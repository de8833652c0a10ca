package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"shuixuan/ingest"
)

// ask sends a request with a token and decodes the answer, whatever its status.
func (s *server) ask(t testing.TB, token, method, path, kind string, body io.Reader, into any) int {
	t.Helper()
	request, err := http.NewRequest(method, s.address+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	client := http.Client{Timeout: 2 * time.Minute}
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatalf("%s %s answers %d %.300s: %v", method, path, response.StatusCode, answer, err)
		}
	}
	return response.StatusCode
}

// get asks for a thing that must be there.
func (s *server) get(t testing.TB, token, path string, into any) {
	t.Helper()
	if status := s.ask(t, token, http.MethodGet, path, "", nil, into); status != http.StatusOK {
		t.Fatalf("GET %s answers %d", path, status)
	}
}

// upload sends a file as a form does.
func (s *server) upload(t testing.TB, token, path, name string, content []byte, into any) int {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write(content)
	form.Close()
	return s.ask(t, token, http.MethodPost, path, form.FormDataContentType(), &b, into)
}

// figure is an estimate as the API tells it.
type figure struct {
	Value, Lower, Upper float64
	Numerator, Base     int
	Valid               bool
	HasInterval         bool `json:"has_interval"`
	Method              string
}

func (f figure) String() string {
	if f.HasInterval {
		return fmt.Sprintf("%.2f (%.2f–%.2f) of %d", f.Value, f.Lower, f.Upper, f.Base)
	}
	return fmt.Sprintf("%.2f of %d", f.Value, f.Base)
}

// estimates is the part of an answer that holds published figures.
type estimates struct {
	Distribution struct {
		Total struct {
			Answered, Mentions int
			Options            []struct {
				Label             string
				Persons, Mentions figure
			}
		}
	}
	Indicators struct {
		Figures []struct {
			Indicator struct{ Name string }
			Total     struct{ Estimate figure }
		}
		Composite struct{ Estimate figure }
	}
}

func (e estimates) persons(label string) figure {
	for _, o := range e.Distribution.Total.Options {
		if o.Label == label {
			return o.Persons
		}
	}
	return figure{}
}

func (e estimates) indicator(name string) figure {
	for _, f := range e.Indicators.Figures {
		if f.Indicator.Name == name {
			return f.Total.Estimate
		}
	}
	return figure{}
}

// fiveDimensions is a questionnaire whose dimensions are one yes-or-no question each.
const fiveDimensions = `
id: taizhou-2015
title: 五水共治公众满意度
source: 台州市2015年，只公布了五个维度的得分
questions:
%s
indicators:
%s`

// taizhou gives that questionnaire, and 10,000 answers of which so many per ten thousand
// say yes. The published scores have two decimals, so ten thousand hold them exactly.
func taizhou() (questionnaire string, answers []byte) {
	parts := []struct {
		name, dimension string
		yes             int
	}{{"content", "满意", 8381}, {"knows", "认知", 8301}, {"joins", "参与", 4230}, {"backs", "支持", 9644}, {"trusts", "信心", 8891}}
	var questions, indicators, rows strings.Builder
	head := "序号"
	for _, p := range parts {
		fmt.Fprintf(&questions, "  - {name: %s, type: single, label: %s吗, short: %s, required: true, dimension: %s, options: [{code: \"yes\", label: 是}, {code: \"no\", label: 否}]}\n", p.name, p.dimension, p.dimension, p.dimension)
		fmt.Fprintf(&indicators, "  - {name: %s_rate, label: %s度, kind: share, question: %s, positive: [\"yes\"], base: answered, dimension: %s, source: 台州晚报2015年11月27日}\n", p.name, p.dimension, p.name, p.dimension)
		head += "," + p.dimension
	}
	rows.WriteString(head + "\n")
	for i := range 10_000 {
		fmt.Fprint(&rows, i+1)
		for _, p := range parts {
			if i < p.yes {
				rows.WriteString(",是")
			} else {
				rows.WriteString(",否")
			}
		}
		rows.WriteString("\n")
	}
	return fmt.Sprintf(fiveDimensions, questions.String(), indicators.String()), []byte(rows.String())
}

const testdata = "../ingest/testdata/"

// TestPublishedFigures sends the published surveys through the whole program: files in by
// command and by upload, figures out by the API. Importing again adds nothing.
func TestPublishedFigures(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	questions, answers := taizhou()
	taizhouFile := filepath.Join(t.TempDir(), "taizhou.yaml")
	if err := os.WriteFile(taizhouFile, []byte(questions), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, q := range [][2]string{{testdata + "yueyang-2019.questionnaire.yaml", "y2019"}, {testdata + "yuxi-2007.questionnaire.yaml", "x2007"},
		{taizhouFile, "t2015"}, {testdata + "yueyang-2019.questionnaire.yaml", "resent"}, {testdata + "yuxi-2007.questionnaire.yaml", "shared"}} {
		mustRun(t, nil, "import", "questionnaire", q[0], "--campaign", "feicheng", "--wave", q[1], "--data", data)
	}
	for again := range 2 {
		var r ingest.Receipt
		mustRun(t, &r, "import", "responses", testdata+"yueyang-2019.xlsx", "--campaign", "feicheng", "--wave", "y2019", "--data", data)
		checkTaken(t, &r, again, 180)
	}
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	yuxi, err := os.ReadFile(testdata + "yuxi-2007.csv")
	if err != nil {
		t.Fatal(err)
	}
	for again := range 2 {
		for wave, file := range map[string][]byte{"x2007": yuxi, "t2015": answers} {
			var r ingest.Receipt
			s.upload(t, token.Token, "/api/v1/campaigns/feicheng/imports?kind=responses&wave="+wave, wave+".csv", file, &r)
			checkTaken(t, &r, again, bytes.Count(file, []byte("\n"))-1)
		}
	}
	checkYueyang(t, s, token.Token)
	checkYuxi(t, s, token.Token)
	checkComposite(t, s, token.Token)
	checkResent(t, s, token.Token)
	checkSharedRows(t, s, token.Token)
	if code := s.stop(t); code != exitFine {
		t.Errorf("the server ends with %d", code)
	}
}

// checkTaken: all rows the first time, none the second.
func checkTaken(t *testing.T, r *ingest.Receipt, again, rows int) {
	t.Helper()
	accepted, known := rows, 0
	if again > 0 {
		accepted, known = 0, rows
	}
	if len(r.Accepted) != accepted || r.AlreadyKnown != known || len(r.Rejected) != 0 || r.Rows != rows {
		t.Errorf("%s, sending %d: %d accepted, %d known, %d rejected of %d; want %d, %d and none of %d",
			r.File, again+1, len(r.Accepted), r.AlreadyKnown, len(r.Rejected), r.Rows, accepted, known, rows)
	}
}

// checkFigure compares as published, with two decimals.
func checkFigure(t *testing.T, what string, got figure, want string) {
	t.Helper()
	if got.String() != want {
		t.Errorf("%s is %s, want %s", what, got, want)
	}
}

// The public appraisal of river management in Yueyang, 2019.
func checkYueyang(t *testing.T, s *server, token string) {
	path := "/api/v1/campaigns/feicheng/waves/y2019/estimates?question="
	var satisfied, heard, urgent estimates
	s.get(t, token, path+"satisfied", &satisfied)
	checkFigure(t, "满意率 of 岳阳", satisfied.indicator("satisfaction_rate"), "88.33 (82.82–92.24) of 180")
	s.get(t, token, path+"heard", &heard)
	// 38 of 180; the original prints 22.11, with which its row sums to 101.00.
	if f := heard.persons("熟悉"); fmt.Sprintf("%.2f", f.Value) != "21.11" || f.Numerator != 38 {
		t.Errorf("熟悉 is %s, want 21.11", f)
	}
	s.get(t, token, path+"urgent", &urgent)
	total := urgent.Distribution.Total
	if total.Answered != 180 || total.Mentions != 259 || len(total.Options) != 3 {
		t.Fatalf("最需解决: %+v", total)
	}
	for i, want := range [][2]string{{"31.11", "21.62"}, {"80.56", "55.98"}, {"32.22", "22.39"}} {
		o := total.Options[i]
		if fmt.Sprintf("%.2f", o.Persons.Value) != want[0] || fmt.Sprintf("%.2f", o.Mentions.Value) != want[1] || o.Mentions.HasInterval {
			t.Errorf("%s: of persons %s, of mentions %s; want %v", o.Label, o.Persons, o.Mentions, want)
		}
	}
}

// One item of the survey of Yuxi, 2007.
func checkYuxi(t *testing.T, s *server, token string) {
	var e estimates
	s.get(t, token, "/api/v1/campaigns/feicheng/waves/x2007/estimates?question=air_control", &e)
	for name, want := range map[string]string{"share_of_all": "58.83", "share_of_opinion": "59.13", "index": "73.07"} {
		if f := e.indicator(name); fmt.Sprintf("%.2f", f.Value) != want {
			t.Errorf("%s of 玉溪 is %s, want %s", name, f, want)
		}
	}
	if all, opinion := e.indicator("share_of_all").Base, e.indicator("share_of_opinion").Base; all != 600 || opinion != 597 {
		t.Errorf("the shares are of %d and %d, want 600 and 597", all, opinion)
	}
	if f := e.indicator("index"); f.Base != 597 || fmt.Sprintf("%.3f", f.Value) != "73.065" {
		t.Errorf("the index is %.3f of %d, want 73.065 of 597", f.Value, f.Base)
	}
}

// The five dimensions of Taizhou, 2015: 0.4×83.81 + 0.2×83.01 + 0.2×42.30 + 0.1×96.44 +
// 0.1×88.91 = 77.121.
func checkComposite(t *testing.T, s *server, token string) {
	var e estimates
	s.get(t, token, "/api/v1/campaigns/feicheng/waves/t2015/estimates", &e)
	for name, want := range map[string]string{"content_rate": "83.81", "knows_rate": "83.01", "joins_rate": "42.30", "backs_rate": "96.44", "trusts_rate": "88.91"} {
		if f := e.indicator(name); fmt.Sprintf("%.2f", f.Value) != want || f.Base != 10_000 {
			t.Errorf("%s is %s, want %s of 10000", name, f, want)
		}
	}
	if f := e.Indicators.Composite.Estimate; fmt.Sprintf("%.3f", f.Value) != "77.121" || f.HasInterval || !f.Valid {
		t.Errorf("the composite is %+v, want 77.121 without an interval", f)
	}
}

// checkResent: the Yueyang workbook with ten of its answers corrected, under another name.
func checkResent(t *testing.T, s *server, token string) {
	original, err := os.ReadFile(testdata + "yueyang-2019.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	path := "/api/v1/campaigns/feicheng/imports?kind=responses&wave=resent"
	var first, second, third ingest.Receipt
	s.upload(t, token, path, "岳阳.xlsx", original, &first)
	checkTaken(t, &first, 0, 180)
	corrected := correctTen(t, original)
	s.upload(t, token, path, "岳阳（更正）.xlsx", corrected, &second)
	if len(second.Accepted) != 10 || second.AlreadyKnown != 170 || len(second.Rejected) != 0 {
		t.Errorf("a sending with ten rows corrected: %d accepted, %d known, %d rejected; want 10, 170, none", len(second.Accepted), second.AlreadyKnown, len(second.Rejected))
	}
	for i, a := range second.Accepted {
		if a.Row != 20+10*i {
			t.Errorf("row %d is taken as new, want row %d", a.Row, 20+10*i)
		}
	}
	s.upload(t, token, path, "岳阳（更正）.xlsx", corrected, &third)
	checkTaken(t, &third, 1, 180)
}

// correctTen changes what the sheets in rows 20, 30 … 110 say about 年龄 to an option that
// nobody chose, so that the changed row equals no other.
func correctTen(t *testing.T, original []byte) []byte {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(original))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	head, err := book.GetRows("答卷")
	if err != nil {
		t.Fatal(err)
	}
	column := 0
	for i, text := range head[0] {
		if strings.Contains(text, "年龄") {
			column = i + 1
		}
	}
	for i := range 10 {
		cell, err := excelize.CoordinatesToCellName(column, 20+10*i)
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetCellStr("答卷", cell, "60岁以上"); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// checkSharedRows: two streets' files with four rows alike, number included (27 to 30),
// are two files; all sixty people are counted.
func checkSharedRows(t *testing.T, s *server, token string) {
	path := "/api/v1/campaigns/feicheng/imports?kind=responses&wave=shared"
	file := func(from int) []byte {
		var b strings.Builder
		b.WriteString("序号,控制工业废气、汽车尾气的效果\n")
		for i := range 30 {
			fmt.Fprintf(&b, "%d,%s\n", from+i, []string{"非常满意", "一般"}[i%2])
		}
		return []byte(b.String())
	}
	var east, west ingest.Receipt
	s.upload(t, token, path, "东街.csv", file(1), &east)
	s.upload(t, token, path, "西街.csv", file(27), &west)
	if len(east.Accepted) != 30 || len(west.Accepted) != 30 {
		t.Errorf("two files with a few rows alike: %d and %d accepted, want 30 and 30", len(east.Accepted), len(west.Accepted))
	}
	var e estimates
	s.get(t, token, "/api/v1/campaigns/feicheng/waves/shared/estimates?question=air_control", &e)
	if f := e.indicator("share_of_all"); f.Base != 60 || f.Numerator != 30 {
		t.Errorf("of the two files %+v, want 30 of 60", f)
	}
}
