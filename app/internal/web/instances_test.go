package web

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/clickhouse"
)

// TestWordOfAWrite: a browser that wrote by way of one server makes another one read anew,
// once; a program, a reader, and whoever isn't on several servers carry nothing.
func TestWordOfAWrite(t *testing.T) {
	s := newSite(t, 0)
	behind := httptest.NewServer(s.DB.Embedded().Handler())
	defer behind.Close()
	db, err := clickhouse.Open(t.Context(), clickhouse.Config{DSN: behind.URL + "/" + s.DB.Database()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// Of the second server only what this is about: its memory, on a database of several.
	there := &Server{Parts: Parts{DB: db, Auth: s.Auth}, clock: s.clock}

	carried := func(server *Server, method, path, token string) string {
		t.Helper()
		app := fiber.New()
		app.All("/*", func(c *fiber.Ctx) error { server.tell(c); return nil })
		request := httptest.NewRequest(method, path, nil)
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := app.Test(request)
		if err != nil {
			t.Fatal(err)
		}
		for _, cookie := range response.Cookies() {
			if cookie.Name == wroteCookie {
				if life := time.Duration(cookie.MaxAge) * time.Second; !cookie.HttpOnly || life <= sharedLife {
					t.Errorf("%+v: it must outlive what another server remembers", cookie)
				}
				return cookie.Value
			}
		}
		return ""
	}
	hears := func(server *Server, word string, want bool) {
		t.Helper()
		app := fiber.New()
		heard, before := false, server.writes.count.Load()
		app.All("/*", func(c *fiber.Ctx) error { heard = server.heard(c); return nil })
		request := httptest.NewRequest("GET", "/c/feicheng", nil)
		request.Header.Set("Cookie", wroteCookie+"="+word)
		if _, err := app.Test(request); err != nil {
			t.Fatal(err)
		}
		if heard != want || (server.writes.count.Load() > before) != want {
			t.Errorf("word %q: heard %t, reads anew %t, want %t", word, heard, server.writes.count.Load() > before, want)
		}
	}
	word := carried(there, "POST", "/c/feicheng/units/jiaoyuju", "")
	if word == "" || word == carried(there, "POST", "/c/feicheng/units/jiaoyuju", "") {
		t.Errorf("the word of a write is %q", word)
	}
	third := &Server{Parts: there.Parts, clock: s.clock}
	hears(there, word, false) // its own
	hears(third, word, true)
	hears(third, word, false) // a second time
	hears(third, "", false)
	for what, none := range map[string]string{
		"a reader":        carried(there, "GET", "/c/feicheng", ""),
		"a program":       carried(there, "POST", "/api/v1/campaigns/feicheng/placements", "token"),
		"a respondent":    carried(there, "POST", publicPath+"0000", ""),
		"one server only": carried(s.Server, "POST", "/c/feicheng/units/jiaoyuju", ""),
	} {
		if none != "" {
			t.Errorf("%s carries %q", what, none)
		}
	}
	hears(s.Server, "any", false)
}
