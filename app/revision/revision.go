// Package revision keeps definitions: small things that people write and correct,
// such as a unit, an obligation or a questionnaire.
//
// Nothing is edited in place. Put writes the next numbered revision and its audit
// event; the last revision holds and the earlier ones stay readable.
//
// # Why
//
// Seven nouns need the same three acts (put the next revision, read the current
// one, list all current ones) with the same care for two people at once, so the
// care is written once. The tables stay apart, one per noun, and only the noun's
// store names its table.
//
// Two writers of the same next revision use the same deduplication token, made of
// id and revision. The engine keeps one of the two; each reads back and the one
// who finds the other's row tells its person of the conflict.
package revision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
)

// ErrNotFound says that there is no such thing.
var ErrNotFound = errors.New("not found")

// ErrConflict says that another revision was written first.
var ErrConflict = errors.New("another revision was written first")

// Table is the store of one noun. The table has the columns campaign, id,
// revision, body (JSON of T), recorded_at, recorded_by and write (a random mark
// that tells two writers of one revision apart).
type Table[T any] struct {
	db   *clickhouse.DB
	log  *audit.Log
	name string // of the table: a constant of our own, never user input
	kind string // of the thing, in audit events
}

// NewTable gives the store of one noun.
func NewTable[T any](db *clickhouse.DB, log *audit.Log, name, kind string) *Table[T] {
	return &Table[T]{db: db, log: log, name: name, kind: kind}
}

// Held is a thing with the number of its current revision.
type Held[T any] struct {
	Thing      T
	ID         string
	Revision   uint32
	RecordedAt time.Time
	RecordedBy string
}

// Current gives the thing as it holds now, or ErrNotFound.
func (t *Table[T]) Current(ctx context.Context, campaign, id string) (Held[T], error) {
	all, err := t.read(ctx, `WHERE campaign = ? AND id = ? ORDER BY revision DESC LIMIT 1`, campaign, id)
	if err != nil {
		return Held[T]{}, err
	}
	if len(all) == 0 {
		return Held[T]{}, fmt.Errorf("%s %q: %w", t.kind, id, ErrNotFound)
	}
	return all[0], nil
}

// List gives all things of a campaign as they hold now, ordered by id.
// An empty campaign lists those of every campaign.
func (t *Table[T]) List(ctx context.Context, campaign string) ([]Held[T], error) {
	return t.read(ctx, `WHERE (? = '' OR campaign = ?) ORDER BY campaign, id, revision DESC LIMIT 1 BY campaign, id`, campaign, campaign)
}

// Revisions gives every revision of a thing, newest first.
func (t *Table[T]) Revisions(ctx context.Context, campaign, id string) ([]Held[T], error) {
	return t.read(ctx, `WHERE campaign = ? AND id = ? ORDER BY revision DESC LIMIT 1 BY revision`, campaign, id)
}

func (t *Table[T]) read(ctx context.Context, tail string, args ...any) ([]Held[T], error) {
	rows, err := t.db.Query(ctx, `SELECT id, revision, body, recorded_at, recorded_by FROM `+t.name+` `+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.kind, err)
	}
	defer rows.Close()
	var all []Held[T]
	for rows.Next() {
		var h Held[T]
		var body string
		if err := rows.Scan(&h.ID, &h.Revision, &body, &h.RecordedAt, &h.RecordedBy); err != nil {
			return nil, fmt.Errorf("read %s: %w", t.kind, err)
		}
		if err := json.Unmarshal([]byte(body), &h.Thing); err != nil {
			return nil, fmt.Errorf("read %s %q revision %d: %w", t.kind, h.ID, h.Revision, err)
		}
		all = append(all, h)
	}
	return all, rows.Err()
}

// Put writes the revision after expected (0 for a new thing) and its audit event,
// and answers the number written. ErrConflict where somebody else wrote it first.
// A thing equal to what already holds writes nothing.
func (t *Table[T]) Put(ctx context.Context, actor audit.Actor, verb, campaign, id string, thing T, expected uint32) (uint32, error) {
	body, err := json.Marshal(thing)
	if err != nil {
		return 0, fmt.Errorf("put %s %q: %w", t.kind, id, err)
	}
	var before []byte
	switch held, err := t.Current(ctx, campaign, id); {
	case errors.Is(err, ErrNotFound):
		if expected != 0 {
			return 0, fmt.Errorf("put %s %q: %w", t.kind, id, ErrConflict)
		}
	case err != nil:
		return 0, err
	default:
		if before, err = json.Marshal(held.Thing); err != nil {
			return 0, err
		}
		if string(before) == string(body) {
			return held.Revision, nil
		}
		if held.Revision != expected {
			return 0, fmt.Errorf("put %s %q: expected revision %d, found %d: %w", t.kind, id, expected, held.Revision, ErrConflict)
		}
	}
	next := expected + 1
	if err := t.insert(ctx, actor, campaign, id, next, string(body)); err != nil {
		return 0, err
	}
	return next, t.log.Record(ctx, audit.Event{Actor: actor, Verb: verb, Campaign: campaign, Kind: t.kind, Thing: id, Before: before, After: body})
}

// insert writes one revision and reads back whether it was ours that was kept.
func (t *Table[T]) insert(ctx context.Context, actor audit.Actor, campaign, id string, next uint32, body string) error {
	mark := uuid.New()
	token := fmt.Sprintf("%s/%s/%s/%d", t.name, campaign, id, next)
	err := t.db.Insert(ctx, token, `INSERT INTO `+t.name+` (campaign, id, revision, body, recorded_at, recorded_by, write)`, func(b driver.Batch) error {
		return b.Append(campaign, id, next, body, time.Now().UTC(), actor.ID, mark)
	})
	if err != nil {
		return fmt.Errorf("put %s %q: %w", t.kind, id, err)
	}
	var kept uuid.UUID
	row := t.db.QueryRow(ctx, `SELECT write FROM `+t.name+` WHERE campaign = ? AND id = ? AND revision = ? ORDER BY recorded_at, write LIMIT 1`, campaign, id, next)
	if err := row.Scan(&kept); err != nil {
		return fmt.Errorf("put %s %q: read back: %w", t.kind, id, err)
	}
	if kept != mark {
		return fmt.Errorf("put %s %q: %w", t.kind, id, ErrConflict)
	}
	return nil
}
