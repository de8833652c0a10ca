package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var guestLimits = GuestLimits{Time: 20 * time.Second, Memory: 128 << 20, Rows: 100_000, Bytes: 16 << 20}

// TestGuests: what somebody from outside may ask, and every way round it that we know of.
func TestGuests(t *testing.T) {
	dir := t.TempDir()
	e := start1(t, Config{Dir: dir})
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("of-the-machine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"CREATE DATABASE inner", "CREATE DATABASE open_a",
		"CREATE TABLE inner.people (name String, n UInt64) ENGINE = MergeTree ORDER BY n",
		"INSERT INTO inner.people VALUES ('of-the-table', 1), ('of-the-table', 2)",
		"CREATE VIEW open_a.counted (n UInt64 COMMENT 'how many') DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT n FROM inner.people",
		"CREATE VIEW open_a.careless AS SELECT name FROM inner.people", // without a definer: with the rights of who asks
	} {
		tsv(t, e, sql)
	}
	ask := func(sql string, changes ...func(*Guest)) (string, error) {
		g := Guest{SQL: sql, Format: "TSV", Database: "open_a"}
		for _, change := range changes {
			change(&g)
		}
		body, err := e.Ask(t.Context(), g, guestLimits)
		return strings.TrimSpace(string(body)), err
	}
	t.Run("taken", func(t *testing.T) {
		for sql, want := range map[string]string{
			"SELECT sum(n) FROM counted":                                                                               "3",
			"select n from open_a.counted order by n desc limit 1 ;":                                                   "2",
			"WITH c AS (SELECT n FROM counted) SELECT max(n), count() FROM c":                                          "2\t2",
			"SELECT a.n FROM counted AS a LEFT JOIN counted AS b USING (n) WHERE n IN (SELECT 2)":                      "2",
			"SELECT n, row_number() OVER (PARTITION BY 1 ORDER BY n) FROM counted WINDOW w AS (ORDER BY n) ORDER BY n": "1\t1\n2\t2",
			"SELECT * EXCEPT (n) REPLACE (1 AS m) FROM (SELECT n, n AS m FROM counted) LIMIT 1":                        "1",
			"SELECT arrayMap(x -> x + 1, [1]), 'file', 'a\nb' AS `b c`":                                                "[2]\tfile\ta\\nb",
			"SELECT 1 UNION ALL SELECT 1":                                                                              "1\n1",
			"SELECT 1 INTERSECT SELECT 1":                                                                              "1",
			"SELECT name FROM system.databases WHERE name = 'inner' OR name LIKE 'open%'":                              "open_a",
			"SELECT count() FROM system.tables WHERE database = 'inner'":                                               "0",
			"SELECT comment FROM system.columns WHERE table = 'counted'":                                               "how many",
			"SELECT table_name FROM information_schema.tables ORDER BY ALL LIMIT 1":                                    "careless",
			"SHOW TABLES LIKE 'counted'":                                                                               "counted",
			"SHOW DATABASES NOT LIKE '%nformation%'":                                                                   "open_a",
			"SHOW TABLES FROM inner":                                                                                   "",
			"EXISTS TABLE open_a.counted":                                                                              "1",
			"DESCRIBE TABLE counted":                                                                                   "n\tUInt64\t\t\thow many",
			"SELECT n FROM counted ORDER BY n WITH FILL FROM 1 TO 4 INTERPOLATE (n AS n)":                              "",
			"SELECT sum(number) FROM numbers(3)":                                                                       "3",
			"SELECT n FROM counted GROUP BY GROUPING SETS ((n)) HAVING n = 1 QUALIFY 1":                                "1",
			"SELECT n FROM counted WHERE 0":                                                                            "",
			"SELECT getSetting('readonly'), currentRoles()":                                                            "1\t['shuixuan_guest']",
		} {
			got, err := ask(sql)
			if want == "" && strings.Contains(sql, "INTERPOLATE") { // the engine wants another column there; that it came so far is enough
				if code, _, _ := Exception(err); code != "475" {
					t.Errorf("%s: %v", sql, err)
				}
				continue
			}
			if err != nil || got != want {
				t.Errorf("%s: %q %v, want %q", sql, got, err, want)
			}
		}
		if got, err := ask("EXPLAIN SELECT n FROM counted"); err != nil || got == "" {
			t.Errorf("EXPLAIN: %q %v", got, err)
		}
		if got, err := ask("SELECT toDateTime(0)", func(g *Guest) { g.Settings = map[string]string{"session_timezone": "Asia/Shanghai"} }); err != nil || got != "1970-01-01 08:00:00" {
			t.Errorf("a zone of the client's own: %q %v", got, err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out.txt")
		for _, sql := range []string{
			// writing, in any shape
			"INSERT INTO inner.people VALUES ('x', 3)", "INSERT INTO counted VALUES (3)", "INSERT INTO counted SELECT 3",
			"INSERT INTO FUNCTION file('" + out + "', 'TSV', 'n UInt8') VALUES (1)",
			"CREATE TABLE open_a.t (n UInt8) ENGINE = Memory", "CREATE TEMPORARY TABLE t (n UInt8)", "CREATE VIEW open_a.w AS SELECT 1", "CREATE DATABASE open_b",
			"CREATE FUNCTION f AS x -> x", "CREATE USER u", "CREATE ROLE r", "GRANT ALL ON *.* TO default", "REVOKE ALL ON *.* FROM default",
			"DROP VIEW open_a.counted", "DROP DATABASE inner", "TRUNCATE TABLE inner.people", "RENAME TABLE inner.people TO inner.q", "EXCHANGE TABLES inner.people AND inner.q",
			"ALTER TABLE inner.people DELETE WHERE 1", "ALTER TABLE inner.people UPDATE name = '' WHERE 1", "DELETE FROM inner.people WHERE 1", "UPDATE inner.people SET name = '' WHERE 1",
			"OPTIMIZE TABLE inner.people FINAL", "SYSTEM STOP MERGES", "SYSTEM FLUSH LOGS", "SYSTEM SHUTDOWN", "DETACH TABLE inner.people", "ATTACH TABLE inner.people",
			"BACKUP DATABASE inner TO File('" + out + "')", "RESTORE DATABASE inner FROM File('" + out + "')",
			"SELECT 1 INTO OUTFILE '" + out + "'", "SELECT n FROM counted INTO OUTFILE '" + out + "' FORMAT TSV", "EXPLAIN SELECT 1 INTO OUTFILE '" + out + "'",
			// changing what holds for the connection
			"SET readonly = 0", "SET max_threads = 8", "SET ROLE shuixuan_program", "SET ROLE DEFAULT", "SET ROLE ALL", "SET DEFAULT ROLE ALL TO default", "USE inner",
			"EXECUTE AS default SELECT 1", "BEGIN TRANSACTION", "KILL QUERY WHERE 1", "KILL MUTATION WHERE 1", "WATCH open_a.counted",
			"SELECT 1 SETTINGS readonly = 0", "SELECT n FROM counted SETTINGS max_memory_usage = 0", "SELECT * FROM (SELECT 1 SETTINGS max_execution_time = 0)",
			"SELECT 1; SELECT name FROM inner.people", "SELECT 1; DROP DATABASE inner", "SELECT 1) UNION ALL (SELECT name FROM inner.people",
			// the program's tables
			"SELECT name FROM inner.people", "SELECT name FROM `inner`.`people`", "SELECT * FROM careless", "SELECT (SELECT any(name) FROM inner.people)",
			"SELECT 1 FROM counted WHERE 'of-the-table' IN (SELECT name FROM inner.people)", "SELECT 'x' IN inner.people", "WITH q AS (SELECT * FROM inner.people) SELECT * FROM q",
			"SELECT * FROM counted JOIN inner.people USING (n)", "SELECT 1 UNION ALL SELECT n FROM inner.people", "DESCRIBE TABLE inner.people", "SHOW CREATE TABLE inner.people",
			"EXPLAIN QUERY TREE SELECT (SELECT any(name) FROM inner.people)", "EXPLAIN SELECT (SELECT any(name) FROM inner.people)",
			"EXISTS TABLE inner.people", "SELECT joinGet('inner.people', 'name', 1)", "SELECT dictGet('inner.people', 'name', 1)",
			// other sources
			"SELECT * FROM file('" + outside + "', 'LineAsString')", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "SELECT * FROM s3('http://127.0.0.1:1/b/k', 'TSV', 'a String')",
			"SELECT * FROM remote('127.0.0.1', inner.people)", "SELECT * FROM remoteSecure('127.0.0.1', inner.people)", "SELECT * FROM cluster('default', inner.people)",
			"SELECT * FROM executable('cat', 'TSV', 'a String')", "SELECT * FROM merge('inner', '.*')", "SELECT * FROM merge('system', 'processes')", "SELECT * FROM loop(inner.people) LIMIT 1",
			"SELECT * FROM mergeTreeIndex(inner, people)", "SELECT * FROM mergeTreeProjection(inner, people, p)", "SELECT * FROM view(SELECT * FROM inner.people)", "SELECT * FROM viewIfPermitted(SELECT * FROM inner.people ELSE null('name String'))",
			"SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))", "SELECT * FROM eval('SELECT name FROM inner.people')", "SELECT * FROM filesystem('/')", "SELECT * FROM sqlite('" + outside + "', 't')",
			"SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')", "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')", "SELECT * FROM mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'a String')", "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')",
			"SELECT * FROM dictionary('d')", "SELECT * FROM input('a String')", "SELECT * FROM format(TSV, 'a')", "SELECT * FROM generateRandom('a String') LIMIT 1", "SELECT * FROM fuzzQuery('SELECT 1') LIMIT 1",
			"SELECT * FROM icebergLocal('/')", "SELECT * FROM deltaLakeLocal('/')", "DESCRIBE TABLE file('" + outside + "', 'LineAsString')", "SELECT * FROM `file`('" + outside + "', LineAsString)",
			// functions that look outside
			"SELECT file('" + outside + "')", "SELECT `file`('" + outside + "')", "SELECT \"file\"('" + outside + "')", "SELECT /* */ file /* */ ('" + outside + "')", "SELECT `f\\x69le`('" + outside + "')",
			"SELECT arrayMap(file, ['" + outside + "'])", "SELECT arrayMap(x -> file(x), ['" + outside + "'])", "WITH x -> file(x) AS f SELECT f('" + outside + "')", "WITH file AS f SELECT f('" + outside + "')",
			"SELECT COLUMNS('.*') APPLY(file) FROM (SELECT '" + outside + "')", "SELECT * APPLY file FROM (SELECT '" + outside + "')", "SELECT * APPLY(x -> file(x)) FROM (SELECT '" + outside + "')",
			"SELECT * FROM numbers(length(file('" + outside + "')))", "SELECT 1 LIMIT length(file('" + outside + "'))", "EXPLAIN SYNTAX SELECT file('" + outside + "')", "EXPLAIN SELECT file('" + outside + "')",
			"SELECT getServerSetting('path')", "SELECT getMacro('shard')", "SELECT showCertificate()", "SELECT filesystemAvailable()", "SELECT logTrace('x')", "SELECT sleep(3)", "SELECT aiGenerate('x')",
			// and that nothing ends
			"SELECT editDistance(repeat('a', 1000000), repeat('b', 1000000))", "SELECT LevenshteinDistance('a', 'b')", "SELECT arrayLevenshteinDistance([1], [2])", "SELECT arrayMap(editDistance, ['a'], ['b'])",
			// the engine's own tables
			"SELECT query FROM system.processes", "SHOW PROCESSLIST", "SELECT * FROM `system`.`processes`", "SELECT * FROM system . /* */ processes", "FROM system.processes SELECT query",
			"SELECT 1 IN system.processes", "SELECT 1 FROM counted WHERE n IN (SELECT 1 FROM system.query_log)", "WITH p AS (SELECT * FROM system.processes) SELECT * FROM p", "SELECT * FROM counted JOIN system.parts USING (n)",
			"SELECT * FROM system.disks", "SELECT * FROM system.named_collections", "SELECT * FROM system.users", "SELECT * FROM system.asynchronous_inserts", "SELECT * FROM system.server_settings", "SELECT * FROM system.user_directories",
			"DESCRIBE TABLE system.processes", "SHOW USERS", "SHOW ACCESS", "SHOW GRANTS", "SHOW FILESYSTEM CACHES FROM x",
			// a line of the tree that isn't one
			"SELECT 1 AS `x\n  TablesInSelectQuery`", "SELECT 1 AS `x\nSelectWithUnionQuery`", "SELECT n AS `x\n`, file('" + outside + "')",
			"", " ", "-- nothing", "/* ", "SELECT", "nonsense", "SELECT 'unclosed", "\x00", strings.Repeat("(", 100_000),
		} {
			got, err := ask(sql)
			if _, _, ok := Exception(err); !ok {
				t.Errorf("%.200s: taken, %q %v", sql, got, err)
			}
			if err != nil && (strings.Contains(err.Error(), "of-the-machine") || strings.Contains(err.Error(), "of-the-table") && !strings.Contains(sql, "of-the-table")) {
				t.Errorf("%s: its refusal tells what it asked for: %v", sql, err)
			}
		}
		if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a file was written: %v", err)
		}
		if got := tsv(t, e, "SELECT count(), sum(n) FROM inner.people"); got != "2\t3" {
			t.Errorf("the table holds %s", got)
		}
		// Another database to stand in, and settings that would take a limit away.
		for _, database := range []string{"inner", "system", "default", "information_schema", "", "open_a`; DROP"} {
			if got, err := ask("SELECT * FROM people", func(g *Guest) { g.Database = database }); err == nil {
				t.Errorf("in %q: %s", database, got)
			}
		}
		// The engine would write the columns' names there.
		for _, format := range []string{"Protobuf", "ProtobufList", "CapnProto", "AvroConfluent"} {
			got, err := ask("SELECT n FROM counted", func(g *Guest) { g.Format, g.Settings = format, map[string]string{"output_format_schema": out} })
			if code, _, _ := Exception(err); code != "164" {
				t.Errorf("a schema as %s: %q %v", format, got, err)
			}
		}
		if _, err := os.Stat(out + ".proto"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a schema was written: %v", err)
		}
		if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a schema was written: %v", err)
		}
		for _, name := range []string{"readonly = 0, max_threads", "no_such_setting", "SQL_x", "output_format_avro_confluent_subject"} {
			if got, err := ask("SELECT 1", func(g *Guest) { g.Settings = map[string]string{name: "1"} }); err == nil {
				t.Errorf("with %s: %s", name, got)
			}
		}
		if got, err := ask("SELECT getSetting('readonly'), getSetting('log_comment')", func(g *Guest) { g.Settings = map[string]string{"readonly": "0", "log_comment": "x"} }); err != nil || !strings.HasPrefix(got, "1\tguest-") {
			t.Errorf("with settings that are ours: %q %v", got, err)
		}
	})
	t.Run("limits", func(t *testing.T) {
		small := GuestLimits{Time: time.Second, Memory: 64 << 20, Rows: 1000, Bytes: 4 << 20}
		for sql, want := range map[string]string{
			"SELECT count() FROM system.numbers":                                 "159", // TIMEOUT_EXCEEDED
			"SELECT uniqExact(number) FROM numbers(100000000)":                   "241", // MEMORY_LIMIT_EXCEEDED
			"SELECT number FROM numbers(100000)":                                 "396", // TOO_MANY_ROWS_OR_BYTES
			"SELECT repeat(toString(number), 1000000) FROM numbers(900)":         "241",
			"SELECT repeat('x', 1000000) FROM numbers(900)":                      "241", // a constant is counted once, its text is not
			"SELECT groupArray(repeat('x', 1000)) FROM numbers(1000000)":         "241",
			"SELECT * FROM numbers(100000000) ORDER BY sin(number) LIMIT 1, 999": "159",
		} {
			// The client's own wishes make no limit wider.
			g := Guest{SQL: sql, Format: "TSV", Database: "open_a", Settings: map[string]string{"max_execution_time": "0.0000001", "max_result_rows": "100000000", "max_result_bytes": "NaN"}}
			limits := small
			if want != "159" { // a busy machine needs longer to take so much memory
				limits.Time = time.Minute
			}
			body, err := e.Ask(t.Context(), g, limits)
			if code, _, _ := Exception(err); code != want {
				t.Errorf("%s: %d bytes, %v, want code %s", sql, len(body), err, want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, err := e.Ask(ctx, Guest{SQL: "SELECT count() FROM system.numbers", Format: "TSV", Database: "open_a"}, guestLimits); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who left got %v", err)
		}
	})
	t.Run("formats", func(t *testing.T) {
		for format, want := range map[string]string{
			"JSONEachRow":                         "{\"n\":1}\n{\"n\":2}\n",
			"JSONCompactEachRowWithNamesAndTypes": "[\"n\"]\n[\"UInt64\"]\n[1]\n[2]\n",
			"RowBinaryWithNamesAndTypes":          "\x01\x01n\x06UInt64\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00",
			"TabSeparatedWithNamesAndTypes":       "n\nUInt64\n1\n2\n",
			"Native":                              "\x01\x02\x01n\x06UInt64\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00",
		} {
			for _, g := range []Guest{{SQL: "SELECT n FROM counted ORDER BY n", Format: format}, {SQL: "SELECT n FROM counted ORDER BY n FORMAT " + format, Format: "TSV"}} {
				g.Database = "open_a"
				if body, err := e.Ask(t.Context(), g, guestLimits); err != nil || string(body) != want {
					t.Errorf("%s as %s: %q %v", g.SQL, g.Format, body, err)
				}
			}
		}
		// More than one block of the engine: one head, one foot.
		body, err := e.Ask(t.Context(), Guest{SQL: "SELECT number FROM numbers(100000)", Format: "JSON", Database: "open_a"}, guestLimits)
		if err != nil || strings.Count(string(body), `"meta"`) != 1 || !strings.Contains(string(body), `"rows": 100000`) {
			t.Errorf("100,000 rows as JSON: %d bytes, %v", len(body), err)
		}
		if body, err := e.Ask(t.Context(), Guest{SQL: "SELECT n FROM counted WHERE 0", Format: "Native", Database: "open_a"}, guestLimits); err != nil || string(body) != "\x01\x00\x01n\x06UInt64" {
			t.Errorf("no rows as Native: %q %v", body, err)
		}
	})
	// What the program itself does goes on as before, on connections that may.
	tsv(t, e, "INSERT INTO inner.people VALUES ('of-the-program', 3)")
	if got := tsv(t, e, "SELECT arraySort(currentRoles())"); got != "['shuixuan_guest','shuixuan_program']" {
		t.Errorf("the program's roles are %s", got)
	}
}
