package openanswers

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"shuixuan/analytics/goldentest"
)

// countsTable is the table that testdata/contrast.R made.
func countsTable(t *testing.T) Table {
	var table Table
	for i, line := range goldentest.Records(t, "testdata/counts.csv") {
		if i == 0 {
			for _, code := range line[1:] {
				table.Columns = append(table.Columns, Column{Code: code, Base: 600})
			}
			continue
		}
		r := Row{Text: line[0]}
		for _, cell := range line[1:] {
			persons := int64(goldentest.Number(t, cell))
			r.Cells, r.Persons = append(r.Cells, Cell{Persons: persons}), r.Persons+persons
		}
		table.Rows = append(table.Rows, r)
	}
	return table
}

func TestContrastsAgreeWithR(t *testing.T) {
	table := countsTable(t)
	places := func(codes string) (groups []int) {
		for code := range strings.SplitSeq(codes, "+") {
			groups = append(groups, slices.IndexFunc(table.Columns, func(c Column) bool { return c.Code == code }))
		}
		return groups
	}
	near := func(what string, got float64, want string) {
		t.Helper()
		w := goldentest.Number(t, want)
		if math.Abs(got-w) > 1e-12*max(1, math.Abs(w)) {
			t.Errorf("%s: %.17g, R has %s", what, got, want)
		}
	}
	lines := goldentest.Records(t, "testdata/contrast.csv")[1:]
	if len(lines) < 200 {
		t.Fatalf("only %d values", len(lines))
	}
	for _, line := range lines {
		c, err := table.Compare(places(line[0]), places(line[1]), goldentest.Number(t, line[2]))
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(c.Rows, func(r Contrast) bool { return r.Text == line[3] })
		if at < 0 {
			t.Fatalf("%s is not compared", line[3])
		}
		r := c.Rows[at]
		what := line[0] + " to " + line[1] + ", " + line[3]
		near(what+" log-odds", r.LogOdds, line[4])
		near(what+" se", r.SE, line[5])
		near(what+" z", r.Z, line[6])
	}
	// The usual prior is a tenth of all words; the first comparison has it.
	c, err := table.Against(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	near("prior", c.Prior, lines[0][2])
	if !slices.IsSortedFunc(c.Rows, func(a, b Contrast) int { return int(math.Copysign(1, b.Z-a.Z)) }) {
		t.Error("not in the order of z")
	}
	if len(c.Warnings) != 2 || !strings.Contains(c.Warnings[0].Text, "60个词") || !strings.Contains(c.Warnings[0].Text, "约有3个") {
		t.Errorf("cautions %+v", c.Warnings)
	}
}

// Sides exchanged: the same figures with the other sign.
func TestContrastsTurnRound(t *testing.T) {
	table := countsTable(t)
	a, _ := table.Compare([]int{0}, []int{3}, 50)
	b, _ := table.Compare([]int{3}, []int{0}, 50)
	for _, r := range a.Rows {
		o := b.Rows[slices.IndexFunc(b.Rows, func(o Contrast) bool { return o.Text == r.Text })]
		if math.Abs(r.Z+o.Z) > 1e-12 || r.Persons != o.Others {
			t.Errorf("%+v and %+v", r, o)
		}
	}
}

func TestContrastsRefuseWhatCantBeCompared(t *testing.T) {
	table := countsTable(t)
	check := func(table Table, first, second []int, want error) {
		t.Helper()
		if _, err := table.Compare(first, second, 0); !errors.Is(err, want) {
			t.Errorf("%v and %v: %v, want %v", first, second, err, want)
		}
	}
	check(table, nil, []int{1}, ErrSides)
	check(table, []int{0}, []int{0}, ErrSides)
	check(table, []int{0}, []int{4}, ErrSides)
	check(table, []int{-1}, []int{0}, ErrSides)
	check(table.Published(5), []int{0}, []int{1}, ErrHidden)
	check(Table{Columns: table.Columns}, []int{0}, []int{1}, ErrNoWords)
	one := table
	one.Rows = table.Rows[:1]
	check(one, []int{0}, []int{1}, ErrNoWords)

	// A prior that is no number falls back to the usual; nothing is ever NaN.
	for _, prior := range []float64{math.NaN(), math.Inf(1), -3, 1e-300, 1e300} {
		c, err := table.Compare([]int{0}, []int{1, 2, 3}, prior)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range c.Rows {
			if math.IsNaN(r.Z) || math.IsInf(r.Z, 0) {
				t.Errorf("prior %g: %+v", prior, r)
			}
		}
	}
}

// z and the prior tell the counts, so words with hidden cells are not published.
func TestContrastsPublished(t *testing.T) {
	table := countsTable(t)
	c, err := table.Against(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	published := table.Published(5)
	shown := c.Published(published)
	if len(shown.Rows) == 0 || len(shown.Rows) >= len(c.Rows) {
		t.Fatalf("%d of %d words published", len(shown.Rows), len(c.Rows))
	}
	for _, r := range shown.Rows {
		cell := row(t, published, r.Text).Cells[0]
		others := slices.ContainsFunc(row(t, published, r.Text).Cells[1:], func(c Cell) bool { return c.Hidden })
		if cell.Hidden && others || r.Persons > 0 && r.Persons < 5 {
			t.Errorf("%+v is published, its cells are %+v", r, row(t, published, r.Text).Cells)
		}
	}
}
