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

	"shuixuan/app/clickhouse"
)

// endless runs for hours on any machine.
const endless = "SELECT sum(sin(number)) FROM numbers(100000000000000)"

// TestExceptions: errors arrive as the driver's type, with their code.
func TestExceptions(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		check := func(code int32, query string) {
			t.Helper()
			var exception *ch.Exception
			if err := db.Exec(t.Context(), query); !errors.As(err, &exception) || exception.Code != code {
				t.Errorf("%s: got %v, want exception %d", query, err, code)
			}
			rows, err := db.Query(t.Context(), query)
			if err == nil {
				for rows.Next() {
				}
				err = errors.Join(rows.Err(), rows.Close())
			}
			if !errors.As(err, &exception) || exception.Code != code {
				t.Errorf("%s as a query: got %v, want exception %d", query, err, code)
			}
		}
		check(62, "SELEKT 1")              // SYNTAX_ERROR
		check(62, "SELECT 1; SELECT 2")    // one statement at a time, or a bound value could start one
		check(60, "SELECT * FROM missing") // UNKNOWN_TABLE
		check(47, "SELECT missing")        // UNKNOWN_IDENTIFIER
		check(395, "SELECT throwIf(1)")    // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
		check(395, "SELECT throwIf(number = 3000000, '第三百万行') FROM numbers(4000000)")
		if got := value[uint8](t, db, "SELECT 1"); got != 1 {
			t.Error("the handle does not work after errors")
		}
	})
}

// TestSettings: they hold for the statement that brings them and for no other.
func TestSettings(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		read := func(ctx context.Context) string {
			t.Helper()
			var threads string
			if err := db.QueryRow(ctx, "SELECT toString(getSetting('max_threads'))").Scan(&threads); err != nil {
				t.Fatal(err)
			}
			return threads
		}
		before := read(t.Context())
		if got := read(ch.Context(t.Context(), ch.WithSettings(ch.Settings{"max_threads": 7}))); got != "7" {
			t.Errorf("max_threads %s, want 7", got)
		}
		for range 10 { // whichever connection it comes to
			if got := read(t.Context()); got != before {
				t.Errorf("max_threads %s after a statement with 7, want %s", got, before)
			}
		}
		var exception *ch.Exception
		ctx := ch.Context(t.Context(), ch.WithSettings(ch.Settings{"no_such_setting": 1}))
		if err := db.Exec(ctx, "SELECT 1"); !errors.As(err, &exception) || exception.Code != 115 { // UNKNOWN_SETTING
			t.Errorf("unknown setting: %v", err)
		}
		if got := value[string](t, db, "SELECT toString(toDateTime(0))"); got != "1970-01-01 00:00:00" {
			t.Errorf("instants are shown in another zone than UTC: %s", got)
		}
	})
}

// TestMaxExecutionTime: a statement that is bounded ends, and says why.
func TestMaxExecutionTime(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		ctx := ch.Context(t.Context(), ch.WithSettings(ch.Settings{"max_execution_time": 1}))
		start := time.Now()
		var exception *ch.Exception
		if err := db.Exec(ctx, endless); !errors.As(err, &exception) || exception.Code != 159 { // TIMEOUT_EXCEEDED
			t.Errorf("got %v, want exception 159", err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("a limit of one second took %v", took)
		}
	})
}

// TestCancel: a caller who leaves gets an answer at once, and the engine stops
// the work soon after.
func TestCancel(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		check := func(want error, ctx context.Context, stop context.CancelFunc) {
			t.Helper()
			defer stop()
			start := time.Now()
			var sum float64
			if err := db.QueryRow(ctx, endless).Scan(&sum); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("the answer to a cancelled query took %v", took)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, stop)
		check(context.Canceled, ctx, stop)
		ctx, stop = context.WithTimeout(t.Context(), 100*time.Millisecond)
		check(context.DeadlineExceeded, ctx, stop)
		ctx, stop = context.WithCancel(t.Context())
		stop()
		check(context.Canceled, ctx, stop)

		for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			// The marker keeps the question from finding itself.
			running := value[uint64](t, db, "SELECT count() FROM system.processes WHERE current_database = currentDatabase() AND query LIKE 'SELECT sum(sin%'")
			if running == 0 {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("%d abandoned statements still run", running)
			}
		}
	})
}

// TestAbandonedRows: an answer too large to be held, closed half-way or
// cancelled, gives its connection back.
func TestAbandonedRows(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		for i := range 12 { // more often than there are connections
			ctx, stop := context.WithCancel(t.Context())
			rows, err := db.Query(ctx, "SELECT number, repeat('宣', 100) FROM numbers(40000)")
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			if i%2 == 0 {
				stop()
			}
			rows.Close()
			stop()
		}
		if got := value[uint8](t, db, "SELECT 1"); got != 1 {
			t.Error("no connection is left")
		}
	})
}

// TestNestedQueries: a caller may ask again while reading an answer.
func TestNestedQueries(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		rows, err := db.Query(t.Context(), "SELECT number FROM numbers(50)")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var n uint64
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			if got := value[uint64](t, db, "SELECT toUInt64(? + 1)", n); got != n+1 {
				t.Errorf("%d + 1 = %d", n, got)
			}
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
	})
}

// TestParallel: many callers at once, reading and writing, each with settings
// of its own, get their own answers.
func TestParallel(t *testing.T) {
	const callers, rounds = 24, 15
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		run(t, db, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n"+durable)
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for round := range rounds {
					threads := 1 + (caller+round)%3
					ctx := ch.Context(t.Context(), ch.WithSettings(ch.Settings{"max_threads": threads}))
					want := fmt.Sprintf("%d-%d-%s", caller, round, strings.Repeat("水", caller))
					var got, set string
					if err := db.QueryRow(ctx, "SELECT ?, toString(getSetting('max_threads'))", want).Scan(&got, &set); err != nil {
						t.Error(err)
						return
					}
					if got != want || set != fmt.Sprint(threads) {
						t.Errorf("got %q with %s threads, want %q with %d", got, set, want, threads)
					}
				}
				if err := insertOnce(t.Context(), db, fmt.Sprint(caller), uint64(caller)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := value[uint64](t, db, "SELECT uniqExact(n) FROM t"); got != callers {
			t.Errorf("%d rows, want %d", got, callers)
		}
	})
}
