package clickhouse_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
)

// TestSlowStatements: what takes longer than the limit is told once, with its reference, its rows
// and its text, and without the values it was asked with.
func TestSlowStatements(t *testing.T) {
	var lines strings.Builder
	log := slog.New(slog.NewTextHandler(&lines, nil))
	quick, db := clickhousetest.Empty(t).Watched(time.Hour, log), clickhousetest.Empty(t).Watched(time.Nanosecond, log)
	ctx := clickhouse.For(t.Context(), "A1B2C3")
	ask := func(db *clickhouse.DB) {
		t.Helper()
		rows, err := db.Query(ctx, "SELECT number, ? AS told\nFROM numbers(7)", "张三 13805551234")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		rows.Close() // told once
	}
	ask(quick)
	if lines.Len() > 0 || quick.SlowStatements() != 0 {
		t.Errorf("within the limit, and told: %s", &lines)
	}
	ask(db)
	line := lines.String()
	for _, want := range []string{"slow statement", "reference=A1B2C3", "rows=7", `sql="SELECT number, ? AS told FROM numbers(7)"`, "ms="} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %s", line, want)
		}
	}
	if strings.Contains(line, "张三") || strings.Contains(line, "1380") || strings.Count(line, "slow statement") != 1 || db.SlowStatements() != 1 {
		t.Errorf("told with its values, or more than once: %s", line)
	}
	lines.Reset()
	var n uint8
	if err := db.QueryRow(ctx, "SELECT toUInt8(?)", 5).Scan(&n); err != nil || n != 5 {
		t.Errorf("%d %v", n, err)
	}
	if err := db.Exec(ctx, "CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a"); err != nil {
		t.Fatal(err)
	}
	if err := db.Insert(ctx, "INSERT INTO t (a)", func(b driver.Batch) error { return b.Append("答案") }); err != nil {
		t.Fatal(err)
	}
	if err := db.AsOf(time.Now()).Exec(ctx, "SELECT 1"); err == nil {
		t.Error("the past was written")
	}
	if _, err := db.Query(ctx, "SELECT throwIf(number = 0, '李四') FROM numbers(1)"); err == nil {
		t.Error("no error")
	}
	line = lines.String()
	for _, want := range []string{"SELECT toUInt8(?)", "CREATE TABLE", "INSERT INTO t (a)", "failed=true"} {
		if !strings.Contains(line, want) {
			t.Errorf("%s lacks %s", line, want)
		}
	}
	if strings.Contains(line, "答案") || strings.Contains(line, "李四") {
		t.Errorf("told with its values: %s", line)
	}
}

// TestShown: on one line, without anything quoted or numbered that may be somebody's.
func TestShown(t *testing.T) {
	check := func(query, want string) {
		t.Helper()
		if got := clickhouse.Shown(query); got != want {
			t.Errorf("%q is shown as %q, want %q", query, got, want)
		}
	}
	check("SELECT a\n\tFROM t\nWHERE state = 'complete'", "SELECT a FROM t WHERE state = 'complete'")
	check(`SELECT 'it''s \' mine', 'x'`, `SELECT '…', 'x'`)
	check("SELECT '住建局', 'a1b2'", "SELECT '…', '…'")
	check("WHERE phone = 13805551234 LIMIT 100", "WHERE phone = … LIMIT 100")
	if long := clickhouse.Shown(strings.Repeat("国", 5000)); len(long) > 4010 || !strings.HasSuffix(long, "…") {
		t.Errorf("%d bytes", len(long))
	}
}
