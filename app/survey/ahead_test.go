package survey

import (
	"context"
	"errors"
	"testing"
)

// What is read ahead comes in order and whole; when either side fails the reading has ended before
// the caller hears of it.
func TestReadAhead(t *testing.T) {
	ended := false
	numbers := func(n int, last error) func(context.Context, func(int) error) error {
		return func(_ context.Context, yield func(int) error) error {
			defer func() { ended = true }()
			for i := range n {
				if err := yield(i); err != nil {
					return err
				}
			}
			return last
		}
	}
	next := 0
	count := func(i int) error {
		if i != next {
			t.Fatalf("%d after %d", i, next-1)
		}
		next++
		return nil
	}
	if err := ahead(t.Context(), numbers(1000, nil), count); err != nil || next != 1000 {
		t.Errorf("%d of 1000: %v", next, err)
	}
	torn := errors.New("torn")
	next = 0
	if err := ahead(t.Context(), numbers(600, torn), count); !errors.Is(err, torn) {
		t.Errorf("a reading that fails: %v", err)
	}
	full := errors.New("full")
	ended = false
	if err := ahead(t.Context(), numbers(1_000_000, nil), func(i int) error {
		if i == 300 {
			return full
		}
		return nil
	}); !errors.Is(err, full) {
		t.Errorf("a caller that fails: %v", err)
	}
	if !ended {
		t.Error("the reading goes on behind a caller that has left")
	}
}
