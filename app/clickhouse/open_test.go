package clickhouse_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
)

// role makes this test binary a second program: the engine has one folder per
// process, so what happens between two is tested with two.
const role = "SHUIXUAN_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "hold":
		hold(os.Getenv("DIR"))
	case "write":
		write(os.Getenv("DIR"))
	default:
		clickhouse.ForTest = clickhousetest.Embedded
		os.Exit(clickhousetest.Main(m))
	}
}

// hold opens a folder and keeps it until its input ends.
func hold(dir string) {
	db := must(clickhouse.Open(context.Background(), clickhouse.Config{Dir: dir}))
	fmt.Println("open")
	io.Copy(io.Discard, os.Stdin)
	must(0, db.Close())
}

// write inserts one row after another, every second one under a token, and prints the number of
// each one that is acknowledged, until it is killed.
func write(dir string) {
	ctx := context.Background()
	db := must(clickhouse.Open(ctx, clickhouse.Config{Dir: dir}))
	must(0, db.Exec(ctx, "CREATE TABLE IF NOT EXISTS t (n UInt64) ENGINE = MergeTree ORDER BY n"+durable))
	var next uint64
	must(0, db.QueryRow(ctx, "SELECT max(n) + 1 FROM t").Scan(&next))
	for ; ; next++ {
		if next%2 == 0 {
			must(0, insertOnce(ctx, db, strconv.FormatUint(next, 10), next))
		} else {
			must(0, insertNumbers(ctx, db, next))
		}
		fmt.Println(next)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}

func second(t *testing.T, as, dir string) (*exec.Cmd, *bufio.Scanner, io.Closer) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), role+"="+as, "DIR="+dir)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	return c, bufio.NewScanner(out), in
}

// needEngine skips where there is none; the folder tests start it themselves.
func needEngine(t *testing.T) { clickhousetest.Embedded(t) }

// checkAdvice: an error for people names the place and says what to do.
func checkAdvice(t *testing.T, err error, parts ...string) {
	t.Helper()
	var advised clickhouse.Advised
	if !errors.As(err, &advised) {
		t.Errorf("no advice for %v", err)
		return
	}
	for _, part := range parts {
		if !strings.Contains(advised.Advice(), part) {
			t.Errorf("advice %q lacks %q", advised.Advice(), part)
		}
	}
	for _, r := range advised.Error() {
		if unicode.Is(unicode.Han, r) {
			t.Errorf("the line for the log is not English: %q", advised.Error())
			break
		}
	}
}

// TestFolderInUse: a second program on one folder is refused in words, and the
// folder is free when the first one has closed.
func TestFolderInUse(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	c, out, in := second(t, "hold", dir)
	if !out.Scan() {
		t.Fatal("the first program did not open the folder")
	}
	_, err := clickhouse.Open(t.Context(), clickhouse.Config{Dir: dir})
	var inUse *clickhouse.ErrFolderInUse
	if !errors.As(err, &inUse) {
		t.Fatalf("got %v, want ErrFolderInUse", err)
	}
	checkAdvice(t, err, dir, "--data")
	if pid := strconv.Itoa(c.Process.Pid); !strings.Contains(err.Error(), pid) {
		t.Errorf("%q does not name process %s", err, pid)
	}
	in.Close()
	if err := c.Wait(); err != nil {
		t.Errorf("the first program ended with %v", err)
	}
	_, out, _ = second(t, "hold", dir)
	if !out.Scan() {
		t.Error("the folder stayed closed after the first program had ended")
	}
}

// TestKill: every row that was acknowledged is there, once, after kill -9. Three kills come at
// any moment, and the others when the engine has noted a token and not yet its rows, or a little
// later: half of them leave a token that is spent, with which the next program begins.
func TestKill(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	acknowledged := make(map[uint64]bool)
	for round := range 9 {
		c, out, _ := second(t, "write", dir)
		kill := func() { c.Process.Kill() }
		timer := time.AfterFunc(time.Minute, kill)
		var over atomic.Bool
		for n := 0; out.Scan(); n++ {
			// The clock runs from the first row: on a busy machine the engine needs long to open.
			switch {
			case n == 0 && round < 3:
				timer.Reset(time.Duration(200+round*317) * time.Millisecond)
			case n == 2 && round >= 3:
				notes, err := tokenNotes(dir)
				if err != nil {
					t.Fatal(err)
				}
				go func() {
					for size := notes(); !over.Load() && notes() == size; {
					}
					kill()
				}()
			}
			row, err := strconv.ParseUint(out.Text(), 10, 64)
			if err != nil {
				t.Fatalf("unexpected line %q", out.Text())
			}
			acknowledged[row] = true
		}
		over.Store(true)
		c.Wait()
		timer.Stop()
	}
	if len(acknowledged) == 0 {
		t.Fatal("no row was acknowledged before the kill")
	}
	// A third program reads: this one may have the engine open elsewhere.
	c := exec.Command(os.Args[0], "-test.run=^TestKilledRows$", "-test.v")
	c.Env = append(os.Environ(), "DIR="+dir)
	report, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("read after kill: %v\n%s", err, report)
	}
	found := make(map[uint64]int)
	for line := range strings.Lines(string(report)) {
		if n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64); err == nil {
			found[n]++
		}
	}
	for n := range acknowledged {
		if found[n] != 1 {
			t.Errorf("row %d was acknowledged and is there %d times", n, found[n])
		}
	}
	t.Logf("%d rows acknowledged, %d found", len(acknowledged), len(found))
}

// tokenNotes gives a function that tells how much the engine has noted of tokens in the newest
// of a folder's notes. It is asked without a pause: between the note and the rows is a
// fraction of a millisecond.
func tokenNotes(dir string) (func() int64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "clickhouse", "store", "*", "*", "deduplication_logs", "*"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("the engine's notes of tokens aren't where they were: %w", err)
	}
	changed := func(file string) int64 {
		about, err := os.Stat(file)
		if err != nil {
			return 0
		}
		return about.ModTime().UnixNano()
	}
	newest := slices.MaxFunc(files, func(a, b string) int { return cmp.Compare(changed(a), changed(b)) })
	return func() int64 {
		about, err := os.Stat(newest)
		if err != nil {
			return 0
		}
		return about.Size()
	}, nil
}

// TestKilledRows prints the rows of a folder for TestKill.
func TestKilledRows(t *testing.T) {
	dir := os.Getenv("DIR")
	if dir == "" {
		t.Skip("part of TestKill")
	}
	db := open(t, clickhouse.Config{Dir: dir})
	rows, err := db.Query(t.Context(), "SELECT n FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n uint64
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		fmt.Println(n)
	}
}

// TestOpenFaults: what can be wrong with a machine is told in words.
func TestOpenFaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(cfg clickhouse.Config, want any, parts ...string) {
		t.Helper()
		_, err := clickhouse.Open(t.Context(), cfg)
		if !errors.As(err, want) {
			t.Errorf("got %v, want %T", err, want)
			return
		}
		checkAdvice(t, err, parts...)
	}
	check(clickhouse.Config{Dir: t.TempDir(), Engine: "/nowhere/libchdb.so"}, new(*clickhouse.ErrEngineMissing), "npm ci", "SHUIXUAN_ENGINE")
	check(clickhouse.Config{Dir: t.TempDir(), Engine: file}, new(*clickhouse.ErrEngineUnusable), "npm ci")
	check(clickhouse.Config{DSN: "http://127.0.0.1:1/shuixuan"}, new(*clickhouse.ErrServerUnreachable), "127.0.0.1:1")
	check(clickhouse.Config{DSN: "clickhouse://someone:secret@127.0.0.1:1/shuixuan"}, new(*clickhouse.ErrServerUnreachable), "127.0.0.1:1")

	needEngine(t)
	check(clickhouse.Config{Dir: filepath.Join(file, "data")}, new(*clickhouse.ErrFolderNotWritable), file, "--data")
	if os.Getuid() != 0 { // root writes anywhere
		closed := t.TempDir()
		if err := os.Chmod(closed, 0o500); err != nil {
			t.Fatal(err)
		}
		check(clickhouse.Config{Dir: closed}, new(*clickhouse.ErrFolderNotWritable), closed)
	}
	if _, err := clickhouse.Open(t.Context(), clickhouse.Config{}); err == nil {
		t.Error("opened without a folder or an address")
	}
}

// TestClose: it waits for what runs, refuses what comes after, and can be
// called twice.
func TestClose(t *testing.T) {
	db := clickhousetest.Embedded(t)
	other, err := db.In(t.Context(), db.Database())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Close(), other.Close()); err != nil {
		t.Error(err)
	}
	if err := other.Exec(t.Context(), "SELECT 1"); !errors.Is(err, ch.ErrConnectionClosed) {
		t.Errorf("a closed handle answered %v", err)
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("closing one handle closed another: %v", err)
	}
}
