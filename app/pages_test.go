package main

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// officePages are those of the office that have no test of their own in a browser.
var officePages = []string{
	"/c/feicheng/overview", "/c/feicheng/coverage", "/c/feicheng/map", "/c/feicheng/calendar", "/c/feicheng/totals", "/c/feicheng/standing",
	"/c/feicheng/checks", "/c/feicheng/rehearsal", "/c/feicheng/inspectors", "/c/feicheng/dossiers",
	"/c/feicheng/waves/w2", "/c/feicheng/waves/w2/margins", "/c/feicheng/waves/w2/analysis", "/c/feicheng/waves/w2/screening", "/c/feicheng/waves/w2/questions/carriers?by=carriers",
	"/verify",
}

// pagesForEverybody: axe-core finds nothing on a desk, and nothing is wider than a phone, with all
// open that can be opened.
func pagesForEverybody(t *testing.T, s *server, passwords map[string]string) {
	axe := axeCore(t)
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	for _, path := range officePages {
		office.open(path)
		office.waitFor(`document.readyState === "complete"`)
		t.Log(path)
		office.audit(axe)
	}
	paperShowsAll(t, office)
	phone := openBrowser(t, s.address, 390, 844)
	phone.signIn("office", passwords["office"])
	for _, path := range officePages {
		phone.open(path)
		phone.waitFor(`document.readyState === "complete"`)
		if over := ask[int](phone, `(document.querySelectorAll("main details").forEach(d => d.open = true), document.documentElement.scrollWidth - innerWidth)`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone", path, over)
		}
	}
}

// paperShowsAll: a page has its title, and its charts aren't cut off.
func paperShowsAll(t *testing.T, office *browser) {
	office.open("/c/feicheng/coverage")
	office.waitFor(`document.querySelectorAll("[data-chart] canvas").length > 2`)
	media := func(kind string) {
		office.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind})
			return err
		}))
	}
	media("print")
	defer media("")
	got := ask[struct {
		Title  bool `json:"title"`
		Screen int  `json:"screen"`
		Paper  int  `json:"paper"`
		After  int  `json:"after"`
	}](office, `(() => {
		const widest = () => Math.max(...[...document.querySelectorAll("[data-chart] canvas")].map(c => c.clientWidth));
		const title = document.querySelector("h1").getClientRects().length > 0, screen = widest();
		dispatchEvent(new Event("beforeprint"));
		const paper = widest();
		dispatchEvent(new Event("afterprint"));
		return { title, screen, paper, after: widest() };
	})()`)
	if !got.Title || got.Screen < 800 || got.Paper > 700 || got.After < 800 {
		t.Errorf("on paper: %+v", got)
	}
}
