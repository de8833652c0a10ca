package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"shuixuan/app/survey/surveytest"
	"shuixuan/dashboards/workbook"
)

// linkIsAnswered makes a poster and slips as the office does, and answers them on a phone:
// with scripts, without, in two tabs, and with the back button. Every page passes axe-core.
func linkIsAnswered(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open("/c/feicheng/links")
	office.fill(`#new input[name=name]`, "实验小学家长")
	office.click(`#new button[type=submit]`)
	office.waitFor(`!!document.querySelector(".poster-code") && document.querySelector(".poster-code").naturalWidth > 200`)
	poster := printed(office)[0]
	office.printsCodes(poster)
	office.open("/c/feicheng/links")
	office.fill(`#new input[name=name]`, "一人一张")
	office.do(chromedp.Click(chromedp.CSS(`#new input[value=once]`), chromedp.NodeVisible))
	office.fill(`#new input[name=count]`, "2")
	office.click(`#new button[type=submit]`)
	office.waitFor(`document.querySelectorAll(".slip-code").length === 2`)
	slips := printed(office)
	office.printsCodes(slips...)

	axe := axeCore(t)
	phone := openBrowser(t, s.address, 390, 844)
	code := phone.answer(poster, axe)
	plain := openBrowser(t, s.address, 390, 844)
	plain.do(chromedp.Func(withoutScripts))
	plain.answer(slips[0], "")

	office.open("/c/feicheng/links?receipt=" + code)
	office.waitFor(`document.body.innerText.includes("已收到")`)
	twoTabs(t, s, slips[1])
}

// everyPageOfALink uploads a questionnaire with each type, makes a round of it and lets
// axe-core look at each page that a link can show: its start, every question, what is wrong,
// the end, the shorter form, all on one page, and every reason why nothing can be answered.
func everyPageOfALink(t *testing.T, s *server, passwords map[string]string) {
	axe := axeCore(t)
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	roundOfEveryType(t, office)

	paged := newLink(office, "分页", false)
	phone := openBrowser(t, s.address, 390, 844)
	phone.open(paged[0])
	phone.audit(axe)
	phone.goOn("start")
	phone.goOn("agree") // nothing chosen
	phone.waitFor(`!!document.querySelector("#bad li")`)
	phone.audit(axe)
	if focus := ask[string](phone, `document.activeElement.id`); focus != "bad" {
		t.Errorf("after a fault the focus is on %q, not on what is wrong", focus)
	}
	phone.answer(paged[0], axe)
	phone.open(paged[0]) // answered before
	phone.waitFor(`document.body.innerText.includes("已经收下")`)
	phone.audit(axe)

	young := openBrowser(t, s.address, 390, 844)
	young.open(paged[1])
	ask[bool](young, `(document.querySelector("input[name=young][value='1']").click(), true)`)
	young.goOn("start")
	if young.answer(ask[string](young, `location.pathname`), axe); strings.Contains(young.text(), "家里几口人") {
		t.Error("the shorter form asks what is for adults")
	}

	refused := openBrowser(t, s.address, 390, 844)
	refused.open(paged[2])
	refused.goOn("start")
	ask[bool](refused, `([...document.querySelectorAll("#f-agree input")].at(-1).click(), true)`) // doesn't agree
	refused.goOn("agree")
	refused.waitFor(`document.readyState === "complete" && !!document.querySelector(".end h1")`)
	refused.audit(axe)
	refused.open("/s/0000-0000-0000-0000")
	refused.waitFor(`!!document.querySelector(".end h1")`)
	refused.audit(axe)

	whole := newLink(office, "一页", true)
	one := openBrowser(t, s.address, 390, 844)
	one.open(whole[0])
	one.goOn("start")
	one.press()
	one.waitFor(`document.querySelectorAll("#bad li").length > 3`)
	one.audit(axe)
	one.answer(ask[string](one, `location.pathname`), axe)

	office.open("/c/feicheng/waves/every/edit")
	office.fill(`form[action$="/close"] input[name=reason]`, "试填结束")
	office.click(`form[action$="/close"] button`)
	office.waitFor(`document.body.innerText.includes("这一轮已结束")`)
	one.open(whole[1])
	one.waitFor(`!!document.querySelector(".end h1")`)
	one.audit(axe)
}

// roundOfEveryType brings the questionnaire in as the office does, from a workbook.
func roundOfEveryType(t *testing.T, office *browser) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "every.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(workbook.XLSForm(f, surveytest.EveryType()), f.Close()); err != nil {
		t.Fatal(err)
	}
	office.open("/c/feicheng/questionnaires")
	office.do(chromedp.SetUploadFiles(`input[name=file]`, []string{path}))
	office.click(`form[action$="/xlsform"] button`)
	office.waitFor(`!!document.querySelector("form[action$='/xlsform/take']")`)
	office.click(`form[action$="/xlsform/take"] button`)
	office.waitFor(`location.pathname.endsWith("/link/draft") && document.readyState === "complete"`)
	office.click(`form[action$="/publish"] button`)
	office.waitFor(`document.body.innerText.includes("已发布。这一版不会再变") && document.readyState === "complete"`)
	office.open("/c/feicheng/waves/new?take=link@1")
	office.fill(`input[name=name]`, "每种题型")
	office.fill(`input[name=id]`, "every")
	office.fill(`textarea[name=areas]`, "east 城东")
	office.click(`form[action$="/waves"] > .form-end button`)
	office.waitFor(`location.pathname.endsWith("/waves/every/edit")`)
}

// newLink makes three addresses that are each answered once.
func newLink(office *browser, name string, onePage bool) []string {
	office.t.Helper()
	office.open("/c/feicheng/links")
	office.fill(`#new input[name=name]`, name)
	office.choose(`#new select[name=wave]`, "every")
	office.do(chromedp.Click(chromedp.CSS(`#new input[value=once]`), chromedp.NodeVisible))
	office.fill(`#new input[name=count]`, "3")
	if onePage {
		office.click(`#new input[name=one_page]`)
	}
	office.click(`#new button[type=submit]`)
	office.waitFor(`document.querySelectorAll(".slip-code").length === 3`)
	return printed(office)
}

// goOn presses the main button of the page of a question and waits for what comes.
func (b *browser) goOn(at string) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`document.readyState === "complete" && document.querySelector("input[name=at]")?.value === %q`, at))
	ask[bool](b, `(window.before = true, document.querySelector("button.main").click(), true)`)
	b.waitFor(`document.readyState === "complete" && !window.before`)
}

var addressOnPaper = regexp.MustCompile(`/s/(?:[0-9a-z]{4}-){3}[0-9a-z]{4}`)

// printed gives the addresses that stand on a page in words.
func printed(b *browser) []string {
	return addressOnPaper.FindAllString(b.text(), -1)
}

// printsCodes prints the page as the office does and reads the codes on the paper: each leads
// where the words beside it do.
func (b *browser) printsCodes(addresses ...string) {
	b.t.Helper()
	if !readsCodes(b.t) {
		return
	}
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground(), chromedp.PDFPaper(chromedp.PaperA4)))
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(b.t.TempDir(), "printed.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		b.t.Fatal(err)
	}
	read, _ := codesOf(b.t, path)
	if len(read) != len(addresses) {
		b.t.Fatalf("codes %v on the paper, want %v", read, addresses)
	}
	for i, address := range addresses {
		if token := strings.ReplaceAll(address, "-", ""); !strings.HasSuffix(strings.ReplaceAll(read[i], "-", ""), token) {
			b.t.Errorf("a code leads to %s, the words beside it to %s", read[i], address)
		}
	}
}

// choice answers whatever the page asks: the first option of each question, a number.
const choice = `(() => {
  document.querySelectorAll("fieldset").forEach(f => { const first = f.querySelector("input[type=radio],input[type=checkbox]"); if (first && !f.querySelector(":checked")) first.click(); });
  document.querySelectorAll("input[inputmode=decimal]").forEach(i => { i.value = "3"; });
  return document.querySelector("input[name=at]")?.value ?? "end";
})()`

// answer goes through the questionnaire and gives the receipt. With axe-core each page is
// looked at.
func (b *browser) answer(address, axe string) string {
	b.t.Helper()
	b.open(address)
	seen := map[string]bool{}
	for range 60 {
		b.waitFor(`document.readyState === "complete"`)
		if b.audit(axe); ask[bool](b, `!!document.querySelector(".receipt strong")`) {
			if ask[int](b, `document.documentElement.scrollWidth - innerWidth`) > 0 {
				b.t.Error("the last page is wider than the phone")
			}
			return ask[string](b, `document.querySelector(".receipt strong").textContent`)
		}
		at := ask[string](b, choice)
		if seen[at] {
			b.t.Fatalf("page %q comes twice:\n%s", at, b.text())
		}
		if wide := ask[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			b.t.Errorf("page %q is %d pixels wider than the phone", at, wide)
		}
		if low := ask[float64](b, `Math.min(...[...document.querySelectorAll("button,.o,.m,select")].map(e => e.getBoundingClientRect().height))`); low < 44 {
			b.t.Errorf("page %q has a target of %v pixels", at, low)
		}
		seen[at] = true
		if len(seen) == 3 {
			b.backAndOn(at)
		}
		b.press()
		b.waitFor(fmt.Sprintf(`document.readyState === "complete" && (document.querySelector("input[name=at]")?.value ?? "end") !== %q`, at))
	}
	b.t.Fatalf("no end:\n%s", b.text())
	return ""
}

// press sends the page. The library's own click waits for the nodes of a page that it saw
// loading; one that the back button brings from memory has none for it.
func (b *browser) press() {
	b.t.Helper()
	ask[bool](b, `(document.querySelector("button.main").click(), true)`)
}

// backAndOn uses the browser's own button: the page before stands there with its answer.
func (b *browser) backAndOn(at string) {
	b.t.Helper()
	ask[bool](b, `(history.back(), true)`) // the library would wait for a page that is loaded, and this one may come from memory
	b.waitFor(fmt.Sprintf(`document.readyState === "complete" && document.querySelector("input[name=at]")?.value !== %q`, at))
	if !ask[bool](b, `!!document.querySelector("fieldset :checked")`) {
		b.t.Errorf("the page before has lost its answer:\n%s", b.text())
	}
	b.press()
	b.waitFor(fmt.Sprintf(`document.readyState === "complete" && document.querySelector("input[name=at]")?.value === %q`, at))
	ask[string](b, choice)
}

// twoTabs: the second is told, and what was typed there still stands on the page.
func twoTabs(t *testing.T, s *server, address string) {
	one, two := openBrowser(t, s.address, 390, 844), openBrowser(t, s.address, 390, 844)
	one.open(address)
	one.press()
	one.waitFor(`!!document.querySelector("input[name=at]") && document.querySelector("input[name=at]").value !== "start"`)
	two.open(address)
	two.press()
	two.waitFor(`!!document.querySelector("fieldset .o")`)
	one.answer(address, "")
	ask[bool](two, `(() => { const all = document.querySelectorAll("fieldset .o input"); all[all.length - 1].click(); return true })()`)
	two.press()
	two.waitFor(`document.body.innerText.includes("已经提交过了") && !!document.querySelector(".receipt")`)
	one.open(address)
	one.waitFor(`document.body.innerText.includes("已经收下")`)
}

// withoutScripts turns scripts off for the page; what the test asks still runs.
func withoutScripts(ctx context.Context, _ *chromedp.Target) error {
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return err
}

// axeCore gives the checker's source. It is a tool of the tests and ships with nothing.
func axeCore(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			t.Fatalf("no axe-core, and the lock file names it: %v", err)
		}
		t.Log("no axe-core on this machine: npm ci brings it")
	}
	return string(source)
}

// audit lets axe-core look at the page. The script comes by the debugger, past the page's
// policy.
func (b *browser) audit(axe string) {
	b.t.Helper()
	if axe == "" {
		return
	}
	ask[bool](b, axe+`; true`)
	ask[bool](b, `(() => { window.found = null; axe.run(document, { resultTypes: ["violations"] }).then(r => { window.found = JSON.stringify(r.violations.map(v => ({ id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 160) + " " + (n.failureSummary || "")) }))) }); return true })()`)
	b.waitFor(`window.found !== null`)
	var found []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(ask[string](b, `window.found`)), &found); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range found {
		b.t.Errorf("%s: %s (%s)\n%s", ask[string](b, `location.search`), v.ID, v.Help, strings.Join(v.Nodes, "\n"))
	}
}
