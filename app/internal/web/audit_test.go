package web

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/survey"
)

// events gives the whole trail, oldest first.
func (s *site) events() []audit.Event {
	s.t.Helper()
	var all []audit.Event
	err := s.Audit.Each(s.t.Context(), audit.Filter{}, func(e audit.Event) error { all = append(all, e); return nil })
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// since gives the events that are not among those of before.
func (s *site) since(before []audit.Event) []audit.Event {
	s.t.Helper()
	known := map[uuid.UUID]bool{}
	for _, e := range before {
		known[e.ID] = true
	}
	var fresh []audit.Event
	for _, e := range s.events() {
		if !known[e.ID] {
			fresh = append(fresh, e)
		}
	}
	return fresh
}

// What is taken out leaves its event before the first byte; a refused one leaves none.
func TestReadsLeaveAnEvent(t *testing.T) {
	s := newSite(t, 0)
	logged(t, s, "下载路口")
	receipt := uploaded(t, s)
	for _, x := range []struct{ login, address, verb, kind, thing string }{
		{"chuang", "/c/feicheng/placements.xlsx?task=%E7%A4%BE%E4%BC%9A%E5%AE%A3%E4%BC%A01", "placement.export", "placement", ""},
		{"zhujian", "/c/feicheng/placements.csv", "placement.export", "placement", ""},
		{"chuang", "/c/feicheng/waves/w1/responses.xlsx", "response.export", "wave", "w1"},
		{"fafang", "/c/feicheng/waves/w1/responses.csv", "response.export", "wave", "w1"},
		{"chuang", "/api/v1/campaigns/feicheng/waves/w1/responses", "response.export", "wave", "w1"},
		{"chuang", "/c/feicheng/report.xlsx", "report.export", "report", ""},
		{"zhujian", receipt + "/rejected.xlsx", "receipt.export", "batch", receipt[strings.LastIndex(receipt, "/")+1:]},
		{"chuang", "/c/feicheng/overview/panels/overview-coverage.csv", "panel.export", "panel", "overview-coverage"},
		{"chuang", "/c/feicheng/audit.xlsx?group=session", "audit.export", "audit", ""},
		{"chuang", "/c/feicheng/audit.csv", "audit.export", "audit", ""},
	} {
		s.as(x.login)
		before := s.events()
		got := s.do(x.login, "GET", x.address, nil)
		if got.status != 200 {
			t.Errorf("%s answered %d", x.address, got.status)
			continue
		}
		left := s.since(before)
		if len(left) != 1 || left[0].Verb != x.verb || left[0].Kind != x.kind || left[0].Thing != x.thing || left[0].Campaign != "feicheng" || left[0].Actor.ID != x.login {
			t.Errorf("%s left %+v, want %s of %s %q", x.address, left, x.verb, x.kind, x.thing)
			continue
		}
		if e := left[0]; e.Actor.Address == "" || e.Actor.Reference != got.header.Get(referenceHeader) {
			t.Errorf("%s came from %q as %q, want the request's own", x.address, e.Actor.Address, e.Actor.Reference)
		}
		if strings.Contains(x.address, "task=") && !strings.Contains(string(left[0].After), "社会宣传1") {
			t.Errorf("what was asked for isn't in the event: %s", left[0].After)
		}
	}
	s.as("jiaoyu")
	before := s.events()
	for _, address := range []string{receipt + "/rejected.xlsx", "/c/feicheng/waves/w1/responses.csv", "/c/feicheng/audit.csv"} {
		if got := s.do("jiaoyu", "GET", address, nil); got.status != 403 && got.status != 404 {
			t.Errorf("%s answered %d", address, got.status)
		}
	}
	if left := s.since(before); len(left) != 0 {
		t.Errorf("what was refused left %+v", left)
	}
}

// The page tells an event in words, finds it by each filter, and its files hold the same.
func TestTheTrailIsReadInWords(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "审计路口")
	edit := url.Values{"revision": {"1"}, "task": {"社会宣传1"}, "carrier": {"公交站点广告牌"}, "place": {"审计路口"}, "quantity": {"5"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}}
	if got := s.do("zhujian", "POST", "/c/feicheng/placements/"+id.String(), edit); got.status != 303 {
		t.Fatalf("revise: %d", got.status)
	}
	page := s.do("chuang", "GET", "/c/feicheng/audit", nil)
	for _, want := range []string{"登记台账", "修改台账", "数量：3 → 5", "李办事员", "责任单位 · 市住建局", "审计路口", `href="/c/feicheng/placements/` + id.String(), "至少保存六个月", `aria-current="page">审计记录<`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
	if strings.Contains(page.body, "看全部活动") {
		t.Error("the office of one campaign is led to all of them")
	}
	day := time.Now().In(shanghai).Format(time.DateOnly)
	minute := time.Now().In(shanghai).Format("2006-01-02T15:04")
	for query, found := range map[string]bool{
		"who=zhujian": true, "who=李办": true, "who=jiaoyu": false,
		"group=placement": true, "group=session": false, "group=nothing": false, "verb=placement.log": true, "verb=placement": false,
		"kind=placement": true, "kind=unit": false, "thing=" + id.String(): true, "thing=" + id.String()[:8]: true, "thing=" + uuid.NewString(): false,
		"outcome=success": true, "outcome=refused": false,
		"from=" + day: true, "to=" + day: true, "from=2200-01-01": false, "to=2014-01-01": false, "from=2014-01-01T00:00&to=" + minute: true,
	} {
		got := s.do("chuang", "GET", "/c/feicheng/audit?"+query, nil)
		if got.status != 200 || strings.Contains(got.body, "登记台账</a>") != found {
			t.Errorf("?%s: %d, found: %t, want %t", query, got.status, !found, found)
		}
		file := s.do("chuang", "GET", "/c/feicheng/audit.csv?"+query, nil)
		if file.status != 200 || strings.Contains(file.body, ",placement.log,") != found {
			t.Errorf("audit.csv?%s: %d, found: %t, want %t", query, file.status, !found, found)
		}
	}
	if got := s.do("chuang", "GET", "/c/feicheng/audit?from=yesterday", nil); got.status != 422 || !strings.Contains(got.body, "yesterday") {
		t.Errorf("a time that can't be read: %d", got.status)
	}
	if got := s.do("cunzhi", "GET", "/c/governance/audit", nil); got.status != 200 || strings.Contains(got.body, "审计路口") {
		t.Errorf("another campaign: %d, tells of this one: %t", got.status, strings.Contains(got.body, "审计路口"))
	}
	if got := s.do("cunzhi", "GET", "/audit.csv?campaign=feicheng", nil); got.status != 200 || strings.Contains(got.body, "审计路口") {
		t.Errorf("the trail of all as another campaign's office: %d, tells of this one: %t", got.status, strings.Contains(got.body, "审计路口"))
	}
}

// Pages from the newest to the oldest give every event once, whatever comes meanwhile.
func TestPagesOfTheTrail(t *testing.T) {
	s := newSite(t, 0)
	s.as("chuang")
	events := make([]audit.Event, 130)
	at := time.Now().Add(-time.Hour)
	for i := range events {
		events[i] = audit.Event{ID: uuid.New(), At: at.Add(time.Duration(i/20) * time.Millisecond), Actor: audit.System("test"), Verb: "placement.log", Campaign: "feicheng", Kind: "placement", Thing: "many"}
	}
	if err := s.Audit.Record(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
	seen := map[uuid.UUID]bool{}
	var after keyset.Cursor
	for range 10 {
		page, next, err := s.Audit.Newest(t.Context(), audit.Filter{Campaign: "feicheng", Thing: "many"}, after, pageRows)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			if seen[e.ID] {
				t.Errorf("%s comes twice", e.ID)
			}
			seen[e.ID] = true
		}
		if after = next; next.IsZero() {
			break
		}
	}
	if len(seen) != len(events) {
		t.Errorf("%d of %d", len(seen), len(events))
	}
	first := s.do("chuang", "GET", "/c/feicheng/audit?thing=many", nil)
	if !strings.Contains(first.body, "<strong>130</strong>") || !strings.Contains(first.body, "下一页") {
		t.Error("the page doesn't tell how many there are, or doesn't go on")
	}
}

// Whoever belongs to no campaign sees the sign-ins and accounts that belong to none.
func TestTheTrailOfAllCampaigns(t *testing.T) {
	s := newSite(t, 0)
	people := []auth.Person{{ID: "quan", Login: "quan", Name: "全市办公室", Role: audit.RoleOffice}}
	for _, p := range people {
		if _, err := s.Auth.AddPerson(t.Context(), audit.System("test"), p, password); err != nil {
			t.Fatal(err)
		}
	}
	token, _, err := s.Auth.SignIn(t.Context(), "quan", password, auth.From{Address: "203.0.113.9"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/audit?group=session", nil)
	r.Header.Set("Cookie", sessionCookie+"="+token)
	got := s.send(r)
	if got.status != 200 || !strings.Contains(got.body, "全市办公室") || !strings.Contains(got.body, "203.0.113.9") || !strings.Contains(got.body, `name="campaign"`) {
		t.Errorf("/audit: %d\n%s", got.status, got.body)
	}
	r = httptest.NewRequest("GET", "/c/feicheng/audit?group=session", nil)
	r.Header.Set("Cookie", sessionCookie+"="+token)
	if got := s.send(r); got.status != 200 || strings.Contains(got.body, "203.0.113.9") || !strings.Contains(got.body, `href="/audit"`) {
		t.Errorf("a campaign's trail: %d, holds what belongs to none: %t", got.status, strings.Contains(got.body, "203.0.113.9"))
	}
	if got := s.do("chuang", "GET", "/audit?group=session", nil); got.status != 303 || got.header.Get("Location") != "/c/feicheng/audit?group=session" {
		t.Errorf("the office of one campaign: %d to %s", got.status, got.header.Get("Location"))
	}
}

// Answers and telephone numbers reach neither the server's log nor the trail, by whatever
// door they come and whether they are taken or not.
func TestAnswersAndTelephoneNumbersAreInNoLog(t *testing.T) {
	s := newSite(t, 0)
	const number, words = "13812345678", "希望河边多装几盏灯"
	said := words + "，我的电话" + number
	sheet := func(bend func(url.Values)) url.Values {
		v := url.Values{"id": {uuid.NewString()}, "number": {uuid.NewString()[:8]}, "partial": {"1"}, "q.group": {"school"}, "q.sex": {"male"}, "q.suggestion": {said}}
		bend(v)
		return v
	}
	const entry, api = "/c/feicheng/waves/w1/responses", "/api/v1/campaigns/feicheng/waves/w1/responses"
	for _, x := range []struct {
		status int
		fields url.Values
	}{
		{303, sheet(func(url.Values) {})},
		{422, sheet(func(v url.Values) { v.Set("q.sex", said) })},
		{422, sheet(func(v url.Values) { v.Del("partial") })},
	} {
		if got := s.do("fafang", "POST", entry, x.fields); got.status != x.status {
			t.Errorf("entry answered %d, want %d\n%s", got.status, x.status, got.body)
		}
	}
	send := func(want int, body string) {
		t.Helper()
		r := httptest.NewRequest("POST", api, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Cookie", s.as("fafang"))
		if got := s.send(r); got.status != want {
			t.Errorf("%s answered %d, want %d: %s", body, got.status, want, got.body)
		}
	}
	send(201, `{"id":"`+uuid.NewString()+`","choices":{"group":["school"]},"texts":{"suggestion":"`+said+`"}}`)
	send(422, `{"id":"`+uuid.NewString()+`","choices":{"group":["`+said+`"]}}`)
	send(422, `{"id":"`+uuid.NewString()+`","texts":"`+said+`"}`)
	send(422, `{"id":"`+uuid.NewString()+`","`+number+`":1}`)
	send(422, `{"id":`+number+`}`)
	// One row that goes in and one that comes back, every question asked.
	q, err := s.Surveys.Questionnaire(t.Context(), "feicheng", "citizen", 0)
	if err != nil {
		t.Fatal(err)
	}
	var heads, good, bad []string
	for _, question := range q.Questions {
		if question.Type == survey.Note {
			continue
		}
		answer := said
		if len(question.Options) > 0 {
			answer = question.Options[0].Label
		}
		heads, good, bad = append(heads, question.Label), append(good, answer), append(bad, said)
	}
	ledger := strings.Join(heads, ",") + "\n" + strings.Join(good, ",") + "\n" + strings.Join(bad, ",") + "\n"
	r := httptest.NewRequest("POST", "/api/v1/campaigns/feicheng/imports?kind=responses&wave=w1", strings.NewReader(multipartBody("responses", "答卷.csv", ledger)))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
	r.Header.Set("Cookie", s.as("fafang"))
	if got := s.send(r); got.status != 200 || !strings.Contains(got.body, `"accepted":[{`) || !strings.Contains(got.body, `"rejected":[{`) {
		t.Errorf("import answered %d: %s", got.status, got.body)
	}
	// A remark of the ledger is in the trail, its number isn't.
	fields := url.Values{"id": {uuid.NewString()}, "task": {"社会宣传1"}, "carrier": {"宣传横幅"}, "place": {"康王河公园"}, "quantity": {"2"}, "measure": {"条"}, "start": {"2014-09-05"}, "open": {"1"}, "remark": {"养护联系" + number}}
	if got := s.do("zhujian", "POST", "/c/feicheng/placements", fields); got.status != 303 {
		t.Errorf("log: %d", got.status)
	}
	s.do("chuang", "GET", "/c/feicheng/placements.csv?text="+number, nil)

	if strings.Contains(s.log.String(), number) || strings.Contains(s.log.String(), words) {
		t.Errorf("the log holds an answer or a number:\n%s", linesWith(s.log.String(), number, words))
	}
	entered := 0
	for _, e := range s.events() {
		text := strings.Join([]string{e.Actor.ID, e.Actor.Name, e.Thing, string(e.Before), string(e.After)}, " ")
		if strings.Contains(text, number) || strings.Contains(text, words) {
			t.Errorf("the trail holds an answer or a number: %s %s", e.Verb, text)
		}
		if strings.HasPrefix(e.Verb, "response") {
			entered++
		}
	}
	if entered < 3 {
		t.Errorf("%d events of responses: the test has entered nothing", entered)
	}
}

func linesWith(text string, words ...string) string {
	var lines []string
	for line := range strings.Lines(text) {
		for _, word := range words {
			if strings.Contains(line, word) {
				lines = append(lines, line)
				break
			}
		}
	}
	return strings.Join(lines, "")
}
