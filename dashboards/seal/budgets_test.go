//go:build bench

package seal_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"shuixuan/app/budget"
	"shuixuan/dashboards/seal"
)

// sparse is a file whose zeros take no room, so that a package of nine gigabytes can be
// written to any disk.
type sparse struct {
	*os.File
	at int64
}

var zeros = make([]byte, 3<<20)

func (s *sparse) Write(b []byte) (int, error) {
	if len(b) <= len(zeros) && bytes.Equal(b, zeros[:len(b)]) {
		s.at += int64(len(b))
		return len(b), nil
	}
	n, err := s.WriteAt(b, s.at)
	s.at += int64(n)
	return n, err
}

// TestBudgetsSeal writes and checks a package of 3,000 photos of 3 MB, beside the SHA-256 of
// as many bytes, which is what sealing them takes at least.
func TestBudgetsSeal(t *testing.T) {
	const photos = 3000
	file, err := os.Create(filepath.Join(t.TempDir(), "a.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	heap := peak(t)
	write := func() error {
		out := &sparse{File: file}
		z := seal.NewWriter(out, statement(), office)
		for i := range photos {
			w, err := z.Stored(fmt.Sprintf("佐证材料/%05d.jpg", i))
			if err != nil {
				return err
			}
			if _, err := w.Write(zeros); err != nil {
				return err
			}
		}
		if _, err := z.Close(); err != nil {
			return err
		}
		return file.Truncate(out.at)
	}
	hash := func() error {
		h := sha256.New()
		for range photos {
			h.Write(zeros)
		}
		h.Sum(nil)
		return nil
	}
	ours, theirs := budget.Turns(t, 1, write, hash)
	budget.Ratio(t, "3,000 photos of 3 MB sealed, to their SHA-256", ours, theirs, 3)
	ours, theirs = budget.Turns(t, 1, func() error {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		got, err := seal.Verify(file, info.Size(), public(office))
		if err == nil && (!got.Sound || got.Files != photos) {
			err = errors.New(got.Says)
		}
		return err
	}, hash)
	budget.Ratio(t, "the same verified, to their SHA-256", ours, theirs, 4)
	budget.Under(t, "heap meanwhile", float64(heap())/(1<<20), 50, "MB")
	if at, err := file.Seek(0, io.SeekEnd); err != nil || at < 9<<30-9<<28 {
		t.Errorf("the package has %d bytes, %v", at, err)
	}
}

// peak watches the heap and gives by how much it grew.
func peak(t *testing.T) func() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapInuse, uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-done
		return most - min(most, before)
	}
}
