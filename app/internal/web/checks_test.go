package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/spotcheck"
)

// checked draws whatever the ledger holds, by the office, and gives the check.
func (s *site) checked(t *testing.T, closed bool) spotcheck.Check {
	t.Helper()
	id := s.drawn(t, "chuang", url.Values{"size": {"20"}})
	if closed {
		if err := s.checks.Close(t.Context(), audit.System("test"), "feicheng", id); err != nil {
			t.Fatal(err)
		}
	}
	held, err := s.checks.Check(t.Context(), "feicheng", id)
	if err != nil {
		t.Fatal(err)
	}
	return held.Thing
}

// drawn draws as a person and gives the id of the check.
func (s *site) drawn(t *testing.T, login string, fields url.Values) string {
	t.Helper()
	if fields.Get("id") == "" {
		fields.Set("id", uuid.NewString())
	}
	got := s.do(login, "POST", "/c/feicheng/checks", fields)
	location := got.header.Get("Location")
	if got.status != http.StatusSeeOther || !strings.HasSuffix(location, "?done=drawn") {
		t.Fatalf("draw as %s: %d %s", login, got.status, got.body)
	}
	return strings.TrimSuffix(location[strings.LastIndex(location, "/")+1:], "?done=drawn")
}

// invited makes a link by the office.
func (s *site) invited(t *testing.T, l auth.InspectorLink) auth.InspectorLink {
	t.Helper()
	made, _ := s.invitedBy(t, l)
	return made
}

func (s *site) invitedBy(t *testing.T, l auth.InspectorLink) (auth.InspectorLink, string) {
	t.Helper()
	l.Campaign, l.Name = "feicheng", "省验收组"
	if l.Until.IsZero() {
		l.Until = s.clock().AddDate(0, 0, 7)
	}
	made, token, err := s.Auth.AddInspector(t.Context(), actorOf("chuang"), l)
	if err != nil {
		t.Fatal(err)
	}
	return made, token
}

// opened opens a link and gives the cookie of its session.
func (s *site) openedLink(t *testing.T, token string) (cookie, first string) {
	t.Helper()
	got := s.do("", "POST", inspectPath+token, url.Values{})
	if got.status != http.StatusSeeOther {
		t.Fatalf("open a link: %d %s", got.status, got.body)
	}
	cookie, _, _ = strings.Cut(got.header.Get("Set-Cookie"), ";")
	return cookie, got.header.Get("Location")
}

// by sends a request with a cookie.
func (s *site) by(cookie, method, address string, fields url.Values) answer {
	r := httptest.NewRequest(method, address, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	return s.send(r)
}

func (s *site) logSome(t *testing.T, login, task string, n int, place string) {
	t.Helper()
	for i := range n {
		fields := url.Values{"id": {uuid.NewString()}, "task": {task}, "carrier": {"宣传横幅"}, "place": {fmt.Sprintf("%s%d号", place, i)}, "quantity": {"2"}, "measure": {"条"}, "start": {"2014-09-05"}, "open": {"1"}}
		if got := s.do(login, "POST", "/c/feicheng/placements", fields); got.status != http.StatusSeeOther {
			t.Fatalf("log as %s: %d %s", login, got.status, got.body)
		}
	}
}

func init() {
	point := func(t *testing.T, s *site, place string) (address, thing string) {
		logged(t, s, place)
		check := s.checked(t, false)
		return "/c/feicheng/checks/" + check.ID + "/points/1", check.ID + "/0001"
	}
	for name, fixture := range map[string]write{
		"POST /c/:campaign/checks": {leaves: []string{"check.draw"}, once: true, prepare: func(t *testing.T, s *site) request {
			logged(t, s, "抽取路口")
			id := uuid.NewString()
			return request{as: "chuang", path: "/c/feicheng/checks", fields: url.Values{"id": {id}, "size": {"5"}}, thing: id}
		}},
		"POST /c/:campaign/checks/:check/close": {leaves: []string{"check.close"}, once: true, prepare: func(t *testing.T, s *site) request {
			logged(t, s, "结束路口")
			id := s.checked(t, false).ID
			return request{as: "chuang", path: "/c/feicheng/checks/" + id + "/close", fields: url.Values{}, thing: id}
		}},
		"POST /c/:campaign/checks/:check/points/:point": {leaves: []string{"check.find"}, once: true, prepare: func(t *testing.T, s *site) request {
			address, thing := point(t, s, "登记路口")
			return request{as: "chuang", path: address, fields: url.Values{"id": {uuid.NewString()}, "revision": {"0"}, "found": {"gone"}}, thing: thing}
		}},
		"POST /c/:campaign/inspectors": {leaves: []string{"inspector.add"}, prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/inspectors", fields: url.Values{"name": {"省验收组"}, "until": {isoDate(civil(s.clock()))}, "live": {"1"}}}
		}},
		"POST /c/:campaign/inspectors/:inspector/withdraw": {leaves: []string{"inspector.withdraw"}, once: true, prepare: func(t *testing.T, s *site) request {
			id := s.invited(t, auth.InspectorLink{Live: true}).ID
			return request{as: "chuang", path: "/c/feicheng/inspectors/" + id + "/withdraw", fields: url.Values{}, thing: id}
		}},
		"POST /inspect/:token": {leaves: []string{"inspector.open"}, prepare: func(t *testing.T, s *site) request {
			link, token := s.invitedBy(t, auth.InspectorLink{Live: true})
			return request{path: inspectPath + token, fields: url.Values{}, thing: link.ID}
		}},
	} {
		writeFixtures[name] = fixture
	}
}

// TestASpotCheck: drawn by a seed it is the same twice; what is found counts once, can be
// corrected, and never touches the ledger; the figures are on the page, in the workbook, and
// the frame that is sent has the hash that is printed.
func TestASpotCheck(t *testing.T) {
	s := newSite(t, 0)
	s.logSome(t, "zhujian", "社会宣传1", 12, "抽查路")
	s.logSome(t, "jiaoyu", "社会宣传6", 8, "抽查校")
	form := url.Values{"size": {"10"}, "seed": {"k7q2-m9xa"}, "purpose": {"inspection"}}
	first := s.drawn(t, "chuang", form)
	if again := s.do("chuang", "POST", "/c/feicheng/checks", form); again.status != 303 || !strings.Contains(again.header.Get("Location"), first) {
		t.Errorf("the same form again: %d %s", again.status, again.header.Get("Location"))
	}
	second := s.drawn(t, "chuang", url.Values{"size": {"10"}, "seed": {"K7Q2M9XA"}})
	one, other := s.check(t, first), s.check(t, second)
	if !slices.Equal(placesOf(one), placesOf(other)) || one.Seed != "K7Q2M9XA" || len(one.Points) != 10 || one.Purpose != spotcheck.Inspection || other.Purpose != spotcheck.Rehearsal {
		t.Errorf("one seed drew %v and %v", placesOf(one), placesOf(other))
	}
	if all, err := s.checks.List(t.Context(), "feicheng"); len(all) != 2 || err != nil {
		t.Errorf("%d checks, %v; want 2", len(all), err)
	}

	at := "/c/feicheng/checks/" + first
	before := s.do("chuang", "GET", "/c/feicheng/placements/"+one.Points[0].Placement.String(), nil).body
	record := func(point, id, revision, found string) answer {
		return s.do("chuang", "POST", fmt.Sprintf("%s/points/%s", at, point), url.Values{"id": {id}, "revision": {revision}, "found": {found}, "note": {"<b>看过</b>"}})
	}
	id := uuid.NewString()
	for i, want := range []string{"/points/2?done=found", "/points/2?done=found-known"} {
		if got := record("1", id, "0", "gone"); got.status != 303 || !strings.HasSuffix(got.header.Get("Location"), want) {
			t.Errorf("sending %d: %d to %s, want %s", i+1, got.status, got.header.Get("Location"), want)
		}
	}
	if got := record("1", uuid.NewString(), "0", "as-claimed"); got.status != 409 || !strings.Contains(got.body, "刚刚有人登记过这一处") || !strings.Contains(got.body, `name="revision" value="1"`) {
		t.Errorf("over somebody's finding: %d", got.status)
	}
	if got := record("1", uuid.NewString(), "1", "not-found"); got.status != 303 {
		t.Errorf("a correction: %d %s", got.status, got.body)
	}
	for i := range 9 {
		if got := record(fmt.Sprint(i+2), uuid.NewString(), "0", "as-claimed"); got.status != 303 {
			t.Fatalf("point %d: %d %s", i+2, got.status, got.body)
		}
	}
	page := s.do("chuang", "GET", at, nil).body
	for _, want := range []string{"10</strong> / 10 处已有结果", "K7Q2M9XA", one.FrameHash, "到现场有结果的10处，在位9处", "没找到1处", "90.0%", "与台账不同，去登记巡查", "&lt;b&gt;看过", "更正过"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
	if strings.Contains(page, "<b>看过") {
		t.Error("a note is not escaped")
	}
	pointPage := s.do("chuang", "GET", at+"/points/1", nil).body
	if !strings.Contains(pointPage, "（已更正）") || !strings.Contains(pointPage, "没找到") {
		t.Error("the point doesn't show what was corrected")
	}
	after := s.do("chuang", "GET", "/c/feicheng/placements/"+one.Points[0].Placement.String(), nil).body
	if blurredOnce(before) != blurredOnce(after) {
		t.Error("a finding has changed the ledger")
	}
	frame := s.do("chuang", "GET", at+"/frame.tsv", nil)
	sum := sha256.Sum256([]byte(frame.body))
	if frame.status != 200 || hex.EncodeToString(sum[:]) != one.FrameHash || strings.Count(frame.body, "\n") != 20 {
		t.Errorf("the frame: %d, %d lines, %x", frame.status, strings.Count(frame.body, "\n"), sum)
	}
	if book := s.do("chuang", "GET", at+"/result.xlsx", nil); book.status != 200 || !strings.HasPrefix(book.body, "PK") {
		t.Errorf("the workbook: %d", book.status)
	}
}

// blurredOnce leaves out what differs between any two answers.
func blurredOnce(body string) string {
	return regexp.MustCompile(`(name="csrf"[^>]*(?:value|content)="|name="id" value=")[^"]*`).ReplaceAllString(body, "$1")
}

func (s *site) check(t *testing.T, id string) spotcheck.Check {
	t.Helper()
	held, err := s.checks.Check(t.Context(), "feicheng", id)
	if err != nil {
		t.Fatal(err)
	}
	return held.Thing
}

func placesOf(c spotcheck.Check) []string {
	var list []string
	for _, p := range c.Points {
		list = append(list, p.Place)
	}
	return list
}

// TestAUnitAndACheck: before it is closed a unit doesn't know that there is one, afterwards it
// sees its own points and nothing of another's.
func TestAUnitAndACheck(t *testing.T) {
	s := newSite(t, 0)
	s.logSome(t, "zhujian", "社会宣传1", 3, "住建路")
	s.logSome(t, "jiaoyu", "社会宣传6", 3, "教育校")
	check := s.checked(t, false)
	at := "/c/feicheng/checks/" + check.ID
	if got := s.do("zhujian", "GET", at, nil); got.status != 404 {
		t.Errorf("an open check answers a unit %d", got.status)
	}
	if got := s.do("zhujian", "GET", "/c/feicheng/checks", nil); got.status != 200 || strings.Contains(got.body, check.ID) || strings.Contains(got.body, check.Seed) {
		t.Errorf("the list tells a unit of an open check: %d", got.status)
	}
	s.do("chuang", "POST", at+"/close", url.Values{})
	got := s.do("zhujian", "GET", at, nil)
	if got.status != 200 || !strings.Contains(got.body, "住建路1号") || strings.Contains(got.body, "教育校") || strings.Contains(got.body, "推算的在位率") {
		t.Errorf("a closed check answers a unit %d %s", got.status, got.body)
	}
	for _, address := range []string{"/points/1", "/slips", "/result.xlsx", "/frame.tsv"} {
		if got := s.do("zhujian", "GET", at+address, nil); got.status != 403 {
			t.Errorf("%s as a unit answers %d, want 403", address, got.status)
		}
	}
	late := s.do("chuang", "POST", at+"/points/1", url.Values{"id": {uuid.NewString()}, "revision": {"0"}, "found": {"gone"}})
	if late.status != 409 || !strings.Contains(late.body, "这次抽查已经结束") {
		t.Errorf("a closed check takes a finding: %d", late.status)
	}
}

// TestFormsThatAreRefused come back with what was typed.
func TestFormsThatAreRefused(t *testing.T) {
	s := newSite(t, 0)
	draw := func(want int, words string, fields url.Values) {
		t.Helper()
		if got := s.do("chuang", "POST", "/c/feicheng/checks", fields); got.status != want || !strings.Contains(got.body, words) {
			t.Errorf("%v: %d, want %d and %q", fields, got.status, want, words)
		}
	}
	id := uuid.NewString()
	draw(409, "抽样范围里一处也没有", url.Values{"id": {id}, "size": {"20"}})
	logged(t, s, "表单路口")
	draw(422, `value="二十"`, url.Values{"id": {id}, "size": {"二十"}})
	draw(422, "只能用字母和数字", url.Values{"id": {id}, "size": {"20"}, "seed": {"验收二〇一四"}})
	draw(422, "这一页缺少编号", url.Values{"size": {"20"}})
	draw(409, "抽样范围里一处也没有", url.Values{"id": {id}, "size": {"20"}, "unit": {"jiaoyuju"}})
	at := "/c/feicheng/checks/" + s.checked(t, false).ID + "/points/"
	if got := s.do("chuang", "POST", at+"1", url.Values{"id": {id}, "found": {"as-claimed"}, "counted": {"很多"}, "note": {"数不清"}}); got.status != 422 || !strings.Contains(got.body, "不是数字") || !strings.Contains(got.body, "数不清") {
		t.Errorf("a count that is none: %d", got.status)
	}
	for _, none := range []string{"0", "99", "x", "-1"} {
		if got := s.do("chuang", "GET", at+none, nil); got.status != 404 {
			t.Errorf("point %s: %d", none, got.status)
		}
	}
}

// TestTheLinkOfAnInspector opens what the office has switched on and nothing else, until it is
// taken back.
func TestTheLinkOfAnInspector(t *testing.T) {
	s := newSite(t, 0)
	s.logSome(t, "zhujian", "社会宣传1", 4, "链接路")
	link, token := s.invitedBy(t, auth.InspectorLink{Live: true, Checks: true, Dossier: "D-1"})
	before := s.events()
	if got := s.do("", "GET", inspectPath+token, nil); got.status != 200 || !strings.Contains(got.body, "省验收组") || len(s.since(before)) != 0 {
		t.Errorf("to look at a link: %d, left %v", got.status, s.since(before))
	}
	guest, first := s.openedLink(t, token)
	if left := s.since(before); len(left) != 1 || left[0].Verb != "inspector.open" || left[0].Thing != link.ID || left[0].Actor.Name != "省验收组" || first != "/c/feicheng/opened" {
		t.Errorf("opening led to %s and left %v", first, left)
	}
	answers := func(want int, method string, addresses ...string) {
		t.Helper()
		for _, address := range addresses {
			if got := s.by(guest, method, address, url.Values{}); got.status != want {
				t.Errorf("%s %s answered %d, want %d", method, address, got.status, want)
			}
		}
	}
	answers(200, "GET", "/c/feicheng/opened", "/c/feicheng/coverage", "/c/feicheng/placements", "/c/feicheng/checks", "/c/feicheng/dossiers")
	answers(403, "GET", "/me", "/c/feicheng/people", "/c/feicheng/overview", "/c/feicheng/inspectors", "/c/feicheng/rehearsal", "/c/feicheng/dossiers/D-2", "/c/feicheng/Dossiers/D-10", "/c/feicheng/audit")
	answers(404, "GET", "/c/feicheng/dossiers/D-1", "/c/governance/placements")
	answers(403, "POST", "/c/feicheng/placements", "/c/feicheng/inspectors", "/c/feicheng/plan/x")
	drew := s.by(guest, "POST", "/c/feicheng/checks", url.Values{"id": {uuid.NewString()}, "size": {"4"}, "purpose": {"rehearsal"}})
	at, _, _ := strings.Cut(drew.header.Get("Location"), "?")
	if drew.status != 303 {
		t.Fatalf("draw: %d %s", drew.status, drew.body)
	}
	if got := s.by(guest, "POST", at+"/points/1", url.Values{"id": {uuid.NewString()}, "revision": {"0"}, "found": {"damaged"}}); got.status != 303 {
		t.Errorf("record: %d %s", got.status, got.body)
	}
	if check := s.check(t, at[strings.LastIndex(at, "/")+1:]); check.Purpose != spotcheck.Inspection || check.By != "省验收组" {
		t.Errorf("an inspector drew a %s by %s", check.Purpose, check.By)
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the log holds the address of a link")
	}
	var kept uint64
	if err := s.DB.QueryRow(context.Background(), `SELECT (SELECT countIf(position(concat(hash, id, person, name), ?) > 0) FROM sessions) + (SELECT countIf(position(body, ?) > 0) FROM inspector_links)`, token, token).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("the token is kept in %d rows, %v", kept, err)
	}
	if got := s.do("chuang", "POST", "/c/feicheng/inspectors/"+link.ID+"/withdraw", url.Values{}); got.status != 303 {
		t.Fatalf("withdraw: %d", got.status)
	}
	if got := s.by(guest, "GET", "/c/feicheng/placements", nil); got.status != 303 || !strings.HasPrefix(got.header.Get("Location"), "/login") {
		t.Errorf("after it was taken back: %d %s", got.status, got.header.Get("Location"))
	}
	if got := s.do("", "POST", inspectPath+token, url.Values{}); got.status != 422 || !strings.Contains(got.body, "已经收回") || got.header.Get("Set-Cookie") != "" {
		t.Errorf("open one that was taken back: %d", got.status)
	}
}

// TestALinkWithoutChecks reads and draws nothing; one without live data sees its dossier only.
func TestALinkWithoutChecks(t *testing.T) {
	s := newSite(t, 0)
	logged(t, s, "只读路口")
	_, token := s.invitedBy(t, auth.InspectorLink{Live: true})
	reader, _ := s.openedLink(t, token)
	for address, want := range map[string]int{"/c/feicheng/placements": 200, "/c/feicheng/checks": 403} {
		if got := s.by(reader, "GET", address, nil); got.status != want {
			t.Errorf("%s without checks: %d, want %d", address, got.status, want)
		}
	}
	if got := s.by(reader, "POST", "/c/feicheng/checks", url.Values{"id": {uuid.NewString()}, "size": {"2"}}); got.status != 403 {
		t.Errorf("draw without the switch: %d", got.status)
	}

	id, another, draft := s.sealed(t), s.sealed(t), s.drafted(t)
	_, token = s.invitedBy(t, auth.InspectorLink{Dossier: id})
	sealed, first := s.openedLink(t, token)
	if first != "/c/feicheng/dossiers/"+id {
		t.Errorf("a sealed link leads to %s", first)
	}
	pageSays(t, "the dossier of a link", s.by(sealed, "GET", first, nil), 200, "下载卷宗", "签名公钥指纹")
	pageSays(t, "its exhibits", s.by(sealed, "GET", first+"/exhibits", nil), 200, "只读路口")
	if list := s.by(sealed, "GET", "/c/feicheng/dossiers", nil); list.status != 200 || !strings.Contains(list.body, id) || strings.Contains(list.body, another) || strings.Contains(list.body, draft) {
		t.Errorf("the list by a sealed link: %d", list.status)
	}
	for _, other := range []string{another, draft} {
		if got := s.by(sealed, "GET", "/c/feicheng/dossiers/"+other, nil); got.status != 403 {
			t.Errorf("another dossier by a sealed link: %d", got.status)
		}
	}
	if got := s.by(sealed, "GET", "/", nil); got.status != 303 || got.header.Get("Location") != first {
		t.Errorf("the start of a sealed link: %d %s", got.status, got.header.Get("Location"))
	}
	own := []string{first, first + "/report", "/verify"}
	for _, r := range s.allRoutes() { // whatever is added later is closed too
		address := newWalkless(r.path)
		if r.verb == auth.Public || r.path == "/" || slices.Contains(own, address) || strings.HasPrefix(address, "/verify") || r.path == "/c/:campaign/dossiers" {
			continue
		}
		if got := s.by(sealed, r.method, address, url.Values{}); got.status != 403 {
			t.Errorf("%s %s with a sealed link: %d, want 403", r.method, address, got.status)
		}
	}
	for _, address := range own {
		if got := s.by(sealed, "GET", address, nil); got.status == 403 || got.status == 401 {
			t.Errorf("%s with a sealed link: %d", address, got.status)
		}
	}
}

// newWalkless fills the parameters of a route with something.
func newWalkless(path string) string {
	return regexp.MustCompile(`:[a-z]+`).ReplaceAllStringFunc(path, func(name string) string {
		if name == ":campaign" {
			return "feicheng"
		}
		return "x"
	})
}

// TestLinksThatCannotBe are refused with each fault beside its field.
func TestLinksThatCannotBe(t *testing.T) {
	s := newSite(t, 0)
	tomorrow := isoDate(civil(s.clock()).AddDate(0, 0, 1))
	for words, fields := range map[string]url.Values{
		"请写明发给谁":      {"until": {tomorrow}, "live": {"1"}},
		"请填写有效期的最后一天": {"name": {"组"}, "live": {"1"}},
		"已经过去":        {"name": {"组"}, "until": {"2014-10-01"}, "live": {"1"}},
		"最长一年":        {"name": {"组"}, "until": {"2099-10-01"}, "live": {"1"}},
		"不是有效日期":      {"name": {"组"}, "until": {"明天"}, "live": {"1"}},
		"请至少开放一项":     {"name": {"组"}, "until": {tomorrow}},
		"请同时开放实时数据":   {"name": {"组"}, "until": {tomorrow}, "checks": {"1"}},
		"没有这份已封存的卷宗":  {"name": {"组"}, "until": {tomorrow}, "dossier": {"../../me"}},
	} {
		if got := s.do("chuang", "POST", "/c/feicheng/inspectors", fields); got.status != 422 || !strings.Contains(got.body, words) {
			t.Errorf("%v: %d, want 422 and %q", fields, got.status, words)
		}
	}
	made := s.do("chuang", "POST", "/c/feicheng/inspectors", url.Values{"name": {"<i>组</i>"}, "until": {tomorrow}, "live": {"1"}})
	if made.status != 200 || !strings.Contains(made.body, inspectPath) || !strings.Contains(made.body, "data:image/png") || strings.Contains(made.body, "<i>组") {
		t.Errorf("a link that can be: %d", made.status)
	}
	if again := s.do("chuang", "GET", "/c/feicheng/inspectors", nil); strings.Contains(again.body, inspectPath) {
		t.Error("the address is shown a second time")
	}
}

// TestTheRehearsal says what would fail: nothing is proven, so the coverage does, and the plan
// leaves things open, which are settled at a desk and come first.
func TestTheRehearsal(t *testing.T) {
	s := newSite(t, 0)
	s.logSome(t, "zhujian", "社会宣传1", 2, "预检路")
	got := s.do("chuang", "GET", "/c/feicheng/rehearsal", nil)
	for _, want := range []string{"落实率", "现在过不了", "当天能办（在系统里）", "请在方案中补上", "/c/feicheng/plan/"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the rehearsal doesn't say %q", want)
		}
	}
	if got.status != 200 || strings.Index(got.body, "当天能办") > strings.Index(got.body, "要重新设置") {
		t.Errorf("%d: what can be done at a desk doesn't come first", got.status)
	}
	for login, want := range map[string]int{"zhujian": 403, "zhuanjia": 403, "fafang": 403} {
		if got := s.do(login, "GET", "/c/feicheng/rehearsal", nil); got.status != want {
			t.Errorf("the rehearsal as %s: %d", login, got.status)
		}
	}
}
