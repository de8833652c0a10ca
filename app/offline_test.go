package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"shuixuan/seeds/picture"
)

// phoneLine is the line between a phone and the server, which can be cut: the worker of a
// page has requests of its own, that no switch of the page stops.
type phoneLine struct {
	t       testing.TB
	target  string
	address string

	mu     sync.Mutex
	listen net.Listener // nil while it is cut
	open   []net.Conn
}

func newPhoneLine(t testing.TB, server string) *phoneLine {
	l := &phoneLine{t: t, target: strings.TrimPrefix(server, "http://"), address: "127.0.0.1:0"}
	l.mend()
	t.Cleanup(l.cut)
	return l
}

func (l *phoneLine) url() string { return "http://" + l.address }

func (l *phoneLine) mend() {
	l.t.Helper()
	listen, err := net.Listen("tcp", l.address)
	if err != nil {
		l.t.Fatal(err)
	}
	l.address, l.listen = listen.Addr().String(), listen
	go func() {
		for {
			phone, err := listen.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", l.target)
			if err != nil {
				phone.Close()
				continue
			}
			l.mu.Lock()
			l.open = append(l.open, phone, server)
			l.mu.Unlock()
			go func() { io.Copy(server, phone); server.Close(); phone.Close() }()
			go func() { io.Copy(phone, server); server.Close(); phone.Close() }()
		}
	}()
}

func (l *phoneLine) cut() {
	if l.listen == nil {
		return
	}
	l.listen.Close()
	l.listen = nil
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		c.Close()
	}
	l.open = nil
}

// phone is a browser behind a line.
type phone struct {
	*browser
	line *phoneLine
}

func openPhone(t testing.TB, server string) *phone {
	line := newPhoneLine(t, server)
	return &phone{openBrowser(t, line.url(), 390, 844), line}
}

// network switches the line and lets the page know, as a phone does.
func (p *phone) network(on bool) {
	p.t.Helper()
	if on {
		p.line.mend()
	} else {
		p.line.cut()
	}
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !on, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	}))
}

// later gives what a promise brings.
func later[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// keeps waits until the worker has a page.
func (p *phone) keeps(path string) {
	p.t.Helper()
	p.waitFor(`!!navigator.serviceWorker.controller`)
	for range 100 {
		if later[bool](p.browser, fmt.Sprintf(`caches.open("shuixuan-pages").then(c => c.match(%q)).then(r => Boolean(r))`, path)) {
			return
		}
	}
	p.t.Fatalf("%s is not kept: %v", path, later[[]string](p.browser, `caches.open("shuixuan-pages").then(c => c.keys()).then(k => k.map(r => r.url))`))
}

// unsent waits for a number in the header; 0 for none.
func (p *phone) unsent(n int) {
	p.t.Helper()
	badge := `document.querySelector("[data-unsent]")`
	if n == 0 {
		p.waitFor(badge + `?.hidden === true`)
		return
	}
	p.waitFor(fmt.Sprintf(`%[1]s?.hidden === false && %[1]s.innerText.replace(/\s+/g, "") === "未送出%[2]d"`, badge, n))
}

const entryPage, placementPage = "/c/feicheng/waves/w2/entry", "/c/feicheng/placements/new"

// sheet enters a sheet; a number that is too long is one that the server refuses.
func (p *phone) sheet(number string) {
	p.t.Helper()
	p.waitFor(`document.querySelector("form.entry")?.classList.contains("scripted") === true && document.querySelector("input[name=id]").value !== ""`)
	p.fill(`input[name=number]`, number)
	p.run(`for (const q of document.querySelectorAll(".q[data-name]")) { const key = q.querySelector("input.key"); if (key && !q.hidden && q.querySelector(".option")) { key.value = "1"; key.dispatchEvent(new Event("input", { bubbles: true })); } }
		document.querySelector("[name=partial]").checked = true; document.querySelector("form.entry").requestSubmit()`)
	p.waitFor(fmt.Sprintf(`document.querySelector("input[name=number]").value !== %q`, number))
}

// placement fills the form and sends it.
func (p *phone) placement(place string) {
	p.t.Helper()
	p.waitFor(`!!document.querySelector("form[data-placement] input[name=id]")?.value`)
	p.choose(`select[name=task]`, "社会宣传1")
	p.fill(`input[name=carrier]`, "公交站点广告牌")
	p.fill(`input[name=place]`, place)
	p.fill(`input[name=quantity]`, "2")
	p.choose(`select[name=measure]`, "块")
	p.click(`form[data-placement] button.btn-primary[type=submit]`)
}

// times counts the lines of the wave's download that begin with a sheet's number.
func times(office *browser, number string) int {
	csv := later[string](office, `fetch("/c/feicheng/waves/w2/responses.csv").then(r => r.text())`)
	return strings.Count(csv, number+",") + strings.Count(csv, `"`+number+`"`)
}

func (p *phone) signOut() {
	p.t.Helper()
	p.open("/me")
	p.run(`document.querySelector("details.menu").open = true`)
	p.click(`form[action="/logout"] button`)
	p.waitFor(`location.pathname === "/login" || document.body.innerText.includes("还有记录没有送出")`)
	if ask[string](p.browser, `location.pathname`) != "/login" {
		p.click(`form[action="/logout"] button`)
		p.waitFor(`location.pathname === "/login"`)
	}
}

// aPhoneWithoutANetwork: three sheets and a placement with a photo wait on a phone through
// a reload, and are on the server once each when the line is back. Two people share the
// phone; a bad record doesn't hold up the good ones.
func aPhoneWithoutANetwork(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	p := openPhone(t, s.address)
	p.signIn("diaocha", passwords["diaocha"])
	p.open(entryPage)
	p.keeps(entryPage)
	p.keeps("/c/feicheng/unsent")

	p.network(false)
	bad := strings.Repeat("9", 70)
	p.sheet("LX-1")
	p.sheet(bad)
	p.sheet("LX-3")
	p.unsent(3)
	p.open(entryPage) // from the worker
	p.unsent(3)
	p.waitFor(`document.querySelector("[data-outbox-note]")?.innerText.includes("现在没有网络") === true`)
	p.open("/c/feicheng/entry") // the menu leads to the wave that was open
	p.waitFor(`location.pathname === "` + entryPage + `"`)
	p.open("/me")
	p.waitFor(`["现在没有网络", "有3条记录没有送出", "录入问卷"].every(words => document.body.innerText.includes(words))`)
	p.open("/c/feicheng/unsent")
	p.waitFor(`location.pathname === "/c/feicheng/unsent"`)
	p.unsent(3)

	p.network(true)
	p.unsent(1) // the bad one
	p.waitFor(`document.querySelector("[data-list]").innerText.includes("没有收下") && document.querySelector("[data-list]").innerText.includes("64")`)
	for _, number := range []string{"LX-1", "LX-3"} {
		if n := times(office, number); n != 1 {
			t.Errorf("sheet %s is there %d times", number, n)
		}
	}

	// Another person takes the phone: of the record they learn only that it is somebody's.
	p.signOut()
	p.signIn("zhujian", passwords["zhujian"])
	p.open("/c/feicheng/unsent")
	p.waitFor(`document.querySelector("[data-state]").innerText.includes("没有未送出的记录") && !document.querySelector("[data-unsent-page] [data-others-unsent]").hidden`)
	p.unsent(0)
	if text := p.text(); strings.Contains(text, "9999") || strings.Contains(text, "64") {
		t.Errorf("the second person reads of the first one's record:\n%s", text)
	}
	p.open(placementPage)
	p.keeps(placementPage)
	p.network(false)
	p.open(entryPage)
	if text := p.text(); !strings.Contains(text, "现在没有网络") || strings.Contains(text, "录入问卷：") {
		t.Errorf("the page of the person before opens:\n%s", text)
	}
	p.open(placementPage)
	p.waitFor(`!document.querySelector("[data-photo-acts]").hidden && document.querySelector("form[data-placement] input[name=id]").value !== ""`)
	picture := takePicture(t, 31)
	p.do(chromedp.SetUploadFiles(`[data-pick]`, []string{picture}))
	p.waitFor(`document.querySelectorAll("[data-shots] .shot").length === 1`)
	p.placement("离线登记的站点")
	p.waitFor(`document.body.innerText.includes("已存在这部设备上")`)
	p.unsent(2)
	p.open(placementPage)
	p.unsent(2)
	p.network(true)
	p.unsent(0)
	p.hasPlacement("离线登记的站点")

	// The first one comes back, mends and is done.
	p.signOut()
	p.signIn("diaocha", passwords["diaocha"])
	p.open("/c/feicheng/unsent")
	p.unsent(1)
	p.tap(`[data-list] li button:last-child`)
	p.tap(`[data-unsent-page] [data-send]`) // brings news of nothing new, after which the second touch is still asked for
	time.Sleep(time.Second)
	if words := ask[string](p.browser, `document.querySelector("[data-list] li button:last-child").innerText`); words != "确定不要，删去" {
		t.Errorf("news took the question back: the button says %q", words)
	}
	p.click(`[data-list] a.btn`)
	p.waitFor(`location.pathname === "` + entryPage + `" && document.querySelector("input[name=number]")?.value.startsWith("999") === true`)
	p.sheet("LX-2")
	p.unsent(0)
	if n := times(office, "LX-2"); n != 1 {
		t.Errorf("the mended sheet is there %d times", n)
	}
}

// hasPlacement finds a placement once in the ledger, with one photo.
func (p *phone) hasPlacement(place string) {
	p.t.Helper()
	p.open("/c/feicheng/placements")
	rows := fmt.Sprintf(`[...document.querySelectorAll("main tbody tr")].filter(row => row.innerText.includes(%q))`, place)
	if n := ask[int](p.browser, rows+`.length`); n != 1 {
		p.t.Fatalf("%s is in the ledger %d times", place, n)
	}
	p.run(rows + `[0].querySelector("a").click()`)
	p.waitFor(`document.querySelectorAll("#photos .shot-grade").length === 1`)
}

func takePicture(t *testing.T, seed uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "牌.jpg")
	if err := os.WriteFile(path, picture.Picture(picture.Scene{Seed: seed}, 640, 480, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// aPhoneThatNeverComesBack: its records are exported as a file, the office takes them over,
// and what the phone sends afterwards is known.
func aPhoneThatNeverComesBack(t *testing.T, s *server, passwords map[string]string) {
	p := openPhone(t, s.address)
	folder := t.TempDir()
	allowDownloads(p.browser, folder)
	p.signIn("zhujian", passwords["zhujian"])
	p.open(placementPage)
	p.keeps(placementPage)
	p.keeps("/c/feicheng/unsent")
	p.network(false)
	p.waitFor(`!document.querySelector("[data-photo-acts]").hidden && document.querySelector("form[data-placement] input[name=id]").value !== ""`)
	p.do(chromedp.SetUploadFiles(`[data-pick]`, []string{takePicture(t, 47)}))
	p.waitFor(`document.querySelectorAll("[data-shots] .shot").length === 1`)
	p.placement("转交登记的站点")
	p.unsent(2)
	p.open("/c/feicheng/unsent")
	p.waitFor(`document.querySelectorAll("[data-list] li").length === 2 && !document.querySelector("[data-export]").closest("[hidden]")`)
	p.click(`[data-export]`)
	file := waitForFile(t, folder, ".txt")
	body, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(body), "水宣未送出的记录：") {
		t.Fatalf("the file begins %.60q, %v", body, err)
	}

	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	for round, want := range []string{"2条已收下", "2条之前已收到"} {
		office.open("/c/feicheng/unsent")
		office.waitFor(`document.querySelector("[data-state]").innerText.includes("没有未送出的记录")`)
		office.do(chromedp.SetUploadFiles(`form[action$="/unsent/import"] input[type=file]`, []string{file}))
		office.click(`form[action$="/unsent/import"] button[type=submit]`)
		office.waitFor(`location.pathname.includes("/imports/") && document.readyState === "complete"`)
		if text := strings.NewReplacer("\n", "", " ", "").Replace(office.text()); !strings.Contains(text, want) || !strings.Contains(text, "台账“转交登记的站点”（住建局经办") {
			t.Errorf("round %d: the receipt doesn't say %s:\n%s", round, want, office.text())
		}
	}
	p.network(true)
	p.unsent(0)
	p.hasPlacement("转交登记的站点")
}

// quota bounds what the browser may store for the server; 0 is no bound of ours.
func (p *phone) quota(bytes float64) {
	p.t.Helper()
	q := storage.OverrideQuotaForOriginParams{Origin: p.address}
	if bytes > 0 {
		q.QuotaSize = &bytes
	}
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, storage.OverrideQuotaForOrigin, q)
		return err
	}))
}

// signedInElsewhere changes who is signed in behind the back of the page, as another window does.
func (p *phone) signedInElsewhere(login, password string) {
	p.t.Helper()
	status := later[int](p.browser, fmt.Sprintf(`fetch("/me/token").then(r => r.json()).then(({ token }) => fetch("/logout", { method: "POST", headers: { "X-CSRF-Token": token } }))
		.then(() => fetch("/login", { method: "POST", body: new URLSearchParams({ login: %q, password: %q, next: "/me" }) })).then(r => r.status)`, login, password))
	if status != 200 {
		p.t.Fatalf("sign in as %s: %d", login, status)
	}
}

// aPageOfAnotherSession: a page whose session has ended renews its token; while somebody
// else is signed in it sends nothing.
func aPageOfAnotherSession(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	p := openPhone(t, s.address)
	p.signIn("diaocha", passwords["diaocha"])
	p.open(entryPage)
	p.signedInElsewhere("diaocha", passwords["diaocha"])
	p.sheet("HH-1")
	p.unsent(0)
	p.waitFor(`document.querySelector("[data-saved]").innerText.includes("HH-1")`)
	p.signedInElsewhere("office", passwords["office"]) // who may enter sheets too
	p.sheet("HH-2")
	p.waitFor(`document.querySelector("[data-outbox-note]")?.innerText.includes("另一个账号") === true`)
	p.unsent(1)
	if n := times(office, "HH-2"); n != 0 {
		t.Errorf("the sheet was sent under another person, %d times", n)
	}
	p.open("/c/feicheng/unsent") // as the office
	p.waitFor(`document.querySelector("[data-state]").innerText.includes("没有未送出的记录")`)
	p.unsent(0)
	p.signedInElsewhere("diaocha", passwords["diaocha"])
	p.open("/me")
	p.waitFor(`document.querySelector("[data-outbox-note]")?.innerText.includes("已送出之前保存的1条") === true`)
	for _, number := range []string{"HH-1", "HH-2"} {
		if n := times(office, number); n != 1 {
			t.Errorf("sheet %s is there %d times", number, n)
		}
	}
}

// aPhoneOfBefore: what waits in the queues of an older program, and in an older database,
// is taken over and sent; a browser that keeps nothing says so and sends from memory.
func aPhoneOfBefore(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	p := openPhone(t, s.address)
	p.signIn("diaocha", passwords["diaocha"])
	// A disk that is full: told, and sent from memory. First, since a browser that has just
	// written doesn't look at the room for half a minute.
	p.open(entryPage)
	p.quota(1)
	p.network(false)
	p.sheet("JQ-4")
	p.unsent(1)
	p.waitFor(`document.querySelector("[data-outbox-note]")?.innerText.includes("存储空间满了") === true`)
	p.network(true)
	p.unsent(0)
	p.quota(0)
	if n := times(office, "JQ-4"); n != 1 {
		t.Errorf("the sheet that found no room is there %d times", n)
	}

	p.open("/healthz") // of the same origin, and without our scripts
	p.waitFor(`document.readyState === "complete"`)
	p.run(`localStorage.setItem("shuixuan:entry:feicheng:w2:diaocha:queue", JSON.stringify([{ id: crypto.randomUUID(), at: Date.now(), number: "JQ-1", values: [["number", "JQ-1"], ["q.group", "school"], ["partial", "1"]] }]))`)
	made := later[string](p.browser, `new Promise((yes, no) => {
		const gone = indexedDB.deleteDatabase("shuixuan-outbox");
		gone.onerror = () => no(gone.error);
		gone.onsuccess = () => {
			const open = indexedDB.open("shuixuan-outbox", 1);
			open.onupgradeneeded = () => {
				open.result.createObjectStore("records", { keyPath: "seq", autoIncrement: true }).createIndex("id", "id", { unique: true });
				open.result.createObjectStore("files", { keyPath: "id" });
			};
			open.onsuccess = () => {
				const change = open.result.transaction("records", "readwrite");
				change.objectStore("records").put({ id: crypto.randomUUID(), owner: "diaocha", campaign: "feicheng", kind: "sheet", wave: "w2", action: "/c/feicheng/waves/w2/responses", number: "JQ-2", values: [["number", "JQ-2"], ["q.group", "school"], ["partial", "1"]], at: new Date().toISOString(), tries: 0, why: "" });
				change.oncomplete = () => { open.result.close(); yes("made"); };
			};
		};
	})`)
	if made != "made" {
		t.Fatal(made)
	}
	p.open("/me")
	for _, number := range []string{"JQ-1", "JQ-2"} {
		found := 0
		for range 50 {
			if found = times(office, number); found > 0 {
				break
			}
		}
		if found != 1 {
			t.Errorf("sheet %s of before is there %d times", number, found)
		}
	}
	if version := later[int](p.browser, `new Promise(yes => { const open = indexedDB.open("shuixuan-outbox"); open.onsuccess = () => { yes(open.result.version); open.result.close(); }; })`); version < 2 {
		t.Errorf("the database is still of version %d", version)
	}
	if left := ask[bool](p.browser, `localStorage.getItem("shuixuan:entry:feicheng:w2:diaocha:queue") !== null`); left {
		t.Error("the old queue is still there")
	}

	// Private windows of some browsers have no database, an insecure address no worker.
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `Object.defineProperty(globalThis, "indexedDB", { value: undefined }); Object.defineProperty(navigator, "locks", { value: undefined });`})
		return err
	}))
	p.open(entryPage)
	p.network(false)
	p.sheet("JQ-3")
	p.unsent(1)
	p.waitFor(`document.querySelector("[data-outbox-note]")?.innerText.includes("送出以前请不要关闭本页") === true`)
	p.network(true)
	p.unsent(0)
	if n := times(office, "JQ-3"); n != 1 {
		t.Errorf("the sheet in memory is there %d times", n)
	}
}
