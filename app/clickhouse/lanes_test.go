package clickhouse_test

import (
	"context"
	"testing"
	"time"

	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
)

// However many pages are drawn, who takes rows in and who asks for a little gets a connection;
// and what nobody waits for runs one by one, on one processor.
func TestLanes(t *testing.T) {
	db := clickhousetest.Embedded(t)
	ctx, cancel := context.WithCancel(t.Context())
	begun, ended := make(chan struct{}), make(chan error, 20)
	for i := range cap(ended) {
		lane := clickhouse.Aside
		if i%2 == 0 {
			lane = clickhouse.Behind
		}
		go func() {
			begun <- struct{}{}
			ended <- db.Exec(lane(ctx), "SELECT sleepEachRow(1) FROM numbers(600) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null")
		}()
	}
	for range cap(ended) {
		<-begun
	}
	time.Sleep(200 * time.Millisecond) // until they have their connections
	for name, lane := range map[string]func(context.Context) context.Context{"ahead": clickhouse.Ahead, "ordinary": func(c context.Context) context.Context { return c }} {
		quick, stop := context.WithTimeout(t.Context(), 20*time.Second)
		if err := db.Exec(lane(quick), "SELECT number FROM numbers(10)"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		stop()
	}
	cancel()
	for range cap(ended) {
		if err := <-ended; err == nil {
			t.Error("a page's statement ended before it was left: it held nobody up")
		}
	}
	var threads string
	if err := db.QueryRow(clickhouse.Behind(t.Context()), "SELECT toString(getSetting('max_threads'))").Scan(&threads); err != nil || threads != "1" {
		t.Errorf("%s threads behind, want 1: %v", threads, err)
	}
}

// What is sorted and grouped beyond what a statement may hold goes through the disk.
func TestSpill(t *testing.T) {
	db := clickhousetest.Embedded(t)
	parts := func(event string) (n uint64) {
		t.Helper()
		if err := db.QueryRow(t.Context(), "SELECT sum(value) FROM system.events WHERE event = ?", event).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for event, statement := range map[string]string{
		"ExternalSortWritePart":        "SELECT number AS n FROM numbers(3000000) ORDER BY cityHash64(n), n SETTINGS ",
		"ExternalAggregationWritePart": "SELECT cityHash64(number) AS n FROM numbers(3000000) GROUP BY n SETTINGS ",
	} {
		before := parts(event)
		if err := db.Exec(t.Context(), statement+clickhouse.Spill(8<<20)+" FORMAT Null"); err != nil {
			t.Fatal(err)
		}
		if parts(event) == before {
			t.Errorf("%s: nothing went to the disk", event)
		}
	}
}
