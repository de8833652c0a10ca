package clickhouse

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// behindPort gives handles on one database as programs on a server have them.
func behindPort(t *testing.T, n int) []*DB {
	t.Helper()
	inside := openForTest(t)
	server := httptest.NewServer(inside.Embedded().Handler())
	t.Cleanup(server.Close)
	all := make([]*DB, n)
	for i := range all {
		db, err := Open(t.Context(), Config{DSN: server.URL + "/" + inside.Database()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		all[i] = db
	}
	return all
}

// TestMigrateAtOnce: four programs that start at once on an empty server.
func TestMigrateAtOnce(t *testing.T) {
	programs := behindPort(t, 4)
	var all sync.WaitGroup
	for _, db := range programs {
		all.Go(func() {
			if err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	records, err := programs[0].applied(t.Context())
	if err != nil || len(records) != Newest()+1 {
		t.Errorf("%d migrations are recorded, want %d: %v", len(records), Newest()+1, err)
	}
	if left, err := programs[0].locks(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("locks %v are left: %v", left, err)
	}
}

// TestMigratingAlone: never two at a time, each at last, whether the work failed or not.
func TestMigratingAlone(t *testing.T) {
	var at, turns atomic.Int64
	failure := errors.New("failed")
	var all sync.WaitGroup
	for n, db := range behindPort(t, 4) {
		all.Go(func() {
			err := db.migrating(t.Context(), lockLife, func(context.Context) error {
				if at.Add(1) > 1 {
					t.Error("two at a time")
				}
				time.Sleep(50 * time.Millisecond)
				at.Add(-1)
				turns.Add(1)
				if n == 0 {
					return failure
				}
				return nil
			})
			if n == 0 && !errors.Is(err, failure) || n > 0 && err != nil {
				t.Errorf("program %d: %v", n, err)
			}
		})
	}
	all.Wait()
	if turns.Load() != 4 {
		t.Errorf("%d had their turn, want 4", turns.Load())
	}
}

// TestMigratingAfterAKill: the lock of one that was killed holds nobody up for ever.
func TestMigratingAfterAKill(t *testing.T) {
	db := behindPort(t, 1)[0]
	if number, err := db.lock(t.Context(), lockLife); err != nil || number != 1 { // and nothing more is heard of it
		t.Fatal(number, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := db.migrating(short, lockLife, func(context.Context) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a lock whose holder may live: %v", err)
	}
	worked := false
	if err := db.migrating(t.Context(), 2*time.Second, func(context.Context) error { worked = true; return nil }); err != nil || !worked {
		t.Errorf("a dead holder's lock: worked %t, %v", worked, err)
	}
	if left, err := db.locks(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("locks %v are left: %v", left, err)
	}
}

// TestMigratingBesideAnother: who looked before others came and went makes a lock beside a
// living one, and gives it back.
func TestMigratingBesideAnother(t *testing.T) {
	both := behindPort(t, 2)
	if number, err := both[0].lock(t.Context(), lockLife); err != nil || number != 1 {
		t.Fatal(number, err)
	}
	if alone, err := both[1].tryLock(t.Context(), 2, lockLife); err != nil || alone {
		t.Errorf("a second lock beside the first is held: %t, %v", alone, err)
	}
	if left, err := both[0].locks(t.Context()); err != nil || len(left) != 1 || left[0] != 1 {
		t.Errorf("locks %v are left, want the first: %v", left, err)
	}
	if err := both[0].unlock(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
}

// TestMigratingLosesItsLock: whose lock another program has cleared away, since it took it for
// dead, ends its work.
func TestMigratingLosesItsLock(t *testing.T) {
	both := behindPort(t, 2)
	const life = 3 * time.Second
	err := both[0].migrating(t.Context(), life, func(ctx context.Context) error {
		if err := both[1].dropLock(ctx, 1); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * life):
			return errors.New("it went on")
		}
	})
	if !errors.Is(err, context.Canceled) || codeOf(err) != codeUnknownTable {
		t.Errorf("without its lock: %v", err)
	}
}
