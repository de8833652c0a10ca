// Package main keeps what `make bench` has measured: it reads the output of the tests, prints the
// lines of its table, and puts those of each test that ran into docs/benchmarks.md, beside what the
// last release had. What may be, page by page and route by route, it writes to docs/budgets.md.
//
// # Why
//
// A whole run takes the better part of an hour and a quiet machine, so a table that is only written
// as a whole is never written. Each test's lines are replaced together and have a date of their own.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The files, from the root of the repository.
const (
	benchmarks = "docs/benchmarks.md"
	budgets    = "docs/budgets.md"
)

// The table lies between these lines.
const begins, ends = "<!-- the table of make bench -->", "<!-- end of the table -->"

func main() {
	before := ""
	if len(os.Args) > 1 {
		before = os.Args[1]
	}
	if err := run(os.Stdin, os.Stdout, before, time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// run reads what tests print, and keeps it; before is a file with the table of the last release,
// which may be missing.
func run(in io.Reader, out io.Writer, before string, now time.Time) error {
	measured, err := read(in, out, now.Format(time.DateOnly))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(benchmarks)
	if err != nil {
		return err
	}
	head, table, tail, err := cut(string(text))
	if err != nil {
		return err
	}
	earlier, err := os.ReadFile(before)
	if err != nil && before != "" && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	rows := merge(parse(table), measured)
	compare(rows, parse(string(earlier)))
	for _, r := range rows {
		if r.worse() && slices.ContainsFunc(measured, func(m row) bool { return m.test == r.test }) {
			fmt.Fprintf(out, "missed, and kept in the last release: %s: %s, then %s\n", r.budget, r.measured, r.before)
		}
	}
	if err := os.WriteFile(benchmarks, []byte(head+write(rows)+tail), 0o644); err != nil {
		return err
	}
	return os.WriteFile(budgets, []byte(list(rows)), 0o644)
}

// row is a line of the table: a budget, or a figure without one.
type row struct {
	budget, measured, ratio, verdict string
	before                           string // what the last release measured
	kept                             bool   // it was kept then
	test, date                       string
}

func (r row) worse() bool { return r.verdict == "MISSED" && r.kept }

var (
	running = regexp.MustCompile(`^=== (?:RUN|CONT|NAME)\s+(Test\w+)`)
	shown   = regexp.MustCompile(`^\||^(?:---|FAIL|panic)|_test\.go:`)
)

// read gives the rows among what tests print, and shows what a person looks for.
func read(in io.Reader, out io.Writer, date string) ([]row, error) {
	var rows []row
	test := ""
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if found := running.FindStringSubmatch(line); found != nil {
			test = found[1]
		}
		if shown.MatchString(line) {
			fmt.Fprintln(out, line)
		}
		for _, r := range parse(line) {
			r.test, r.date = test, date
			rows = append(rows, r)
		}
	}
	return rows, lines.Err()
}

// parse reads rows of four columns, as tests print them, or of six, as they are kept.
func parse(text string) []row {
	var rows []row
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| budget |") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) < 4 {
			continue
		}
		r := row{budget: cells[0], measured: cells[1], ratio: cells[2], verdict: cells[3]}
		if len(cells) == 6 {
			r.before = cells[4]
			r.test, r.date, _ = strings.Cut(cells[5], " ")
		}
		rows = append(rows, r)
	}
	return rows
}

// cut takes the table out of the file.
func cut(text string) (head, table, tail string, err error) {
	head, rest, found := strings.Cut(text, begins+"\n")
	table, tail, ended := strings.Cut(rest, ends)
	if !found || !ended {
		return "", "", "", fmt.Errorf("%s lacks the lines %q and %q", benchmarks, begins, ends)
	}
	return head + begins + "\n", table, ends + tail, nil
}

// merge puts the rows of each test that ran in the place of those it had.
func merge(old, measured []row) []row {
	var all []row
	done := map[string]bool{}
	of := func(test string) {
		if done[test] {
			return
		}
		done[test] = true
		for _, r := range measured {
			if r.test == test {
				all = append(all, r)
			}
		}
	}
	for _, r := range old {
		if slices.ContainsFunc(measured, func(m row) bool { return m.test == r.test }) {
			of(r.test)
			continue
		}
		all = append(all, r)
	}
	for _, r := range measured {
		of(r.test)
	}
	return all
}

var numbers = regexp.MustCompile(`[0-9][0-9,.]*`)

// compare finds for each row what the last release has: by its words, and where figures stand among
// them by the words without figures.
func compare(rows, earlier []row) {
	taken := make([]bool, len(earlier))
	match := func(name func(string) string) {
		for i := range rows {
			if rows[i].before != "" {
				continue
			}
			for j, e := range earlier {
				if !taken[j] && (e.test == "" || e.test == rows[i].test) && name(e.budget) == name(rows[i].budget) {
					taken[j], rows[i].before, rows[i].kept = true, e.measured, e.verdict == "kept"
					break
				}
			}
		}
	}
	for i := range rows {
		rows[i].before = ""
	}
	match(func(s string) string { return s })
	match(func(s string) string { return numbers.ReplaceAllString(s, "#") })
}

func write(rows []row) string {
	var b strings.Builder
	b.WriteString("| budget | measured | ratio | verdict | last release | test, day |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.budget, r.measured, r.ratio, r.verdict, r.before, strings.TrimSpace(r.test+" "+r.date))
	}
	return b.String()
}

// list tells what may be: the rows that have a verdict.
func list(rows []row) string {
	var b strings.Builder
	b.WriteString(`# Budgets

What a page, a route, a question or a file may take. Made by ` + "`make bench`" + ` of the budgets that the tests
hold, so a line is changed where its test is; what was measured last is in [benchmarks.md](benchmarks.md).

| what | may be | checked by |
| --- | --- | --- |
`)
	for _, r := range rows {
		if r.verdict == "" {
			continue
		}
		what, limit := r.budget, ""
		if i := max(strings.LastIndex(what, ": under "), strings.LastIndex(what, ": at most "), strings.LastIndex(what, ": at least ")); i >= 0 {
			what, limit = what[:i], what[i+2:]
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", what, limit, r.test)
	}
	return b.String()
}
