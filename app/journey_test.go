package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// TestInTheBrowser is what people do, each in a browser of their own, on one
// demonstration: to load it takes longer than what they do.
func TestInTheBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the demonstration and browsers")
	}
	data := t.TempDir()
	s := startServer(t, "--demo", "--data", data)
	passwords := demoPasswords(t, data)
	t.Run("the journey", func(t *testing.T) { theJourney(t, s, passwords) })
	t.Run("from the invitation to the first sign-in", func(t *testing.T) { invitationToFirstSignIn(t, s, passwords) })
	t.Run("a link is answered", func(t *testing.T) { linkIsAnswered(t, s, passwords) })
	t.Run("every page of a link", func(t *testing.T) { everyPageOfALink(t, s, passwords) })
	t.Run("from a photo to the auditor", func(t *testing.T) { photoToAuditor(t, s, passwords) })
	t.Run("an inspector checks twenty points", func(t *testing.T) { inspectorChecksTwentyPoints(t, s, passwords) })
	t.Run("from a questionnaire to its wave", func(t *testing.T) { questionnaireToWave(t, s, passwords) })
	t.Run("a phone without a network", func(t *testing.T) { aPhoneWithoutANetwork(t, s, passwords) })
	t.Run("a phone that never comes back", func(t *testing.T) { aPhoneThatNeverComesBack(t, s, passwords) })
	t.Run("a page of another session", func(t *testing.T) { aPageOfAnotherSession(t, s, passwords) })
	t.Run("a phone of before", func(t *testing.T) { aPhoneOfBefore(t, s, passwords) })
	t.Run("from the map to a placement", func(t *testing.T) { mapToPlacement(t, s, passwords) })
	t.Run("a dossier from a figure to a photo", func(t *testing.T) { dossierFromFigureToPhoto(t, s, data, passwords) })
	t.Run("a backup of all of it comes back", func(t *testing.T) { backupComesBack(t, data) })
	t.Run("pages for everybody", func(t *testing.T) { pagesForEverybody(t, s, passwords) })
	t.Run("estimates on pages", func(t *testing.T) { estimatesOnPages(t, s, passwords) })
	t.Run("an open page renews itself", func(t *testing.T) { openPageRenewsItself(t, s, passwords) })
	t.Run("the wall turns", func(t *testing.T) { theWallTurns(t, s, passwords) })
	// Last of those that enter sheets: once sheets of a wave are printed, other numbers are asked about.
	t.Run("paper from print to the return table", func(t *testing.T) { paperFromPrintToReturns(t, s, passwords) })
	if code := s.stop(t); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
}

// theJourney is the main job: a unit logs a placement and imports a ledger, a distributor
// enters three sheets from the keyboard, the office sees the numbers change and finds them
// again in the downloaded workbook.
func theJourney(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	before := officeSees(office)

	unit := openBrowser(t, s.address, 390, 844)
	unit.signIn("zhujian", passwords["zhujian"])
	logOne(unit)
	importThree(t, unit)

	distributor := openBrowser(t, s.address, 1280, 900)
	distributor.signIn("diaocha", passwords["diaocha"])
	enterThree(distributor)

	after := officeSees(office)
	if after.placements != before.placements+3 { // one by hand, two good rows of three
		t.Errorf("the office saw %d placements and now %d, want 3 more", before.placements, after.placements)
	}
	if after.responses != before.responses+3 {
		t.Errorf("the office saw %d responses and now %d, want 3 more", before.responses, after.responses)
	}
	workbookAgrees(t, office, after)
}

// demoPasswords reads the sign-ins that the first start has kept, which nobody but the
// owner may read.
func demoPasswords(t testing.TB, data string) map[string]string {
	t.Helper()
	path := filepath.Join(data, accountsFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s may be read by others: %v", accountsFile, info.Mode())
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{}
	for _, line := range strings.Split(string(body), "\n") {
		if fields := strings.Fields(line); len(fields) >= 3 {
			passwords[fields[0]] = fields[1]
		}
	}
	return passwords
}

// sight is what the office reads on its pages.
type sight struct {
	placements int    // on the ledger page
	responses  int    // of the second wave, complete
	covered    string // the sentence of the overview
}

var (
	ledgerCount = regexp.MustCompile(`共\s*([\d,]+)\s*条`)
	waveCount   = regexp.MustCompile(`合计\s*([\d,]+)\s*份`)
	coveredOf   = regexp.MustCompile(`应落实的(\d+)项[^。]*?中有(\d+)项已证明在位`)
)

func officeSees(b *browser) sight {
	b.t.Helper()
	var seen sight
	b.open("/c/feicheng/placements")
	seen.placements = number(b, ledgerCount)
	b.open("/c/feicheng/waves/w2")
	seen.responses = number(b, waveCount)
	b.open("/c/feicheng/overview")
	b.waitFor(`document.querySelectorAll("canvas").length >= 2`) // the charts are drawn
	seen.covered = strings.Join(coveredOf.FindStringSubmatch(b.text()), "|")
	if seen.covered == "" {
		b.t.Fatalf("the overview doesn't say what is covered:\n%s", b.text())
	}
	return seen
}

func number(b *browser, pattern *regexp.Regexp) int {
	b.t.Helper()
	found := pattern.FindStringSubmatch(b.text())
	if found == nil {
		b.t.Fatalf("%s is not on the page:\n%s", pattern, b.text())
	}
	n, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// logOne logs one placement by the form, on a phone.
func logOne(b *browser) {
	b.t.Helper()
	b.open("/c/feicheng/placements/new")
	b.choose(`select[name=task]`, "社会宣传1")
	b.fill(`input[name=carrier]`, "宣传条幅")
	b.fill(`input[name=place]`, "浏览器测试：龙山河西岸")
	b.fill(`input[name=quantity]`, "5")
	b.choose(`select[name=measure]`, "条")
	b.fill(`input[name=start]`, "2014-10-01")
	b.click(`form[data-placement] button[type=submit]`)
	b.waitFor(`document.body.innerText.includes("浏览器测试：龙山河西岸")`)
}

// importThree sends a ledger in two steps: two rows are good, one has no year.
func importThree(t *testing.T, b *browser) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "浏览器测试台账.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := csv.NewWriter(f)
	out.WriteAll([][]string{
		{"任务", "宣传形式", "设置地点", "数量", "开始时间", "结束时间"},
		{"社会宣传1", "宣传条幅", "浏览器测试一号工地", "３条", "2014年9月20日", "至验收结束"},
		{"社会宣传1", "路灯广告牌", "浏览器测试长山街", "12块", "2014.9.21", "至验收结束"},
		{"社会宣传1", "宣传条幅", "浏览器测试二号工地", "2条", "9月22日", "至验收结束"},
	})
	if err := f.Close(); err != nil || out.Error() != nil {
		t.Fatal(err, out.Error())
	}
	b.open("/c/feicheng/imports")
	b.do(chromedp.SetUploadFiles(`form[data-upload] input[type=file]`, []string{path}))
	b.click(`form[data-upload] button[type=submit]`)
	b.waitFor(`!!document.querySelector("form#commit")`)
	if text := b.text(); !strings.Contains(text, "没有年份") && !strings.Contains(text, "缺年份") && !strings.Contains(text, "年份") {
		t.Errorf("the preview doesn't say that the date has no year:\n%s", text)
	}
	b.click(`form#commit button[type=submit]`)
	b.waitFor(`/\/imports\/[0-9a-f-]{36}$/.test(location.pathname)`)
}

// enterThree types three paper sheets with nothing but the keyboard, without waiting for
// the server between them.
func enterThree(b *browser) {
	b.t.Helper()
	b.open("/c/feicheng/waves/w2/entry")
	b.waitFor(`document.querySelector("form.entry").classList.contains("scripted")`)
	b.do(chromedp.Focus(`input[name=number]`))
	questions := ask[int](b, `document.querySelectorAll("form.entry .q[data-name]").length`)
	for sheet := range 3 {
		b.do(chromedp.KeyEvent("JT-" + strconv.Itoa(sheet+1)))
		b.enter(0)
		for range questions {
			onField := ask[bool](b, `document.activeElement.matches(".key")`)
			if !onField {
				break // the last question is answered: the button has the focus
			}
			if ask[bool](b, `document.activeElement.tagName === "TEXTAREA"`) {
				b.do(chromedp.KeyEvent("河道更干净了"))
			} else {
				b.do(chromedp.KeyEvent("1"))
			}
			b.enter(0)
		}
		b.enter(ctrl)
		// The next sheet is open with the next number of the series, to be typed over.
		b.waitFor(fmt.Sprintf(`document.activeElement.name === "number" && document.activeElement.value === "JT-%d"`, sheet+2))
	}
	b.waitFor(`document.querySelector("[data-waiting]").hidden && document.querySelector("[data-saved]").innerText.includes("JT-3")`)
}

// workbookAgrees downloads the report, opens it with LibreOffice and looks for the
// numbers that the office has just read.
func workbookAgrees(t *testing.T, b *browser, seen sight) {
	t.Helper()
	folder := t.TempDir()
	allowDownloads(b, folder)
	b.open("/c/feicheng/overview")
	b.click(`a[href$="report.xlsx"]`)
	report := waitForFile(t, folder, ".xlsx")
	office, err := exec.LookPath("libreoffice")
	if err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatal("no libreoffice on this machine, and CI promised one")
		}
		t.Skip("no libreoffice on this machine")
	}
	// Every sheet as CSV: fields by comma, UTF-8, as shown, all sheets (-1).
	convert := exec.Command(office, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", folder, report)
	convert.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("libreoffice: %v\n%s", err, out)
	}
	sheets, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil || len(sheets) < 4 {
		t.Fatalf("libreoffice found %d sheets, %v", len(sheets), err)
	}
	var all strings.Builder
	for _, sheet := range sheets {
		body, err := os.ReadFile(sheet)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(body)
	}
	text := all.String()
	if got := strings.Join(coveredOf.FindStringSubmatch(text), "|"); got != seen.covered {
		t.Errorf("the workbook says %q, the overview %q", got, seen.covered)
	}
	for _, want := range []string{"浏览器测试：龙山河西岸", "浏览器测试一号工地", "浏览器测试长山街"} {
		if !strings.Contains(text, want) {
			t.Errorf("the workbook doesn't hold %s", want)
		}
	}
	if strings.Contains(text, "浏览器测试二号工地") {
		t.Error("the workbook holds the row that was sent back")
	}
	if !strings.Contains(text, strconv.Itoa(seen.responses)) {
		t.Errorf("the workbook doesn't hold the %d responses of the wave", seen.responses)
	}
}

// allowDownloads lets the browser save files into a folder.
func allowDownloads(b *browser, folder string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
			Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
		})
		return err
	}))
}

// waitForFile waits for a finished download.
func waitForFile(t *testing.T, folder, ending string) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		found, err := filepath.Glob(filepath.Join(folder, "*"+ending))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	t.Fatalf("no %s was downloaded", ending)
	return ""
}
