package web

import (
	"html"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
)

var (
	anyLink = regexp.MustCompile(`<a [^>]*href="([^"]+)"`)
	anyForm = regexp.MustCompile(`<form\b[^>]*>`)
	anyAttr = regexp.MustCompile(`\b(method|action)="([^"]*)"`)
)

// TestEveryLinkAndFormOpens goes through all pages as everybody, from the start page on,
// by the links that are shown: none may lead to a refusal, and no form may be shown whose
// route would refuse.
func TestEveryLinkAndFormOpens(t *testing.T) {
	s := newSite(t, 0)
	newWalk(t, s)
	closeUnit(t, s)
	for _, login := range append([]string{"chaixiao"}, everybody...) {
		c := &crawl{site: s, t: t, login: login, seen: map[string]bool{}, forms: map[string]bool{}}
		c.actor = actorOf(login)
		if login == "chaixiao" {
			c.actor = audit.Actor{ID: login, Role: audit.RoleUnit, Campaign: "feicheng", Unit: "chexiao", ReadOnly: true}
		}
		c.follow("/", "the start")
		if login == "" {
			continue
		}
		if len(c.seen) < 3 {
			t.Errorf("as %s only %d pages were found", login, len(c.seen))
		}
		t.Logf("%-8s %3d pages, %2d forms", login, len(c.seen), len(c.forms))
	}
}

// closeUnit makes a unit that is one no more, with a person in it.
func closeUnit(t *testing.T, s *site) {
	t.Helper()
	unit := org.Unit{ID: "chexiao", Name: "市撤销局", Kind: org.KindBureau, Closed: civil(s.clock()).AddDate(0, 0, -1)}
	if _, err := s.Parts.Units.Put(t.Context(), audit.System("test"), "feicheng", unit, 0); err != nil {
		t.Fatal(err)
	}
	s.changed()
	person := auth.Person{Login: "chaixiao", Name: "孙经办", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "chexiao"}
	if _, err := s.Auth.AddPerson(t.Context(), audit.System("test"), person, password); err != nil {
		t.Fatal(err)
	}
}

type crawl struct {
	*site
	t           *testing.T
	login       string
	actor       audit.Actor
	seen, forms map[string]bool
}

// follow opens an address, once for each path: another filter shows no other links.
func (c *crawl) follow(address, from string) {
	parsed, err := url.Parse(html.UnescapeString(address))
	if err != nil || parsed.Host != "" || parsed.Scheme != "" {
		c.t.Errorf("as %q %s links to %q", c.login, from, address)
		return
	}
	if !strings.HasPrefix(parsed.Path, "/") {
		parsed.Path = path.Join(path.Dir(from), parsed.Path)
	}
	if parsed.Path == "" || strings.HasPrefix(parsed.Path, "/static/") || c.seen[parsed.Path] || len(c.seen) > 400 {
		return
	}
	c.seen[parsed.Path] = true
	got := c.do(c.login, "GET", parsed.RequestURI(), nil)
	switch {
	case got.status == http.StatusSeeOther:
		c.follow(got.header.Get("Location"), parsed.Path)
		return
	case strings.HasSuffix(parsed.Path, "/audit") && got.status == 404:
		return // the page of the trail is made elsewhere
	case got.status != 200:
		c.t.Errorf("as %q %s links to %s, which answers %d", c.login, from, parsed.RequestURI(), got.status)
		return
	}
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		return
	}
	for _, m := range anyLink.FindAllStringSubmatch(got.body, -1) {
		if !strings.HasPrefix(m[1], "#") {
			c.follow(m[1], parsed.Path)
		}
	}
	for _, tag := range anyForm.FindAllString(got.body, -1) {
		c.form(tag, parsed.Path)
	}
}

// form asks the route table whether a form's address would let this person in.
func (c *crawl) form(tag, from string) {
	method, action := "GET", from
	for _, m := range anyAttr.FindAllStringSubmatch(tag, -1) {
		if m[1] == "method" {
			method = strings.ToUpper(m[2])
		} else {
			parsed, err := url.Parse(html.UnescapeString(m[2]))
			if err != nil {
				c.t.Errorf("%s has a form to %q", from, m[2])
				return
			}
			action = parsed.Path
		}
	}
	c.forms[method+" "+action] = true
	for _, r := range c.allRoutes() {
		if r.method == method && fits(r.path, action) {
			if !auth.May(c.actor, r.verb) {
				c.t.Errorf("as %q %s shows a form to %s %s, which asks for %s", c.login, from, method, action, r.verb)
			}
			return
		}
	}
	c.t.Errorf("as %q %s shows a form to %s %s, where there is no route", c.login, from, method, action)
}

// fits tells whether an address is one of a route.
func fits(route, address string) bool {
	pattern, parts := strings.Split(route, "/"), strings.Split(address, "/")
	if len(pattern) != len(parts) {
		return false
	}
	for i := range pattern {
		if !strings.HasPrefix(pattern[i], ":") && pattern[i] != parts[i] {
			return false
		}
	}
	return true
}
