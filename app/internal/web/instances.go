package web

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Several servers on one database: a person is led now to one and now to another, and shall
// read what they wrote. Each remembers for seconds what it read (sharedLife). So whoever wrote
// carries a word of it in a cookie, for as long as another server may remember something
// older; one that hears the word for the first time reads everything anew.
//
// A pointer to one server for each person (sticky sessions) was not taken: it breaks in the
// moment in which it is needed, when that server ends.

// wroteCookie holds the word of the last write of a browser.
const wroteCookie = "shuixuan_wrote"

// shared tells that other servers may write to the same database.
func (s *Server) shared() bool { return s.DB != nil && s.DB.Embedded() == nil }

// told are the words that were heard, with when they are forgotten.
type told struct {
	mu    sync.Mutex
	words map[string]time.Time
}

// mostTold bounds the memory. Beyond it the words are forgotten, and heard once more.
const mostTold = 10_000

// first tells whether a word is heard for the first time.
func (t *told) first(word string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until, known := t.words[word]; known && now.Before(until) {
		return false
	}
	if t.words == nil || len(t.words) >= mostTold {
		t.words = map[string]time.Time{}
	}
	t.words[word] = now.Add(4 * sharedLife)
	return true
}

// tell gives a browser that wrote something the word of it.
func (s *Server) tell(c *fiber.Ctx) {
	if !s.shared() || !changes(c.Method()) || bearer(c) != "" || isPublic(c) || isVerify(c.Path()) {
		return
	}
	word := rand.Text()
	s.told.first(word, s.clock())
	c.Cookie(&fiber.Cookie{Name: wroteCookie, Value: word, Path: "/", HTTPOnly: true, SameSite: "Lax", Secure: c.Protocol() == "https", MaxAge: int(sharedLife/time.Second) + 1})
}

// heard forgets what is remembered where a visitor has written by way of another server. It is
// asked for those who are signed in: nobody else makes us read anew.
func (s *Server) heard(c *fiber.Ctx) bool {
	word := c.Cookies(wroteCookie)
	if !s.shared() || word == "" || len(word) > 64 || !s.told.first(word, s.clock()) {
		return false
	}
	s.changed()
	s.Auth.Forget()
	return true
}
