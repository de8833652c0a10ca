package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// inspectorChecksTwentyPoints: the office makes a link and sends it; an inspector without an
// account opens it on a phone, draws twenty points by a seed of their own and records each where
// they stand, one of them twice after a line that broke; the office reads the rate.
func inspectorChecksTwentyPoints(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open("/c/feicheng/inspectors")
	office.fill(`main input[name=name]`, "省验收组")
	office.run(`document.querySelector("main input[name=checks]").checked = true`)
	office.click(`main form[action$="/inspectors"] button[type=submit]`)
	office.waitFor(`!!document.querySelector(".slip-code")`)
	link := ask[string](office, `new URL(document.querySelector(".slip-link").innerText).pathname`)

	phone := openBrowser(t, s.address, 390, 844)
	phone.open(link)
	phone.click(`main form button[type=submit]`)
	phone.waitFor(`location.pathname === "/c/feicheng/opened"`)
	phone.open("/c/feicheng/checks")
	phone.fill(`#draw input[name=seed]`, "k7q2-m9xa")
	phone.click(`#draw button[type=submit]`)
	phone.waitFor(`!!document.querySelector(".check-progress progress")`)
	address := ask[string](phone, `location.pathname`)
	if text := phone.text(); !strings.Contains(text, "K7Q2M9XA") || !strings.Contains(text, "0 / 20 处已有结果") {
		t.Fatalf("the draw doesn't print its seed and its points:\n%s", text)
	}
	fits := func() {
		t.Helper()
		if over := ask[int](phone, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s is %d pixels too wide for a phone", ask[string](phone, `location.pathname`), over)
		}
	}
	fits()
	phone.standAt(116.7712, 36.1803, 12)
	phone.click(`.check-progress a.btn-primary`)
	for n := 1; n <= 20; n++ {
		phone.waitFor(fmt.Sprintf(`location.pathname === "%s/points/%d" && document.readyState === "complete"`, address, n))
		fits()
		found := "as-claimed"
		if n == 3 {
			found = "gone"
		}
		phone.click(fmt.Sprintf(`input[name=found][value=%s]`, found))
		if n == 1 { // with the position, and the form sent twice: the answer to the first was lost
			phone.click(`[data-locate]`)
			phone.waitFor(`document.querySelector("input[name=longitude]").value.startsWith("116.77")`)
			phone.run(`window.twice = fetch(location.pathname, { method: "POST", body: new URLSearchParams(new FormData(document.querySelector("form[data-point]"))) }).then(() => { window.sent = true })`)
			phone.waitFor(`window.sent === true`)
		}
		phone.do(chromedp.ScrollIntoView(`.point-save`))
		phone.click(`.point-save`)
	}
	phone.waitFor(`location.pathname === "` + address + `" && document.body.innerText.includes("20 / 20 处已有结果")`)
	fits()

	office.open(address)
	text := office.text()
	for _, want := range []string{"到现场有结果的20处，在位19处", "已不在1处", "置信区间", "省验收组抽取"} {
		if !strings.Contains(text, want) {
			t.Errorf("the office doesn't read %q:\n%s", want, text)
		}
	}
	if !regexp.MustCompile(`由此推算全部[\d,]+处的在位率为\d+\.\d%`).MatchString(text) {
		t.Errorf("the office doesn't read the rate:\n%s", text)
	}
	office.open(address + "/points/1")
	if text := office.text(); strings.Contains(text, "已更正") || !strings.Contains(text, "省验收组") || !strings.Contains(text, "116.77") {
		t.Errorf("the form that was sent twice counts more than once, or lost its position:\n%s", text)
	}
	office.open("/c/feicheng/audit?group=people")
	if text := office.text(); !strings.Contains(text, "打开验收专家链接") {
		t.Errorf("the audit trail doesn't hold the opening:\n%s", text)
	}
}
