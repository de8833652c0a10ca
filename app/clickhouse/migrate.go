package clickhouse

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Bookkeeping is the number of the file that makes the table in which the others are
// recorded. It runs at every start, before that table is read, so its text may change.
const Bookkeeping = 0

// migration is one numbered file.
type migration struct {
	number uint32
	name   string // 0007_placements_face
	source []byte
	sum    string // sha256 of the source as it lies in the repository
	beside bool   // of a record: a program of the version before may serve
}

var fileName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

// load reads the files in order of their numbers.
func load(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, file := range names {
		base := path.Base(file)
		m := fileName.FindStringSubmatch(base)
		if m == nil {
			return nil, fmt.Errorf("migration %s: name is not number_subject.sql", base)
		}
		n, _ := strconv.ParseUint(m[1], 10, 32)
		if uint64(len(all)) != n {
			return nil, fmt.Errorf("migration %s: expected number %04d", base, len(all))
		}
		source, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", base, err)
		}
		sum := sha256.Sum256(source)
		all = append(all, migration{
			number: uint32(n),
			name:   base[:len(base)-len(".sql")],
			source: bytes.TrimSpace(source),
			sum:    hex.EncodeToString(sum[:]),
		})
	}
	return all, nil
}

// Migrate brings the schema up to date. A second run changes nothing.
//
// ClickHouse has no transaction around definitions. A crash in the middle of a
// file leaves some of its statements applied and the file unrecorded, so the
// whole file runs again: each statement must be repeatable (IF NOT EXISTS).
// A test runs every file twice. Of several programs on one server one does it (see migrating).
func (db *DB) Migrate(ctx context.Context) error {
	return db.migrate(ctx, migrations)
}

// MigrateUntil brings the schema to where the migration of a number leaves it, as an earlier
// version of the program did. Only who tries upgrades wants that.
func (db *DB) MigrateUntil(ctx context.Context, number uint32) error {
	all, err := load(migrations)
	if err != nil {
		return err
	}
	return db.bringUpToDate(ctx, all[:min(int(number)+1, len(all))])
}

// Newest is the number of the last migration that this program knows.
func Newest() int {
	all, err := load(migrations)
	if err != nil {
		panic(err) // of files that are part of the program
	}
	return len(all) - 1
}

func (db *DB) migrate(ctx context.Context, files fs.FS) error {
	all, err := load(files)
	if err != nil {
		return err
	}
	return db.bringUpToDate(ctx, all)
}

// bringUpToDate applies what is not recorded yet. Where all is, nobody is waited for.
func (db *DB) bringUpToDate(ctx context.Context, all []migration) error {
	if db.engine == nil {
		if records, err := db.applied(ctx); err == nil && len(records) >= len(all) {
			return db.applyMissing(ctx, all, records)
		}
	}
	return db.migrating(ctx, lockLife, func(ctx context.Context) error {
		if err := db.apply(ctx, all[Bookkeeping]); err != nil {
			return err
		}
		applied, err := db.applied(ctx)
		if err != nil {
			return err
		}
		return db.applyMissing(ctx, all, applied)
	})
}

func (db *DB) applyMissing(ctx context.Context, all []migration, applied map[uint32]migration) error {
	ahead := ""
	for number, record := range applied {
		if int(number) >= len(all) {
			if !besides(record, all) {
				return &ErrDatabaseNewer{Database: db.database, Has: number, Name: record.name, Knows: all[len(all)-1].number}
			}
			ahead = record.name
			continue
		}
		if m := all[number]; number != Bookkeeping && m.sum != record.sum {
			return &ErrMigrationChanged{Database: db.database, Name: m.name}
		}
	}
	opened, err := db.opened(ctx, all)
	if err != nil {
		return err
	}
	// Open views are the newer program's to make anew: ours may show what its keep back.
	db.ahead = ahead
	return db.bring(ctx, all, applied, opened || ahead != "")
}

// Ahead names the migration that is one step further than this program knows, and beside which it
// may serve, as Migrate found it; empty: there is none.
func (db *DB) Ahead() string { return db.ahead }

// besides tells whether who knows all these may serve on a database with a newer migration.
func besides(record migration, all []migration) bool {
	return record.beside && int(record.number) == len(all)
}

// bring applies and records what isn't. Open views are made anew where one of them is missing.
func (db *DB) bring(ctx context.Context, all []migration, applied map[uint32]migration, opened bool) error {
	for i, m := range all {
		if _, done := applied[m.number]; done {
			if m.opens() && !opened && !madeAnew(m, all[i+1:]) {
				if err := db.apply(ctx, m); err != nil {
					return err
				}
			}
			continue
		}
		if m.number != Bookkeeping {
			if err := db.apply(ctx, m); err != nil {
				return err
			}
		}
		if err := db.record(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// apply runs the statements of one file.
func (db *DB) apply(ctx context.Context, m migration) error {
	statements, err := db.dialect().render(m)
	if err != nil {
		return err
	}
	if err := m.checkAdding(statements); err != nil {
		return err
	}
	for i, s := range statements {
		if err := db.Exec(ctx, s); err != nil {
			return fmt.Errorf("migration %s, statement %d: %w", m.name, i+1, explain(err, db.where))
		}
	}
	return nil
}

// applied reads what is recorded, by number.
func (db *DB) applied(ctx context.Context) (map[uint32]migration, error) {
	rows, err := db.Query(ctx, `SELECT number, name, sha256, only_adds = 1 FROM schema_migrations FINAL ORDER BY number`)
	if codeOf(err) == codeUnknownColumn { // of a version that had none
		rows, err = db.Query(ctx, `SELECT number, name, sha256, false FROM schema_migrations FINAL ORDER BY number`)
	}
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	defer rows.Close()
	records := make(map[uint32]migration)
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.number, &m.name, &m.sum, &m.beside); err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		if m.number == restoreMark {
			if m.name == restoreBegun {
				return nil, &ErrRestoreUnfinished{Where: db.where}
			}
			continue
		}
		records[m.number] = m
	}
	return records, rows.Err()
}

// record remembers a file as applied. Two programs that start at once may both
// apply and record it, which is harmless: the records of a number are read as one.
func (db *DB) record(ctx context.Context, m migration) error {
	return db.Insert(ctx, `INSERT INTO schema_migrations (number, name, sha256, applied_at, only_adds)`, func(b driver.Batch) error {
		only := uint8(0)
		if m.onlyAdds() {
			only = 1
		}
		return b.Append(m.number, m.name, m.sum, time.Now().UTC(), only)
	})
}

// ErrDatabaseNewer is a database that a later version of the program has
// migrated, by more than one step that only adds (onlyadds.go). An older one
// would write rows that the later one misreads.
type ErrDatabaseNewer struct {
	Database   string
	Has, Knows uint32
	Name       string
}

func (e *ErrDatabaseNewer) Error() string {
	return fmt.Sprintf("database %s has migration %s, this program knows up to %04d", e.Database, e.Name, e.Knows)
}

func (e *ErrDatabaseNewer) Advice() string {
	return fmt.Sprintf("数据库“%s”已由更新版本的水宣升级（结构版本 %d，本程序只认识到 %d），旧程序不能打开。请换用新版本的水宣，或恢复升级前的备份。", e.Database, e.Has, e.Knows)
}

// ErrMigrationChanged is an applied file whose text is no longer what was
// applied, so that nobody knows what the tables look like.
type ErrMigrationChanged struct{ Database, Name string }

func (e *ErrMigrationChanged) Error() string {
	return fmt.Sprintf("database %s: migration %s was applied with another text", e.Database, e.Name)
}

func (e *ErrMigrationChanged) Advice() string {
	return fmt.Sprintf("数据库“%s”的结构与本程序不一致（%s 在建库之后被改动过）。请使用与该数据库相配的水宣版本，或恢复备份。", e.Database, e.Name)
}
