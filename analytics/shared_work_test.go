package analytics

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patient asks runs of numbers until there is an answer.
func patient(t *testing.T, l *sharedWork[int], news string, work func(context.Context, func(done, of int64)) (*int, error)) (*int, error) {
	t.Helper()
	for range 1000 {
		got, _, err := l.ask(t.Context(), "k", news, 5*time.Millisecond, work)
		if got != nil || err != nil {
			return got, err
		}
	}
	t.Fatal("no answer")
	return nil, nil
}

// TestARunIsMadeOnce however many ask at the same time, and each of them is told how far it is.
func TestARunIsMadeOnce(t *testing.T) {
	l := newSharedWork[int](time.Minute)
	var made atomic.Int64
	ready := make(chan struct{})
	work := func(_ context.Context, tell func(done, of int64)) (*int, error) {
		made.Add(1)
		tell(3, 7)
		<-ready
		answer := 42
		return &answer, nil
	}
	got, pace, err := l.ask(t.Context(), "k", "1", 50*time.Millisecond, work)
	if got != nil || err != nil || pace != (Pace{3, 7}) {
		t.Fatalf("%v %v %v, want the pace", got, pace, err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, _, err := l.ask(t.Context(), "k", "1", time.Minute, work); err != nil || *got != 42 {
				t.Error(got, err)
			}
		})
	}
	close(ready)
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
}

// TestARunThatEverybodyLeftEnds, and whoever comes back begins anew.
func TestARunThatEverybodyLeftEnds(t *testing.T) {
	l := newSharedWork[int](20 * time.Millisecond)
	ended := make(chan error, 1)
	endless := func(ctx context.Context, _ func(done, of int64)) (*int, error) {
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := l.ask(left, "k", "1", time.Minute, endless); !errors.Is(err, context.Canceled) {
		t.Errorf("who left is told %v", err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it runs on for nobody")
	}
	answer := 1
	if got, err := patient(t, l, "1", func(context.Context, func(done, of int64)) (*int, error) { return &answer, nil }); err != nil || got != &answer {
		t.Errorf("who came back got %v %v", got, err)
	}
}

// TestOneRunAtATime: the second waits for its turn, and doesn't hold up who asks.
func TestOneRunAtATime(t *testing.T) {
	l := newSharedWork[int](time.Minute)
	var now, most atomic.Int64
	release := make(chan struct{})
	work := func(context.Context, func(done, of int64)) (*int, error) {
		most.Store(max(most.Load(), now.Add(1)))
		<-release
		now.Add(-1)
		return new(int), nil
	}
	for _, key := range []string{"a", "b", "c"} {
		if got, pace, err := l.ask(t.Context(), key, "1", 10*time.Millisecond, work); got != nil || pace != (Pace{}) || err != nil {
			t.Errorf("%s: %v %v %v", key, got, pace, err)
		}
	}
	close(release)
	for _, key := range []string{"a", "b", "c"} {
		if got, _, err := l.ask(t.Context(), key, "1", time.Minute, work); got == nil || err != nil {
			t.Errorf("%s: %v %v", key, got, err)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
}

// TestNewsMakeARunOld, but one that took longer than anybody waits is given for as long again:
// else who asks again and again while answers come in would never be answered.
func TestNewsMakeARunOld(t *testing.T) {
	made := 0
	counted := func(wait time.Duration) func(context.Context, func(done, of int64)) (*int, error) {
		return func(context.Context, func(done, of int64)) (*int, error) {
			time.Sleep(wait)
			made++
			n := made
			return &n, nil
		}
	}
	quick := newSharedWork[int](time.Minute)
	for _, c := range []struct {
		news string
		want int
	}{{"1", 1}, {"1", 1}, {"2", 2}, {"2", 2}} {
		if got, _, err := quick.ask(t.Context(), "k", c.news, time.Minute, counted(0)); err != nil || *got != c.want {
			t.Errorf("news %s: %v %v, want %d", c.news, *got, err, c.want)
		}
	}
	made = 0
	slow := newSharedWork[int](time.Minute)
	for _, news := range []string{"1", "2", "3"} { // each time there are news, and yet there is an answer
		if got, err := patient(t, slow, news, counted(100*time.Millisecond)); err != nil || *got != 1 {
			t.Errorf("news %s: %v %v", news, got, err)
		}
	}
	time.Sleep(150 * time.Millisecond)
	if got, err := patient(t, slow, "4", counted(0)); err != nil || *got != 2 {
		t.Errorf("later: %v %v", *got, err)
	}
}

// TestAFailureIsToldOnce, also to who asks only after it.
func TestAFailureIsToldOnce(t *testing.T) {
	l := newSharedWork[int](time.Minute)
	broken := errors.New("broken")
	fails := func(context.Context, func(done, of int64)) (*int, error) {
		time.Sleep(30 * time.Millisecond)
		return nil, broken
	}
	if got, _, err := l.ask(t.Context(), "k", "1", time.Millisecond, fails); got != nil || err != nil {
		t.Errorf("%v %v", got, err)
	}
	time.Sleep(60 * time.Millisecond)
	if _, _, err := l.ask(t.Context(), "k", "1", time.Minute, fails); !errors.Is(err, broken) {
		t.Errorf("told %v", err)
	}
	answer := 5
	if got, _, err := l.ask(t.Context(), "k", "1", time.Minute, func(context.Context, func(done, of int64)) (*int, error) { return &answer, nil }); err != nil || got != &answer {
		t.Errorf("after the failure: %v %v", got, err)
	}
}
