package survey

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/clickhouse/clickhousetest"
)

// TestSignals: what is noted bit by bit goes into few inserts, who asks has all of it at once, and
// what could not be written comes with the next.
func TestSignals(t *testing.T) {
	db := clickhousetest.Embedded(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func() (n, parts uint64) {
		t.Helper()
		if err := db.QueryRow(t.Context(), `SELECT count(), uniqExact(_part) FROM response_signals`).Scan(&n, &parts); err != nil {
			t.Fatal(err)
		}
		return n, parts
	}
	note := func(b *signalBook) error {
		return b.note([]signalRow{{campaign: "c", link: "l", wave: "w", response: uuid.New(), signal: SignalFast, at: time.Now()}})
	}
	if err := db.Exec(t.Context(), `SYSTEM STOP MERGES response_signals`); err != nil {
		t.Fatal(err)
	}
	b := newSignalBook(db)
	b.rest = time.Minute
	if err := b.flush(t.Context()); err != nil {
		t.Errorf("nothing was noted: %v", err)
	}
	for range 30 {
		if err := note(b); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	begun := time.Now()
	if err := b.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, parts := count(); n != 30 || parts > 3 || time.Since(begun) > b.rest {
		t.Errorf("%d of 30 in %d inserts, waited for %s", n, parts, time.Since(begun))
	}

	if err := db.Exec(t.Context(), `RENAME TABLE response_signals TO away`); err != nil {
		t.Fatal(err)
	}
	if err := b.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	b = newSignalBook(db)
	if err := note(b); err != nil {
		t.Fatal(err)
	}
	if err := b.flush(t.Context()); err == nil {
		t.Error("what could not be written is told as written")
	}
	if err := b.flush(t.Context()); err == nil {
		t.Error("and is, to who asks again")
	}
	if err := db.Exec(t.Context(), `RENAME TABLE away TO response_signals`); err != nil {
		t.Fatal(err)
	}
	if err := note(b); err == nil {
		t.Error("noting doesn't tell of the earlier failure")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := b.close(ctx); err != nil {
		t.Fatal(err)
	}
	if n, _ := count(); n != 32 {
		t.Errorf("%d signals, want 32", n)
	}
}
