package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
// for so long is taken for dead; who lives and could give none ends its work before that.
func (db *DB) migrating(ctx context.Context, life time.Duration, work func(context.Context) error) error {
	if db.engine != nil {
		return work(ctx)
	}
	number, err := db.lock(ctx, life)
	if err != nil {
		return err
	}
	holding, lose := context.WithCancelCause(ctx)
	beats := make(chan struct{})
	go func() {
		defer close(beats)
		if err := db.beatWhile(holding, number, life); err != nil {
			lose(err)
		}
	}()
	err = work(holding)
	if lost := context.Cause(holding); err != nil && lost != nil && ctx.Err() == nil {
		err = errors.Join(lost, err)
	}
	lose(nil)
	<-beats
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockLife)
	defer cancel()
	return errors.Join(err, db.unlock(ctx, number))
}

// beatWhile gives signs of life until ctx ends, or none came through for two thirds of the
// time after which others take the lock.
func (db *DB) beatWhile(ctx context.Context, number int, life time.Duration) error {
	last := time.Now()
	tick := time.NewTicker(min(lockBeat, life/9))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if time.Since(last) > life*2/3 { // this process stood still, or the database did
			return errors.New("the lock of the schema was held without a sign of life for too long")
		}
		switch err := db.beat(ctx, number); {
		case err == nil:
			last = time.Now()
		case codeOf(err) == codeUnknownTable:
			return fmt.Errorf("the lock of the schema was taken by another program: %w", explain(err, db.where))
		} // one that is missed for another reason is made up for by the next
	}
}

// lock waits for its turn and gives the number of its table.
func (db *DB) lock(ctx context.Context, life time.Duration) (int, error) {
	for {
		held, silent, err := db.locked(ctx)
		if err != nil {
			return 0, err
		}
		if held == 0 || silent > life {
			alone, err := db.tryLock(ctx, held+1, life)
			if alone || err != nil {
				return held + 1, err
			}
		}
		select {
		case <-time.After(lockLook + rand.N(lockLook)):
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for another program to bring the schema up to date: %w", ctx.Err())
		}
	}
}

// tryLock makes the table of a number, if nobody has. Who looked before others came and
// went may make one beside that of another: it is given back, and both try again.
func (db *DB) tryLock(ctx context.Context, number int, life time.Duration) (alone bool, err error) {
	err = db.Exec(ctx, fmt.Sprintf("CREATE TABLE %s%d%s (at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')) ENGINE = %s ORDER BY at", lockName, number, onCluster(db.cluster), db.dialect().everywhere("MergeTree")))
	if codeOf(err) == codeTableExists {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock the schema: %w", explain(err, db.where))
	}
	switch err := db.beat(ctx, number); {
	case codeOf(err) == codeUnknownTable: // cleared away with what the dead have left
		return false, nil
	case err != nil:
		return false, fmt.Errorf("lock the schema: %w", explain(err, db.where))
	}
	others, err := db.locks(ctx)
	if err != nil {
		return false, err
	}
	for _, other := range others {
		silent, err := db.silence(ctx, other)
		if err != nil {
			return false, err
		}
		if other != number && silent <= life {
			return false, db.dropLock(ctx, number)
		}
	}
	return true, nil
}

// locked gives the number of the newest lock, 0 without one, and since when who holds it has
// given no sign of life.
func (db *DB) locked(ctx context.Context) (number int, silent time.Duration, err error) {
	numbers, err := db.locks(ctx)
	if err != nil || len(numbers) == 0 {
		return 0, 0, err
	}
	number = slices.Max(numbers)
	silent, err = db.silence(ctx, number)
	return number, silent, err
}

// silence is how long nobody has written to a lock. One that was given back in this moment
// is told as alive: who asks looks again.
func (db *DB) silence(ctx context.Context, number int) (time.Duration, error) {
	var milliseconds int64
	err := db.QueryRow(ctx, fmt.Sprintf(`SELECT toInt64(dateDiff('millisecond', greatest(
		(SELECT max(at) FROM %s%d),
		(SELECT max(toDateTime64(metadata_modification_time, 3, 'UTC')) FROM system.tables WHERE database = ? AND name = ?)), now64(3, 'UTC')))`, lockName, number),
		db.database, lockName+strconv.Itoa(number)).Scan(&milliseconds)
	if codeOf(err) == codeUnknownTable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the lock of the schema: %w", explain(err, db.where))
	}
	return time.Duration(milliseconds) * time.Millisecond, nil
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
	return db.Insert(ctx, fmt.Sprintf("INSERT INTO %s%d (at)", lockName, number), func(b driver.Batch) error {
		var now time.Time
		if err := db.QueryRow(ctx, "SELECT now64(3, 'UTC')").Scan(&now); err != nil {
			return err
		}
		return b.Append(now)
	})
}

// unlock clears away what is left of those who died before, and gives the lock back: last,
// since a lower number is free for others from then on.
func (db *DB) unlock(ctx context.Context, number int) error {
	for n := 1; n <= number; n++ {
		if err := db.dropLock(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) dropLock(ctx context.Context, number int) error {
	if err := db.Exec(ctx, fmt.Sprintf("DROP TABLE IF EXISTS %s%d%s SYNC", lockName, number, onCluster(db.cluster))); err != nil {
		return fmt.Errorf("unlock the schema: %w", explain(err, db.where))
	}
	return nil
}
