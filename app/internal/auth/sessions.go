package auth

import (
	"context"
	"fmt"
	"time"

	"shuixuan/app/audit"
)

// Session is a sign-in that holds, as its person may know it.
type Session struct {
	Address string
	Device  string
	Since   time.Time
	Current bool // the one that asks
}

// Sessions lists where a person is signed in, the newest first.
func (a *Auth) Sessions(ctx context.Context, person, token string) ([]Session, error) {
	held, err := a.live(ctx, kindSession, person)
	if err != nil {
		return nil, err
	}
	password, err := a.credential(ctx, person)
	if err != nil {
		return nil, err
	}
	var list []Session
	for _, s := range held {
		if !s.born.Before(password.at) {
			list = append(list, Session{Address: s.address, Device: s.device, Since: s.born, Current: s.hash == hashOf(token)})
		}
	}
	return list, nil
}

// live reads the sessions or invitations of a person that were neither ended nor have
// run out, the newest first.
func (a *Auth) live(ctx context.Context, kind, person string) ([]session, error) {
	rows, err := a.db.Query(ctx, `
SELECT toString(hash), argMax(id, recorded_at), argMax(name, recorded_at), argMax(role, recorded_at), argMax(campaign, recorded_at), argMax(unit, recorded_at),
	argMax(expires, recorded_at) AS ends, argMax(address, recorded_at), argMax(device, recorded_at), min(recorded_at) AS born
FROM sessions WHERE kind = ? AND person = ?
GROUP BY hash HAVING max(revoked) = 0 AND ends > fromUnixTimestamp64Milli(toInt64(?), 'UTC')
ORDER BY born DESC`, kind, person, a.clock().UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var list []session
	for rows.Next() {
		s := session{kind: kind, person: person}
		if err := rows.Scan(&s.hash, &s.id, &s.name, &s.role, &s.campaign, &s.unit, &s.expires, &s.address, &s.device, &s.born); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// end ends what a person holds of one kind, at once.
func (a *Auth) end(ctx context.Context, kind, person, by string) error {
	held, err := a.live(ctx, kind, person)
	if err != nil {
		return err
	}
	for i := range held {
		held[i].revoked, held[i].by = true, by
	}
	if err := a.insert(ctx, held...); err != nil {
		return fmt.Errorf("end %ss of %q: %w", kind, person, err)
	}
	a.forget()
	return nil
}

// SignOutEverywhere ends every session of the person, the asking one too.
func (a *Auth) SignOutEverywhere(ctx context.Context, actor audit.Actor) error {
	if err := a.end(ctx, kindSession, actor.ID, actor.ID); err != nil {
		return err
	}
	return a.log.Record(ctx, audit.Event{Actor: actor, Verb: "session.end-all", Campaign: actor.Campaign, Kind: "person", Thing: actor.ID})
}
