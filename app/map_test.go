package main

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const shownCount = `Number(document.querySelector("#points strong").innerText)`

// mapToPlacement goes as the office does: narrow the map, send the view, open a heap, a point
// in it, its placement; then what ends on a day, and from a sum to its rows.
func mapToPlacement(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open("/c/feicheng/map")
	all := ask[int](office, shownCount)
	office.choose(`select[name=task]`, "社会宣传1")
	office.click(`form.filters button[type=submit]`)
	office.waitFor(`location.search.includes("task=")`)
	view := ask[string](office, `location.pathname + location.search`)
	some := ask[int](office, shownCount)
	if some == 0 || some >= all {
		t.Errorf("the map has %d points and %d of one task", all, some)
	}
	other := openBrowser(t, s.address, 1280, 900)
	other.signIn("office", passwords["office"])
	other.open(view)
	if sent := ask[int](other, shownCount); sent != some {
		t.Errorf("the view that was sent has %d points, want %d", sent, some)
	}

	const heaps = `[...document.querySelectorAll(".map-wide a")].filter(a => a.getAttribute("aria-label").endsWith("放大"))`
	for step := 0; ask[int](office, heaps+`.length`) > 0; step++ {
		if step > 8 {
			t.Fatal("heaps without end")
		}
		want := ask[int](office, `Number(`+heaps+`[0].querySelector("text").innerHTML)`)
		before := ask[string](office, `location.search`)
		ask[bool](office, heaps+`[0].dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}))`)
		office.waitFor(`document.readyState === "complete" && location.search !== ` + "`" + before + "`")
		if got := ask[int](office, shownCount); got != want {
			t.Fatalf("a heap of %d opens %d", want, got)
		}
	}
	// What is left is a point, or several at one place, which only the list can part.
	const point = `document.querySelector('.map-wide a[href*="/placements/"]')`
	ask[bool](office, `(`+point+` ?? document.querySelector(".row-act a")).dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}))`)
	const placement = `/\/placements\/[0-9a-f-]{36}$/.test(location.pathname) && document.body.innerText.includes("社会宣传")`
	office.waitFor(placement)
	office.open("/c/feicheng/map")
	ask[bool](office, point+`.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}))`)
	office.waitFor(placement)

	office.open("/c/feicheng/calendar")
	ask[bool](office, `document.querySelector(".month a").click() === undefined`)
	office.waitFor(`document.querySelectorAll("#day .day-list a").length > 0`)
	savesVectors(t, office)
	fitsAPhone(t, s, passwords)
}

// savesVectors saves a chart as an SVG, which any reader of XML must take.
func savesVectors(t *testing.T, office *browser) {
	t.Helper()
	folder := t.TempDir()
	allowDownloads(office, folder)
	office.open("/c/feicheng/totals")
	office.waitFor(`!!document.querySelector("#totals-measure canvas")`)
	office.do(chromedp.Click(`[data-svg="totals-measure"]`))
	body, err := os.ReadFile(waitForFile(t, folder, ".svg"))
	if err != nil {
		t.Fatal(err)
	}
	words := 0
	for d := xml.NewDecoder(strings.NewReader(string(body))); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s is no XML: %v", filepath.Base(folder), err)
		}
		if text, ok := token.(xml.CharData); ok && (strings.Contains(string(text), "按计量单位") || strings.Contains(string(text), "没有抽样误差")) {
			words++
		}
	}
	if words != 2 {
		t.Errorf("the picture has %d of title and base", words)
	}
}

func fitsAPhone(t *testing.T, s *server, passwords map[string]string) {
	t.Helper()
	phone := openBrowser(t, s.address, 390, 844)
	phone.signIn("zhujian", passwords["zhujian"])
	for _, path := range []string{"/map", "/calendar", "/totals", "/standing?state=all"} {
		phone.open("/c/feicheng" + path)
		phone.waitFor(`document.readyState === "complete"`)
		if over := ask[int](phone, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone", path, over)
		}
	}
	phone.open("/c/feicheng/map")
	if shown := ask[int](phone, `[...document.querySelectorAll("svg.map")].filter(m => m.clientWidth > 0).length`); shown != 1 {
		t.Errorf("%d maps are shown", shown)
	}
}
