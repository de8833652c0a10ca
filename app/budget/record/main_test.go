package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const printed = `=== RUN   TestBudgetsServe
| a page, p95 of 2400 by 20 people: under 50 ms | 60 ms | 1.20 | MISSED |
| p50 of them | 9 ms |  |  |
    serve_test.go:3: a page: 60 ms
--- FAIL: TestBudgetsServe (1.00s)
=== RUN   TestBudgetsNew
| rows a second: at least 5000 | 6000 | 1.20 | kept |
FAIL
`

// TestRecord: what ran takes the place of what it had, the rest stays; beside it stands what the
// last release measured, also of lines whose name has a figure that changes.
func TestRecord(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("docs", 0o755); err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	table := begins + "\n| budget | measured | ratio | verdict | last release | test, day |\n| --- | --- | --- | --- | --- | --- |\n" +
		"| a page, p95 of 2357 by 20 people: under 50 ms | 40 ms | 0.80 | kept | 30 ms | TestBudgetsServe 2026-01-01 |\n" +
		"| gone | 1 |  |  |  | TestBudgetsServe 2026-01-01 |\n" +
		"| other: under 2 s | 1 s | 0.50 | kept |  | TestBudgetsOther 2026-01-01 |\n" + ends + "\n"
	file(benchmarks, "# Benchmarks\n\n"+table+"\nHow to read it.\n")
	before := filepath.Join(t.TempDir(), "before.md")
	file(before, table)
	var out strings.Builder
	if err := run(strings.NewReader(printed), &out, before, time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| p50 of them |", "serve_test.go:3", "--- FAIL", "missed, and kept in the last release: a page, p95 of 2400"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed lacks %q:\n%s", want, &out)
		}
	}
	kept, err := os.ReadFile(benchmarks)
	if err != nil {
		t.Fatal(err)
	}
	want := "# Benchmarks\n\n" + begins + "\n| budget | measured | ratio | verdict | last release | test, day |\n| --- | --- | --- | --- | --- | --- |\n" +
		"| a page, p95 of 2400 by 20 people: under 50 ms | 60 ms | 1.20 | MISSED | 40 ms | TestBudgetsServe 2026-02-03 |\n" +
		"| p50 of them | 9 ms |  |  |  | TestBudgetsServe 2026-02-03 |\n" +
		"| other: under 2 s | 1 s | 0.50 | kept | 1 s | TestBudgetsOther 2026-01-01 |\n" +
		"| rows a second: at least 5000 | 6000 | 1.20 | kept |  | TestBudgetsNew 2026-02-03 |\n" + ends + "\n\nHow to read it.\n"
	if string(kept) != want {
		t.Errorf("kept:\n%s\nwant:\n%s", kept, want)
	}
	may, err := os.ReadFile(budgets)
	if err != nil || !strings.Contains(string(may), "| rows a second | at least 5000 | TestBudgetsNew |") || strings.Contains(string(may), "p50") {
		t.Errorf("budgets: %v\n%s", err, may)
	}
	if err := run(strings.NewReader(printed), &out, "none.md", time.Now()); err != nil {
		t.Errorf("without a last release: %v", err)
	}
	file(benchmarks, "no table")
	if err := run(strings.NewReader(printed), &out, before, time.Now()); err == nil {
		t.Error("a file without a table was written")
	}
}
