package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"shuixuan/app/problem"
)

// copies keeps what was made of originals: thumbnails, screen copies, marked copies. They
// lie beside the originals by the same hashes, and may be deleted at any time: what is
// missing is made again.
type copies struct{ originals *Originals }

func (c *copies) dir() string { return filepath.Join(filepath.Dir(c.originals.dir), "derived") }

func (c *copies) path(sum, name string) string {
	return filepath.Join(c.dir(), sum[:2], sum+"."+name+".jpg")
}

// read gives a copy, nil where there is none.
func (c *copies) read(sum, name string) ([]byte, error) {
	if !hexSum.MatchString(sum) {
		return nil, problem.NotFound("这张照片")
	}
	body, err := os.ReadFile(c.path(sum, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return body, err
}

// write puts a copy to its place as a whole and makes it durable.
func (c *copies) write(sum, name string, body []byte) error {
	path := c.path(sum, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("keep a copy: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "making-*")
	if err != nil {
		return fmt.Errorf("keep a copy: %w", err)
	}
	defer os.Remove(temp.Name()) // fails harmlessly once the copy has its place
	_, err = temp.Write(body)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("keep a copy: %w", err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("keep a copy: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("keep a copy: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// lineError is what broke while bytes were still coming in: the sender's line, not our disk.
type lineError struct{ err error }

func (e lineError) Error() string { return "read what was sent: " + e.err.Error() }
func (e lineError) Unwrap() error { return e.err }

// line marks the errors of a reader as the sender's.
type line struct{ r io.Reader }

func (l line) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = lineError{err}
	}
	return n, err
}
