package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/audit"
)

// visitGap is how long after the beginning of one visit the next view begins another: what was
// new stays on the page that long, however often it is opened, and the instant is written at
// most so often.
const visitGap = time.Hour

// readBefore is how long before an answer its figures may have been read: what was recorded
// between is shown twice rather than never.
const readBefore = 2 * time.Second

// Look is where an account's eyes have got to in a campaign. What was recorded after Since is
// new to it; a zero Since is of an account that looks for the first time. Seen is when the visit
// began, and the next visit's Since.
type Look struct{ Since, Seen time.Time }

// LastLook reads how far an account has looked, and moves nothing.
func (a *Auth) LastLook(ctx context.Context, actor audit.Actor, campaign string) (Look, error) {
	var look Look
	err := a.db.QueryRow(ctx, `SELECT argMax(since, recorded_at), argMax(seen_at, recorded_at) FROM looks WHERE account = ? AND campaign = ?`, actor.ID, campaign).Scan(&look.Since, &look.Seen)
	if err != nil {
		return Look{}, fmt.Errorf("read how far %q has looked: %w", actor.ID, err)
	}
	for _, at := range []*time.Time{&look.Since, &look.Seen} {
		if at.UnixMilli() <= 0 { // kept as 1970, and so is what nobody has kept
			*at = time.Time{}
		}
	}
	return look, nil
}

// Looks is LastLook of a person who opens the page now. A view more than visitGap after the
// beginning of the last visit begins another, to which all is new since then. Programs have no
// eyes.
func (a *Auth) Looks(ctx context.Context, actor audit.Actor, campaign string, now time.Time) (Look, error) {
	look, err := a.LastLook(ctx, actor, campaign)
	if err != nil || isProgram(actor) || now.Sub(look.Seen) < visitGap {
		return look, err
	}
	next := Look{Since: look.Seen, Seen: now.Add(-readBefore)}
	return next, a.keepLook(ctx, actor, campaign, next, now)
}

// HasSeen notes that a person has read what is new: only what comes from here on is new to them.
// The page was drawn at an instant, before which they can have seen things; zero is now.
func (a *Auth) HasSeen(ctx context.Context, actor audit.Actor, campaign string, drawn, now time.Time) error {
	if drawn.IsZero() || drawn.After(now) || now.Sub(drawn) > 24*time.Hour {
		drawn = now
	}
	look := Look{Since: drawn.Add(-readBefore), Seen: drawn.Add(-readBefore)}
	if err := a.keepLook(ctx, actor, campaign, look, now); err != nil {
		return err
	}
	return a.log.Record(ctx, audit.Event{Actor: actor, Verb: "overview.seen", Campaign: campaign, Kind: "person", Thing: actor.ID})
}

func (a *Auth) keepLook(ctx context.Context, actor audit.Actor, campaign string, look Look, now time.Time) error {
	now = now.UTC()
	since := look.Since
	if since.IsZero() {
		since = time.UnixMilli(0)
	}
	err := a.db.Insert(ctx, `INSERT INTO looks (account, campaign, since, seen_at, recorded_at)`, func(b driver.Batch) error {
		return b.Append(actor.ID, campaign, since.UTC(), look.Seen.UTC(), now)
	})
	if err != nil {
		return fmt.Errorf("keep how far %q has looked: %w", actor.ID, err)
	}
	return nil
}
