package ingest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// expectedLedger is what a person found by hand in messy-placements.xlsx.
type expectedLedger struct {
	Sheet      string `json:"sheet"`
	HeaderRows []int  `json:"header_rows"`
	Accepted   []struct {
		Row      int      `json:"row"`
		Unit     string   `json:"unit"`
		Task     string   `json:"task"`
		Quantity float64  `json:"quantity"`
		Measure  string   `json:"measure"`
		AreaM2   *float64 `json:"area_m2"`
		Start    string   `json:"start"`
		End      *string  `json:"end"`
		Warning  string   `json:"warning"`
	} `json:"accepted"`
	Rejected []struct {
		Row    int      `json:"row"`
		Fields []string `json:"fields"`
	} `json:"rejected"`
	Skipped []struct {
		Row int `json:"row"`
	} `json:"skipped"`
	ColumnsNotStored []string `json:"columns_not_stored"`
}

func TestMessyLedgerGivesExactlyWhatAPersonFound(t *testing.T) {
	b := newBench(t)
	var want expectedLedger
	body, err := os.ReadFile(filepath.Join("testdata", "messy-placements.expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &want); err != nil {
		t.Fatal(err)
	}
	file := b.keep(t, "messy-placements.xlsx")
	preview, err := b.PlacementsFile(t.Context(), office, b.plan, file, Options{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	checkLedger(t, preview, want)
	if n := b.count(t, `SELECT count() FROM placements FINAL`); n != 0 {
		t.Errorf("the preview wrote %d rows", n)
	}
	receipt, err := b.PlacementsFile(t.Context(), office, b.plan, file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkLedger(t, receipt, want)
	if n := b.count(t, `SELECT count() FROM placements FINAL`); n != len(want.Accepted) {
		t.Errorf("the table holds %d rows, want %d", n, len(want.Accepted))
	}

	again, err := b.PlacementsFile(t.Context(), office, b.plan, file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Accepted) != 0 || again.AlreadyKnown != len(want.Accepted) {
		t.Errorf("the second time accepted %d and knew %d, want 0 and %d", len(again.Accepted), again.AlreadyKnown, len(want.Accepted))
	}
	if n := b.count(t, `SELECT count() FROM placement_revisions`); n != len(want.Accepted) {
		t.Errorf("after the second time the table holds %d revisions, want %d", n, len(want.Accepted))
	}

	held, err := b.Receipt(t.Context(), "feicheng", receipt.ID)
	if err != nil {
		t.Fatal(err)
	}
	checkLedger(t, held, want)
	if cells := held.Cells[12]; !slices.Contains(cells, "-5") {
		t.Errorf("the kept receipt has lost what row 12 said: %q", cells)
	}
}

func checkLedger(t *testing.T, got *Receipt, want expectedLedger) {
	t.Helper()
	if got.Sheet != want.Sheet || !slices.Equal(got.HeaderRows, want.HeaderRows) {
		t.Errorf("read sheet %q with heading %v, want %q %v", got.Sheet, got.HeaderRows, want.Sheet, want.HeaderRows)
	}
	if !slices.Equal(got.ColumnsNotStored, want.ColumnsNotStored) {
		t.Errorf("columns not stored %q, want %q", got.ColumnsNotStored, want.ColumnsNotStored)
	}
	if len(got.Accepted) != len(want.Accepted) {
		t.Fatalf("accepted %d rows, want %d: %+v", len(got.Accepted), len(want.Accepted), got.Rejected)
	}
	for i, w := range want.Accepted {
		g := got.Accepted[i]
		if g.Row != w.Row || g.Unit != w.Unit || g.Task != w.Task || g.Quantity != w.Quantity || g.Measure != w.Measure || g.Start != w.Start {
			t.Errorf("accepted %+v %+v, want %+v", g, *g.Placed, w)
		}
		if same(g.AreaM2, w.AreaM2) == false || same(g.End, w.End) == false {
			t.Errorf("row %d: area %v end %v, want %v %v", w.Row, g.AreaM2, g.End, w.AreaM2, w.End)
		}
		if (g.Warning != "") != (w.Warning != "") {
			t.Errorf("row %d: warning %q, want one: %v", w.Row, g.Warning, w.Warning != "")
		}
	}
	rejected := map[int][]string{}
	for _, r := range got.Rejected {
		if rejected[r.Row] == nil {
			rejected[r.Row] = []string{}
		}
		if r.Field != "" {
			rejected[r.Row] = append(rejected[r.Row], r.Field)
		}
		if !strings.ContainsAny(r.Why, "请没") {
			t.Errorf("row %d: %q doesn't say what to do", r.Row, r.Why)
		}
	}
	if len(rejected) != len(want.Rejected) {
		t.Errorf("rejected %v", got.Rejected)
	}
	for _, w := range want.Rejected {
		slices.Sort(rejected[w.Row])
		slices.Sort(w.Fields)
		if !slices.Equal(rejected[w.Row], w.Fields) {
			t.Errorf("row %d is rejected for %v, want %v", w.Row, rejected[w.Row], w.Fields)
		}
	}
	var skipped []int
	for _, s := range got.Skipped {
		skipped = append(skipped, s.Row)
	}
	for i, w := range want.Skipped {
		if i >= len(skipped) || skipped[i] != w.Row {
			t.Fatalf("skipped %v, want %v", skipped, want.Skipped)
		}
	}
	if len(skipped) != len(want.Skipped) {
		t.Errorf("skipped %v, want %v", skipped, want.Skipped)
	}
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
