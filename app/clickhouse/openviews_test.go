package clickhouse_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/clickhouse/embedded"
)

// asks puts a question from outside and gives the answer as tab-separated text.
func asks(t *testing.T, db *clickhouse.DB, sql string) string {
	t.Helper()
	body, err := db.Ask(t.Context(), clickhouse.Question{SQL: sql, Format: "TSV"})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Trim(string(body), "\n")
}

// filled is a database with a row in every table that the open views read, of campaign c, and the
// name of another campaign.
func filled(t *testing.T) *clickhouse.DB {
	t.Helper()
	db := clickhousetest.Embedded(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if err := db.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	define := func(table, campaign, id string, revision int, body string) {
		t.Helper()
		exec("INSERT INTO "+table+" SELECT ?, ?, ?, ?, now64(3), 'person-secret', generateUUIDv4()", campaign, id, revision, body)
	}
	define("campaigns", "c", "c", 1, `{"name":"old"}`)
	define("campaigns", "c", "c", 2, `{"name":"创建","window":{"start":"2016-01-04T00:00:00Z","open":true},"settings":{"smallest_cell":{"value":3,"source":"x"}}}`)
	define("campaigns", "d", "d", 1, `{"name":"另一个"}`)
	define("units", "c", "u", 1, `{"id":"u","name":"住建局","kind":"bureau","note":"note-secret","aliases":["x"],"closed":"2016-05-01T00:00:00Z"}`)
	define("carriers", "c", "banner", 1, `{"name":"横幅"}`)
	define("tasks", "c", "t1", 1, `{"position":3,"field":"社会","title":"挂横幅","lead":["u"],"window":{"start":"2016-02-01T00:00:00Z","end":"2016-03-01T00:00:00Z"},"targets":[{"carrier":"banner","quantity":40,"measure":"条"}],"summary":"summary"}`)
	define("waves", "c", "w1", 1, `{"name":"第一轮","questionnaire":"q","version":2,"closed":true,"strata":[{"code":"a","label":"甲","quota":9,"population":100}],"sampling":{"kind":"census"},"privacy":"x"}`)
	define("waves", "c", "w2", 1, `{"name":"第二轮","questionnaire":"q","version":2}`)
	define("questionnaires", "c", "q", 2, `{"questions":[{"name":"k","type":"single","label":"知道吗","options":[{"code":"1","label":"知道","value":100},{"code":"9","label":"说不清","dont_know":true}]},
		{"name":"m","type":"matrix","label":"满意吗","rows":[{"name":"m1","label":"水"},{"name":"m2","label":"岸"}],"options":[{"code":"1","label":"满意"}]}]}`)
	exec(`INSERT INTO placement_revisions (campaign, id, revision, task, unit, carrier, carrier_text, place, quantity, measure, start, remark, note, reason, permit, state, recorded_by, file, recorded_on)
		VALUES ('c', '11111111-1111-1111-1111-111111111111', 1, 't1', 'u', 'banner', 'carrier-secret', 'place-secret 13800000000', 4, '条', '2016-02-02', 'remark-secret', 'note-secret', '', 'permit-secret', 'submitted', 'person-secret', 'file-secret', '2016-02-03')`)
	exec(`INSERT INTO photos (campaign, id, revision, placement, unit, state, note, sha256, device, file, longitude, grade, source, proves_on, recorded_by)
		VALUES ('c', generateUUIDv4(), 1, '11111111-1111-1111-1111-111111111111', 'u', 'kept', 'note-secret', repeat('a', 64), 'device-secret', 'file-secret', 116.7, 'A', 'camera', '2016-02-04', 'person-secret')`)
	exec(`INSERT INTO inspections (campaign, id, placement, unit, found_on, finding, defects, note, recorded_by)
		VALUES ('c', generateUUIDv4(), '11111111-1111-1111-1111-111111111111', 'u', '2016-02-05', 'damaged', ['soiled'], 'note-secret', 'person-secret')`)
	// respond adds n responses of a stratum; choices and numbers are literals.
	respond := func(wave, stratum, disposition string, late, n int, choices, numbers string) {
		t.Helper()
		exec(fmt.Sprintf(`INSERT INTO response_revisions (campaign, wave, id, revision, questionnaire, version, stratum, unit, distributor, number, mode, disposition, choices, numbers, texts, device, link, recorded_on, recorded_by, late, reason)
			SELECT 'c', '%s', generateUUIDv4(), 1, 'q', 2, '%s', 'u', 'person-secret', 'number-secret', 'link', '%s', %s, %s, map('o', 'answer-secret'), 'device-secret', 'link-secret', '2016-05-03', 'person-secret', %d, 'reason-secret' FROM numbers(%d)`,
			wave, stratum, disposition, choices, numbers, late, n))
	}
	for _, wave := range []string{"w1", "w2"} {
		respond(wave, "a", "complete", 0, 10, "map('k', ['1'], 'x', ['p', 'q'])", "map('n', 4)")
		respond(wave, "a", "complete", 0, 6, "map('k', ['2'], 'x', ['p'])", "map('n', 8)")
		respond(wave, "a", "partial", 0, 1, "map('k', ['3'], 'x', ['r'])", "map()")
		respond(wave, "b", "complete", 0, 2, "map('k', ['1'])", "map('n', 5)") // fewer than three
		respond(wave, "c", "complete", 0, 4, "map('k', ['1'])", "map('n', 5)") // all alike
		respond(wave, "a", "void", 0, 7, "map('k', ['1'])", "map('n', 1)")     // count nowhere
		respond(wave, "a", "complete", 1, 7, "map('k', ['1'])", "map('n', 1)") // late
	}
	return db
}

// TestOpenViews: what is in the tables comes out as the columns say, and what must not come
// out doesn't, whatever it is called.
func TestOpenViews(t *testing.T) {
	db := filled(t)
	exec := func(sql string) {
		t.Helper()
		if err := db.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	check := func(sql, want string) {
		t.Helper()
		if got := asks(t, db, sql); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", sql, got, want)
		}
	}
	check("SELECT * FROM campaigns ORDER BY campaign", "c\t创建\t2016-01-04\t\\N\t3\t0\nd\t另一个\t\\N\t\\N\t5\t0")
	check("SELECT * FROM units", "c\tu\t住建局\tbureau\t\t\\N\t2016-05-01")
	check("SELECT * FROM carriers", "c\tbanner\t横幅")
	check("SELECT * FROM tasks", "c\tt1\t3\t社会\t挂横幅\t['u']\t[]\t2016-02-01\t2016-03-01\t0")
	check("SELECT * FROM targets", "c\tt1\t\tbanner\t40\t条")
	check("SELECT * FROM placements", "c\t11111111-1111-1111-1111-111111111111\tt1\tu\tbanner\t4\t条\t\\N\t2016-02-02\t\\N\t\\N\t\\N\t\tsubmitted\t2016-02-03")
	check("SELECT * FROM photos", "c\t11111111-1111-1111-1111-111111111111\tu\tA\tcamera\t2016-02-04")
	check("SELECT * FROM inspections", "c\t11111111-1111-1111-1111-111111111111\tu\t2016-02-05\tdamaged\t['soiled']\t\\N")
	check("SELECT * FROM waves ORDER BY wave", "c\tw1\t第一轮\tq\t2\t\\N\t\\N\t1\tcensus\nc\tw2\t第二轮\tq\t2\t\\N\t\\N\t0\t")
	check("SELECT * FROM strata", "c\tw1\ta\t甲\t9\t100")
	check("SELECT * FROM questions ORDER BY position, question", "c\tq\t2\t1\tk\tsingle\t知道吗\nc\tq\t2\t2\tm1\tmatrix\t满意吗 水\nc\tq\t2\t2\tm2\tmatrix\t满意吗 岸")
	check("SELECT question, position, option, label, dont_know, value FROM options ORDER BY question, position", "k\t1\t1\t知道\t0\t100\nk\t2\t9\t说不清\t1\t\\N\nm1\t1\t1\t满意\t0\t\\N\nm2\t1\t1\t满意\t0\t\\N")
	check("SELECT * FROM responses_by_day ORDER BY wave", "c\tw1\t2016-05-03\t23\nc\tw2\t2016-05-03\t23")
	check("SELECT stratum, disposition, responses FROM responses_by_stratum WHERE wave = 'w2' ORDER BY stratum, disposition", "a\tcomplete\t16\na\tlate\t7\na\tpartial\t1\na\tvoid\t7\nb\tcomplete\t2\nc\tcomplete\t4")
	// k of a: 1, 6 and 10 of 17. The one is hidden, and the next with it: 17 - 6 - 10 would
	// tell it. x of a: p 16, q 10, r 1 of 17: one person did not choose p. Of b nothing, not even
	// that there is an option: two people, and one row, would be the answer of both.
	check("SELECT wave, stratum, question, option, people, base FROM answers ORDER BY ALL", strings.Join([]string{
		"w1\ta\tk\t1\t10\t17", "w1\ta\tk\t2\t\\N\t17", "w1\ta\tk\t3\t\\N\t17",
		"w1\ta\tx\tp\t\\N\t17", "w1\ta\tx\tq\t10\t17", "w1\ta\tx\tr\t\\N\t17",
		"w1\tc\tk\t1\t4\t4"}, "\n"))
	check("SELECT wave, stratum, question, base, mean FROM numbers ORDER BY ALL", "w1\ta\tn\t16\t5.5\nw1\tb\tn\t\\N\t\\N\nw1\tc\tn\t4\t5")

	// An error that the caller makes tells no row that isn't one of the view: not of a wave that
	// goes on, not of the two people of b.
	for _, hidden := range []string{"wave = 'w2'", "stratum = 'b' AND option = '1'", "option = '1' AND wave = 'w2' AND stratum = 'b'", "stratum = 'b' AND option = '1' AND people > 0", "option = ''"} {
		check("SELECT count() FROM answers WHERE throwIf("+hidden+") = 0", "7")
		check("SELECT count() FROM (SELECT *, "+hidden+" AS h FROM answers) WHERE intDiv(1, h ? 0 : 1) = 1 AND "+hidden, "0")
	}
	check("SELECT count() FROM numbers WHERE throwIf(wave = 'w2' OR ifNull(mean, 1) = 0) = 0", "3")

	// Nothing of a person, of a device, of what was typed, in any column of any view.
	for name := range openColumns(t, db) {
		if got := asks(t, db, "SELECT * FROM "+name+" FORMAT JSONEachRow"); strings.Contains(got, "secret") || strings.Contains(got, "13800000000") {
			t.Errorf("%s tells what is nobody's business: %s", name, got)
		}
	}
	// A driver's limit is of its answer, and of nothing that is asked on the way.
	if _, err := db.Ask(t.Context(), clickhouse.Question{SQL: "SELECT * FROM placements", Format: "TSV", Settings: map[string]string{"max_result_rows": "1"}}); err != nil {
		t.Errorf("one row within a limit of one: %v", err)
	}

	// The views hold nothing. Where one is missing, as after a restore of the tables or a kill
	// on the way, they are made anew.
	exec("DROP VIEW " + clickhouse.OpenDatabase(db.Database()) + ".numbers SYNC")
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("SELECT count() FROM numbers", "3")
	exec("DROP DATABASE " + clickhouse.OpenDatabase(db.Database()) + " SYNC")
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("SELECT name FROM carriers", "横幅")
}

// TestOpenViewsOfOneCampaign: who reads for one campaign sees of every view what who reads all
// sees of that campaign, and nothing of another, whatever is asked and however it fails.
func TestOpenViewsOfOneCampaign(t *testing.T) {
	db := filled(t)
	for _, table := range []string{"units", "carriers", "tasks", "waves", "questionnaires", "placement_revisions", "photos", "inspections", "response_revisions"} {
		if err := db.Exec(t.Context(), "INSERT INTO "+table+" SELECT * REPLACE ('d' AS campaign) FROM (SELECT * FROM "+table+" WHERE campaign = 'c')"); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	ask := func(campaign, sql string) (string, error) {
		body, err := db.Ask(t.Context(), clickhouse.Question{SQL: sql, Format: "TSV", Campaign: campaign})
		return strings.Trim(string(body), "\n"), err
	}
	views := slices.Sorted(maps.Keys(openColumns(t, db)))
	for _, view := range views {
		all := asks(t, db, "SELECT arraySort(groupUniqArray(toString(campaign))) FROM "+view)
		if all != "['c','d']" {
			t.Errorf("%s shows %s to who reads all; its table is missing in this test", view, all)
		}
		// In turn, so that nothing that the engine keeps of one answer comes into another.
		for _, campaign := range []string{"c", "d", "c", "nowhere", "d'", "*", "%"} {
			want := ""
			if campaign == "c" || campaign == "d" {
				want = asks(t, db, "SELECT * FROM "+view+" WHERE campaign = '"+campaign+"' ORDER BY ALL")
			}
			if got, err := ask(campaign, "SELECT * FROM "+view+" ORDER BY ALL"); err != nil || got != want {
				t.Errorf("%s for %s: %v\n%s\nwant\n%s", view, campaign, err, got, want)
			}
		}
		// What an error, a count or a plan would tell of rows that aren't shown.
		for _, sql := range []string{
			"SELECT count() FROM " + view + " WHERE throwIf(campaign = 'd') OR 1",
			"SELECT count() FROM " + view + " WHERE campaign = 'd' AND throwIf(campaign != 'c')",
			"SELECT count() FROM " + view + " WHERE intDiv(1, campaign != 'd') = 1",
			"SELECT sum(intDiv(1, campaign != 'd')) FROM " + view,
			"SELECT count() FROM " + view + " PREWHERE throwIf(campaign = 'd') OR 1", // refused: a view has none
			"SELECT uniq(campaign) FROM " + view + " GROUP BY throwIf(campaign = 'd')",
			"SELECT 1 FROM " + view + " ORDER BY throwIf(campaign = 'd') LIMIT 1",
			"SELECT campaign FROM " + view + " LIMIT 1 BY throwIf(campaign = 'd'), campaign",
			"SELECT count() FROM " + view + " AS a LEFT JOIN (SELECT 'd' AS campaign) AS b USING (campaign) WHERE throwIf(a.campaign = 'd') OR 1",
			"SELECT count() FROM (SELECT 'd' AS campaign) AS a INNER JOIN " + view + " AS b ON a.campaign = b.campaign AND throwIf(b.campaign = 'd') = 0",
			"SELECT count() FROM " + view + " WHERE campaign IN (SELECT campaign FROM campaigns WHERE throwIf(campaign = 'd') OR 1)",
			"SELECT count() FROM (SELECT * FROM " + view + " UNION ALL SELECT * FROM " + view + ") WHERE throwIf(campaign = 'd') OR 1",
		} {
			got, err := ask("c", sql)
			if code, text, _ := clickhouse.Exception(err); err != nil && (!strings.Contains(sql, "PREWHERE") || code != "182") {
				t.Errorf("%s: its error tells of another campaign: %s", sql, text)
			}
			if strings.Contains(got, "d") {
				t.Errorf("%s: %s", sql, got)
			}
		}
	}
	// The rows behind a key that a condition could be moved to.
	for sql, want := range map[string]string{
		"SELECT count() FROM units WHERE throwIf(unit = 'only-d') OR 1":                                            "1",
		"SELECT count() FROM placements WHERE throwIf(task = 'only-d') OR 1":                                       "1",
		"SELECT count() FROM questions WHERE throwIf(questionnaire = 'only-d') OR 1":                               "3",
		"SELECT count() FROM responses_by_day WHERE throwIf(wave = 'only-d') OR 1":                                 "2",
		"SELECT count() FROM answers WHERE throwIf(stratum = 'only-d') OR 1":                                       "7",
		"SELECT count() FROM units AS u WHERE u.unit NOT IN (SELECT unit FROM units WHERE campaign != 'd')":        "0",
		"SELECT (SELECT count() FROM campaigns), (SELECT count() FROM campaigns WHERE campaign = 'd')":             "1\t0",
		"WITH x AS (SELECT * FROM campaigns) SELECT count() FROM x AS a, x AS b":                                   "1",
		"SELECT count() FROM campaigns AS a RIGHT JOIN campaigns AS b ON a.name = b.name":                          "1",
		"SELECT count() FROM (SELECT campaign FROM units EXCEPT SELECT campaign FROM units WHERE campaign='c')":    "0",
		"SELECT 'd' IN (SELECT campaign FROM campaigns), 'd' IN campaigns":                                         "0\t0",
		"SELECT getSetting('query_cache_tag'), (SELECT value FROM system.settings WHERE name = 'query_cache_tag')": "c\tc",
		"SELECT sum(total_rows), sum(total_bytes) FROM system.tables":                                              "\\N\t\\N",
	} {
		for _, more := range []string{
			"INSERT INTO units SELECT 'd', 'only-d', 1, '{}', now64(3), 'x', generateUUIDv4()",
			"INSERT INTO placement_revisions (campaign, id, revision, task) VALUES ('d', generateUUIDv4(), 1, 'only-d')",
			"INSERT INTO questionnaires SELECT 'd', 'only-d', 1, '{\"questions\":[{\"name\":\"z\"}]}', now64(3), 'x', generateUUIDv4()",
			"INSERT INTO response_revisions (campaign, wave, id, revision, stratum, disposition) VALUES ('d', 'only-d', generateUUIDv4(), 1, 'only-d', 'complete')",
		} {
			if err := db.Exec(t.Context(), more); err != nil {
				t.Fatal(err)
			}
		}
		got, err := ask("c", sql)
		if err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", sql, got, err, want)
		}
	}
	// Ways to be somebody else, or to be told what was read on the way.
	for _, sql := range []string{
		"SET query_cache_tag = ''", "SET query_cache_tag = DEFAULT", "SET query_cache_tag = 'd'", "SET profile = 'default'", "SET ROLE ALL",
		"SELECT * FROM campaigns SETTINGS query_cache_tag = ''", "SELECT * FROM campaigns SETTINGS query_cache_tag = DEFAULT", "SELECT * FROM (SELECT * FROM campaigns SETTINGS query_cache_tag = 'd')",
		"SELECT * FROM campaigns UNION ALL SELECT * FROM campaigns SETTINGS query_cache_tag = 'd'", "WITH x AS (SELECT * FROM campaigns SETTINGS query_cache_tag = 'd') SELECT * FROM x",
		"SELECT 1 WHERE 'd' IN (SELECT campaign FROM campaigns SETTINGS query_cache_tag = 'd')", "SELECT (SELECT any(name) FROM campaigns SETTINGS query_cache_tag = 'd')",
		"DESCRIBE TABLE campaigns SETTINGS query_cache_tag = 'd'", "EXPLAIN SELECT * FROM campaigns SETTINGS query_cache_tag = 'd'", "SELECT 1; SET query_cache_tag = ''", "SET query_cache_tag = ''; SELECT * FROM campaigns",
		"SELECT * FROM view(SELECT * FROM campaigns SETTINGS query_cache_tag = 'd')", "SELECT * FROM viewIfPermitted(SELECT * FROM campaigns ELSE null('campaign String'))", "SELECT * FROM merge(currentDatabase(), 'campaigns')",
		"SELECT * FROM remote('127.0.0.1', currentDatabase(), 'campaigns')", "SELECT * FROM cluster('default', currentDatabase(), 'campaigns')", "SELECT * FROM loop(campaigns) LIMIT 9", "SELECT * FROM " + db.Database() + ".campaigns",
		"EXECUTE AS default SELECT * FROM campaigns", "CREATE VIEW mine AS SELECT * FROM campaigns", "CREATE TEMPORARY TABLE mine AS SELECT * FROM campaigns", "SELECT * FROM campaigns INTO OUTFILE '/dev/null'",
		"EXPLAIN SELECT * FROM units WHERE campaign = 'd'", "EXPLAIN ESTIMATE SELECT * FROM units WHERE campaign = 'd'", "EXPLAIN PIPELINE SELECT * FROM units", "EXPLAIN SYNTAX SELECT * FROM units", "EXPLAIN AST SELECT 1", "/* */ explain\nSELECT 1", "SELECT * FROM (EXPLAIN SELECT * FROM units)", "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM units))",
	} {
		if got, err := ask("c", sql); err == nil {
			t.Errorf("%s: taken, %s", sql, got)
		} else if _, _, ok := clickhouse.Exception(err); !ok {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, name := range []string{"query_cache_tag", "query_cache_tag = '', extremes", "QUERY_CACHE_TAG", "profile", "additional_table_filters"} {
		if got, err := db.Ask(t.Context(), clickhouse.Question{SQL: "SELECT campaign FROM campaigns", Format: "TSV", Campaign: "c", Settings: map[string]string{name: "d"}}); err == nil && string(got) != "c\n" {
			t.Errorf("with the setting %s: %s", name, got)
		}
	}
	if got, err := db.Ask(t.Context(), clickhouse.Question{SQL: "SELECT campaign FROM campaigns", Format: "JSON", Campaign: "c", Settings: map[string]string{"output_format_write_statistics": "1"}}); err != nil || strings.Contains(string(got), "rows_read") {
		t.Errorf("an answer tells how many rows were read: %s %v", got, err)
	}
	if got, err := ask("", "EXPLAIN SELECT * FROM units"); err != nil || got == "" {
		t.Errorf("EXPLAIN from who reads all: %q %v", got, err)
	}

	// Where a view is missing, what is made anew is the newest of each, at once.
	if err := db.Exec(t.Context(), "DROP VIEW "+clickhouse.OpenDatabase(db.Database())+".numbers SYNC"); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, view := range views {
		if got, err := ask("c", "SELECT DISTINCT toString(campaign) FROM "+view); err != nil || got != "c" {
			t.Errorf("%s made anew shows %q, %v", view, got, err)
		}
	}
}

// TestTheWall: for a reader of one campaign the engine looks at no condition of theirs where it reads
// a table, only at ours.
func TestTheWall(t *testing.T) {
	db := filled(t)
	views, open := openColumns(t, db), clickhouse.OpenDatabase(db.Database())
	for view, columns := range views {
		plan := func(campaign string) (lines []string) {
			t.Helper()
			ctx := ch.Context(t.Context(), ch.WithSettings(ch.Settings{embedded.GuestCampaign: campaign}))
			rows, err := db.Query(ctx, "EXPLAIN SELECT * FROM "+open+"."+view+" WHERE campaign = 'asked' AND toString("+columns[1].name+") = 'asked'")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					t.Fatal(err)
				}
				lines = append(lines, line)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return lines
		}
		// atTables are the conditions that are looked at where a table is read.
		atTables := func(lines []string) (found []string) {
			for i, line := range lines {
				if strings.Contains(line, "filter column:") || strings.Contains(line, "Filter column:") && i+1 < len(lines) && strings.Contains(lines[i+1], "ReadFromMergeTree") {
					found = append(found, line)
				}
			}
			return found
		}
		of := plan("c")
		for _, line := range atTables(of) {
			if strings.Contains(line, "asked") {
				t.Errorf("%s: looked at beside ours: %s\n%s", view, line, strings.Join(of, "\n"))
			}
		}
		if ours := strings.Join(atTables(of), "\n"); !strings.Contains(ours, "'c'") {
			t.Errorf("%s: our condition isn't among %q", view, ours)
		}
		if all := strings.Join(atTables(plan("")), "\n"); !strings.Contains(all, "asked") {
			t.Errorf("%s: where all may be read a condition doesn't reach the table:\n%s", view, all)
		}
	}
}

// TestOpenViewsOfThePast: the views of a folder of before come to know campaigns at the next start.
func TestOpenViewsOfThePast(t *testing.T) {
	db := clickhousetest.Embedded(t)
	if err := db.MigrateUntil(t.Context(), 17); err != nil {
		t.Fatal(err)
	}
	for _, campaign := range []string{"c", "d"} {
		if err := db.Exec(t.Context(), "INSERT INTO carriers SELECT ?, 'banner', 1, '{}', now64(3), 'x', generateUUIDv4()", campaign); err != nil {
			t.Fatal(err)
		}
	}
	count := func() string {
		body, err := db.Ask(t.Context(), clickhouse.Question{SQL: "SELECT count() FROM carriers", Format: "TSV", Campaign: "c"})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if got := count(); got != "2\n" {
		t.Errorf("before: %s", got)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != "1\n" {
		t.Errorf("after: %s", got)
	}
}

// TestOpenUser: no server is at hand, so the engine's parser judges the text, and what it says.
func TestOpenUser(t *testing.T) {
	db := clickhousetest.Embedded(t)
	for _, c := range []struct{ campaign, want string }{
		{"", "query_cache_tag = '' CONST"},
		{"feicheng", "query_cache_tag = 'feicheng' CONST"},
		{`x' , readonly = '0`, `query_cache_tag = 'x\' , readonly = \'0' CONST`},
	} {
		sql := db.OpenUser("a`b", "it's", c.campaign)
		user, grant, _ := strings.Cut(strings.TrimSpace(sql), ";\n")
		for _, statement := range []string{user, strings.TrimSuffix(grant, ";")} {
			var formatted string
			if err := db.QueryRow(t.Context(), "SELECT formatQuery(?)", statement).Scan(&formatted); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
			if strings.Contains(formatted, "CREATE USER") && (!strings.Contains(formatted, c.want) || !strings.Contains(formatted, "readonly = 1,")) {
				t.Errorf("for %q: %s", c.campaign, formatted)
			}
		}
	}
}

// TestOpenDataIsDocumented: docs/open-data.md tells every view and every column, in the words
// of the schema.
func TestOpenDataIsDocumented(t *testing.T) {
	db := clickhousetest.Embedded(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	columns := openColumns(t, db)
	for _, view := range slices.Sorted(maps.Keys(columns)) {
		comment := asks(t, db, "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = '"+view+"'")
		if comment == "" {
			t.Errorf("%s has no comment", view)
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s%s.\n\n| column | type | |\n|---|---|---|\n", view, strings.ToUpper(comment[:1]), comment[1:])
		for _, c := range columns[view] {
			if c.comment == "" {
				t.Errorf("%s.%s has no comment", view, c.name)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.name, c.typ, c.comment)
		}
	}
	const file, begin, end = "../../docs/open-data.md", "-update -->\n", "\n<!-- end -->"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(raw), begin)
	_, tail, ended := strings.Cut(rest, end[1:])
	if !found || !ended {
		t.Fatalf("%s has no place for the views", file)
	}
	want := head + begin + b.String() + end + tail
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(raw) != want {
		t.Errorf("%s tells other columns than there are; run the test with -update and read the difference", file)
	}
}

// column is one of a view, as the database tells it.
type column struct{ name, typ, comment string }

// openColumns reads the columns of every open view.
func openColumns(t *testing.T, db *clickhouse.DB) map[string][]column {
	t.Helper()
	all := map[string][]column{}
	for line := range strings.Lines(asks(t, db, "SELECT table, name, type, comment FROM system.columns WHERE database = currentDatabase() ORDER BY table, position")) {
		part := strings.Split(strings.TrimRight(line, "\n"), "\t")
		all[part[0]] = append(all[part[0]], column{part[1], part[2], part[3]})
	}
	if len(all) < 10 {
		t.Fatalf("only %d views", len(all))
	}
	return all
}
