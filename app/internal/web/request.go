package web

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// visit is one request as handlers see it: who asks, of which campaign, on which day.
type visit struct {
	actor audit.Actor
	plan  *campaign.Plan // nil outside a campaign
	today time.Time      // civil date in Asia/Shanghai, midnight UTC

	session string        // token of the cookie, empty for a program
	aged    time.Duration // of a password that should be changed by the setting
}

// may tells whether the visitor's role holds a verb.
func (v *visit) may(verb auth.Verb) bool { return auth.May(v.actor, verb) }

// handler answers one request or returns an error for fault.
type handler func(c *fiber.Ctx, v *visit) error

const (
	sessionCookie = "shuixuan_session"
	// securePrefix makes a browser keep a cookie only when it came over TLS, from this
	// very host and for all of it: no neighbour on the domain can set one for us.
	securePrefix = "__Host-"
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
	if !quiet(c.Path()) {
		s.requests.Add(1)
	}
	reference := refer(c)
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
		address := s.client(c)
		if isPublic(c) { // an address beside a time would tell who answered
			address = ""
		}
		level := slog.LevelInfo
		if quiet(c.Path()) && c.Response().StatusCode() < 400 {
			level = slog.LevelDebug
		}
		s.log.Log(c.UserContext(), level, "request", "reference", reference, "method", c.Method(), "path", loggedPath(c), "status", c.Response().StatusCode(),
			"ms", time.Since(start).Milliseconds(), "actor", actor, "address", address)
	}()
	return c.Next()
}

// refer gives the request its reference.
func refer(c *fiber.Ctx) string {
	raw := make([]byte, 3)
	rand.Read(raw)
	reference := strings.ToUpper(hex.EncodeToString(raw))
	c.Locals(localReference, reference)
	c.Set(referenceHeader, reference)
	return reference
}

// loggedPath is the address as it may stand in a log: an invitation or an inspector's link is
// as good as a password, and an address of the public page as the answers. Letters of either case lead
// to it, and one mistyped before it is still one.
func loggedPath(c *fiber.Ctx) string {
	if isPublic(c) {
		return publicPath + "…"
	}
	return inviteAddress.ReplaceAllString(c.Path(), "$1…")
}

var inviteAddress = regexp.MustCompile("(?is)(" + invitePath + "|" + inspectPath + ").*")

// quiet tells the addresses that are asked for all day long by no person.
func quiet(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics" || strings.HasPrefix(path, "/static/") || strings.HasSuffix(path, newsPath)
}

// secure sets the headers that keep a page to itself: nothing from outside, nothing
// inline, in nobody's frame.
func secure(c *fiber.Ctx) error {
	secureHeaders(c)
	return c.Next()
}

func secureHeaders(c *fiber.Ctx) {
	c.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; worker-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'")
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("X-Frame-Options", "DENY") // for browsers that don't know frame-ancestors
	c.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	if c.Protocol() == "https" {
		c.Set("Strict-Transport-Security", "max-age=31536000")
	}
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
		c.Locals(localVisit, v)
		if isPublic(c) { // whoever is signed in here answers as nobody
			return h(c, v)
		}
		token, program := bearer(c), true
		if token == "" {
			token, program = c.Cookies(cookieName(c)), false
		}
		visitor, err := s.Auth.Visitor(c.UserContext(), token)
		if err == nil && !program && s.heard(c) {
			visitor, err = s.Auth.Visitor(c.UserContext(), token)
		}
		if err != nil && verb != auth.Public {
			return err
		}
		if err == nil {
			v.actor, v.aged = visitor.Actor, visitor.Aged
			v.actor.Address, v.actor.Reference = s.client(c), reference(c)
			if !program {
				v.session = token
			}
			if err := s.admit(c, v, visitor, verb); err != nil {
				return err
			}
			if home := c.Path() == "/" && v.actor.Sealed; verb != auth.Public && !home {
				if err := confine(c.Path(), v.actor); err != nil {
					return err
				}
			}
		}
		c.SetUserContext(clickhouse.For(audit.From(c.UserContext(), s.client(c), reference(c)), reference(c)))
		id := c.Params("campaign")
		refused := auth.Allow(v.actor, verb, id)
		if p, ok := problem.As(refused); ok && p.Kind != problem.KindNotAllowed {
			return refused
		}
		if id != "" { // also for a refusal: its page has the menu of what is theirs
			if v.plan, err = s.plan(c.UserContext(), id); err != nil {
				return err
			}
			v.hold()
		}
		if refused == nil && v.actor.ReadOnly {
			refused = auth.Allow(v.actor, verb, id)
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

// admit is what a known visitor has to pass before their rights are asked for: their
// rate, the token of the form, and a password that only they know.
func (s *Server) admit(c *fiber.Ctx, v *visit, visitor auth.Visitor, verb auth.Verb) error {
	if err := s.limits.visitor(v); err != nil {
		return err
	}
	if err := checkForm(c, v); err != nil {
		return err
	}
	if visitor.MustChange && verb != auth.Public && c.Path() != "/me" {
		return &mustChange{}
	}
	return nil
}

// hold holds the people of a unit that isn't open to reading.
func (v *visit) hold() {
	if v.actor.Unit == "" {
		return
	}
	if u, known := v.plan.Units.Unit(org.UnitID(v.actor.Unit)); known && !u.OpenOn(v.today) {
		v.actor.ReadOnly = true
	}
}

// mustChange leads to the page where one's password is changed.
type mustChange struct{}

func (*mustChange) Error() string { return "the password has to be changed first" }

// cookieName is under which name the session travels on this connection.
func cookieName(c *fiber.Ctx) string {
	if c.Protocol() == "https" {
		return securePrefix + sessionCookie
	}
	return sessionCookie
}

func reference(c *fiber.Ctx) string {
	r, _ := c.Locals(localReference).(string)
	return r
}
