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
// who doesn't find its own row tells its person of the conflict.
package revision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// newest orders the revisions of a thing, the one that holds first. Of two rows of one
// revision, which only two instances on one cluster can write, everyone picks the same.
const newest = `revision DESC, recorded_at, write`

// Current gives the thing as it holds now, or ErrNotFound.
func (t *Table[T]) Current(ctx context.Context, campaign, id string) (Held[T], error) {
	all, err := t.read(ctx, `WHERE campaign = ? AND id = ? ORDER BY `+newest+` LIMIT 1`, campaign, id)
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
	return t.read(ctx, `WHERE (? = '' OR campaign = ?) ORDER BY campaign, id, `+newest+` LIMIT 1 BY campaign, id`, campaign, campaign)
}

// At gives the thing as it held in one revision, or ErrNotFound.
func (t *Table[T]) At(ctx context.Context, campaign, id string, revision uint32) (Held[T], error) {
	all, err := t.read(ctx, `WHERE campaign = ? AND id = ? AND revision = ? ORDER BY `+newest+` LIMIT 1`, campaign, id, revision)
	if err != nil {
		return Held[T]{}, err
	}
	if len(all) == 0 {
		return Held[T]{}, fmt.Errorf("%s %q revision %d: %w", t.kind, id, revision, ErrNotFound)
	}
	return all[0], nil
}

// Revisions gives every revision of a thing, newest first.
func (t *Table[T]) Revisions(ctx context.Context, campaign, id string) ([]Held[T], error) {
	return t.read(ctx, `WHERE campaign = ? AND id = ? ORDER BY `+newest+` LIMIT 1 BY revision`, campaign, id)
}

// History gives every revision of every thing of a campaign, by id and then oldest first.
func (t *Table[T]) History(ctx context.Context, campaign string) ([]Held[T], error) {
	return t.read(ctx, `WHERE campaign = ? ORDER BY id, revision, recorded_at, write LIMIT 1 BY id, revision`, campaign)
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

// Change is a thing as it shall hold, with the revision that its writer saw (0 for a
// new thing).
type Change[T any] struct {
	ID       string
	Thing    T
	Expected uint32
}

// Put writes the revision after expected (0 for a new thing) and its audit event,
// and answers the number written. ErrConflict where somebody else wrote it first.
// A thing equal to what already holds writes nothing.
func (t *Table[T]) Put(ctx context.Context, actor audit.Actor, verb, campaign, id string, thing T, expected uint32) (uint32, error) {
	revisions, err := t.PutAll(ctx, actor, verb, campaign, []Change[T]{{ID: id, Thing: thing, Expected: expected}})
	if err != nil {
		return 0, err
	}
	return revisions[0], nil
}

// write is one revision on its way in.
type write struct {
	id     string
	next   uint32
	body   []byte
	before []byte
	mark   uuid.UUID
}

// PutAll is Put for several things in one insert: all go in, or none. It answers the
// revision of each.
func (t *Table[T]) PutAll(ctx context.Context, actor audit.Actor, verb, campaign string, changes []Change[T]) ([]uint32, error) {
	held, err := t.holding(ctx, campaign, changes)
	if err != nil {
		return nil, err
	}
	revisions := make([]uint32, len(changes))
	var writes []write
	var events []audit.Event
	for i, c := range changes {
		w := write{id: c.ID, next: c.Expected + 1, mark: uuid.New()}
		if w.body, err = json.Marshal(c.Thing); err != nil {
			return nil, fmt.Errorf("put %s %q: %w", t.kind, c.ID, err)
		}
		now, exists := held[c.ID]
		if exists {
			if w.before, err = json.Marshal(now.Thing); err != nil {
				return nil, fmt.Errorf("put %s %q: %w", t.kind, c.ID, err)
			}
			if string(w.before) == string(w.body) {
				revisions[i] = now.Revision
				continue
			}
		}
		if now.Revision != c.Expected {
			return nil, fmt.Errorf("put %s %q: expected revision %d, found %d: %w", t.kind, c.ID, c.Expected, now.Revision, ErrConflict)
		}
		revisions[i] = w.next
		writes = append(writes, w)
		events = append(events, audit.Event{Actor: actor, Verb: verb, Campaign: campaign, Kind: t.kind, Thing: c.ID, Before: w.before, After: w.body})
	}
	if len(writes) == 0 {
		return revisions, nil
	}
	if err := t.insert(ctx, actor, campaign, writes); err != nil {
		return nil, err
	}
	return revisions, t.log.Record(ctx, events...)
}

// Replace writes things over whatever holds, all or none, and tells of each whether it
// changed anything.
func (t *Table[T]) Replace(ctx context.Context, actor audit.Actor, verb, campaign string, things []T, id func(T) string) ([]bool, error) {
	changes := make([]Change[T], len(things))
	for i, thing := range things {
		changes[i] = Change[T]{ID: id(thing), Thing: thing}
	}
	held, err := t.holding(ctx, campaign, changes)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		changes[i].Expected = held[changes[i].ID].Revision
	}
	revisions, err := t.PutAll(ctx, actor, verb, campaign, changes)
	if err != nil {
		return nil, err
	}
	differs := make([]bool, len(things))
	for i, r := range revisions {
		differs[i] = r != changes[i].Expected
	}
	return differs, nil
}

// holding gives what holds now of the things to be changed.
func (t *Table[T]) holding(ctx context.Context, campaign string, changes []Change[T]) (map[string]Held[T], error) {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.ID
	}
	all, err := t.read(ctx, `WHERE campaign = ? AND id IN (?) ORDER BY id, `+newest+` LIMIT 1 BY id`, campaign, ids)
	if err != nil {
		return nil, err
	}
	held := make(map[string]Held[T], len(all))
	for _, h := range all {
		held[h.ID] = h
	}
	return held, nil
}

// insert writes revisions and reads back whether they are the ones that were kept.
func (t *Table[T]) insert(ctx context.Context, actor audit.Actor, campaign string, writes []write) error {
	token := sha256.New()
	byID := map[string]write{}
	ids := make([]string, len(writes))
	for i, w := range writes {
		fmt.Fprintf(token, "%s/%s/%s/%d\n", t.name, campaign, w.id, w.next)
		byID[w.id], ids[i] = w, w.id
	}
	now := time.Now().UTC()
	query := `INSERT INTO ` + t.name + ` (campaign, id, revision, body, recorded_at, recorded_by, write)`
	add := func(b driver.Batch) error {
		for _, w := range writes {
			if err := b.Append(campaign, w.id, w.next, string(w.body), now, actor.ID, w.mark); err != nil {
				return err
			}
		}
		return nil
	}
	kept := map[string]uuid.UUID{}
	err := t.db.InsertOnce(ctx, hex.EncodeToString(token.Sum(nil)), query, add, func(ctx context.Context) (bool, error) {
		rows, err := t.db.Query(ctx, `SELECT id, revision, write FROM `+t.name+` WHERE campaign = ? AND id IN (?) ORDER BY id, `+newest+` LIMIT 1 BY id`, campaign, ids)
		if err != nil {
			return false, fmt.Errorf("read back: %w", err)
		}
		defer rows.Close()
		there := 0
		for rows.Next() {
			var id string
			var revision uint32
			var mark uuid.UUID
			if err := rows.Scan(&id, &revision, &mark); err != nil {
				return false, fmt.Errorf("read back: %w", err)
			}
			if kept[id] = mark; revision >= byID[id].next {
				there++
			}
		}
		return there == len(byID), rows.Err()
	})
	if err != nil {
		return fmt.Errorf("put %s: %w", t.kind, err)
	}
	for id, w := range byID {
		if kept[id] != w.mark {
			return fmt.Errorf("put %s %q: %w", t.kind, id, ErrConflict)
		}
	}
	return nil
}
