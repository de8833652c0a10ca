package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"shuixuan/app/problem"
)

// Originals keeps every file that was sent, untouched, by its hash. The law asks
// for raw forms to be kept, and a preview commits the very bytes that were shown.
type Originals struct{ dir string }

// NewOriginals keeps files below dir, which is made when missing.
func NewOriginals(dir string) (*Originals, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make folder of originals: %w", err)
	}
	return &Originals{dir: dir}, nil
}

// File is a kept original. Close it after use.
type File struct {
	Name   string
	SHA256 string
	Size   int64
	io.ReaderAt
	io.Closer
}

// Keep writes what r holds to disk and answers it as a file, once it is durable.
// A file over the limit in bytes is refused, and nothing of it stays.
func (o *Originals) Keep(ctx context.Context, name string, r io.Reader, limit int64) (File, error) {
	f, err := o.keepChecked(ctx, name, r, limit, func(File) error { return nil })
	if errors.Is(err, errOverLimit) {
		return f, problem.TooLarge(fmt.Sprintf("文件“%s”超过%dMB", name, limit>>20), "请把台账拆成几个文件，或删去其中的图片后再上传。")
	}
	return f, err
}

// errOverLimit says that a file has more bytes than were allowed.
var errOverLimit = errors.New("file is over the limit")

// keepChecked is Keep for a file that is looked at before it gets its place: what check
// refuses leaves nothing behind, and its error comes back as it is.
func (o *Originals) keepChecked(ctx context.Context, name string, r io.Reader, limit int64, check func(File) error) (File, error) {
	temp, err := os.CreateTemp(o.dir, "incoming-*")
	if err != nil {
		return File{}, fmt.Errorf("keep %q: %w", name, err)
	}
	defer os.Remove(temp.Name()) // fails harmlessly once the file has its place
	defer temp.Close()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(temp, hash), io.LimitReader(r, limit+1))
	if err != nil {
		return File{}, fmt.Errorf("keep %q: %w", name, err)
	}
	if size > limit {
		return File{}, errOverLimit
	}
	if err := ctx.Err(); err != nil {
		return File{}, err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if err := check(File{Name: name, SHA256: sum, Size: size, ReaderAt: temp}); err != nil {
		return File{}, err
	}
	if err := temp.Sync(); err != nil {
		return File{}, fmt.Errorf("keep %q: %w", name, err)
	}
	if err := o.place(temp.Name(), sum); err != nil {
		return File{}, fmt.Errorf("keep %q: %w", name, err)
	}
	f, err := o.Open(sum)
	f.Name = name
	return f, err
}

// place moves a finished file to where its hash says, and makes the move durable.
func (o *Originals) place(temp, sum string) error {
	path := o.path(sum)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Open gives a kept file back by its hash; its name is the sender's to add.
func (o *Originals) Open(sum string) (File, error) {
	if !hexSum.MatchString(sum) {
		return File{}, problem.NotFound("这份文件")
	}
	f, err := os.Open(o.path(sum))
	if errors.Is(err, os.ErrNotExist) {
		return File{}, problem.NotFound("这份文件").Because(err)
	}
	if err != nil {
		return File{}, fmt.Errorf("open original %s: %w", sum, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return File{}, fmt.Errorf("open original %s: %w", sum, err)
	}
	return File{SHA256: sum, Size: info.Size(), ReaderAt: f, Closer: f}, nil
}

func (o *Originals) path(sum string) string { return filepath.Join(o.dir, sum[:2], sum) }
