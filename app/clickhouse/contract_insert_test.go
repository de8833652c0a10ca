package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/clickhouse"
)

func insertNumbers(ctx context.Context, db *clickhouse.DB, numbers ...uint64) error {
	return db.Insert(ctx, "INSERT INTO t (n)", appendNumbers(numbers))
}

func appendNumbers(numbers []uint64) func(driver.Batch) error {
	return func(b driver.Batch) error {
		for _, n := range numbers {
			if err := b.Append(n); err != nil {
				return err
			}
		}
		return nil
	}
}

// insertOnce inserts under a token whose rows are there when one of the numbers is.
func insertOnce(ctx context.Context, db *clickhouse.DB, token string, numbers ...uint64) error {
	return db.InsertOnce(ctx, token, "INSERT INTO t (n)", appendNumbers(numbers), func(ctx context.Context) (bool, error) {
		var n uint64
		err := db.QueryRow(ctx, "SELECT count() FROM t WHERE n IN (?)", numbers).Scan(&n)
		return n > 0, err
	})
}

// TestToken: the same token adds nothing, another one or none does, of the same rows too.
func TestToken(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		run(t, db, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n"+durable)
		check := func(token string, n, want uint64) {
			t.Helper()
			insert := insertNumbers
			if token != "" {
				insert = func(ctx context.Context, db *clickhouse.DB, numbers ...uint64) error {
					return insertOnce(ctx, db, token, numbers...)
				}
			}
			if err := insert(t.Context(), db, n); err != nil {
				t.Fatal(err)
			}
			if got := value[uint64](t, db, "SELECT count() FROM t"); got != want {
				t.Errorf("%d rows after token %q, want %d", got, token, want)
			}
		}
		check("表一 'a'", 1, 1)
		check("表一 'a'", 1, 1)
		check("b", 1, 2) // the same row under another token is another row
		check("b", 1, 2)
		check("", 7, 3)
		check("", 7, 4) // and so it is under none
		// The token decides, not the rows.
		asked := 0
		err := db.InsertOnce(t.Context(), "b", "INSERT INTO t (n)", appendNumbers([]uint64{9}), func(context.Context) (bool, error) {
			asked++
			return true, nil
		})
		if got := value[uint64](t, db, "SELECT count() FROM t"); err != nil || asked != 1 || got != 4 {
			t.Errorf("%v, asked %d times, %d rows", err, asked, got)
		}
	})
}

// counted makes t, and a view that counts its even numbers.
func counted(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	run(t, db,
		"CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n"+durable,
		"CREATE TABLE parity (even Bool, many UInt64) ENGINE = MergeTree ORDER BY even"+durable,
		"CREATE MATERIALIZED VIEW t_parity TO parity AS SELECT n % 2 = 0 AS even, count() AS many FROM t GROUP BY even")
}

// TestTokenSpent: the engine knows the token and the rows aren't there: they go in all the same,
// once, and an insert that can't be read back is never acknowledged.
func TestTokenSpent(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		counted(t, db)
		if err := insertOnce(t.Context(), db, "spent", 1); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := insertOnce(t.Context(), db, "spent", 2, 4); err != nil {
				t.Fatal(err)
			}
			rows, many := value[uint64](t, db, "SELECT count() FROM t WHERE n IN (2, 4)"), value[uint64](t, db, "SELECT sum(many) FROM parity WHERE even")
			if rows != 2 || many != 2 {
				t.Errorf("%d rows, and %d by the view", rows, many)
			}
		}
		never := func(context.Context) (bool, error) { return false, nil }
		if err := db.InsertOnce(t.Context(), "other", "INSERT INTO t (n)", appendNumbers([]uint64{3}), never); err == nil {
			t.Error("acknowledged what can't be read")
		}
		broken := errors.New("no answer")
		if err := db.InsertOnce(t.Context(), "third", "INSERT INTO t (n)", appendNumbers([]uint64{5}), func(context.Context) (bool, error) { return true, broken }); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
}

// TestViewToken: what a view derives is deduplicated with its source, and two
// different inserts that derive the same row both count.
func TestViewToken(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		counted(t, db)
		for _, token := range []string{"a", "a", "b", "b", "a"} {
			if err := insertOnce(t.Context(), db, token, 2, 4); err != nil {
				t.Fatal(err)
			}
		}
		// Two tokens, two even numbers each.
		if got := value[uint64](t, db, "SELECT sum(many) FROM parity WHERE even"); got != 4 {
			t.Errorf("view counts %d, want 4", got)
		}
	})
}

// TestFinal: of the revisions of a thing, the last one is current.
func TestFinal(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		run(t, db, "CREATE TABLE t (id String, revision UInt32, word String) ENGINE = ReplacingMergeTree(revision) ORDER BY id"+durable)
		for _, revision := range []uint32{1, 3, 2} {
			err := db.Insert(t.Context(), "INSERT INTO t", func(b driver.Batch) error {
				return b.Append("placement", revision, fmt.Sprintf("修订 %d", revision))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := value[string](t, db, "SELECT word FROM t FINAL WHERE id = ?", "placement"); got != "修订 3" {
			t.Errorf("current is %q, want 修订 3", got)
		}
	})
}

// TestLargeBatch: 100,000 rows of 20 columns in one batch, and back.
func TestLargeBatch(t *testing.T) {
	const rowCount, columnCount = 100_000, 20
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		columns := make([]string, columnCount)
		for i := range columns {
			columns[i] = fmt.Sprintf("c%d String", i)
		}
		run(t, db, "CREATE TABLE t ("+strings.Join(columns, ", ")+") ENGINE = MergeTree ORDER BY c0"+durable)
		row := make([]any, columnCount)
		err := db.Insert(t.Context(), "INSERT INTO t", func(b driver.Batch) error {
			for i := range rowCount {
				for c := range row {
					row[c] = fmt.Sprintf("第%d行第%d列", i, c)
				}
				if err := b.Append(row...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// One block arrives as one part, so that it is there as a whole or not
		// at all.
		parts := value[uint64](t, db, "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 't' AND level = 0")
		if parts != 1 {
			t.Errorf("the batch became %d parts, want 1", parts)
		}
		rows, err := db.Query(t.Context(), "SELECT c19 FROM t")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		seen := make(map[string]bool)
		for rows.Next() {
			var last string
			if err := rows.Scan(&last); err != nil {
				t.Fatal(err)
			}
			seen[last] = true
		}
		if rows.Err() != nil || len(seen) != rowCount {
			t.Errorf("read %d different rows, want %d: %v", len(seen), rowCount, rows.Err())
		}
	})
}

// TestRefusedBatch: a batch that can't be sent leaves nothing behind, and the
// handle goes on working.
func TestRefusedBatch(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		run(t, db, "CREATE TABLE t (n UInt64, CONSTRAINT small CHECK n < 100) ENGINE = MergeTree ORDER BY n"+durable)
		reason := errors.New("row 3 is not a number")
		err := db.Insert(t.Context(), "INSERT INTO t (n)", func(driver.Batch) error { return reason })
		if !errors.Is(err, reason) {
			t.Errorf("got %v, want the reason of the caller", err)
		}
		if err := insertNumbers(t.Context(), db); err != nil {
			t.Errorf("an empty batch: %v", err)
		}
		var exception *ch.Exception
		err = insertNumbers(t.Context(), db, 1, 2, 1000)
		if !errors.As(err, &exception) || exception.Code != 469 { // VIOLATED_CONSTRAINT
			t.Errorf("a row the table refuses: got %v, want exception 469", err)
		}
		err = db.Insert(t.Context(), "INSERT INTO missing (n)", func(driver.Batch) error { return nil })
		if !errors.As(err, &exception) || exception.Code != 60 { // UNKNOWN_TABLE
			t.Errorf("a table that is not there: got %v, want exception 60", err)
		}
		if got := value[uint64](t, db, "SELECT count() FROM t"); got != 0 {
			t.Errorf("%d rows of refused batches", got)
		}
	})
}

// TestInsertDuringReads: heavy reads on every connection for reads do not hold
// up an insert. Alone it takes some milliseconds.
func TestInsertDuringReads(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		run(t, db, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n"+durable)
		ctx, stop := context.WithCancel(t.Context())
		var reads sync.WaitGroup
		for range 4 {
			reads.Go(func() {
				var sum float64
				err := db.QueryRow(ctx, "SELECT sum(sin(number)) FROM numbers(100000000000)").Scan(&sum)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("a read of ages ended with %v", err)
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		start := time.Now()
		if err := insertNumbers(t.Context(), db, 1); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("an insert beside four heavy reads took %v", took)
		}
		stop()
		reads.Wait()
	})
}

// TestColumnsAreForgottenWhenATableChanges: the driver asks for them before each insert, and
// may be answered from memory only until a table changes.
func TestColumnsAreForgottenWhenATableChanges(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		insert := func(query string, values ...any) error {
			return db.Insert(t.Context(), query, func(b driver.Batch) error { return b.Append(values...) })
		}
		run(t, db, "CREATE TABLE changing (a String) ENGINE = MergeTree ORDER BY a")
		for range 2 {
			if err := insert("INSERT INTO changing (a)", "x"); err != nil {
				t.Fatal(err)
			}
		}
		if insert("INSERT INTO changing (a, b)", "x", uint8(1)) == nil {
			t.Error("a column that isn't there was written")
		}
		run(t, db, "ALTER TABLE changing ADD COLUMN b UInt8")
		if err := insert("INSERT INTO changing (a, b)", "x", uint8(1)); err != nil {
			t.Error(err)
		}
		run(t, db, "DROP TABLE changing SYNC")
		if insert("INSERT INTO changing (a)", "x") == nil {
			t.Error("a table that isn't there was written")
		}
		run(t, db, "CREATE TABLE changing (a UInt8) ENGINE = MergeTree ORDER BY a")
		if err := insert("INSERT INTO changing (a)", uint8(1)); err != nil {
			t.Error(err)
		}
	})
}
