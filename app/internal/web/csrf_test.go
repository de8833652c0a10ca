package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestEveryFormHasItsToken reads every view: a form with method post begins with
// {{csrf $p}}. In an upload it is the first field, since the file behind it is not read
// before the token was looked at.
func TestEveryFormHasItsToken(t *testing.T) {
	tag := regexp.MustCompile(`<form\b(?:\{\{[^}]*\}\}|[^>{])*>`)
	forms := 0
	err := fs.WalkDir(embedded, "views", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		for _, at := range tag.FindAllStringIndex(string(body), -1) {
			form := string(body[at[0]:at[1]])
			if !strings.Contains(form, `method="post"`) {
				continue
			}
			forms++
			if !regexp.MustCompile(`^\s*\{\{csrf (\$\w+|\.)\}\}`).Match(body[at[1]:]) {
				t.Errorf("%s: %s is not followed by {{csrf $p}}", name, form)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if forms < 20 {
		t.Errorf("only %d forms were found", forms)
	}
}

// TestScriptsSendTheToken: a script that posts names the header.
func TestScriptsSendTheToken(t *testing.T) {
	err := fs.WalkDir(embedded, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "vendor/") || !strings.HasSuffix(name, ".js") {
			return err
		}
		body, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		if posts := regexp.MustCompile(`method:\s*"(POST|PUT|DELETE)"|open\("POST"`).Match(body); posts && !strings.Contains(string(body), formTokenHeader) {
			t.Errorf("%s posts without %s", name, formTokenHeader)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// bare sends a request without the token that site.send adds.
func (s *site) bare(login, address, kind, body string, header ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest("POST", address, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Cookie", s.as(login))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := s.App().Test(r, 60_000)
	if err != nil {
		s.t.Fatal(err)
	}
	return read(s.t, response)
}

func TestAFormWithoutItsTokenIsRefused(t *testing.T) {
	s := newSite(t, 0)
	s.as("zhujian")
	s.as("chuang")
	const urlencoded = "application/x-www-form-urlencoded"
	const unit = "/c/feicheng/units/jiaoyuju"
	fields := url.Values{"name": {"市教育局（改）"}, "kind": {"bureau"}, "revision": {"1"}}
	refused := func(why string, got answer) {
		t.Helper()
		if got.status != http.StatusForbidden || !strings.Contains(got.body, "没有提交") || !strings.Contains(got.body, "data-back") {
			t.Errorf("%s: %d; the page must say so and lead back", why, got.status)
		}
	}
	session := func(login string) string { return strings.TrimPrefix(s.as(login), sessionCookie+"=") }
	refused("none", s.bare("chuang", unit, urlencoded, fields.Encode()))
	fields.Set(formToken, "AAAA")
	refused("made up", s.bare("chuang", unit, urlencoded, fields.Encode()))
	fields.Set(formToken, newFormToken(session("zhujian")))
	refused("of another session", s.bare("chuang", unit, urlencoded, fields.Encode()))
	fields.Set(formToken, newFormToken(session("chuang")))
	if got := s.bare("chuang", unit, urlencoded, fields.Encode()); got.status != http.StatusSeeOther {
		t.Errorf("with its token: %d %s", got.status, got.body)
	}
	if one, two := newFormToken("x"), newFormToken("x"); one == two || !isFormToken("x", one) || isFormToken("y", one) || isFormToken("x", one[:20]) {
		t.Error("a token must differ each time and hold for its own session only")
	}

	const multipart = "multipart/form-data; boundary=frontier"
	file := multipartBody("placements", "台账.csv", "任务,宣传形式\n")
	first := "--frontier\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + newFormToken(session("zhujian")) + "\r\n"
	refused("upload without", s.bare("zhujian", "/c/feicheng/imports", multipart, file))
	if got := s.bare("zhujian", "/c/feicheng/imports", multipart, first+file); got.status != http.StatusSeeOther {
		t.Errorf("upload with its token first: %d %s", got.status, got.body)
	}
	if got := s.bare("zhujian", "/c/feicheng/imports", multipart, first+strings.Replace(file, "任务,宣传形式\n", "任务,宣传形式\n"+strings.Repeat("社会宣传1,横幅\n", 50_000), 1)); got.status != http.StatusSeeOther {
		t.Errorf("a large upload with its token first: %d", got.status)
	}
	// Our scripts: the same words as JSON.
	got := s.bare("zhujian", "/c/feicheng/imports", multipart, file, "Accept", "application/json")
	if got.status != http.StatusForbidden || !strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("a script without: %d %s", got.status, got.header.Get("Content-Type"))
	}
	// A program carries no cookie by accident.
	_, token, err := s.Auth.AddToken(t.Context(), theOffice, "unit", "feicheng", "zhujianju", "程序", s.clock().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/api/v1/campaigns/feicheng/placements", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer "+token)
	if got := s.send(r); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a program's empty placement: %d %s", got.status, got.body)
	}
	// Who isn't signed in any more is asked to sign in, and led back to the form.
	r = httptest.NewRequest("POST", unit, strings.NewReader(fields.Encode()))
	r.Header.Set("Cookie", sessionCookie+"=ended")
	r.Header.Set("Referer", "http://example.com"+unit)
	if got := s.send(r); got.status != http.StatusSeeOther || got.header.Get("Location") != "/login?next="+url.QueryEscape(unit) {
		t.Errorf("after the session ended: %d to %s", got.status, got.header.Get("Location"))
	}
}
