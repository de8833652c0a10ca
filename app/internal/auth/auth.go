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

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

const (
	// idle is how long a session lives after it was last used, absolute how long at most.
	// A clerk signs in once a day; a phone in a drawer is signed out within the week.
	idle     = 12 * time.Hour
	absolute = 7 * 24 * time.Hour

	// remembered is how long a looked-up actor is believed without asking the tables.
	// Another instance of the program sees a sign-out this much later.
	remembered = 5 * time.Second
	// maxRemembered bounds the memory; beyond it everything is forgotten and asked again.
	maxRemembered = 10_000
)

// Auth keeps people, their passwords and their sessions.
type Auth struct {
	db     *clickhouse.DB
	log    *audit.Log
	clock  func() time.Time
	people *revision.Table[Person]
	argon  argon

	attempts *attempts

	looking singleflight.Group // a page asks for its actor several times at once

	mu    sync.Mutex
	known map[string]knownActor // by hash of the token
	// forgotten counts how often known was emptied.
	forgotten int
}

type knownActor struct {
	actor audit.Actor
	until time.Time
}

// New gives the sign-in kept in db; a nil clock is the wall clock.
func New(db *clickhouse.DB, log *audit.Log, clock func() time.Time) *Auth {
	if clock == nil {
		clock = time.Now
	}
	return &Auth{
		db: db, log: log, clock: clock,
		people:   revision.NewTable[Person](db, log, "people", "person"),
		argon:    newArgon(),
		attempts: newAttempts(),
		known:    map[string]knownActor{},
	}
}

// SignIn checks the password and starts a session under a new token. Whether the login
// exists can't be told from the answer or from its time.
func (a *Auth) SignIn(ctx context.Context, login, password, address string) (string, audit.Actor, error) {
	login = foldLogin(login)
	if wait := a.attempts.wait(login, a.clock()); wait > 0 {
		return "", audit.Actor{}, problem.TooMany(fmt.Sprintf("这个账号连续输错密码，已暂停登录。请%d分钟后再试，或请管理员重设密码。", int(wait.Minutes())+1))
	}
	person, err := a.person(ctx, login)
	found := err == nil && !person.Disabled
	if err != nil && !errors.Is(err, revision.ErrNotFound) {
		return "", audit.Actor{}, err
	}
	hash, err := a.credential(ctx, login)
	if err != nil {
		return "", audit.Actor{}, err
	}
	right, err := a.argon.matches(ctx, password, hash.phc)
	if err != nil {
		return "", audit.Actor{}, err
	}
	if !found || !right {
		return "", audit.Actor{}, a.refuse(login)
	}
	a.attempts.clear(login)
	actor := person.actor()
	actor.Address = address
	token, err := a.start(ctx, actor)
	return token, actor, err
}

// refuse counts a failure and gives the sentence for it.
func (a *Auth) refuse(login string) error {
	left := a.attempts.fail(login, a.clock())
	detail := "请检查大小写和输入法后再试。忘记密码时，请联系管理员重设。"
	if left <= 2 {
		detail = fmt.Sprintf("还可以再试%d次，之后账号会暂停登录10分钟。忘记密码时，请联系管理员重设。", left)
	}
	if left == 0 {
		detail = "已连续输错多次，账号暂停登录10分钟。忘记密码时，请联系管理员重设。"
	}
	return &problem.Problem{Kind: problem.KindUnauthenticated, Title: "用户名或密码不对", Detail: detail}
}

// start writes a session and its audit event and gives the token. The session first: a
// crash between the two leaves a session whose token nobody was told.
func (a *Auth) start(ctx context.Context, actor audit.Actor) (string, error) {
	token := newSecret()
	now := a.clock()
	row := session{
		hash: hashOf(token), kind: kindSession, person: actor.ID, name: actor.Name, role: string(actor.Role),
		campaign: actor.Campaign, unit: actor.Unit, expires: now.Add(idle), by: actor.ID,
	}
	if err := a.insert(ctx, row); err != nil {
		return "", fmt.Errorf("start session: %w", err)
	}
	return token, a.log.Record(ctx, audit.Event{Actor: actor, Verb: "session.start", Campaign: actor.Campaign, Kind: "person", Thing: actor.ID})
}

// Actor gives whom a token belongs to, or a problem of the kind unauthenticated.
func (a *Auth) Actor(ctx context.Context, token string) (audit.Actor, error) {
	if token == "" {
		return audit.Actor{}, problem.Unauthenticated()
	}
	hash, now := hashOf(token), a.clock()
	a.mu.Lock()
	known, ok := a.known[hash]
	forgotten := a.forgotten
	a.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.actor, nil
	}
	found, err, _ := a.looking.Do(fmt.Sprintf("%d %s", forgotten, hash), func() (any, error) {
		return a.remember(context.WithoutCancel(ctx), hash, now, forgotten)
	})
	if err != nil {
		return audit.Actor{}, err
	}
	return found.(audit.Actor), nil
}

// remember looks an actor up and keeps them for a moment, unless everything was
// forgotten meanwhile: what was read before a sign-out must not outlive it.
func (a *Auth) remember(ctx context.Context, hash string, now time.Time, forgotten int) (audit.Actor, error) {
	actor, expires, err := a.lookUp(ctx, hash, now)
	if err != nil {
		return audit.Actor{}, err
	}
	until := now.Add(remembered)
	if expires.Before(until) {
		until = expires
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.forgotten != forgotten {
		return actor, nil
	}
	if len(a.known) >= maxRemembered {
		a.known = map[string]knownActor{}
	}
	a.known[hash] = knownActor{actor, until}
	return actor, nil
}

// lookUp asks the tables whom a token belongs to. A session older than its person's
// password is over: to change a password signs everybody else out.
func (a *Auth) lookUp(ctx context.Context, hash string, now time.Time) (audit.Actor, time.Time, error) {
	s, err := a.session(ctx, hash)
	if err != nil {
		return audit.Actor{}, time.Time{}, err
	}
	if s.hash == "" || s.revoked || !now.Before(s.expires) {
		return audit.Actor{}, time.Time{}, problem.Unauthenticated()
	}
	if s.kind == kindToken {
		return audit.Actor{ID: "token:" + s.id, Name: s.name, Role: audit.Role(s.role), Campaign: s.campaign, Unit: s.unit}, s.expires, nil
	}
	person, err := a.person(ctx, s.person)
	if errors.Is(err, revision.ErrNotFound) || err == nil && person.Disabled {
		return audit.Actor{}, time.Time{}, problem.Unauthenticated()
	}
	if err != nil {
		return audit.Actor{}, time.Time{}, err
	}
	password, err := a.credential(ctx, s.person)
	if err != nil {
		return audit.Actor{}, time.Time{}, err
	}
	if s.born.Before(password.at) {
		return audit.Actor{}, time.Time{}, problem.Unauthenticated()
	}
	return person.actor(), s.expires, a.prolong(ctx, s, now)
}

// prolong writes a later end of the session when half of its idle time is over: one
// small row in six hours instead of one per request.
func (a *Auth) prolong(ctx context.Context, s session, now time.Time) error {
	last := s.born.Add(absolute)
	next := now.Add(idle)
	if next.After(last) {
		next = last
	}
	if s.expires.Sub(now) > idle/2 || !next.After(s.expires) {
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

// forget makes the next request of everybody ask the tables.
func (a *Auth) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known = map[string]knownActor{}
	a.forgotten++
}

const (
	kindSession = "session"
	kindToken   = "token"
)

// session is a session or a token as its rows say together.
type session struct {
	hash, kind, id, person, name, role, campaign, unit, by string
	expires                                                time.Time
	born                                                   time.Time // when its first row was written
	revoked                                                bool
}

// session reads a session. It has few rows: its start, one per prolonging, its end. Once
// revoked it stays so, whichever row came last.
func (a *Auth) session(ctx context.Context, hash string) (session, error) {
	rows, err := a.db.Query(ctx, `
SELECT kind, id, person, name, role, campaign, unit, expires, revoked, recorded_at
FROM sessions WHERE hash = ? ORDER BY recorded_at`, hash)
	if err != nil {
		return session{}, fmt.Errorf("read session: %w", err)
	}
	defer rows.Close()
	var s session
	for rows.Next() {
		var revoked uint8
		var at time.Time
		revokedBefore := s.revoked
		if err := rows.Scan(&s.kind, &s.id, &s.person, &s.name, &s.role, &s.campaign, &s.unit, &s.expires, &revoked, &at); err != nil {
			return session{}, fmt.Errorf("read session: %w", err)
		}
		if s.hash == "" {
			s.born = at
		}
		s.hash = hash
		s.revoked = revokedBefore || revoked == 1
	}
	return s, rows.Err()
}

func (a *Auth) insert(ctx context.Context, s session) error {
	const insert = `INSERT INTO sessions (hash, kind, id, person, name, role, campaign, unit, expires, revoked, recorded_at, recorded_by)`
	return a.db.Insert(ctx, "", insert, func(b driver.Batch) error {
		var revoked uint8
		if s.revoked {
			revoked = 1
		}
		return b.Append(s.hash, s.kind, s.id, s.person, s.name, s.role, s.campaign, s.unit, s.expires.UTC(), revoked, a.clock().UTC(), s.by)
	})
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

func foldLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }
