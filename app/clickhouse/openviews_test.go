package clickhouse_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
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

// TestOpenViews: what is in the tables comes out as the columns say, and what must not come
// out doesn't, whatever it is called.
func TestOpenViews(t *testing.T) {
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
