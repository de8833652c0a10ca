package clickhouse_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"shuixuan/app/clickhouse/clickhousetest"
)

func TestSmoke(t *testing.T) {
	start := time.Now()
	db := clickhousetest.Open(t)
	t.Log("open+migrate", time.Since(start), db.Embedded())
	ctx := t.Context()
	var v, d string
	if err := db.QueryRow(ctx, "SELECT version(), currentDatabase()").Scan(&v, &d); err != nil {
		t.Fatal(err)
	}
	t.Log(v, d)
	if err := db.Exec(ctx, `CREATE TABLE t (a UInt64, s String) ENGINE=MergeTree ORDER BY a SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000`); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := db.Insert(ctx, "tok", "INSERT INTO t (a, s)", func(b driver.Batch) error { return b.Append(uint64(1), "x\x00'\\") })
		if err != nil {
			t.Fatal(err)
		}
	}
	var n uint64
	if err := db.QueryRow(ctx, "SELECT count() FROM t WHERE s = ?", "x\x00'\\").Scan(&n); err != nil {
		t.Fatal(err)
	}
	t.Log("rows after 3 inserts", n)
	start = time.Now()
	for range 200 {
		var one uint8
		if err := db.QueryRow(ctx, "SELECT 1").Scan(&one); err != nil {
			t.Fatal(err)
		}
	}
	t.Log("select 1", time.Since(start)/200)
	start = time.Now()
	for i := range 100 {
		err := db.Insert(ctx, fmt.Sprint(i), "INSERT INTO t (a, s)", func(b driver.Batch) error { return b.Append(uint64(1), "y") })
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Log("insert 1", time.Since(start)/100)
	start = time.Now()
	err := db.Insert(ctx, "", "INSERT INTO t (a, s)", func(b driver.Batch) error {
		for i := range 100000 {
			b.Append(uint64(i), strings.Repeat("z", 100))
		}
		return nil
	})
	t.Log("100k", time.Since(start), err)
	db.QueryRow(ctx, "SELECT count() FROM t").Scan(&n)
	t.Log(n)
	rows, err := db.Query(ctx, "SELECT a, s FROM t WHERE 0")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(rows.Columns(), rows.Next(), rows.Err())
	rows.Close()
	_, err = db.Query(ctx, "SELEC 1")
	t.Logf("%T %v", err, err)
	_, err = db.Query(ctx, "SELECT 1; SELECT 2")
	t.Logf("%T %v", err, err)
	rows, err = db.Query(ctx, "SELECT a, s FROM t")
	if err != nil {
		t.Fatal(err)
	}
	c := 0
	for rows.Next() {
		c++
	}
	t.Log(c, rows.Err())
	rows.Close()
	rows, err = db.Query(ctx, "SELECT number, throwIf(number = 9000000) FROM numbers(10000000)")
	t.Log(err)
	if err == nil {
		c = 0
		for rows.Next() {
			c++
		}
		t.Logf("%d %T %v", c, rows.Err(), rows.Err())
	}
	var x float64
	err = db.QueryRow(ch.Context(ctx, ch.WithSettings(ch.Settings{"max_execution_time": 1})), "SELECT sum(sin(number)) FROM numbers(100000000000)").Scan(&x)
	t.Log(err)
	var m string
	db.QueryRow(ctx, "SELECT toString(getSetting('max_execution_time'))||toString(getSetting('session_timezone'))").Scan(&m)
	t.Log(m)
	b, _ := os.ReadFile("/proc/self/status")
	for l := range strings.Lines(string(b)) {
		if strings.HasPrefix(l, "VmRSS") || strings.HasPrefix(l, "Rss") || strings.HasPrefix(l, "Threads") {
			t.Log(l)
		}
	}
}
