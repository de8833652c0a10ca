package main

import (
	"fmt"
	"strings"
	"testing"
)

// questionnaireToWave writes a questionnaire from nothing as the office does, sees it as a
// phone and as paper, publishes it and makes a wave of it with quotas. Options, conditions
// and the table of quotas are drawn by the page as one chooses.
func questionnaireToWave(t *testing.T, s *server, passwords map[string]string) {
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	office.open("/c/feicheng/questionnaires")
	office.fill(`form[action$="/questionnaires"] input[name=title]`, "节水小问卷")
	office.fill(`form[action$="/questionnaires"] input[name=id]`, "jieshui")
	office.click(`form[action$="/questionnaires"] button`)
	office.waitFor(`location.pathname.endsWith("/jieshui/draft") && document.body.innerText.includes("草稿已建立")`)
	// Behind a redirect the page scrolls to its question; a click on the way would miss.
	const settled = ` && document.readyState === "complete"`
	const draft = "/c/feicheng/questionnaires/jieshui/draft"
	save := func() {
		t.Helper()
		office.click(`.form-top button:not([name])`)
		office.waitFor(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, draft))
	}

	office.open(draft + "/items/new?type=single")
	office.fill(`[name=name]`, "who")
	office.fill(`[name=label]`, "您属于哪一类人？")
	office.fill(`[name="o.0.label"]`, "居民")
	office.fill(`[name="o.0.code"]`, "home")
	office.fill(`[name="o.1.label"]`, "单位职工")
	office.fill(`[name="o.1.code"]`, "work")
	office.click(`table[data-rows=o] tbody tr:nth-child(2) .row-act button[aria-label=上移]`) // the second goes first
	save()

	office.open(draft + "/items/new?type=single")
	office.fill(`[name=name]`, "score")
	office.fill(`[name=label]`, "您给本市的节水打几分？")
	office.choose(`select[name=type]`, "rating")
	office.waitFor(`!document.querySelector("[name='o.0.label']") && !!document.querySelector("[name=min]")`) // the form follows the type
	save()

	office.open(draft + "/items/new?type=long_text")
	office.fill(`[name=name]`, "why")
	office.fill(`[name=label]`, "您打了${score}分，为什么？")
	office.choose(`[name="show.0.question"]`, "who")
	office.waitFor(`!!document.querySelector("[name='show.0.code'][value=home]") && !!document.querySelector("[name='show.1.question']")`)
	office.click(`[name="show.0.code"][value=home]`)
	office.choose(`[name="show.1.question"]`, "score")
	office.waitFor(`!!document.querySelector("[name='show.1.number']")`)
	if !ask[bool](office, `document.querySelector("[name='show.0.code'][value=home]").checked && document.querySelector("[name=label]").value.includes("为什么")`) {
		t.Fatal("what was chosen and typed is lost when a line is drawn")
	}
	office.choose(`[name="show.1.relation"]`, "at_most")
	office.fill(`[name="show.1.number"]`, "6")
	save()
	if text := office.text(); !strings.Contains(text, "单位职工 / 居民") || !strings.Contains(text, "“您属于哪一类人？”选了居民，并且“您给本市的节水打几分？”不大于6") {
		t.Errorf("the draft doesn't say what was written:\n%s", text)
	}

	// Moved up, copied, deleted, undone.
	office.tap(`#k3 button[value=up]`)
	office.waitFor(`document.querySelector("#k3 .q-no").innerText === "2" && document.body.innerText.includes("排在本题之后")` + settled)
	office.tap(`form[action$="/undo"] button`)
	office.waitFor(`document.querySelector("#k3 .q-no").innerText === "3" && !document.body.innerText.includes("排在本题之后")` + settled)
	office.tap(`#k1 button[formaction$="/remove"]`)
	office.waitFor(`!document.querySelector("#k1") && document.body.innerText.includes("引用的题目“who”不存在")` + settled)
	office.tap(`form[action$="/undo"] button`)
	office.waitFor(`!!document.querySelector("#k1")` + settled)
	office.waitFor(`document.querySelector("#head").open`) // as long as there are no words to begin with
	office.choose(`select[name=stratum]`, "who")
	office.fill(`[name=intro]`, "不写姓名，约需一分钟。")
	office.click(`#head button[type=submit]`)
	office.waitFor(`document.body.innerText.includes("已保存") && !!document.querySelector(".tag-good")` + settled)

	previews(t, s, passwords["office"])

	office.click(`form[action$="/publish"] button`)
	office.waitFor(`location.pathname.endsWith("/questionnaires") && document.body.innerText.includes("已发布。这一版不会再变")` + settled)

	office.open(ask[string](office, `document.querySelector('#q-jieshui a[href*="/waves/new?take="]').getAttribute("href")`))
	office.waitFor(`!!document.querySelector("[name='in.home']") && document.readyState === "complete"`)
	office.fill(`input[name=name]`, "节水第一轮")
	office.fill(`input[name=id]`, "js1")
	office.fill(`input[name=start]`, "2026-10-01")
	office.fill(`input[name=approval]`, "鲁统制〔2026〕9号")
	office.fill(`textarea[name=areas]`, "lao 老城街道\nxin 新城街道")
	office.fill(`[name="quota.home"]`, "30")
	office.choose(`[name="capped.home"]`, "1")
	office.click(`button[name=act][value=draw]`)
	office.waitFor(`!!document.querySelector("[name='cell.lao.home']")`)
	if kept := ask[string](office, `document.querySelector("[name='quota.home']").value + document.querySelector("[name='capped.home']").value + document.querySelector("[name=name]").value`); kept != "301节水第一轮" {
		t.Errorf("drawing the table lost what was typed: %q", kept)
	}
	office.fill(`[name="cell.lao.home"]`, "20")
	office.fill(`[name="cell.xin.home"]`, "二十")
	office.click(`form[action$="/waves"] > .form-end button`)
	office.waitFor(`document.body.innerText.includes("“二十”不是整数")` + settled)
	office.fill(`[name="cell.xin.home"]`, "10")
	office.click(`form[action$="/waves"] > .form-end button`)
	office.waitFor(`location.pathname.endsWith("/waves/js1/edit") && document.body.innerText.includes("调查轮次已建立")` + settled)
	if cell := ask[string](office, `document.querySelector("[name='cell.xin.home']").value`); cell != "10" {
		t.Errorf("the quota of a cell is %q", cell)
	}
	office.fill(`form[action$="/close"] input[name=reason]`, "试填结束")
	office.click(`form[action$="/close"] button`)
	office.waitFor(`document.body.innerText.includes("这一轮已结束") && document.body.innerText.includes("原因：试填结束")`)
}

// previews answers the draft on a phone, where it skips as it will, and looks at the sheet.
func previews(t *testing.T, s *server, password string) {
	phone := openBrowser(t, s.address, 390, 844)
	phone.signIn("office", password)
	phone.open("/c/feicheng/questionnaires/jieshui/phone")
	if strings.Contains(phone.text(), "为什么") {
		t.Error("the phone asks what a condition keeps back")
	}
	phone.tap(`.phone input[value=home]`)
	phone.waitFor(`document.querySelector(".phone input[value=home]").checked`)
	phone.tap(`.phone input[name="q.score"][value="4"]`)
	phone.waitFor(`document.body.innerText.includes("您打了4分，为什么？")`)
	phone.tap(`.phone input[value=work]`)
	phone.waitFor(`!document.body.innerText.includes("为什么？")`)
	for _, path := range []string{"/phone", "/paper", "/draft", "/draft/items/k3", "/draft/library"} {
		phone.open("/c/feicheng/questionnaires/jieshui" + path)
		if over := ask[int](phone, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone", path, over)
		}
	}
	phone.open("/c/feicheng/questionnaires/jieshui/paper")
	if text := phone.text(); !strings.Contains(text, "□ 1. 单位职工") || !strings.Contains(text, "▶ “您属于哪一类人？”选了居民") {
		t.Errorf("the sheet reads:\n%s", text)
	}
}
