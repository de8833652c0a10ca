package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"shuixuan/app/clickhouse"
)

// Target is where a backup is restored to.
type Target struct {
	Data string // a folder that is empty or isn't there
	DSN  string // a server or cluster with an empty database; empty: the embedded engine in Data
	Log  *slog.Logger
}

func (t Target) log() *slog.Logger {
	if t.Log == nil {
		return slog.Default()
	}
	return t.Log
}

// Restored is what a restore put back.
type Restored struct {
	Head
	Tables []Counted `json:"tables"`
	Files  int       `json:"files"`
	Bytes  int64     `json:"bytes"`
}

// Counted is a table with the rows that the backup says and that are there.
type Counted struct {
	Name     string `json:"name"`
	Expected uint64 `json:"expected"`
	Found    uint64 `json:"found"`
}

// Rows is how many there are in all.
func (r Restored) Rows() (n uint64) {
	for _, t := range r.Tables {
		n += t.Found
	}
	return n
}

// Restore makes an installation of a backup. It writes into an empty folder only, and holds
// every byte against the manifest before a table takes it. After an error the folder is as it
// was; a program that is killed leaves a database that refuses to be opened.
func Restore(ctx context.Context, file string, key *Key, to Target, step Step) (Restored, error) {
	r, err := begin(file, key, to, step)
	if err != nil {
		return Restored{}, err
	}
	defer r.close()
	made, err := emptyFolder(to.Data)
	if err != nil {
		return Restored{}, err
	}
	result, err := r.run(ctx)
	if err != nil {
		to.undo(made, err)
		return Restored{}, cantWrite(filepath.Join(to.Data, "x"), err)
	}
	return result, nil
}

// undo leaves the folder as it was. Where somebody was faster what lies there is theirs.
func (t Target) undo(made bool, err error) {
	var used *clickhouse.ErrFolderInUse
	if errors.As(err, &used) {
		return
	}
	if left := clear(t.Data, made); left != nil { // the error stays the one that people are told
		t.log().Error("what was restored can't be removed", "folder", t.Data, "error", left.Error())
	}
}

// restore is one on its way.
type restore struct {
	to     Target
	step   Step
	file   *File
	at     string // the file of the chain that is read
	m      Manifest
	chain  []*File
	wanted map[string]map[string]Member // by file's id, then by name

	db       *clickhouse.DB // into which the content goes
	receiver *clickhouse.Receiver
	unpacker *zstd.Decoder
	result   Restored
	done, of int64
}

// begin opens what is needed and refuses what can't be restored, before anything is written.
func begin(file string, key *Key, to Target, step Step) (*restore, error) {
	f, err := Open(file, key)
	if err != nil {
		return nil, err
	}
	r := &restore{to: to, step: step, file: f, wanted: map[string]map[string]Member{}}
	if r.m, err = f.Manifest(); err == nil {
		err = r.m.known()
	}
	if err == nil {
		r.chain, err = f.chain(key)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.chain = append(r.chain, f)
	for _, m := range r.m.Members {
		in := m.In
		if in == "" {
			in = f.ID
		}
		if r.wanted[in] == nil {
			r.wanted[in] = map[string]Member{}
		}
		r.wanted[in][m.Name] = m
		r.of += m.Size
	}
	r.of = max(1, r.of)
	if err := room(existing(to.Data), r.of); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// known refuses a schema that this program doesn't know, or knows otherwise.
func (m *Manifest) known() error {
	steps, err := clickhouse.Schema()
	if err != nil {
		return err
	}
	if int(m.Schema) >= len(steps) {
		return newerSchema(m.Head, steps[len(steps)-1].Number)
	}
	for _, s := range m.Migrations {
		if int(s.Number) >= len(steps) {
			return newerSchema(m.Head, steps[len(steps)-1].Number)
		}
		if ours := steps[s.Number]; ours.SHA256 != s.SHA256 && s.Number != clickhouse.Bookkeeping {
			return otherSchema(ours.Name)
		}
	}
	return nil
}

func (r *restore) close() { closeAll(r.chain) }

// existing is the folder, or the nearest above that is there.
func existing(folder string) string {
	for {
		if _, err := os.Stat(folder); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			return folder
		}
		folder = above
	}
}

// emptyFolder makes the folder, or sees that there is nothing in it; made tells which.
func emptyFolder(folder string) (made bool, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return false, cantWrite(folder, err)
		}
		return true, nil
	}
	if err != nil {
		return false, cantWrite(filepath.Join(folder, "x"), err)
	}
	for _, e := range entries {
		if e.Name() != "lost+found" { // every disk of its own has it
			return false, notEmpty(folder)
		}
	}
	return false, nil
}

// clear takes out again what a restore has put into a folder.
func clear(folder string, made bool) error {
	if made {
		return os.RemoveAll(folder)
	}
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if e.Name() != "lost+found" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, e.Name())))
		}
	}
	return err
}

func (r *restore) run(ctx context.Context) (Restored, error) {
	r.result = Restored{Head: r.m.Head}
	var err error
	switch {
	case r.to.DSN == "":
		err = r.into(ctx, clickhouse.Config{Dir: r.to.Data, Log: r.to.Log}, r.to.Data)
	case r.m.Content == Rows:
		err = r.into(ctx, clickhouse.Config{DSN: r.to.DSN, Log: r.to.Log}, r.to.Data)
	default:
		err = r.across(ctx)
	}
	return r.result, err
}

// into restores tables and files to their last place.
func (r *restore) into(ctx context.Context, cfg clickhouse.Config, data string) (err error) {
	if r.db, err = clickhouse.Open(ctx, cfg); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.db.Close()) }()
	if cfg.DSN != "" {
		if err := emptyDatabase(ctx, r.db); err != nil {
			return err
		}
	}
	if err := r.db.BeginRestore(ctx, r.m.Schema); err != nil {
		return err
	}
	if r.m.Content == Parts {
		if r.receiver, err = r.db.Receive(ctx); err != nil {
			return err
		}
	}
	if err := r.members(ctx, data); err != nil {
		return err
	}
	if err := settle(r.to.Data); err != nil { // the engine takes the files as they are
		return err
	}
	if err := r.count(ctx); err != nil {
		return err
	}
	if err := settle(r.to.Data); err != nil { // nothing is said before all of it is durable
		return err
	}
	return r.db.EndRestore(ctx, r.m.Schema)
}

func emptyDatabase(ctx context.Context, db *clickhouse.DB) error {
	empty, err := db.Empty(ctx)
	if err == nil && !empty {
		err = notEmptyDatabase(db.Database())
	}
	return err
}

// members walks through the files of the chain and puts each member that belongs to the
// backup where it belongs.
func (r *restore) members(ctx context.Context, data string) (err error) {
	if r.unpacker, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(largestBlock)); err != nil {
		return err
	}
	defer r.unpacker.Close()
	for _, f := range r.chain {
		wanted := r.wanted[f.ID]
		r.at = f.Path
		if len(wanted) == 0 {
			continue
		}
		sound, err := f.walk(ctx, func(name string, size int64, in io.Reader) error {
			m, is := wanted[name]
			if !is {
				return nil
			}
			delete(wanted, name)
			r.step(r.done, r.of, "恢复 "+name)
			if err := r.member(ctx, m, size, in, data); err != nil {
				return err
			}
			r.done += m.Size
			return nil
		})
		var broken *brokenError
		if errors.As(err, &broken) {
			return damaged(Checked{File: f.Path, Faults: []Fault{{broken.member, broken.why}}})
		}
		if err != nil {
			return err
		}
		if !sound {
			return damaged(Checked{File: f.Path, Faults: []Fault{{structure, "清单以外的部分（文件名、大小或填充）被改动过"}}})
		}
		for name := range wanted {
			return damaged(Checked{File: f.Path, Faults: []Fault{{name, "缺少这个文件"}}})
		}
	}
	return nil
}

// count puts the parts in and holds the rows of each table against the manifest.
func (r *restore) count(ctx context.Context) error {
	found := map[string]uint64{}
	var err error
	if r.receiver != nil {
		r.step(r.done, r.of, "装入数据表")
		if found, err = r.receiver.Attach(ctx); err == nil {
			err = r.receiver.End(ctx)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range r.m.Tables {
		n := found[t.Name]
		if r.receiver == nil {
			if n, err = r.db.Count(ctx, t.Name); err != nil {
				return err
			}
		}
		if n != t.Rows {
			return damaged(Checked{File: r.at, Faults: []Fault{{t.Name, fmt.Sprintf("备份里是%d行，恢复后是%d行", t.Rows, n)}}})
		}
		r.result.Tables = append(r.result.Tables, Counted{t.Name, t.Rows, n})
	}
	return nil
}
