package web

import (
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/survey"
	"shuixuan/app/survey/surveytest"
)

// linkedWave is a link with the addresses it was given.
type linkedWave struct {
	link   survey.HeldLink
	tokens []string
}

var (
	linkWaves sync.Mutex
	office    = audit.Actor{ID: "chuang", Name: "王主任", Role: audit.RoleOffice, Campaign: "feicheng"}
)

// linked makes a link of the wave "lw", which is made when it is first needed.
func (s *site) linked(t testing.TB, l survey.PublicLink, w ...survey.Wave) linkedWave {
	t.Helper()
	linkWaves.Lock()
	defer linkWaves.Unlock()
	wave := survey.Wave{ID: "lw", Name: "链接轮", Questionnaire: "link", Approval: "统办〔2014〕8号", Privacy: "自愿参加，不问姓名。", Areas: []survey.Area{{Code: "east", Label: "城东"}}}
	if len(w) > 0 {
		wave = w[0]
	}
	if _, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "link", 0); err != nil {
		if _, err := s.Surveys.PutQuestionnaire(t.Context(), office, "feicheng", surveytest.EveryType(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Surveys.Wave(t.Context(), "feicheng", wave.ID); err != nil {
		if _, err := s.Surveys.PutWave(t.Context(), office, "feicheng", wave, 0); err != nil {
			t.Fatal(err)
		}
	}
	s.changed()
	l.ID, l.Campaign, l.Wave = survey.NewLinkID(), "feicheng", wave.ID
	if l.Name == "" {
		l.Name = "一个链接"
	}
	if err := s.links.Put(t.Context(), office, l, 0); err != nil {
		t.Fatal(err)
	}
	held, err := s.links.Link(t.Context(), "feicheng", l.ID)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := s.links.Issue(t.Context(), office, held, 3)
	if err != nil {
		t.Fatal(err)
	}
	return linkedWave{held, tokens}
}

// respondent is a browser without scripts on the public page. It may be used by one
// goroutine.
type respondent struct {
	s       *site
	t       testing.TB
	cookies map[string]string // nil: none are kept
	address string            // of the page it is on
	page    answer
}

func (s *site) respondent(t testing.TB, token string) *respondent {
	return &respondent{s: s, t: t, cookies: map[string]string{}, address: publicPath + token}
}

func (r *respondent) send(method, address string, fields url.Values) answer {
	r.t.Helper()
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
	}
	request := httptest.NewRequest(method, address, body)
	if fields != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range r.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := r.s.App().Test(request, 60_000)
	if err != nil {
		r.t.Fatal(err)
	}
	if r.cookies != nil {
		for _, cookie := range response.Cookies() {
			r.cookies[cookie.Name] = cookie.Value
		}
	}
	return read(r.t, response)
}

// open opens an address and follows on.
func (r *respondent) open(address string) *respondent {
	r.t.Helper()
	for range 4 {
		r.address = address
		if r.page = r.send("GET", address, nil); r.page.status != http.StatusSeeOther {
			return r
		}
		address = r.page.header.Get("Location")
	}
	r.t.Fatalf("%s leads round in a circle", address)
	return r
}

var (
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	formAction  = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
)

// form gives the fields of the page that are sent as they are, and where to.
func (r *respondent) form() (string, url.Values) {
	fields := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(r.page.body, -1) {
		fields.Set(m[1], html.UnescapeString(m[2]))
	}
	action := formAction.FindStringSubmatch(r.page.body)
	if action == nil {
		r.t.Helper()
		r.t.Fatalf("no form on %s: %d %s", r.address, r.page.status, r.page.body)
	}
	return action[1], fields
}

// give answers the page and follows on.
func (r *respondent) give(answers url.Values) *respondent {
	r.t.Helper()
	if r.post(answers); r.page.status == http.StatusSeeOther {
		return r.open(r.page.header.Get("Location"))
	}
	return r
}

// post answers the page and stays with the answer.
func (r *respondent) post(answers url.Values) *respondent {
	r.t.Helper()
	action, fields := r.form()
	fields.Set("go", "next")
	maps.Copy(fields, answers)
	r.page = r.send("POST", action, fields)
	return r
}

func q(name string, codes ...string) url.Values { return url.Values{"q." + name: codes} }

func (r *respondent) says(words ...string) *respondent {
	r.t.Helper()
	for _, word := range words {
		if !strings.Contains(html.UnescapeString(r.page.body), word) {
			r.t.Errorf("%s (%d) doesn't say %q", r.address, r.page.status, word)
		}
	}
	return r
}

func (r *respondent) saysNot(words ...string) *respondent {
	r.t.Helper()
	for _, word := range words {
		if strings.Contains(html.UnescapeString(r.page.body), word) {
			r.t.Errorf("%s says %q", r.address, word)
		}
	}
	return r
}

// to goes through the pages until one asks for a question of this name.
func (r *respondent) to(name string) *respondent {
	r.t.Helper()
	usual := map[string]url.Values{"start": {}, "agree": q("agree", "yes"), "grp": q("grp", "b"), "heard": q("heard", "tv"), "river": q("river", "5"),
		"rows": {"q.east": {"1"}, "q.west": {"2"}}, "score": q("score", "7"), "kids": q("kids", "3"), "day": {}, "advice": {}}
	for range 20 {
		_, fields := r.form()
		if fields.Get("at") == name {
			return r
		}
		r.give(usual[fields.Get("at")])
	}
	r.t.Fatalf("no page %s:\n%s", name, r.page.body)
	return r
}

// responses are all of the wave, as the store has them.
func (s *site) responses(t testing.TB, wave survey.WaveID) []survey.Response {
	t.Helper()
	var list []survey.Response
	err := s.Surveys.EachResponse(t.Context(), "feicheng", wave, survey.Filter{}, func(r survey.Response) error {
		list = append(list, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (s *site) only(t testing.TB) survey.Response {
	t.Helper()
	list := s.responses(t, "lw")
	if len(list) != 1 {
		t.Fatalf("%d responses, want 1", len(list))
	}
	return list[0]
}

// TestAnAnswerFromEndToEnd goes through every type without scripts, and looks at what is
// kept after each page.
func TestAnAnswerFromEndToEnd(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, Distributor: "fafang", Unit: "laocheng"})
	before := s.events()
	r := s.respondent(t, l.tokens[0])
	r.open(r.address).says("水生态问卷", "自愿参加，不问姓名。", "统办〔2014〕8号", "满14周岁", "城东").saysNot("<style", "onclick", "tabler")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'", "X-Robots-Tag": "noindex"} {
		if got := r.page.header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if n := len(s.responses(t, "lw")); n != 0 {
		t.Errorf("to look at the notice made %d responses", n)
	}
	r.give(url.Values{"young": {""}, "area": {"east"}}).says("您愿意参加吗？", "name=\"area\" value=\"east\"")
	if n := len(s.responses(t, "lw")); n != 0 {
		t.Errorf("the notice made %d responses", n)
	}
	r.give(nil).says("请回答这一题")
	if r.page.status != http.StatusUnprocessableEntity {
		t.Errorf("a page without its answer: %d", r.page.status)
	}
	r.give(q("agree", "yes")).says("您是哪一组？")
	first := s.only(t)
	if first.Disposition != survey.Partial || first.Revision != 1 || first.Mode != survey.Link || first.Area != "east" || first.Link != l.link.ID || first.Distributor != "fafang" || first.Unit != "laocheng" {
		t.Errorf("after the first page: %+v", first)
	}
	for _, hostile := range []string{"-1", "99", "1;1", "a,b", "</script>"} {
		r.post(q("grp", hostile)).says("不是“您是哪一组？”的选项")
		if r.page.status != http.StatusUnprocessableEntity {
			t.Errorf("the code %q: %d", hostile, r.page.status)
		}
	}
	r.give(q("grp", "b")).says("下面问问河边的事。", "从哪里知道的？", "可选多项").saysNot("不愿回答")
	r.post(q("heard", "refused")).says("请从列出的选项里选")
	r.post(q("heard", "tv", "none")).says("就不能再选其他选项")
	r.post(q("heard", "other")).says("请写明“其他”是什么")
	r.give(url.Values{"q.heard": {"tv"}, "o.heard": {"  邻居\u202e说的 <b>"}}).says("河水好吗？") // the words tick their option
	if got := s.only(t); fmt.Sprint(got.Choices["heard"]) != "[tv other]" || got.Texts["heard.other"] != "邻居说的 <b>" {
		t.Errorf("other: %v %q", got.Choices, got.Texts)
	}
	r.give(q("river", "1")).says("您选了“很差”，为什么？")
	r.give(q("why", "有味道")).says("东边", "西边")
	r.post(q("east", "1")).says("请回答“西边”这一行")
	r.give(url.Values{"q.east": {"1"}, "q.west": {"2"}}).says("打几分？")
	r.give(q("score", "10")).says("家里几口人？")
	r.post(q("kids", "很多")).says("不是数字")
	r.post(q("kids", "2.5")).says("整数")
	r.give(q("kids", "３")).says("哪天去过河边？") // full width
	// Back to the river: another answer closes the question that hung on it.
	r.open(publicPath + l.tokens[0] + "?at=river").says("checked")
	r.give(q("river", "5")).says("东边")
	if got := s.only(t); got.Texts["why"] != "" {
		t.Errorf("a skipped question keeps its answer: %v", got.Texts)
	}
	r.open(publicPath+l.tokens[0]).says("欢迎回来", "哪天去过河边？")
	r.give(url.Values{"q.day": {"2014/09/05"}}).says("建议", "提交")
	long := strings.Repeat("水😀\u200f", 6667) + "</script>"
	r.post(q("advice", long)).says("最多5000个字", "</script>")
	if !strings.Contains(html.UnescapeString(r.page.body), long[:600]) || strings.Contains(r.page.body, "😀</script>") {
		t.Error("a long suggestion must come back on the page, escaped")
	}
	if left := s.since(before); len(left) != 0 {
		t.Errorf("pages left events: %v", left)
	}
	r.give(q("advice", "多种树</script>")).says("谢谢您，已经收下", "回执码")
	got := s.only(t)
	if got.Disposition != survey.Complete || got.Texts["day"] != "2014-09-05" || got.Numbers["kids"] != 3 || got.Numbers["score"] != 10 || got.Late || got.ID != survey.LinkResponse(survey.HashToken(l.tokens[0]), "") {
		t.Errorf("at the end: %+v", got)
	}
	if got.Device != "" && strings.Contains(got.Device, r.cookies[deviceCookie]) {
		t.Error("the device's own word is kept")
	}
	r.says(survey.Receipt(got.ID))
	left := s.since(before)
	if len(left) != 1 || left[0].Verb != "response.submit" || left[0].Actor.Role != audit.RoleRespondent || left[0].Actor.Address != "不记录" {
		t.Errorf("the end left %+v", left)
	}
	if strings.Contains(s.log.String(), l.tokens[0]) || strings.Contains(s.log.String(), "0.0.0.0") {
		t.Error("the log tells an address of the page, or of a respondent")
	}
	// It is over: the address shows the receipt, whatever page is asked for.
	r.open(publicPath + l.tokens[0] + "?at=river").says("谢谢您，已经收下")
	if found := s.do("chuang", "GET", "/c/feicheng/links?receipt="+survey.Receipt(got.ID), nil); !strings.Contains(found.body, "已收到") || strings.Contains(found.body, "多种树") {
		t.Error("the office can't check the receipt, or is told the answers by it")
	}
}

// TestWhoDoesNotConsent is asked nothing more, and one event tells of it.
func TestWhoDoesNotConsent(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce})
	before := s.events()
	r := s.respondent(t, l.tokens[0])
	r.open(r.address).to("agree").give(q("agree", "no")).says("好的，不打扰您了")
	if got := s.only(t); got.Disposition != survey.Refused {
		t.Errorf("kept as %s", got.Disposition)
	}
	if left := s.since(before); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// TestTheYoungMeetAShorterForm.
func TestTheYoungMeetAShorterForm(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, Stratum: "a"})
	r := s.respondent(t, l.tokens[0])
	r.open(r.address).give(url.Values{"young": {"1"}})
	r.to("score").give(nil).says("哪天去过河边？").saysNot("家里几口人")
	r.to("advice").give(nil).says("谢谢您，已经收下")
	if got := s.only(t); !got.Young || got.Stratum != "a" || got.Disposition != survey.Complete {
		t.Errorf("kept as %+v", got)
	}
}

// TestTwoTabsOfAOneTimeLink: both mean one response. Who comes second on a page that was
// answered is told, and who comes after the end loses nothing of what they typed.
func TestTwoTabsOfAOneTimeLink(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce})
	one, two := s.respondent(t, l.tokens[0]), s.respondent(t, l.tokens[0])
	one.open(one.address).to("river")
	two.open(two.address).says("欢迎回来", "河水好吗？")
	one.give(q("river", "5"))
	two.give(q("river", "1")).says("先前已经答过", "为什么？")
	if got := s.only(t); got.Choices["river"][0] != "1" {
		t.Errorf("the second answer isn't kept: %v", got.Choices)
	}
	two.open(publicPath + l.tokens[0] + "?at=advice")
	one.open(publicPath + l.tokens[0] + "?at=river").to("advice").give(q("advice", "第一页写的")).says("谢谢您")
	two.give(q("advice", "第二页写的<i>")).says("已经提交过了", "第二页写的<i>", survey.Receipt(s.only(t).ID))
	if two.page.status != http.StatusConflict || s.only(t).Texts["advice"] != "第一页写的" {
		t.Errorf("the second tab after the end: %d, kept %v", two.page.status, s.only(t).Texts)
	}
	// A refresh of the last page, or a second click, leads to the receipt.
	one.open(publicPath + l.tokens[0]).says("谢谢您")
}

// TestASecondClickAndARefresh: the same page again is no new revision.
func TestASecondClickAndARefresh(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce})
	r := s.respondent(t, l.tokens[0])
	r.open(r.address).to("grp")
	action, fields := r.form()
	fields.Set("go", "next")
	fields.Set("q.grp", "b")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := (&respondent{s: s, t: t}).send("POST", action, fields); got.status != http.StatusSeeOther {
				t.Errorf("a second click: %d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	if got := s.only(t); got.Revision != 2 {
		t.Errorf("revision %d, want 2: consent, group", got.Revision)
	}
	r.open(publicPath + l.tokens[0]).to("advice")
	action, fields = r.form()
	fields.Set("go", "next")
	for range 3 {
		if got := r.send("POST", action, fields); got.status != http.StatusSeeOther || got.header.Get("Location") != publicPath+l.tokens[0] {
			t.Errorf("the last page again: %d to %s", got.status, got.header.Get("Location"))
		}
	}
}

// wholeAnswers are the answers of the one page.
func wholeAnswers(group, advice string) url.Values {
	return url.Values{"q.agree": {"yes"}, "q.grp": {group}, "q.heard": {"none"}, "q.river": {"5"}, "q.advice": {advice}}
}

// TestAHundredOfOneAddress: with other answers each, at once. One counts.
func TestAHundredOfOneAddress(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, OnePage: true})
	r := s.respondent(t, l.tokens[0])
	r.open(r.address).give(nil).says("您愿意参加吗？", "建议", "前面的回答符合条件时才填")
	action, fields := r.form()
	fields.Set("go", "next")
	before := s.events()
	var all sync.WaitGroup
	var mu sync.Mutex
	ended := map[int]int{}
	for i := range 100 {
		mine := maps.Clone(fields)
		maps.Copy(mine, wholeAnswers("b", fmt.Sprint("第", i, "个")))
		all.Go(func() {
			got := (&respondent{s: s, t: t}).send("POST", action, mine)
			if got.status == http.StatusConflict && !strings.Contains(got.body, fmt.Sprint("第", i, "个")) {
				t.Error("what was typed is gone")
			}
			mu.Lock()
			defer mu.Unlock()
			ended[got.status]++
		})
	}
	all.Wait()
	if ended[303] != 1 || ended[409] != 99 {
		t.Errorf("answered %v, want one 303 and 99 told", ended)
	}
	if got := s.only(t); got.Disposition != survey.Complete || got.Revision != 1 || len(s.since(before)) != 1 {
		t.Errorf("kept %s at revision %d with %d events", got.Disposition, got.Revision, len(s.since(before)))
	}
}

// TestTheStoreHoldsOneToo: two servers that know nothing of each other's memory.
func TestTheStoreHoldsOneToo(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, OnePage: true})
	other, err := New(s.config, s.Parts)
	if err != nil {
		t.Fatal(err)
	}
	r := s.respondent(t, l.tokens[0])
	r.open(r.address).give(nil)
	action, fields := r.form()
	fields.Set("go", "next")
	(&respondent{s: &site{Server: other, t: t}, t: t}).open(r.address) // remembers that there is none yet
	for i, server := range []*site{s, {Server: other, t: t}} {
		mine := maps.Clone(fields)
		maps.Copy(mine, wholeAnswers("b", fmt.Sprint("第", i, "台")))
		if got := (&respondent{s: server, t: t}).send("POST", action, mine); got.status != []int{303, 409}[i] {
			t.Errorf("server %d answered %d", i, got.status)
		}
	}
	if got := s.only(t); got.Texts["advice"] != "第0台" {
		t.Errorf("kept %v", got.Texts)
	}
}

// TestAHundredForTheLastPlace: by an open link, each from a device of its own.
func TestAHundredForTheLastPlace(t *testing.T) {
	s := newSite(t, 0)
	w := survey.Wave{ID: "lw", Name: "满员轮", Questionnaire: "link", Strata: []survey.Stratum{{Code: "a", Quota: 1, Capped: true}, {Code: "b"}}}
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOpen, PerDevice: 1, OnePage: true}, w)
	var all sync.WaitGroup
	var mu sync.Mutex
	ended := map[string]int{}
	for range 100 {
		all.Go(func() {
			r := s.respondent(t, l.tokens[0])
			r.open(r.address).give(nil).give(wholeAnswers("a", "我"))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case strings.Contains(r.page.body, "谢谢您，已经收下"):
				ended["in"]++
			case strings.Contains(r.page.body, "这一组的人数已经满了"):
				ended["full"]++
			default:
				ended[r.page.body]++
			}
		})
	}
	all.Wait()
	if ended["in"] != 1 || ended["full"] != 99 {
		t.Errorf("they ended as %v", ended)
	}
	kept := map[survey.Disposition]int{}
	for _, r := range s.responses(t, "lw") {
		kept[r.Disposition]++
	}
	if kept[survey.Complete] != 1 || kept[survey.Ineligible] != 99 {
		t.Errorf("kept as %v", kept)
	}
}

// TestADeviceAnswersAsOftenAsItMay: it comes back to its own, and a browser that keeps no
// cookies is let through.
func TestADeviceAnswersAsOftenAsItMay(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOpen, PerDevice: 1})
	start := publicPath + l.tokens[0]
	phone := s.respondent(t, l.tokens[0])
	phone.open(start).to("river")
	phone.open(start).says("欢迎回来", "河水好吗？") // a lost connection: the same address goes on
	phone.to("advice").give(nil).says("谢谢您")
	phone.open(start).says("谢谢您")
	// Another key of the same device is none of its own.
	if phone.open(start + "/" + survey.NewToken()).post(nil); phone.page.status != http.StatusSeeOther || phone.page.header.Get("Location") != start {
		t.Errorf("a second response of one device: %d to %s", phone.page.status, phone.page.header.Get("Location"))
	}
	if got := s.only(t); got.Device == "" || got.Disposition != survey.Complete {
		t.Errorf("kept as %+v", got)
	}
	none := s.respondent(t, l.tokens[0])
	none.cookies = nil
	none.open(start).to("advice").give(nil).says("谢谢您")
	if n := len(s.responses(t, "lw")); n != 2 {
		t.Errorf("%d responses, want 2", n)
	}
	// A tablet in a hall: each begins anew.
	hall := s.linked(t, survey.PublicLink{Kind: survey.LinkOpen})
	tablet := s.respondent(t, hall.tokens[0])
	for range 2 {
		tablet.open(publicPath + hall.tokens[0]).says("填写前请看").to("advice").give(nil).says("谢谢您")
	}
	if n := len(s.responses(t, "lw")); n != 4 {
		t.Errorf("%d responses, want 4", n)
	}
}

// TestTheWaveClosesOnPageThree: what is begun is kept and marked; nothing new begins.
func TestTheWaveClosesOnPageThree(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce})
	r := s.respondent(t, l.tokens[0])
	r.open(r.address).to("river")
	held, err := s.Surveys.Wave(t.Context(), "feicheng", "lw")
	if err != nil {
		t.Fatal(err)
	}
	closed := held.Thing
	closed.Closed = true
	if _, err := s.Surveys.PutWave(t.Context(), office, "feicheng", closed, held.Revision); err != nil {
		t.Fatal(err)
	}
	s.changed()
	r.give(q("river", "5")).says("调查刚刚结束", "照样收下").to("advice").give(nil).says("您填写的时候调查正好结束了", "回执码")
	if got := s.only(t); !got.Late || got.Disposition != survey.Complete {
		t.Errorf("kept as %s, late %v", got.Disposition, got.Late)
	}
	late := s.respondent(t, l.tokens[1])
	late.open(late.address).says("这次调查已经结束").saysNot("<form")
	s.linkEnds(t)
}

// linkEnds: a link that is closed, over or not begun says so.
func (s *site) linkEnds(t *testing.T) {
	t.Helper()
	w := survey.Wave{ID: "lw2", Name: "另一轮", Questionnaire: "link"}
	for words, l := range map[string]survey.PublicLink{
		"这个地址已经停用": {Kind: survey.LinkOnce, Closed: true},
		"这个地址已经到期": {Kind: survey.LinkOpen, PerDevice: 1, Until: civil(s.clock()).AddDate(0, 0, -1)},
	} {
		made := s.linked(t, l, w)
		r := s.respondent(t, made.tokens[0])
		r.open(r.address).says(words).saysNot("<form")
	}
	soon := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce}, survey.Wave{ID: "lw3", Name: "下一轮", Questionnaire: "link", Start: civil(s.clock()).AddDate(0, 0, 2)})
	r := s.respondent(t, soon.tokens[0])
	r.open(r.address).says("调查还没有开始")
	r.open(publicPath + "0123-4567-89ab-cdef").says("没有找到这份问卷")
	r.open(publicPath + "xx").says("没有找到这份问卷")
	r.open(strings.ToUpper(publicPath + survey.SpacedToken(soon.tokens[0]))).says("调查还没有开始") // as it is typed from paper
}

// TestTheFormHasItsOwnToken: bound to the response, without a session; a session that is
// there changes nothing.
func TestTheFormHasItsOwnToken(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce})
	one, two := s.respondent(t, l.tokens[0]), s.respondent(t, l.tokens[1])
	one.open(one.address).give(nil)
	two.open(two.address).give(nil)
	action, fields := one.form()
	_, foreign := two.form()
	fields.Set("q.agree", "yes")
	for _, token := range []string{"", "AAAA", foreign.Get(formToken)} {
		bad := maps.Clone(fields)
		bad.Set(formToken, token)
		if got := one.send("POST", action, bad); got.status != http.StatusForbidden || !strings.Contains(got.body, "没有收下") || strings.Contains(got.body, "tabler") {
			t.Errorf("the token %q: %d", token, got.status)
		}
	}
	one.cookies[sessionCookie] = strings.TrimPrefix(s.as("chuang"), sessionCookie+"=")
	if got := one.send("POST", action, fields); got.status != http.StatusSeeOther {
		t.Errorf("signed in as somebody: %d %s", got.status, got.body)
	}
	if got := s.only(t); got.RecordedBy != "respondent" {
		t.Errorf("recorded by %q", got.RecordedBy)
	}
	for _, verb := range []auth.Verb{auth.SignedIn, auth.ResponseEnter, auth.ResponseRead, auth.LinkRead, auth.CampaignRead} {
		if actor := audit.Respondent("x"); verb != auth.SignedIn && auth.May(actor, verb) {
			t.Errorf("a respondent may %s", verb)
		}
	}
}

// TestARushIsAskedForProof: over the rate a new response does a little work or a sum;
// those that are begun go on, and nobody loses what they typed.
func TestARushIsAskedForProof(t *testing.T) {
	s := newSite(t, 0)
	rates := DefaultRates()
	rates.Link = Rate{0.001, 2}
	s.limits = newLimits(rates, s.clock)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOpen, PerDevice: 1})
	begin := func() *respondent {
		r := s.respondent(t, l.tokens[0])
		return r.open(r.address).give(nil)
	}
	first := begin().give(q("agree", "yes")).says("您是哪一组？")
	begin().give(q("agree", "yes")).says("您是哪一组？")
	third := begin().post(q("agree", "yes")).says("请再点一次", "data-proof", "加", "checked")
	if third.page.status != http.StatusTooManyRequests {
		t.Errorf("the third: %d", third.page.status)
	}
	sum := regexp.MustCompile(`(\d+) 加 (\d+) 等于几`).FindStringSubmatch(third.page.body)
	var a, b int
	fmt.Sscan(sum[1], &a)
	fmt.Sscan(sum[2], &b)
	wrong := maps.Clone(q("agree", "yes"))
	wrong.Set("sum", fmt.Sprint(a+b+1))
	third.post(wrong).says("请再点一次")
	sum = regexp.MustCompile(`(\d+) 加 (\d+) 等于几`).FindStringSubmatch(third.page.body)
	fmt.Sscan(sum[1], &a)
	fmt.Sscan(sum[2], &b)
	right := maps.Clone(q("agree", "yes"))
	right.Set("sum", fmt.Sprint(a+b))
	third.give(right).says("您是哪一组？")
	first.give(q("grp", "b")).says("从哪里知道的？")
	// A browser with scripts finds the number.
	fourth := begin().says("data-proof")
	_, fields := fourth.form()
	id := survey.LinkResponse(survey.HashToken(l.tokens[0]), strings.TrimPrefix(formAction.FindStringSubmatch(fourth.page.body)[1], publicPath+l.tokens[0]+"/"))
	work := q("agree", "yes")
	for n := 0; ; n++ {
		work.Set("work", fmt.Sprint(n))
		work.Set("stamp", fields.Get("stamp"))
		if s.guard.solved(id, work, s.clock()) {
			break
		}
	}
	fourth.give(work).says("您是哪一组？")
	if s.guard.solved(uuid.New(), work, s.clock()) {
		t.Error("work holds for another response")
	}
}

// TestSignalsRefuseNothing.
func TestSignalsRefuseNothing(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, OnePage: true})
	r := s.respondent(t, l.tokens[0])
	trapped := wholeAnswers("b", "快")
	trapped.Set("website", "http://x")
	r.open(r.address).give(nil).give(trapped).says("谢谢您，已经收下")
	tally, err := s.links.Tally(t.Context(), "feicheng")
	if err != nil || tally[l.link.ID].Odd != 1 || tally[l.link.ID].Complete != 1 {
		t.Errorf("the tally says %+v, %v", tally[l.link.ID], err)
	}
}

// TestTheFirstViewIsSmall: the page with all it loads, as it comes over the wire.
func TestTheFirstViewIsSmall(t *testing.T) {
	s := newSite(t, 0)
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, OnePage: true})
	for _, accepted := range []string{"gzip, br", ""} {
		total := 0
		fetch := func(address string) string {
			request := httptest.NewRequest("GET", address, nil)
			request.Header.Set("Accept-Encoding", accepted)
			response, err := s.App().Test(request, 60_000)
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, response)
			total += len(got.body)
			for name, values := range got.header {
				total += len(name) + len(values[0]) + 4
			}
			return got.body
		}
		fetch(publicPath + l.tokens[0])
		plain := s.do("", "GET", publicPath+l.tokens[0], nil).body
		loaded := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(plain, -1)
		for _, one := range loaded {
			fetch(one[1])
		}
		if t.Logf("first view, accepting %q: %d bytes with %d files", accepted, total, len(loaded)); total > 60<<10 || len(loaded) != 3 {
			t.Errorf("%d bytes with %v", total, loaded)
		}
	}
}
