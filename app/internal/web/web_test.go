package web

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/org"
)

func TestSignInLeadsBack(t *testing.T) {
	s := newSite(t, 0)
	s.as("chuang")
	login := func(name, pass, next string) answer {
		return s.do("", "POST", "/login", url.Values{"login": {name}, "password": {pass}, "next": {next}})
	}
	got := login("chuang", password, "/c/feicheng/plan?x=1")
	if got.status != 303 || got.header.Get("Location") != "/c/feicheng/plan?x=1" {
		t.Errorf("signed in: %d to %q", got.status, got.header.Get("Location"))
	}
	cookie := got.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	for _, next := range []string{"https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "/\texample.org"} {
		if got := login("chuang", password, next); got.header.Get("Location") != "/" {
			t.Errorf("next=%q leads to %q, out of this site", next, got.header.Get("Location"))
		}
	}
	got = login("chuang", "wrong-password", "/")
	if got.status != 401 || !strings.Contains(got.body, "用户名或密码不对") || !strings.Contains(got.body, `value="chuang"`) {
		t.Errorf("wrong password: %d; the page must say so and keep the login", got.status)
	}
	if strings.Contains(s.log.String(), "wrong-password") || strings.Contains(s.log.String(), password) {
		t.Error("a password is in the log")
	}
	out := s.do("chuang", "POST", "/logout", url.Values{})
	if out.status != 303 || s.do("chuang", "GET", "/c/feicheng/plan", nil).status != 303 {
		t.Error("after sign-out the cookie still opens pages")
	}
}

func TestWritesFromOtherSitesAreRefused(t *testing.T) {
	s := newSite(t, 0)
	check := func(want int, header ...string) {
		t.Helper()
		if got := s.do("chuang", "POST", "/me", url.Values{}, header...); got.status != want {
			t.Errorf("%v answered %d, want %d", header, got.status, want)
		}
	}
	// 422: the form itself is empty, but it was let through.
	check(422, "Sec-Fetch-Site", "same-origin")
	check(403, "Sec-Fetch-Site", "cross-site")
	check(403, "Sec-Fetch-Site", "same-site") // another program on the same machine or domain
	check(422, "Origin", "http://example.com")
	check(403, "Origin", "http://elsewhere.example")
	check(403, "Origin", "null")
	check(422) // a program, which carries no cookie by accident
}

func TestABodyOverTheLimitAnswers413(t *testing.T) {
	s := newSite(t, 1<<20)
	if err := s.Open("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Listen("") }()
	t.Cleanup(func() {
		if err := s.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		<-done
	})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	send := func(address, kind string, body io.Reader) int {
		t.Helper()
		r, err := http.NewRequest("POST", "http://"+s.Addr()+address, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Cookie", s.as("zhujian"))
		r.Header.Set(formTokenHeader, newFormToken(strings.TrimPrefix(s.as("zhujian"), sessionCookie+"=")))
		answer, err := client.Do(r)
		if err != nil {
			t.Errorf("%s: %v: a reset tells the person nothing", address, err)
			return 0
		}
		defer answer.Body.Close()
		io.Copy(io.Discard, answer.Body)
		return answer.StatusCode
	}
	large := multipartBody("placements", "x.csv", strings.Repeat("很大的台账\n", 1<<20)) // 16 MiB
	form := "place=" + strings.Repeat("x", 3<<20)
	const multipart = "multipart/form-data; boundary=frontier"
	for range 5 { // the framework's own limit resets in four of five
		if got := send("/c/feicheng/imports", multipart, strings.NewReader(large)); got != 413 {
			t.Errorf("16 MiB upload answered %d", got)
		}
		if got := send("/c/feicheng/imports", multipart, io.MultiReader(strings.NewReader(large))); got != 413 { // chunked
			t.Errorf("16 MiB chunked upload answered %d", got)
		}
		if got := send("/c/feicheng/placements", "application/x-www-form-urlencoded", strings.NewReader(form)); got != 413 {
			t.Errorf("3 MiB form answered %d", got)
		}
		// The connection is clean behind a refusal: the next request is understood.
		if got := send("/c/feicheng/placements", "application/x-www-form-urlencoded", strings.NewReader("place=x")); got != 422 {
			t.Errorf("a small form after a refusal answered %d", got)
		}
	}
}

const hostile = `</script><script>alert(1)</script>"'><img src=x onerror=alert(2)>`

func TestHostileNamesStayText(t *testing.T) {
	s := newSite(t, 0)
	name := hostile[:60]
	if _, err := s.Parts.Units.Put(t.Context(), audit.System("test"), "feicheng", org.Unit{ID: "hostile", Name: name, Kind: org.KindBureau, Aliases: []string{hostile}}, 0); err != nil {
		t.Fatal(err)
	}
	task := url.PathEscape("社会宣传1")
	got := s.do("chuang", "POST", "/c/feicheng/plan/"+task, url.Values{"revision": {"1"}, "title": {hostile}, "unit.hostile": {"lead"}, "open": {"1"}, "start": {"2014-09-01"}, "places": {hostile}})
	if got.status != 303 {
		t.Fatalf("put the task: %d", got.status)
	}
	fields := url.Values{"id": {uuid.NewString()}, "unit": {"hostile"}, "task": {"社会宣传1"}, "carrier": {hostile}, "place": {hostile}, "quantity": {"3"}, "measure": {"块"}, "start": {"2014-09-05"}, "open": {"1"}, "remark": {hostile + `{{printf "%d" 17}}`}}
	if got := s.do("chuang", "POST", "/c/feicheng/placements", fields); got.status != 303 {
		t.Fatalf("log: %d %s", got.status, got.body)
	}
	if got := s.do("chuang", "GET", "/c/feicheng/placements/"+fields.Get("id"), nil); !strings.Contains(got.body, "{{printf &#34;%d&#34; 17}}") {
		t.Error("the language of templates in a remark did not stay text")
	}
	for _, address := range []string{"/plan", "/plan/" + task, "/units", "/units/hostile", "/placements", "/placements?text=" + url.QueryEscape(hostile), "/placements/new", "/placements/" + fields.Get("id"),
		"/placements/" + fields.Get("id") + "/edit", "/overview", "/coverage", "/placements/new?place=" + url.QueryEscape(hostile), "/tasks?unit=hostile", "/imports"} {
		got := s.do("chuang", "GET", "/c/feicheng"+address, nil)
		if got.status != 200 || strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "<img src=x") {
			t.Errorf("%s: %d, hostile text became markup: %v", address, got.status, strings.Contains(got.body, "<script>alert"))
		}
	}
	charts := s.do("chuang", "GET", "/c/feicheng/coverage/charts.json", nil)
	if charts.header.Get("Content-Type") != "application/json" || strings.Contains(charts.body, "</script>") {
		t.Errorf("charts: %s, ends a script: %v", charts.header.Get("Content-Type"), strings.Contains(charts.body, "</script>"))
	}
}

// TestPasswordFieldsAreForManagers reads the views that ask for a password: a manager of
// passwords can fill them, pasting is nobody's business, and nothing else is asked for.
func TestPasswordFieldsAreForManagers(t *testing.T) {
	input, name := regexp.MustCompile(`<(?:input|textarea|select)\b(?:\{\{[^}]*\}\}|[^>{])*>`), regexp.MustCompile(`\sname="([^"]*)"`)
	for view, want := range map[string]string{"login.html": "next login password", "invite.html": "username password again", "me.html": "current next again"} {
		body, err := fs.ReadFile(embedded, "views/"+view)
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		for _, field := range input.FindAllString(string(body), -1) {
			if named := name.FindStringSubmatch(field); named != nil {
				asked = append(asked, named[1])
			}
			if !strings.Contains(field, `type="password"`) {
				continue
			}
			if !strings.Contains(field, `autocomplete="current-password"`) && !strings.Contains(field, `autocomplete="new-password"`) || strings.Contains(field, "maxlength") {
				t.Errorf("%s: %s", view, field)
			}
		}
		if got := strings.Join(asked, " "); got != want {
			t.Errorf("%s asks for %q, want %q", view, got, want)
		}
	}
	err := fs.WalkDir(embedded, "static", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(file, "vendor/") || !strings.HasSuffix(file, ".js") {
			return err
		}
		body, err := fs.ReadFile(embedded, file)
		if bytes.Contains(body, []byte(`"paste"`)) {
			t.Errorf("%s listens to pasting", file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestASessionIsInNoAddress: it travels as a cookie, and is read from nowhere else.
func TestASessionIsInNoAddress(t *testing.T) {
	s := newSite(t, 0)
	token := strings.TrimPrefix(s.as("chuang"), sessionCookie+"=")
	for _, address := range []string{"/me?" + sessionCookie + "=" + token, "/me?token=" + token, "/me;" + sessionCookie + "=" + token} {
		if got := s.do("", "GET", address, nil); got.status == 200 {
			t.Errorf("%.30s opens a page", address)
		}
	}
	for _, header := range []string{"Authorization", "X-Auth-Token", "X-Session"} {
		if got := s.do("", "GET", "/me", nil, header, token); got.status != 303 {
			t.Errorf("as %s without a scheme: %d", header, got.status)
		}
	}
	got := s.do("", "POST", "/login", url.Values{"login": {"chuang"}, "password": {password}})
	fresh, _, _ := strings.Cut(strings.TrimPrefix(got.header.Get("Set-Cookie"), sessionCookie+"="), ";")
	if len(fresh) != 43 || strings.Contains(got.header.Get("Location"), fresh) || strings.Contains(got.body, fresh) || strings.Contains(s.log.String(), fresh) {
		t.Errorf("the new session %q is told elsewhere than in its cookie", fresh)
	}
	page := s.do("chuang", "GET", "/c/feicheng/overview", nil)
	if strings.Contains(page.body, token) {
		t.Error("a page holds the token of its session")
	}
}

// TestAParameterSentTwice: the first holds, and an address fills no form.
func TestAParameterSentTwice(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "先后两次的路口")
	for query, want := range map[string]bool{"unit=zhujianju&unit=jiaoyuju": true, "unit=jiaoyuju&unit=zhujianju": false} {
		got := s.do("chuang", "GET", "/c/feicheng/placements?"+query, nil)
		if got.status != 200 || strings.Contains(got.body, id.String()) != want {
			t.Errorf("%s: %d, shows the placement: %t, want %t", query, got.status, !want, want)
		}
	}
	fields := url.Values{"id": {uuid.NewString()}, "task": {"社会宣传1"}, "carrier": {"宣传横幅"}, "place": {"第一处", "第二处"}, "quantity": {"1"}, "measure": {"条"}, "start": {"2014-09-05"}, "open": {"1"}}
	if got := s.do("zhujian", "POST", "/c/feicheng/placements?place=x&quantity=9", fields); got.status != 303 {
		t.Fatalf("log: %d %s", got.status, got.body)
	}
	held, err := s.Placements.Placement(t.Context(), "feicheng", uuid.MustParse(fields.Get("id")))
	if err != nil || held.Place != "第一处" || held.Quantity != 1 {
		t.Errorf("logged %v at %q, %v; want 1 at the first place", held.Quantity, held.Place, err)
	}
	fields.Set("id", uuid.NewString())
	fields.Del("place")
	if got := s.do("zhujian", "POST", "/c/feicheng/placements?place=x", fields); got.status != 422 {
		t.Errorf("a place in the address filled the form: %d", got.status)
	}
}

// TestAnUploadHasFewFields: what stands beside a file is held in memory, and a body
// without a length has no end of its own.
func TestAnUploadHasFewFields(t *testing.T) {
	s := newSite(t, 0)
	id := logged(t, s, "许多字段的路口")
	many := make([]part, mostParts+1)
	for i := range many {
		many[i] = part{name: fmt.Sprint("f", i), body: "x"}
	}
	var long []part
	for i := range 4 {
		long = append(long, part{name: fmt.Sprint("f", i), body: strings.Repeat("x", formLimit/3)})
	}
	for _, address := range []string{"/c/feicheng/imports", "/api/v1/campaigns/feicheng/imports?kind=placements", "/c/feicheng/placements/" + id.String() + "/photos"} {
		for name, parts := range map[string][]part{"many": many, "long": long, "one with a long name": {{name: strings.Repeat("n", formLimit), body: "x"}}} {
			if got := s.sendParts("zhujian", address, append(parts[:len(parts):len(parts)], part{"file", "a.csv", "任务\n"})); got.status != 413 {
				t.Errorf("%s, %s: %d, want 413", address, name, got.status)
			}
		}
	}
}

// TestNothingFromOutsideNothingInline reads every view and script of ours: the policy of
// the pages would break what is inline, and an office without internet what is outside.
func TestNothingFromOutsideNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>|\sstyle\s*=|\son[a-z]+\s*=|javascript:`)
	evaluated := regexp.MustCompile(`\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write`)
	outside := regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
	err := fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "vendor/") {
			return err
		}
		body, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".html") {
			for _, found := range inline.FindAllString(string(body), -1) {
				if !strings.Contains(found, "src=") {
					t.Errorf("%s holds %q: our policy forbids it", name, found)
				}
			}
		}
		if found := evaluated.FindString(string(body)); found != "" && strings.HasSuffix(name, ".js") {
			t.Errorf("%s holds %s: text could become code", name, found)
		}
		for _, found := range outside.FindAllString(string(body), -1) {
			if !strings.Contains(found, "www.w3.org") { // the name of SVG, not an address
				t.Errorf("%s refers to %q", name, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	css, err := fs.ReadFile(embedded, "static/vendor/tabler.min.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`url\([^)]{0,40}`).FindAllString(string(css), -1) {
		if !strings.HasPrefix(strings.Trim(found[4:], `"'`), "data:") {
			t.Errorf("tabler.min.css loads %q", found)
		}
	}
}

func TestStaticFilesAreKeptForAYear(t *testing.T) {
	s := newSite(t, 0)
	page := s.do("", "GET", "/login", nil)
	if policy := page.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy: %s", policy)
	}
	found := regexp.MustCompile(`/static/[^"]+`).FindAllString(page.body, -1)
	if len(found) < 4 {
		t.Fatalf("static files of the sign-in: %v", found)
	}
	for _, address := range found {
		for _, coding := range []string{"br", "gzip", ""} {
			got := s.do("", "GET", address, nil, "Accept-Encoding", coding)
			if got.status != 200 || got.header.Get("Content-Encoding") != coding || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s as %q: %d, %q, %q", address, coding, got.status, got.header.Get("Content-Encoding"), got.header.Get("Cache-Control"))
			}
		}
	}
	if got := s.do("", "GET", "/static/app.css", nil); got.status != 404 {
		t.Errorf("a file without its hash answered %d: an old copy could be kept for ever", got.status)
	}
	for _, address := range []string{"/static/../web.go", "/static/%2e%2e/web.go", "/static//etc/passwd", "/static/", "/static/vendor/", "/.git/config", "/originals/", "/views/login.html"} {
		if got := s.do("", "GET", address, nil); got.status != 404 {
			t.Errorf("%s answered %d", address, got.status)
		}
	}
}

func TestAFailureIsAReferenceForPeopleAndALineForTheOperator(t *testing.T) {
	s := newSite(t, 0)
	app := fiber.New(fiber.Config{ErrorHandler: s.fault, Immutable: true})
	app.Use(s.observe)
	app.Get("/panics", func(*fiber.Ctx) error { panic("the secret of the cause") })
	app.Get("/fails", func(*fiber.Ctx) error { return fmt.Errorf("the secret of the cause") })
	for _, address := range []string{"/panics", "/fails"} {
		response, err := app.Test(httptest.NewRequest("GET", address, nil))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		ref := response.Header.Get(referenceHeader)
		if response.StatusCode != 500 || !bytes.Contains(body, []byte("编号 "+ref)) || bytes.Contains(body, []byte("secret")) {
			t.Errorf("%s: %d, tells its reference %q: %v", address, response.StatusCode, ref, bytes.Contains(body, []byte(ref)))
		}
		if !strings.Contains(s.log.String(), "reference="+ref) || !strings.Contains(s.log.String(), "the secret of the cause") {
			t.Errorf("%s: the log has no full line under %s", address, ref)
		}
	}
	program := s.do("", "GET", "/api/v1/nothing", nil)
	if program.status != 404 || !strings.HasPrefix(program.header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("a program's 404: %d %s", program.status, program.header.Get("Content-Type"))
	}
}

// TestASheetIsEntered saves as entry.js does and as a
// browser without scripts does.
func TestASheetIsEntered(t *testing.T) {
	s := newSite(t, 0)
	sheet := url.Values{"number": {"0017"}, "q.group": {"school"}, "q.sex": {"male"}, "q.age": {"a18_29"}, "q.lived": {"y1_5"}, "partial": {"1"}}
	sheet.Set("id", uuid.NewString())
	const address = "/c/feicheng/waves/w1/responses"
	for i, created := range []string{`"created":true`, `"created":false`} { // the answer was lost, the queue sends again
		got := s.do("fafang", "POST", address, sheet, "Accept", "application/json")
		if got.status != 200 || !strings.Contains(got.body, created) || !strings.Contains(got.body, `"partial"`) {
			t.Errorf("sending %d: %d %s", i+1, got.status, got.body)
		}
	}
	sheet.Set("id", uuid.NewString())
	if got := s.do("fafang", "POST", address, sheet, "Accept", "application/json"); got.status != 409 || !strings.Contains(got.body, "0017") {
		t.Errorf("the same sheet number again: %d %s", got.status, got.body)
	}
	sheet.Set("number", "0018")
	sheet.Del("partial")
	got := s.do("fafang", "POST", address, sheet)
	if got.status != 422 || !strings.Contains(got.body, `value="0018"`) || !strings.Contains(got.body, `class="why"`) {
		t.Errorf("a sheet with gaps that claims to be complete: %d; the form must come back filled, with the gaps told", got.status)
	}
	sheet.Set("partial", "1")
	if got := s.do("fafang", "POST", address, sheet); got.status != 303 || !strings.Contains(got.header.Get("Location"), "done=entered") {
		t.Errorf("as a plain form: %d %s", got.status, got.body)
	}
	page := s.do("fafang", "GET", "/c/feicheng/waves/w1/entry", nil)
	if !strings.Contains(page.body, "0018 号") || !strings.Contains(page.body, "0017 号") {
		t.Error("the last saved sheets aren't listed")
	}
	if strings.Contains(s.log.String(), "a18_29") {
		t.Error("an answer is in the log")
	}
}
