package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Link is an event's place in its chain.
type Link struct {
	Chain    uuid.UUID `json:"chain"`
	Seq      uint64    `json:"seq"` // from 1
	Previous string    `json:"previous"`
	Hash     string    `json:"hash"`
}

// canonical names the form that is hashed; another form gets another name.
const canonical = "shuixuan audit 1"

// stamp is how the time of an event is hashed.
const stamp = "2006-01-02T15:04:05.000Z"

// sum gives the hash of an event at its place: SHA-256 over its parts in this order,
// each with its length before it (8 bytes, big-endian), so that no two events share a
// form. JSON is hashed byte for byte.
func (e *Event) sum() string {
	h := sha256.New()
	for _, part := range []string{
		canonical, e.Link.Chain.String(), strconv.FormatUint(e.Link.Seq, 10), e.Link.Previous,
		e.ID.String(), e.At.UTC().Format(stamp),
		e.Actor.ID, e.Actor.Name, string(e.Actor.Role), e.Actor.Unit, e.Actor.Address, e.Actor.Reference,
		e.Verb, string(e.Outcome), e.Campaign, e.Kind, e.Thing, string(e.Before), string(e.After),
	} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		io.WriteString(h, part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// head is the last event of a chain; the zero value is none yet.
type head struct {
	chain uuid.UUID
	seq   uint64
	hash  string
}

// line is where events wait for their turn to be written.
type line struct {
	turn chan struct{} // held by the one who writes; guards head
	head head
	kept *keeper // nil: the head is kept nowhere else

	mu      sync.Mutex
	waiting []*entry
}

func newLine() line { return line{turn: make(chan struct{}, 1)} }

// entry is what one caller of Record brought. The one who holds the turn fills done and
// err.
type entry struct {
	events []Event
	done   bool
	err    error
}

const (
	// groupEvents is how many events one insert takes from waiting callers. One caller
	// may bring more and then goes alone.
	groupEvents = 5000
	// writeTime bounds one group with its second try.
	writeTime = 2 * time.Minute
)

// append writes events at the end of the chain. Whoever has the turn writes for all who
// wait, so a burst of single events costs few inserts and nobody waits for a timer. An
// entry whose context ends while it waits is taken back; one that is being written waits
// for its outcome.
func (l *Log) append(ctx context.Context, events []Event) error {
	e := &entry{events: events}
	l.line.enter(e)
	select {
	case l.line.turn <- struct{}{}:
	case <-ctx.Done():
		if l.line.leave(e) {
			return ctx.Err()
		}
		l.line.turn <- struct{}{}
	}
	defer func() { <-l.line.turn }()
	for !e.done {
		l.write(ctx, l.line.group())
	}
	return e.err
}

func (w *line) enter(e *entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, e)
}

// leave takes an entry back; false when it is on its way.
func (w *line) leave(e *entry) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.waiting {
		if other == e {
			w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// group takes those who have waited longest.
func (w *line) group() []*entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, events := 0, 0
	for n < len(w.waiting) && (n == 0 || events+len(w.waiting[n].events) <= groupEvents) {
		events += len(w.waiting[n].events)
		n++
	}
	group := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	return group
}

// write puts a group into one insert and moves the head once it is durable. It holds the
// turn. The work is everybody's, so it doesn't end with the context of the one who does
// it.
func (l *Log) write(ctx context.Context, group []*entry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	next, events, err := l.chained(ctx, group)
	if err == nil {
		// The hash is new, so is the token.
		if err = l.insert(ctx, events, func(context.Context) (bool, error) { return true, nil }); err != nil && ctx.Err() == nil {
			err = l.insertAgain(ctx, events)
		}
		if err != nil {
			next = head{} // nobody can say whether they are there: the next event begins a chain
		}
		l.line.head = next
	}
	if err == nil && l.line.kept != nil {
		l.line.kept.note(next)
	}
	for _, e := range group {
		e.done, e.err = true, err
	}
}

// chained gives the events of a group their places after the head, and the head after
// them.
func (l *Log) chained(ctx context.Context, group []*entry) (head, []Event, error) {
	at := l.line.head
	if at.chain == uuid.Nil {
		previous, err := l.newest(ctx)
		if err != nil {
			return head{}, nil, err
		}
		at = head{chain: uuid.New(), hash: previous}
	}
	var events []Event
	for _, entry := range group {
		for _, e := range entry.events {
			at.seq++
			e.Link = Link{Chain: at.chain, Seq: at.seq, Previous: at.hash}
			e.Link.Hash = e.sum()
			at.hash = e.Link.Hash
			events = append(events, e)
		}
	}
	return at, events, nil
}

// newest gives the hash of the last event of the chain that was written to last, empty
// for the first chain of all. These are two questions: one within the other asks every
// shard of a cluster for every shard.
func (l *Log) newest(ctx context.Context) (string, error) {
	const last = `SELECT toString(chain) FROM audit_events WHERE hash != '' ORDER BY at DESC, seq DESC LIMIT 1`
	chain, err := l.text(ctx, last)
	if err != nil || chain == "" {
		return "", err
	}
	return l.text(ctx, `SELECT hash FROM audit_events WHERE chain = toUUID(?) ORDER BY seq DESC LIMIT 1`, chain)
}

// text asks for one text, empty where there is none.
func (l *Log) text(ctx context.Context, query string, args ...any) (string, error) {
	rows, err := l.db.Query(ctx, query, args...)
	if err != nil {
		return "", fmt.Errorf("find the end of the chain: %w", err)
	}
	defer rows.Close()
	var text string
	for rows.Next() {
		if err := rows.Scan(&text); err != nil {
			return "", fmt.Errorf("find the end of the chain: %w", err)
		}
	}
	return text, rows.Err()
}

// insertAgain is for events of which nobody can say whether they are there: with the same
// token, since the first try may still be on its way.
func (l *Log) insertAgain(ctx context.Context, events []Event) error {
	last := events[len(events)-1].Link
	there := func(ctx context.Context) (bool, error) {
		hash, err := l.text(ctx, `SELECT hash FROM audit_events WHERE chain = toUUID(?) AND seq = ? LIMIT 1`, last.Chain.String(), last.Seq)
		return hash == last.Hash, err
	}
	if kept, err := there(ctx); err != nil || kept {
		return err
	}
	return l.insert(ctx, events, there)
}

func (l *Log) insert(ctx context.Context, events []Event, there func(context.Context) (bool, error)) error {
	const insert = `INSERT INTO audit_events
		(id, at, actor, actor_name, role, unit, address, reference, verb, outcome, campaign, kind, thing, before, after, chain, seq, previous, hash)`
	last := events[len(events)-1].Link
	return l.db.InsertOnce(ctx, "audit/"+last.Hash, insert, func(b driver.Batch) error {
		for _, e := range events {
			if err := b.Append(e.ID, e.At, e.Actor.ID, e.Actor.Name, string(e.Actor.Role), e.Actor.Unit,
				e.Actor.Address, e.Actor.Reference, e.Verb, string(e.Outcome), e.Campaign, e.Kind, e.Thing,
				string(e.Before), string(e.After), e.Link.Chain, e.Link.Seq, e.Link.Previous, e.Link.Hash); err != nil {
				return err
			}
		}
		return nil
	}, there)
}

// Head is the end of the chain that was written to last: its hash stands for every event
// before it. All zero where there is none.
type Head struct {
	Chain uuid.UUID
	Seq   uint64
	Hash  string
}

// Head gives the end of the trail.
func (l *Log) Head(ctx context.Context) (Head, error) {
	rows, err := l.db.Query(ctx, `SELECT toString(chain), seq, hash FROM audit_events WHERE hash != '' ORDER BY at DESC, chain DESC, seq DESC LIMIT 1`)
	if err != nil {
		return Head{}, fmt.Errorf("find the end of the chain: %w", err)
	}
	defer rows.Close()
	var h Head
	for rows.Next() {
		var chain string
		if err := rows.Scan(&chain, &h.Seq, &h.Hash); err != nil {
			return Head{}, fmt.Errorf("find the end of the chain: %w", err)
		}
		if h.Chain, err = uuid.Parse(chain); err != nil {
			return Head{}, fmt.Errorf("find the end of the chain: %w", err)
		}
	}
	return h, rows.Err()
}
