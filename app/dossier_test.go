package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"
)

// dossierFromFigureToPhoto: the office drafts a dossier, writes in it, sees it being sealed and
// cancels another; from a figure of the sealed report a click opens the rows and a photo. Then
// all figures of the cut-off are gathered, wherever they are printed, and are the same.
func dossierFromFigureToPhoto(t *testing.T, s *server, data string, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	folder := t.TempDir()
	allowDownloads(office, folder)
	office.signIn("office", passwords["office"])
	draft := func() {
		office.open("/c/feicheng/dossiers")
		office.tap(`form[action="/c/feicheng/dossiers"] button`)
		office.waitFor(`/\/dossiers\/[0-9a-f-]{36}$/.test(location.pathname) && !!document.querySelector("textarea[name='text.remedies']")`)
	}
	draft()
	office.fill(`textarea[name="text.remedies"]`, "由各责任单位在月底前补齐，市创建办逐项复核。")
	office.tap(`form[action$="/passages"] button[type=submit]`)
	office.waitFor(`location.search.includes("done=saved") && document.body.innerText.includes("改写过")`)
	office.tap(`form[action$="/seal"] button`)
	office.waitFor(`document.body.innerText.includes("正在封存") || document.body.innerText.includes("签名公钥指纹")`)
	office.waitFor(`document.body.innerText.includes("签名公钥指纹")`) // by itself: the page asks again
	at := ask[string](office, `location.pathname`)

	office.open(at + "/report")
	office.tap(`a.mark[href$="of=%E8%AF%813"]`) // boards and banners, whose rule asks for photos
	office.waitFor(`location.pathname.endsWith("/exhibits") && document.querySelectorAll(".exhibit").length > 0`)
	office.waitFor(`[...document.querySelectorAll(".exhibit-photos img")].some(i => i.complete && i.naturalWidth > 100)`)
	office.open(at + "/report")
	office.tap(`a.mark[href$="of=%E6%95%B02"]`) // a figure of the survey, to the answers that it is made of
	office.waitFor(`document.querySelectorAll("table.answers tbody tr").length > 20`)
	phone := openBrowser(t, s.address, 390, 844)
	phone.signIn("office", passwords["office"])
	for _, path := range []string{"/c/feicheng/dossiers", at, at + "/exhibits", at + "/exhibits?of=数2", at + "/report"} {
		phone.open(path)
		phone.waitFor(`document.readyState === "complete"`)
		if over := ask[int](phone, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone", path, over)
		}
	}

	office.open(at)
	office.do(chromedp.Click(`a[href$="/dossier.zip"]`))
	pack := waitForFile(t, folder, ".zip")
	theSameEverywhere(t, s, data, office, pack)

	draft() // one that is given up
	office.tap(`form[action$="/seal"] button`)
	office.waitFor(`!!document.querySelector("form[action$='/cancel'] button") || document.body.innerText.includes("签名公钥指纹")`)
	if ask[bool](office, `!!document.querySelector("form[action$='/cancel'] button")`) {
		office.tap(`form[action$="/cancel"] button`)
		office.waitFor(`document.body.innerText.includes("有人取消了封存") || document.body.innerText.includes("已经做完")`)
	}
}

// unpacked gives a folder with the files of a package, without the originals.
func unpacked(t *testing.T, pack string) string {
	t.Helper()
	archive, err := zip.OpenReader(pack)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	folder := t.TempDir()
	for _, f := range archive.File {
		if strings.Contains(f.Name, "/原件/") {
			continue
		}
		name := filepath.Join(folder, filepath.FromSlash(f.Name))
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(from)
		from.Close()
		if err == nil {
			err = os.MkdirAll(filepath.Dir(name), 0o700)
		}
		if err == nil {
			err = os.WriteFile(name, body, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// wordText is the text of a .docx, a line for each paragraph.
func wordText(t *testing.T, name string) string {
	t.Helper()
	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	part, err := archive.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	var b strings.Builder
	in, decoder := false, xml.NewDecoder(part)
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			in = x.Name.Local == "t"
		case xml.EndElement:
			in = false
			if x.Name.Local == "p" {
				b.WriteByte('\n')
			}
		case xml.CharData:
			if in {
				b.Write(x)
			}
		}
	}
}

// coverageAnswer is what the API says of the coverage.
type coverageAnswer struct {
	Items []struct {
		Key                                          string
		Expected, Covered, Present, Standing, Proven int64
	}
	Total struct{ Expected, Covered, Present, Standing, Proven int64 }
}

// theSameEverywhere gathers the figures of one cut-off out of the report, its PDF, the workbook,
// the pages, the API and R.
func theSameEverywhere(t *testing.T, s *server, data string, office *browser, pack string) {
	folder := unpacked(t, pack)
	report := wordText(t, filepath.Join(folder, "报告", "情况报告.docx"))
	flat := strings.NewReplacer("\n", "", " ", "").Replace(report)
	says := func(what string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(flat, strings.ReplaceAll(w, " ", "")) {
				t.Errorf("the report doesn't say of %s: %s", what, w)
			}
		}
	}
	says("what the office wrote", "由各责任单位在月底前补齐，市创建办逐项复核。")

	book, err := excelize.OpenFile(filepath.Join(folder, "报告", "汇总工作簿.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	summary, err := book.GetRows("摘要", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	var coverage coverageAnswer
	office.json(s.address+"/api/v1/campaigns/feicheng/coverage", &coverage)
	total := coverage.Total
	says("the whole", fmt.Sprintf("应落实的%d项", total.Expected), fmt.Sprintf("有%d项已证明在位", total.Covered), fmt.Sprintf("（%d/%d，全数清点", total.Covered, total.Expected))
	if len(coverage.Items) < 5 {
		t.Fatalf("%+v", coverage)
	}
	for _, l := range coverage.Items {
		if l.Expected > 0 {
			says(l.Key, fmt.Sprintf("应落实%d个单位，其中%d个已证明在位，%d个登记在位但没有有效的证明，%d个未见在位记录。在位%d处", l.Expected, l.Covered, l.Present-l.Covered, l.Expected-l.Present, l.Standing))
		}
		found := false
		for _, row := range summary {
			if len(row) >= 5 && strings.HasPrefix(row[0], l.Key+" ") {
				found = true
				if want := []string{fmt.Sprint(l.Expected), fmt.Sprint(l.Covered)}; l.Expected >= 0 && (row[1] != want[0] || row[2] != want[1]) {
					t.Errorf("%s: the workbook says %v, the API %v", l.Key, row, want)
				}
			}
		}
		if !found {
			t.Errorf("the workbook doesn't list %s", l.Key)
		}
	}
	for _, panel := range []string{"unit", "carrier", "task"} {
		theSameTable(t, office, report, "/c/feicheng/coverage/panels/coverage-"+panel+".csv")
	}
	theSameTrend(t, office, report)
	for _, wave := range []string{"w1", "w2"} {
		for _, panel := range []string{"progress", "sample", "indicators", "weighted", "verdicts", "composite"} {
			theSameTable(t, office, report, "/c/feicheng/waves/"+wave+"/panels/survey-"+panel+".csv")
		}
		theSameTable(t, office, report, "/c/feicheng/waves/"+wave+"/screening/panels/screening-figures.csv")
		theSameFigures(t, office, s, folder, wave, book)
		theSameWords(t, office, s, flat, wave)
		reproducedInR(t, filepath.Join(folder, "数据", wave))
		readByPSPP(t, filepath.Join(folder, "数据", wave))
	}
	fitsTheSchema(t, filepath.Join(folder, "报告", "情况报告.docx"))
	onPaper(t, filepath.Join(folder, "报告", "情况报告.docx"), filepath.Join(folder, "报告", "情况报告.pdf"))
	verifiesAndNotTampered(t, data, pack)
	text, err := exec.Command("pdftotext", "-layout", filepath.Join(folder, "报告", "情况报告.pdf"), "-").Output()
	if err != nil || !strings.Contains(string(text), fmt.Sprintf("%d/%d", total.Covered, total.Expected)) {
		t.Errorf("the PDF says another figure, %v", err)
	}
}

// json asks for an answer with the browser's own session.
func (b *browser) json(address string, into any) {
	b.t.Helper()
	text := later[string](b, fmt.Sprintf(`fetch(%q).then(r => r.text())`, address))
	if err := json.Unmarshal([]byte(text), into); err != nil {
		b.t.Fatalf("%s: %.300s: %v", address, text, err)
	}
}

// panelRows are the rows of a panel as the page gives it out, without its heading.
func panelRows(t *testing.T, office *browser, address string) [][]string {
	t.Helper()
	body := later[string](office, fmt.Sprintf(`fetch(%q).then(r => r.text())`, address))
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 3 {
		t.Fatalf("%s: %q %v", address, body, err)
	}
	var list [][]string
	for _, row := range rows[1:] {
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

// hasRow looks for the cells of a row, one after the other, in the text of the report.
func hasRow(report string, row []string) bool {
	squeeze := regexp.MustCompile(`〔注\d+〕|\s`)
	return strings.Contains(squeeze.ReplaceAllString(report, ""), squeeze.ReplaceAllString(strings.Join(row, ""), ""))
}

// theSameTable holds a panel against the tables of the report.
func theSameTable(t *testing.T, office *browser, report, address string) {
	t.Helper()
	for _, row := range panelRows(t, office, address) {
		if !hasRow(report, row) {
			t.Errorf("%s: the report has no row %q", address, row)
		}
	}
}

// theSameTrend holds what changed since the first wave, on the pages of the questions, against
// the table of the report.
func theSameTrend(t *testing.T, office *browser, report string) {
	t.Helper()
	changes := 0
	for panel, label := range map[string]string{"aware/panels/question-trend-awareness_narrow": "知晓率（狭义）", "aware/panels/question-trend-awareness_broad": "知晓率（广义）",
		"sat_overall/panels/question-trend-sat_overall_rate": "总体满意率", "sat_overall/panels/question-trend-sat_overall_index": "总体满意度"} {
		for _, row := range panelRows(t, office, "/c/feicheng/waves/w2/questions/"+panel+".csv") {
			wave, value, change, bounds := row[0], row[1], row[3], row[4]
			if change != "—" {
				changes++
			}
			if !hasRow(report, []string{label, wave, value, change, bounds}) {
				t.Errorf("%s: the report has no row %q", panel, row)
			}
		}
	}
	if changes < 4 {
		t.Errorf("only %d changes were compared", changes)
	}
}

// grouped is a figure in all and by group, as the API tells it.
type grouped struct {
	Indicator struct {
		Name, Label, Kind string
		Headline          bool
	}
	Total  struct{ Estimate figure }
	Groups []struct {
		Code, Label string
		Estimate    figure
	}
}

// wholeAnswer is all that the API says of a question, or of the indicators.
type wholeAnswer struct {
	Indicators, Designed struct{ Figures []grouped }
	Distribution         struct {
		Question struct{ Name, Label string }
		Total    optionsOf
		Groups   []optionsOf
	}
}

type optionsOf struct {
	Code, Label string
	Options     []struct {
		Code, Label string
		Persons     figure
	}
}

// theSameFigures holds every estimate of the API against the figures that R is given, and against
// the workbook: indicators in all and by group, by plain count and by design, and each option of
// each question in all and by group. R is given them as they are printed, the workbook unrounded.
func theSameFigures(t *testing.T, office *browser, s *server, folder, wave string, book *excelize.File) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "数据", wave, "figures.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	given := map[string][]string{}
	for _, row := range rows[1:] {
		given[row[column["id"]]] = row
	}
	compared := 0
	toR := func(id string, e figure) {
		t.Helper()
		row, has := given[id]
		if !has {
			t.Errorf("%s: R is not given %s", wave, id)
			return
		}
		compared++
		if !e.Valid {
			return
		}
		fits := asPrinted(row[column["value"]], e.Value) && row[column["base"]] == fmt.Sprint(e.Base)
		if e.HasInterval {
			fits = fits && asPrinted(row[column["lower"]], e.Lower) && asPrinted(row[column["upper"]], e.Upper)
		}
		if !fits {
			t.Errorf("%s %s: R is given %v, the API says %s", wave, id, row, e)
		}
	}
	var answer wholeAnswer
	at := s.address + "/api/v1/campaigns/feicheng/waves/" + wave + "/estimates"
	office.json(at, &answer)
	if len(answer.Indicators.Figures) == 0 {
		t.Fatalf("%s has no figures", wave)
	}
	sheet := cells(t, book, "知晓与满意")
	for before, list := range map[string][]grouped{"": answer.Indicators.Figures, "design/": answer.Designed.Figures} {
		for _, f := range list {
			toR(before+f.Indicator.Name, f.Total.Estimate)
			for _, g := range f.Groups {
				if g.Code != "" {
					toR(before+f.Indicator.Name+"/stratum="+g.Code, g.Estimate)
				}
				if before == "" {
					inWorkbook(t, sheet, f.Indicator.Kind == "share", []string{f.Indicator.Label, g.Label}, g.Estimate)
				}
			}
		}
	}
	frequencies := cells(t, book, "频数表")
	for _, question := range []string{"sex", "aware", "carriers", "sat_overall", "knowledge"} {
		var one wholeAnswer
		office.json(at+"?question="+question, &one)
		if len(one.Distribution.Total.Options) == 0 {
			t.Errorf("%s %s has no options", wave, question)
		}
		for _, o := range one.Distribution.Total.Options {
			toR(question+"="+o.Code, o.Persons)
			inWorkbook(t, frequencies, true, []string{o.Label, "合计"}, o.Persons)
		}
		for _, g := range one.Distribution.Groups {
			for _, o := range g.Options {
				inWorkbook(t, frequencies, true, []string{o.Label, g.Label}, o.Persons)
			}
		}
	}
	if compared < 150 {
		t.Errorf("only %d figures were compared", compared)
	}
}

// theSameWords holds the sentences of the report on a wave, and its table by groups, against the API.
func theSameWords(t *testing.T, office *browser, s *server, flat, wave string) {
	t.Helper()
	var answer wholeAnswer
	office.json(s.address+"/api/v1/campaigns/feicheng/waves/"+wave+"/estimates", &answer)
	is := func(found []string, e figure) bool { // value, bounds, base
		return asPrinted(found[0], e.Value) && (!e.HasInterval || asPrinted(found[1], e.Lower) && asPrinted(found[2], e.Upper)) && found[3] == fmt.Sprint(e.Base)
	}
	said, headline := 0, 0
	for _, f := range answer.Indicators.Figures {
		if !f.Indicator.Headline {
			continue
		}
		headline++
		sentence := regexp.MustCompile(regexp.QuoteMeta(f.Indicator.Label) + `([\d.]+)(?:%|分)（基数(\d+)人，95%区间([\d.]+)–([\d.]+)）`)
		row := regexp.QuoteMeta(f.Indicator.Label) + strings.Repeat(`([\d.]+)(?:%|分)（([\d.]+)–([\d.]+)），(\d+)人`, len(f.Groups))
		for _, m := range sentence.FindAllStringSubmatch(flat, -1) {
			if is([]string{m[1], m[3], m[4], m[2]}, f.Total.Estimate) {
				said++
				break
			}
		}
		same := false
		for _, m := range regexp.MustCompile(row).FindAllStringSubmatch(flat, -1) {
			fits := true
			for i, g := range f.Groups {
				fits = fits && is(m[1+4*i:5+4*i], g.Estimate)
			}
			same = same || fits
		}
		if !same {
			t.Errorf("%s: the report's table by groups says of %s other than the API", wave, f.Indicator.Label)
		}
	}
	if said != headline || said < 3 {
		t.Errorf("%s: the report says %d of %d headline figures as the API does", wave, said, headline)
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

// reproducedInR runs the script of a package where R is installed.
func reproducedInR(t *testing.T, folder string) {
	t.Helper()
	program, err := exec.LookPath("Rscript")
	if err == nil {
		err = exec.Command(program, "--vanilla", "-e", "library(survey)").Run()
	}
	if err != nil {
		return // elsewhere it is said that there is none
	}
	out, err := exec.Command(program, "--vanilla", filepath.Join(folder, "reproduce.R")).CombinedOutput()
	if err != nil {
		t.Errorf("%s: R comes to other figures: %v\n%s", folder, err, out)
	}
	if !bytes.Contains(out, []byte("OK")) && !bytes.Contains(out, []byte("一致")) {
		t.Logf("%s", out)
	}
}

// readByPSPP reads the .sav with its labels.
func readByPSPP(t *testing.T, folder string) {
	t.Helper()
	if _, err := exec.LookPath("pspp"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no pspp on this machine, and CI promised one")
		}
		return
	}
	syntax := filepath.Join(folder, "read.sps")
	if err := os.WriteFile(syntax, []byte("GET FILE='"+filepath.Join(folder, "responses.sav")+"'.\nDISPLAY DICTIONARY.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pspp", "-O", "format=txt", syntax).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("学校师生")) || !bytes.Contains(out, []byte("Missing")) {
		t.Errorf("pspp: %v\n%.2000s", err, out)
	}
}

// verifiesAndNotTampered checks the package by command, and again with a byte changed.
func verifiesAndNotTampered(t *testing.T, data, pack string) {
	t.Helper()
	mustRun(t, nil, "verify", pack, "--data", data)
	body, err := os.ReadFile(pack)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(body, []byte("情况报告.docx"))
	body[at+400] ^= 1
	changed := filepath.Join(t.TempDir(), "改过.zip")
	if err := os.WriteFile(changed, body, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := shuixuan(t.Context(), "verify", changed, "--data", data)
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !bytes.Contains(out, []byte("情况报告.docx")) {
		t.Errorf("a changed byte: %d\n%s", cmd.ProcessState.ExitCode(), out)
	}
}

// fitsTheSchema lets Microsoft's validator look at a .docx.
func fitsTheSchema(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat("../node_modules/@ooxml-tools/validate"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no validator, and the lock file names it")
		}
		return
	}
	out, err := exec.Command("node", "../dashboards/document/testdata/validate.mjs", name).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte(": 0 faults")) {
		t.Errorf("the report doesn't fit the schema: %v\n%.3000s", err, out)
	}
}
