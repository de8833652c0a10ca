package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"shuixuan/app/problem"
)

// File is a backup opened for reading.
type File struct {
	Head
	Path      string
	Encrypted bool

	file *os.File
	r    io.ReaderAt
	size int64 // of the tar and its end, without encryption
	end  ending
}

// longestManifest bounds what is taken into memory: 2 million members.
const longestManifest = 512 << 20

// Open opens a backup and reads its head. What can't be opened is a Problem; the contents are
// not looked at, see Check.
func Open(path string, key *Key) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, problem.Invalid("备份文件打不开", fmt.Sprintf("请核对路径“%s”，并确认运行水宣的账户可以读取。", path)).Because(err)
	}
	f := &File{Path: path, file: file}
	if err := f.open(key); err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

const ageMagic = "age-encryption.org/"

func (f *File) open(key *Key) error {
	info, err := f.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return notABackup(f.Path, errors.Join(err, errors.New("not a regular file")))
	}
	f.r, f.size = f.file, info.Size()
	start := make([]byte, len(ageMagic))
	if _, err := f.file.ReadAt(start, 0); err != nil {
		return notABackup(f.Path, err)
	}
	if f.Encrypted = string(start) == ageMagic; f.Encrypted {
		if key == nil {
			return needsKey(f.Path)
		}
		f.r, f.size, err = age.DecryptReaderAt(f.file, info.Size(), key.identities...)
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			return wrongKey(f.Path, err)
		}
		if err != nil {
			return notABackup(f.Path, err)
		}
	}
	block := make([]byte, endSize)
	if _, err := f.r.ReadAt(block, max(0, f.size-endSize)); err != nil && !errors.Is(err, io.EOF) {
		return notABackup(f.Path, err)
	}
	if f.end, err = parseEnding(block); err != nil {
		return f.endless(block, err)
	}
	first := tar.NewReader(io.NewSectionReader(f.r, 0, f.size))
	if h, err := first.Next(); err != nil || h.Name != headName || h.Size > 1<<20 {
		return notABackup(f.Path, errors.Join(err, errors.New("no head")))
	}
	if err := json.NewDecoder(first).Decode(&f.Head); err != nil {
		return notABackup(f.Path, err)
	}
	if f.Format > Format {
		return newerFormat(f.Path, f.Format)
	}
	return nil
}

// endless is a file whose end isn't read: of a later form, or cut short.
func (f *File) endless(block []byte, err error) error {
	var format int
	if _, e := fmt.Sscanf(string(block), "shuixuan backup %d\n", &format); e == nil && format > Format {
		return newerFormat(f.Path, format)
	}
	return notABackup(f.Path, err)
}

// Manifest reads the list of all that belongs to the backup.
func (f *File) Manifest() (Manifest, error) {
	var m Manifest
	if f.end.size < 0 || f.end.size > longestManifest || f.end.at < 0 || f.end.at > f.size-f.end.size {
		return m, notABackup(f.Path, errors.New("the manifest has no place"))
	}
	body := make([]byte, f.end.size)
	if _, err := f.r.ReadAt(body, f.end.at); err != nil && !errors.Is(err, io.EOF) {
		return m, damaged(Checked{File: f.Path, Faults: []Fault{{manifestName, "读不出来"}}})
	}
	if sum(body) != f.end.manifest {
		return m, damaged(Checked{File: f.Path, Faults: []Fault{{manifestName, "内容被改动过"}}})
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, notABackup(f.Path, err)
	}
	return m, nil
}

// Fault is one thing wrong with a file. Why is a sentence.
type Fault struct {
	Member string `json:"member"`
	Why    string `json:"why"`
}

// Checked is what a check found.
type Checked struct {
	Head
	File    string  `json:"file"`
	Sound   bool    `json:"sound"`
	Members int     `json:"members"` // that are in this file
	Bytes   int64   `json:"bytes"`   // of them
	Faults  []Fault `json:"faults"`
}

// structure is what faults of the frame are called.
const structure = "文件结构"

// Check reads the whole file and holds each byte against the manifest.
func (f *File) Check(ctx context.Context, step Step) (Checked, error) {
	c := Checked{Head: f.Head, File: f.Path, Faults: []Fault{}}
	fault := func(member, why string) { c.Faults = append(c.Faults, Fault{member, why}) }
	m, err := f.Manifest()
	if p, is := problem.As(err); is && len(p.Faults) > 0 {
		fault(manifestName, p.Faults[0].Why)
		return c, nil
	}
	if err != nil {
		return c, err
	}
	expected := map[string]Member{}
	for _, member := range m.Members {
		if member.In == "" {
			expected[member.Name] = member
		}
	}
	sound, err := f.walk(ctx, func(name string, size int64, r io.Reader) error {
		want, known := expected[name]
		delete(expected, name)
		hash := sha256.New()
		n, err := io.Copy(hash, r)
		if err != nil {
			return err
		}
		switch {
		case !known:
			fault(name, "不在清单里，是多出来的，或名字被改动过")
		case n != want.Size || hex.EncodeToString(hash.Sum(nil)) != want.SHA256:
			fault(name, "内容被改动过")
		}
		c.Members, c.Bytes = c.Members+1, c.Bytes+n
		step(c.Bytes, f.size, "核对 "+name)
		return nil
	})
	var broken *brokenError
	switch {
	case errors.As(err, &broken):
		fault(broken.member, broken.why)
	case err != nil:
		return c, err
	case !sound:
		fault(structure, "清单以外的部分（文件名、大小或填充）被改动过")
	default:
		for name := range expected {
			fault(name, "缺少这个文件")
		}
	}
	c.Sound = len(c.Faults) == 0
	return c, nil
}

// brokenError is a file that can't be read on from somewhere.
type brokenError struct {
	member, why string
	err         error
}

func (e *brokenError) Error() string { return e.member + ": " + e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// tap is frame for reading.
type tap struct {
	from   io.Reader
	frame  frame
	failed error
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.from.Read(b)
	_, _ = t.frame.Write(b[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		t.failed = err
	}
	return n, err
}

// walk gives each member in its order, the head and the manifest excepted, and tells whether
// the frame is what it has to be. What each leaves unread is skipped.
func (f *File) walk(ctx context.Context, each func(name string, size int64, r io.Reader) error) (sound bool, err error) {
	from := newAhead(io.NewSectionReader(f.r, 0, f.size-endSize))
	defer from.Close()
	t := &tap{from: from, frame: frame{to: io.Discard, hash: sha256.New()}}
	in, last, sizes := tar.NewReader(t), structure, int64(0)
	broken := func(err error) error {
		if t.failed != nil {
			return &brokenError{last, fmt.Sprintf("从这里开始读不出来（约第%d字节）：磁盘有坏块，或内容被改动过", t.frame.at), err}
		}
		return &brokenError{structure, fmt.Sprintf("在“%s”之后（约第%d字节）不是备份的格式：被改动过或不完整", last, t.frame.at), err}
	}
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false, broken(err)
		}
		last = h.Name
		// A sparse member unfolds to more than is there.
		if sizes += h.Size; h.Typeflag != tar.TypeReg || h.Size > f.size || sizes > f.size {
			return false, broken(errors.New("a member is larger than the file"))
		}
		if h.Name == headName || h.Name == manifestName {
			if h.Name == manifestName && (t.frame.at != f.end.at || h.Size != f.end.size) {
				return false, broken(errors.New("the manifest is elsewhere"))
			}
			if _, err := io.Copy(io.Discard, in); err != nil {
				return false, broken(err)
			}
			continue
		}
		t.frame.inside = true
		reader := &content{in, nil}
		err = each(h.Name, h.Size, &stoppable{ctx, reader})
		if err == nil {
			_, err = io.Copy(io.Discard, reader)
		}
		t.frame.inside = false
		if reader.failed != nil {
			return false, broken(reader.failed)
		}
		if err != nil {
			return false, err
		}
	}
	_, err = io.Copy(io.Discard, t) // nothing stands between the end of the tar and the last block
	if err != nil {
		return false, broken(err)
	}
	return hex.EncodeToString(t.frame.hash.Sum(nil)) == f.end.frame, nil
}

// stoppable ends with its context: a member may be as large as a disk.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(b)
}

// content tells an error of the file from one of who reads it.
type content struct {
	r      io.Reader
	failed error
}

func (c *content) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		c.failed = err
	}
	return n, err
}

// chain opens the earlier files that a backup needs, the oldest first. They lie in its folder,
// under whatever name.
func (f *File) chain(key *Key) ([]*File, error) {
	var all []*File
	var gone []Ref
	var byID map[string]string
	for _, ref := range f.Chain {
		named := filepath.Join(filepath.Dir(f.Path), filepath.Base(ref.File))
		earlier, err := Open(named, key)
		if err == nil && earlier.ID == ref.ID {
			all = append(all, earlier)
			continue
		}
		if err == nil {
			earlier.Close()
		}
		if byID == nil {
			byID = identify(filepath.Dir(f.Path), key)
		}
		path, found := byID[ref.ID]
		if _, there := os.Stat(named); !found && err != nil && there == nil {
			return nil, errors.Join(err, closeAll(all)) // it is there and can't be read, for another reason
		}
		if !found {
			gone = append(gone, ref)
			continue
		}
		if earlier, err = Open(path, key); err != nil {
			return nil, errors.Join(err, closeAll(all))
		}
		all = append(all, earlier)
	}
	if len(gone) > 0 {
		return nil, errors.Join(missing(f.Path, gone), closeAll(all))
	}
	return all, nil
}

func closeAll(files []*File) error {
	var all error
	for _, f := range files {
		all = errors.Join(all, f.Close())
	}
	return all
}

// identify gives the backups of a folder by their ids; what is none, or can't be opened, is left out.
func identify(folder string, key *Key) map[string]string {
	found := map[string]string{}
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if e.Type()&^fs.ModeSymlink != 0 || strings.HasPrefix(e.Name(), ".") { // to open a pipe takes for ever
			continue
		}
		f, err := Open(filepath.Join(folder, e.Name()), key)
		if err != nil {
			continue
		}
		found[f.ID] = f.Path
		f.Close()
	}
	return found
}

// KindNames are what kinds are called.
var KindNames = map[Kind]string{Full: "完整备份", Incremental: "增量备份"}

// CheckChain checks a backup and the earlier ones it needs, the oldest first.
func CheckChain(ctx context.Context, path string, key *Key, step Step) ([]Checked, error) {
	f, err := Open(path, key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	earlier, err := f.chain(key)
	if err != nil {
		return nil, err
	}
	defer closeAll(earlier)
	var all []Checked
	for _, one := range append(earlier, f) {
		c, err := one.Check(ctx, step)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
