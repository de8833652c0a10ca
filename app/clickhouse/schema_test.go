package clickhouse

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// openForTest is the one place where tests inside this package open an engine.
// clickhousetest can't serve them: it imports this package. TestMain, outside,
// sets the engine that both share.
func openForTest(t *testing.T) *DB {
	t.Helper()
	if ForTest == nil {
		t.Fatal("TestMain has not set ForTest")
	}
	return ForTest(t)
}

// ForTest is set by the external half of the tests to clickhousetest.Embedded.
var ForTest func(testing.TB) *DB

// TestSchema: the whole schema as the engine understands it, for people to
// read, and the text that a cluster gets.
func TestSchema(t *testing.T) {
	db := openForTest(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), `SELECT formatQuery(create_table_query) FROM system.tables WHERE database IN (currentDatabase(), ?) ORDER BY database = currentDatabase() DESC, name`, OpenDatabase(db.Database()))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.NewReplacer(OpenDatabase(db.Database())+".", "open.", db.Database()+".", "").Replace(text)+";\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	checkGolden(t, "testdata/schema.golden.sql", strings.Join(all, "\n"))
}

// TestClusterSchema: no cluster is at hand, so the engine's parser judges.
func TestClusterSchema(t *testing.T) {
	db := openForTest(t)
	files, err := load(migrations)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, m := range files {
		statements, err := dialect{database: DefaultDatabase, cluster: "shuixuan"}.render(m)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "-- %s\n\n", m.name)
		for _, s := range statements {
			var formatted string
			if err := db.QueryRow(t.Context(), "SELECT formatQuery(?)", s).Scan(&formatted); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
			fmt.Fprintf(&text, "%s;\n\n", formatted)
		}
	}
	checkGolden(t, "testdata/schema_cluster.golden.sql", text.String())
}

// TestClusterVersion: no cluster is at hand for what is asked of all copies either.
func TestClusterVersion(t *testing.T) {
	db := openForTest(t)
	on := DB{database: DefaultDatabase, cluster: "shuixuan"}
	text := on.versionText([]string{"response_revisions"}, "campaign = 'c' AND wave = 'w1'")
	var formatted string
	if err := db.QueryRow(t.Context(), "SELECT formatQuery(?)", text).Scan(&formatted); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, table := range []string{"response_revisions_local", "responses_local"} {
		if from := "clusterAllReplicas(shuixuan, shuixuan, " + table + ")"; !strings.Contains(formatted, from) {
			t.Errorf("no %s in %s", from, formatted)
		}
	}
}

// TestMigrationsRepeat: every statement can run again, since a file that was
// interrupted does.
func TestMigrationsRepeat(t *testing.T) {
	db := openForTest(t)
	files, err := load(migrations)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range files {
		for range 2 {
			if err := db.apply(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at the change and run the test with -update\n%s", file, got)
	}
}

// TestDrop: a handle can remove its database and make it again.
func TestDrop(t *testing.T) {
	db := openForTest(t)
	ctx := context.Background()
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.Drop(ctx); err != nil {
		t.Fatal(err)
	}
	again, err := db.In(ctx, db.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.Migrate(ctx); err != nil {
		t.Error(err)
	}
}
