package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// An invitation lets a person set their password, so that nobody else ever knows one. It
// is kept as a session of its own kind: an opaque token, hashed at rest, that holds for
// some days, works once, and ends when a newer one is given.

// Invitation is what may be known of an invitation by who holds its token.
type Invitation struct {
	Person  Person
	Expires time.Time
}

// Invite gives a person a new invitation; earlier ones end. The token is told this once.
// The password they may have holds until the new one is set.
func (a *Auth) Invite(ctx context.Context, actor audit.Actor, id string) (token string, inv Invitation, err error) {
	a.managing.Lock() // two at once would both see no other to end
	defer a.managing.Unlock()
	held, err := a.heldPerson(ctx, foldLogin(id))
	if err != nil {
		return "", inv, err
	}
	p := held.Thing
	switch {
	case !Manages(actor, p):
		return "", inv, problem.NotAllowed("邀请这个账号")
	case p.Disabled:
		return "", inv, problem.Conflict(fmt.Sprintf("账号“%s”已停用", p.Name), "请先启用这个账号，再发邀请。")
	}
	if err := a.end(ctx, kindInvitation, p.ID, actor.ID); err != nil {
		return "", inv, err
	}
	token = newSecret()
	inv = Invitation{Person: p, Expires: a.clock().Add(a.settings.Invitation)}
	row := session{hash: hashOf(token), kind: kindInvitation, id: uuid.NewString(), person: p.ID, name: p.Name, role: string(p.Role),
		campaign: p.Campaign, unit: p.Unit, expires: inv.Expires, by: actor.ID}
	if err := a.insert(ctx, row); err != nil {
		return "", inv, fmt.Errorf("invite: %w", err)
	}
	return token, inv, a.log.Record(ctx, audit.Event{Actor: actor, Verb: "person.invite", Campaign: p.Campaign, Kind: "person", Thing: p.ID})
}

// Invited tells whom a token invites, or in words why it opens nothing any more.
func (a *Auth) Invited(ctx context.Context, token string) (Invitation, error) {
	inv, _, err := a.invited(ctx, token)
	return inv, err
}

func (a *Auth) invited(ctx context.Context, token string) (Invitation, session, error) {
	s, err := a.session(ctx, hashOf(token))
	if err != nil {
		return Invitation{}, s, err
	}
	if s.hash == "" || s.kind != kindInvitation {
		return Invitation{}, s, problem.Invalid("这个邀请链接不对", "可能没有复制完整。请从收到的消息里重新打开，或请发给您的人再发一个。")
	}
	if s.revoked && s.by == s.person {
		return Invitation{}, s, problem.Invalid("这个邀请链接已经用过了", "密码已经设好，请直接登录。忘记密码时，请发给您的人再发一个链接。")
	}
	if s.revoked {
		return Invitation{}, s, problem.Invalid("这个邀请链接已经作废", "后来又发过新的链接或设过密码。请用最新的链接；找不到时，请发给您的人再发一个。")
	}
	if !a.clock().Before(s.expires) {
		return Invitation{}, s, problem.Invalid("这个邀请链接过期了", fmt.Sprintf("链接的有效期是%s。请发给您的人再发一个。", durationWords(a.settings.Invitation)))
	}
	person, err := a.person(ctx, s.person)
	if errors.Is(err, revision.ErrNotFound) || err == nil && person.Disabled {
		return Invitation{}, s, problem.Invalid("这个账号已停用", "请与发给您链接的人联系。")
	}
	return Invitation{Person: person, Expires: s.expires}, s, err
}

// AcceptInvitation sets the person's password and signs them in. Of two who use one link
// at once, one is told that it was used.
func (a *Auth) AcceptInvitation(ctx context.Context, token, password string, from From) (string, audit.Actor, error) {
	var signedIn string
	var actor audit.Actor
	err := a.through(ctx, "invitation "+hashOf(token), from.Address, func(ctx context.Context) error {
		inv, s, err := a.invited(ctx, token)
		if err != nil {
			return err
		}
		actor = inv.Person.actor()
		actor.Address, actor.Reference = from.Address, from.Reference
		if err := a.checkNew(ctx, inv.Person, password); err != nil {
			return err
		}
		if err := a.useInvitation(ctx, s); err != nil {
			return err
		}
		if err := a.putPassword(ctx, actor, actor.ID, password, false); err != nil {
			return err
		}
		a.attempts.clear(actor.ID)
		a.forget()
		if err := a.log.Record(ctx, audit.Event{Actor: actor, Verb: "person.accept", Campaign: actor.Campaign, Kind: "person", Thing: actor.ID}); err != nil {
			return err
		}
		opened, err := a.credential(ctx, actor.ID)
		if err != nil {
			return err
		}
		signedIn, err = a.start(ctx, actor, from.Device, a.clock(), opened)
		return err
	})
	return signedIn, actor, err
}

// useInvitation marks an invitation as used before the password is written: a crash
// between the two costs a new invitation, the other order would let it work twice.
func (a *Auth) useInvitation(ctx context.Context, s session) error {
	mine := uuid.NewString()
	s.revoked, s.by, s.id = true, s.person, mine
	var first string
	err := a.db.InsertOnce(ctx, "invitation "+s.hash, insertSessions, a.appendSessions(s), func(ctx context.Context) (bool, error) {
		err := a.db.QueryRow(ctx, `SELECT id FROM sessions WHERE hash = ? AND revoked = 1 ORDER BY recorded_at, id LIMIT 1`, s.hash).Scan(&first)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return fmt.Errorf("use invitation: %w", err)
	}
	if first != mine {
		return problem.Conflict("这个邀请链接刚刚用过了", "密码已经设好，请直接登录。")
	}
	return nil
}
