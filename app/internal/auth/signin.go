package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// SignIn checks the password and starts a session under a new token. Whether the login
// exists can't be told from the answer or from its time. What is too much at once is
// refused before it costs a query (see gate).
func (a *Auth) SignIn(ctx context.Context, login, password string, from From) (token string, actor audit.Actor, err error) {
	defer func() { a.tried.count(err) }()
	login = foldLogin(login)
	if err := a.locked(login); err != nil {
		return "", audit.Actor{}, err
	}
	err = a.through(ctx, login, from.Address, func(ctx context.Context) error {
		if err := a.locked(login); err != nil { // by those who were before us in the queue
			return err
		}
		token, actor, err = a.signIn(ctx, login, password, from)
		return err
	})
	return token, actor, err
}

// signIns counts how tries to sign in by a password ended, since the start.
type signIns struct{ succeeded, failed, limited, broken atomic.Uint64 }

func (s *signIns) count(err error) {
	p, told := problem.As(err)
	switch {
	case err == nil:
		s.succeeded.Add(1)
	case told && p.Kind == problem.KindTooMany: // locked, or too many at once
		s.limited.Add(1)
	case told && p.Kind != problem.KindUnavailable:
		s.failed.Add(1)
	default:
		s.broken.Add(1)
	}
}

// SignIns gives how tries to sign in by a password ended since the start: succeeded, failed (a
// wrong password or login), limited (a locked account, too many at once), broken (by no fault of
// the person).
func (a *Auth) SignIns() map[string]uint64 {
	t := &a.tried
	return map[string]uint64{"succeeded": t.succeeded.Load(), "failed": t.failed.Load(), "limited": t.limited.Load(), "broken": t.broken.Load()}
}

// locked is the problem of an account that is locked, nil otherwise.
func (a *Auth) locked(login string) error {
	wait := a.attempts.wait(login, a.clock())
	if wait <= 0 {
		return nil
	}
	p := problem.TooMany(fmt.Sprintf("这个账号连续输错密码，已暂停登录。请过%s再试，或请管理员发一个新的邀请链接重设密码。", durationWords(wait)))
	p.Title, p.Wait = "账号已暂停登录", wait
	return p
}

func (a *Auth) signIn(ctx context.Context, login, password string, from From) (string, audit.Actor, error) {
	person, err := a.person(ctx, login)
	found := err == nil && !person.Disabled
	if err != nil && !errors.Is(err, revision.ErrNotFound) {
		return "", audit.Actor{}, err
	}
	born := a.clock()
	hash, err := a.credential(ctx, login)
	if err != nil {
		return "", audit.Actor{}, err
	}
	right, err := a.argon.matches(ctx, password, hash.phc)
	if err != nil {
		return "", audit.Actor{}, err
	}
	if !found || !right {
		return "", audit.Actor{}, a.refuse(ctx, login, person, from)
	}
	if hash.temporary && !born.Before(hash.at.Add(a.settings.Invitation)) {
		return "", audit.Actor{}, problem.Invalid("这个临时密码过期了", fmt.Sprintf("别人设的密码%s内有效。请管理员发一个邀请链接，自己设一个密码。", durationWords(a.settings.Invitation)))
	}
	a.attempts.clear(login)
	actor := person.actor()
	actor.Address, actor.Reference = from.Address, from.Reference
	token, err := a.start(ctx, actor, from.Device, born, hash)
	return token, actor, err
}

// refusalTakes is the least time that a refusal takes once the password was compared. To
// write the event of a known account took 17 ms (30 at most), and of strangers beyond
// their limit there is none: without a floor the time told which logins exist.
const refusalTakes = 250 * time.Millisecond

// refuse counts a failure, records it and gives the sentence for it, never sooner than
// refusalTakes.
func (a *Auth) refuse(ctx context.Context, login string, person Person, from From) error {
	floor := time.NewTimer(a.refusal)
	defer floor.Stop()
	left := a.attempts.fail(login, a.clock())
	lock := durationWords(a.settings.Lock)
	detail := "请检查大小写和输入法后再试。忘记密码时，请联系管理员重设。"
	if left <= 2 {
		detail = fmt.Sprintf("还可以再试%d次，之后账号会暂停登录%s。忘记密码时，请联系管理员重设。", left, lock)
	}
	if left == 0 {
		detail = fmt.Sprintf("已连续输错多次，账号暂停登录%s。忘记密码时，请联系管理员重设。", lock)
	}
	if err := a.recordRefusal(ctx, person, from, left == 0); err != nil {
		return err
	}
	select {
	case <-floor.C:
	case <-ctx.Done():
	}
	return &problem.Problem{Kind: problem.KindUnauthenticated, Title: "用户名或密码不对", Detail: detail}
}

// strangers counts refused sign-ins that name nobody. Their events are few however many
// there are, and hold no name: people type their password into the wrong field.
type strangers struct {
	since   atomic.Int64
	limiter *rate.Limiter
}

const (
	strangeEvery  = 10 * time.Second
	strangeAtOnce = 10
)

// recordRefusal writes that a sign-in was refused, and that it led to a lock. The actor is
// nobody: whoever it was didn't prove to be the person. A known account leaves at most as
// many events as failures lead to a lock.
func (a *Auth) recordRefusal(ctx context.Context, person Person, from From, locks bool) error {
	nobody := audit.Actor{Name: "未登录", Address: from.Address, Reference: from.Reference}
	if person.ID == "" {
		n := a.strange.since.Add(1)
		if !a.strange.limiter.AllowN(a.clock(), 1) {
			return nil
		}
		a.strange.since.Add(-n)
		after, err := json.Marshal(map[string]int64{"refused": n})
		if err != nil {
			return err
		}
		return a.log.Record(ctx, audit.Event{Actor: nobody, Verb: "session.refuse", Outcome: audit.Refused, Kind: "person", After: after})
	}
	events := []audit.Event{{Actor: nobody, Verb: "session.refuse", Outcome: audit.Refused, Campaign: person.Campaign, Kind: "person", Thing: person.ID}}
	if locks {
		events = append(events, audit.Event{Actor: nobody, Verb: "session.lock", Outcome: audit.Refused, Campaign: person.Campaign, Kind: "person", Thing: person.ID})
	}
	return a.log.Record(ctx, events...)
}
