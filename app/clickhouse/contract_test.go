package clickhouse_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
)

// contract runs a test on an empty database in every mode that this machine
// has. What the program relies on must hold in all of them, by the same code:
// the engine in this process, the same engine behind a port, where the driver
// uses its own transport, and a real server.
func contract(t *testing.T, test func(t *testing.T, db *clickhouse.DB)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		test(t, clickhousetest.Embedded(t))
	})
	t.Run("over a port", func(t *testing.T) {
		inside := clickhousetest.Embedded(t)
		server := httptest.NewServer(inside.Embedded().Handler())
		t.Cleanup(server.Close)
		test(t, open(t, clickhouse.Config{DSN: server.URL + "/" + inside.Database()}))
	})
	t.Run("on a server", func(t *testing.T) {
		if os.Getenv(clickhousetest.Variable) == "" {
			t.Skipf("%s names no server", clickhousetest.Variable)
		}
		test(t, clickhousetest.Empty(t))
	})
}

func open(t *testing.T, cfg clickhouse.Config) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func run(t *testing.T, db *clickhouse.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := db.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// value reads the only value of the only row.
func value[T any](t *testing.T, db *clickhouse.DB, query string, args ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRow(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// durable is what migrations write for every table of rows that count.
const durable = " SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000"

// hostile are texts that a person may type or a file may hold.
var hostile = []string{
	"",
	"节水润泉城",
	"𠮷野家 🚰", // outside the basic plane: four bytes each
	"it's \"quoted\" `so`",
	`back\slash \n \' \\`,
	"line\nbreak\r\ttab",
	"nul\x00in the middle",
	"'; DROP TABLE t; --",
	"? @name $1 {x:String} :y",
	"/* comment */ -- # not",
	"\xff\xfe broken utf-8",
	strings.Repeat("很长", 100_000),
}
