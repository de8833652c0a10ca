package clickhouse

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Step is a migration by its number, name and the SHA-256 of its text.
type Step struct {
	Number uint32 `json:"number"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Schema are the migrations that this program knows, in their order. The number of the last
// is the version of the schema.
func Schema() ([]Step, error) {
	all, err := load(migrations)
	if err != nil {
		return nil, err
	}
	steps := make([]Step, len(all))
	for i, m := range all {
		steps[i] = Step{m.number, m.name, m.sum}
	}
	return steps, nil
}

// The record of the migrations holds this number while a restore is on its way, so that no
// program takes half a database for a whole one.
const (
	restoreMark  = math.MaxUint32
	restoreBegun = "restore begun"
	restoreEnded = "restore ended"
)

// BeginRestore makes the tables of an empty database as they were at a version of the schema,
// without the views that derive one from the other: what comes back is put in as it was. Until
// EndRestore the database can't be migrated, and so not be used.
func (db *DB) BeginRestore(ctx context.Context, version uint32) error {
	all, err := load(migrations)
	if err != nil {
		return err
	}
	if int(version) >= len(all) {
		return &ErrDatabaseNewer{Database: db.database, Has: version, Name: fmt.Sprintf("%04d", version), Knows: all[len(all)-1].number}
	}
	// The mark comes before the tables: a kill in between would leave what looks like a new database.
	if err := db.apply(ctx, all[Bookkeeping]); err != nil {
		return err
	}
	if err := db.mark(ctx, restoreBegun, time.Unix(0, 0)); err != nil {
		return err
	}
	if err := db.bring(ctx, all[:version+1], nil, true); err != nil {
		return err
	}
	for name := range db.views(all[:version+1]) {
		if err := db.Exec(ctx, "DROP VIEW IF EXISTS "+quoteName(name)+onCluster(db.cluster)+" SYNC"); err != nil {
			return fmt.Errorf("drop view %s: %w", name, err)
		}
	}
	return nil
}

// EndRestore makes the views again and gives the database free. The migrations since the
// version then run as on any older database.
func (db *DB) EndRestore(ctx context.Context, version uint32) error {
	all, err := load(migrations)
	if err != nil {
		return err
	}
	for name, statement := range db.views(all[:version+1]) {
		if err := db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make view %s: %w", name, err)
		}
	}
	return db.mark(ctx, restoreEnded, time.Now())
}

// mark writes the record; the later one holds, whatever a clock does in between.
func (db *DB) mark(ctx context.Context, name string, at time.Time) error {
	return db.Insert(ctx, `INSERT INTO schema_migrations (number, name, sha256, applied_at)`, func(b driver.Batch) error {
		return b.Append(uint32(restoreMark), name, "", at.UTC())
	})
}

var makesView = regexp.MustCompile(`^CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+)`)

// views are the statements that make the views, the last one of each.
func (db *DB) views(all []migration) map[string]string {
	found := map[string]string{}
	for _, m := range all {
		statements, err := db.dialect().render(m)
		if err != nil {
			continue // it was rendered before, when it was applied
		}
		for _, s := range statements {
			if v := makesView.FindStringSubmatch(s); v != nil {
				found[v[1]] = s
			}
		}
	}
	return found
}

// Empty tells whether the database holds no table at all.
func (db *DB) Empty(ctx context.Context) (bool, error) {
	var n uint64
	if err := db.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = currentDatabase()`).Scan(&n); err != nil {
		return false, fmt.Errorf("list tables: %w", err)
	}
	return n == 0, nil
}

// ErrRestoreUnfinished is a database into which a backup was restored in part.
type ErrRestoreUnfinished struct{ Where string }

func (e *ErrRestoreUnfinished) Error() string {
	return "a restore into " + e.Where + " has not come to its end"
}

func (e *ErrRestoreUnfinished) Advice() string {
	return fmt.Sprintf("“%s”里的数据只从备份恢复了一部分（恢复中途断电或被终止），不能使用。请清空它，再执行一次 shuixuan restore。备份文件没有变化。", e.Where)
}
