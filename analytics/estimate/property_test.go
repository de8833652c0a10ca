package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// anySample draws a design and answers: strata of unequal size, units within, sometimes
// populations, answers that are sometimes missing.
func anySample(r *rand.Rand) (Rows, []float64, []string) {
	n := 20 + r.IntN(150)
	rows := Rows{N: n, Weights: make([]float64, n), Strata: [][]string{make([]string, n)}, Lonely: LonelyAdjust}
	units, y, groups := make([]string, n), make([]float64, n), make([]string, n)
	for i := range n {
		h := r.IntN(4)
		rows.Weights[i] = math.Round(1000*math.Exp(r.NormFloat64())) / 1000
		rows.Strata[0][i], units[i] = fmt.Sprint("h", h), fmt.Sprint("h", h, "u", r.IntN(2+2*h))
		groups[i] = fmt.Sprint(r.IntN(3))
		switch y[i] = float64(r.IntN(2)); {
		case r.IntN(10) == 0:
			y[i] = math.NaN()
		}
	}
	if r.IntN(3) > 0 {
		rows.Clusters = [][]string{units}
	}
	return rows, y, groups
}

func figureOf(t *testing.T, rows Rows, y []float64, in []bool) Figure {
	t.Helper()
	d, err := NewDesign(rows)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Means([][]float64{y}, in)
	if err != nil {
		t.Fatal(err)
	}
	return f.Each[0]
}

func permuted[T any](list []T, order []int) []T {
	out := make([]T, len(list))
	for i, from := range order {
		out[i] = list[from]
	}
	return out
}

// TestOrderAndNamesDoNotMatter: the same people in another order, in strata and units of other
// names, give the same figure; twice the weights give the same share and error.
func TestOrderAndNamesDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 14))
	for round := range 200 {
		rows, y, _ := anySample(r)
		want := figureOf(t, rows, y, nil)
		order := r.Perm(rows.N)
		other := Rows{N: rows.N, Weights: permuted(rows.Weights, order), Strata: [][]string{permuted(rows.Strata[0], order)}, Lonely: rows.Lonely}
		if rows.Clusters != nil {
			other.Clusters = [][]string{permuted(rows.Clusters[0], order)}
			for i, name := range other.Clusters[0] {
				other.Clusters[0][i] = "校" + name
			}
		}
		for i, name := range other.Strata[0] {
			other.Strata[0][i] = "层" + name
		}
		got := figureOf(t, other, permuted(y, order), nil)
		if !near(got.Value, want.Value, 1e-12) || !near(got.SE, want.SE, 1e-9) || got.DF != want.DF || got.N != want.N {
			t.Fatalf("round %d, in another order: %+v, want %+v", round, got, want)
		}
		double := rows
		double.Weights = slices.Clone(rows.Weights)
		for i := range double.Weights {
			double.Weights[i] *= 2
		}
		if got := figureOf(t, double, y, nil); !near(got.Value, want.Value, 1e-12) || !near(got.SE, want.SE, 1e-9) {
			t.Fatalf("round %d, twice the weights: %+v, want %+v", round, got, want)
		}
	}
}

// TestDomainsAddUp: totals of the groups add up to that of all, and the share of all is the
// groups' by their weights.
func TestDomainsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 15))
	for round := range 200 {
		rows, y, groups := anySample(r)
		d, err := NewDesign(rows)
		if err != nil {
			t.Fatal(err)
		}
		all, err := d.Totals([][]float64{y}, nil)
		if err != nil {
			t.Fatal(err)
		}
		mean := figureOf(t, rows, y, nil)
		total, weighted, base := 0.0, 0.0, 0.0
		for _, group := range []string{"0", "1", "2"} {
			in := make([]bool, rows.N)
			for i := range in {
				in[i] = groups[i] == group
			}
			part, err := d.Totals([][]float64{y}, in)
			if err != nil {
				t.Fatal(err)
			}
			share := figureOf(t, rows, y, in)
			total += part.Each[0].Value
			if share.Valid {
				weighted, base = weighted+share.Value*share.Base, base+share.Base
			}
		}
		if !near(total, all.Each[0].Value, 1e-10) || !near(weighted/base, mean.Value, 1e-10) || !near(base, mean.Base, 1e-10) {
			t.Fatalf("round %d: totals %v of %v, shares %v of %v", round, total, all.Each[0].Value, weighted/base, mean.Value)
		}
	}
}
