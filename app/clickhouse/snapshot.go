package clickhouse

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Snapshot is every table of the embedded engine as it stood at one instant: links to the
// files of its parts, which are never changed once they are written. Merges go on beside it
// and take nothing away from it until Release.
type Snapshot struct {
	At     time.Time
	Held   time.Duration // how long inserts stood still
	Tables []FrozenTable // by name
	dir    string
}

// FrozenTable is a table of a snapshot. ID tells it from another of its name.
type FrozenTable struct {
	Name, ID string
	Parts    []FrozenPart
}

// FrozenPart is a part and the folder in which its files lie, none of them in a folder below.
type FrozenPart struct {
	Name   string
	Folder string
	Rows   uint64
}

// Rows are how many rows the table has, those that a merge would take for one counted each.
func (t FrozenTable) Rows() (n uint64) {
	for _, p := range t.Parts {
		n += p.Rows
	}
	return n
}

// snapshots is the folder in which the engine puts its links.
const snapshots = "shadow"

// Snapshot links the parts of all tables. Inserts stand still meanwhile (5 ms and 40 tables,
// 80 ms with 40 parts in each), so what it shows is what a power cut at that instant would
// have left: every insert is there as a whole or not at all, and none without those that came
// before it. Within that time beside is run, for what lies next to the tables; it may be nil.
//
// It is of the embedded engine only; a server keeps its files to itself, see Blocks.
func (db *DB) Snapshot(ctx context.Context, beside func() error) (*Snapshot, error) {
	if db.engine == nil {
		return nil, errors.New("snapshot: a server has no files for us")
	}
	tables, err := db.stored(ctx)
	if err != nil {
		return nil, err
	}
	random := make([]byte, 8)
	rand.Read(random)
	name := "snapshot_" + hex.EncodeToString(random)
	s := &Snapshot{dir: filepath.Join(db.folder(), snapshots, name)}
	err = db.gate.hold(func() error {
		ctx, cancel := context.WithTimeout(ctx, longestHold)
		defer cancel()
		begun := time.Now()
		defer func() { s.Held = time.Since(begun) }()
		s.At = begun.UTC().Truncate(time.Millisecond)
		if err := db.freeze(ctx, tables, name); err != nil || beside == nil {
			return err
		}
		return beside()
	})
	if err == nil {
		err = s.list(tables)
	}
	if err != nil {
		return nil, errors.Join(err, s.Release())
	}
	return s, nil
}

// longestHold ends a snapshot that would keep everybody waiting: a disk that hangs, say.
const longestHold = 20 * time.Second

// freezes is how many tables are linked at once: as many as there are connections for inserts,
// which stand still.
const freezes = 2

// freeze links the parts of the tables that have any. What is asked of the engine here is waited
// for by everybody who sends, so the folders themselves tell which have.
//
// The first is linked alone: with it the engine begins a file in which it counts snapshots, and of
// two that begin it one may find it empty and fail. After an error those under way still come to
// their end, so that nothing is linked while Release removes it.
func (db *DB) freeze(ctx context.Context, tables []stored, name string) error {
	var work errgroup.Group
	work.SetLimit(freezes)
	begun := false
	for _, t := range tables {
		entries, err := os.ReadDir(t.folder)
		if err != nil {
			return errors.Join(fmt.Errorf("snapshot of %s: %w", t.name, err), work.Wait())
		}
		if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return partName.MatchString(e.Name()) }) {
			continue
		}
		link := func() error {
			if err := db.Exec(ctx, "ALTER TABLE "+quoteName(t.name)+" FREEZE WITH NAME '"+name+"'"); err != nil {
				return fmt.Errorf("snapshot of %s: %w", t.name, explain(err, db.where))
			}
			return nil
		}
		if begun {
			work.Go(link)
			continue
		}
		if err := link(); err != nil {
			return err
		}
		begun = true
	}
	return work.Wait()
}

// Release removes the links.
func (s *Snapshot) Release() error { return os.RemoveAll(s.dir) }

// list finds the parts of a snapshot.
func (s *Snapshot) list(tables []stored) error {
	for _, t := range tables {
		frozen := FrozenTable{Name: t.name, ID: filepath.Base(t.folder)}
		// store/622/622c9de9-…: the same place below the snapshot
		folder := filepath.Join(s.dir, "store", filepath.Base(filepath.Dir(t.folder)), frozen.ID)
		parts, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty table has no folder
			return fmt.Errorf("snapshot of %s: %w", t.name, err)
		}
		for _, p := range parts {
			if !p.IsDir() || !partName.MatchString(p.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(folder, p.Name(), "count.txt"))
			if err != nil {
				return fmt.Errorf("snapshot of %s: %w", t.name, err)
			}
			rows, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
			if err != nil {
				return fmt.Errorf("snapshot of %s: part %s: %w", t.name, p.Name(), err)
			}
			frozen.Parts = append(frozen.Parts, FrozenPart{Name: p.Name(), Folder: filepath.Join(folder, p.Name()), Rows: rows})
		}
		s.Tables = append(s.Tables, frozen)
	}
	return nil
}

// partName is a name of a part: all_1_5_1, or with a partition or a mutation more.
var partName = regexp.MustCompile(`^[A-Za-z0-9]+(_[0-9]+){3,4}$`)

// forgetSnapshots removes what a program that was killed left behind.
func (db *DB) forgetSnapshots() error {
	return os.RemoveAll(filepath.Join(db.folder(), snapshots))
}

// folder is that of the embedded engine.
func (db *DB) folder() string { return filepath.Join(db.where, "clickhouse") }

// stored is a table that keeps rows; folder is empty on a server.
type stored struct{ name, folder, engine string }

// stored lists the tables that keep rows, by name: on a cluster those over all shards. The
// record of the migrations is none of them, each database keeps its own.
func (db *DB) stored(ctx context.Context) ([]stored, error) {
	engine := "%MergeTree"
	if db.cluster != "" {
		engine = "Distributed"
	}
	rows, err := db.Query(ctx, `SELECT name, data_paths, engine FROM system.tables
		WHERE database = currentDatabase() AND engine LIKE ? AND name != 'schema_migrations' ORDER BY name`, engine)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer rows.Close()
	var all []stored
	for rows.Next() {
		var t stored
		var paths []string
		if err := rows.Scan(&t.name, &paths, &t.engine); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		if db.engine != nil && len(paths) > 0 {
			t.folder = strings.TrimRight(paths[0], "/")
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// Tables are the names of the tables that keep rows, the record of the migrations excepted.
func (db *DB) Tables(ctx context.Context) ([]string, error) {
	tables, err := db.stored(ctx)
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	return names, err
}

// Receiver puts parts of a snapshot into the tables of another database of the embedded
// engine, whose schema is that of the snapshot. No view sees their rows.
type Receiver struct {
	db      *DB
	folders map[string]string
	parts   []arrived
	known   map[arrived]bool
}

type arrived struct{ table, part string }

// Receive begins to take parts.
func (db *DB) Receive(ctx context.Context) (*Receiver, error) {
	if db.engine == nil {
		return nil, errors.New("receive parts: a server has no files for us")
	}
	tables, err := db.stored(ctx)
	if err != nil {
		return nil, err
	}
	r := &Receiver{db: db, folders: map[string]string{}, known: map[arrived]bool{}}
	for _, t := range tables {
		r.folders[t.name] = t.folder
	}
	// A merge would take rows for one that were counted each.
	if err := db.Exec(ctx, "SYSTEM STOP MERGES"); err != nil {
		return nil, fmt.Errorf("receive parts: %w", err)
	}
	return r, nil
}

// Folder makes and gives the folder for the files of a part.
func (r *Receiver) Folder(table, part string) (string, error) {
	folder, known := r.folders[table]
	if !known || !partName.MatchString(part) {
		return "", fmt.Errorf("receive parts: there is no place for %q of %q", part, table)
	}
	folder = filepath.Join(folder, "detached", part)
	if a := (arrived{table, part}); !r.known[a] {
		r.parts, r.known[a] = append(r.parts, a), true
	}
	return folder, os.MkdirAll(folder, 0o750)
}

// Attach makes what has arrived a part of the tables, and gives how many rows each has. It is
// called once, when all files are on disk.
func (r *Receiver) Attach(ctx context.Context) (map[string]uint64, error) {
	for _, p := range r.parts {
		if err := r.db.Exec(ctx, "ALTER TABLE "+quoteName(p.table)+" ATTACH PART '"+p.part+"'"); err != nil {
			return nil, fmt.Errorf("attach %s of %s: %w", p.part, p.table, explain(err, r.db.where))
		}
	}
	rows := map[string]uint64{}
	for table := range r.folders {
		var n uint64
		if err := r.db.QueryRow(ctx, "SELECT count() FROM "+quoteName(table)).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", table, err)
		}
		rows[table] = n
	}
	return rows, nil
}

// End lets the engine merge again.
func (r *Receiver) End(ctx context.Context) error { return r.db.Exec(ctx, "SYSTEM START MERGES") }
