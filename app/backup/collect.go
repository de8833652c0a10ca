package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
	"shuixuan/app/sealkey"
)

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
		return cantRead(data, err)
	}
	for _, e := range entries {
		if leftOut(e.Name()) {
			continue
		}
		// A folder may be a link to a larger disk.
		root, err := filepath.EvalSymlinks(filepath.Join(data, e.Name()))
		if errors.Is(err, fs.ErrNotExist) && e.Type()&fs.ModeSymlink == 0 {
			continue // it was removed just now
		}
		if err != nil {
			return cantRead(filepath.Join(data, e.Name()), err)
		}
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a copy that was removed just now
			}
			if err != nil {
				return cantRead(path, err)
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
		return cantRead(path, err)
	}
	f := found{name: filesFolder + name, path: path, size: info.Size(), modified: info.ModTime()}
	if !unchanging(f.name) && isBackup(path, info.Size()) {
		return nil
	}
	if !unchanging(f.name) && f.size <= smallFile {
		if f.body, err = os.ReadFile(path); err != nil {
			return cantRead(path, err)
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
