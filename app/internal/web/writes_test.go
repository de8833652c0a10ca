package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
)

// write is a valid request to a route that writes, with the events it leaves. A piece
// with routes of its own adds its lines in a file of its own, by init.
type write struct {
	// prepare makes what the request needs and gives the request.
	prepare func(t *testing.T, s *site) request
	// leaves are the verbs of its events in their order: one, or the reason stands in why.
	leaves []string
	why    string
	// once: sent again it is known, and leaves nothing.
	once bool
}

// request is what is sent: fields of a form, a JSON body, or the file of an upload.
type request struct {
	as      string // a person of the site
	cookie  string // or somebody else's session
	path    string
	fields  url.Values
	json    any
	file    string
	kind    string // of the file
	raw     string // a body of its own
	rawType string
	thing   string // id in the event; empty where only the server knows it
}

// writeFixtures by method and path of the route.
var writeFixtures = map[string]write{
	"POST /login": {leaves: []string{"session.start"}, prepare: func(t *testing.T, s *site) request {
		s.somebody(t, "denglu")
		return request{path: "/login", fields: url.Values{"login": {"denglu"}, "password": {password}}, thing: "denglu"}
	}},
	"POST /logout": {leaves: []string{"session.end"}, prepare: func(t *testing.T, s *site) request {
		return request{cookie: s.somebody(t, "tuichu"), path: "/logout", fields: url.Values{}, thing: "tuichu"}
	}},
	"POST /me": {leaves: []string{"person.password", "session.start"}, why: "a new password ends every session, and begins the one that goes on",
		prepare: func(t *testing.T, s *site) request {
			const next = "another-river-and-lake-8"
			return request{cookie: s.somebody(t, "gaimi"), path: "/me", fields: url.Values{"current": {password}, "next": {next}, "again": {next}}, thing: "gaimi"}
		}},

	"POST /c/:campaign/placements": {leaves: []string{"placement.log"}, once: true, prepare: func(t *testing.T, s *site) request {
		f := billboard("写入路口")
		return request{as: "zhujian", path: "/c/feicheng/placements", fields: f, thing: f.Get("id")}
	}},
	"POST /c/:campaign/placements/:id": {leaves: []string{"placement.revise"}, prepare: func(t *testing.T, s *site) request {
		id := logged(t, s, "修改路口").String()
		f := billboard("修改后的路口")
		f.Set("revision", "1")
		return request{as: "zhujian", path: "/c/feicheng/placements/" + id, fields: f, thing: id}
	}},
	"POST /c/:campaign/placements/:id/withdraw": {leaves: []string{"placement.withdraw"}, prepare: func(t *testing.T, s *site) request {
		id := logged(t, s, "撤回路口").String()
		return request{as: "zhujian", path: "/c/feicheng/placements/" + id + "/withdraw", fields: url.Values{"revision": {"1"}, "reason": {"重复登记"}}, thing: id}
	}},

	"POST /c/:campaign/plan/:task": {leaves: []string{"task.put"}, once: true, prepare: func(t *testing.T, s *site) request {
		return request{as: "chuang", path: "/c/feicheng/plan/" + url.PathEscape("社会宣传8"), thing: "社会宣传8",
			fields: url.Values{"revision": {"1"}, "title": {"印制宣传品（改）"}, "unit.xuanchuanbu": {"lead"}, "open": {"1"}, "start": {"2014-09-01"}}}
	}},
	"POST /c/:campaign/units": {leaves: []string{"unit.put"}, prepare: func(t *testing.T, s *site) request {
		return request{as: "chuang", path: "/c/feicheng/units", fields: url.Values{"id": {"xinju"}, "name": {"市新设局"}, "kind": {"bureau"}}, thing: "xinju"}
	}},
	"POST /c/:campaign/units/:unit": {leaves: []string{"unit.put"}, once: true, prepare: func(t *testing.T, s *site) request {
		return request{as: "chuang", path: "/c/feicheng/units/zhujianju", fields: url.Values{"revision": {"1"}, "name": {"市住建局"}, "kind": {"bureau"}, "note": {"改过"}}, thing: "zhujianju"}
	}},

	"POST /c/:campaign/imports": {why: "the file is only kept for its preview; taking it (commit) leaves the event", prepare: func(t *testing.T, s *site) request {
		return request{as: "zhujian", path: "/c/feicheng/imports", kind: "placements", file: ledgerOf("预览路口")}
	}},
	"POST /c/:campaign/imports/commit": {leaves: []string{"placements.import"}, prepare: func(t *testing.T, s *site) request {
		preview := s.make(t, request{as: "zhujian", path: "/c/feicheng/imports", kind: "placements", file: ledgerOf("导入路口")})
		address, err := url.Parse(preview.header.Get("Location"))
		if err != nil || preview.status != http.StatusSeeOther {
			t.Fatalf("upload: %d, %v", preview.status, err)
		}
		return request{as: "zhujian", path: "/c/feicheng/imports/commit", fields: address.Query()}
	}},
	"POST /c/:campaign/waves/:wave/responses": {leaves: []string{"response.enter"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := uuid.NewString()
		return request{as: "fafang", path: "/c/feicheng/waves/w1/responses", fields: url.Values{"id": {id}, "number": {"W-1"}, "q.group": {"school"}, "partial": {"1"}}, thing: id}
	}},

	"POST /api/v1/campaigns/:campaign/placements": {leaves: []string{"placement.log"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := uuid.New()
		return request{as: "zhujian", path: "/api/v1/campaigns/feicheng/placements", json: banner(id, "接口路口"), thing: id.String()}
	}},
	"POST /api/v1/campaigns/:campaign/imports": {leaves: []string{"placements.import"}, prepare: func(t *testing.T, s *site) request {
		return request{as: "zhujian", path: "/api/v1/campaigns/feicheng/imports?kind=placements", kind: "placements", file: ledgerOf("接口导入路口")}
	}},
	"POST /api/v1/campaigns/:campaign/waves/:wave/responses": {leaves: []string{"response.enter"}, once: true, prepare: func(t *testing.T, s *site) request {
		id := uuid.NewString()
		return request{as: "fafang", path: "/api/v1/campaigns/feicheng/waves/w1/responses", json: map[string]any{"id": id, "choices": map[string][]string{"group": {"school"}}}, thing: id}
	}},
	"POST /api/v1/campaigns/:campaign/waves/:wave/responses/batch": {leaves: []string{"response.batch"}, once: true, prepare: func(t *testing.T, s *site) request {
		return request{as: "fafang", path: "/api/v1/campaigns/feicheng/waves/w1/responses/batch", json: map[string]any{"items": []any{
			map[string]any{"id": uuid.NewString(), "choices": map[string][]string{"group": {"school"}}}, map[string]any{"id": uuid.NewString(), "choices": map[string][]string{"group": {"school"}}}}}}
	}},
}

func billboard(place string) url.Values {
	return url.Values{"id": {uuid.NewString()}, "task": {"社会宣传1"}, "carrier": {"公交站点广告牌"}, "place": {place}, "quantity": {"4"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}}
}

// ledgerOf is a ledger of two rows: a file leaves one event, however many rows it has.
func ledgerOf(place string) string {
	row := "社会宣传1,市住建局,宣传横幅," + place
	return "任务,责任单位,宣传形式,设置地点,数量,计量单位,开始日期,结束日期\n" + row + "东,5,条,2014-09-06,至验收结束\n" + row + "西,6,条,2014-09-06,至验收结束\n"
}

// somebody makes an account for one test and gives the cookie of its session.
func (s *site) somebody(t *testing.T, login string) string {
	t.Helper()
	person := auth.Person{ID: login, Login: login, Name: "某人", Role: audit.RoleOffice, Campaign: "feicheng"}
	if _, err := s.Auth.AddPerson(t.Context(), audit.System("test"), person, password); err != nil {
		t.Fatal(err)
	}
	token, _, err := s.Auth.SignIn(t.Context(), login, password, auth.From{Address: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return sessionCookie + "=" + token
}

// make sends a request.
func (s *site) make(t *testing.T, q request) answer {
	t.Helper()
	var body io.Reader
	kind := "application/x-www-form-urlencoded"
	switch {
	case q.raw != "":
		body, kind = strings.NewReader(q.raw), q.rawType
	case q.json != nil:
		text, err := json.Marshal(q.json)
		if err != nil {
			t.Fatal(err)
		}
		body, kind = strings.NewReader(string(text)), "application/json"
	case q.file != "":
		body, kind = strings.NewReader(multipartBody(q.kind, "台账.csv", q.file)), "multipart/form-data; boundary=frontier"
	default:
		body = strings.NewReader(q.fields.Encode())
	}
	r := httptest.NewRequest(http.MethodPost, q.path, body)
	r.Header.Set("Content-Type", kind)
	cookie := q.cookie
	if cookie == "" {
		cookie = s.as(q.as)
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return s.send(r)
}

// Every route that writes leaves exactly its event, with who, what, from where and under
// which reference; refused ones leave none. A route without a line here fails.
func TestEachWriteLeavesItsEvent(t *testing.T) {
	s := newSite(t, 0)
	met := map[string]bool{}
	for _, r := range s.allRoutes() {
		if r.method == http.MethodGet || r.method == http.MethodHead {
			continue
		}
		name := r.method + " " + r.path
		met[name] = true
		fixture, known := writeFixtures[name]
		if !known {
			t.Errorf("%s writes and has no line in writeFixtures", name)
			continue
		}
		if (len(fixture.leaves) != 1) != (fixture.why != "") {
			t.Errorf("%s: leaves %v because %q; one event needs no reason, and another number one", name, fixture.leaves, fixture.why)
		}
		t.Run(name, func(t *testing.T) { s.checkWrite(t, fixture) })
	}
	for name := range writeFixtures {
		if !met[name] {
			t.Errorf("%s is no route that writes", name)
		}
	}
}

func (s *site) checkWrite(t *testing.T, fixture write) {
	q := fixture.prepare(t, s)
	s.as(q.as) // signs in, which is another event
	before := s.events()
	got := s.make(t, q)
	if got.status >= 400 {
		t.Fatalf("answered %d: %s", got.status, got.body)
	}
	left := s.since(before)
	var verbs []string
	for _, e := range left {
		verbs = append(verbs, e.Verb)
		if q.thing != "" && e.Thing != q.thing || e.Thing == "" || e.Kind == "" {
			t.Errorf("%s is of the %s %q, want %q", e.Verb, e.Kind, e.Thing, q.thing)
		}
		if q.as != "" && e.Actor.ID != q.as || e.Actor.ID == "" || e.Actor.Name == "" || e.Actor.Role == "" {
			t.Errorf("%s is by %+v, want %q", e.Verb, e.Actor, q.as)
		}
		if e.Actor.Reference != got.header.Get(referenceHeader) || e.Actor.Address == "" {
			t.Errorf("%s came from %q under %q, want the request's reference %q", e.Verb, e.Actor.Address, e.Actor.Reference, got.header.Get(referenceHeader))
		}
		if e.Outcome != audit.Success {
			t.Errorf("%s ended in %q", e.Verb, e.Outcome)
		}
		if !audit.Named(e.Verb) {
			t.Errorf("%s has no words (audit/words.go)", e.Verb)
		}
	}
	slices.Sort(verbs)
	want := slices.Sorted(slices.Values(fixture.leaves))
	if !slices.Equal(verbs, want) {
		t.Errorf("left %v, want %v", verbs, want)
	}
	if fixture.once {
		before = s.events()
		if again := s.make(t, q); len(s.since(before)) != 0 {
			t.Errorf("sent again (%d) it left %v", again.status, s.since(before))
		}
	}
	// Nobody is signed in: nothing happens, and nothing is said to have happened.
	if q.as != "" {
		before = s.events()
		q.as, q.cookie = "", sessionCookie+"=nobody"
		if refused := s.make(t, q); refused.status != 303 && refused.status != 401 || len(s.since(before)) != 0 {
			t.Errorf("as nobody: %d, left %v", refused.status, s.since(before))
		}
	}
}
