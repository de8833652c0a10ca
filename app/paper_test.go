package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"shuixuan/app/survey"
)

// keys types as a keyboard does, without looking at the page in between; ⏎ is Enter, ⌃Z
// takes back.
func (b *browser) keys(text string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		control := int64(0)
		for _, r := range text {
			down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r), Modifiers: control}
			switch {
			case r == '⌃':
				control = ctrl
				continue
			case r == '⏎':
				down.Key, down.Code, down.WindowsVirtualKeyCode, down.Text = "Enter", "Enter", 13, "\r"
			case control != 0:
				down.Text, down.WindowsVirtualKeyCode = "", int64(r)
			}
			control = 0
			up := down
			up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
			for _, event := range []input.DispatchKeyEventParams{down, up} {
				if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, event); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

// paperFromPrintToReturns numbers twenty sheets, prints them, hands them out, types them
// from the keyboard without waiting for the server, types five again with two differences,
// settles them and reads the return table.
func paperFromPrintToReturns(t *testing.T, s *server, passwords map[string]string) {
	const wave = "/c/feicheng/waves/w2"
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open(wave + "/sheets")
	office.fill(`form[action$="/sheets/print"] input[name=count]`, "20")
	office.click(`form[action$="/sheets/print"] button`)
	office.waitFor(`document.body.innerText.includes("编号已登记")`)
	office.click(`details:has(form[action$="/sheets/issue"]) summary`)
	office.fill(`form[action$="/sheets/issue"] input[name=numbers]`, "0001-0020")
	office.choose(`form[action$="/sheets/issue"] select[name=distributor]`, "diaocha")
	office.choose(`form[action$="/sheets/issue"] select[name=stratum]`, "school")
	office.click(`form[action$="/sheets/issue"] button`)
	office.waitFor(`document.body.innerText.includes("已登记发出")`)
	printedCodes(t, office, wave)

	distributor := openBrowser(t, s.address, 1280, 900)
	distributor.signIn("diaocha", passwords["diaocha"])
	distributor.open("/c/feicheng/sheets")
	distributor.waitFor(`document.body.innerText.includes("手里 20 张")`)
	stops := typeTwenty(distributor, wave)
	distributor.waitFor(`document.querySelector("[data-waiting]").hidden && document.querySelector("[data-saved]").innerText.includes("0020")`)

	office.open(wave + "/second")
	office.waitFor(`document.querySelector("form.entry").classList.contains("scripted")`)
	if ask[bool](office, `[...document.querySelectorAll(".option input")].some(input => input.checked)`) {
		t.Error("the second entry shows something of the first")
	}
	for sheet := 1; sheet <= 5; sheet++ {
		sex := "1"
		if sheet == 2 || sheet == 4 {
			sex = "2"
		}
		office.do(chromedp.Focus(`input[name=number]`))
		ask[bool](office, `(() => { document.querySelector("input[name=number]").select(); return true })()`)
		office.keys(fmt.Sprintf("%04d⏎1⏎%s⏎", sheet, sex) + strings.Repeat("1⏎", stops-2) + "⌃⏎")
		office.waitFor(`document.activeElement.name === "number" && ![...document.querySelectorAll(".option input")].some(input => input.checked)`)
	}
	office.waitFor(`document.querySelector("[data-waiting]").hidden && document.querySelector("[data-saved]").innerText.includes("0005")`)

	office.open(wave + "/double")
	if text := office.text(); !strings.Contains(text, "5\n张录了两次") && !strings.Contains(text, "5张录了两次") || ask[int](office, `document.querySelectorAll('a[href*="/double/"]').length`) != 2 {
		t.Fatalf("five sheets, two of them with a difference:\n%s", text)
	}
	for left := 2; left > 0; left-- {
		office.click(`a[href*="/double/"]`)
		office.waitFor(`!!document.querySelector("form.settle")`)
		office.click(`input[name="pick.sex"][value="` + strconv.Itoa(left) + `"]`)
		office.click(`form.settle button[type=submit]`)
		office.waitFor(`document.body.innerText.includes("已核定")`)
	}
	if text := office.text(); !strings.Contains(text, fmt.Sprintf("2 / %d", 5*(stops+1))) {
		t.Errorf("two differences in five sheets of %d fields and their disposition:\n%s", stops, text)
	}
	returnsAgree(t, office, wave)
}

// typeTwenty types sheets one after the other and gives how many fields one has.
func typeTwenty(b *browser, wave string) int {
	b.t.Helper()
	b.open(wave + "/entry")
	b.waitFor(`document.querySelector("form.entry").classList.contains("scripted")`)
	b.do(chromedp.Focus(`input[name=number]`))
	b.keys("1⏎") // written without its zeros
	b.waitFor(`document.querySelector("input[name=number]").value === "0001" && document.querySelector("[data-number-note]").innerText.includes("学校师生")`)
	b.keys("3⏎2⏎⌃z⌃z") // both taken back
	b.waitFor(`![...document.querySelectorAll(".option input")].some(input => input.checked)`)
	b.keys("/5⏎") // to the fifth question and back by its number
	b.waitFor(`document.activeElement.closest(".q").dataset.position === "5"`)
	b.keys("/1⏎")
	stops := 0
	for ; ask[bool](b, `document.activeElement.matches(".key, .other input")`); stops++ {
		b.keys("1⏎")
	}
	b.keys("⌃⏎")
	for range 19 { // the number of the next sheet stands there already
		b.keys("⏎" + strings.Repeat("1⏎", stops) + "⌃⏎")
	}
	return stops
}

// readsCodes tells whether the machine can read codes from paper; CI promises it.
func readsCodes(t testing.TB) bool {
	t.Helper()
	for _, tool := range []string{"pdftoppm", "zbarimg"} {
		if _, err := exec.LookPath(tool); err != nil {
			if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
				t.Fatalf("no %s on this machine, and CI promised one", tool)
			}
			t.Logf("no %s on this machine: the codes are not read", tool)
			return false
		}
	}
	return true
}

// codesOf turns the pages of a PDF into pictures and has their codes read by another program
// than the one that drew them. It gives how many pages there are.
func codesOf(t testing.TB, pdf string) (codes []string, pages int) {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command("pdftoppm", "-r", "150", "-gray", "-png", pdf, filepath.Join(folder, "page")).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	images, err := filepath.Glob(filepath.Join(folder, "page*.png"))
	if err != nil || len(images) == 0 {
		t.Fatalf("no pictures of %s: %v", pdf, err)
	}
	out, _ := exec.Command("zbarimg", append([]string{"--quiet", "--raw"}, images...)...).Output() // it minds pages without a code
	return strings.Fields(string(out)), len(images)
}

// printedCodes makes the PDF of twenty sheets and reads each code.
func printedCodes(t *testing.T, b *browser, wave string) {
	if !readsCodes(t) {
		return
	}
	b.open(wave + "/paper?numbers=0001-0020")
	if n := ask[int](b, `document.querySelectorAll("article.sheet").length`); n != 20 {
		t.Fatalf("%d sheets on the page, want 20", n)
	}
	folder := t.TempDir()
	allowDownloads(b, folder)
	b.click(`a.pdf`)
	pdf := waitForFile(t, folder, ".pdf")
	text, err := exec.Command("pdftotext", "-layout", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	read, pages := codesOf(t, pdf)
	each := pages / 20
	if each*20 != pages || strings.Count(string(text), fmt.Sprintf("第 1 页，共 %d 页", each)) != 20 || strings.Count(string(text), "编号 0020（零零二零）") != each {
		t.Errorf("%d pages: each sheet begins with its first page and has its number on every one", pages)
	}
	for sheet := 1; sheet <= 20; sheet++ {
		want := survey.SheetCode("feicheng", "w2", fmt.Sprintf("%04d", sheet), 1)
		if len(read) < sheet || read[sheet-1] != want {
			t.Fatalf("sheet %d: read %v, want %s", sheet, read, want)
		}
	}
	if len(read) != 20 {
		t.Errorf("%d codes on 20 sheets", len(read))
	}
}

// returnsAgree reads the table of sheets and the progress of the wave.
func returnsAgree(t *testing.T, b *browser, wave string) {
	b.open(wave + "/sheets")
	line := ask[[]string](b, `[...[...document.querySelectorAll(".returns tbody tr")].find(tr => tr.cells[0].innerText === "学校师生").cells].map(td => td.innerText)`)
	// Issued, returned, rate, valid, rate.
	if got := strings.Join(line[1:6], " "); got != "20 20 100.0% 20 100.0%" {
		t.Errorf("the return table says %q", got)
	}
	elsewhere, err := strconv.Atoi(line[len(line)-1])
	if err != nil {
		t.Fatal(err)
	}
	ask[bool](b, fmt.Sprintf(`(() => { fetch(%q).then(r => r.text()).then(text => { window.counted = text.split("\r\n").find(line => line.startsWith("学校师生")).split(","); }); return true })()`, wave+"/panels/survey-progress.csv"))
	b.waitFor(`!!window.counted`)
	progress := ask[[]string](b, `window.counted`)
	complete, _ := strconv.Atoi(progress[2])
	partial, _ := strconv.Atoi(progress[4])
	if complete+partial != 20+elsewhere {
		t.Errorf("the wave counts %d complete and %d partial, the table 20 and %d elsewhere", complete, partial, elsewhere)
	}
	b.click(`.returns tbody tr:first-child a[href*="part=valid"]`)
	b.waitFor(`document.body.innerText.includes("共 20 个") && document.body.innerText.includes("0020")`)
}
