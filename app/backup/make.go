package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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
	// Gentle stands back behind other work of this program, see gently; so while it serves.
	Gentle bool
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
	_ = sweep(filepath.Dir(o.Out)) // what a killed program left takes room; if it stays it does no other harm
	step(0, 1, "取一个时刻")
	c, err := s.collect(ctx, head, base)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, c.release()) }()
	if err := room(filepath.Dir(o.Out), c.bytes); err != nil {
		return result, err
	}
	var size int64
	do := gently
	if !s.Gentle {
		do = func(work func() error) error { return work() }
	}
	err = do(func() (err error) {
		size, err = c.into(ctx, o, step)
		return err
	})
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
	if c.snapshot != nil {
		result.Held = c.snapshot.Held.Milliseconds()
	}
	result.Rotten = c.m.rotten()
	return result, nil
}

// into writes, checks and places the file.
func (c *collected) into(ctx context.Context, o Order, step Step) (int64, error) {
	w, err := create(o.Out, c.m.Head, o.Key)
	if err != nil {
		return 0, err
	}
	defer w.abandon() // fails harmlessly once the file has its name
	if err := c.write(ctx, w, step); err != nil {
		return 0, err
	}
	return w.place(ctx, o, step)
}

// head says what the backup will be, and gives the manifest of the earlier one.
func (s *Source) head(ctx context.Context, o Order) (Head, *Manifest, error) {
	if has, knows, _, err := s.DB.Schema(ctx); err != nil {
		return Head{}, nil, err
	} else if has > knows {
		return Head{}, nil, newerDatabase(has, knows)
	}
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
		if err := c.file(ctx, w, f); err != nil {
			return err
		}
		done += f.size
	}
	c.m.Members = append(c.m.Members, w.members...)
	return w.finish(c.m)
}

func (c *collected) file(ctx context.Context, w *writer, f found) error {
	if f.body != nil {
		return w.add(f.name, f.size, f.modified, bytes.NewReader(f.body))
	}
	in, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(f.name, filesFolder+"derived/") {
		return nil // it may be removed at any time
	}
	if err != nil {
		return cantRead(f.path, err)
	}
	defer in.Close()
	from := &content{r: &stoppable{ctx, in}}
	err = w.add(f.name, f.size, f.modified, from)
	if from.failed != nil && ctx.Err() == nil {
		return cantRead(f.path, from.failed)
	}
	return err
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
	if err := os.Rename(w.file.Name(), o.Out); err != nil {
		return 0, err
	}
	if err := errors.Join(syncFolder(filepath.Dir(o.Out)), w.file.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(o.Out))
	}
	return info.Size(), nil
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // shares of some servers keep names on their own
	}
	return errors.Join(err, f.Close())
}
