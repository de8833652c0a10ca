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
// submits from five hundred a second. Rows that can't be written stay and are tried with the
// next.
type signalBook struct {
	db *clickhouse.DB

	mu      sync.Mutex
	waiting []signalRow
	idle    chan struct{} // closed when nobody writes; nil before the first
	failed  error         // of the last try
}

// mostSignals bounds what waits while the database takes nothing; the newest are let go.
const mostSignals = 100_000

// signalTime bounds one insert.
const signalTime = time.Minute

// note takes rows, and gives the error of an earlier try if the last one failed.
func (b *signalBook) note(rows []signalRow) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if room := mostSignals - len(b.waiting); len(rows) > room {
		rows = rows[:max(room, 0)]
	}
	b.waiting = append(b.waiting, rows...)
	if b.idle == nil || closed(b.idle) {
		b.idle = make(chan struct{})
		go b.write(b.idle)
	}
	return b.failed
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// write goes on until nothing waits or the database refuses.
func (b *signalBook) write(idle chan struct{}) {
	for {
		b.mu.Lock()
		rows := b.waiting
		b.waiting = nil
		if len(rows) == 0 {
			close(idle)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		err := b.insert(rows)
		b.mu.Lock()
		if b.failed = err; err != nil {
			b.waiting = append(rows, b.waiting...)
			close(idle)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
	}
}

func (b *signalBook) insert(rows []signalRow) error {
	ctx, cancel := context.WithTimeout(context.Background(), signalTime)
	defer cancel()
	return b.db.Insert(ctx, "", `INSERT INTO response_signals (campaign, wave, link, response, signal, recorded_at)`, func(batch driver.Batch) error {
		for _, r := range rows {
			if err := batch.Append(r.campaign, string(r.wave), r.link, r.response, string(r.signal), r.at); err != nil {
				return err
			}
		}
		return nil
	})
}

// flush waits until what was noted is written, or the last try failed.
func (b *signalBook) flush(ctx context.Context) error {
	b.mu.Lock()
	idle := b.idle
	b.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
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
func (s *Links) Close(ctx context.Context) error { return s.signals.flush(ctx) }
