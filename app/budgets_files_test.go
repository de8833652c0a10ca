//go:build bench

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shuixuan/app/budget"
)

// TestBudgetsResponsesFile takes a CSV of 1,000,000 responses of 20 answers by the command, and
// writes one.
func TestBudgetsResponsesFile(t *testing.T) {
	const rows = 1_000_000
	data, folder := t.TempDir(), t.TempDir()
	prepareIntake(t, data)
	in, out := filepath.Join(folder, "in.csv"), filepath.Join(folder, "out.csv")
	writeAnswers(t, in, rows)
	begun := time.Now()
	most := watchCommand(t, "import", "responses", in, "--campaign", "feicheng", "--wave", "w1", "--data", data)
	budget.Under(t, "import of a CSV of 1,000,000 responses of 20 answers", time.Since(begun).Seconds(), 60, "s")
	budget.Under(t, "the process with the engine meanwhile, peak", float64(most.peak)/(1<<20), 500, "MB")

	begun = time.Now()
	most = watchCommand(t, "export", "responses", "--campaign", "feicheng", "--wave", "w1", "--out", out, "--data", data)
	budget.Under(t, "export of 1,000,000 responses of 20 answers as CSV", time.Since(begun).Seconds(), 40, "s")
	budget.Under(t, "the process with the engine meanwhile, peak", float64(most.peak)/(1<<20), 500, "MB")
	body, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(body, []byte("\n")); lines != rows+1 {
		t.Errorf("%d lines of %d responses", lines, rows)
	}
}

// writeAnswers writes a CSV as an office has it: headings and answers in words.
func writeAnswers(t testing.TB, path string, rows int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	var head []string
	for i := range 20 {
		head = append(head, fmt.Sprintf("第%d题您怎么看？", i+1))
	}
	fmt.Fprintln(w, strings.Join(head, ","))
	for n := range rows {
		for i := range 20 {
			if i > 0 {
				w.WriteByte(',')
			}
			fmt.Fprintf(w, "选项%d", 1+(n*7+n/5*i+i)%5)
		}
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
