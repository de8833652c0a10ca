package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// AsOf gives a handle that reads the tables as they stood at an instant: of what was recorded
// later it sees nothing, and of what was corrected later the revision that held then. A
// statement reads as always; the handle puts the rows of then in the place of each table that
// it names. It writes nothing. Closing it does nothing.
//
// Rows carry the instant at which they were taken in, and are there a moment later. Who wants
// the same rows at every reading asks for an instant some seconds ago.
func (db *DB) AsOf(instant time.Time) *DB {
	return &DB{Conn: past{db.Conn, instant.UTC().Format("2006-01-02 15:04:05.000")}, options: db.options, engine: db.engine,
		database: db.database, cluster: db.cluster, where: db.where, news: db.news, watch: db.watch, gate: db.gate}
}

// past is a connection that reads what was.
type past struct {
	driver.Conn
	instant string
}

// newestOf names the tables that hold the newest revision only, with the table that holds all
// of them, and what tells a thing.
var newestOf = map[string]struct{ revisions, key string }{
	"placements":     {"placement_revisions", "campaign, id"},
	"responses":      {"response_revisions", "campaign, wave, id"},
	"photos":         {"photo_revisions", "campaign, placement, id"},
	"second_entries": {"second_entry_revisions", "campaign, wave, response"},
}

// timeless are the tables whose rows have no instant of their own: they are read by the id of
// something that has.
var timeless = map[string]bool{"batch_rows": true}

// read finds a table where it is read. Names of subqueries and functions stand behind FROM too,
// in brackets; ours are lower case.
var read = regexp.MustCompile(`\b(ARRAY\s+)?(FROM|JOIN)(\s+)([a-z_]+)\b([(.])?(\s+AS\s+[a-z_]+)?(\s+FINAL)?`)

func (p past) then(query string) string {
	return read.ReplaceAllStringFunc(query, func(found string) string {
		part := read.FindStringSubmatch(found)
		table, instant := part[4], "toDateTime64('"+p.instant+"', 3, 'UTC')"
		var rows string
		newest, has := newestOf[table]
		switch {
		case timeless[table], part[1] != "", part[5] != "": // an array, a function, a table of the engine's own
			return found
		case has:
			rows = "(SELECT * FROM " + newest.revisions + " WHERE recorded_at <= " + instant + " ORDER BY " + newest.key + ", revision DESC LIMIT 1 BY " + newest.key + ")"
		case table == "audit_events":
			rows = "(SELECT * FROM audit_events WHERE at <= " + instant + ")"
		default:
			final := part[7]
			rows = "(SELECT * FROM " + table + final + " WHERE recorded_at <= " + instant + ")"
		}
		return part[2] + part[3] + rows + part[6]
	})
}

func (p past) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	return p.Conn.Query(ctx, p.then(query), args...)
}

func (p past) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	return p.Conn.QueryRow(ctx, p.then(query), args...)
}

func (p past) Select(ctx context.Context, dest any, query string, args ...any) error {
	return p.Conn.Select(ctx, dest, p.then(query), args...)
}

func (p past) Exec(_ context.Context, query string, _ ...any) error { return unchanging(query) }

func (p past) PrepareBatch(_ context.Context, query string, _ ...driver.PrepareBatchOption) (driver.Batch, error) {
	return nil, unchanging(query)
}

func (p past) AsyncInsert(_ context.Context, query string, _ bool, _ ...any) error {
	return unchanging(query)
}

func (past) Close() error { return nil }

func unchanging(query string) error {
	first, _, _ := strings.Cut(strings.TrimSpace(query), "\n")
	return fmt.Errorf("the past is only read, not written: %s", first)
}
