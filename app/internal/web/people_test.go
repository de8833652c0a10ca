package web

import (
	"bytes"
	"encoding/base64"
	"html"
	"image/png"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	workrows "shuixuan/ingest/sheet"
)

var invitationLink = regexp.MustCompile(`http://example\.com(/invite/[A-Za-z0-9_-]{43})`)

// TestFromInvitationToFirstSignIn adds a person, opens what they are sent and sets the
// password, as the person would.
func TestFromInvitationToFirstSignIn(t *testing.T) {
	s := newSite(t, 0)
	fields := url.Values{"login": {"xinren"}, "name": {"钱新人"}, "role": {"unit"}, "unit": {"jiaoyuju"}}
	got := s.do("chuang", "POST", "/c/feicheng/people", fields)
	links := invitationLink.FindStringSubmatch(got.body)
	if got.status != 200 || links == nil || !strings.Contains(got.body, "钱新人您好") || !strings.Contains(got.body, "市教育局") {
		t.Fatalf("add: %d %s", got.status, got.body)
	}
	code := regexp.MustCompile(`data:image/png;base64,([^"]+)"`).FindStringSubmatch(got.body)
	if code == nil {
		t.Fatal("there is no picture of the link")
	}
	picture, err := base64.StdEncoding.DecodeString(html.UnescapeString(code[1]))
	if err != nil {
		t.Fatal(err)
	}
	if image, err := png.Decode(bytes.NewReader(picture)); err != nil || image.Bounds().Dx() < 120 {
		t.Errorf("the picture: %v, %v", image.Bounds(), err)
	}
	page := s.do("", "GET", links[1], nil)
	for _, want := range []string{"钱新人", "市教育局", "xinren", "至少8个字符"} {
		if page.status != 200 || !strings.Contains(page.body, want) {
			t.Errorf("the invitation's page (%d) doesn't say %s", page.status, want)
		}
	}
	if got := s.do("", "POST", links[1], url.Values{"password": {"short"}, "again": {"short"}}); got.status != 422 || !strings.Contains(got.body, "密码太短") {
		t.Errorf("a short password: %d", got.status)
	}
	if got := s.do("", "POST", links[1], url.Values{"password": {password}, "again": {"other-word-99"}}); got.status != 422 || !strings.Contains(got.body, "不一样") {
		t.Errorf("two different ones: %d", got.status)
	}
	done := s.do("", "POST", links[1], url.Values{"password": {password}, "again": {password}})
	cookie, _, _ := strings.Cut(done.header.Get("Set-Cookie"), ";")
	if done.status != 303 || !strings.HasPrefix(cookie, sessionCookie+"=") {
		t.Fatalf("accept: %d %s", done.status, done.body)
	}
	r := httptest.NewRequest("GET", "/c/feicheng/tasks", nil)
	r.Header.Set("Cookie", cookie)
	if got := s.send(r); got.status != 200 || !strings.Contains(got.body, "钱新人") {
		t.Errorf("the first page: %d", got.status)
	}
	if got := s.do("", "GET", links[1], nil); got.status != 422 || !strings.Contains(got.body, "已经用过了") {
		t.Errorf("opened a second time: %d", got.status)
	}
	// The same person again: another login is asked for, what was typed stays.
	if got := s.do("chuang", "POST", "/c/feicheng/people", fields); got.status != 409 || !strings.Contains(got.body, "钱新人") || strings.Contains(got.body, "/invite/") {
		t.Errorf("a taken login: %d", got.status)
	}
	if strings.Contains(s.log.String(), strings.TrimPrefix(links[1], invitePath)) {
		t.Error("the invitation is in the log")
	}
}

func TestTheOfficeMakesNoOfficeAccount(t *testing.T) {
	s := newSite(t, 0)
	for role, want := range map[string]int{"office": 403, "admin": 403, "auditor": 403, "inspector": 422, "unit": 422, "boss": 422} {
		got := s.do("chuang", "POST", "/c/feicheng/people", url.Values{"login": {"x" + role}, "name": {"某人"}, "role": {role}})
		if got.status != want {
			t.Errorf("the office makes %s: %d, want %d", role, got.status, want)
		}
	}
	s.as("cunzhi")
	for _, address := range []string{"/c/feicheng/people/cunzhi/edit", "/c/feicheng/people/nobody/edit"} { // of another campaign
		if got := s.do("chuang", "GET", address, nil); got.status != 404 {
			t.Errorf("%s: %d", address, got.status)
		}
	}
	if got := s.do("guanli", "POST", "/c/feicheng/people", url.Values{"login": {"fuzhuren"}, "name": {"副主任"}, "role": {"office"}}); got.status != 200 || !strings.Contains(got.body, "/invite/") {
		t.Errorf("an administrator makes an office account: %d", got.status)
	}
	if got := s.do("chuang", "GET", "/c/feicheng/people/fuzhuren/edit", nil); got.status != 403 {
		t.Errorf("the office opens an office account: %d", got.status)
	}
	list := s.do("chuang", "GET", "/c/feicheng/people", nil)
	if strings.Contains(list.body, "/people/fuzhuren/edit") || strings.Contains(list.body, "另一个活动") {
		t.Error("the list offers what would be refused, or names people of another campaign")
	}
}

// TestAMovedPersonMeetsNothingOfTheOldUnit: the form that was open, the session, the rows.
func TestAMovedPersonMeetsNothingOfTheOldUnit(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "搬走前的路口")
	form := s.do("zhujian", "GET", "/c/feicheng/placements/new", nil)
	if !strings.Contains(form.body, `content="zhujian@zhujianju"`) {
		t.Error("the page doesn't say whose drafts it keeps")
	}
	held, err := s.Auth.HeldPerson(t.Context(), "zhujian")
	if err != nil {
		t.Fatal(err)
	}
	move := url.Values{"revision": {"1"}, "name": {held.Thing.Name}, "role": {"unit"}, "unit": {"jiaoyuju"}}
	if got := s.do("chuang", "POST", "/c/feicheng/people/zhujian/edit", move); got.status != 303 || !strings.Contains(got.header.Get("Location"), "done=moved") {
		t.Fatalf("move: %d %s", got.status, got.body)
	}
	fields := url.Values{"task": {"社会宣传1"}, "carrier": {"宣传横幅"}, "place": {"搬走后提交"}, "quantity": {"1"}, "measure": {"条"}, "start": {"2014-09-05"}, "open": {"1"}}
	if got := s.do("zhujian", "POST", "/c/feicheng/placements", fields); got.status != 303 || !strings.HasPrefix(got.header.Get("Location"), "/login") {
		t.Errorf("the open form after the move: %d to %s", got.status, got.header.Get("Location"))
	}
	s.cookies["zhujian"] = ""
	token, _, err := s.Auth.SignIn(t.Context(), "zhujian", password, auth.From{})
	if err != nil {
		t.Fatal(err)
	}
	s.cookies["zhujian"] = sessionCookie + "=" + token
	if got := s.do("zhujian", "GET", "/c/feicheng/placements/"+id.String(), nil); got.status != 404 {
		t.Errorf("in the new unit a row of the old one: %d", got.status)
	}
	if got := s.do("chuang", "GET", "/c/feicheng/placements/"+id.String(), nil); got.status != 200 || !strings.Contains(got.body, "市住建局") {
		t.Errorf("the row didn't stay with its unit: %d", got.status)
	}
	move.Set("unit", "shuiliju") // a second form, opened before the move
	if got := s.do("chuang", "POST", "/c/feicheng/people/zhujian/edit", move); got.status != 409 || !strings.Contains(got.body, "刚被别人改过") {
		t.Errorf("the form of before the move: %d", got.status)
	}
}

// TestAClosedUnit: its people read, its tasks ask who takes over, what it did stays.
func TestAClosedUnit(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "撤销前的路口")
	closing := civil(s.clock())
	put := url.Values{"revision": {"1"}, "name": {"市住建局"}, "kind": {"bureau"}, "aliases": {"住建局"}, "closed": {isoDate(closing)}}
	if got := s.do("chuang", "POST", "/c/feicheng/units/zhujianju", put); got.status != 303 {
		t.Fatalf("close: %d %s", got.status, got.body)
	}
	list := s.do("zhujian", "GET", "/c/feicheng/placements", nil)
	if list.status != 200 || !strings.Contains(list.body, "撤销前的路口") || !strings.Contains(list.body, "已经撤销") {
		t.Errorf("its people read: %d", list.status)
	}
	if strings.Contains(list.body, "/placements/new") || strings.Contains(list.body, `method="post" action="/c/`) {
		t.Error("its people are shown what would be refused")
	}
	refused := s.do("zhujian", "POST", "/c/feicheng/placements/"+id.String()+"/withdraw", url.Values{"revision": {"1"}, "reason": {"x"}})
	if refused.status != 403 || !strings.Contains(refused.body, "已经撤销，只能查看") {
		t.Errorf("its people write: %d", refused.status)
	}
	for _, page := range []string{"/c/feicheng/plan", "/c/feicheng/tasks?unit=zhujianju"} {
		if got := s.do("chuang", "GET", page, nil); !strings.Contains(got.body, "单位已撤销") || !strings.Contains(got.body, "待市创建办明确由谁承接") {
			t.Errorf("%s doesn't ask who takes over", page)
		}
	}
	log := func(start string) answer {
		return s.do("chuang", "POST", "/c/feicheng/placements", url.Values{"unit": {"zhujianju"}, "task": {"社会宣传1"}, "carrier": {"宣传横幅"}, "place": {"某处" + start}, "quantity": {"1"}, "measure": {"条"}, "start": {start}, "open": {"1"}})
	}
	if got := log(isoDate(closing)); got.status != 422 || !strings.Contains(got.body, "不能登记从这天起的宣传") {
		t.Errorf("a new one from the closing on: %d", got.status)
	}
	if got := log("2014-09-05"); got.status != 303 {
		t.Errorf("the office completes what was before: %d %s", got.status, got.body)
	}
	// Others may log under the task that lost its unit.
	if got := s.do("jiaoyu", "GET", "/c/feicheng/placements/new", nil); !strings.Contains(got.body, "社会宣传1") {
		t.Error("a task whose unit was closed is open to nobody")
	}
	if got := s.do("chuang", "GET", "/c/feicheng/people/new?unit=zhujianju", nil); strings.Contains(got.body, `<option value="zhujianju"`) && !strings.Contains(got.body, "selected") {
		t.Error("a closed unit is offered to new people")
	}
	if got := s.do("chuang", "POST", "/c/feicheng/people", url.Values{"login": {"wanle"}, "name": {"晚了"}, "role": {"unit"}, "unit": {"zhujianju"}}); got.status != 422 || !strings.Contains(got.body, "撤销，请选承接的单位") {
		t.Errorf("a new person in a closed unit: %d", got.status)
	}
}

func TestUnitsFormATree(t *testing.T) {
	s := newSite(t, 0)
	put := func(id, parent, revision string) answer {
		t.Helper()
		u, known := mustPlan(t, s).Units.Unit(org.UnitID(id))
		if !known {
			t.Fatalf("no unit %s", id)
		}
		return s.do("chuang", "POST", "/c/feicheng/units/"+id, url.Values{"revision": {revision}, "name": {u.Name}, "kind": {string(u.Kind)}, "parent": {parent}, "aliases": {strings.Join(u.Aliases, "\n")}})
	}
	if got := put("jiaoyuju", "zhengfuban", "1"); got.status != 303 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := put("zhujianju", "jiaoyuju", "1"); got.status != 303 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	got := put("zhengfuban", "zhujianju", "1")
	if got.status != 422 || !strings.Contains(got.body, "绕成了圈") || !strings.Contains(got.body, "市政府办公室 → 市住建局 → 市教育局 → 市政府办公室") {
		t.Errorf("a circle: %d", got.status)
	}
	list := s.do("chuang", "GET", "/c/feicheng/units", nil)
	if !regexp.MustCompile(`(?s)市政府办公室.*tree-1.*市教育局.*tree-2.*市住建局`).MatchString(list.body) {
		t.Error("the list doesn't show the tree")
	}
}

// peopleCSV is a list as an office sends it: hostile names, columns nobody asked for.
const peopleCSV = "姓名,用户名,角色,单位,手机\n" +
	"张晓明,zhangxm,责任单位,市住建局,13800000000\n" +
	"李 娜,,责任单位,市教育局,13800000001\n" +
	"<script>alert(1)</script>,jiaoben,责任单位,市水利局,\n" +
	"=cmd|' /C calc'!A0,gongshi,验收专家,,\n" + // no part
	"王某,wangmou,局长,市水利局,\n" +
	"赵某,zhaomou,责任单位,市没有这个局,\n" +
	"孙某,ZhangXM,责任单位,市水利局,\n" + // the login of the first
	"周主任,zhouzr,管理,,\n"

func TestPeopleAreImported(t *testing.T) {
	s := newSite(t, 0)
	s.as("zhujian")
	body := strings.Replace(multipartBody("people", "人员.csv", peopleCSV), "text/csv", "text/csv", 1)
	upload := func() string {
		t.Helper()
		r := httptest.NewRequest("POST", "/c/feicheng/people/import/upload", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
		r.Header.Set("Cookie", s.as("chuang"))
		got := s.send(r)
		if got.status != 303 {
			t.Fatalf("upload: %d %s", got.status, got.body)
		}
		return got.header.Get("Location")
	}
	address := upload()
	page := s.do("chuang", "GET", address, nil)
	for _, want := range []string{"建这 3 个账号", "第5行", "至少一项", "角色“局长”不认识", "没有“市没有这个局”这个单位", "已经有人用了", "您的账号不能建立“管理”账号", "手机", "&lt;script&gt;alert(1)"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the preview doesn't say %q", want)
		}
	}
	if strings.Contains(page.body, "<script>alert") || strings.Contains(page.body, "13800000000") {
		t.Error("the preview holds markup or a phone number")
	}
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	done := s.do("chuang", "POST", "/c/feicheng/people/import/commit", parsed.Query())
	links := invitationLink.FindAllStringSubmatch(done.body, -1)
	if done.status != 200 || len(links) != 6 || strings.Contains(done.body, "<script>alert") { // in the slip and in the message
		t.Fatalf("commit: %d, %d links", done.status, len(links))
	}
	if got := s.do("", "GET", links[2][1], nil); got.status != 200 || !strings.Contains(got.body, "李 娜") && !strings.Contains(got.body, "李娜") {
		t.Errorf("the second slip's page: %d", got.status)
	}
	// The same file again makes nobody twice.
	again := s.do("chuang", "GET", upload(), nil)
	if !strings.Contains(again.body, "没有可以新建的账号") || !strings.Contains(again.body, "已有账号的 3 行") {
		t.Errorf("the same file again: %d", again.status)
	}
	rejected := s.do("chuang", "GET", "/c/feicheng/people/import/rejected.xlsx?"+parsed.RawQuery, nil)
	if rejected.status != 200 {
		t.Fatalf("rejected rows: %d", rejected.status)
	}
	rows := workbookRows(t, rejected.body)
	if len(rows) != 6 || !strings.Contains(rows[1], "开放") || !strings.Contains(rows[0], "退回原因") {
		t.Errorf("the workbook of rejected rows: %q", rows)
	}
	template := s.do("chuang", "GET", "/c/feicheng/people/import/template.xlsx", nil)
	if rows := workbookRows(t, template.body); template.status != 200 || !strings.Contains(rows[0], "姓名") || strings.Contains(rows[0], "电话") {
		t.Errorf("the template: %d %q", template.status, rows)
	}
	events, err := s.Audit.Events(t.Context(), "feicheng", keyset.Cursor{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range events {
		if e.Actor.ID == "chuang" {
			count[e.Verb]++
		}
		if strings.Contains(string(e.After), "1380000") {
			t.Error("a phone number is in the trail")
		}
	}
	if count["person.add"] != 3 || count["person.invite"] != 3 {
		t.Errorf("events of the office: %v, want 3 added and 3 invited", count)
	}
}

// workbookRows gives the rows of the first sheet as text.
func workbookRows(t *testing.T, body string) []string {
	t.Helper()
	book, err := workrows.Open(t.Context(), strings.NewReader(body), int64(len(body)), "x.xlsx", workrows.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	all, err := book.Rows(t.Context(), book.Sheets()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	var rows []string
	for all.Next() {
		var cells []string
		for _, cell := range all.Row().Cells {
			cells = append(cells, cell.Text)
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	if err := all.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestTokensOnThePage(t *testing.T) {
	s := newSite(t, 0)
	got := s.do("chuang", "POST", "/c/feicheng/tokens", url.Values{"name": {"台账系统"}, "role": {"unit"}, "unit": {"zhujianju"}, "days": {"30"}})
	token := regexp.MustCompile(`sx_[A-Za-z0-9_-]{43}`).FindString(got.body)
	if got.status != 200 || token == "" {
		t.Fatalf("add: %d %s", got.status, got.body)
	}
	ask := func() int { return s.do("", "GET", "/api/v1/campaigns", nil, "Authorization", "Bearer "+token).status }
	if status := ask(); status != 200 {
		t.Errorf("the new token: %d", status)
	}
	list := s.do("chuang", "GET", "/c/feicheng/tokens", nil)
	if strings.Contains(list.body, token) {
		t.Error("the token is shown a second time")
	}
	if !strings.Contains(list.body, ">chuang</span></td>") {
		t.Error("the list doesn't say who made it")
	}
	if last := momentText(s.clock().AddDate(0, 0, 30)); !strings.Contains(list.body, last[:len("2006-01-02")]) {
		t.Errorf("the list doesn't say that it ends on %s", last)
	}
	revoke := regexp.MustCompile(`/c/feicheng/tokens/[0-9a-f-]{36}/revoke`).FindString(list.body)
	if got := s.do("chuang", "POST", revoke, url.Values{}); got.status != 303 {
		t.Fatalf("revoke: %d", got.status)
	}
	if status := ask(); status != 401 {
		t.Errorf("after it was revoked: %d", status)
	}
	for _, fields := range []url.Values{{"name": {"x"}, "role": {"unit"}, "days": {"30"}}, {"name": {""}, "role": {"office"}, "days": {"30"}}, {"name": {"x"}, "role": {"office"}, "days": {"9999"}}, {"name": {"x"}, "role": {"unit"}, "unit": {"nowhere"}, "days": {"1"}}} {
		if got := s.do("chuang", "POST", "/c/feicheng/tokens", fields); got.status != 422 {
			t.Errorf("%v: %d", fields, got.status)
		}
	}
}

// TestATokenOfTheOpenViewsOnThePage: offered where the interface is on, for all campaigns to those
// who belong to no single one; the API doesn't know it.
func TestATokenOfTheOpenViewsOnThePage(t *testing.T) {
	s := newSite(t, 0)
	const offer, offerAll = `value="open"`, `value="open-all"`
	if got := s.do("guanli", "GET", "/c/feicheng/tokens", nil); got.status != 200 || strings.Contains(got.body, offer) {
		t.Errorf("offered while there is no interface: %d", got.status)
	}
	s.config.Open = "127.0.0.1:8123"
	if got := s.do("chuang", "GET", "/c/feicheng/tokens", nil); !strings.Contains(got.body, offer) || strings.Contains(got.body, offerAll) {
		t.Error("the office of one campaign is offered something else than its own")
	}
	if got := s.do("guanli", "GET", "/c/feicheng/tokens", nil); !strings.Contains(got.body, offer) || !strings.Contains(got.body, offerAll) {
		t.Error("not offered to the administrator")
	}
	fields := url.Values{"name": {"大屏"}, "role": {"open-all"}, "unit": {"zhujianju"}, "days": {"30"}}
	if got := s.do("chuang", "POST", "/c/feicheng/tokens", fields); got.status != 403 {
		t.Errorf("for all campaigns, made by the office of one: %d", got.status)
	}
	for _, c := range []struct{ who, role, campaign, words string }{
		{"guanli", "open-all", "", "数据接口（只读，全部活动）</td>"},
		{"guanli", "open", "feicheng", "数据接口（只读，本活动）</td>"},
		{"chuang", "open", "feicheng", "数据接口（只读，本活动）</td>"},
	} {
		fields.Set("role", c.role)
		got := s.do(c.who, "POST", "/c/feicheng/tokens", fields)
		token := regexp.MustCompile(`sx_[A-Za-z0-9_-]{43}`).FindString(got.body)
		if got.status != 200 || token == "" || !strings.Contains(got.body, c.words) {
			t.Fatalf("%s adds %s: %d %s", c.who, c.role, got.status, got.body)
		}
		if got := s.do("", "GET", "/api/v1/campaigns", nil, "Authorization", "Bearer "+token); got.status != 401 {
			t.Errorf("the API: %d", got.status)
		}
		if actor, err := s.Auth.Outsider(t.Context(), token); err != nil || actor.Name != "大屏" || actor.Campaign != c.campaign {
			t.Errorf("the interface for %s of %s: %+v, %v", c.role, c.who, actor, err)
		}
	}
	if got := s.do("chuang", "GET", "/c/feicheng/tokens", nil); strings.Contains(got.body, "全部活动）</td>") {
		t.Error("the office is shown the administrator's token")
	}
}

// TestAProgramMakesNoAccount: a token of the office could else invite somebody and set
// their password.
func TestAProgramMakesNoAccount(t *testing.T) {
	s := newSite(t, 0)
	s.as("zhujian")
	_, token, err := s.Auth.AddToken(t.Context(), theOffice, audit.RoleOffice, "feicheng", "", "汇总程序", s.clock().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{"/c/feicheng/placements": 422, "/c/feicheng/people": 403, "/c/feicheng/people/zhujian/invite": 403, "/c/feicheng/people/slips": 403, "/c/feicheng/tokens": 403} {
		got := s.do("", "POST", address, url.Values{"person": {"zhujian"}, "login": {"xinren"}, "name": {"某人"}, "role": {"unit"}, "unit": {"zhujianju"}, "days": {"9"}}, "Authorization", "Bearer "+token)
		if got.status != want || strings.Contains(got.body, invitePath) {
			t.Errorf("%s as a program of the office: %d, want %d", address, got.status, want)
		}
	}
}

// TestATemporaryPasswordComesFirst: nothing else opens before it is changed.
func TestATemporaryPasswordComesFirst(t *testing.T) {
	s := newSite(t, 0)
	s.as("zhujian")
	if err := s.Auth.ResetPassword(t.Context(), audit.System("test"), "zhujian", "given-by-another-1"); err != nil {
		t.Fatal(err)
	}
	token, _, err := s.Auth.SignIn(t.Context(), "zhujian", "given-by-another-1", auth.From{})
	if err != nil {
		t.Fatal(err)
	}
	s.cookies["zhujian"] = sessionCookie + "=" + token
	for _, address := range []string{"/", "/c/feicheng/tasks", "/c/feicheng/placements"} {
		if got := s.do("zhujian", "GET", address, nil); got.status != 303 || got.header.Get("Location") != "/me?done=first" {
			t.Errorf("%s: %d to %s", address, got.status, got.header.Get("Location"))
		}
	}
	if got := s.do("zhujian", "GET", "/api/v1/campaigns", nil); got.status != 403 || !strings.Contains(got.body, "修改密码") {
		t.Errorf("a script of the page: %d", got.status)
	}
	if got := s.do("zhujian", "GET", "/me?done=first", nil); got.status != 200 || !strings.Contains(got.body, "是别人设的") {
		t.Errorf("the page that is left: %d", got.status)
	}
	done := s.do("zhujian", "POST", "/me", url.Values{"current": {"given-by-another-1"}, "next": {"only-mine-2222"}, "again": {"only-mine-2222"}})
	cookie, _, _ := strings.Cut(done.header.Get("Set-Cookie"), ";")
	s.cookies["zhujian"] = cookie
	if got := s.do("zhujian", "GET", "/c/feicheng/tasks", nil); got.status != 200 {
		t.Errorf("after the change: %d", got.status)
	}
	out := s.do("zhujian", "POST", "/me/sign-out", url.Values{})
	if out.status != 303 || s.do("zhujian", "GET", "/me", nil).status != 303 {
		t.Errorf("sign out everywhere: %d", out.status)
	}
}
