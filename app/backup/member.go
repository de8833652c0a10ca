package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"shuixuan/app/sealkey"
)

// partFile and rowsBlock are what names of the tables look like.
var (
	partFile  = regexp.MustCompile(`^tables/([a-z0-9_]+)/([A-Za-z0-9_]+)/([A-Za-z0-9_.%-]+)$`)
	rowsBlock = regexp.MustCompile(`^rows/([a-z0-9_]+)/[0-9]+\.native\.zst$`)
)

// oddName is a member that a file of ours wouldn't have.
func (r *restore) oddName(m Member) error {
	return damaged(Checked{File: r.at, Faults: []Fault{{m.Name, "不该有这样的文件名"}}})
}

// member puts one back. The size is that of the file, which may say more than the manifest.
func (r *restore) member(ctx context.Context, m Member, size int64, in io.Reader, data string) error {
	if size != m.Size {
		return changed(r.at, m)
	}
	checked := &checkedReader{r: in, hash: sha256.New(), want: m, file: r.at}
	if part := partFile.FindStringSubmatch(m.Name); part != nil && r.receiver != nil {
		if !filepath.IsLocal(part[3]) || part[3] == "." {
			return r.oddName(m)
		}
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
	if first, _, _ := strings.Cut(path, "/"); !within || !fs.ValidPath(path) || path == "." || first == "clickhouse" || first == asksFolder {
		return r.oddName(m)
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

func changed(file string, m Member) error {
	return damaged(Checked{File: file, Faults: []Fault{{m.Name, "内容被改动过"}}})
}

func unreadable(file string, m Member) error {
	return damaged(Checked{File: file, Faults: []Fault{{m.Name, "解不开"}}})
}

// largestBlock bounds a block, and what it unpacks to.
const largestBlock = 1 << 30

func (r *restore) block(ctx context.Context, table string, m Member, in io.Reader) error {
	if !slices.ContainsFunc(r.m.Tables, func(t Table) bool { return t.Name == table }) {
		return r.oddName(m)
	}
	if m.Size > largestBlock {
		return unreadable(r.at, m)
	}
	packed, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	native, err := r.unpacker.DecodeAll(packed, nil)
	if err != nil {
		return unreadable(r.at, m)
	}
	return r.db.PutBlock(ctx, table, native)
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
		return n, changed(c.file, c.want)
	}
	return n, err
}
