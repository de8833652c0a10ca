package web

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/survey"
)

const shelfAddress = "/c/feicheng/questionnaires"

// writer is the office at a draft: it sends each form with the revision that the page of
// the draft shows.
type writer struct {
	*site
	t    *testing.T
	base string // of the draft
}

var revisionOnPage = regexp.MustCompile(`name="revision" value="(\d+)"`)

func (w *writer) page() answer {
	w.t.Helper()
	got := w.do("chuang", "GET", w.base, nil)
	if got.status != 200 {
		w.t.Fatalf("%s answered %d: %s", w.base, got.status, got.body)
	}
	return got
}

func (w *writer) revision() string {
	w.t.Helper()
	found := revisionOnPage.FindStringSubmatch(w.page().body)
	if found == nil {
		w.t.Fatal("no revision on the page of the draft")
	}
	return found[1]
}

// send sends a form and wants it to be taken.
func (w *writer) send(rest string, fields url.Values) string {
	w.t.Helper()
	all := url.Values{"revision": {w.revision()}}
	maps.Copy(all, fields)
	got := w.do("chuang", "POST", w.base+rest, all)
	if got.status != http.StatusSeeOther {
		w.t.Fatalf("%s answered %d: %s", rest, got.status, got.body)
	}
	return got.header.Get("Location")
}

// says looks for words on a page.
func says(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, words := range want {
		if !strings.Contains(body, words) {
			t.Errorf("the page doesn't say %q", words)
		}
	}
}

// TestAQuestionnaireFromNothing is written without JavaScript, previewed, published, and
// asked in a wave with quotas; the published version stays when the next one is written.
func TestAQuestionnaireFromNothing(t *testing.T) {
	s := newSite(t, 0)
	got := s.do("chuang", "POST", shelfAddress, url.Values{"id": {"shui"}, "title": {"用水问卷"}})
	if got.status != 303 || !strings.HasPrefix(got.header.Get("Location"), shelfAddress+"/shui/draft") {
		t.Fatalf("new: %d %s", got.status, got.body)
	}
	w := &writer{s, t, shelfAddress + "/shui/draft"}
	w.send("/items", url.Values{"type": {"single"}, "name": {"who"}, "label": {"您属于哪一类？"}, "required": {"1"}, "o.0.label": {"居民"}, "o.0.code": {"home"}, "o.1.label": {"单位"}, "o.1.code": {"work"}, "o.2.label": {""}})
	w.send("/items", url.Values{"type": {"rating"}, "name": {"score"}, "label": {"您打几分？"}})
	// The lines of a condition: first the question is chosen and drawn, then its options.
	drawn := s.do("chuang", "POST", w.base+"/items", url.Values{"act": {"draw"}, "type": {"long_text"}, "label": {"为什么？"}, "show.0.question": {"who"}})
	says(t, drawn.body, `name="show.0.code" value="home"`, "选了（任一个）", "为什么？")
	w.send("/items", url.Values{"type": {"long_text"}, "name": {"why"}, "label": {"您打了${score}分，为什么？"},
		"show.0.question": {"who"}, "show.0.relation": {"in"}, "show.0.code": {"home"}, "show.1.question": {"score"}, "show.1.relation": {"at_most"}, "show.1.number": {"６"}, "show.2.question": {""}})
	w.send("/items", url.Values{"type": {"multiple"}, "name": {"seen"}, "label": {"您看到过什么？"}, "bulk": {"横幅\n电视\n"}, "o.0.at": {"1"}, "o.0.label": {"都没有"}, "o.0.exclusive": {"1"}, "o.1.at": {"0.5"}, "o.1.label": {"其他"}, "o.1.other": {"1"}})
	page := w.page().body
	says(t, page, "问谁：“您属于哪一类？”选了居民，并且“您打几分？”不大于6", "其他 / 都没有 / 横幅 / 电视", "第3题的条件或文字用到这一题")

	// Moved up it asks for a later question: a fault beside it, which blocks publishing only.
	w.send("/items/k3/move", url.Values{"to": {"1"}})
	says(t, w.page().body, "排在本题之后", "处要改")
	refused := s.do("chuang", "POST", w.base+"/publish", url.Values{"revision": {w.revision()}, "newest": {"0"}})
	if refused.status != 422 {
		t.Errorf("published with a fault: %d", refused.status)
	}
	says(t, refused.body, "还不能发布")
	w.send("/undo", nil)
	w.send("", url.Values{"title": {"用水问卷"}, "intro": {"不记名。"}, "stratum": {"who"}})
	w.send("/items/k4/copy", nil)
	says(t, w.page().body, "seen_2")
	says(t, w.page().body, "重名") // the copy has the same words
	w.send("/items/k5/remove", nil)
	w.send("/indicators/new", url.Values{"name": {"home_share"}, "label": {"居民占比"}, "kind": {"share"}, "question": {"who"}, "positive": {"home"}, "base": {"answered"}, "source": {"自拟"}})

	// The preview skips as the form will.
	phone := func(answers string) string {
		got := s.do("chuang", "GET", shelfAddress+"/shui/phone?"+answers, nil)
		if got.status != 200 {
			t.Fatalf("phone: %d", got.status)
		}
		return got.body
	}
	if strings.Contains(phone(""), "为什么？") {
		t.Error("the preview asks what its condition keeps back")
	}
	says(t, phone("q.who=home&q.score=3"), "您打了3分，为什么？")
	if strings.Contains(phone("q.who=work&q.score=3"), "为什么？") {
		t.Error("the preview asks the wrong people")
	}
	paper := s.do("chuang", "GET", shelfAddress+"/shui/paper", nil)
	says(t, paper.body, "▶ “您属于哪一类？”选了居民", "□ 1. 居民", "您打了____分")

	where := w.send("/publish", url.Values{"newest": {"0"}})
	if !strings.Contains(where, "done=published") {
		t.Errorf("published to %s", where)
	}
	says(t, s.do("chuang", "GET", shelfAddress, nil).body, "第1版", "还没有轮次用它")
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "shui", 1)
	if err != nil || len(q.Questions) != 4 || q.Questions[3].Options[0].Label != "其他" || !q.Questions[3].Options[0].Other || q.Questions[3].Options[2].Code != "o3" {
		t.Errorf("published %+v, %v", q, err)
	}

	wave := url.Values{"id": {"w9"}, "name": {"用水第一轮"}, "take": {"shui@1"}, "start": {"2014-10-01"}, "end": {"2014-10-31"}, "approval": {"鲁统制〔2014〕9号"}, "privacy": {"不记名，只用于统计。"}, "double": {"２０％"},
		"areas": {"lao 老城街道\n新城街道"}, "stratum": {"home", "work"}, "in.home": {"1"}, "in.work": {"1"}, "quota.home": {"３０"}, "capped.home": {"1"}, "quota.work": {""},
		"cell.lao.home": {"20"}, "cell.a1.home": {"10"}, "quota.0.stratum": {"home"}, "quota.0.area": {"lao"}, "quota.0.distributor": {"fafang"}, "quota.0.count": {"5"}, "quota.1.count": {""}}
	s.as("fafang")
	s.changed()
	if got := s.do("chuang", "POST", "/c/feicheng/waves", wave); got.status != 303 {
		t.Fatalf("wave: %d %s", got.status, got.body)
	}
	held, err := s.Surveys.Wave(t.Context(), "feicheng", "w9")
	if err != nil {
		t.Fatal(err)
	}
	made := held.Thing
	if len(made.Quotas) != 3 || len(made.Areas) != 2 || made.Areas[1].Code != "a1" || !made.Strata[0].Capped || made.Strata[0].Quota != 30 || made.Strata[1].Capped || made.Approval == "" || made.Double != 20 || made.Version != 1 {
		t.Errorf("wave %+v", made)
	}
	edit := s.do("chuang", "GET", "/c/feicheng/waves/w9/edit", nil)
	says(t, edit.body, `name="cell.lao.home" value="20"`, "鲁统制〔2014〕9号", "陈调查员", `name="double" value="20"`)

	// The next version is written; the wave keeps its own.
	if got := s.do("chuang", "POST", shelfAddress+"/shui/begin", url.Values{}); got.status != 303 {
		t.Fatalf("begin: %d", got.status)
	}
	w.send("/items/k1", url.Values{"type": {"single"}, "name": {"who"}, "label": {"您是谁？"}, "required": {"1"}, "o.0.label": {"居民"}, "o.0.code": {"home"}, "o.1.label": {"单位"}, "o.1.code": {"work"}})
	says(t, w.page().body, "与第1版的who不能比较", "题目文字改了，原来是“您属于哪一类？”")
	if strings.Contains(w.page().body, "有更新的一版") {
		t.Error("nothing was published since the draft was begun")
	}
	w.send("/publish", url.Values{"newest": {"1"}})
	first, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "shui", 1)
	if err != nil || first.Questions[0].Label != "您属于哪一类？" {
		t.Errorf("the first version changed: %+v, %v", first, err)
	}
	if held, err := s.Surveys.Wave(t.Context(), "feicheng", "w9"); err != nil || held.Thing.Version != 1 {
		t.Errorf("the wave changed its version: %+v, %v", held.Thing, err)
	}

	// Closed, it takes no new wave.
	if got := s.do("chuang", "POST", shelfAddress+"/shui/close", url.Values{"revision": {"0"}, "reason": {""}}); got.status != 422 {
		t.Errorf("closed without a reason: %d", got.status)
	}
	if got := s.do("chuang", "POST", shelfAddress+"/shui/close", url.Values{"revision": {"0"}, "reason": {"以后不用"}}); got.status != 303 {
		t.Errorf("close: %d %s", got.status, got.body)
	}
	wave.Set("id", "w10")
	if got := s.do("chuang", "POST", "/c/feicheng/waves", wave); got.status != 409 || !strings.Contains(got.body, "停用") {
		t.Errorf("a wave of a closed questionnaire: %d", got.status)
	}
}

// TestTwoEditors change one draft at once: the second is told, loses nothing of what was
// typed, and knows what the first has written.
func TestTwoEditors(t *testing.T) {
	s := newSite(t, 0)
	written(t, s, "liang")
	base := shelfAddress + "/liang/draft"
	put := func(label, revision string) answer {
		return s.do("chuang", "POST", base+"/items/k2", url.Values{"revision": {revision}, "type": {"number"}, "name": {"age"}, "label": {label}})
	}
	if got := put("第一人的字", "1"); got.status != 303 {
		t.Fatalf("first: %d %s", got.status, got.body)
	}
	second := put("第二人的字", "1")
	if second.status != 409 {
		t.Errorf("second: %d", second.status)
	}
	says(t, second.body, "刚刚有人改过这份草稿", "草稿里这一题现在是：第一人的字", ">第二人的字</textarea>", `name="revision" value="2"`)
	if got := put("第二人的字", "2"); got.status != 303 {
		t.Errorf("knowingly: %d", got.status)
	}
	// A click on an old list is told on the list as it is now.
	moved := s.do("chuang", "POST", base+"/items/k2/remove", url.Values{"revision": {"1"}})
	if moved.status != 409 {
		t.Errorf("removed from an old list: %d", moved.status)
	}
	says(t, moved.body, "这一步没有做", "第二人的字")
	if got := s.do("chuang", "POST", base+"/publish", url.Values{"revision": {"1"}, "newest": {"0"}}); got.status != 409 {
		t.Errorf("published what nobody has seen: %d", got.status)
	}
	for _, kept := range []string{"abc", "1e999", "--3"} {
		got := s.do("chuang", "POST", base+"/items/k2", url.Values{"revision": {"3"}, "type": {"number"}, "name": {"age"}, "label": {"多大"}, "min": {kept}})
		if got.status != 422 || !strings.Contains(got.body, "最小值“"+kept+"”不是数字") || !strings.Contains(got.body, `name="min" value="`+kept+`"`) {
			t.Errorf("a minimum of %q: %d", kept, got.status)
		}
	}
}

// TestBadDrafts: what is wrong is kept and told beside its question.
func TestBadDrafts(t *testing.T) {
	s := newSite(t, 0)
	q := survey.Questionnaire{ID: "huai", Title: `<script>alert(1)</script>`, Questions: []survey.Question{
		{Name: "self", Type: survey.Single, Label: `</textarea><script>alert(2)</script>`, Options: []survey.Option{{Code: "a", Label: `"><b>`}, {Code: "b", Label: "乙"}}, ShowIf: &survey.Condition{Question: "self", In: []string{"a"}}},
		{Name: "wide", Type: survey.Multiple, Label: "宽窄", Options: []survey.Option{{Code: "a", Label: "ABC"}, {Code: "b", Label: "ＡＢＣ"}}},
	}}
	if _, err := s.Surveys.NewQuestionnaire(t.Context(), audit.System("test"), "feicheng", "huai", survey.NewDraft("feicheng", q)); err != nil {
		t.Fatal(err)
	}
	w := &writer{s, t, shelfAddress + "/huai/draft"}
	page := w.page().body
	says(t, page, "显示条件不能引用本题自己", "既可以指选项“ABC”也可以指选项“ＡＢＣ”")
	for _, address := range []string{w.base, w.base + "/items/k1", shelfAddress + "/huai/phone", shelfAddress + "/huai/paper", shelfAddress} {
		if body := s.do("chuang", "GET", address, nil).body; strings.Contains(body, "<script>alert") || strings.Contains(body, `"><b>`) {
			t.Errorf("%s shows a text unescaped", address)
		}
	}
	item := s.do("chuang", "GET", w.base+"/items/k1", nil)
	says(t, item.body, "不是前面的选择题或数字题", "发布前要改")
	// Saved as it is shown, the condition that the form can't draw stays.
	w.send("/items/k1", url.Values{"type": {"single"}, "name": {"self"}, "label": {"改了字"}, "o.0.label": {"甲"}, "o.0.code": {"a"}, "show.0.question": {"self"}, "show.0.relation": {"in"}, "show.0.code": {"a"}})
	says(t, w.page().body, "显示条件不能引用本题自己")
	w.send("/items/k1", url.Values{"type": {"single"}, "name": {"self"}, "label": {"改了字"}, "o.0.label": {"甲"}, "o.0.code": {"a"}, "show.0.question": {""}})
	if strings.Contains(w.page().body, "引用本题自己") {
		t.Error("the condition was taken away and is still a fault")
	}
	for _, path := range []string{"/items/k99", "/items/%2e%2e", "/indicators/0", "/indicators/7"} {
		if got := s.do("chuang", "GET", w.base+path, nil); got.status != 404 {
			t.Errorf("%s answered %d", path, got.status)
		}
	}
}

// TestLibrary takes a question over with its name and codes, once.
func TestLibrary(t *testing.T) {
	s := newSite(t, 0)
	written(t, s, "qu")
	w := &writer{s, t, shelfAddress + "/qu/draft"}
	page := s.do("chuang", "GET", w.base+"/library?text="+url.QueryEscape("正在申请"), nil)
	says(t, page.body, "feicheng/citizen/1/aware", "用于《水资源保护与水生态满意度问卷》第1版")
	if strings.Contains(page.body, "/sat_river") {
		t.Error("the search lists what it wasn't asked for")
	}
	if strings.Contains(s.do("chuang", "GET", w.base+"/library", nil).body, "governance/") {
		t.Error("the library opens another campaign's questions to who may not read it")
	}
	w.send("/library", url.Values{"book": {"feicheng/citizen/1/aware", "feicheng/citizen/1/carriers"}})
	held, err := s.Surveys.Draft(t.Context(), "feicheng", "qu")
	if err != nil {
		t.Fatal(err)
	}
	original, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 1)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := original.Question("aware")
	taken := held.Thing.Items[2]
	if taken.Question.Name != "aware" || fmt.Sprint(taken.Question) != fmt.Sprint(want) || taken.From == nil {
		t.Errorf("taken over as %+v", taken)
	}
	again := s.do("chuang", "POST", w.base+"/library", url.Values{"revision": {"2"}, "book": {"feicheng/citizen/1/aware"}})
	if again.status != 409 || !strings.Contains(again.body, "草稿里已有代码为“aware”的题") {
		t.Errorf("twice: %d", again.status)
	}
	if foreign := s.do("chuang", "POST", w.base+"/library", url.Values{"revision": {"2"}, "book": {"governance/governance/1/aware"}}); foreign.status != 422 {
		t.Errorf("another campaign's question: %d", foreign.status)
	}
	if strings.Contains(w.page().body, "不能比较") {
		t.Error("an unchanged question is said to break the trend")
	}
	w.send("/items/"+taken.Key, url.Values{"type": {"single"}, "name": {"aware"}, "label": {want.Label}, "required": {"1"}, "o.0.label": {"知道"}, "o.0.code": {"knows"}})
	says(t, w.page().body, "与citizen 第1版的aware不能比较", "少了选项：听说过、不知道")
}

// TestSavingAsShownChangesNothing opens every question of the shipped questionnaires and
// sends its form back as a browser would: the draft must be as before.
func TestSavingAsShownChangesNothing(t *testing.T) {
	s := newSite(t, 0)
	begun(t, s)
	held, err := s.Surveys.Draft(t.Context(), "feicheng", "citizen")
	if err != nil {
		t.Fatal(err)
	}
	base := shelfAddress + "/citizen/draft"
	for _, item := range held.Thing.Items {
		page := s.do("chuang", "GET", base+"/items/"+item.Key, nil)
		fields := formOnPage(t, page.body, `data-item`)
		if got := s.do("chuang", "POST", base+"/items/"+item.Key, fields); got.status != 303 {
			t.Fatalf("%s: %d %s", item.Question.Name, got.status, got.body)
		}
		now, err := s.Surveys.Draft(t.Context(), "feicheng", "citizen")
		if err != nil || now.Revision != held.Revision {
			t.Fatalf("%s was changed by saving it as shown: %+v, %v", item.Question.Name, now.Thing.Items[now.Thing.Place(item.Key)].Question, err)
		}
	}
	for i := range held.Thing.Indicators {
		address := fmt.Sprintf("%s/indicators/%d", base, i+1)
		fields := formOnPage(t, s.do("chuang", "GET", address, nil).body, `class="card card-body stack medium"`)
		if got := s.do("chuang", "POST", address, fields); got.status != 303 {
			t.Fatalf("%s: %d %s", address, got.status, got.body)
		}
	}
	if now, err := s.Surveys.Draft(t.Context(), "feicheng", "citizen"); err != nil || now.Revision != held.Revision {
		t.Errorf("an indicator was changed by saving it as shown: %v", err)
	}
	fields := formOnPage(t, s.do("chuang", "GET", "/c/feicheng/waves/w1/edit", nil).body, "/waves/w1/edit")
	before, err := s.Surveys.Wave(t.Context(), "feicheng", "w1")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.do("chuang", "POST", "/c/feicheng/waves/w1/edit", fields); got.status != 303 {
		t.Fatalf("wave: %d %s", got.status, got.body)
	}
	if after, err := s.Surveys.Wave(t.Context(), "feicheng", "w1"); err != nil || after.Revision != before.Revision {
		t.Errorf("a wave was changed by saving it as shown: %+v, %v", after.Thing, err)
	}
}

// TestFiveHundredQuestions: the pages of the longest questionnaire can be used.
func TestFiveHundredQuestions(t *testing.T) {
	s := newSite(t, 0)
	q := survey.Questionnaire{ID: "chang", Title: "五百题"}
	for i := range 500 {
		q.Questions = append(q.Questions, survey.Question{Name: fmt.Sprintf("n%d", i), Type: survey.Single, Label: fmt.Sprintf("第%d个问题？", i), Required: true,
			Options: []survey.Option{{Code: "a", Label: "同意"}, {Code: "b", Label: "不同意"}}})
		if i > 0 {
			q.Questions[i].ShowIf = &survey.Condition{Question: fmt.Sprintf("n%d", i-1), In: []string{"a"}}
		}
	}
	if _, err := s.Surveys.NewQuestionnaire(t.Context(), audit.System("test"), "feicheng", "chang", survey.NewDraft("feicheng", q)); err != nil {
		t.Fatal(err)
	}
	w := &writer{s, t, shelfAddress + "/chang/draft"}
	for address, most := range map[string]int{w.base: 1 << 20, w.base + "/items/k500": 256 << 10, shelfAddress + "/chang/phone": 64 << 10, shelfAddress + "/chang/paper": 512 << 10} {
		got := s.do("chuang", "GET", address, nil)
		if got.status != 200 || len(got.body) > most {
			t.Errorf("%s: %d, %d bytes, want at most %d", address, got.status, len(got.body), most)
		}
		t.Logf("%s: %d bytes", address, len(got.body))
	}
	if where := w.send("/items/k500/move", url.Values{"to": {"1"}}); !strings.HasSuffix(where, "#k500") {
		t.Errorf("moved to %s", where)
	}
	says(t, w.page().body, "排在本题之后")
	w.send("/undo", nil)
	w.send("/publish", url.Values{"newest": {"0"}})
}

var (
	fieldOnPage  = regexp.MustCompile(`(?s)<input\b([^>]*)>|<(textarea|select)\b([^>]*)>(.*?)</(?:textarea|select)>`)
	attrOnPage   = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	optionOnPage = regexp.MustCompile(`<option value="([^"]*)"( selected)?`)
)

// TestWaveFaults: each fault of a wave is a sentence beside its field, and what was typed
// stays.
func TestWaveFaults(t *testing.T) {
	s := newSite(t, 0)
	valid := url.Values{"id": {"w5"}, "name": {"第五轮"}, "take": {"citizen@1"}, "areas": {"lao 老城"}, "stratum": {"school"}, "in.school": {"1"}, "quota.school": {"10"}}
	check := func(status int, want string, more url.Values) {
		t.Helper()
		fields := maps.Clone(valid)
		maps.Copy(fields, more)
		got := s.do("chuang", "POST", "/c/feicheng/waves", fields)
		if got.status != status || !strings.Contains(got.body, want) || !strings.Contains(got.body, `value="第五轮"`) && more.Get("name") == "" {
			t.Errorf("%v: %d, want %d with %q", more, got.status, status, want)
		}
	}
	check(422, "分组的配额“十”不是整数", url.Values{"quota.school": {"十"}})
	check(422, "结束日期早于开始日期", url.Values{"start": {"2014-10-02"}, "end": {"2014-10-01"}})
	check(422, "不是有效日期", url.Values{"start": {"明天"}})
	check(422, "是同一格", url.Values{"quota.0.stratum": {"school"}, "quota.0.area": {"lao"}, "quota.0.count": {"1"}, "cell.lao.school": {"2"}})
	check(422, "不在这一轮的片区里", url.Values{"cell.far.school": {"2"}})
	check(422, "不在本活动的名单里", url.Values{"quota.0.distributor": {"nobody"}, "quota.0.count": {"1"}})
	check(422, "没有填份数", url.Values{"quota.0.stratum": {"school"}, "quota.0.count": {""}})
	check(422, "代码“W 5”只能用", url.Values{"id": {"W 5"}})
	check(422, "不能叫 new", url.Values{"id": {"new"}})
	check(409, "已经有一轮用了", url.Values{"id": {"w1"}})
	check(422, "分组“nobody”不是", url.Values{"stratum": {"nobody"}, "in.nobody": {"1"}})
	if got := s.do("chuang", "POST", "/c/feicheng/waves", valid); got.status != 303 {
		t.Fatalf("valid: %d %s", got.status, got.body)
	}
	// Two at once: the second is told and keeps what was typed.
	edit := func(name, revision string) answer {
		return s.do("chuang", "POST", "/c/feicheng/waves/w5/edit", url.Values{"revision": {revision}, "name": {name}, "take": {"citizen@1"}})
	}
	if got := edit("甲改的", "1"); got.status != 303 {
		t.Fatal(got.status)
	}
	second := edit("乙改的", "1")
	if second.status != 409 {
		t.Errorf("second: %d", second.status)
	}
	says(t, second.body, "刚刚有人改过这里", `value="乙改的"`, "再保存一次")
	if got := s.do("chuang", "POST", "/c/feicheng/waves/w5/close", url.Values{"revision": {"2"}, "reason": {"时间到了"}}); got.status != 303 {
		t.Fatal(got.status)
	}
	says(t, s.do("chuang", "GET", "/c/feicheng/waves/w5/edit", nil).body, "已结束", "原因：时间到了", "重新打开")
	found := false
	for _, e := range s.events() {
		found = found || e.Verb == "wave.close" && strings.Contains(string(e.After), "时间到了")
	}
	if !found {
		t.Error("the reason isn't in the trail")
	}
}

// formOnPage gives the fields of the form whose tag holds a mark, as a browser would send
// them.
func formOnPage(t *testing.T, body, mark string) url.Values {
	t.Helper()
	at := -1
	for _, place := range regexp.MustCompile(`<form\b[^>]*>`).FindAllStringIndex(body, -1) {
		if strings.Contains(body[place[0]:place[1]], mark) {
			at = place[1]
			break
		}
	}
	if at < 0 {
		t.Fatalf("no form with %s", mark)
	}
	body, _, _ = strings.Cut(body[at:], "</form>")
	fields := url.Values{}
	for _, found := range fieldOnPage.FindAllStringSubmatch(body, -1) {
		attrs := map[string]string{}
		for _, a := range attrOnPage.FindAllStringSubmatch(found[1]+found[3], -1) {
			attrs[a[1]] = html.UnescapeString(a[2])
		}
		_, checked := attrs["checked"]
		switch name := attrs["name"]; {
		case name == "":
		case found[2] == "textarea":
			fields.Add(name, strings.ReplaceAll(html.UnescapeString(found[4]), "\n", "\r\n"))
		case found[2] == "select":
			options, chosen := optionOnPage.FindAllStringSubmatch(found[4], -1), ""
			for i, o := range options {
				if i == 0 || o[2] != "" {
					chosen = html.UnescapeString(o[1])
				}
			}
			fields.Add(name, chosen)
		case attrs["type"] == "checkbox" && !checked:
		default:
			fields.Add(name, attrs["value"])
		}
	}
	return fields
}
