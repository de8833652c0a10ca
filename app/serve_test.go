package main

import (
	"testing"
	"time"
)

// TestStopRightAfterStart: a signal that comes before the first connection once hung the
// server for ever.
func TestStopRightAfterStart(t *testing.T) {
	data := t.TempDir()
	for range 3 {
		s := startServer(t, "--data", data)
		begun := time.Now()
		if code := s.stop(t); code != exitFine {
			t.Errorf("the server ended with %d", code)
		}
		if took := time.Since(begun); took > stopTime {
			t.Errorf("the server took %s to stop without a request", took)
		}
	}
}
