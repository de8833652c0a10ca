package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
)

// visit is one request as handlers see it: who asks, of which campaign, on which day.
type visit struct {
	actor audit.Actor
	plan  *campaign.Plan // nil outside a campaign
	today time.Time      // civil date in Asia/Shanghai, midnight UTC
}

// may tells whether the visitor's role holds a verb.
func (v *visit) may(verb auth.Verb) bool { return auth.May(v.actor, verb) }

// handler answers one request or returns an error for fault.
type handler func(c *fiber.Ctx, v *visit) error

const (
	sessionCookie = "shuixuan_session"
	// referenceHeader tells a person's screenshot and the operator's log line apart
	// from all others.
	referenceHeader = "X-Request-Reference"

	localReference = "reference"
	localVisit     = "visit"
)

// shanghai is where civil dates are decided.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// civil gives the civil date of an instant, as midnight UTC.
func civil(at time.Time) time.Time {
	y, m, d := at.In(shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// observe gives every request a reference, recovers what panics, and writes one line
// about each. The line holds no query, no body and no name: answers and passwords
// travel there.
func (s *Server) observe(c *fiber.Ctx) (err error) {
	start := time.Now()
	raw := make([]byte, 3)
	rand.Read(raw)
	reference := strings.ToUpper(hex.EncodeToString(raw))
	c.Locals(localReference, reference)
	c.Set(referenceHeader, reference)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if err != nil {
			err = s.fault(c, err)
		}
		s.metrics.observe(c, time.Since(start))
		actor := ""
		if v, ok := c.Locals(localVisit).(*visit); ok {
			actor = v.actor.ID
		}
		level := slog.LevelInfo
		if quiet(c.Path()) && c.Response().StatusCode() < 400 {
			level = slog.LevelDebug
		}
		s.log.Log(c.UserContext(), level, "request", "reference", reference, "method", c.Method(), "path", c.Path(), "status", c.Response().StatusCode(),
			"ms", time.Since(start).Milliseconds(), "actor", actor)
	}()
	return c.Next()
}

// quiet tells the addresses that are asked for all day long by no person.
func quiet(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics" || strings.HasPrefix(path, "/static/")
}

// secure sets the headers that keep a page to itself: nothing from outside, nothing
// inline, in nobody's frame.
func secure(c *fiber.Ctx) error {
	c.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'")
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	if c.Protocol() == "https" {
		c.Set("Strict-Transport-Security", "max-age=31536000")
	}
	return c.Next()
}

// sameOrigin refuses a write that another site's page has made a browser send. Every
// browser of today says where a request comes from; a program that says nothing is no
// browser, carries no cookie by accident, and is let through.
func sameOrigin(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	if bearer(c) != "" {
		return c.Next()
	}
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return c.Next()
	case "":
		origin := c.Get(fiber.HeaderOrigin)
		if origin == "" {
			return c.Next()
		}
		if parsed, err := url.Parse(origin); err == nil && parsed.Host == c.Get(fiber.HeaderHost) {
			return c.Next()
		}
	}
	return &problem.Problem{Kind: problem.KindNotAllowed, Title: "这个操作来自别的网站，没有执行", Detail: "请从本系统的页面重新操作。如果您正是在本系统里操作，请刷新页面后再试。"}
}

// bearer gives the token of a program.
func bearer(c *fiber.Ctx) string {
	scheme, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// enter finds the actor, asks for the verb in the campaign of the address, and runs the
// handler.
func (s *Server) enter(verb auth.Verb, h handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := &visit{today: civil(s.clock())}
		token := bearer(c)
		if token == "" {
			token = c.Cookies(sessionCookie)
		}
		actor, err := s.Auth.Actor(c.UserContext(), token)
		switch {
		case err == nil:
			v.actor = actor
			v.actor.Address, v.actor.Reference = c.IP(), reference(c)
		case verb != auth.Public:
			return err
		}
		c.Locals(localVisit, v)
		c.SetUserContext(audit.From(c.UserContext(), c.IP(), reference(c)))
		id := c.Params("campaign")
		refused := auth.Allow(v.actor, verb, id)
		if p, ok := problem.As(refused); ok && p.Kind != problem.KindNotAllowed {
			return refused
		}
		if id != "" { // also for a refusal: its page has the menu of what is theirs
			if v.plan, err = s.plan(c.UserContext(), id); err != nil {
				return err
			}
		}
		if refused != nil {
			return refused
		}
		if verb != auth.Public {
			c.Set(fiber.HeaderCacheControl, "no-store")
		}
		return h(c, v)
	}
}

func reference(c *fiber.Ctx) string {
	r, _ := c.Locals(localReference).(string)
	return r
}
