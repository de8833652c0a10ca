package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var loggedRecords = regexp.MustCompile(`累计登记(\d+)条`)

// openPageRenewsItself: what a unit logs appears on the overview that the office has open, in the
// same page and in the same charts; but not while a menu is open.
func openPageRenewsItself(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open("/c/feicheng/overview")
	office.waitFor(`document.querySelectorAll("canvas").length >= 2`)
	office.run(`window.sameOne = true; document.querySelector("#overview-week canvas").sameOne = true; document.querySelector("#overview-week details.panel-table").open = true`)
	before := number(office, loggedRecords)

	unit := openBrowser(t, s.address, 390, 844)
	unit.signIn("zhujian", passwords["zhujian"])
	// Counted before anything is logged: on a busy machine the page asks by itself in between, knows
	// of the news, and asks no more until the menu is closed.
	const asked = `performance.getEntriesByType("resource").filter(e => e.name.includes("news.json")).length`
	office.run(`document.querySelector("details.menu").open = true; window.asked = ` + asked)
	logOne(unit)
	office.run(`dispatchEvent(new Event("online"))`) // as after a broken line: it asks at once, not in 15 seconds
	office.waitFor(asked + ` > window.asked`)
	time.Sleep(time.Second)
	if now := number(office, loggedRecords); now != before {
		t.Errorf("while the menu was open %d became %d", before, now)
	}
	office.run(`document.querySelector("details.menu").open = false`)
	office.waitFor(fmt.Sprintf(`document.body.innerText.includes("累计登记%d条")`, before+1))
	office.waitFor(`/刚刚更新 \d\d:\d\d/.test(document.querySelector("[data-live]").innerText)`)
	if !ask[bool](office, `window.sameOne && document.querySelector("#overview-week canvas").sameOne && document.querySelector("#overview-week details.panel-table").open`) {
		t.Error("the page was loaded again, its chart drawn anew or its table closed")
	}
	if !ask[bool](office, `document.querySelector("[data-live]").getAttribute("role") === "status"`) {
		t.Error("the news are not told politely")
	}
}

// theWallTurns: the screen shows each of its pages once without scrolling, in type that is read
// from five metres, passes axe-core on each, says when the line drops, and renews itself.
func theWallTurns(t *testing.T, s *server, passwords map[string]string) {
	wall := openBrowser(t, s.address, 1920, 1080)
	wall.signIn("office", passwords["office"])
	wall.open("/c/feicheng/wall?seconds=3")
	wall.run(`window.seen = []; setInterval(() => {
		const page = document.querySelector(".wall-page:not([hidden])"), root = document.documentElement;
		const small = [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 28 && !e.closest(".wall-hidden"));
		const figures = [...page.querySelectorAll("strong")].filter(e => parseFloat(getComputedStyle(e).fontSize) < 90);
		const out = [...page.querySelectorAll("*")].filter(e => !e.closest(".wall-hidden") && e.checkVisibility() && (e.getBoundingClientRect().bottom > page.getBoundingClientRect().bottom + 1 || e.getBoundingClientRect().right > innerWidth + 1));
		window.seen.push({ page: page.dataset.part, turns: Number(document.body.dataset.turns), scrolls: root.scrollHeight > innerHeight || root.scrollWidth > innerWidth || page.scrollHeight > page.clientHeight,
			small: [...small, ...figures].map(e => e.outerHTML.slice(0, 80)), out: out.map(e => e.outerHTML.slice(0, 80)) });
	}, 200)`)
	wall.waitFor(`document.body.dataset.turns === "1"`)
	var seen []struct {
		Page       string
		Turns      int
		Scrolls    bool
		Small, Out []string
	}
	if err := json.Unmarshal([]byte(ask[string](wall, `JSON.stringify(window.seen)`)), &seen); err != nil {
		t.Fatal(err)
	}
	var turned []string
	for _, one := range seen {
		if one.Turns > 0 || slices.Contains(turned, one.Page) {
			continue
		}
		turned = append(turned, one.Page)
		if one.Scrolls || len(one.Small) > 0 || len(one.Out) > 0 {
			t.Errorf("%s: scrolls %v, small type %q, outside %q", one.Page, one.Scrolls, one.Small, one.Out)
		}
	}
	if want := []string{"wall-coverage", "wall-matrix", "wall-todo", "wall-intake", "wall-figures", "wall-photos"}; !slices.Equal(turned, want) {
		t.Errorf("one turn showed %v, want %v", turned, want)
	}

	wall.do(chromedp.KeyEvent(" ")) // pauses
	wall.waitFor(`document.querySelector("[data-pause]").getAttribute("aria-pressed") === "true"`)
	axe := axeCore(t)
	for range turned {
		wall.audit(axe)
		shown := ask[string](wall, `document.body.dataset.shown`)
		wall.do(chromedp.KeyEvent(kb.ArrowRight))
		wall.waitFor(fmt.Sprintf(`document.body.dataset.shown !== %q`, shown))
	}
	for ask[string](wall, `document.body.dataset.shown`) != "wall-coverage" {
		wall.do(chromedp.KeyEvent(kb.ArrowLeft))
	}

	wall.run(`window.sameOne = true; dispatchEvent(new Event("offline"))`)
	wall.waitFor(`/连线中断，这里是 \d\d:\d\d 的数字/.test(document.querySelector("[data-live]").innerText)`)
	before := number(wall, loggedRecords)
	unit := openBrowser(t, s.address, 390, 844)
	unit.signIn("zhujian", passwords["zhujian"])
	logOne(unit)
	wall.run(`dispatchEvent(new Event("online"))`)
	wall.waitFor(fmt.Sprintf(`document.body.innerText.includes("累计登记%d条")`, before+1))
	if !ask[bool](wall, `window.sameOne && document.body.dataset.shown === "wall-coverage" && document.querySelectorAll(".wall-page:not([hidden])").length === 1`) {
		t.Error("the screen was loaded again or turned another page when it was renewed")
	}
}
