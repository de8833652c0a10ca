package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

func init() {
	writeFixtures["POST /c/:campaign/overview/seen"] = write{leaves: []string{"overview.seen"}, prepare: func(t *testing.T, s *site) request {
		return request{as: "chuang", path: "/c/feicheng/overview/seen", fields: url.Values{}, thing: "chuang"}
	}}
}

// live asks as an open page does, which is no look of a person.
func (s *site) live(login, path, tag string) answer {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Cookie", s.as(login))
	r.Header.Set(liveHeader, "1")
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	return s.send(r)
}

var sinceText = regexp.MustCompile(`(?s)<section class="card since".*?</section>`)

// sinceOn gives the words of the comparison once it is made.
func (s *site) sinceOn(t *testing.T, login string, first bool) string {
	t.Helper()
	page := s.do(login, "GET", "/c/feicheng/overview", nil)
	for end := time.Now().Add(20 * time.Second); strings.Contains(page.body, "data-waiting") && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		page = s.live(login, "/c/feicheng/overview", "")
	}
	found := sinceText.FindString(page.body)
	if page.status != 200 || found == "" || strings.Contains(found, "第一次") != first || strings.Contains(found, "data-waiting") || strings.Contains(found, "比较不出") {
		t.Log(s.log.String())
		t.Fatalf("%d, first %v: %s", page.status, first, found)
	}
	return found
}

// TestSinceTheLastVisit: what came in between two visits stands on the second for as long as it
// lasts, however often it is opened; a page that renews itself is no visit; and the button, or an
// hour, makes all that was new old.
func TestSinceTheLastVisit(t *testing.T) {
	s := newSite(t, 0)
	now := time.Now()
	later := func(d time.Duration) { now = now.Add(d) }
	s.Server.clock = func() time.Time { return now }
	s.sinceOn(t, "chuang", true)

	later(30 * time.Minute)
	if got := s.sinceOn(t, "chuang", true); !strings.Contains(got, "第一次") { // the same visit
		t.Error(got)
	}
	logged(t, s, "第一条新登记的路口")
	later(time.Hour)
	s.live("chuang", "/c/feicheng/overview", "") // moves nothing
	for range 2 {
		if got := s.sinceOn(t, "chuang", false); !strings.Contains(got, "新登记宣传记录1条") {
			t.Errorf("the placement is not new: %s", got)
		}
		later(10 * time.Minute)
	}
	before := s.events()
	seen := s.do("chuang", "POST", "/c/feicheng/overview/seen", url.Values{})
	if seen.status != http.StatusSeeOther || len(s.since(before)) != 1 {
		t.Fatalf("%d, left %v", seen.status, s.since(before))
	}
	later(time.Minute)
	if got := s.sinceOn(t, "chuang", false); !strings.Contains(got, "没有新的登记") {
		t.Errorf("after the button: %s", got)
	}
	if refused := s.do("zhujian", "POST", "/c/feicheng/overview/seen", url.Values{}); refused.status != http.StatusForbidden {
		t.Errorf("a unit has seen the overview: %d", refused.status)
	}
}

// TestNews: an open page is told 304 until something is written, and then what it asks for next
// time; the same page has the same tag on another server.
func TestNews(t *testing.T) {
	s := newSite(t, 0)
	for _, path := range []string{"/c/feicheng/overview", "/c/feicheng/coverage", "/c/feicheng/wall"} {
		first := s.live("chuang", path+"/news.json", "")
		tag := first.header.Get("ETag")
		if first.status != 200 || tag == "" {
			t.Fatalf("%s: %d %q", path, first.status, tag)
		}
		if page := s.do("chuang", "GET", path, nil); !strings.Contains(page.body, `data-version="`+strings.Trim(tag, `"`)+`"`) {
			t.Errorf("%s doesn't carry its version %s", path, tag)
		}
		if again := s.live("chuang", path+"/news.json", tag); again.status != http.StatusNotModified || again.body != "" {
			t.Errorf("%s: nothing was written, and the answer is %d %s", path, again.status, again.body)
		}
		logged(t, s, "新来的路口"+path)
		if news := s.live("chuang", path+"/news.json", tag); news.status != 200 || news.header.Get("ETag") == tag {
			t.Errorf("%s: a placement was logged, and the answer is %d %q", path, news.status, news.header.Get("ETag"))
		}
	}
}
