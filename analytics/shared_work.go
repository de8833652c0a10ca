package analytics

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// sharedWork are computations that take longer than a person waits for a page. The memory of
// other answers doesn't serve them: it knows no progress, and reads on though everybody has
// left. Here who asks waits a little, is told how far it is, and asks again; who asks while
// another does joins the same run; and a run that nobody has asked for in a while ends.
//
// A finished run is kept while the tables have no news. While a wave takes answers there are
// news every second, and who asks again would never be answered: so a run that took longer
// than anybody waits is given for as long again, and says of what instant it is (1,000
// sheets: never; 100,000: for half a minute).
type sharedWork[T any] struct {
	lease time.Duration // a run that nobody has asked for so long ends
	turn  chan struct{} // one run at a time: each uses all processors

	mu   sync.Mutex
	held map[string]*task[T]
}

// mostWork is how many finished runs are kept.
const mostWork = 8

// Pace is how far a run is; Of is 0 while that isn't known.
type Pace struct{ Done, Of int64 }

type task[T any] struct {
	news   string
	slow   time.Duration // it is given for as long again from here on
	cancel context.CancelFunc
	done   chan struct{} // closed at its end; got, err and took are read after that
	got    *T
	err    error
	took   time.Duration

	told, of atomic.Int64

	waiting int       // by the lock of sharedWork, as is what follows
	asked   time.Time // last
	ended   time.Time
}

func newSharedWork[T any](lease time.Duration) *sharedWork[T] {
	return &sharedWork[T]{lease: lease, turn: make(chan struct{}, 1), held: map[string]*task[T]{}}
}

// ask gives what the run under this key comes to, or nil and its pace after the patience. An
// error is given to the first who asks after it, and the next begins anew.
func (l *sharedWork[T]) ask(ctx context.Context, key, news string, patience time.Duration, work func(ctx context.Context, tell func(done, of int64)) (*T, error)) (*T, Pace, error) {
	one := l.join(ctx, key, news, patience, work)
	defer l.leave(key, one)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-one.done:
		return one.got, Pace{}, one.err
	case <-ctx.Done():
		return nil, Pace{}, ctx.Err()
	case <-timer.C:
		return nil, Pace{one.told.Load(), one.of.Load()}, nil
	}
}

func (l *sharedWork[T]) join(ctx context.Context, key, news string, slow time.Duration, work func(context.Context, func(done, of int64)) (*T, error)) *task[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.held[key]
	if one == nil || one.old(news, time.Now()) {
		l.forget()
		one = &task[T]{news: news, slow: slow, done: make(chan struct{})}
		ctx, one.cancel = context.WithCancel(context.WithoutCancel(ctx)) // others wait for it too
		l.held[key] = one
		go l.work(ctx, one, work)
		go l.watch(key, one)
	}
	one.waiting++
	one.asked = time.Now()
	return one
}

// old tells whether a run is one of before the news.
func (one *task[T]) old(news string, now time.Time) bool {
	if one.ended.IsZero() || one.news == news {
		return false
	}
	return one.took <= one.slow || now.After(one.ended.Add(one.took))
}

func (l *sharedWork[T]) leave(key string, one *task[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one.waiting--
	one.asked = time.Now()
	if !one.ended.IsZero() && one.err != nil && l.held[key] == one {
		delete(l.held, key)
	}
}

func (l *sharedWork[T]) work(ctx context.Context, one *task[T], work func(context.Context, func(done, of int64)) (*T, error)) {
	defer one.cancel()
	var got *T
	var err error
	select {
	case l.turn <- struct{}{}:
		began := time.Now()
		got, err = work(ctx, func(done, of int64) { one.told.Store(done); one.of.Store(of) })
		one.took = time.Since(began)
		<-l.turn
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one.got, one.err, one.ended = got, err, time.Now()
	close(one.done)
}

// watch ends a run that everybody has left.
func (l *sharedWork[T]) watch(key string, one *task[T]) {
	tick := time.NewTicker(l.lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-one.done:
			return
		case <-tick.C:
		}
		l.mu.Lock()
		left := one.waiting == 0 && time.Since(one.asked) > l.lease
		if left && l.held[key] == one {
			delete(l.held, key) // who comes back begins anew
		}
		l.mu.Unlock()
		if left {
			one.cancel()
			return
		}
	}
}

// forget makes room by the run that ended first.
func (l *sharedWork[T]) forget() {
	for len(l.held) >= mostWork {
		var first string
		for key, one := range l.held {
			if !one.ended.IsZero() && (first == "" || one.ended.Before(l.held[first].ended)) {
				first = key
			}
		}
		if first == "" {
			return // all of them still run
		}
		delete(l.held, first)
	}
}
