package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/clickhouse"
	"shuixuan/app/doctor"
)

// examine runs doctor and gives its exit code, its findings by what was looked at, and its words.
func examine(t *testing.T, args ...string) (int, map[string]doctor.Finding, string) {
	t.Helper()
	code, stdout, stderr := finish(t, append([]string{"doctor", "--json"}, args...)...)
	var document struct{ Findings []doctor.Finding }
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatalf("doctor printed %q: %v", stdout, err)
	}
	found := map[string]doctor.Finding{}
	for _, f := range document.Findings {
		if old, has := found[f.What]; !has || old.Mark != doctor.Bad {
			found[f.What] = f
		}
		if !strings.Contains(stderr, "["+doctor.Words[f.Mark]+"] "+f.What+"：") {
			t.Errorf("%s is in no line: %s", f.What, stderr)
		}
		if f.Mark != doctor.Good && f.Do == "" {
			t.Errorf("%s is %s and nothing is said to be done: %s", f.What, f.Mark, f.Says)
		}
	}
	return code, found, stderr
}

// tear changes the first file of a name in the newest-made parts of a table.
func tear(t *testing.T, data, table, name string, change func(file string) error) {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(data, "clickhouse/data/shuixuan", table, "all_*"))
	if err != nil || len(parts) == 0 {
		t.Fatalf("no parts of %s: %v", table, err)
	}
	slices.Sort(parts)
	if err := change(filepath.Join(parts[len(parts)-1], name)); err != nil {
		t.Fatal(err)
	}
}

// TestTornFiles: a file of the engine that was cut costs rows, and the engine goes on without a
// word. The program doesn't serve figures that lack them; it says where and what to do. A byte
// that was turned over is found where all is read.
func TestTornFiles(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	loadShipped(t, data, "feicheng")
	code, found, words := examine(t, "--data", data, "--full")
	if code != exitFine || len(found) < 13 {
		t.Errorf("of a sound folder: %d, %d findings\n%s", code, len(found), words)
	}
	for _, what := range []string{"程序", "数据文件夹", "数据库引擎", "数据表", "数据分块", "数据文件", "校验和", "审计链", "封存密钥", "字体", "Chromium", "落盘", "时钟"} {
		if f, has := found[what]; !has || f.Mark == doctor.Bad {
			t.Errorf("%s of a sound folder: %+v", what, f)
		}
	}
	tear(t, data, "units", "data.bin", func(file string) error {
		f, err := os.OpenFile(file, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteAt([]byte{0xff, 0x00, 0xff}, 60)
		return err
	})
	if code, found, _ := examine(t, "--data", data, "--full"); code != exitFailed || found["校验和"].Mark != doctor.Bad || !strings.Contains(found["校验和"].Says, "units") {
		t.Errorf("of a byte that was turned over: %d %+v", code, found["校验和"])
	}
	tear(t, data, "units", "data.bin", func(file string) error { return os.Truncate(file, 50) })
	checkRefusal(t, exitFailed, []string{"units", "没有启动", "detached", "恢复最近的备份"}, "serve", "--listen", "127.0.0.1:0", "--data", data)
	code, found, _ = examine(t, "--data", data)
	if f := found["数据文件"]; code != exitFailed || f.Mark != doctor.Bad || !strings.Contains(f.Says, "units") {
		t.Errorf("of a file that was cut: %d %+v", code, f)
	}
	// What the words tell to do lets it start.
	aside, err := filepath.Glob(filepath.Join(data, "clickhouse/data/shuixuan/units/detached/broken*"))
	if err != nil || len(aside) != 1 {
		t.Fatalf("set aside: %v %v", aside, err)
	}
	if err := os.Rename(aside[0], filepath.Join(t.TempDir(), "aside")); err != nil {
		t.Fatal(err)
	}
	if code := startServer(t, "--data", data).stop(t); code != exitFine {
		t.Errorf("with the part moved away the server ends with %d", code)
	}
	// A definition that was cut stops the engine itself.
	err = filepath.WalkDir(filepath.Join(data, "clickhouse"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "units.sql" {
			return os.Truncate(path, 100)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	checkRefusal(t, exitFailed, []string{"损坏", "恢复最近的备份"}, "serve", "--listen", "127.0.0.1:0", "--data", data)
}

// TestClockBehind: rows from tomorrow are told at the start and by doctor, and the server starts.
func TestClockBehind(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	mustRun(t, nil, "migrate", "--data", data)
	db, err := clickhouse.Open(t.Context(), clickhouse.Config{Dir: data})
	if err != nil {
		t.Skipf("the engine has one folder per process, and another test has it: %v", err)
	}
	err = db.Insert(t.Context(), "INSERT INTO audit_events (at)", func(b driver.Batch) error { return b.Append(time.Now().Add(26 * time.Hour)) })
	if closed := db.Close(); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
	code, found, _ := examine(t, "--data", data)
	if f := found["时钟"]; code != exitFailed || f.Mark != doctor.Bad || !strings.Contains(f.Says, "晚26小时") && !strings.Contains(f.Says, "晚25小时") {
		t.Errorf("%d %+v", code, f)
	}
	if code := startServer(t, "--data", data).stop(t); code != exitFine {
		t.Errorf("the server ends with %d", code)
	}
}
