package web

import (
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/ingest"
)

// A phone without a network keeps what was saved (static/outbox.js) and sends it later, in
// order and under the same ids. Here is what that needs of the server.

func (s *Server) offlineRoutes() []route {
	const get = fiber.MethodGet
	return []route{
		{get, "/me/token", auth.SignedIn, s.meToken},
	}
}

// meToken tells our script whose session this is, with a fresh token for its forms: a page
// may have been opened days ago, or somebody else may have signed in since.
func (s *Server) meToken(c *fiber.Ctx, v *visit) error {
	return c.JSON(map[string]string{"account": v.actor.ID + "@" + v.actor.Unit, "name": v.actor.Name, "token": newFormToken(v.session)})
}

// mostSkew is how far the clock of a device may be off before it is told.
const mostSkew = 10 * time.Minute

// waited gives a context that says when our script saved what it sends, by the clock of its
// device, and tells the script how far that clock is off. What is recorded carries the
// server's time.
func (s *Server) waited(c *fiber.Ctx) context.Context {
	saved, err := time.Parse(time.RFC3339, c.Get("X-Recorded-At"))
	if err != nil || saved.Year() < 1990 || saved.Year() > 2100 {
		return c.UserContext()
	}
	w := ingest.Waited{At: saved.UTC().Truncate(time.Second)}
	if sent, err := time.Parse(time.RFC3339, c.Get("X-Sent-At")); err == nil {
		if skew := s.clock().Sub(sent).Round(time.Second); skew > mostSkew || skew < -mostSkew {
			w.Skew = skew
			c.Set("X-Clock-Skew", strconv.Itoa(int(skew.Seconds())))
		}
	}
	return ingest.WithWaited(c.UserContext(), w)
}

