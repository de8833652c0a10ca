package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/dashboards"
)

// liveHeader comes with requests of a page that renews itself, which nobody has just opened.
const liveHeader = "Shuixuan-Live"

// oldHeader holds the instant of a page that is being drawn anew.
const oldHeader = "Shuixuan-Old"

// newsPath ends the address at which an open page asks.
const newsPath = "/news.json"

// version names what a drawn page says: two pages that say the same have one. It is the tag by
// which an open page asks whether anything is new, so it is the same over a restart and on
// every server.
func version(page *dashboards.Page) string {
	text, err := json.Marshal(page)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// boardNews answers an open page that asks whether anything is new: 304 while nothing is. The
// page comes from memory while nothing was written, so the question costs the server a
// millisecond, and all who look at one page cost it one drawing after a write.
func (s *Server) boardNews(b board) handler {
	return func(c *fiber.Ctx, v *visit) error {
		drawn, err := s.drawn(c, v, b, b.patience)
		if err != nil {
			return err
		}
		tag := `"` + version(drawn.Page) + `"`
		c.Set(fiber.HeaderETag, tag)
		if drawn.Old {
			c.Set(oldHeader, drawn.At.UTC().Format(time.RFC3339))
		}
		if c.Get(fiber.HeaderIfNoneMatch) == tag {
			return c.SendStatus(fiber.StatusNotModified)
		}
		return c.JSON(fiber.Map{"version": version(drawn.Page), "at": s.clock().UTC()})
	}
}
