// Package clickhousetest gives a test a real database of its own in one call.
//
// There is no stand-in for the database: what a test proves about a stand-in
// says nothing about the engine. The embedded engine has one folder per
// process, so a test binary starts it once and tests are kept apart by
// database. Packages are separate processes and don't meet.
package clickhousetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"shuixuan/app/clickhouse"
)

// Variable names a server to test against instead of the embedded engine.
const Variable = "SHUIXUAN_TEST_CLICKHOUSE"

// Open returns a migrated database that is dropped when the test ends. Without
// the engine the test is skipped, or fails where CI promised it.
func Open(t testing.TB) *clickhouse.DB {
	t.Helper()
	db := Empty(t)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate test database: %v", err)
	}
	return db
}

// Empty is Open without the tables.
func Empty(t testing.TB) *clickhouse.DB {
	t.Helper()
	return fresh(t, shared)
}

// Embedded is Empty in the embedded engine, whatever the environment says.
func Embedded(t testing.TB) *clickhouse.DB {
	t.Helper()
	return fresh(t, engine)
}

func fresh(t testing.TB, open func() (*clickhouse.DB, error)) *clickhouse.DB {
	t.Helper()
	base, err := open()
	if err != nil {
		var missing *clickhouse.ErrEngineMissing
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); errors.As(err, &missing) && !ci {
			t.Skipf("no engine on this machine: %v", err)
		}
		t.Fatalf("open test engine: %v", err)
	}
	db, err := base.In(t.Context(), name())
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := errors.Join(db.Drop(ctx), db.Close()); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return db
}

// Lose takes rows of a table away and leaves what the engine has noted of their tokens, as a
// kill does that comes between the two.
func Lose(t testing.TB, db *clickhouse.DB, table, where string) {
	t.Helper()
	if err := db.Exec(t.Context(), "ALTER TABLE "+table+" DELETE WHERE "+where+" SETTINGS mutations_sync = 2"); err != nil {
		t.Fatal(err)
	}
}

func name() string {
	random := make([]byte, 8)
	rand.Read(random)
	return "test_" + hex.EncodeToString(random)
}

// Main runs the tests of a package, closes the engine, and then looks for goroutines that
// nobody has ended: what was stopped leaves none. Call it from TestMain.
func Main(m *testing.M) int {
	code := m.Run()
	if db := opened.Load(); db != nil {
		if err := db.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "close test engine:", err)
			code = 1
		}
	}
	if code != 0 {
		return code // a test that failed may have left anything
	}
	// The framework's clock for the header Date and its workers that compress, one set per
	// process, have no end; what sweeps the workers of a server ends ten seconds after it.
	if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2")); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines that nobody has ended:", err)
		return 1
	}
	return 0
}

// opened is the engine of this test binary, once there is one.
var opened atomic.Pointer[clickhouse.DB]

// shared is what tests run on. It is state of the
// package because the engine is state of the process, and the test functions
// that need it don't know each other.
var shared = sync.OnceValues(func() (*clickhouse.DB, error) {
	if dsn := os.Getenv(Variable); dsn != "" {
		return clickhouse.Open(context.Background(), clickhouse.Config{DSN: dsn, Database: "default"})
	}
	return engine()
})

// engine starts the engine of this test binary, once.
var engine = sync.OnceValues(func() (*clickhouse.DB, error) {
	dir, err := os.MkdirTemp("", "shuixuan-test-")
	if err != nil {
		return nil, err
	}
	db, err := clickhouse.Open(context.Background(), clickhouse.Config{Dir: dir})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	opened.Store(db)
	return db, removeAfterExit(dir)
})

// removeAfterExit leaves the folder to a shell that waits for the end of this
// process. A test binary has no place of its own to clean up in: tests run in
// any order, and a failed or killed one runs nothing at all.
func removeAfterExit(dir string) error {
	var ends [2]int
	syscall.ForkLock.RLock()
	err := syscall.Pipe(ends[:])
	if err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	theirs := os.NewFile(uintptr(ends[0]), "end of test")
	defer theirs.Close()
	// Our end stays a bare number, which nothing closes before the process ends.
	shell := exec.Command("/bin/sh", "-c", `trap "" INT TERM HUP; cat; rm -rf "$1"`, "sh", dir)
	shell.Stdin = theirs
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return shell.Start()
}
