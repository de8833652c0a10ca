// Package auth knows who is asking and what they may do: sign-in, sessions, tokens of
// programs, people, and one table of verbs by role.
//
// A request reaches package web with a cookie or a bearer token; Actor turns it into
// an audit.Actor, and May and Allow say whether that actor may do this verb here. The
// rest of the program trusts the actor it is given.
//
// # Why
//
// A token is 256 random bits and opaque: what it may do is looked up, so that taking
// it back works at once and a stolen copy of the database opens nothing (only SHA-256
// of a token is at rest, and only argon2id of a password). A signed token that carries
// its own rights was not taken: it can't be taken back.
//
// A verb is the same string as the audit event it leads to. Role is too coarse to ask
// for in a handler, and a right per person too fine for an office of four clerks.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

const (
	// remembered is how long a looked-up visitor is believed without asking the tables.
	// Another instance of the program sees a sign-out this much later.
	remembered = 5 * time.Second
	// rememberedAlone is how long where no other program can write: until something is
	// written that says otherwise, but not beyond this.
	rememberedAlone = 5 * time.Minute
	// maxRemembered bounds the memory; beyond it everything is forgotten and asked again.
	maxRemembered = 10_000
)

// Auth keeps people, their passwords and their sessions.
type Auth struct {
	db     *clickhouse.DB
	log    *audit.Log
	clock  func() time.Time
	people *revision.Table[Person]
	links  *revision.Table[InspectorLink]
	argon  argon

	settings Settings
	attempts *attempts
	gate     *gate
	strange  strangers
	refusal  time.Duration // see refuse
	tried    signIns

	managing sync.Mutex // one change of an account at a time: who is the last of a kind is counted

	looking singleflight.Group // a page asks for its actor several times at once

	mu    sync.Mutex
	known map[string]knownVisitor // by door and hash of the token
	// forgotten counts how often known was emptied.
	forgotten int
}

type knownVisitor struct {
	Visitor
	until time.Time // without a look at the news
	alone time.Time // while there are none
	news  string
}

// Visitor is who a token belongs to, and what they have to do before anything else.
type Visitor struct {
	Actor audit.Actor
	// MustChange tells that somebody else has set the password.
	MustChange bool
	// Aged is the age of a password that is older than the setting; 0 otherwise.
	Aged time.Duration
}

// From is where a request comes from, as the border believes it.
type From struct {
	Address   string
	Device    string // the browser in its own words
	Reference string
}

// New gives the sign-in kept in db under the default settings; a nil clock is the wall
// clock.
func New(db *clickhouse.DB, log *audit.Log, clock func() time.Time) *Auth {
	if clock == nil {
		clock = time.Now
	}
	a := &Auth{
		db: db, log: log, clock: clock,
		people: revision.NewTable[Person](db, log, "people", "person"),
		links:  revision.NewTable[InspectorLink](db, log, "inspector_links", "inspector"),
		gate:   newGate(),
		known:  map[string]knownVisitor{}, refusal: refusalTakes,
	}
	a.strange.limiter = rate.NewLimiter(rate.Every(strangeEvery), strangeAtOnce)
	a.Apply(DefaultSettings())
	return a
}

// Apply sets the rules of sign-in; before the first request, since failures counted so
// far are forgotten.
func (a *Auth) Apply(s Settings) {
	a.settings = s
	a.argon = newArgon()
	if s.Cost != (Cost{}) {
		a.argon.memory, a.argon.passes = s.Cost.Memory, s.Cost.Passes
	}
	a.attempts = newAttempts(s.Failures, s.Lock)
}

// Settings gives the rules that hold.
func (a *Auth) Settings() Settings { return a.settings }

// start writes a session and its audit event and gives the token. The session first: a
// crash between the two leaves a session whose token nobody was told. It is born when its
// right to be was looked up, so that a password that is changed meanwhile ends it; but not
// before the password by which it was opened, which a server with a faster clock may have
// written. Its idle time runs by the clock here.
func (a *Auth) start(ctx context.Context, actor audit.Actor, device string, born time.Time, opened credential) (string, error) {
	token := newSecret()
	expires := born.Add(a.settings.Idle)
	born = later(born, opened.at)
	row := session{
		hash: hashOf(token), kind: kindSession, person: actor.ID, name: actor.Name, role: string(actor.Role),
		campaign: actor.Campaign, unit: actor.Unit, expires: expires, by: actor.ID,
		address: actor.Address, device: cut(device, 200), at: born,
	}
	if err := a.insert(ctx, row); err != nil {
		return "", fmt.Errorf("start session: %w", err)
	}
	return token, a.log.Record(ctx, audit.Event{Actor: actor, Verb: "session.start", Campaign: actor.Campaign, Kind: "person", Thing: actor.ID})
}

// Actor gives whom a token belongs to, or a problem of the kind unauthenticated.
func (a *Auth) Actor(ctx context.Context, token string) (audit.Actor, error) {
	v, err := a.Visitor(ctx, token)
	return v.Actor, err
}

// Visitor is Actor with what they have to do first.
func (a *Auth) Visitor(ctx context.Context, token string) (Visitor, error) {
	return a.recall(ctx, token, "", a.lookUp)
}

// lookup asks the tables whom the token of a hash belongs to, and until when.
type lookup func(ctx context.Context, hash string, now time.Time) (Visitor, time.Time, error)

// recall knows visitors for a while under the beginning of a key: what opens one door is
// no visitor at another.
func (a *Auth) recall(ctx context.Context, token, door string, look lookup) (Visitor, error) {
	if token == "" {
		return Visitor{}, problem.Unauthenticated()
	}
	hash, now := hashOf(token), a.clock()
	a.mu.Lock()
	known, ok := a.known[door+hash]
	forgotten := a.forgotten
	a.mu.Unlock()
	news, err := a.news(ctx)
	if err != nil {
		return Visitor{}, err
	}
	if ok && (now.Before(known.until) || known.news == news && now.Before(known.alone)) {
		return known.Visitor, nil
	}
	found, err, _ := a.looking.Do(fmt.Sprintf("%d %s %s%s", forgotten, news, door, hash), func() (any, error) {
		visitor, expires, err := look(context.WithoutCancel(ctx), hash, now)
		if err == nil {
			a.remember(door+hash, visitor, expires, now, forgotten, news)
		}
		return visitor, err
	})
	if err != nil {
		return Visitor{}, err
	}
	return found.(Visitor), nil
}

// news tells what was written of people, passwords and sessions. Of a server it isn't
// asked: to know a visitor for a moment is as good there.
func (a *Auth) news(ctx context.Context) (string, error) {
	if a.db.Embedded() == nil {
		return "", nil
	}
	return a.db.News(ctx, "people", "credentials", "sessions", "inspector_links")
}

// remember keeps who was looked up for a while, unless everything was forgotten meanwhile:
// what was read before a sign-out must not outlive it.
func (a *Auth) remember(key string, visitor Visitor, expires, now time.Time, forgotten int, news string) {
	known := knownVisitor{Visitor: visitor, news: news, until: soonest(now.Add(remembered), expires)}
	if a.db.Embedded() != nil {
		// looked up again in time to be prolonged
		known.alone = soonest(now.Add(min(rememberedAlone, a.settings.Idle/4)), expires)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.forgotten != forgotten {
		return
	}
	if len(a.known) >= maxRemembered {
		a.known = map[string]knownVisitor{}
	}
	a.known[key] = known
}

func soonest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// lookUp asks the tables whom a token belongs to. A session older than its person's
// password is over: to change a password signs everybody else out. So is one that was
// started in another unit or role: it would carry the old drafts into the new place.
func (a *Auth) lookUp(ctx context.Context, hash string, now time.Time) (Visitor, time.Time, error) {
	nobody := func(err error) (Visitor, time.Time, error) { return Visitor{}, time.Time{}, err }
	s, err := a.session(ctx, hash)
	if err != nil {
		return nobody(err)
	}
	if s.hash == "" || s.revoked || !now.Before(s.expires) {
		return nobody(problem.Unauthenticated())
	}
	switch s.kind {
	case kindToken:
		if audit.Role(s.role) == audit.RoleOpen { // has a door of its own
			return nobody(problem.Unauthenticated())
		}
		actor := audit.Actor{ID: programPrefix + s.id, Name: s.name, Role: audit.Role(s.role), Campaign: s.campaign, Unit: s.unit}
		return Visitor{Actor: actor}, s.expires, nil
	case kindSession:
	default: // an invitation opens nothing but its own page
		return nobody(problem.Unauthenticated())
	}
	if id, by := strings.CutPrefix(s.person, linkPrefix); by {
		actor, err := a.inspectorActor(ctx, s.campaign, id, now)
		return Visitor{Actor: actor}, s.expires, err
	}
	person, err := a.person(ctx, s.person)
	if errors.Is(err, revision.ErrNotFound) || err == nil && person.Disabled {
		return nobody(problem.Unauthenticated())
	}
	if err != nil {
		return nobody(err)
	}
	password, err := a.credential(ctx, s.person)
	if err != nil {
		return nobody(err)
	}
	if s.born.Before(password.at) || s.unit != person.Unit || s.role != string(person.Role) || s.campaign != person.Campaign {
		return nobody(problem.Unauthenticated())
	}
	v := Visitor{Actor: person.actor(), MustChange: password.temporary}
	if age := now.Sub(password.at); a.settings.WarnAge > 0 && age > a.settings.WarnAge {
		v.Aged = age
	}
	return v, s.expires, a.prolong(ctx, s, now)
}

// prolong writes a later end of the session when half of its idle time is over: one
// small row in six hours instead of one per request.
func (a *Auth) prolong(ctx context.Context, s session, now time.Time) error {
	last := s.born.Add(a.settings.Absolute)
	next := now.Add(a.settings.Idle)
	if next.After(last) {
		next = last
	}
	if s.expires.Sub(now) > a.settings.Idle/2 || !next.After(s.expires) {
		return nil
	}
	s.expires, s.by = next, s.person
	if err := a.insert(ctx, s); err != nil {
		return fmt.Errorf("prolong session: %w", err)
	}
	return nil
}

// SignOut ends the session of this token; an unknown token is already signed out.
func (a *Auth) SignOut(ctx context.Context, token string) error {
	hash := hashOf(token)
	s, err := a.session(ctx, hash)
	if err != nil || s.hash == "" || s.kind != kindSession {
		return err
	}
	s.revoked, s.by = true, s.person
	if err := a.insert(ctx, s); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	a.forget()
	actor := audit.Actor{ID: s.person, Name: s.name, Role: audit.Role(s.role), Campaign: s.campaign, Unit: s.unit}
	return a.log.Record(ctx, audit.Event{Actor: actor, Verb: "session.end", Campaign: s.campaign, Kind: "person", Thing: s.person})
}

// Forget makes the next request of everybody ask the tables: another server has written.
func (a *Auth) Forget() { a.forget() }

// forget makes the next request of everybody ask the tables.
func (a *Auth) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known = map[string]knownVisitor{}
	a.forgotten++
}

const (
	kindSession    = "session"
	kindToken      = "token"
	kindInvitation = "invitation"
	kindInspector  = "inspector" // the address of an inspector's link
)

// session is a session or a token as its rows say together.
type session struct {
	hash, kind, id, person, name, role, campaign, unit, by string
	address, device                                        string
	expires                                                time.Time
	born                                                   time.Time // of its first row
	at                                                     time.Time // of a row to be written; zero is now
	revoked                                                bool
}

// session reads a session. It has few rows: its start, one per prolonging, its end. Once
// revoked it stays so, whichever row came last.
func (a *Auth) session(ctx context.Context, hash string) (session, error) {
	rows, err := a.db.Query(ctx, `
SELECT kind, id, person, name, role, campaign, unit, expires, revoked, recorded_at, recorded_by, address, device
FROM sessions WHERE hash = ? ORDER BY recorded_at`, hash)
	if err != nil {
		return session{}, fmt.Errorf("read session: %w", err)
	}
	defer rows.Close()
	var s session
	for rows.Next() {
		var revoked uint8
		var at time.Time
		var by string
		revokedBefore := s.revoked
		if err := rows.Scan(&s.kind, &s.id, &s.person, &s.name, &s.role, &s.campaign, &s.unit, &s.expires, &revoked, &at, &by, &s.address, &s.device); err != nil {
			return session{}, fmt.Errorf("read session: %w", err)
		}
		if s.hash == "" {
			s.born = at
		}
		if s.by == "" || revoked == 1 && !revokedBefore { // who ended it is who is asked for
			s.by = by
		}
		s.hash = hash
		s.revoked = revokedBefore || revoked == 1
	}
	return s, rows.Err()
}

func (a *Auth) insert(ctx context.Context, list ...session) error {
	if len(list) == 0 {
		return nil
	}
	return a.db.Insert(ctx, insertSessions, a.appendSessions(list...))
}

const insertSessions = `INSERT INTO sessions (hash, kind, id, person, name, role, campaign, unit, expires, revoked, recorded_at, recorded_by, address, device)`

func (a *Auth) appendSessions(list ...session) func(driver.Batch) error {
	return func(b driver.Batch) error {
		for _, s := range list {
			var revoked uint8
			if s.revoked {
				revoked = 1
			}
			at := s.at
			if at.IsZero() {
				at = a.clock()
			}
			if err := b.Append(s.hash, s.kind, s.id, s.person, s.name, s.role, s.campaign, s.unit, s.expires.UTC(), revoked, at.UTC(), s.by, s.address, s.device); err != nil {
				return err
			}
		}
		return nil
	}
}

// newSecret gives 256 random bits as text. crypto/rand never fails on a supported system.
func newSecret() string {
	secret := make([]byte, 32)
	rand.Read(secret)
	return base64.RawURLEncoding.EncodeToString(secret)
}

// hashOf is how a token is known at rest. A fast hash will do: 256 random bits can't be
// guessed, whatever the speed.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// foldLogin brings a login to the form in which accounts are named; what is longer than
// any is cut, so that nobody fills the memory of failures.
func foldLogin(login string) string { return cut(strings.ToLower(strings.TrimSpace(login)), 160) }

// cut shortens a text to so many bytes, between characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
