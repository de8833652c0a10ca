package main

import (
	"regexp"
	"strings"
	"testing"
)

// invitationToFirstSignIn adds a clerk as the office does, opens the link on another
// person's phone and sets a password there. Later the clerk's session ends while a form is
// half filled: after the new sign-in nothing has to be typed twice.
func invitationToFirstSignIn(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open("/c/feicheng/people/new")
	office.fill(`input[name=name]`, "钱新人")
	office.fill(`input[name=login]`, "xinren")
	office.choose(`select[name=unit]`, "zhujianju")
	office.click(`form[action$="/people"] button[type=submit]`)
	office.waitFor(`!!document.querySelector(".slip-link")`)
	link := regexp.MustCompile(`/invite/[A-Za-z0-9_-]{43}`).FindString(office.text())
	if link == "" || !ask[bool](office, `document.querySelector(".slip-code").naturalWidth > 100`) {
		t.Fatalf("no link or no code:\n%s", office.text())
	}

	clerk := openBrowser(t, s.address, 390, 844)
	clerk.open(link)
	if text := clerk.text(); !strings.Contains(text, "钱新人") || !strings.Contains(text, "市住建局") || !strings.Contains(text, "至少8个字符") {
		t.Errorf("the invitation doesn't say whom it is for and what is asked:\n%s", text)
	}
	const password = "a-river-of-words-5"
	clerk.fill(`input[name=password]`, password)
	clerk.fill(`input[name=again]`, password)
	clerk.click(`form.card button[type=submit]`)
	clerk.waitFor(`location.pathname === "/c/feicheng/tasks" && document.body.innerText.includes("市住建局")`)

	clerk.open("/c/feicheng/placements/new")
	clerk.choose(`select[name=task]`, "社会宣传1")
	clerk.fill(`input[name=carrier]`, "宣传条幅")
	clerk.fill(`input[name=place]`, "登录过期前填的地点")
	clerk.fill(`input[name=quantity]`, "5")
	clerk.choose(`select[name=measure]`, "条")
	clerk.waitFor(`Object.keys(localStorage).some(key => localStorage.getItem(key).includes("登录过期前填的地点"))`)
	// Signed out everywhere, on another device say: this page knows nothing of it.
	signOut := func() {
		ask[bool](clerk, `(() => { fetch("/me/sign-out", { method: "POST", headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf]").content } }).then(() => { window.signedOut = true; }); return true })()`)
		clerk.waitFor(`window.signedOut === true`)
	}
	signOut()
	clerk.click(`form[data-placement] button[type=submit]`)
	// Where the browser is slow to write, the page stays and leads to the sign-in once it has.
	const toSignIn = `[data-outbox-note] a[href^="/login"]:not([target])`
	clerk.waitFor(`location.pathname === "/login" || !!document.querySelector('` + toSignIn + `')`)
	if !ask[bool](clerk, `location.pathname === "/login"`) {
		clerk.tap(toSignIn)
	}
	again := func() {
		clerk.waitFor(`location.pathname === "/login" && document.readyState === "complete"`)
		clerk.fill(`input[name=login]`, "xinren")
		clerk.fill(`input[name=password]`, password)
		clerk.click(`form[action="/login"] button[type=submit]`)
		// What was filled in is sent by itself.
		clerk.waitFor(`location.pathname === "/c/feicheng/placements/new" && document.body.innerText.includes("已送出之前保存的1条记录")`)
	}
	again()

	// The same with a disk that takes its time: another transaction has the records. The page
	// says that it alone has what was filled in, and doesn't leave; when the disk has it, it says so.
	clerk.open("/c/feicheng/placements/new")
	ask[bool](clerk, `(() => { indexedDB.open("shuixuan-outbox").onsuccess = event => {
		const records = event.target.result.transaction("records", "readwrite").objectStore("records");
		const hold = () => { window.held = true; if (!window.letGo) records.count().onsuccess = hold; };
		records.count().onsuccess = hold;
	}; return true })()`)
	clerk.waitFor(`window.held === true`)
	clerk.choose(`select[name=task]`, "社会宣传1")
	clerk.fill(`input[name=carrier]`, "宣传条幅")
	clerk.fill(`input[name=place]`, "慢设备上填的地点")
	clerk.fill(`input[name=quantity]`, "6")
	clerk.choose(`select[name=measure]`, "条")
	signOut()
	clerk.click(`form[data-placement] button[type=submit]`)
	clerk.waitFor(`["这部设备存得很慢，有1条还只在这一页里", "在新窗口重新登录", "“慢设备上填的地点”还没有送出，只在这一页里"].every(words => document.body.innerText.includes(words))`)
	ask[bool](clerk, `window.letGo = true`)
	clerk.waitFor(`document.body.innerText.includes("“慢设备上填的地点”已存在这部设备上") && !document.body.innerText.includes("存得很慢")`)
	clerk.tap(toSignIn)
	again()
	if strings.Contains(clerk.text(), "填了一半") {
		t.Error("what was sent is offered as half filled")
	}
	clerk.open("/c/feicheng/placements")
	clerk.waitFor(`["登录过期前填的地点", "慢设备上填的地点"].every(place => document.querySelector("main").innerText.includes(place))`)
}
