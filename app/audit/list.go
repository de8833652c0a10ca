package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/keyset"
)

// Filter narrows a list; a zero field narrows nothing. Campaign is the permission
// border: callers set it for a person of one campaign.
type Filter struct {
	Campaign string
	From, To time.Time // instants, From included and To not
	Actor    string    // id, or a part of the name
	Group    string    // of verbs: a code of Groups
	Verb     string
	Kind     string
	Thing    string // id, or its beginning
	Outcome  Outcome
}

func (f Filter) where() (string, []any) {
	where, args := []string{"1"}, []any{}
	add := func(clause string, values ...any) {
		where, args = append(where, clause), append(args, values...)
	}
	if f.Campaign != "" {
		add("campaign = ?", f.Campaign)
	}
	if !f.From.IsZero() {
		add("at >= fromUnixTimestamp64Milli(toInt64(?), 'UTC')", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		add("at < fromUnixTimestamp64Milli(toInt64(?), 'UTC')", f.To.UnixMilli())
	}
	if f.Actor != "" {
		add("(actor = ? OR positionCaseInsensitiveUTF8(actor_name, ?) > 0)", f.Actor, f.Actor)
	}
	if f.Group != "" {
		add(groupClause(f.Group))
	}
	if f.Verb != "" {
		add("verb = ?", f.Verb)
	}
	if f.Kind != "" {
		add("kind = ?", f.Kind)
	}
	if f.Thing != "" {
		add("startsWith(thing, ?)", f.Thing)
	}
	if f.Outcome != "" {
		add("outcome = ?", string(f.Outcome))
	}
	return strings.Join(where, " AND "), args
}

const columns = `id, at, actor, actor_name, role, unit, address, reference, verb, outcome, campaign, kind, thing, before, after, chain, seq, previous, hash`

// Events gives at most limit events of a campaign after the cursor, oldest first; an
// empty campaign is every one.
func (l *Log) Events(ctx context.Context, campaign string, after keyset.Cursor, limit int) ([]Event, error) {
	return l.Oldest(ctx, Filter{Campaign: campaign}, after, limit)
}

// Oldest gives at most limit events of a filter after the cursor, oldest first.
func (l *Log) Oldest(ctx context.Context, f Filter, after keyset.Cursor, limit int) ([]Event, error) {
	where, args := f.where()
	return l.list(ctx, where+` AND (at, id) > (fromUnixTimestamp64Milli(toInt64(?), 'UTC'), toUUID(?)) ORDER BY at, id LIMIT ?`,
		append(args, after.Millis(), after.ID.String(), limit)...)
}

// Newest gives at most limit events before the cursor, newest first, and the cursor to
// go on with (zero when nothing follows).
func (l *Log) Newest(ctx context.Context, f Filter, before keyset.Cursor, limit int) ([]Event, keyset.Cursor, error) {
	where, args := f.where()
	if !before.IsZero() {
		where += ` AND (at, id) < (fromUnixTimestamp64Milli(toInt64(?), 'UTC'), toUUID(?))`
		args = append(args, before.Millis(), before.ID.String())
	}
	all, err := l.list(ctx, where+` ORDER BY at DESC, id DESC LIMIT ?`, append(args, limit+1)...)
	if err != nil || len(all) <= limit {
		return all, keyset.Cursor{}, err
	}
	last := all[limit-1]
	return all[:limit], keyset.Cursor{At: last.At, ID: last.ID}, nil
}

// eachPage is how many events Each reads at once.
const eachPage = 5000

// Each walks through the events of a filter, oldest first, and ends with the newest of
// when it got there.
func (l *Log) Each(ctx context.Context, f Filter, visit func(Event) error) error {
	var after keyset.Cursor
	for {
		events, err := l.Oldest(ctx, f, after, eachPage)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := visit(e); err != nil {
				return err
			}
			after = keyset.Cursor{At: e.At, ID: e.ID}
		}
		if len(events) < eachPage {
			return nil
		}
	}
}

// Count counts the events of a filter.
func (l *Log) Count(ctx context.Context, f Filter) (int64, error) {
	where, args := f.where()
	var n uint64
	if err := l.db.QueryRow(ctx, `SELECT count() FROM audit_events WHERE `+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count audit events: %w", err)
	}
	return int64(n), nil
}

func (l *Log) list(ctx context.Context, tail string, args ...any) ([]Event, error) {
	rows, err := l.db.Query(ctx, `SELECT `+columns+` FROM audit_events WHERE `+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

func scan(rows driver.Rows) (Event, error) {
	var e Event
	var role, outcome, before, after string
	if err := rows.Scan(&e.ID, &e.At, &e.Actor.ID, &e.Actor.Name, &role, &e.Actor.Unit, &e.Actor.Address, &e.Actor.Reference,
		&e.Verb, &outcome, &e.Campaign, &e.Kind, &e.Thing, &before, &after,
		&e.Link.Chain, &e.Link.Seq, &e.Link.Previous, &e.Link.Hash); err != nil {
		return e, fmt.Errorf("read audit event: %w", err)
	}
	e.Actor.Role, e.Outcome = Role(role), Outcome(outcome)
	if before != "" {
		e.Before = json.RawMessage(before)
	}
	if after != "" {
		e.After = json.RawMessage(after)
	}
	return e, nil
}
