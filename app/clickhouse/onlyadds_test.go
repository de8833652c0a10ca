package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// The versions of a program: one, the next step that only adds, one more, and one that doesn't.
func versions(t *testing.T) (one, two, three, other fstest.MapFS) {
	const added = onlyAdds + `ALTER TABLE {{local "things"}} {{onCluster}} ADD COLUMN IF NOT EXISTS note String COMMENT 'rename; drop';

{{distributedColumns "things" "note String"}};

CREATE TABLE IF NOT EXISTS notes {{onCluster}} (word String)
ENGINE = {{everywhere "MergeTree"}} ORDER BY word
SETTINGS {{durable}};
`
	one = files(t, map[string]string{"0001_things.sql": thing})
	two = files(t, map[string]string{"0001_things.sql": thing, "0002_note.sql": added})
	three = files(t, map[string]string{"0001_things.sql": thing, "0002_note.sql": added,
		"0003_more.sql": onlyAdds + "CREATE TABLE IF NOT EXISTS more {{onCluster}} (n UInt8) ENGINE = {{everywhere \"MergeTree\"}} ORDER BY n;\n"})
	other = files(t, map[string]string{"0001_things.sql": thing, "0002_note.sql": strings.TrimPrefix(added, onlyAdds)})
	return
}

// TestOldBesideNew: two programs of two versions on one engine behind a port, which write and read
// while the newer brings the schema up to date and the older starts again, many times over.
func TestOldBesideNew(t *testing.T) {
	handles := behindPort(t, 3)
	old, young, starting := handles[0], handles[1], handles[2]
	one, two, three, other := versions(t)
	if err := old.migrate(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	var written, afterwards atomic.Int64
	var migrated atomic.Bool
	// write adds things and reads them back until it is told to end.
	write := func(db *DB, name, columns string, row func(b driver.Batch, id string) error) {
		busy.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprint(name, " ", n)
				for range 2 { // sent twice, counted once
					add := func(b driver.Batch) error { return row(b, id) }
					there := func(ctx context.Context) (bool, error) {
						var n uint64
						err := db.QueryRow(ctx, "SELECT count() FROM things WHERE id = ?", id).Scan(&n)
						return n > 0, err
					}
					if err := db.InsertOnce(t.Context(), id, "INSERT INTO things ("+columns+")", add, there); err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
				}
				var has uint64
				if err := db.QueryRow(t.Context(), "SELECT count() FROM (SELECT * FROM things FINAL) WHERE id = ?", id).Scan(&has); err != nil || has != 1 {
					t.Errorf("%s reads %d rows of what it wrote: %v", name, has, err)
					return
				}
				written.Add(1)
				if migrated.Load() {
					afterwards.Add(1)
				}
			}
		})
	}
	plain := func(b driver.Batch, id string) error { return b.Append(id, uint32(1)) }
	write(old, "old", "id, revision", plain)
	write(old, "old too", "id, revision", plain)
	for written.Load() < 10 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	if err := young.migrate(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	migrated.Store(true)
	write(young, "young", "id, revision, note", func(b driver.Batch, id string) error { return b.Append(id, uint32(1), "new") })
	for range 10 {
		if err := starting.migrate(t.Context(), one); err != nil || starting.Ahead() != "0002_note" {
			t.Errorf("the older version starts beside the newer: %v, ahead %q", err, starting.Ahead())
		}
		if err := starting.migrate(t.Context(), two); err != nil || starting.Ahead() != "" {
			t.Errorf("the newer version starts: %v, ahead %q", err, starting.Ahead())
		}
	}
	for afterwards.Load() < 200 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	stop()
	busy.Wait()
	var rows, ids uint64
	if err := young.QueryRow(t.Context(), "SELECT count(), uniqExact(id) FROM things").Scan(&rows, &ids); err != nil || rows != ids || int64(rows) != written.Load() {
		t.Errorf("%d rows of %d ids, written %d: %v", rows, ids, written.Load(), err)
	}
	t.Logf("%d rows, %d of them beside the other version", written.Load(), afterwards.Load())

	// Two steps are one too many, whatever they say; the version between may.
	if err := young.migrate(t.Context(), three); err != nil {
		t.Fatal(err)
	}
	var newer *ErrDatabaseNewer
	if err := starting.migrate(t.Context(), one); !errors.As(err, &newer) {
		t.Errorf("two steps behind: %v", err)
	}
	if err := starting.migrate(t.Context(), two); err != nil || starting.Ahead() != "0003_more" {
		t.Errorf("one step behind: %v, ahead %q", err, starting.Ahead())
	}
	var changed *ErrMigrationChanged
	if err := starting.migrate(t.Context(), other); !errors.As(err, &changed) {
		t.Errorf("another text of a step: %v", err)
	}
}

// TestAStepThatDoesMore: an older program refuses to start on it, in words, and what the newer
// one has is as it was.
func TestAStepThatDoesMore(t *testing.T) {
	one, _, _, other := versions(t)
	programs := behindPort(t, 2)
	for _, files := range []fstest.MapFS{one, other} {
		if err := programs[0].migrate(t.Context(), files); err != nil {
			t.Fatal(err)
		}
	}
	var newer *ErrDatabaseNewer
	if err := programs[1].migrate(t.Context(), one); !errors.As(err, &newer) || newer.Has != 2 || newer.Knows != 1 || !strings.Contains(newer.Advice(), "旧程序不能打开") {
		t.Errorf("an older program: %v", err)
	}
	if err := programs[0].migrate(t.Context(), other); err != nil {
		t.Error(err)
	}
}

// TestBesideTheStepsOfToday: of this program's own migrations those that say that they only add let
// the version before start, and no other does.
func TestBesideTheStepsOfToday(t *testing.T) {
	db := openForTest(t)
	all, err := load(migrations)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := all[len(all)-1]
	var newer *ErrDatabaseNewer
	switch err := db.MigrateUntil(t.Context(), last.number-1); {
	case last.onlyAdds() && (err != nil || db.Ahead() != last.name):
		t.Errorf("the version before: %v, ahead %q", err, db.Ahead())
	case !last.onlyAdds() && !errors.As(err, &newer):
		t.Errorf("the version before a step that does more: %v", err)
	}
	if err := db.MigrateUntil(t.Context(), last.number-2); !errors.As(err, &newer) {
		t.Errorf("two versions before: %v", err)
	}
	// The record of a version that kept no such thing, until the next start.
	if err := db.Exec(t.Context(), "ALTER TABLE schema_migrations DROP COLUMN only_adds"); err != nil {
		t.Fatal(err)
	}
	if has, knows, beside, err := db.Schema(t.Context()); err != nil || has != knows || beside {
		t.Errorf("without the column: %d, %d, %t, %v", has, knows, beside, err)
	}
	if err := db.MigrateUntil(t.Context(), last.number-1); !errors.As(err, &newer) {
		t.Errorf("without its word: %v", err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOnlyAdds: what says that it only adds does nothing else, for a server and for a cluster.
func TestOnlyAdds(t *testing.T) {
	all, err := load(migrations)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		for _, cluster := range []string{"", "city"} {
			statements, err := dialect{database: "d", cluster: cluster}.render(m)
			if err == nil {
				err = m.checkAdding(statements)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	for statement, want := range map[string]bool{
		"CREATE TABLE IF NOT EXISTS t (a String) ENGINE = MergeTree ORDER BY a":                            true,
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS a String":                                                  true,
		"ALTER TABLE t_local ON CLUSTER `c` ADD COLUMN IF NOT EXISTS a String, ADD COLUMN IF NOT EXISTS b": true,
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS a String DEFAULT 'drop' COMMENT 'it''s, MODIFY'":           true,
		"ALTER TABLE t ADD INDEX IF NOT EXISTS i a TYPE minmax":                                            true,
		"CREATE OR REPLACE VIEW `open_d`.units ON CLUSTER `c` (a String) AS SELECT 1":                      true,
		"CREATE OR REPLACE VIEW units (a String) AS SELECT 1":                                              false,
		"CREATE MATERIALIZED VIEW IF NOT EXISTS v TO t AS SELECT 1":                                        false,
		"CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a":                                          false,
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS a String AFTER b":                                          false,
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS a String, DROP COLUMN b":                                   false,
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS a String DEFAULT '\\'', modify column b String":            false,
		"ALTER TABLE t MODIFY COLUMN a UInt8":                                                              false,
		"ALTER TABLE t DELETE WHERE 1":                                                                     false,
		"DROP TABLE t":                                                                                     false,
		"INSERT INTO t SELECT 1":                                                                           false,
		"RENAME TABLE t TO u":                                                                              false,
	} {
		m := migration{name: "0002_t", source: []byte(onlyAdds + statement)}
		if err := m.checkAdding([]string{statement}); (err == nil) != want {
			t.Errorf("%s: %v", statement, err)
		}
		if err := (migration{source: []byte(statement)}).checkAdding([]string{statement}); err != nil {
			t.Errorf("%s says nothing of itself: %v", statement, err)
		}
	}
	// One that isn't true is not begun.
	db := openForTest(t)
	err = db.migrate(t.Context(), files(t, map[string]string{"0001_t.sql": onlyAdds + "CREATE TABLE IF NOT EXISTS t (a String) ENGINE = MergeTree ORDER BY a;\nDROP TABLE IF EXISTS u;\n"}))
	if err == nil || !strings.Contains(err.Error(), "0001_t, statement 2") {
		t.Errorf("a file that does more than it says: %v", err)
	}
	var made uint64
	if err := db.QueryRow(t.Context(), "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 't'").Scan(&made); err != nil || made != 0 {
		t.Errorf("its first statement was run: %d, %v", made, err)
	}
}
