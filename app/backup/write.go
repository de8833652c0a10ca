package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
)

// unfinished is how the file is called until it is checked.
const unfinished = ".shuixuan-backup-"

// writer writes the file of a backup.
type writer struct {
	file    *os.File
	behind  *behind
	sealed  io.WriteCloser // age, nil without a key
	frame   frame
	tar     *tar.Writer
	members []Member
	copying []byte
}

// frame counts and hashes the bytes that are no member's content: headers, padding, the first
// and the last member.
type frame struct {
	to     io.Writer
	hash   hash.Hash
	inside bool
	at     int64
}

func (f *frame) Write(b []byte) (int, error) {
	if !f.inside {
		f.hash.Write(b)
	}
	n, err := f.to.Write(b)
	f.at += int64(n)
	return n, err
}

// flowing is how much of a file is written before the disk is to have it.
const flowing = 4 << 20

// steady writes a file and lets it flow to the disk.
type steady struct {
	file     *os.File
	at, sent int64
}

func (s *steady) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	s.at += int64(n)
	if s.at-s.sent >= flowing {
		flow(s.file, s.sent, s.at)
		s.sent = s.at
	}
	return n, err
}

// create begins a file beside the name it is to get. The file is locked as long as somebody
// writes it.
func create(name string, head Head, key *Key) (*writer, error) {
	file, err := os.CreateTemp(filepath.Dir(name), unfinished+"*")
	if err != nil {
		return nil, cantWrite(name, err)
	}
	w := &writer{file: file, behind: newBehind(&steady{file: file}), copying: make([]byte, 1<<20)}
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // some disks have no locks
	w.frame = frame{to: w.behind, hash: sha256.New()}
	if key != nil {
		if w.sealed, err = age.Encrypt(w.behind, key.recipients...); err != nil {
			w.abandon()
			return nil, err
		}
		w.frame.to = w.sealed
	}
	w.tar = tar.NewWriter(&w.frame)
	if err := w.note(headName, head); err != nil {
		w.abandon()
		return nil, cantWrite(name, err)
	}
	return w, nil
}

// abandon removes what was written.
func (w *writer) abandon() {
	_ = w.behind.Close() // its error is known, or means nothing any more
	w.file.Close()
	os.Remove(w.file.Name())
}

// note writes a member of JSON that belongs to the frame, and gives where it begins.
func (w *writer) note(name string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := w.header(name, int64(len(body)), time.Time{}); err != nil {
		return err
	}
	_, err = w.tar.Write(body)
	return err
}

func (w *writer) header(name string, size int64, modified time.Time) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600}
	if !modified.IsZero() {
		h.ModTime = modified.Truncate(time.Second)
	}
	return w.tar.WriteHeader(h)
}

// add writes a member of so many bytes.
func (w *writer) add(name string, size int64, modified time.Time, r io.Reader) error {
	if err := w.header(name, size, modified); err != nil {
		return err
	}
	sum := sha256.New()
	w.frame.inside = true
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(sum, w.tar)}, struct{ io.Reader }{io.LimitReader(r, size)}, w.copying)
	w.frame.inside = false
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.members = append(w.members, Member{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil)), Modified: modified.UTC()})
	return nil
}

// finish writes the manifest and what stands for the frame, and makes the file durable.
func (w *writer) finish(m Manifest) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := w.header(manifestName, int64(len(body)), time.Time{}); err != nil {
		return err
	}
	end := ending{at: w.frame.at, size: int64(len(body)), manifest: sum(body)}
	if _, err := w.tar.Write(body); err != nil {
		return err
	}
	if err := w.tar.Close(); err != nil {
		return err
	}
	end.frame = hex.EncodeToString(w.frame.hash.Sum(nil))
	if _, err := w.frame.Write(end.block()); err != nil {
		return err
	}
	if w.sealed != nil {
		if err := w.sealed.Close(); err != nil {
			return err
		}
	}
	return errors.Join(w.behind.Close(), w.file.Chmod(0o600), w.file.Sync())
}

func sum(body []byte) string {
	s := sha256.Sum256(body)
	return hex.EncodeToString(s[:])
}

// ending is the block behind the tar: where the manifest is, and what it and the frame have to be.
type ending struct {
	at, size        int64
	manifest, frame string
}

// endSize is the size of the block, one of a tar.
const endSize = 512

func (e ending) block() []byte {
	text := fmt.Sprintf("shuixuan backup %d\nmanifest %d %d %s\nframe %s\n", Format, e.at, e.size, e.manifest, e.frame)
	return []byte(text + strings.Repeat("\n", endSize-len(text)))
}

// parseEnding reads the block. It has one form only, so that no byte of it is without meaning.
func parseEnding(block []byte) (ending, error) {
	var e ending
	var format int
	if _, err := fmt.Sscanf(string(block), "shuixuan backup %d\nmanifest %d %d %64s\nframe %64s", &format, &e.at, &e.size, &e.manifest, &e.frame); err != nil {
		return e, fmt.Errorf("the end isn't that of a backup: %w", err)
	}
	if string(e.block()) != string(block) {
		return e, errors.New("the end isn't in its form")
	}
	return e, nil
}

// sweep removes what programs that were killed have left half written in a folder.
func sweep(folder string) error {
	left, err := filepath.Glob(filepath.Join(folder, unfinished+"*"))
	if err != nil {
		return err
	}
	for _, name := range left {
		f, err := os.Open(name)
		if err != nil {
			continue // its writer was faster
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			err = os.Remove(name)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}
