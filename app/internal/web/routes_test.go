package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
)

// logged logs one placement of the unit of 住建局 and gives its id.
func logged(t *testing.T, s *site, place string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	fields := url.Values{"id": {id.String()}, "task": {"社会宣传1"}, "carrier": {"公交站点广告牌"}, "place": {place}, "quantity": {"3"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}}
	got := s.do("zhujian", "POST", "/c/feicheng/placements", fields)
	if got.status != http.StatusSeeOther || !strings.Contains(got.header.Get("Location"), "done=logged") {
		t.Fatalf("log a placement: %d %s", got.status, got.body)
	}
	return id
}

// uploaded sends a small ledger as 住建局 through both steps and gives the receipt's address.
func uploaded(t *testing.T, s *site) string {
	t.Helper()
	ledger := "任务,责任单位,宣传形式,设置地点,数量,计量单位,开始日期,结束日期\n社会宣传1,市住建局,宣传横幅,范蠡公园,5,条,2014-09-06,至验收结束\n社会宣传1,市住建局,宣传横幅,龙山河,负五,条,2014-09-06,至验收结束\n"
	r := httptest.NewRequest("POST", "/c/feicheng/imports", strings.NewReader(multipartBody("placements", "台账.csv", ledger)))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=frontier")
	r.Header.Set("Cookie", s.as("zhujian"))
	preview := s.send(r)
	if preview.status != http.StatusSeeOther {
		t.Fatalf("upload: %d %s", preview.status, preview.body)
	}
	address := preview.header.Get("Location")
	page := s.do("zhujian", "GET", address, nil)
	for _, want := range []string{"范蠡公园", "第3行", "导入这 1 行"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("preview doesn't say %q", want)
		}
	}
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	done := s.do("zhujian", "POST", "/c/feicheng/imports/commit", parsed.Query())
	if done.status != http.StatusSeeOther {
		t.Fatalf("commit: %d %s", done.status, done.body)
	}
	receipt, _, _ := strings.Cut(done.header.Get("Location"), "?")
	return receipt
}

func multipartBody(kind, name, content string) string {
	return fmt.Sprintf("--frontier\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n%s\r\n--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: text/csv\r\n\r\n%s\r\n--frontier--\r\n", kind, name, content)
}

// walk is what the routes are asked with: things of 住建局, and one account and token of
// its own that may be disabled and revoked.
type walk struct {
	placement, photo, receipt, token, link, run string
	dossier                                     string // sealed
	check, inspector                            string // the check is closed

	response, scan string // of the sheet 0001, which fafang holds
}

// everybody are the logins of the walk, one of each role and "" for nobody; 教育局 is the
// foreign unit.
var everybody = []string{"", "chuang", "zhujian", "jiaoyu", "fafang", "zhuanjia", "shenji", "guanli", "cunzhi"}

func newWalk(t *testing.T, s *site) walk {
	t.Helper()
	w := walk{placement: logged(t, s, "走查路口").String()}
	w.photo = s.photograph(t, "zhujian", uuid.MustParse(w.placement), 1).ID.String()
	w.response, w.scan = s.enteredTwice(t, "0001"), s.scanned(t, "0001")
	receipt := uploaded(t, s)
	w.receipt = receipt[strings.LastIndex(receipt, "/")+1:]
	if _, err := s.Auth.AddPerson(t.Context(), audit.System("test"), auth.Person{Login: "walked", Name: "走查", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"}, ""); err != nil {
		t.Fatal(err)
	}
	begun(t, s)
	w.run = s.kept(t)
	w.dossier = s.sealed(t)
	w.check, w.inspector = s.checked(t, true).ID, s.invited(t, auth.InspectorLink{Live: true}).ID
	w.link = s.linked(t, survey.PublicLink{Kind: survey.LinkOpen, Distributor: "fafang"}).link.ID
	var err error
	if w.token, _, err = s.Auth.AddToken(t.Context(), audit.System("test"), audit.RoleUnit, "feicheng", "zhujianju", "walk", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return w
}

// address fills the parameters of a route. One that the walk doesn't know is a new kind
// of thing: it must be given here, or its routes would be asked for nothing.
func (w walk) address(t *testing.T, r route) string {
	t.Helper()
	address := strings.NewReplacer(":campaign", "feicheng", ":task", url.PathEscape("社会宣传1"), ":unit", "zhujianju", ":wave", "w1", ":questionnaire", "citizen", ":question", "aware", ":carrier", "tiaofu",
		":file", "overview-coverage.csv", ":person", "walked", ":token", w.token, ":photo", w.photo, ":number", "0001", ":response", w.response, ":scan", w.scan,
		":item", "k1", ":indicator", "1", ":contradiction", "1", ":link", w.link, ":run", w.run, ":dossier", w.dossier, ":check", w.check, ":point", "1", ":inspector", w.inspector, ":key", survey.NewToken()).Replace(r.path)
	switch {
	case strings.Contains(r.path, "/imports/:id"):
		address = strings.Replace(address, ":id", w.receipt, 1)
	case strings.Contains(r.path, "/placements/:id"):
		address = strings.Replace(address, ":id", w.placement, 1)
	}
	if i := strings.Index(address, "/:"); i >= 0 {
		t.Errorf("%s %s: the walk knows nothing to put in place of %s", r.method, r.path, address[i+1:])
	}
	return address
}

// ends tells the routes that start or end sessions of the walk; they are tested on their
// own.
func ends(path string) bool {
	return path == "/login" || path == "/logout" || path == "/me/sign-out" || strings.HasSuffix(path, "/withdraw")
}

// TestEveryRouteAsEveryRole walks the route table as everybody. The expected answer
// comes from the table of permissions, so a new route is walked without being named
// here, and one without a verb fails.
func TestEveryRouteAsEveryRole(t *testing.T) {
	s := newSite(t, 0)
	w := newWalk(t, s)
	for _, r := range s.allRoutes() {
		if !auth.Known(r.verb) {
			t.Errorf("%s %s has the verb %q, which nobody can hold", r.method, r.path, r.verb)
		}
		if ends(r.path) {
			continue
		}
		address := w.address(t, r)
		for _, login := range everybody {
			s.checkRoute(t, r, address, login)
		}
	}
}

// TestARouteWithoutARuleIsNoticed: the walk is worth what it finds.
func TestARouteWithoutARuleIsNoticed(t *testing.T) {
	for _, verb := range []auth.Verb{"", "placement.erase"} {
		if auth.Known(verb) {
			t.Errorf("the verb %q is known: a route with it would pass the walk", verb)
		}
		if err := auth.Allow(audit.Actor{ID: "x", Role: audit.RoleOffice, Campaign: "feicheng"}, verb, "feicheng"); err == nil {
			t.Errorf("a route with the verb %q would open to the office", verb)
		}
	}
}

// actorOf is what the site's people are, for what the table says of them.
func actorOf(login string) audit.Actor {
	for _, p := range people {
		if p.Login == login {
			var parts []string
			for _, part := range p.Parts {
				parts = append(parts, string(part))
			}
			return audit.Actor{ID: p.Login, Role: p.Role, Campaign: p.Campaign, Unit: p.Unit, Parts: strings.Join(parts, ",")}
		}
	}
	return audit.Actor{}
}

func (s *site) checkRoute(t *testing.T, r route, address, login string) {
	t.Helper()
	var fields url.Values
	if r.method == http.MethodPost {
		fields = url.Values{}
	}
	got := s.do(login, r.method, address, fields)
	api := strings.HasPrefix(address, "/api/")
	actor := actorOf(login)
	inCampaign := strings.Contains(r.path, ":campaign")
	foreign := (strings.Contains(r.path, ":id") || strings.Contains(r.path, ":photo")) && (login == "jiaoyu" || login == "fafang")
	nothing := strings.Contains(r.path, ":file") || strings.Contains(r.path, "/preview") || strings.Contains(r.path, "/people/import/") || strings.HasSuffix(r.path, "/people/slips")
	fault := func(want string) {
		t.Errorf("%s %s as %q answered %d, want %s", r.method, address, login, got.status, want)
	}
	switch {
	case r.path == "/metrics": // who asks from the machine itself has no role: TestMetrics, TestTheEdge
	case got.status >= 500:
		fault("no failure: " + got.body)
	case r.verb == auth.Public:
		if got.status == 401 || got.status == 403 {
			fault("an open door")
		}
	case login == "" && api:
		if got.status != 401 {
			fault("401")
		}
	case login == "":
		if got.status != 303 || !strings.HasPrefix(got.header.Get("Location"), "/login?next=") {
			fault("303 to the sign-in")
		}
	case inCampaign && actor.Campaign != "" && actor.Campaign != "feicheng":
		if got.status != 404 {
			fault("404: not their campaign")
		}
	case !auth.May(actor, r.verb):
		if got.status != 403 {
			fault("403")
		}
	case foreign:
		if got.status != 404 {
			fault("404: not theirs")
		}
	case got.status != 200 && got.status != 202 && got.status != 303 && got.status != 409 && got.status != 422 && got.status != 404, got.status == 303 && strings.HasPrefix(got.header.Get("Location"), "/login"):
		fault("200, 202, 303, 409 or 422")
	case got.status == 404 && !nothing:
		fault("not 404")
	}
}

// blurred leaves out what differs between any two answers: the reference, the token of
// the form, and the id that was asked for.
func blurred(got answer, id string) string {
	body := strings.ReplaceAll(got.body, got.header.Get(referenceHeader), "")
	body = regexp.MustCompile(`(name="csrf"[^>]*(?:value|content)=")[^"]*`).ReplaceAllString(body, "$1")
	return strings.ReplaceAll(body, id, "")
}

// TestAForeignIDAnswersLikeNone asks every route that names a thing for one of another
// unit and for one that nobody has: the answers must be the same, or ids can be guessed.
func TestAForeignIDAnswersLikeNone(t *testing.T) {
	s := newSite(t, 0)
	w := newWalk(t, s)
	asked := 0
	for _, r := range s.allRoutes() {
		if !strings.Contains(r.path, "/:id") {
			continue
		}
		id, none := w.placement, uuid.NewString()
		if strings.Contains(r.path, "/imports/") {
			id = w.receipt
		}
		if r.verb == auth.PhotoAdd && strings.Contains(r.path, "/placements/") {
			// A form's photos come before it is sent, so an id by chance that nobody has is the
			// sender's to take. An id made from content can be guessed: it must answer alike.
			none = uuid.NewSHA1(uuid.NameSpaceURL, []byte("nobody's")).String()
		}
		address := w.address(t, r)
		var fields url.Values
		if r.method == http.MethodPost {
			fields = url.Values{"reason": {"x"}, "revision": {"1"}}
		}
		for _, login := range []string{"jiaoyu", "fafang", "zhuanjia", "shenji", "guanli", "cunzhi"} {
			if auth.UnitOf(actorOf(login), r.verb) == "" && login != "cunzhi" && auth.May(actorOf(login), r.verb) {
				continue // they see those of every unit
			}
			asked++
			theirs, nobodys := s.do(login, r.method, address, fields), s.do(login, r.method, strings.Replace(address, id, none, 1), fields)
			if theirs.status != nobodys.status || blurred(theirs, id) != blurred(nobodys, none) {
				t.Errorf("%s %s as %s: a foreign one answers %d, none %d, alike: %t", r.method, r.path, login, theirs.status, nobodys.status, blurred(theirs, id) == blurred(nobodys, none))
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d were asked", asked)
	}
}

// TestAUnitSeesNothingOfAnother looks for one unit's words in everything that another
// unit can open.
func TestAUnitSeesNothingOfAnother(t *testing.T) {
	s := newSite(t, 0)
	const secret = "只有住建局知道的路口"
	id := logged(t, s, secret)
	receipt := uploaded(t, s)
	for _, address := range []string{"/placements", "/placements?unit=zhujianju", "/placements.csv", "/placements.csv?unit=zhujianju", "/placements/new", "/tasks", "/imports", "/coverage", "/coverage/charts.json"} {
		got := s.do("jiaoyu", "GET", "/c/feicheng"+address, nil)
		if got.status != 200 || strings.Contains(got.body, secret) || strings.Contains(got.body, "范蠡公园南") || strings.Contains(got.body, "台账.csv") {
			t.Errorf("%s as another unit: %d, tells of the other: %v", address, got.status, strings.Contains(got.body, secret))
		}
	}
	for _, address := range []string{"/c/feicheng/placements/" + id.String(), "/c/feicheng/placements/" + id.String() + "/edit", receipt, receipt + "/rejected.xlsx", "/api/v1/campaigns/feicheng/placements/" + id.String()} {
		if got := s.do("jiaoyu", "GET", address, nil); got.status != 404 {
			t.Errorf("%s as another unit answered %d, want 404", address, got.status)
		}
	}
	for _, address := range []string{"/c/feicheng/placements/" + id.String(), "/c/feicheng/placements/" + id.String() + "/withdraw"} {
		if got := s.do("jiaoyu", "POST", address, url.Values{"reason": {"x"}, "revision": {"1"}}); got.status != 404 {
			t.Errorf("POST %s as another unit answered %d, want 404", address, got.status)
		}
	}
	// Their own name in the form changes nothing: the unit is the account's.
	fields := url.Values{"id": {uuid.NewString()}, "unit": {"zhujianju"}, "task": {"社会宣传6"}, "carrier": {"墙报"}, "place": {"实验小学"}, "quantity": {"1"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}}
	if got := s.do("jiaoyu", "POST", "/c/feicheng/placements", fields); got.status != 303 {
		t.Fatalf("log: %d %s", got.status, got.body)
	}
	n, err := s.Placements.Count(t.Context(), placement.Filter{Campaign: "feicheng", Unit: "zhujianju", Text: "实验小学"})
	if err != nil || n != 0 {
		t.Errorf("a unit logged %d placements for another, %v", n, err)
	}
}

// TestNoPageOfAUnitNamesAnother reads everything that a unit and a distributor can open
// and looks for a unit that has nothing to do with them: its name, its places, its counts.
func TestNoPageOfAUnitNamesAnother(t *testing.T) {
	s := newSite(t, 0)
	const name, place, quantity = "市玄武湖管理处", "玄武湖畔只此一处", "98765"
	if _, err := s.Parts.Units.Put(t.Context(), audit.System("test"), "feicheng", org.Unit{ID: "xuanwu", Name: name, Kind: org.KindBureau}, 0); err != nil {
		t.Fatal(err)
	}
	s.changed()
	fields := url.Values{"id": {uuid.NewString()}, "unit": {"xuanwu"}, "task": {"社会宣传8"}, "carrier": {"宣传横幅"}, "place": {place}, "quantity": {quantity}, "measure": {"条"}, "start": {"2014-09-05"}, "open": {"1"}}
	if got := s.do("chuang", "POST", "/c/feicheng/placements", fields); got.status != 303 {
		t.Fatalf("log: %d %s", got.status, got.body)
	}
	w := walk{placement: fields.Get("id"), receipt: uuid.NewString(), token: uuid.NewString()}
	opened := 0
	for _, r := range s.allRoutes() {
		if r.method != http.MethodGet || r.path == "/metrics" {
			continue
		}
		address := strings.Replace(w.address(t, r), "zhujianju", "xuanwu", 1)
		for _, login := range []string{"zhujian", "jiaoyu", "fafang"} {
			got := s.do(login, "GET", address+"?unit=xuanwu&by=unit&text="+url.QueryEscape("玄武"), nil)
			if got.status == 200 {
				opened++
			}
			said := strings.ReplaceAll(got.body, "玄武\"", "") // the search field shows what was asked
			for _, secret := range []string{name, place, quantity, "98,765", "xuanwu\""} {
				if strings.Contains(said, secret) {
					t.Errorf("%s as %s tells %s", address, login, secret)
				}
			}
		}
	}
	if opened < 30 {
		t.Errorf("only %d pages were read", opened)
	}
}

// TestOneFormCountsOnce sends one form again, as a second click or the back button does.
func TestOneFormCountsOnce(t *testing.T) {
	s := newSite(t, 0)
	fields := url.Values{"id": {uuid.NewString()}, "task": {"社会宣传1"}, "carrier": {"宣传横幅"}, "place": {"康王河公园"}, "quantity": {"2"}, "measure": {"条"}, "start": {"2014-09-05"}, "open": {"1"}}
	for i, want := range []string{"done=logged", "done=repeated", "done=repeated"} {
		got := s.do("zhujian", "POST", "/c/feicheng/placements", fields)
		if got.status != 303 || !strings.Contains(got.header.Get("Location"), want) {
			t.Errorf("sending %d: %d to %s, want %s", i+1, got.status, got.header.Get("Location"), want)
		}
	}
	n, err := s.Placements.Count(t.Context(), placement.Filter{Campaign: "feicheng", Text: "康王河公园"})
	if err != nil || n != 1 {
		t.Errorf("%d placements, %v; want 1", n, err)
	}
	fields.Set("quantity", "9") // the same id with another content is a conflict, not a second one
	if got := s.do("zhujian", "POST", "/c/feicheng/placements", fields); got.status != 409 {
		t.Errorf("the same id with another content answered %d, want 409", got.status)
	}
}

// TestTwoPeopleChangeOneTask saves a form that was opened before somebody else saved.
func TestTwoPeopleChangeOneTask(t *testing.T) {
	s := newSite(t, 0)
	address := "/c/feicheng/plan/" + url.PathEscape("社会宣传8")
	put := func(title, revision string) answer {
		return s.do("chuang", "POST", address, url.Values{"revision": {revision}, "title": {title}, "unit.xuanchuanbu": {"lead"}, "open": {"1"}, "start": {"2014-09-01"}})
	}
	if got := put("印制宣传品（第一人）", "1"); got.status != 303 {
		t.Fatalf("first: %d %s", got.status, got.body)
	}
	got := put("印制宣传品（第二人）", "1")
	if got.status != 409 || !strings.Contains(got.body, "刚刚有人改过这里") || !strings.Contains(got.body, "印制宣传品（第二人）") {
		t.Errorf("second: %d; the page must tell the conflict and keep what was typed", got.status)
	}
	plan := s.do("chuang", "GET", "/c/feicheng/plan", nil)
	if !strings.Contains(plan.body, "印制宣传品（第一人）") {
		t.Error("the first person's change isn't on the plan")
	}
}
