package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// standAt lets the browser find itself at a place, in WGS-84, good to so many metres.
func (b *browser) standAt(longitude, latitude, accuracy float64) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Call(ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{Permission: &cdpbrowser.PermissionDescriptor{Name: "geolocation"}, Setting: cdpbrowser.PermissionSettingGranted})
		if err == nil {
			_, err = chromedp.Call(ctx, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Longitude: &longitude, Latitude: &latitude, Accuracy: &accuracy})
		}
		return err
	}))
}

// run does what a person does with a part of a page that has no selector of its own.
func (b *browser) run(script string, args ...any) {
	b.t.Helper()
	ask[bool](b, fmt.Sprintf("(() => { "+script+"; return true })()", args...))
}

// photoToAuditor: a clerk on the street logs a board with a photo taken in the page, the
// office sends it back, the clerk mends it, the office accepts it, and the auditor finds
// each of the five acts with who did it.
func photoToAuditor(t *testing.T, s *server, passwords map[string]string) {
	const place = "新城路与文化路口东侧"
	clerk := openBrowser(t, s.address, 390, 844)
	clerk.signIn("zhujian", passwords["zhujian"])
	clerk.standAt(116.7712, 36.1803, 12)
	clerk.open("/c/feicheng/placements/new")
	clerk.choose(`select[name=task]`, "社会宣传1")
	clerk.fill(`input[name=carrier]`, "公交站点广告牌")
	clerk.waitFor(`document.querySelector("[data-photo-rule]").innerText.includes("需要 1 张照片")`)
	clerk.fill(`input[name=place]`, place)
	clerk.fill(`input[name=quantity]`, "2")
	clerk.choose(`select[name=measure]`, "块")
	clerk.run(`document.querySelector("details[data-more]").open = true`)
	clerk.click(`[data-locate]`)
	clerk.waitFor(`document.querySelector("input[name=longitude]").value.startsWith("116.77")`)
	clerk.click(`[data-shoot]`)
	clerk.waitFor(`(() => { const v = document.querySelector("[data-camera] video"); return v.readyState >= 2 && v.videoWidth > 0 })()`)
	clerk.click(`[data-shutter]`)
	clerk.waitFor(`!!document.querySelector("[data-shots] .shot")`)
	clerk.click(`[data-camera-close]`)
	clerk.waitFor(`!!document.querySelector("[data-shots] .shot-grade")`) // it is on the server
	clerk.click(`form[data-placement] button[type=submit]`)
	clerk.waitFor(`document.body.innerText.includes("已登记")`)
	clerk.run(`[...document.querySelectorAll("a")].find(a => a.textContent.includes(%q)).click()`, place)
	clerk.waitFor(`document.querySelector("h1")?.innerText === "` + place + `"`)
	clerk.waitFor(`!!document.querySelector("#photos .shot-grade")`)
	if grade := ask[string](clerk, `document.querySelector("#photos .shot-grade").innerText`); !strings.HasPrefix(grade, "A") {
		t.Errorf("a photo taken at the place has the grade %q:\n%s", grade, clerk.text())
	}
	address := ask[string](clerk, `location.pathname`)
	id := regexp.MustCompile(`[0-9a-f-]{36}$`).FindString(address)

	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open(address)
	verdict := func(open, submit string, fill func()) {
		t.Helper()
		if open != "" {
			office.run(`[...document.querySelectorAll(".review-box summary")].find(s => s.innerText.includes(%q)).click()`, open)
		}
		if fill != nil {
			fill()
		}
		office.run(`[...document.querySelectorAll(".review-box button")].find(b => b.offsetParent && b.innerText.trim() === %q).click()`, submit)
	}
	verdict("退回", "退回", func() {
		office.choose(`.review-box select[name^="reason."]`, "place-unclear")
		office.fill(`.review-box [name^="note."]`, "请写清是哪个站点")
	})
	office.waitFor(`document.body.innerText.includes("已退回")`)

	clerk.open("/c/feicheng/tasks")
	if text := clerk.text(); !strings.Contains(text, place) || !strings.Contains(text, "请写清是哪个站点") {
		t.Errorf("the clerk's first page doesn't say what came back and why:\n%s", text)
	}
	clerk.open(address + "/edit")
	clerk.fill(`input[name=place]`, place+"公交站")
	clerk.click(`form[data-placement] button[type=submit]`)
	clerk.waitFor(`location.pathname === "` + address + `" && document.body.innerText.includes("修改已保存并再次提交")`)

	office.open(address)
	office.waitFor(`!!document.querySelector("#review .changes")`)
	if text := office.text(); !strings.Contains(text, place+" → "+place+"公交站") {
		t.Errorf("the office doesn't see what was mended:\n%s", text)
	}
	verdict("", "通过", nil)
	office.waitFor(`document.body.innerText.includes("已通过")`)

	auditor := openBrowser(t, s.address, 1280, 900)
	auditor.signIn("shenji", passwords["shenji"])
	seen := map[string]bool{}
	for _, verb := range []struct{ id, words, who string }{
		{id, "登记台账", "住建局经办"}, {id, "退回台账", "创建办"}, {id, "重新提交台账", "住建局经办"}, {id, "审核通过", "创建办"},
	} {
		if !seen[verb.id] {
			auditor.open("/c/feicheng/audit?thing=" + verb.id)
			seen[verb.id] = true
		}
		found := ask[bool](auditor, fmt.Sprintf(`[...document.querySelectorAll("tbody tr")].some(r => r.innerText.includes(%q) && r.innerText.includes(%q))`, verb.words, verb.who))
		if !found {
			t.Errorf("the auditor doesn't see %s by %s:\n%s", verb.words, verb.who, auditor.text())
		}
	}
	auditor.open("/c/feicheng/audit?group=photo")
	if text := auditor.text(); !strings.Contains(text, "住建局经办") || !strings.Contains(text, "照片") {
		t.Errorf("the auditor doesn't see the photo:\n%s", text)
	}
}
