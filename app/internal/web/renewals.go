package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"shuixuan/app/clickhouse"
)

// renewals remember what takes long to make until something is written. A page of millions of
// rows takes many seconds to draw, and while answers come in by the hundred it is old before it
// is done: who waited for a new one would never see any. So where making took longer than slow,
// the one of before is given at once, with its instant, while another is made behind it: one
// statement at a time, on one processor, and after a rest, so that looking at pages leaves the
// machine to those who write. One that nobody has looked at for long is waited for like a first
// one.
//
// Who asks for what isn't there waits so long for it, and is then told that it is on its way.
// What has been at work for longer than slow is joined whatever was written since: to begin
// another one for each write, with 2,000 answers a second coming in, was to end none.
//
// Package analytics has a relative, sharedWork. It ends what nobody asks for any more and tells
// its pace; this one goes on for the next to look, and gives the one of before. One type with
// both would be two with a switch.
type renewals[T any] struct {
	clock  func() time.Time
	life   time.Duration
	slow   time.Duration
	writes *writes
	shows  func(T) bool // it can be given later; what waits for something else can't
	whole  func(T) bool // nothing in it is missing

	mu   sync.Mutex
	held map[string]*renewal[T]
}

const (
	slowDrawing   = 2 * time.Second
	restOfDrawing = 1 // times what the last one took: half of one processor
	oldestShown   = 10 * time.Minute
	drawingTime   = 5 * time.Minute  // while somebody waits for it
	behindTime    = 30 * time.Minute // while the one of before is shown
)

// renewal is what is known of one thing.
type renewal[T any] struct {
	made  bool // thing is one
	thing T
	whole bool
	after int64     // writes before it was begun
	at    time.Time // it was begun
	ended time.Time
	took  time.Duration
	err   error      // of the last making, which nobody was told: the first who asks is
	now   *making[T] // nil: none
}

// making is one on its way.
type making[T any] struct {
	after  int64
	done   chan struct{} // closed at its end; thing and err are read after that
	thing  T
	at     time.Time
	behind bool
	err    error
	left   bool // somebody's patience ended before it
}

// renewed is a thing as it was made.
type renewed[T any] struct {
	Thing T
	At    time.Time // it is of this instant
	Old   bool      // something was written since, and another is or will be made
	Waits bool      // there is none yet
}

func newRenewals[T any](clock func() time.Time, life time.Duration, w *writes) *renewals[T] {
	always := func(T) bool { return true }
	return &renewals[T]{clock: clock, life: life, slow: slowDrawing, writes: w, shows: always, whole: always, held: map[string]*renewal[T]{}}
}

// of gives the thing under a key. A making that began before a write is for those who asked
// before it, unless it is slow. Without a patience it is waited for to its end.
func (l *renewals[T]) of(ctx context.Context, key string, patience time.Duration, produce func(context.Context) (T, error)) (renewed[T], error) {
	now, after := l.clock(), l.writes.count.Load()
	l.mu.Lock()
	one := l.one(key)
	if err := one.err; err != nil {
		one.err = nil
		l.mu.Unlock()
		return renewed[T]{}, err
	}
	if one.whole && one.after == after && now.Before(one.ended.Add(l.life)) {
		got := renewed[T]{Thing: one.thing, At: one.at}
		l.mu.Unlock()
		return got, nil
	}
	if l.shown(one, now) {
		got := renewed[T]{Thing: one.thing, At: one.at, Old: true}
		if one.now == nil && !now.Before(one.ended.Add(restOfDrawing*one.took)) {
			l.begin(ctx, one, after, produce, true)
		}
		l.mu.Unlock()
		return got, nil
	}
	coming := one.now
	if coming == nil || coming.after != after && now.Before(coming.at.Add(l.slow)) {
		coming = l.begin(ctx, one, after, produce, false)
	}
	l.mu.Unlock()
	return l.wait(ctx, coming, patience, after)
}

// one gives what is known under a key; its caller holds the lock.
func (l *renewals[T]) one(key string) *renewal[T] {
	one := l.held[key]
	if one == nil {
		if len(l.held) >= mostPages {
			l.held = map[string]*renewal[T]{}
		}
		one = &renewal[T]{}
		l.held[key] = one
	}
	return one
}

// shown tells whether the one of before is given while another is made.
func (l *renewals[T]) shown(one *renewal[T], now time.Time) bool {
	if !one.made || one.took <= l.slow {
		return false
	}
	return one.now != nil && one.now.behind || now.Before(one.ended.Add(max(oldestShown, 2*restOfDrawing*one.took)))
}

func (l *renewals[T]) wait(ctx context.Context, coming *making[T], patience time.Duration, after int64) (renewed[T], error) {
	var enough <-chan time.Time
	if patience > 0 {
		enough = time.After(patience)
	}
	select {
	case <-enough:
		l.mu.Lock()
		defer l.mu.Unlock()
		coming.left = true
		return renewed[T]{Waits: true}, nil
	case <-coming.done:
		return renewed[T]{Thing: coming.thing, At: coming.at, Old: coming.after != after}, coming.err
	case <-ctx.Done():
		return renewed[T]{}, ctx.Err()
	}
}

// begin makes one beside those who wait, or behind them where they have the one of before; its
// caller holds the lock.
func (l *renewals[T]) begin(ctx context.Context, one *renewal[T], after int64, produce func(context.Context) (T, error), behind bool) *making[T] {
	coming := &making[T]{after: after, at: l.clock(), behind: behind, done: make(chan struct{})}
	one.now = coming
	// Those who wait for it must not fail because the first of them left.
	ctx, limit := context.WithoutCancel(ctx), drawingTime
	if behind {
		ctx, limit = clickhouse.Behind(ctx), behindTime
	} else {
		ctx = clickhouse.Aside(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	go func() {
		defer cancel()
		defer close(coming.done)
		begun := time.Now()
		defer func() {
			if p := recover(); p != nil { // as observe does for a request: one page, not the program
				var none T
				coming.thing, coming.err = none, fmt.Errorf("draw: %v", p)
			}
			l.keep(one, coming, time.Since(begun))
		}()
		coming.thing, coming.err = produce(ctx)
	}()
	return coming
}

// keep remembers what came of a making.
func (l *renewals[T]) keep(one *renewal[T], coming *making[T], took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.now == coming {
		one.now = nil
	}
	if coming.err != nil {
		if coming.left {
			one.err = coming.err
		}
		return
	}
	sound := l.whole(coming.thing)
	if l.shows(coming.thing) && (sound || !one.whole) && !coming.at.Before(one.at) {
		one.made, one.thing, one.whole, one.after, one.at, one.ended, one.took = true, coming.thing, sound, coming.after, coming.at, l.clock(), took
	}
}
