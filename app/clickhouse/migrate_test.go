package clickhouse

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// The tests of the runner are inside the package, for its files; those of the
// schema are in schema_test.go. The engine comes from openForTest there.

const thing = `-- What the runner must cope with: comments, two statements, a
-- semicolon; inside a comment.
CREATE TABLE IF NOT EXISTS {{local "things"}} {{onCluster}}
(
    id       String,
    revision UInt32 COMMENT 'a; b'
)
ENGINE = {{engine "ReplacingMergeTree" "revision"}}
ORDER BY id
SETTINGS {{durable}};

{{distributed "things" "cityHash64(id)"}};

CREATE TABLE IF NOT EXISTS words {{onCluster}} (word String)
ENGINE = {{everywhere "MergeTree"}} ORDER BY word
SETTINGS {{durable}};
`

func files(t *testing.T, more map[string]string) fstest.MapFS {
	t.Helper()
	first, err := migrations.ReadFile("migrations/0000_schema_migrations.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{"migrations/0000_schema_migrations.sql": {Data: first}}
	for name, text := range more {
		all["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func TestMigrate(t *testing.T) {
	db := openForTest(t)
	ctx := t.Context()
	one := files(t, map[string]string{"0001_things.sql": thing})
	for range 2 {
		if err := db.migrate(ctx, one); err != nil {
			t.Fatal(err)
		}
	}
	var recorded, tables uint64
	if err := db.QueryRow(ctx, "SELECT count(), uniqExact(number) FROM schema_migrations").Scan(&recorded, &tables); err != nil {
		t.Fatal(err)
	}
	if recorded != 2 || tables != 2 {
		t.Errorf("%d records of %d migrations after two runs over two files", recorded, tables)
	}

	two := files(t, map[string]string{
		"0001_things.sql":      thing,
		"0002_things_note.sql": "ALTER TABLE {{local \"things\"}} {{onCluster}} ADD COLUMN IF NOT EXISTS note String;\n",
	})
	if err := db.migrate(ctx, two); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(ctx, "SELECT note FROM things"); err != nil {
		t.Errorf("the second file was not applied: %v", err)
	}

	var newer *ErrDatabaseNewer
	if err := db.migrate(ctx, one); !errors.As(err, &newer) || newer.Has != 2 || newer.Knows != 1 {
		t.Errorf("an older program: %v", err)
	} else if !strings.Contains(newer.Advice(), db.Database()) {
		t.Errorf("advice does not name the database: %s", newer.Advice())
	}

	two["migrations/0001_things.sql"].Data = []byte(thing + "\n")
	var changed *ErrMigrationChanged
	if err := db.migrate(ctx, two); !errors.As(err, &changed) || changed.Name != "0001_things" {
		t.Errorf("a changed file: %v", err)
	}
}

// TestMigrateStopped: a file whose second statement fails is not recorded, and
// runs as a whole when it is mended.
func TestMigrateStopped(t *testing.T) {
	db := openForTest(t)
	ctx := t.Context()
	broken := "CREATE TABLE IF NOT EXISTS a (n UInt8) ENGINE = MergeTree ORDER BY n;\nCREATE TABLE b;\n"
	err := db.migrate(ctx, files(t, map[string]string{"0001_ab.sql": broken}))
	if err == nil || !strings.Contains(err.Error(), "0001_ab, statement 2") {
		t.Fatalf("got %v, want the place of the fault", err)
	}
	mended := strings.Replace(broken, "TABLE b", "TABLE IF NOT EXISTS b (n UInt8) ENGINE = MergeTree ORDER BY n", 1)
	if err := db.migrate(ctx, files(t, map[string]string{"0001_ab.sql": mended})); err != nil {
		t.Errorf("mended file: %v", err)
	}
}

func TestMigrationNames(t *testing.T) {
	check := func(want string, names ...string) {
		t.Helper()
		more := make(map[string]string)
		for _, n := range names {
			more[n] = "SELECT 1;"
		}
		if _, err := load(files(t, more)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", names, err, want)
		}
	}
	check("expected number 0001", "0002_gap.sql")
	check("expected number 0002", "0001_a.sql", "0001_b.sql")
	check("not number_subject", "1_short.sql")
	check("not number_subject", "0001.sql")
}

const sparing = ", min_bytes_for_wide_part = 1048576, max_compress_block_size = 65536, vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 3"

func TestDialect(t *testing.T) {
	m := migration{name: "0001_things", source: []byte(thing)}
	check := func(d dialect, want ...string) {
		t.Helper()
		got, err := d.render(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%d statements, want %d: %q", len(got), len(want), got)
		}
		for i := range want {
			if words := strings.Join(strings.Fields(got[i]), " "); words != want[i] {
				t.Errorf("statement %d:\n got %s\nwant %s", i+1, words, want[i])
			}
		}
	}
	check(dialect{database: "d"},
		"CREATE TABLE IF NOT EXISTS things ( id String, revision UInt32 COMMENT 'a; b' ) ENGINE = ReplacingMergeTree(revision) ORDER BY id SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000"+sparing,
		"CREATE TABLE IF NOT EXISTS words (word String) ENGINE = MergeTree ORDER BY word SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000"+sparing)
	check(dialect{database: "d", cluster: "city"},
		"CREATE TABLE IF NOT EXISTS things_local ON CLUSTER `city` ( id String, revision UInt32 COMMENT 'a; b' ) ENGINE = ReplicatedReplacingMergeTree('/shuixuan/{uuid}/{shard}', '{replica}', revision) ORDER BY id SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000",
		"CREATE TABLE IF NOT EXISTS things ON CLUSTER `city` AS things_local ENGINE = Distributed(`city`, `d`, things_local, cityHash64(id))",
		"CREATE TABLE IF NOT EXISTS words ON CLUSTER `city` (word String) ENGINE = ReplicatedMergeTree('/shuixuan/{uuid}/all', '{shard}-{replica}') ORDER BY word SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = 10000")
}
