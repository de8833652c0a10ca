package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/ingest"
)

// A phone without a network keeps what was saved (static/outbox.js), opens the forms it has
// opened before (static/sw.js), and sends later, in order and under the same ids. Here is
// what that needs of the server; the file that the office takes over is in unsent.go.

func (s *Server) offlineRoutes() []route {
	const get, post, c = fiber.MethodGet, fiber.MethodPost, "/c/:campaign"
	return []route{
		{get, "/sw.js", auth.Public, s.serviceWorker},
		{get, "/offline", auth.Public, s.offlinePage},
		{get, "/me/token", auth.SignedIn, s.meToken},
		{get, c + "/unsent", auth.CampaignRead, s.unsentPage},
		{post, c + "/unsent/import", auth.ImportUnsent, s.unsentImport},
	}
}

// meToken tells our script whose session this is, with a fresh token for its forms: a page
// may have been opened days ago, or somebody else may have signed in since.
func (s *Server) meToken(c *fiber.Ctx, v *visit) error {
	return c.JSON(map[string]string{"account": v.actor.ID + "@" + v.actor.Unit, "name": v.actor.Name, "token": newFormToken(v.session)})
}

// serviceWorker serves the worker from the root, since it may only work below where it
// comes from. It begins with the version of all static files: a new program is a new
// worker, which a browser takes over by itself. A worker must never be an old one.
func (s *Server) serviceWorker(c *fiber.Ctx, _ *visit) error {
	body, err := s.assets.text("sw.js")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/javascript; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.SendString("const version = " + strconv.Quote(s.assets.version()) + ";\n" + body)
}

// offlinePage is what the worker shows where nothing was kept. It is the same for
// everybody, and nobody's: the worker keeps it.
func (s *Server) offlinePage(c *fiber.Ctx, _ *visit) error {
	return s.render(c, &visit{}, "offline", "没有网络", nil)
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

// skewWords warn of a clock that is off.
func skewWords(skew time.Duration) string {
	if skew.Abs() < mostSkew {
		return ""
	}
	way := "慢"
	if skew < 0 {
		way = "快"
	}
	much := fmt.Sprintf("%.0f天", skew.Abs().Hours()/24)
	switch {
	case skew.Abs() < 2*time.Hour:
		much = fmt.Sprintf("%.0f分钟", skew.Abs().Minutes())
	case skew.Abs() < 48*time.Hour:
		much = fmt.Sprintf("%.0f小时", skew.Abs().Hours())
	}
	return "设备的时钟比系统" + way + "了" + much + "，请核对填写的日期"
}

// version names all static files together.
func (a *assets) version() string {
	names := make([]string, 0, len(a.byAddr))
	for address := range a.byAddr {
		names = append(names, address)
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return hex.EncodeToString(sum[:6])
}
