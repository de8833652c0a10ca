package job_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"shuixuan/app/job"
)

// ends gathers how jobs ended.
type ends struct {
	mu  sync.Mutex
	all []string
}

func (e *ends) of(id string) func(context.Context, error, string) {
	return func(ctx context.Context, err error, by string) {
		how := "done"
		switch {
		case ctx.Err() != nil:
			how = "no time to be kept"
		case errors.Is(err, context.Canceled):
			how = "cancelled"
		case err != nil:
			how = err.Error()
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.all = append(e.all, id+" "+how+" by "+by)
	}
}

// TestBoard: one at a time, the one that waits can be cancelled, an id runs once, and who
// asked may leave.
func TestBoard(t *testing.T) {
	b, e := job.NewBoard(1), &ends{}
	asked, leave := context.WithCancel(t.Context())
	going, on := make(chan struct{}), make(chan struct{})
	b.Start(asked, "a", "ann", 4, func(ctx context.Context, step job.Step) error {
		step(1, 4, "counting")
		close(going)
		<-on
		return ctx.Err()
	}, e.of("a"))
	<-going
	leave()
	if b.Start(t.Context(), "a", "bob", 1, nil, e.of("a")) {
		t.Error("the same job runs twice")
	}
	b.Start(t.Context(), "b", "bob", 1, func(context.Context, job.Step) error { t.Error("two at once"); return nil }, e.of("b"))
	if pace, going := b.Pace("a"); !going || pace.Percent() != 25 || pace.Doing != "counting" || pace.Left(pace.Since.Add(time.Second)) != 3*time.Second {
		t.Errorf("%+v %v", pace, going)
	}
	if pace, going := b.Pace("b"); !going || !pace.Since.IsZero() || pace.Left(time.Now()) != 0 {
		t.Errorf("one that waits: %+v %v", pace, going)
	}
	if was, err := b.Cancel(t.Context(), "b", "eve"); !was || err != nil {
		t.Error(was, err)
	}
	close(on)
	for _, going := b.Pace("a"); going; _, going = b.Pace("a") {
		time.Sleep(time.Millisecond)
	}
	b.Start(t.Context(), "c", "cat", 1, func(context.Context, job.Step) error { return errors.New("no disk") }, e.of("c"))
	for _, going := b.Pace("c"); going; _, going = b.Pace("c") {
		time.Sleep(time.Millisecond)
	}
	b.Start(t.Context(), "d", "dan", 1, func(ctx context.Context, _ job.Step) error { <-ctx.Done(); return nil }, e.of("d"))
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if was, _ := b.Cancel(t.Context(), "a", "eve"); was {
		t.Error("what has ended was cancelled")
	}
	want := []string{"b cancelled by eve", "a done by ann", "c no disk by cat", "d cancelled by dan"}
	if !slices.Equal(e.all, want) {
		t.Errorf("%q\nwant %q", e.all, want)
	}
}
