package web

import (
	"bytes"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shuixuan/app/survey"
	cells "shuixuan/ingest/sheet"
)

func linkFields(kind string, more ...string) url.Values {
	fields := url.Values{"name": {"家长会"}, "wave": {"lw"}, "kind": {kind}, "count": {"3"}, "per_device": {"1"}}
	for i := 0; i+1 < len(more); i += 2 {
		fields.Set(more[i], more[i+1])
	}
	return fields
}

func init() {
	const both = "a link comes with its first addresses"
	begun := func(t *testing.T, s *site, l survey.PublicLink) *respondent {
		made := s.linked(t, l)
		r := s.respondent(t, made.tokens[0])
		return r.open(r.address)
	}
	sent := func(r *respondent, answers url.Values) request {
		action, fields := r.form()
		fields.Set("go", "next")
		maps.Copy(fields, answers)
		return request{path: action, fields: fields}
	}
	const pages = "a page leaves none: the event is that the response begins to count, on its last page (TestAnAnswerFromEndToEnd)"
	maps.Copy(writeFixtures, map[string]write{
		"POST /c/:campaign/links": {leaves: []string{"link.put", "link.issue"}, why: both, prepare: func(t *testing.T, s *site) request {
			s.linked(t, survey.PublicLink{Kind: survey.LinkOpen})
			return request{as: "chuang", path: "/c/feicheng/links", fields: linkFields("open")}
		}},
		"POST /c/:campaign/links/:link": {leaves: []string{"link.put"}, once: true, prepare: func(t *testing.T, s *site) request {
			id := s.linked(t, survey.PublicLink{Kind: survey.LinkOpen}).link.ID
			return request{as: "chuang", path: "/c/feicheng/links/" + id, fields: url.Values{"name": {"改了名"}, "revision": {"1"}, "closed": {"1"}, "per_device": {"2"}}, thing: id}
		}},
		"POST /c/:campaign/links/:link/issue": {leaves: []string{"link.issue"}, prepare: func(t *testing.T, s *site) request {
			id := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce}).link.ID
			return request{as: "chuang", path: "/c/feicheng/links/" + id + "/issue", fields: url.Values{"count": {"2"}}, thing: id}
		}},
		"POST /c/:campaign/links/:link/addresses": {leaves: []string{"link.export"}, prepare: func(t *testing.T, s *site) request {
			made := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce})
			return request{as: "chuang", path: "/c/feicheng/links/" + made.link.ID + "/addresses", fields: url.Values{"token": made.tokens, "kind": {"csv"}}, thing: made.link.ID}
		}},
		"POST /s/:token": {leaves: []string{"response.submit"}, once: true, prepare: func(t *testing.T, s *site) request {
			return sent(begun(t, s, survey.PublicLink{Kind: survey.LinkOnce, OnePage: true}).give(nil), wholeAnswers("b", ""))
		}},
		"POST /s/:token/:key": {why: pages, prepare: func(t *testing.T, s *site) request {
			return sent(begun(t, s, survey.PublicLink{Kind: survey.LinkOpen, PerDevice: 1}).give(nil), q("agree", "yes"))
		}},
	})
}

var printedAddress = regexp.MustCompile(`/s/((?:[0-9a-z]{4}-){3}[0-9a-z]{4})`)

// TestTheOfficeMakesLinks: a poster and slips whose printed addresses lead to the page, a
// list as a file, and an end.
func TestTheOfficeMakesLinks(t *testing.T) {
	s := newSite(t, 0)
	s.linked(t, survey.PublicLink{Kind: survey.LinkOpen, Name: "先有的"})
	poster := s.do("chuang", "POST", "/c/feicheng/links", linkFields("open", "stratum", "a", "area", "east", "until", "2099-01-01"))
	if poster.status != 200 || !strings.Contains(poster.body, "data:image/png") || !strings.Contains(poster.body, "水生态问卷") {
		t.Fatalf("the poster: %d %s", poster.status, poster.body)
	}
	for _, m := range printedAddress.FindAllStringSubmatch(poster.body, -1) {
		r := s.respondent(t, m[1])
		r.open(r.address).saysNot("哪个片区").give(nil).to("heard").saysNot("您是哪一组") // both are fixed
	}
	slips := s.do("chuang", "POST", "/c/feicheng/links", linkFields("once"))
	printed := printedAddress.FindAllStringSubmatch(slips.body, -1)
	if len(printed) != 3 {
		t.Fatalf("%d slips, want 3: %d", len(printed), slips.status)
	}
	fields := url.Values{"kind": {"xlsx"}}
	for _, m := range regexp.MustCompile(`name="token" value="([^"]+)"`).FindAllStringSubmatch(slips.body, -1) {
		fields.Add("token", m[1])
	}
	fields.Add("token", survey.NewToken()) // not of this link
	action := html.UnescapeString(regexp.MustCompile(`action="(/c/feicheng/links/[^"]+/addresses)"`).FindStringSubmatch(slips.body)[1])
	file := s.do("chuang", "POST", action, fields)
	book, err := cells.Open(t.Context(), strings.NewReader(file.body), int64(len(file.body)), "地址.xlsx", cells.DefaultLimits())
	if err != nil {
		t.Fatalf("%d: %v", file.status, err)
	}
	defer book.Close()
	fields.Set("kind", "csv")
	list := s.do("chuang", "POST", action, fields)
	for i, m := range printed {
		if token := survey.ParseToken(m[1]); !strings.Contains(list.body, publicPath+token) {
			t.Errorf("slip %d isn't in the file:\n%s", i, list.body)
		}
	}
	if !bytes.HasPrefix([]byte(list.body), []byte("\ufeff")) || strings.Count(list.body, publicPath) != 3 {
		t.Errorf("the file:\n%s", list.body)
	}
	rows, err := s.DB.Query(t.Context(), "SELECT hash FROM link_tokens")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var hash string
		if err := rows.Scan(&hash); err != nil || len(hash) != 64 {
			t.Errorf("kept of a token: %q, %v", hash, err)
		}
	}
	home := s.do("chuang", "GET", "/c/feicheng/links", nil)
	if strings.Contains(home.body, survey.ParseToken(printed[0][1])) || !strings.Contains(home.body, "3 个地址") {
		t.Error("the list must say how many, and no address")
	}
	for field, value := range map[string]string{"name": "", "kind": "third", "stratum": "x", "area": "x", "until": "soon", "wave": "none", "per_device": "99", "count": "0", "distributor": "nobody"} {
		kind := "open"
		if field == "count" {
			kind = "once"
		}
		if got := s.do("chuang", "POST", "/c/feicheng/links", linkFields(kind, field, value)); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d", field, value, got.status)
		}
	}
}

// TestADistributorHasTheirOwnLinks and sees no other.
func TestADistributorHasTheirOwnLinks(t *testing.T) {
	s := newSite(t, 0)
	foreign := s.linked(t, survey.PublicLink{Kind: survey.LinkOpen, Name: "别人的链接"})
	made := s.do("fafang", "POST", "/c/feicheng/links", linkFields("once", "distributor", "somebody"))
	if made.status != 200 {
		t.Fatalf("made: %d %s", made.status, made.body)
	}
	all, err := s.links.List(t.Context(), "feicheng")
	if err != nil || all[0].Thing.Distributor != "fafang" || all[0].Thing.Unit != "laocheng" {
		t.Errorf("it is of %+v, %v", all[0].Thing, err)
	}
	if home := s.do("fafang", "GET", "/c/feicheng/links", nil); strings.Contains(home.body, "别人的链接") || !strings.Contains(home.body, "家长会") {
		t.Error("the list must show their own and no other")
	}
	for _, address := range []string{"", "/issue", "/addresses"} {
		if got := s.do("fafang", "POST", "/c/feicheng/links/"+foreign.link.ID+address, url.Values{"name": {"x"}}); got.status != 404 {
			t.Errorf("another's%s: %d", address, got.status)
		}
	}
}

// TestTwoChangeOneLink: the second is told.
func TestTwoChangeOneLink(t *testing.T) {
	s := newSite(t, 0)
	id := s.linked(t, survey.PublicLink{Kind: survey.LinkOnce}).link.ID
	for i, want := range []int{303, 409} {
		if got := s.do("chuang", "POST", "/c/feicheng/links/"+id, url.Values{"name": {[]string{"甲", "乙"}[i]}, "revision": {"1"}}); got.status != want {
			t.Errorf("change %d: %d, want %d", i, got.status, want)
		}
	}
}
