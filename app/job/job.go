// Package job is long work: begun by somebody's request, done when nobody waits for it any
// more, watched and cancelled by whoever looks.
//
// # Why
//
// An analysis and a dossier take longer than a page may. Both need the same care: few at a
// time, so that pages go on being served; progress that is true; an end that is kept however
// it comes; nothing left running when the program stops. What a job does, and what becomes of
// one whose program was killed, is its owner's to say: jobs are kept in memory, their owners
// keep what came of them in tables.
package job

import (
	"context"
	"sync"
	"time"
)

// Board runs the jobs of one kind.
type Board struct {
	turn chan struct{}
	mu   sync.Mutex
	jobs map[string]*running
}

type running struct {
	cancel context.CancelFunc
	ended  chan struct{}
	by     string // who started it, or who cancelled it
	pace   Pace
}

// Pace is how far a job is: Done of Of steps, and since when it has its turn (zero: it waits).
type Pace struct {
	Done, Of int64
	Doing    string // the part that is being done, in words
	Since    time.Time
}

// Percent is the part that is done.
func (p Pace) Percent() int {
	if p.Of <= 0 {
		return 0
	}
	return int(100 * min(p.Done, p.Of) / p.Of)
}

// Left is how long it will take at the pace until now, 0 where that can't be said yet.
func (p Pace) Left(now time.Time) time.Duration {
	if p.Since.IsZero() || p.Done <= 0 || p.Of <= p.Done {
		return 0
	}
	return time.Duration(float64(now.Sub(p.Since)) * float64(p.Of-p.Done) / float64(p.Done)).Round(time.Second)
}

// NewBoard gives a board on which so many jobs run at once; the others wait for their turn.
func NewBoard(atOnce int) *Board {
	return &Board{turn: make(chan struct{}, atOnce), jobs: map[string]*running{}}
}

// Step tells the board how far a job is.
type Step func(done, of int64, doing string)

// Start begins work of so many steps, which goes on when the caller has left; false where a
// job of this id is on its way. End is called with how the work ended, and with who started or
// cancelled it, before Cancel and Close return.
func (b *Board) Start(ctx context.Context, id, by string, steps int64, work func(context.Context, Step) error, end func(ctx context.Context, err error, by string)) bool {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &running{cancel: cancel, by: by, ended: make(chan struct{}), pace: Pace{Of: steps}}
	b.mu.Lock()
	if _, has := b.jobs[id]; has {
		b.mu.Unlock()
		cancel()
		return false
	}
	b.jobs[id] = r
	b.mu.Unlock()
	go func() {
		err := b.work(ctx, r, work)
		last, done := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer done()
		b.mu.Lock()
		who := r.by
		b.mu.Unlock()
		end(last, err, who)
		cancel()
		b.mu.Lock()
		delete(b.jobs, id)
		b.mu.Unlock()
		close(r.ended)
	}()
	return true
}

func (b *Board) work(ctx context.Context, r *running, work func(context.Context, Step) error) error {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	r.pace.Since = time.Now()
	b.mu.Unlock()
	err := work(ctx, func(done, of int64, doing string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		r.pace.Done, r.pace.Of, r.pace.Doing = done, of, doing
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Pace tells how far a job of this process is; false where it isn't on its way here.
func (b *Board) Pace(id string) (Pace, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, going := b.jobs[id]
	if !going {
		return Pace{}, false
	}
	return r.pace, true
}

// Going counts the jobs that run and those that wait for their turn.
func (b *Board) Going() (running, waiting int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.jobs {
		if r.pace.Since.IsZero() {
			waiting++
		} else {
			running++
		}
	}
	return running, waiting
}

// Cancel stops a job and waits until its end is kept; false where it isn't on its way here.
func (b *Board) Cancel(ctx context.Context, id, by string) (bool, error) {
	b.mu.Lock()
	r, going := b.jobs[id]
	if going {
		r.by = by
	}
	b.mu.Unlock()
	if !going {
		return false, nil
	}
	r.cancel()
	return true, r.wait(ctx)
}

func (r *running) wait(ctx context.Context) error {
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hold keeps one place from being taken until it is released; jobs that are started wait.
func (b *Board) Hold() (release func()) {
	b.turn <- struct{}{}
	return func() { <-b.turn }
}

// Close cancels what is on its way and waits for it.
func (b *Board) Close(ctx context.Context) error {
	b.mu.Lock()
	var going []*running
	for _, r := range b.jobs {
		r.cancel()
		going = append(going, r)
	}
	b.mu.Unlock()
	for _, r := range going {
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}
