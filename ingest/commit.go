package ingest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// commitTime bounds one insert with its receipts and events.
const commitTime = 2 * time.Minute

// queued is how many batches may wait; beyond it senders are asked to come again.
const queued = 4096

// insertRows is how many rows of a batch go into one insert. They are encoded and handed
// over at once, and are in memory several times until the engine has them. A crash
// between two inserts leaves rows nobody was answered for; sent again they are known.
const insertRows = 10_000

// groupRows is how many rows one insert takes from waiting batches. One batch may
// be larger and then goes alone.
const groupRows = 20_000

// errClosed is answered after Close.
var errClosed = errors.New("intake is closed")

// batch is what one caller hands to Commit: rows with what must be written beside
// them. R is the row as the table's writer wants it.
type batch[R any] struct {
	Rows []R
	// Events says what the audit trail keeps of the batch, once its rows are durable.
	Events func(results []outcome[R]) []audit.Event
	// Receipt is that of a file; nil for rows of a form. It is written after the rows and
	// events are durable and before the caller is answered.
	Receipt *Receipt
	// Rejected is how many rows beside these could not go in, where there is no receipt yet.
	Rejected int

	results []outcome[R]
	mine    []bool // rows that an earlier try found to be new
	err     error
	done    chan struct{}
}

// noteMine and keepMine carry over what a failed try knew: a group's rows may go in by
// several inserts, and those of the first are known when the second has failed. They are
// this batch's all the same: it answers for them, and leaves their events.
func (b *batch[R]) noteMine() {
	b.mine = make([]bool, len(b.results))
	for i, r := range b.results {
		b.mine[i] = r.Created
	}
}

func (b *batch[R]) keepMine() {
	for i, mine := range b.mine {
		b.results[i].Created = b.results[i].Created || mine
	}
}

// outcome says what became of one row. Row is the batch's own; one that was there
// already says when, by whom and in which batch it came first.
type outcome[R any] struct {
	Row     *R
	Created bool  // it is new; otherwise it was there already, with the same content
	Err     error // this row can't go in: its id is taken by other content, say
	// Awaited tells that something may have come before the row that waits for it: photos
	// of a placement that was not logged yet.
	Awaited bool
}

// created counts the rows of a written batch that are new.
func (b *batch[R]) created() (n uint64) {
	for _, r := range b.results {
		if r.Created {
			n++
		}
	}
	return n
}

// turnedDown counts the rows of a written batch, and of the file it came from, that can't go in.
func (b *batch[R]) turnedDown() (n uint64) {
	for _, r := range b.results {
		if r.Err != nil {
			n++
		}
	}
	if b.Receipt != nil {
		n = max(n, uint64(b.Receipt.RejectedRows()))
	}
	return n + uint64(b.Rejected)
}

// writer puts the rows of several batches into one insert. It fills each batch's
// results; an error means that nothing can be said of any of them.
type writer[R any] func(ctx context.Context, batches []*batch[R]) error

// receipts writes the receipts of several batches, all or none.
type receipts func(ctx context.Context, list []*Receipt) error

// committer takes batches from many callers, puts those that wait into one insert,
// and answers each for its own rows once they are durable.
//
// One goroutine writes, so looking up what is known and inserting what is not can't
// be torn apart by another writer of this process. While it writes, others queue up
// and share the next insert: under load parts stay few without anybody waiting for
// a timer.
//
// A second goroutine writes the events and receipts of a group and answers it, while the
// first is at the rows of the next. (Measured of one response: 28 ms of processor for the
// rows, 14 for the event.) The order that matters stays: an event is written when its rows
// are durable, and a sender is told when both are. Groups are answered in the order in which
// they were written, so nobody hears that a row is known whose event is not there yet. Rows
// and event at the same time would save a sender those 14 ms, and were not taken: an event
// could then tell of rows that never came.
type committer[R any] struct {
	write    writer[R]
	receipts receipts
	log      *audit.Log
	queue    chan *batch[R]
	ended    chan struct{}
	taken    atomic.Uint64 // new rows, since the start
	rejected atomic.Uint64 // rows that could not go in, likewise
	refused  atomic.Uint64 // batches that found the queue full

	mu     sync.RWMutex
	closed bool
}

func newCommitter[R any](log *audit.Log, write writer[R], receipts receipts) *committer[R] {
	c := &committer[R]{write: write, receipts: receipts, log: log, queue: make(chan *batch[R], queued), ended: make(chan struct{})}
	go c.run()
	return c
}

// Commit answers once the batch's rows are durable. When ctx ends first the outcome
// is open: the rows may still go in, and sending them again is harmless.
func (c *committer[R]) Commit(ctx context.Context, b *batch[R]) ([]outcome[R], error) {
	b.done = make(chan struct{})
	if err := c.enqueue(b); err != nil {
		return nil, err
	}
	select {
	case <-b.done:
		return b.results, b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *committer[R]) enqueue(b *batch[R]) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return problem.Unavailable("系统正在停机维护，这次提交没有收下", "请几分钟后再提交一次，已填内容会保留在本页。").Because(errClosed)
	}
	select {
	case c.queue <- b:
		return nil
	default:
		c.refused.Add(1)
		return problem.Unavailable("现在提交的人太多，这次没有收下", "请过一分钟再提交一次，不会重复计数。")
	}
}

// Close takes no more, writes out what was taken, and returns when all are answered.
func (c *committer[R]) Close(ctx context.Context) error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.queue)
	}
	c.mu.Unlock()
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *committer[R]) run() {
	defer close(c.ended)
	written, told := make(chan []*batch[R], 1), make(chan struct{})
	go func() {
		defer close(told)
		for group := range written {
			c.settle(group)
		}
	}()
	for first := range c.queue {
		group := []*batch[R]{first}
		rows := len(first.Rows)
		for rows < groupRows {
			next, ok := c.waiting()
			if !ok {
				break
			}
			group = append(group, next)
			rows += len(next.Rows)
		}
		c.commit(group, written)
	}
	close(written)
	<-told
}

// waiting gives a batch that is in the queue already.
func (c *committer[R]) waiting() (*batch[R], bool) {
	select {
	case next, open := <-c.queue:
		return next, open
	default:
		return nil, false
	}
}

// commit writes a group in one insert and hands it on to be settled. When that fails each
// batch is tried by itself, so that a failure reaches exactly the callers whose rows caused
// it.
func (c *committer[R]) commit(group []*batch[R], written chan<- []*batch[R]) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	err := c.write(ctx, group)
	switch {
	case err == nil:
		for _, b := range group {
			b.keepMine()
		}
		written <- group
	case len(group) > 1:
		for _, b := range group {
			b.noteMine()
			c.commit([]*batch[R]{b}, written)
		}
	default:
		group[0].err = err
		close(group[0].done)
	}
}

// settle writes what belongs to the rows of a group that are durable, and answers.
func (c *committer[R]) settle(group []*batch[R]) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	err := c.record(ctx, group)
	var done []*batch[R]
	for _, b := range group {
		// Written again the rows would be known and leave no event: only the events are
		// tried by themselves.
		if b.err = err; err != nil && len(group) > 1 {
			b.err = c.record(ctx, []*batch[R]{b})
		}
		if b.err == nil {
			c.taken.Add(b.created())
			c.rejected.Add(b.turnedDown())
			done = append(done, b)
		}
	}
	c.finish(ctx, done)
	for _, b := range group {
		close(b.done)
	}
}

// finish writes the receipts of a group in one insert. When that fails nothing is tried
// again: the rows are durable, and a second try could leave the rows of a receipt twice.
func (c *committer[R]) finish(ctx context.Context, group []*batch[R]) {
	var list []*Receipt
	for _, b := range group {
		if b.Receipt != nil {
			list = append(list, b.Receipt)
		}
	}
	if len(list) == 0 {
		return
	}
	err := c.receipts(ctx, list)
	for _, b := range group {
		if b.Receipt != nil {
			b.err = err
		}
	}
}

// record writes the events of all batches of a group at once. A row that was known
// already leaves none: its event was written with it.
func (c *committer[R]) record(ctx context.Context, group []*batch[R]) error {
	var events []audit.Event
	for _, b := range group {
		if b.Events != nil {
			events = append(events, b.Events(b.results)...)
		}
	}
	return c.log.Record(ctx, events...)
}
