package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
)

// disk mounts a small disk of its own for a test, which only root may.
func disk(t *testing.T, megabytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Skipf("no small disk can be mounted here (only root may): %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// checkRefusal: the exit code, and words with the place and what to do, for people on
// stderr and as one document on stdout.
func checkRefusal(t *testing.T, want int, words []string, args ...string) {
	t.Helper()
	code, stdout, stderr := finish(t, append(args, "--json")...)
	if code != want {
		t.Errorf("%q ends with %d, want %d", args, code, want)
	}
	p := oneProblem(t, stdout)
	for _, word := range words {
		if !strings.Contains(stderr, word) || !strings.Contains(p.words(), word) {
			t.Errorf("%q is told %q and %q, want %q in both", args, stderr, p.words(), word)
		}
	}
}

// TestFolderThatCannotBeWritten: below a regular file, and on a disk that is read-only.
// Permission bits would prove nothing here: tests may run as root, to whom they don't apply.
func TestFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(file, "data")
	checkRefusal(t, exitFailed, []string{below, "无法写入", "--data"}, "migrate", "--data", below)
	if os.Geteuid() != 0 {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		checkRefusal(t, exitFailed, []string{dir, "没有写入权限", "--data"}, "migrate", "--data", filepath.Join(dir, "data"))
		return
	}
	dir := disk(t, 80)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("no read-only disk: %v", err)
	}
	checkRefusal(t, exitFailed, []string{dir, "没有写入权限", "--data"}, "serve", "--listen", "127.0.0.1:0", "--data", dir)
}

// TestSecondServer: the second program on a folder says what to do, and the first goes on.
// A port that is taken is a wrong word, 2, and not a failure.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	words := []string{data, "正被另一个水宣程序使用", "停止", "--data"}
	checkRefusal(t, exitFailed, words, "serve", "--listen", "127.0.0.1:0", "--data", data)
	checkRefusal(t, exitFailed, words, "import", "placements", testdata+"messy-placements.xlsx", "--campaign", "feicheng", "--data", data)
	checkRefusal(t, exitFailed, words, "doctor", "--data", data)
	taken := strings.TrimPrefix(s.address, "http://")
	checkRefusal(t, exitWords, []string{taken, "占用", "--listen"}, "serve", "--listen", taken, "--data", t.TempDir())
	checkRefusal(t, exitWords, []string{"127.0.0.1:99999", "--listen"}, "serve", "--listen", "127.0.0.1:99999", "--data", t.TempDir())
	var one any
	s.get(t, token.Token, "/api/v1/campaigns/feicheng", &one)
	if code := s.stop(t); code != exitFine {
		t.Errorf("the first server ends with %d", code)
	}
	if connection, err := net.Dial("tcp", taken); err == nil {
		connection.Close()
		t.Error("the port is still taken after the end")
	}
	mustRun(t, nil, "doctor", "--data", data)
}

// TestFullDisk: too full to start is said before anything is written. A disk that fills
// while the server runs refuses rows in words, keeps what it has acknowledged, and takes
// rows again when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	checkRefusal(t, exitFailed, []string{"磁盘空间不足", "清理磁盘"}, "migrate", "--data", disk(t, 16))

	data := disk(t, 300)
	loadShipped(t, data, "feicheng")
	var token struct{ Token string }
	mustRun(t, &token, "token", "add", "--role", "office", "--data", data)
	s := startServer(t, "--data", data)
	kept := map[uuid.UUID]bool{}
	log := func() (int, told) {
		id := uuid.New()
		body, _ := json.Marshal(map[string]any{"id": id, "task": "社会宣传1", "unit": "市住建局", "carrier": "宣传条幅", "place": id.String(), "quantity": 3, "measure": "条", "start": "2014-09-05"})
		var p told
		status := s.ask(t, token.Token, http.MethodPost, "/api/v1/campaigns/feicheng/placements", "application/json", bytes.NewReader(body), &p)
		if status == http.StatusCreated {
			kept[id] = true
		}
		return status, p
	}
	for range 3 {
		if status, p := log(); status != http.StatusCreated {
			t.Fatalf("before the disk is full: %d %s", status, p.words())
		}
	}
	ballast := filepath.Join(data, "ballast")
	fill(t, ballast)
	refused := 0
	for range 5 {
		status, p := log()
		if status == http.StatusCreated {
			continue // found room that a merge had left
		}
		refused++
		if status != http.StatusServiceUnavailable || !strings.Contains(p.words(), "磁盘已满") || !strings.Contains(p.words(), "清理磁盘") || p.Reference == "" {
			t.Errorf("on a full disk: %d %+v, want 503 that says so", status, p)
		}
		fill(t, ballast)
	}
	if refused == 0 {
		t.Error("a full disk refused nothing: the test proves nothing")
	}
	var p told
	if status := s.upload(t, token.Token, "/api/v1/campaigns/feicheng/imports?kind=placements", "a.csv", bytes.Repeat([]byte(ledgerHead), 50_000), &p); status != http.StatusServiceUnavailable || !strings.Contains(p.words(), "磁盘已满") {
		t.Errorf("an upload to a full disk: %d %s, want 503", status, p.words())
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if status, p := log(); status != http.StatusCreated {
		t.Errorf("with room again: %d %s", status, p.words())
	}
	var rows struct{ Items []struct{ ID uuid.UUID } }
	s.get(t, token.Token, "/api/v1/campaigns/feicheng/placements?limit=1000", &rows)
	for _, item := range rows.Items {
		delete(kept, item.ID)
	}
	if len(kept) > 0 {
		t.Errorf("%d acknowledged rows are lost", len(kept))
	}
	if code := s.stop(t); code != exitFine {
		t.Errorf("the server ends with %d", code)
	}
}

// fill writes to a file until there is no room for one more block.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
}
