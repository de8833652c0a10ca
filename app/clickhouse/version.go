package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Version gives a text that stands for all rows of a key in tables of revisions, and in the tables
// that hold the newest of them: it is another one when a row has come to any of them or gone, and
// the same for every program, after a restart and in a backup. Who keeps what was read
// asks for it before reading and again after: where both are alike, nothing came in between.
//
// The key is a condition on the columns that the tables are ordered by. Beside their number the
// rows are summed by id, revision and instant, so that no other rows of the same number pass for
// them. Both tables are summed because a row is in one a moment before it is in the other, or for
// longer where a crash came between. (1,000,000 rows, two busy cores: 75 ms; what is asked of
// them takes seconds.)
//
// On a cluster all copies are summed: one that is behind would give the answer of before, and
// changes the version when it has caught up. One that can't be reached is an error.
func (db *DB) Version(ctx context.Context, tables []string, key string, args ...any) (string, error) {
	var values []any
	for range db.summed(tables) {
		values = append(values, args...)
	}
	rows, err := db.Query(ctx, db.versionText(tables, key), values...)
	if err != nil {
		return "", fmt.Errorf("ask for the version of %s: %w", strings.Join(tables, ", "), explain(err, db.where))
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return "", fmt.Errorf("read the version of %s: %w", strings.Join(tables, ", "), err)
		}
		all = append(all, one)
	}
	slices.Sort(all)
	return strings.Join(all, " "), rows.Err()
}

// summed are the tables with those that hold the newest of their rows.
func (db *DB) summed(tables []string) []string {
	all := slices.Clone(tables)
	for newest, of := range newestOf {
		if slices.Contains(tables, of.revisions) {
			all = append(all, newest)
		}
	}
	slices.Sort(all)
	return all
}

func (db *DB) versionText(tables []string, key string) string {
	var parts []string
	for _, table := range db.summed(tables) {
		from := quoteName(table)
		if db.cluster != "" {
			from = fmt.Sprintf("clusterAllReplicas(%s, %s, %s)", quoteName(db.cluster), quoteName(db.database), quoteName(db.dialect().local(table)))
		}
		parts = append(parts, "SELECT concat('"+table+" ', toString(count()), ' ', hex(sum(cityHash64(id) * (toUInt64(toUnixTimestamp64Milli(recorded_at)) * 65536 + revision)))) AS version FROM "+from+" WHERE "+key)
	}
	return strings.Join(parts, "\nUNION ALL\n")
}
