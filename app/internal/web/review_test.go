package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/placement"
)

func init() {
	judge := func(address string, fields func(id uuid.UUID) url.Values, before ...placement.Verb) func(*testing.T, *site) request {
		return func(t *testing.T, s *site) request {
			id := logged(t, s, "审核路口"+address)
			for i, verb := range before {
				v := placement.Verdict{Placement: id, Verb: verb, Expected: uint32(i + 1)}
				switch verb {
				case placement.Return:
					v.Reason = placement.PhotoUnclear
				case placement.Withdraw:
					v.Note = "记错"
				}
				plan, err := s.Campaigns.Plan(t.Context(), "feicheng")
				if err != nil {
					t.Fatal(err)
				}
				office := audit.Actor{ID: "chuang", Name: "王主任", Role: audit.RoleOffice, Campaign: "feicheng"}
				if got, err := s.Ingest.Review(t.Context(), office, plan, []placement.Verdict{v}); err != nil || got[0].Err != nil {
					t.Fatal(err, got)
				}
			}
			return request{as: "chuang", path: strings.Replace(address, "ID", id.String(), 1), fields: fields(id), thing: id.String()}
		}
	}
	step := func(revision, reason string) func(uuid.UUID) url.Values {
		return func(uuid.UUID) url.Values {
			return url.Values{"revision": {revision}, "reason": {reason}, "day": {"2014-10-01"}}
		}
	}
	const one = "/c/feicheng/placements/ID/"
	writeFixtures["POST /c/:campaign/reviews"] = write{leaves: []string{"placement.accept"}, once: true,
		prepare: judge("/c/feicheng/reviews", func(id uuid.UUID) url.Values { return verdict("accept", id, 1) })}
	writeFixtures["POST /c/:campaign/placements/:id/takedown"] = write{leaves: []string{"placement.takedown"}, once: true, prepare: judge(one+"takedown", step("1", "施工"))}
	writeFixtures["POST /c/:campaign/placements/:id/resubmit"] = write{leaves: []string{"placement.resubmit"}, once: true, prepare: judge(one+"resubmit", step("2", "已重拍"), placement.Return)}
	writeFixtures["POST /c/:campaign/placements/:id/reopen"] = write{leaves: []string{"placement.reopen"}, once: true, prepare: judge(one+"reopen", step("2", ""), placement.Withdraw)}
	writeFixtures["POST /api/v1/campaigns/:campaign/placements/:id/reviews"] = write{leaves: []string{"placement.return"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := logged(t, s, "接口审核路口").String()
		return request{as: "chuang", path: "/api/v1/campaigns/feicheng/placements/" + id + "/reviews", thing: id,
			json: map[string]any{"verdict": "return", "reason": "time-wrong", "expected_revision": 1}}
	}}
	writeFixtures["POST /c/:campaign/drafts"] = write{leaves: []string{"draft.put"}, prepare: func(t *testing.T, s *site) request {
		id := uuid.NewString()
		return request{as: "zhujian", path: "/c/feicheng/drafts", fields: url.Values{"id": {id}, "place": {"填了一半"}}, thing: id}
	}}
	writeFixtures["POST /c/:campaign/drafts/discard"] = write{leaves: []string{"draft.discard"}, prepare: func(t *testing.T, s *site) request {
		id := uuid.NewString()
		s.do("zhujian", "POST", "/c/feicheng/drafts", url.Values{"id": {id}, "place": {"填了一半"}})
		return request{as: "zhujian", path: "/c/feicheng/drafts/discard", fields: url.Values{"id": {id}, "draft": {"1"}}, thing: id}
	}}
}

// second is another person of the office.
func (s *site) second() string {
	const login = "sunban"
	if s.cookies[login] == "" {
		s.join(auth.Person{Login: login, Name: "孙科员", Role: audit.RoleOffice, Campaign: "feicheng"})
	}
	return login
}

// join makes an account beside those of every test, and signs it in.
func (s *site) join(p auth.Person) {
	s.t.Helper()
	if _, err := s.Auth.AddPerson(s.t.Context(), audit.System("test"), p, password); err != nil {
		s.t.Fatal(err)
	}
	token, _, err := s.Auth.SignIn(s.t.Context(), p.Login, password, auth.From{Address: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.cookies[p.Login] = sessionCookie + "=" + token
}

// says checks what a page shows and what it doesn't.
func (s *site) says(login, address string, shown []string, hidden ...string) string {
	s.t.Helper()
	got := s.do(login, "GET", address, nil)
	if got.status != 200 {
		s.t.Fatalf("%s as %s: %d %s", address, login, got.status, got.body)
	}
	for _, want := range shown {
		if !strings.Contains(got.body, want) {
			s.t.Errorf("%s as %s doesn't say %q", address, login, want)
		}
	}
	for _, not := range hidden {
		if strings.Contains(got.body, not) {
			s.t.Errorf("%s as %s says %q", address, login, not)
		}
	}
	return got.body
}

// verdict presses a button of the gallery.
func verdict(button string, id uuid.UUID, revision int, more ...string) url.Values {
	text := id.String()
	v := url.Values{button: {text}, "rev." + text: {fmt.Sprint(revision)}, "back": {"/c/feicheng/review?unit=zhujianju"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i]+"."+text, more[i+1])
	}
	return v
}

func (s *site) verbs(thing string) (verbs []string) {
	s.t.Helper()
	all, err := s.Audit.Events(s.t.Context(), "feicheng", keyset.Cursor{}, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range all {
		if e.Thing == thing {
			verbs = append(verbs, e.Verb)
		}
	}
	return verbs
}

// TestAPlacementIsReturnedMendedAndAccepted goes through the pages as people do.
func TestAPlacementIsReturnedMendedAndAccepted(t *testing.T) {
	s := newSite(t, 0)
	second := s.second()
	const c = "/c/feicheng"
	id := logged(t, s, "龙山路口")
	page := c + "/placements/" + id.String()
	s.says("chuang", c+"/review", []string{"龙山路口", `value="` + id.String() + `"`, "没有位置", "共 <strong>1</strong> 条待审核", `审核 <span class="badge">1</span>`})
	s.says("zhujian", page, []string{"待审核", "撤回这条台账", "登记拆除"}, `name="accept"`, "退回…")

	got := s.do("chuang", "POST", c+"/reviews", verdict("return", id, 1))
	if got.status != 422 || !strings.Contains(got.body, "请从名单中选择退回原因") || !strings.Contains(got.body, "data-gallery") {
		t.Errorf("a return without a reason: %d", got.status)
	}
	got = s.do("chuang", "POST", c+"/reviews", verdict("return", id, 1, "reason", "other"))
	if got.status != 422 || !strings.Contains(got.body, "写一句原因") {
		t.Errorf("其他 without words: %d", got.status)
	}
	back := verdict("return", id, 1, "reason", "photo-unclear", "note", "近一点拍")
	got = s.do("chuang", "POST", c+"/reviews", back)
	if to := got.header.Get("Location"); got.status != 303 || !strings.HasPrefix(to, c+"/review?") || !strings.Contains(to, "unit=zhujianju") || !strings.Contains(to, "returned=1") {
		t.Fatalf("returned: %d to %s", got.status, to)
	}
	s.says("chuang", got.header.Get("Location"), []string{"已退回 1 条。", page})
	if again := s.do("chuang", "POST", c+"/reviews", back); again.status != 303 || !strings.Contains(again.header.Get("Location"), "again=1") {
		t.Errorf("the same verdict again: %d to %s", again.status, again.header.Get("Location"))
	}
	// The second reviewer had the page open: who did what, and when.
	got = s.do(second, "POST", c+"/reviews", verdict("accept", id, 1))
	if got.status != 409 || !strings.Contains(got.body, "王主任已在") || !strings.Contains(got.body, "把这条台账退回（照片看不清：近一点拍）") {
		t.Errorf("the second reviewer: %d %v", got.status, strings.Contains(got.body, "王主任"))
	}

	s.says("zhujian", c+"/tasks", []string{"退回待修改", "照片看不清：近一点拍", page + "/edit", `我的任务 <span class="badge">1</span>`})
	s.says("zhujian", page, []string{"这条已退回：照片看不清：近一点拍", "请重新拍一张", "市创建办退回", "<strong>退回：照片看不清：近一点拍</strong>"}, "王主任")
	s.says("zhujian", page+"/edit", []string{"退回原因：照片看不清：近一点拍", "保存并再次提交"})
	if got := s.do("jiaoyu", "GET", page+"/edit", nil); got.status != 404 {
		t.Errorf("another unit's form: %d", got.status)
	}
	fields := url.Values{"revision": {"2"}, "task": {"社会宣传1"}, "carrier": {"公交站点广告牌"}, "place": {"龙山路口东侧"}, "quantity": {"3"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}}
	got = s.do("zhujian", "POST", page, fields)
	if got.status != 303 || !strings.Contains(got.header.Get("Location"), "done=resubmitted") {
		t.Fatalf("mended: %d %s", got.status, got.body)
	}
	s.says("chuang", c+"/review?flag=again", []string{"再次提交", "王主任退回：照片看不清：近一点拍", "地点：龙山路口 → 龙山路口东侧"})
	s.says("chuang", c+"/review?flag=twins", []string{"没有符合条件的"}, "龙山路口")
	if got := s.do(second, "POST", c+"/reviews", verdict("accept", id, 3)); got.status != 303 {
		t.Fatalf("accepted: %d", got.status)
	}
	s.says("zhujian", page+"/edit", []string{"已通过审核。修改保存后会重新等待审核"})
	s.says("chuang", page, []string{"孙科员通过", "李办事员", "修改后再次提交", "通过审核"})
	want := []string{"placement.log", "placement.return", "placement.resubmit", "placement.accept"}
	if verbs := s.verbs(id.String()); fmt.Sprint(verbs) != fmt.Sprint(want) {
		t.Errorf("events %v, want %v", verbs, want)
	}
	if strings.Contains(s.log.String(), "近一点拍") {
		t.Error("the words of a verdict are in the log")
	}
}

func TestManyAreAcceptedAndTheConflictsNamed(t *testing.T) {
	s := newSite(t, 0)
	const c = "/c/feicheng"
	fields := url.Values{"accept-picked": {"1"}, "back": {c + "/review?after=0." + uuid.Nil.String()}}
	var ids []uuid.UUID
	for i := range 5 {
		id := logged(t, s, fmt.Sprintf("龙山路%d号", i))
		ids = append(ids, id)
		fields.Add("pick", id.String())
		fields.Set("rev."+id.String(), "1")
	}
	if got := s.do("zhujian", "POST", c+"/placements/"+ids[2].String()+"/withdraw", url.Values{"revision": {"1"}, "reason": {"重复登记"}}); got.status != 303 {
		t.Fatalf("withdraw: %d %s", got.status, got.body)
	}
	got := s.do("chuang", "POST", c+"/reviews", fields)
	if got.status != 200 || !strings.Contains(got.body, "已通过 4 条") || !strings.Contains(got.body, "有 1 条没有处理") || !strings.Contains(got.body, "龙山路2号</a>：李办事员已在") {
		t.Errorf("many: %d %.3000s", got.status, got.body)
	}
	got = s.do("chuang", "POST", c+"/reviews", url.Values{"accept-picked": {"1"}})
	if got.status != 422 || !strings.Contains(got.body, "还没有选中") {
		t.Errorf("none picked: %d", got.status)
	}
	for _, fields := range []url.Values{
		{"accept": {"../../etc"}, "rev.../../etc": {"1"}}, {"accept": {ids[0].String()}, "rev." + ids[0].String(): {"x"}}, {"accept": {uuid.NewString()}},
	} {
		if got := s.do("chuang", "POST", c+"/reviews", fields); got.status != 404 && got.status != 422 {
			t.Errorf("%v: %d", fields, got.status)
		}
	}
	// A way back that leads out of the campaign leads to the gallery.
	for _, back := range []string{"https://example.org/", "//example.org", "/c/governance/review", "/login", "%zz"} {
		id := logged(t, s, "回到"+back)
		v := verdict("accept", id, 1)
		v.Set("back", back)
		if got := s.do("chuang", "POST", c+"/reviews", v); got.status != 303 || !strings.HasPrefix(got.header.Get("Location"), c+"/review?") {
			t.Errorf("back to %q: %d %s", back, got.status, got.header.Get("Location"))
		}
	}
}

func TestTakingDownAndOpeningAgain(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "龙山路口")
	page := "/c/feicheng/placements/" + id.String()
	today := isoDate(civil(s.clock()))
	step := func(login, what, revision, reason, day string) answer {
		t.Helper()
		return s.do(login, "POST", page+"/"+what, url.Values{"revision": {revision}, "reason": {reason}, "day": {day}})
	}
	for _, c := range []struct {
		reason, day string
		want        int
	}{{"", today, 422}, {"施工", "", 422}, {"施工", "2099-01-01", 422}, {"施工", "2014-09-04", 422}, {"施工", "昨天", 422}, {strings.Repeat("长", 501), today, 422}} {
		if got := step("zhujian", "takedown", "1", c.reason, c.day); got.status != c.want {
			t.Errorf("%.20q on %q: %d", c.reason, c.day, got.status)
		}
	}
	if got := step("jiaoyu", "takedown", "1", "施工", today); got.status != 404 {
		t.Errorf("by another unit: %d", got.status)
	}
	if got := step("zhujian", "takedown", "1", "施工", today); got.status != 303 {
		t.Fatalf("taken down: %d %s", got.status, got.body)
	}
	s.says("zhujian", page, []string{"已拆除", "登记拆除：施工", "请市创建办重新打开"}, "重新打开</button>", page+"/edit")
	if got := s.do("zhujian", "GET", page+"/edit", nil); got.status != 409 || !strings.Contains(got.body, "请市创建办重新打开") {
		t.Errorf("a form for what is locked: %d", got.status)
	}
	if got := step("zhujian", "reopen", "2", "", ""); got.status != 403 {
		t.Errorf("reopened by the unit: %d", got.status)
	}
	if got := step("chuang", "reopen", "2", "登记错了", ""); got.status != 303 {
		t.Fatalf("reopened: %d %s", got.status, got.body)
	}
	s.says("zhujian", page, []string{"待审核", "重新打开，等待审核：登记错了", "至验收结束"})
}

func TestDraftsOnThePages(t *testing.T) {
	s := newSite(t, 0)
	const c = "/c/feicheng"
	id := uuid.NewString()
	typed := url.Values{"id": {id}, "place": {"半个" + hostile}, "quantity": {"三块？"}, "open": {"1"}, "_csrf": {"x"}}
	if got := s.do("zhujian", "POST", c+"/drafts", typed); got.status != 303 || got.header.Get("Location") != c+"/tasks?done=drafted" {
		t.Fatalf("saved: %d %s", got.status, got.header.Get("Location"))
	}
	s.says("zhujian", c+"/tasks", []string{"草稿", "半个&lt;/script&gt;", "draft=" + id}, "<script>alert")
	s.says("zhujian", c+"/placements/new?draft="+id, []string{`value="三块？"`, `name="draft" value="1"`, `value="` + id + `"`}, "<script>alert")
	s.says("jiaoyu", c+"/tasks", nil, id)
	for _, login := range []string{"jiaoyu", "chuang"} {
		if got := s.do(login, "GET", c+"/placements/new?draft="+id, nil); got.status != 404 {
			t.Errorf("%s opens another's draft: %d", login, got.status)
		}
	}
	// A person who has moved has the form still open: what was typed stays theirs to send.
	moved := url.Values{"id": {id}, "draft": {"1"}, "place": {"搬走后"}}
	got := s.do("jiaoyu", "POST", c+"/drafts", moved)
	if got.status != 409 || !strings.Contains(got.body, "留在原来的单位") || !strings.Contains(got.body, "搬走后") || strings.Contains(got.body, id) {
		t.Errorf("saved from another unit: %d", got.status)
	}
	if got := s.do("zhujian", "POST", c+"/drafts", url.Values{"id": {id}, "draft": {"7"}, "place": {"第二人"}}); got.status != 409 || !strings.Contains(got.body, "第二人") {
		t.Errorf("saved over a colleague's: %d; the page must keep what was typed", got.status)
	}
	done := url.Values{"id": {id}, "draft": {"1"}, "task": {"社会宣传1"}, "carrier": {"公交站点广告牌"}, "place": {"龙山路"}, "quantity": {"3"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}}
	if got := s.do("zhujian", "POST", c+"/placements", done); got.status != 303 {
		t.Fatalf("logged: %d %s", got.status, got.body)
	}
	s.says("zhujian", c+"/tasks", nil, "draft="+id)
	if verbs := s.verbs(id); fmt.Sprint(verbs) != "[draft.put placement.log]" {
		t.Errorf("events %v", verbs)
	}
	other := uuid.NewString()
	s.do("zhujian", "POST", c+"/drafts", url.Values{"id": {other}, "place": {"不要了"}})
	if got := s.do("zhujian", "POST", c+"/drafts/discard", url.Values{"id": {other}, "draft": {"1"}}); got.status != 303 {
		t.Errorf("discarded: %d", got.status)
	}
	s.says("zhujian", c+"/tasks", nil, "不要了")
}

// TestWhatIsKnownAndReturnedIsToldOnTheForm: the back button after a return.
func TestWhatIsKnownAndReturnedIsToldOnTheForm(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "龙山路口")
	s.do("chuang", "POST", "/c/feicheng/reviews", verdict("return", id, 1, "reason", "time-wrong"))
	fields := url.Values{"id": {id.String()}, "task": {"社会宣传1"}, "carrier": {"公交站点广告牌"}, "place": {"龙山路口"}, "quantity": {"3"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}}
	got := s.do("zhujian", "POST", "/c/feicheng/placements", fields)
	if got.status != 303 || !strings.Contains(got.header.Get("Location"), "done=known-returned") {
		t.Fatalf("logged again: %d %s", got.status, got.header.Get("Location"))
	}
	s.says("zhujian", got.header.Get("Location"), []string{"与已退回的这条台账相同"})
}

// Neighbours are shown to the office; a unit is told nothing of another's.
func TestNeighboursAreTheOfficesBusiness(t *testing.T) {
	s := newSite(t, 0)
	log := func(unit, place, longitude string) uuid.UUID {
		t.Helper()
		id := uuid.New()
		fields := url.Values{"id": {id.String()}, "unit": {unit}, "task": {"社会宣传5"}, "carrier": {"宣传栏"}, "place": {place}, "quantity": {"3"}, "measure": {"个"}, "start": {"2014-09-05"}, "open": {"1"},
			"longitude": {longitude}, "latitude": {"36.18"}, "datum": {"wgs84"}}
		if got := s.do("chuang", "POST", "/c/feicheng/placements", fields); got.status != 303 {
			t.Fatalf("log: %d %s", got.status, got.body)
		}
		return id
	}
	one := log("xincheng", "小区东门", "116.77")
	log("laocheng", "小区门口", "116.7701") // 9 m
	log("laocheng", "河边", "116.7715")   // 135 m
	body := s.says("chuang", "/c/feicheng/review?unit=xincheng", []string{"可能与别的单位重复", "小区门口", "相距约9米", "附近 1 处", "相距约135米", `class="area-map"`, "50米"})
	if !strings.Contains(body, `class="same" cx="114`) {
		t.Errorf("nine metres to the east aren't drawn: %v", strings.Contains(body, "area-map"))
	}
	s.says("chuang", "/c/feicheng/placements/"+one.String(), []string{"可能与别的单位登记的是同一处", "小区门口"})
	s.join(auth.Person{Login: "xincheng1", Name: "周经办", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "xincheng"})
	s.says("xincheng1", "/c/feicheng/placements/"+one.String(), []string{"小区东门"}, "小区门口", "河边", "相距")
}

func TestLateIsCalledIn(t *testing.T) {
	s := newSite(t, 0)
	const c = "/c/feicheng"
	id := logged(t, s, "龙山路口")
	s.do("chuang", "POST", c+"/reviews", verdict("return", id, 1, "reason", "other", "note", hostile))
	body := s.says("chuang", c+"/late", []string{"市住建局", "退回待修改", "逾期未登记", "工作提醒", "data-copy=\"notice-zhujianju\"", "不分先后"}, "<script>alert", "<img src=x", "排名", "得分")
	if first, second := strings.Index(body, `href="#u-xuanchuanbu"`), strings.Index(body, `href="#u-zhujianju"`); first < 0 || second < first {
		t.Errorf("units at %d and %d, want them in the order of the plan", first, second)
	}
	s.says("chuang", c+"/late?by=2099-01-02", []string{"请在2099年1月2日前"})
	s.says("chuang", c+"/late?by=1999-01-02", nil, "1999年") // a day that is over is no deadline
	file := s.do("chuang", "GET", c+"/late.xlsx", nil)
	if file.status != 200 || !strings.HasPrefix(file.body, "PK") || !strings.Contains(file.header.Get("Content-Disposition"), url.PathEscape("催办清单.xlsx")) {
		t.Errorf("the list: %d", file.status)
	}
	for _, address := range []string{"/review", "/placements/" + id.String(), "/tasks?unit=zhujianju", "/placements/" + id.String() + "/edit"} {
		if page := s.do("chuang", "GET", c+address, nil); page.status != 200 || strings.Contains(page.body, "<script>alert") || strings.Contains(page.body, "<img src=x") {
			t.Errorf("%s: %d, hostile words became markup", address, page.status)
		}
	}
	s.says("zhujian", c+"/tasks", []string{"退回待修改"}, "<script>alert")
}

func TestAPIReviews(t *testing.T) {
	c := newClient(t)
	id := logged(t, c.site, "龙山路口")
	path := feicheng + "/placements/" + id.String() + "/reviews"
	type answered struct {
		ID        uuid.UUID
		Verdict   string
		Placement struct {
			State, Reason, Note string
			Revision            int
		}
	}
	send := func(as string, want int, body map[string]any) answered {
		t.Helper()
		var got answered
		var into any = &got
		if want >= 300 {
			into = nil
		}
		if status := c.call(as, "POST", path, body, into); status != want {
			t.Errorf("%v as %s: %d, want %d", body, as, status, want)
		}
		return got
	}
	mine := uuid.New()
	back := map[string]any{"id": mine, "verdict": "return", "reason": "quantity-wrong", "note": "是3块还是30块", "expected_revision": 1}
	for _, bad := range []map[string]any{
		{"verdict": "accept"}, {"verdict": "withdraw", "expected_revision": 1}, {"verdict": "return", "expected_revision": 1},
		{"verdict": "return", "reason": "bad", "expected_revision": 1}, {"verdict": "return", "reason": "other", "expected_revision": 1}, {"verdict": "accept", "expected_revision": 1, "state": "x"},
	} {
		send("chuang", 422, bad)
	}
	send("zhujian", 403, back)
	send("cunzhi", 404, back)
	first := send("chuang", 201, back)
	if again := send("chuang", 200, back); first != again || first.ID != mine || first.Placement.State != "returned" || first.Placement.Reason != "quantity-wrong" || first.Placement.Revision != 2 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	send("chuang", 409, map[string]any{"verdict": "accept", "expected_revision": 1})
	send("chuang", 409, map[string]any{"verdict": "return", "reason": "quantity-wrong", "note": "别的话", "expected_revision": 1})
	send("chuang", 201, map[string]any{"verdict": "accept", "expected_revision": 2})
	var rows struct{ Items []struct{ ID uuid.UUID } }
	for state, n := range map[placement.State]int{placement.Accepted: 1, placement.Returned: 0} {
		if c.call("chuang", "GET", feicheng+"/placements?state="+string(state), nil, &rows); len(rows.Items) != n {
			t.Errorf("%s: %d, want %d", state, len(rows.Items), n)
		}
	}
	if status := c.call("chuang", "POST", feicheng+"/placements/"+uuid.NewString()+"/reviews", map[string]any{"verdict": "accept", "expected_revision": 1}, nil); status != 404 {
		t.Errorf("of an unknown placement: %d", status)
	}
}
