package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	aPhotoSetAside(t, s, office)
	answers := fmt.Sprintf("数%d", 1+slices.IndexFunc(wavesOf(office, s), func(w waveAnswer) bool { return w.ID == "w2" }))
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
	office.waitFor(`/完成9\d%|签名公钥指纹/.test(document.body.innerText)`) // by itself: the page asks again
	office.waitFor(`document.body.innerText.includes("签名公钥指纹")`)
	at := ask[string](office, `location.pathname`)

	office.open(at + "/report")
	office.tap(`a.mark[href$="of=%E8%AF%813"]`) // boards and banners, whose rule asks for photos
	office.waitFor(`location.pathname.endsWith("/exhibits") && document.querySelectorAll(".exhibit").length > 0`)
	office.waitFor(`[...document.querySelectorAll(".exhibit-photos img")].some(i => i.complete && i.naturalWidth > 100)`)
	office.open(at + "/report")
	office.tap(`a.mark[href$="of=` + url.QueryEscape(answers) + `"]`) // a figure of the survey, to the answers that it is made of
	office.waitFor(`document.querySelectorAll("table.answers tbody tr").length > 20`)
	phone := openBrowser(t, s.address, 390, 844)
	phone.signIn("office", passwords["office"])
	for _, path := range []string{"/c/feicheng/dossiers", at, at + "/exhibits", at + "/exhibits?of=" + answers, at + "/report"} {
		phone.open(path)
		phone.waitFor(`document.readyState === "complete"`)
		if over := ask[int](phone, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone", path, over)
		}
	}

	office.open(at)
	office.do(chromedp.Click(`a[href$="/dossier.zip"]`))
	pack := waitForFile(t, folder, ".zip")
	theSameEverywhere(t, s, data, office, pack, at)

	draft() // one that is given up
	office.tap(`form[action$="/seal"] button`)
	office.waitFor(`!!document.querySelector("form[action$='/cancel'] button") || document.body.innerText.includes("签名公钥指纹")`)
	if ask[bool](office, `!!document.querySelector("form[action$='/cancel'] button")`) {
		office.tap(`form[action$="/cancel"] button`)
		office.waitFor(`document.body.innerText.includes("有人取消了封存") || document.body.innerText.includes("已经做完")`)
	}
}

// aPhotoSetAside: a photo that nobody wants stays in the package and speaks for nothing.
func aPhotoSetAside(t *testing.T, s *server, office *browser) {
	t.Helper()
	type placed struct {
		ID     string
		Photos []struct{ State string }
	}
	var page struct{ Items []placed }
	office.json(s.address+"/api/v1/campaigns/feicheng/placements?state=accepted&limit=1000", &page)
	at := slices.IndexFunc(page.Items, func(one placed) bool { return len(one.Photos) > 0 && one.Photos[0].State == "kept" })
	if at < 0 {
		t.Fatal("no placement has a photo")
	}
	office.open("/c/feicheng/placements/" + page.Items[at].ID)
	ask[bool](office, `document.querySelector("form[action$='/set-aside']").closest("details").open = true`)
	office.fill(`form[action$="/set-aside"] input[name="reason"]`, "拍糊了")
	office.tap(`form[action$="/set-aside"] button`)
	office.waitFor(`location.search.includes("done=photo-aside")`)
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

// theSameEverywhere gathers the figures of one cut-off out of the report, its PDF, the workbook,
// the package's other files, the pages, the API and R. Every table and chart of the report is
// handed to the check that compares it.
func theSameEverywhere(t *testing.T, s *server, data string, office *browser, pack, at string) {
	folder := unpacked(t, pack)
	docx, pdf := filepath.Join(folder, "报告", "情况报告.docx"), filepath.Join(folder, "报告", "情况报告.pdf")
	p := readReport(t, docx)
	p.says("what the office wrote", "由各责任单位在月底前补齐，市创建办逐项复核。")
	book, err := excelize.OpenFile(filepath.Join(folder, "报告", "汇总工作簿.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	theSamePlan(t, office, s, p)
	coverage := theSameCoverage(t, office, s, p, folder, book)
	theSameExhibits(t, office, s, p, folder, pack, at, book, coverage.Items)
	waves := wavesOf(office, s)
	for _, wave := range waves {
		theSameSurvey(t, office, s, p, folder, wave.ID, book)
		theSameSheets(t, office, p, folder, wave.ID)
	}
	for _, wave := range []string{"w1", "w2"} {
		reproducedInR(t, filepath.Join(folder, "数据", wave))
		readByPSPP(t, filepath.Join(folder, "数据", wave))
	}
	theSameAnswers(t, office, s, p, at, waves)
	p.compared()
	theSameOnThePage(t, office, p, at, pdf)
	fitsTheSchema(t, docx)
	onPaper(t, docx, pdf)
	verifiesAndNotTampered(t, data, pack)
}

// theSamePlan holds what was asked against the API.
func theSamePlan(t *testing.T, office *browser, s *server, p *reportPaper) {
	t.Helper()
	var tasks struct {
		Items []struct{ Code, Title string }
	}
	office.json(s.address+"/api/v1/campaigns/feicheng/tasks", &tasks)
	rows := p.table("各项任务")
	if len(rows) != len(tasks.Items) {
		t.Fatalf("the report asks %d tasks, the API has %d", len(rows), len(tasks.Items))
	}
	for i, task := range tasks.Items {
		if rows[i][0] != task.Code || rows[i][1] != bare(task.Title) {
			t.Errorf("the report asks %q, the API has %+v", rows[i], task)
		}
	}
	p.says("the plan", fmt.Sprintf("方案共%d项任务", len(rows)))
}

// theSameOnThePage holds the report as the program shows it against the .docx, cell by cell, and
// looks for every number of its tables in the PDF.
func theSameOnThePage(t *testing.T, office *browser, p *reportPaper, at, pdf string) {
	t.Helper()
	office.open(at + "/report")
	page := ask[[][][]string](office, `[...document.querySelectorAll("table")].map(t => [...t.rows].map(r => [...r.cells].map(c => c.textContent)))`)
	if len(page) != len(p.tables) {
		t.Fatalf("the page has %d tables, the .docx %d", len(page), len(p.tables))
	}
	text, err := exec.Command("pdftotext", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]int{}
	for _, n := range numbers.FindAllString(string(text), -1) {
		printed[n]++
	}
	want := map[string]int{}
	for i, table := range p.tables {
		sameRows(t, "the page's "+table.caption, page[i], table.rows)
		for _, row := range table.rows {
			for _, n := range numbers.FindAllString(strings.Join(row, " "), -1) {
				want[n]++
			}
		}
	}
	if len(want) < 300 {
		t.Errorf("the tables have only %d numbers", len(want))
	}
	for n, times := range want {
		if printed[n] < times {
			t.Errorf("the tables of the .docx have %s %d times, the PDF %d times", n, times, printed[n])
		}
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
