package embedded

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// small mounts a disk of its own for a test, which only root may.
func small(t *testing.T, megabytes string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+megabytes+"m"); err != nil {
		t.Skipf("no small disk: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestNoSpaceToOpen: a disk that is nearly full is refused before the engine
// writes to it.
func TestNoSpaceToOpen(t *testing.T) {
	if _, err := Locate(""); err != nil {
		t.Skip(err)
	}
	if _, err := Open(Config{Dir: small(t, "8")}); !errors.Is(err, ErrDiskFull) {
		t.Errorf("got %v, want ErrDiskFull", err)
	}
}

// TestDiskFills: an insert into a full disk fails with the engine's words, and
// the engine goes on when there is room again.
func TestDiskFills(t *testing.T) {
	dir := small(t, "120")
	e := start1(t, Config{Dir: dir})
	tsv(t, e, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1, non_replicated_deduplication_window = 100")
	tsv(t, e, "INSERT INTO t SELECT 1")
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 1<<20))
	}
	f.Close()
	status, text, err := ask(t.Context(), e, url.Values{"query": {"INSERT INTO t FORMAT TSV"}}, strings.Repeat("2\n", 100_000))
	if err != nil || status != http.StatusInternalServerError {
		t.Errorf("an insert into a full disk: %d %q %v", status, text, err)
	}
	t.Log(text)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	tsv(t, e, "INSERT INTO t SELECT 3")
	if got := tsv(t, e, "SELECT groupArray(n) FROM (SELECT n FROM t ORDER BY n)"); got != "[1,3]" {
		t.Errorf("rows after the disk had been full: %s, want [1,3]", got)
	}
}
