package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Two programs that start at once on an empty server, or on one of the version before, would
// both bring the schema up to date. Some files make a view anew; while the slower of the two
// does that, the faster already takes rows, and what came in meanwhile would be in no view.
// So one of them works and the others wait.
//
// The lock is a table: to make one is the only thing that a server lets one of several do. It
// holds the last sign of life of who made it, by the server's clock: theirs may differ. Who
// finds none for lockLife makes the next table, of the next number; of several one succeeds
// here too.

const (
	lockName = "schema_migrating_"
	lockBeat = 5 * time.Second
	lockLife = 45 * time.Second
	lockLook = 200 * time.Millisecond
)

// migrating does work while nobody else brings the schema of this database up to date. A
// folder of our own has no other program, and is not locked. Who held the lock and gave no sign
// for so long is taken for dead.
func (db *DB) migrating(ctx context.Context, life time.Duration, work func(context.Context) error) error {
	if db.engine != nil {
		return work(ctx)
	}
	number, err := db.lock(ctx, life)
	if err != nil {
		return err
	}
	alive, stop := context.WithCancel(ctx)
	beats := make(chan struct{})
	go func() {
		defer close(beats)
		for {
			select {
			case <-time.After(lockBeat):
				_ = db.beat(alive, number) // a missed one is made up for by the next
			case <-alive.Done():
				return
			}
		}
	}()
	err = work(ctx)
	stop()
	<-beats
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockLife)
	defer cancel()
	return errors.Join(err, db.unlock(ctx, number))
}

// lock waits for its turn and gives the number of its table.
func (db *DB) lock(ctx context.Context, life time.Duration) (int, error) {
	for {
		held, silent, err := db.locked(ctx)
		if err != nil {
			return 0, err
		}
		if held == 0 || silent > life {
			err := db.Exec(ctx, fmt.Sprintf("CREATE TABLE %s%d%s (at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')) ENGINE = %s ORDER BY at", lockName, held+1, onCluster(db.cluster), db.dialect().everywhere("MergeTree")))
			if err == nil {
				return held + 1, db.beat(ctx, held+1)
			}
			if !strings.Contains(err.Error(), "already exists") {
				return 0, fmt.Errorf("lock the schema: %w", explain(err, db.where))
			}
		}
		select {
		case <-time.After(lockLook):
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for another program to bring the schema up to date: %w", ctx.Err())
		}
	}
}

// locked gives the number of the newest lock, 0 without one, and since when who holds it has
// given no sign of life.
func (db *DB) locked(ctx context.Context) (number int, silent time.Duration, err error) {
	numbers, err := db.locks(ctx)
	if err != nil || len(numbers) == 0 {
		return 0, 0, err
	}
	number = slices.Max(numbers)
	var milliseconds int64
	err = db.QueryRow(ctx, fmt.Sprintf(`SELECT toInt64(dateDiff('millisecond', greatest(
		(SELECT max(at) FROM %s%d),
		(SELECT max(toDateTime64(metadata_modification_time, 3, 'UTC')) FROM system.tables WHERE database = ? AND name = ?)), now64(3, 'UTC')))`, lockName, number),
		db.database, lockName+strconv.Itoa(number)).Scan(&milliseconds)
	if err != nil && strings.Contains(err.Error(), "UNKNOWN_TABLE") {
		return 0, 0, nil // given back in this moment
	}
	if err != nil {
		return 0, 0, fmt.Errorf("look at the lock of the schema: %w", err)
	}
	return number, time.Duration(milliseconds) * time.Millisecond, nil
}

func (db *DB) locks(ctx context.Context) ([]int, error) {
	rows, err := db.Query(ctx, "SELECT name FROM system.tables WHERE database = ? AND startsWith(name, ?)", db.database, lockName)
	if err != nil {
		return nil, fmt.Errorf("look for locks of the schema: %w", err)
	}
	defer rows.Close()
	var all []int
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("look for locks of the schema: %w", err)
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(name, lockName)); err == nil {
			all = append(all, n)
		}
	}
	return all, rows.Err()
}

// beat gives a sign of life.
func (db *DB) beat(ctx context.Context, number int) error {
	return db.Insert(ctx, "", fmt.Sprintf("INSERT INTO %s%d (at)", lockName, number), func(b driver.Batch) error {
		var now time.Time
		if err := db.QueryRow(ctx, "SELECT now64(3, 'UTC')").Scan(&now); err != nil {
			return err
		}
		return b.Append(now)
	})
}

// unlock gives the lock back, and what is left of those who died before.
func (db *DB) unlock(ctx context.Context, number int) error {
	for n := number; n > 0; n-- {
		if err := db.Exec(ctx, fmt.Sprintf("DROP TABLE IF EXISTS %s%d%s SYNC", lockName, n, onCluster(db.cluster))); err != nil {
			return fmt.Errorf("unlock the schema: %w", explain(err, db.where))
		}
	}
	return nil
}
