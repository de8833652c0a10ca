package survey

import (
	"context"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
)

// Signal is something odd about how a response was given.
type Signal string

// The closed list of signals. They are for whoever looks at the quality of a wave, and
// refuse nothing: a quick reader is no machine.
const (
	SignalTrap Signal = "trap" // a field that no person sees was filled in
	SignalFast Signal = "fast" // faster than the questions can be read
)

// signalRow is one signal of one response.
type signalRow struct {
	campaign, link string
	wave           WaveID
	response       uuid.UUID
	signal         Signal
	at             time.Time
}

// signalBook writes signals behind the backs of those who answered: what waits goes into one
// insert, and nobody waits for it. An insert of its own for each response was what kept
// submits from five hundred a second, and inserts one after the other took a tenth of the
// processors. Rows that can't be written stay and are tried with the next; a power cut takes the
// signals of the last second, which are hints and nobody's words.
type signalBook struct {
	db   *clickhouse.DB
	rest time.Duration // for which no insert follows another one

	mu      sync.Mutex
	waiting []signalRow
	next    *signalRound // in which those go that wait; nil when none do
	now     *signalRound // that is being written
	running bool
	failed  error         // of the last try
	hurry   chan struct{} // ends a rest
	ended   chan struct{} // closed: there are no rests any more
	end     sync.Once
}

func newSignalBook(db *clickhouse.DB) *signalBook {
	return &signalBook{db: db, rest: signalRest, hurry: make(chan struct{}, 1), ended: make(chan struct{})}
}

// signalRound is one insert; done is closed when it was tried.
type signalRound struct{ done chan struct{} }

// mostSignals bounds what waits while the database takes nothing; the newest are let go.
const mostSignals = 100_000

// signalTime bounds one insert.
const signalTime = time.Minute

// signalRest is the usual rest.
const signalRest = time.Second

// note takes rows, and gives the error of an earlier try if the last one failed.
func (b *signalBook) note(rows []signalRow) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if room := mostSignals - len(b.waiting); len(rows) > room {
		rows = rows[:max(room, 0)]
	}
	b.waiting = append(b.waiting, rows...)
	if b.next == nil {
		b.next = &signalRound{make(chan struct{})}
	}
	if !b.running {
		b.running = true
		go b.write()
	}
	return b.failed
}

// write goes on until nothing waits or the database refuses.
func (b *signalBook) write() {
	for b.round() {
		select {
		case <-time.After(b.rest):
		case <-b.hurry:
		case <-b.ended:
		}
	}
}

// round writes what waits, and tells whether to go on.
func (b *signalBook) round() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.running = false
		return false
	}
	rows, now := b.waiting, b.next
	b.waiting, b.next, b.now = nil, nil, now
	b.mu.Unlock()
	err := b.insert(rows)
	b.mu.Lock()
	close(now.done)
	b.now = nil
	if b.failed = err; err == nil {
		return true
	}
	b.waiting = append(rows, b.waiting...)
	if b.next == nil {
		b.next = &signalRound{make(chan struct{})}
	}
	b.running = false
	return false
}

func (b *signalBook) insert(rows []signalRow) error {
	ctx, cancel := context.WithTimeout(context.Background(), signalTime)
	defer cancel()
	return b.db.Insert(ctx, `INSERT INTO response_signals (campaign, wave, link, response, signal, recorded_at)`, func(batch driver.Batch) error {
		for _, r := range rows {
			if err := batch.Append(r.campaign, string(r.wave), r.link, r.response, string(r.signal), r.at); err != nil {
				return err
			}
		}
		return nil
	})
}

// flush waits until what was noted before is written, or the last try failed.
func (b *signalBook) flush(ctx context.Context) error {
	b.mu.Lock()
	last := b.next
	if last == nil {
		last = b.now
	}
	running, failed := b.running, b.failed
	b.mu.Unlock()
	if !running {
		return failed
	}
	select {
	case b.hurry <- struct{}{}:
	default:
	}
	if last == nil {
		return failed
	}
	select {
	case <-last.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

func (b *signalBook) close(ctx context.Context) error {
	b.end.Do(func() { close(b.ended) })
	return b.flush(ctx)
}

// NoteSignals keeps what was odd about a response, without waiting for the database. An error
// is of signals noted before, which are tried again.
func (s *Links) NoteSignals(r Response, signals ...Signal) error {
	if len(signals) == 0 {
		return nil
	}
	rows := make([]signalRow, len(signals))
	for i, signal := range signals {
		rows[i] = signalRow{r.Campaign, r.Link, r.Wave, r.ID, signal, s.clock().UTC()}
	}
	return s.signals.note(rows)
}

// Close writes out what was noted.
func (s *Links) Close(ctx context.Context) error { return s.signals.close(ctx) }
