package clickhouse_test

import (
	"fmt"
	"math"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
)

// A version is another one after each row of the key, and the same for every program and over a
// restart; rows of other keys leave it alone.
func TestVersion(t *testing.T) {
	db := clickhousetest.Embedded(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(db.Embedded().Handler())
	t.Cleanup(server.Close)
	other := open(t, clickhouse.Config{DSN: server.URL + "/" + db.Database()})
	version := func(db *clickhouse.DB) string {
		t.Helper()
		v, err := db.Version(t.Context(), []string{"response_revisions"}, "campaign = ? AND wave = ?", "c", "w'1")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	row := func(wave string, id, revision int, at string) {
		run(t, db, fmt.Sprintf(`INSERT INTO response_revisions (campaign, wave, id, revision, recorded_at) VALUES ('c', '%s', toUUID('00000000-0000-0000-0000-%012d'), %d, '%s')`, wave, id, revision, at))
	}
	seen := []string{version(db)}
	for i, change := range []func(){
		func() { row(`w\'1`, 1, 1, "2014-10-08 08:00:00.000") },
		func() { row(`w\'1`, 2, 1, "2014-10-08 08:00:00.000") },
		func() { row(`w\'1`, 2, 2, "2014-10-08 08:00:00.000") },
		func() { row(`w\'1`, 3, 1, "2001-10-08 08:00:00.000") },
		func() { // as many rows, of the same instants and revisions
			run(t, db, `ALTER TABLE response_revisions DELETE WHERE toString(id) LIKE '%1' SETTINGS mutations_sync = 2`, `ALTER TABLE responses DELETE WHERE toString(id) LIKE '%1' SETTINGS mutations_sync = 2`)
			row(`w\'1`, 4, 1, "2014-10-08 08:00:00.000")
		},
		func() {
			run(t, db, `ALTER TABLE responses DELETE WHERE toString(id) LIKE '%4' SETTINGS mutations_sync = 2`)
		}, // in one of the tables
	} {
		change()
		now := version(db)
		if slices.Contains(seen, now) {
			t.Errorf("change %d: %s was there before", i, now)
		}
		seen = append(seen, now)
		row("w2", i, 1, "2014-10-08 08:00:00.000")
		if again, elsewhere := version(db), version(other); again != now || elsewhere != now {
			t.Errorf("change %d: %s, then %s, and %s in another program", i, now, again, elsewhere)
		}
	}
}

// What comes to other waves is no news of one; on a server it may be.
func TestNewsOf(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		news := func() string {
			t.Helper()
			text, err := db.NewsOf(t.Context(), "response_revisions", "c", "w1")
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		for _, c := range []struct {
			what    string
			columns string
			rows    [][]any
			news    bool
		}{
			{"another wave", "campaign, wave", [][]any{{"c", "w2"}}, false},
			{"another campaign", "campaign, wave", [][]any{{"c2", "w1"}, {"cw", "1"}}, false},
			{"the wave", "campaign, wave", [][]any{{"c", "w1"}}, true},
			{"the wave among others", "wave, campaign", [][]any{{"w2", "c"}, {"w2", "c"}, {"w1", "c"}, {"w3", "c"}}, true},
			{"who knows", "campaign", [][]any{{"x"}}, true},
		} {
			before := news()
			err := db.Insert(t.Context(), "INSERT INTO response_revisions ("+c.columns+")", func(b driver.Batch) error {
				for _, row := range c.rows {
					if err := b.Append(row...); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if changed := news() != before; changed != c.news && (c.news || db.Embedded() != nil) {
				t.Errorf("a row of %s: news %v", c.what, changed)
			}
		}
	})
}

// Rows that were recorded are given again as they were, of every type and to every place.
func TestReplay(t *testing.T) {
	contract(t, func(t *testing.T, db *clickhouse.DB) {
		type row struct {
			text, choice string
			many         []string
			sets         [][]string
			n            uint64
			x            float64
			on, at       time.Time
			number       int32
		}
		scan := func(rows driver.Rows) []row {
			t.Helper()
			defer rows.Close()
			var all []row
			for rows.Next() {
				var r row
				if err := rows.Scan(&r.text, &r.choice, &r.many, &r.sets, &r.n, &r.x, &r.on, &r.at, &r.number); err != nil {
					t.Fatal(err)
				}
				all = append(all, r)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return all
		}
		record := func(rows, most int) ([]byte, bool, []row) {
			t.Helper()
			answer, err := db.Query(t.Context(), `SELECT concat('水', char(0), '''', toString(number)), toLowCardinality(toString(number % 3)), arrayMap(i -> toLowCardinality(toString(i)), range(number % 4)),
				[[], arrayMap(i -> toString(i), range(number % 2))], bitNot(number), number / 3, toDate('2014-10-08') + number % 300, toDateTime64('2014-10-08 08:00:00.123', 3), toInt32(number) FROM numbers(?)`, rows)
			if err != nil {
				t.Fatal(err)
			}
			recording := clickhouse.Record(answer, most)
			all := scan(recording)
			native, ok := recording.Native()
			return native, ok, all
		}
		for _, n := range []int{0, 1, 5, 70_000} { // the last is several blocks
			native, ok, want := record(n, math.MaxInt)
			if !ok || len(want) != n {
				t.Fatalf("%d rows of %d, recorded: %v", len(want), n, ok)
			}
			rows, err := clickhouse.Replay(native)
			if err != nil {
				t.Fatal(err)
			}
			if got := scan(rows); !reflect.DeepEqual(got, want) {
				t.Errorf("%d rows come back as others: %+v", n, got[:min(3, len(got))])
			}
			if n == 0 {
				continue
			}
			for _, broken := range [][]byte{nil, native[:len(native)/2], native[:len(native)-1], append(slices.Clone(native), 0)} {
				if _, err := clickhouse.Replay(broken); err == nil {
					t.Errorf("%d bytes of %d are replayed", len(broken), len(native))
				}
			}
		}
		if _, ok, all := record(1000, 10_000); ok || len(all) != 1000 {
			t.Errorf("too many rows: recorded %v, read %d", ok, len(all))
		}
	})
}
