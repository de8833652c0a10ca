package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/sealkey"
	"shuixuan/dashboards/seal"
)

// Source is what is backed up.
type Source struct {
	DB      *clickhouse.DB
	Log     *audit.Log
	Data    string // the data folder
	Program string // version
	// Settling is how long rows that are on their way on a server may take; 0: the usual time.
	Settling time.Duration
}

// Order is one backup to be made.
type Order struct {
	Out  string // its name, which nothing has yet
	Base string // an earlier one in the same folder; empty: a full backup
	Key  *Key   // nil: not encrypted
	By   audit.Actor
}

// usualSettling is longer than an insert takes on a slow disk.
const usualSettling = 3 * time.Second

// Make makes a backup, reads it again and gives it its name; on any error nothing is left of
// it. It leaves one audit event, also of a failure.
func (s *Source) Make(ctx context.Context, o Order, step Step) (Result, error) {
	result, err := s.make(ctx, o, step)
	event := audit.Event{Actor: o.By, Verb: "backup.make", Kind: "backup", Thing: result.ID, After: asJSON(result)}
	if err != nil {
		event.Verb, event.Thing = "backup.failed", filepath.Base(o.Out)
		event.After = asJSON(map[string]string{"file": o.Out, "reason": Reason(err)})
	}
	last, done := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer done()
	return result, errors.Join(err, s.Log.Record(last, event))
}

func (s *Source) make(ctx context.Context, o Order, step Step) (result Result, err error) {
	head, base, err := s.head(ctx, o)
	if err != nil {
		return result, err
	}
	if _, err := os.Lstat(o.Out); !errors.Is(err, fs.ErrNotExist) {
		return result, taken(o.Out)
	}
	step(0, 1, "取一个时刻")
	c, err := s.collect(ctx, head, base)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, c.release()) }()
	if err := room(filepath.Dir(o.Out), c.bytes); err != nil {
		return result, err
	}
	w, err := create(o.Out, c.m.Head, o.Key)
	if err != nil {
		return result, err
	}
	defer w.abandon() // fails harmlessly once the file has its name
	if err := c.write(ctx, w, step); err != nil {
		return result, cantWrite(o.Out, err)
	}
	size, err := w.place(ctx, o, step)
	if err != nil {
		return result, cantWrite(o.Out, err)
	}
	result = Result{Head: c.m.Head, File: o.Out, Bytes: size, Members: len(c.m.Members)}
	for _, m := range c.m.Members {
		if m.In != "" {
			result.Reused++
		}
	}
	for _, t := range c.m.Tables {
		result.Rows += t.Rows
	}
	result.Rotten = c.m.rotten()
	return result, nil
}

// head says what the backup will be, and gives the manifest of the earlier one.
func (s *Source) head(ctx context.Context, o Order) (Head, *Manifest, error) {
	steps, err := clickhouse.Schema()
	if err != nil {
		return Head{}, nil, err
	}
	h := Head{Format: Format, ID: uuid.NewString(), Kind: Full, Installation: installation(s.Data), Program: s.Program, Schema: steps[len(steps)-1].Number, Content: Parts}
	if s.DB.Embedded() == nil {
		h.Content = Rows
	}
	if err := s.DB.QueryRow(ctx, `SELECT version()`).Scan(&h.Engine); err != nil {
		return h, nil, fmt.Errorf("ask for the engine's version: %w", err)
	}
	if o.Base == "" {
		return h, nil, nil
	}
	if here, there := filepath.Dir(o.Out), filepath.Dir(o.Base); filepath.Clean(here) != filepath.Clean(there) {
		return h, nil, problem.Invalid("增量备份要和它依据的备份放在一起", fmt.Sprintf("“%s”在另一个文件夹里，恢复时会找不到。请把 --out 写到“%s”里。", o.Base, there))
	}
	f, err := Open(o.Base, o.Key)
	if err != nil {
		return h, nil, err
	}
	defer f.Close()
	if f.Installation != h.Installation {
		return h, nil, problem.Invalid("依据的备份不是这个系统的", fmt.Sprintf("“%s”是另一个水宣系统的备份（封存密钥不同）。请换一份，或不写 --base，做一次完整备份。", o.Base))
	}
	m, err := f.Manifest()
	if err != nil {
		return h, nil, err
	}
	earlier, err := f.chain(o.Key)
	if err != nil {
		return h, nil, err
	}
	h.Kind = Incremental
	h.Chain = append(slices.Clone(f.Chain), Ref{f.ID, filepath.Base(o.Base)})
	return h, &m, closeAll(earlier)
}

// installation tells one from another by the key of the seal.
func installation(data string) string {
	public, err := sealkey.In(data).Public()
	if err != nil {
		return ""
	}
	return seal.Fingerprint(public)
}

// collected is what a backup will hold.
type collected struct {
	m        Manifest
	source   *Source
	rows     *clickhouse.DB       // of a server: the tables as of the instant
	snapshot *clickhouse.Snapshot // of the embedded engine
	files    []found
	earlier  map[string]Member
	ids      map[string]string // tables of the earlier one
	bytes    int64             // to be written, where that is known
}

// found is a file to be written; body stands for one that changes.
type found struct {
	name, path string
	size       int64
	modified   time.Time
	body       []byte
}

// collect takes the instant and lists what belongs to it. The tables come first and the files
// after them: a file is durable before a row names it.
func (s *Source) collect(ctx context.Context, head Head, base *Manifest) (*collected, error) {
	steps, err := clickhouse.Schema()
	if err != nil {
		return nil, err
	}
	c := &collected{m: Manifest{Head: head, Migrations: steps}, source: s, earlier: map[string]Member{}, ids: map[string]string{}}
	if base != nil {
		for _, m := range base.Members {
			if m.In == "" {
				m.In = base.ID
			}
			c.earlier[m.Name] = m
		}
		for _, t := range base.Tables {
			c.ids[t.Name] = t.ID
		}
	}
	var heads []byte
	readHeads := func() (err error) {
		heads, err = os.ReadFile(filepath.Join(s.Data, audit.HeadFile))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if s.DB.Embedded() != nil {
		// Read while nothing is written, so that the table holds what the file names.
		if c.snapshot, err = s.DB.Snapshot(ctx, readHeads); err != nil {
			return nil, err
		}
		c.m.At = c.snapshot.At
		err = c.parts()
	} else {
		err = errors.Join(readHeads(), c.instant(ctx))
	}
	if err == nil {
		err = c.folder(s.Data, heads)
	}
	if err != nil {
		return nil, errors.Join(err, c.release())
	}
	return c, nil
}

func (c *collected) release() error {
	if c.snapshot == nil {
		return nil
	}
	return c.snapshot.Release()
}

// instant fixes the moment as of which a server is read.
func (c *collected) instant(ctx context.Context) error {
	at, err := c.source.DB.Instant(ctx)
	if err != nil {
		return err
	}
	settling := c.source.Settling
	if settling == 0 {
		settling = usualSettling
	}
	select {
	case <-time.After(settling):
	case <-ctx.Done():
		return ctx.Err()
	}
	c.m.At, c.rows = at, c.source.DB.AsOf(at)
	tables, err := c.source.DB.Tables(ctx)
	for _, name := range tables {
		c.m.Tables = append(c.m.Tables, Table{Name: name})
	}
	return err
}

// parts lists the files of the tables.
func (c *collected) parts() error {
	for _, t := range c.snapshot.Tables {
		c.m.Tables = append(c.m.Tables, Table{Name: t.Name, ID: t.ID, Rows: t.Rows()})
		for _, p := range t.Parts {
			entries, err := os.ReadDir(p.Folder)
			if err != nil {
				return err
			}
			for _, e := range entries {
				info, err := e.Info()
				if err != nil {
					return err
				}
				if info.IsDir() {
					return fmt.Errorf("part %s of %s has a folder within: %s", p.Name, t.Name, e.Name())
				}
				name := tablesFolder + t.Name + "/" + p.Name + "/" + e.Name()
				if c.ids[t.Name] != t.ID {
					delete(c.earlier, name)
				}
				c.note(found{name: name, path: filepath.Join(p.Folder, e.Name()), size: info.Size(), modified: info.ModTime()})
			}
		}
	}
	return nil
}

// note takes a file in, by the earlier backup where that has it.
func (c *collected) note(f found) {
	if m, has := c.earlier[f.name]; has && unchanging(f.name) && m.Size == f.size && m.Modified.Equal(f.modified) {
		c.m.Members = append(c.m.Members, m)
		return
	}
	c.files = append(c.files, f)
	c.bytes += f.size + 1024
}

// leftOut are things of the data folder that a backup needn't hold: the tables, which are taken
// on their own, and what is half written or asked for.
func leftOut(name string) bool {
	base := filepath.Base(name)
	for _, prefix := range []string{"incoming-", "making-", ".unsealed-", unfinished, sealkey.SecretFile + "-", sealkey.PublicFile + "-", "verify-"} {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	return name == "clickhouse" || name == asksFolder || name == audit.HeadFile || name == "lost+found"
}

// folder lists what lies beside the tables. A folder of backups within the data folder is left
// out by what lies in it.
func (c *collected) folder(data string, heads []byte) error {
	if heads != nil {
		c.note(found{name: filesFolder + audit.HeadFile, size: int64(len(heads)), modified: time.Now(), body: heads})
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if leftOut(e.Name()) {
			continue
		}
		// A folder may be a link to a larger disk.
		root, err := filepath.EvalSymlinks(filepath.Join(data, e.Name()))
		if err != nil {
			return err
		}
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a copy that was removed just now
			}
			if err != nil {
				return err
			}
			within, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			return c.entry(path, filepath.ToSlash(filepath.Join(e.Name(), within)), d)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// smallFile is up to what size a file that may change is read as a whole.
const smallFile = 16 << 20

func (c *collected) entry(path, name string, d fs.DirEntry) error {
	if d.IsDir() || leftOut(name) {
		return nil
	}
	if d.Type()&fs.ModeSymlink != 0 {
		return problem.Invalid("数据文件夹里有一个链接，不知道要不要备份", fmt.Sprintf("“%s”是符号链接。请把它指向的内容移进来，或把链接移走，再备份。", path))
	}
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	f := found{name: filesFolder + name, path: path, size: info.Size(), modified: info.ModTime()}
	if !unchanging(f.name) && isBackup(path, info.Size()) {
		return nil
	}
	if !unchanging(f.name) && f.size <= smallFile {
		if f.body, err = os.ReadFile(path); err != nil {
			return err
		}
		f.size = int64(len(f.body))
	}
	c.note(f)
	return nil
}

// isBackup knows a backup, encrypted or not, by how it begins.
func isBackup(path string, size int64) bool {
	if size < endSize {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, len(ageMagic))
	_, err = io.ReadFull(f, start)
	return err == nil && (string(start) == ageMagic || string(start) == headName[:len(ageMagic)])
}

// write writes the members.
func (c *collected) write(ctx context.Context, w *writer, step Step) error {
	var done int64
	for i := range c.m.Tables {
		if c.rows != nil {
			if err := c.table(ctx, w, &c.m.Tables[i], step); err != nil {
				return err
			}
		}
	}
	for _, f := range c.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		step(done, max(1, 2*c.bytes), "写入 "+f.name)
		if err := c.file(w, f); err != nil {
			return err
		}
		done += f.size
	}
	c.m.Members = append(c.m.Members, w.members...)
	return w.finish(c.m)
}

func (c *collected) file(w *writer, f found) error {
	if f.body != nil {
		return w.add(f.name, f.size, f.modified, bytes.NewReader(f.body))
	}
	in, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(f.name, filesFolder+"derived/") {
		return nil // it may be removed at any time
	}
	if err != nil {
		return err
	}
	defer in.Close()
	return w.add(f.name, f.size, f.modified, in)
}

// table writes the rows of a server's table.
func (c *collected) table(ctx context.Context, w *writer, t *Table, step Step) error {
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	defer packer.Close()
	n := 0
	return c.rows.Blocks(ctx, t.Name, func(native []byte, rows int) error {
		n++
		t.Rows += uint64(rows)
		step(0, 1, fmt.Sprintf("写入 %s，%d行", t.Name, t.Rows))
		packed := packer.EncodeAll(native, nil)
		return w.add(fmt.Sprintf("%s%s/%06d.native.zst", rowsFolder, t.Name, n), int64(len(packed)), time.Time{}, bytes.NewReader(packed))
	})
}

// place checks what was written and gives it its name.
func (w *writer) place(ctx context.Context, o Order, step Step) (int64, error) {
	cool(w.file)
	f, err := Open(w.file.Name(), o.Key)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	checked, err := f.Check(ctx, func(done, of int64, doing string) { step(of+done, 2*of, doing) })
	if err != nil {
		return 0, err
	}
	if !checked.Sound {
		checked.File = o.Out
		return 0, damaged(checked)
	}
	info, err := w.file.Stat()
	if err != nil {
		return 0, err
	}
	if _, err := os.Lstat(o.Out); !errors.Is(err, fs.ErrNotExist) {
		return 0, taken(o.Out)
	}
	return info.Size(), errors.Join(os.Rename(w.file.Name(), o.Out), syncFolder(filepath.Dir(o.Out)), w.file.Close())
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
