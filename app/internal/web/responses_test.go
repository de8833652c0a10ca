package web

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/survey"
	"shuixuan/app/survey/surveytest"
)

// contrary is the questionnaire of every type with a rule that an answer of the public page
// can break.
func contrary() survey.Questionnaire {
	q, low := surveytest.EveryType(), 2.0
	q.Contradictions = []survey.Contradiction{{One: survey.Condition{Question: "river", In: []string{"5"}}, Other: survey.Condition{Question: "score", AtMost: &low}, Reason: "两题问的是同一件事<b>"}}
	return q
}

// online gives the id of a response that came by the public page and contradicts itself.
func (s *site) online(t *testing.T) string {
	t.Helper()
	if _, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "link", 0); err != nil {
		if _, err := s.Surveys.PutQuestionnaire(t.Context(), audit.System("test"), "feicheng", contrary(), 0); err != nil {
			t.Fatal(err)
		}
	}
	l := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce, Distributor: "fafang"})
	r := s.respondent(t, l.tokens[0])
	r.open(r.address)
	for _, one := range []url.Values{{"young": {""}}, q("agree", "yes"), q("grp", "b"), q("heard", "tv"), q("river", "5"), {"q.east": {"1"}, "q.west": {"2"}}, q("score", "1"), q("kids", "3"), q("day", ""), q("advice", "多种树</script>")} {
		r.give(one)
	}
	r.says("谢谢您，已经收下") // a contradiction keeps nobody from answering
	return survey.LinkResponse(survey.HashToken(l.tokens[0]), "").String()
}

const onlineScreening = "/c/feicheng/waves/lw/screening"

// TestAnOnlineAnswerIsOpenedVoidedAndRestored, from the screening that says why to look at it.
func TestAnOnlineAnswerIsOpenedVoidedAndRestored(t *testing.T) {
	s := newSite(t, 0)
	s.as("fafang")
	id := s.online(t)
	at := "/c/feicheng/waves/lw/responses/" + id
	says := func(address string, words ...string) string {
		t.Helper()
		got := s.do("chuang", "GET", address, nil)
		if got.status != 200 {
			t.Fatalf("%s: %d %s", address, got.status, got.body)
		}
		for _, word := range words {
			if !strings.Contains(got.body, word) {
				t.Errorf("%s doesn't say %q", address, word)
			}
		}
		return got.body
	}
	post := func(step, reason string, revision int) answer {
		t.Helper()
		return s.do("chuang", "POST", at+"/"+step, url.Values{"reason": {reason}, "revision": {strconv.Itoa(revision)}})
	}
	broken := "回答自相矛盾：“河水好吗？”选了很好，又“打几分？”填了1（两题问的是同一件事&lt;b&gt;）"
	says(onlineScreening, broken, `href="`+at+`"`, "无编号 "+id[:8], "只查问卷里写明的1条规则")
	if file := says(onlineScreening + "/panels/screening-sheets.csv"); !strings.Contains(file, "又“打几分？”填了1（两题问的是同一件事<b>）") {
		t.Errorf("the file doesn't name the rule: %s", file)
	}
	revision := s.response(t, id).Revision
	says(at, broken, "无编号答卷 "+id[:8], "网上填写", "陈调查员", "多种树&lt;/script&gt;", "电视", "东边", "另有1题按前面的回答不用问", "填完", "受访者", `action="`+at+`/void"`)

	before := s.events()
	if got := post("void", " ", int(revision)); got.status != 422 || !strings.Contains(got.body, "请写明为什么作废") {
		t.Errorf("without a reason: %d", got.status)
	}
	if got := post("void", "本人说没有填过", int(revision)-1); got.status != 409 || !strings.Contains(got.body, "刚刚在别处改过") || !strings.Contains(got.body, `value="本人说没有填过"`) {
		t.Errorf("by who saw an older one: %d", got.status)
	}
	if left := s.since(before); len(left) != 0 {
		t.Errorf("refused, and on record: %v", left)
	}
	if got := post("void", "本人说没有填过", int(revision)); got.status != 303 {
		t.Fatalf("void: %d %s", got.status, got.body)
	}
	says(at+"?done=response-void", "已作废", "本人说没有填过", "不再计入统计", `action="`+at+`/restore"`, "多种树&lt;/script&gt;")
	says(onlineScreening, "还没有计入统计的答卷", "已作废的答卷", "本人说没有填过", `href="`+at+`"`)
	held, err := s.Surveys.Wave(t.Context(), "feicheng", "lw")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Surveys.SetWaveClosed(t.Context(), office, "feicheng", "lw", true, "到期", held.Revision); err != nil {
		t.Fatal(err)
	}
	s.changed()
	if got := post("restore", "本人想起来了", int(revision)+1); got.status != 303 || !strings.Contains(got.header.Get("Location"), "done=response-restore") {
		t.Fatalf("restore: %d %s", got.status, got.body)
	}
	says(onlineScreening, "计入统计的1份答卷里", "恢复计入")
	says(at, "本人想起来了", "恢复", broken) // the page waits but a moment for a screening that stands beside it: here it is made
	if got := s.response(t, id); got.Disposition != survey.Complete || got.Late || got.Texts["advice"] != "多种树</script>" {
		t.Errorf("%+v", got)
	}
	var verbs []string
	for _, e := range s.since(before) {
		if e.Thing == id {
			verbs = append(verbs, e.Verb)
		}
	}
	if got := strings.Join(verbs, " "); got != "response.void response.restore" && got != "response.restore response.void" {
		t.Errorf("on record: %s", got)
	}
	for _, address := range []string{"/c/feicheng/waves/lw/responses/00000000-0000-0000-0000-000000000001", "/c/feicheng/waves/w1/responses/" + id, "/c/feicheng/waves/lw/responses/x"} {
		if got := s.do("chuang", "GET", address, nil); got.status != 404 {
			t.Errorf("%s: %d", address, got.status)
		}
	}
}

// TestAVoidedPaperSheetComesBackToo: the list of what was voided leads to it.
func TestAVoidedPaperSheetComesBackToo(t *testing.T) {
	s := newSite(t, 0)
	id := s.enteredTwice(t, "0042")
	const sheet = "/c/feicheng/waves/w1/sheets/numbers/0042"
	at := "/c/feicheng/waves/w1/responses/" + id
	if got := s.do("chuang", "GET", sheet, nil); !strings.Contains(got.body, `href="`+at+`"`) {
		t.Error("the sheet doesn't lead to its answers")
	}
	if got := s.do("fafang", "GET", sheet, nil); got.status != 200 || strings.Contains(got.body, at) {
		t.Errorf("to a distributor it leads where they may not go: %d", got.status)
	}
	if got := s.do("chuang", "POST", sheet+"/void", url.Values{"response": {id}, "revision": {"1"}, "reason": {"字迹不清"}}); got.status != 303 {
		t.Fatal(got.status)
	}
	if got := s.do("chuang", "GET", screeningAddress, nil); !strings.Contains(got.body, `href="`+at+`"`) {
		t.Error("what was voided isn't listed")
	}
	if got := s.do("chuang", "GET", screeningAddress+"/panels/screening-voided.xlsx", nil); got.status != 200 {
		t.Errorf("as a file: %d", got.status)
	}
	if got := s.do("chuang", "POST", at+"/restore", url.Values{"revision": {"2"}, "reason": {"看清了"}}); got.status != 303 {
		t.Fatal(got.status, got.body)
	}
	if got := s.do("chuang", "GET", sheet, nil); !strings.Contains(got.body, "作废这份答卷") {
		t.Error("its sheet doesn't know that it is back")
	}
}

func init() {
	const one = "POST /c/:campaign/waves/:wave/responses/:response"
	writeFixtures[one+"/void"] = write{leaves: []string{"response.void"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := s.enteredTwice(t, "F001")
		return request{as: "chuang", path: "/c/feicheng/waves/w1/responses/" + id + "/void", fields: url.Values{"revision": {"1"}, "reason": {"本人说没有填过"}}, thing: id}
	}}
	writeFixtures[one+"/restore"] = write{leaves: []string{"response.restore"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := s.enteredTwice(t, "F002")
		s.do("chuang", "POST", "/c/feicheng/waves/w1/responses/"+id+"/void", url.Values{"revision": {"1"}, "reason": {"本人说没有填过"}})
		return request{as: "chuang", path: "/c/feicheng/waves/w1/responses/" + id + "/restore", fields: url.Values{"revision": {"2"}, "reason": {"想起来了"}}, thing: id}
	}}
}

// response gives one of the wave of the links.
func (s *site) response(t *testing.T, id string) survey.Response {
	t.Helper()
	for _, r := range s.responses(t, "lw") {
		if r.ID.String() == id {
			return r
		}
	}
	t.Fatalf("there is no response %s", id)
	return survey.Response{}
}
