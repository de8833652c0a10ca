package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/klauspost/compress/zstd"

	"shuixuan/app/clickhouse"
	"shuixuan/app/sealkey"
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
		err = cantWrite(filepath.Join(to.Data, "x"), err)
		if left := clear(to.Data, made); left != nil { // a Problem stays one
			to.log().Error("what was restored can't be removed", "folder", to.Data, "error", left.Error())
		}
		return Restored{}, err
	}
	return result, nil
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
		if ours := steps[s.Number]; ours.SHA256 != s.SHA256 {
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
	syscall.Sync() // the engine takes the files as they are, and nothing is said before they are durable
	if err := r.count(ctx); err != nil {
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
	if r.unpacker, err = zstd.NewReader(nil); err != nil {
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
			if err := r.member(ctx, m, in, data); err != nil {
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

// partFile and rowsBlock are what names of the tables look like.
var (
	partFile  = regexp.MustCompile(`^tables/([a-z0-9_]+)/([A-Za-z0-9_]+)/([A-Za-z0-9_.%-]+)$`)
	rowsBlock = regexp.MustCompile(`^rows/([a-z0-9_]+)/[0-9]+\.native\.zst$`)
)

func (r *restore) member(ctx context.Context, m Member, in io.Reader, data string) error {
	checked := &checkedReader{r: in, hash: sha256.New(), want: m, file: r.at}
	if part := partFile.FindStringSubmatch(m.Name); part != nil && r.receiver != nil {
		folder, err := r.receiver.Folder(part[1], part[2])
		if err != nil {
			return err
		}
		return put(filepath.Join(folder, part[3]), checked, m)
	}
	if block := rowsBlock.FindStringSubmatch(m.Name); block != nil && r.receiver == nil {
		return r.block(ctx, block[1], m, checked)
	}
	path, within := strings.CutPrefix(m.Name, filesFolder)
	if !within || !filepath.IsLocal(path) || strings.HasPrefix(path, "clickhouse") {
		return damaged(Checked{File: r.at, Faults: []Fault{{m.Name, "不该有这样的文件名"}}})
	}
	r.result.Files, r.result.Bytes = r.result.Files+1, r.result.Bytes+m.Size
	name := filepath.Join(data, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	return put(name, checked, m)
}

// put writes a file whose content is what the manifest says.
func put(name string, in *checkedReader, m Member) error {
	mode := fs.FileMode(0o600)
	if filepath.Base(name) == sealkey.PublicFile {
		mode = 0o644
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if !m.Modified.IsZero() {
		// So that a later backup finds unchanged what is unchanged.
		return os.Chtimes(name, m.Modified, m.Modified)
	}
	return nil
}

// largestBlock bounds what a block unpacks to.
const largestBlock = 1 << 30

func (r *restore) block(ctx context.Context, table string, m Member, in io.Reader) error {
	if !slices.ContainsFunc(r.m.Tables, func(t Table) bool { return t.Name == table }) {
		return damaged(Checked{File: r.at, Faults: []Fault{{m.Name, "不该有这样的文件名"}}})
	}
	packed, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var h zstd.Header
	if err := h.Decode(packed); err != nil || h.FrameContentSize > largestBlock {
		return damaged(Checked{File: r.at, Faults: []Fault{{m.Name, "解不开"}}})
	}
	native, err := r.unpacker.DecodeAll(packed, nil)
	if err != nil {
		return damaged(Checked{File: r.at, Faults: []Fault{{m.Name, "解不开"}}})
	}
	return r.db.PutBlock(ctx, "restore/"+r.m.ID+"/"+m.Name, table, native)
}

// checkedReader ends with an error where what was read isn't what the manifest says.
type checkedReader struct {
	r    io.Reader
	hash hash.Hash
	want Member
	file string
	n    int64
}

func (c *checkedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.hash.Write(b[:n])
	c.n += int64(n)
	if errors.Is(err, io.EOF) && (c.n != c.want.Size || hex.EncodeToString(c.hash.Sum(nil)) != c.want.SHA256) {
		return n, damaged(Checked{File: c.file, Faults: []Fault{{c.want.Name, "内容被改动过"}}})
	}
	return n, err
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

// across restores parts into an engine of their own first, and reads the rows from there into
// the server.
func (r *restore) across(ctx context.Context) (err error) {
	server, err := clickhouse.Open(ctx, clickhouse.Config{DSN: r.to.DSN, Log: r.to.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := emptyDatabase(ctx, server); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(r.to.Data, "aside-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	if err := r.into(ctx, clickhouse.Config{Dir: aside, Log: r.to.Log}, r.to.Data); err != nil {
		return err
	}
	scratch, err := clickhouse.Open(ctx, clickhouse.Config{Dir: aside, Log: r.to.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	if err := server.BeginRestore(ctx, r.m.Schema); err != nil {
		return err
	}
	for i := range r.result.Tables {
		if err := r.carry(ctx, scratch, server, &r.result.Tables[i]); err != nil {
			return err
		}
	}
	return server.EndRestore(ctx, r.m.Schema)
}

// carry reads a table from one database into another.
func (r *restore) carry(ctx context.Context, from, to *clickhouse.DB, t *Counted) error {
	n := 0
	t.Expected = 0
	err := from.Blocks(ctx, t.Name, func(native []byte, rows int) error {
		n++
		t.Expected += uint64(rows)
		r.step(r.done, r.of, fmt.Sprintf("写入服务器：%s，%d行", t.Name, t.Expected))
		return to.PutBlock(ctx, fmt.Sprintf("restore/%s/%s/%d", r.m.ID, t.Name, n), t.Name, native)
	})
	if err != nil {
		return err
	}
	if t.Found, err = to.Count(ctx, t.Name); err != nil {
		return err
	}
	if t.Found != t.Expected {
		return fmt.Errorf("%s has %d rows on the server, want %d", t.Name, t.Found, t.Expected)
	}
	return nil
}
