package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests run what the commands run, with small numbers, on the real program.

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(run(context.Background(), os.Args[1:]))
	}
	code := m.Run()
	if dir := filepath.Dir(builtAt); builtAt != "" {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// builtAt is where the program lies, once built. It is state of the package because the tests
// share it and don't know each other.
var builtAt string

var built = sync.OnceValues(func() (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	if err := read(root); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "shuixuan-harness-")
	if err != nil {
		return "", err
	}
	builtAt = filepath.Join(dir, "shuixuan")
	return builtAt, build(context.Background(), root, builtAt)
})

// read looks at every source of the program. These tests import nothing of it, so go test would
// believe a result of before a change; it asks again after one of the files that a test has
// looked at.
func read(root string) error {
	for _, dir := range []string{"app", "ingest", "analytics", "dashboards", "seeds"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(string, fs.DirEntry, error) error { return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// newGround gives a folder of the test's own.
func newGround(t *testing.T) *ground {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	return &ground{program: program, root: root, folder: t.TempDir(), out: writer{t}}
}

type writer struct{ t *testing.T }

func (w writer) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// TestSoak is run alone, after all other tests (Makefile): with anything beside it two
// processors are too few for its rate. It fails for what was lost, doubled or not acknowledged,
// for a rate that was missed while a processor had time, and for dearer submissions.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute")
	}
	if err := (&soakCommand{Seconds: 60, Rate: 500, Devices: 2000, Links: 16, Seed: 1}).soak(t.Context(), newGround(t)); err != nil {
		t.Fatal(err)
	}
}

// TestEffort: what a soak says of its speed.
func TestEffort(t *testing.T) {
	soak := effort{acknowledged: 30_000, by: 30_000, took: time.Minute, wanted: 500, theirs: 100 * time.Second, ours: 12 * time.Second, processors: 2}
	for _, c := range []struct {
		what string
		bend func(*effort)
		want string
	}{
		{"kept", func(*effort) {}, ""},
		{"kept by a large machine", func(e *effort) { e.processors = 16 }, ""},
		{"slow, and the processors taken", func(e *effort) { e.took, e.theirs = 75*time.Second, 125*time.Second }, ""},
		{"slow, and waiting", func(e *effort) { e.took = 75 * time.Second }, "400 submissions a second of 500, with 25% of the processors to spare"},
		{"dearer", func(e *effort) { e.theirs = 150 * time.Second }, "12.5 times"},
		{"few, and dearer", func(e *effort) { e.acknowledged, e.by, e.took, e.theirs = 2500, 2500, 5*time.Second, 150*time.Second }, ""},
	} {
		e := soak
		c.bend(&e)
		if err := e.fault(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

// TestCrash kills once at each kind of work, and then more often at the intake: in its first
// version a row could lie among the revisions and not among the current rows, and of twenty
// kills several hit that. make crash kills two hundred times.
func TestCrash(t *testing.T) {
	for _, run := range []crashCommand{{Kills: len(works), Seed: 20140901}, {Kills: 5, Seed: 20140902, Only: []string{"intake"}}} {
		if err := run.crash(t.Context(), newGround(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPair(t *testing.T) {
	if err := (&pairCommand{Seconds: 9, Rate: 30, Devices: 100, Seed: 1}).pair(t.Context(), newGround(t)); err != nil {
		t.Fatal(err)
	}
}

// TestRoll: this program, replaced by one with one more migration, which only adds.
func TestRoll(t *testing.T) {
	g := newGround(t)
	file := fmt.Sprintf("%04d_rolled.sql", newest()+1)
	step := filepath.Join(g.folder, file)
	const text = `-- only adds
ALTER TABLE {{local "response_revisions"}} {{onCluster}} ADD COLUMN IF NOT EXISTS rolled String;
CREATE TABLE IF NOT EXISTS rolled {{onCluster}} (word String) ENGINE = {{everywhere "MergeTree"}} ORDER BY word SETTINGS {{durable}};
`
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(g.root, "app/clickhouse/migrations", file): step}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(g.folder, "overlay.json")
	if err := errors.Join(os.WriteFile(step, []byte(text), 0o600), os.WriteFile(list, overlay, 0o600)); err != nil {
		t.Fatal(err)
	}
	older := g.program
	g.program = filepath.Join(filepath.Dir(builtAt), "newer")
	if err := build(t.Context(), g.root, g.program, "-overlay", list); err != nil {
		t.Fatal(err)
	}
	if err := (&pairCommand{Seconds: 12, Rate: 15, Devices: 60, Seed: 2, Older: older}).pair(t.Context(), g); err != nil {
		t.Fatal(err)
	}
}

func TestSame(t *testing.T) {
	if err := (&sameCommand{Posts: 200, Connections: 50, Seed: 1}).same(t.Context(), newGround(t)); err != nil {
		t.Fatal(err)
	}
}

// TestLedgerNotices: the ledger itself is tried on made-up rows, since a program without
// faults can't show that one would be found.
func TestLedgerNotices(t *testing.T) {
	check := func(what string, there map[table][]kept, lost, doubled, rewritten, differ, strange int) {
		t.Helper()
		l := newLedger()
		l.send(responses, "a", "x", false)
		l.send(placements, "b", "1", false)
		l.send(responses, "open", "z", false)
		l.told("a", "b")
		l.reviewed("b", "accepted")
		l.paged("paged", "p")
		there[responses] = append(there[responses], kept{mark: "paged", content: "p", revision: 21})
		v := l.compare(there)
		if got := []int{len(v.lost), len(v.doubled), len(v.rewritten), len(v.differ), len(v.strange)}; fmt.Sprint(got) != fmt.Sprint([]int{lost, doubled, rewritten, differ, strange}) || (v.fault() == nil) != (lost+doubled+rewritten+differ+strange == 0) {
			t.Errorf("%s: lost, doubled, written more than once, other content, strange: %v; %v", what, got, v.fault())
		}
	}
	a, b := kept{mark: "a", content: "x", revision: 1}, kept{mark: "b", content: "1", state: "accepted", revision: 2}
	written, judged := a, b
	written.revision, judged.revision = 2, 3
	check("all there", map[table][]kept{responses: {a}, placements: {b}}, 0, 0, 0, 0, 0)
	check("one whose outcome is open", map[table][]kept{responses: {a, {mark: "open", content: "z", revision: 1}}, placements: {b}}, 0, 0, 0, 0, 0)
	check("one lost", map[table][]kept{placements: {b}}, 1, 0, 0, 0, 0)
	check("one twice", map[table][]kept{responses: {a, a}, placements: {b}}, 0, 1, 0, 0, 0)
	check("one that was open twice", map[table][]kept{responses: {a, {mark: "open", content: "z", revision: 1}, {mark: "open", content: "z", revision: 1}}, placements: {b}}, 0, 1, 0, 0, 0)
	check("one written again", map[table][]kept{responses: {written}, placements: {b}}, 0, 0, 1, 0, 0)
	check("a verdict given twice", map[table][]kept{responses: {a}, placements: {judged}}, 0, 0, 1, 0, 0)
	check("other answers", map[table][]kept{responses: {{mark: "a", content: "y", revision: 1}}, placements: {b}}, 0, 0, 0, 1, 0)
	check("a verdict lost", map[table][]kept{responses: {a}, placements: {{mark: "b", content: "1", state: "submitted", revision: 1}}}, 0, 0, 0, 1, 0)
	check("one that nobody sent", map[table][]kept{responses: {a, {mark: "c"}}, placements: {b}}, 0, 0, 0, 0, 1)
	check("in the other table", map[table][]kept{responses: {a, {mark: "b", content: "1"}}}, 0, 0, 0, 0, 1)
}

// TestLedgerOfABackup: what was acknowledged later may be in it or not; what was before, must.
func TestLedgerOfABackup(t *testing.T) {
	l := newLedger()
	l.send(responses, "before", "x", false)
	l.told("before")
	told := l.acknowledged()
	l.send(responses, "after", "y", false)
	l.told("after")
	before, after := kept{mark: "before", content: "x", revision: 1}, kept{mark: "after", content: "y", revision: 1}
	for n, held := range [][]kept{{before}, {before, after}, {after}, {before, before}} {
		if err := l.asOf(told).compare(map[table][]kept{responses: held}).fault(); (err == nil) != (n < 2) {
			t.Errorf("%v: %v", held, err)
		}
	}
	if l.compare(map[table][]kept{responses: {before}}).fault() == nil {
		t.Error("the ledger itself has forgotten")
	}
}

// TestParcelsAreWhole: what is sent holds what the ledger says.
func TestParcelsAreWhole(t *testing.T) {
	l, random := newLedger(), rand.New(rand.NewPCG(1, 1))
	var sent struct{ Choices map[string][]string }
	if err := json.Unmarshal(l.entry("one", true, random).body, &sent); err != nil {
		t.Fatal(err)
	}
	if answers(sent.Choices) != l.sent["one"].content || len(l.sent["one"].content) != questions {
		t.Errorf("%v is not %q", sent.Choices, l.sent["one"].content)
	}
	var file bytes.Buffer
	marks := l.sheet(&file, "file", 3, random)
	lines := strings.Split(strings.TrimSpace(file.String()), "\n")
	if len(lines) != 4 || len(marks) != 3 {
		t.Fatalf("%d lines, %v", len(lines), marks)
	}
	for i, line := range lines[1:] {
		cells := strings.Split(line, ",")
		if strings.Join(cells[1:questions+1], "") != l.sent[marks[i]].content {
			t.Errorf("%s is not %q", line, l.sent[marks[i]].content)
		}
	}
}

// TestProcessorTime: the time that this process uses is found where the system tells it.
func TestProcessorTime(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("told by Linux")
	}
	for end := time.Now().Add(time.Minute); processor("self") == 0; {
		if time.Now().After(end) {
			t.Fatal("a minute of work is not found")
		}
	}
}
