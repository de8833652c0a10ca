package clickhouse

import (
	"context"
	"fmt"
	"time"
)

// Table is how a table lies on disk: its active parts, their rows and bytes.
type Table struct {
	Name               string
	Parts, Rows, Bytes uint64
}

// Broken is a part that the engine has set aside because it could not be read. Folder is where it
// lies. Lost tells that its rows are in no answer: an older part may hold them all, from which this
// one was merged, or a newer one.
type Broken struct {
	Table, Part, Folder string
	Lost                bool
}

// State is how the database is: of a cluster, the server that was asked.
type State struct {
	Tables     []Table // by name
	Broken     []Broken
	Memory     uint64 // bytes that the database counts as its own
	Statements uint64 // that run now, this one included
	Merges     uint64
	Newest     time.Time // of the audit trail; zero while there is none
}

// BrokenParts counts the parts whose rows are lost, by table; tables that have none are there.
func (s *State) BrokenParts() map[string]int {
	all := map[string]int{}
	for _, t := range s.Tables {
		all[t.Name] = 0
	}
	for _, b := range s.Broken {
		if b.Lost {
			all[b.Table]++
		}
	}
	return all
}

// State asks the database how it is. It reads system tables, and the newest event.
func (db *DB) State(ctx context.Context) (*State, error) {
	s := &State{}
	// A table without parts is one of its own: it has none.
	rows, err := db.Query(ctx, `SELECT t.name, countIf(p.active), sumIf(p.rows, p.active), sumIf(p.bytes_on_disk, p.active)
		FROM system.tables AS t LEFT JOIN system.parts AS p ON p.database = t.database AND p.table = t.name
		WHERE t.database = ? AND t.engine LIKE '%MergeTree%' GROUP BY t.name ORDER BY t.name`, db.database)
	if err != nil {
		return nil, fmt.Errorf("ask for tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t Table
		if err := rows.Scan(&t.Name, &t.Parts, &t.Rows, &t.Bytes); err != nil {
			return nil, fmt.Errorf("ask for tables: %w", err)
		}
		s.Tables = append(s.Tables, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ask for tables: %w", err)
	}
	if s.Broken, err = db.Broken(ctx); err != nil {
		return nil, err
	}
	err = db.QueryRow(ctx, `SELECT toUInt64(greatest(0, sumIf(value, metric = 'MemoryTracking'))), toUInt64(sumIf(value, metric = 'Query')), toUInt64(sumIf(value, metric = 'Merge')) FROM system.metrics`).
		Scan(&s.Memory, &s.Statements, &s.Merges)
	if err != nil {
		return nil, fmt.Errorf("ask for metrics: %w", err)
	}
	s.Newest, err = db.Newest(ctx)
	return s, err
}

// Newest is when the newest event of the audit trail was recorded: every write leaves one, so a
// clock before it was set back. Zero while there is none, or no table yet.
func (db *DB) Newest(ctx context.Context) (time.Time, error) {
	var has uint64
	if err := db.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = ? AND name = 'audit_events'`, db.database).Scan(&has); err != nil {
		return time.Time{}, fmt.Errorf("ask for the newest event: %w", err)
	}
	if has == 0 {
		return time.Time{}, nil
	}
	var at time.Time
	if err := db.QueryRow(ctx, `SELECT max(at) FROM audit_events`).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("ask for the newest event: %w", err)
	}
	if at.Unix() <= 0 {
		return time.Time{}, nil
	}
	return at, nil
}

// Broken lists what the engine has set aside when it started; of what it sets aside it says
// nothing itself, and goes on without the rows. Parts that somebody has detached on purpose are not
// among them.
//
// A part is named by the inserts it holds, from one to another. Its rows are there all the same
// where one active part holds them all, or where the parts are back that it was merged from: the
// first and the last of them, since one that is missing in between would be on this list itself.
func (db *DB) Broken(ctx context.Context) ([]Broken, error) {
	rows, err := db.Query(ctx, `SELECT d.table, d.name, any(d.path), NOT (
			countIf(p.min_block_number <= d.min_block_number AND p.max_block_number >= d.max_block_number) > 0
			OR countIf(p.min_block_number = d.min_block_number AND p.max_block_number <= d.max_block_number) > 0
			AND countIf(p.max_block_number = d.max_block_number AND p.min_block_number >= d.min_block_number) > 0) AS lost
		FROM system.detached_parts AS d
		LEFT JOIN (SELECT * FROM system.parts WHERE active) AS p ON p.database = d.database AND p.table = d.table AND p.partition_id = d.partition_id
		WHERE d.database = ? AND d.reason LIKE 'broken%'
		GROUP BY d.table, d.name, d.min_block_number, d.max_block_number ORDER BY d.table, d.name`, db.database)
	if err != nil {
		return nil, fmt.Errorf("ask for broken parts: %w", err)
	}
	defer rows.Close()
	var all []Broken
	for rows.Next() {
		var b Broken
		var lost uint8
		if err := rows.Scan(&b.Table, &b.Part, &b.Folder, &lost); err != nil {
			return nil, fmt.Errorf("ask for broken parts: %w", err)
		}
		b.Lost = lost != 0
		all = append(all, b)
	}
	return all, rows.Err()
}

// Check reads every byte of a table's parts and gives those that don't match their checksums.
func (db *DB) Check(ctx context.Context, table string) ([]string, error) {
	rows, err := db.Query(ctx, "CHECK TABLE "+quoteName(table)+" SETTINGS check_query_single_value_result = 0")
	if err != nil {
		return nil, fmt.Errorf("check table %s: %w", table, err)
	}
	defer rows.Close()
	var bad []string
	for rows.Next() {
		var part, message string
		var passed bool
		if err := rows.Scan(&part, &passed, &message); err != nil {
			return nil, fmt.Errorf("check table %s: %w", table, err)
		}
		if !passed {
			bad = append(bad, part)
		}
	}
	return bad, rows.Err()
}

// Schema is the number of the last migration that the database has, -1 for none, that of the
// last one this program knows, and of a database that has more whether this program may serve on it.
func (db *DB) Schema(ctx context.Context) (has, knows int, beside bool, err error) {
	all, err := load(migrations)
	if err != nil {
		return 0, 0, false, err
	}
	has, knows = -1, len(all)-1
	var there uint64
	if err := db.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = ? AND name = 'schema_migrations'`, db.database).Scan(&there); err != nil {
		return 0, 0, false, fmt.Errorf("read migrations: %w", err)
	}
	if there == 0 {
		return has, knows, false, nil
	}
	applied, err := db.applied(ctx)
	for number := range applied {
		has = max(has, int(number))
	}
	return has, knows, has > knows && besides(applied[uint32(has)], all), err
}
