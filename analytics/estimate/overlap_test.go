package estimate

import (
	"fmt"
	"math"
	"testing"
)

// scanOf gives the same sample in tallies, each of one row: domains are the columns of members.
func scanOf(r Rows, y []float64, members [][]bool) (Scan, func(cell string) (float64, bool)) {
	scan := Scan{Lonely: r.Lonely, Populations: map[string]float64{}}
	worth := map[string]float64{}
	for i := range r.N {
		one := Tally{N: 1, Weight: 1}
		if r.Weights != nil {
			one.Weight = r.Weights[i]
		}
		one.Weight2 = one.Weight * one.Weight
		if r.Strata != nil {
			one.Stratum = r.Strata[0][i]
		}
		if r.Clusters != nil {
			one.Unit = r.Clusters[0][i]
		}
		if r.Populations != nil {
			scan.Populations[one.Stratum] = r.Populations[0][i]
		}
		for g, member := range members {
			if member[i] {
				one.Domains = append(one.Domains, fmt.Sprint(g))
			}
		}
		if !math.IsNaN(y[i]) {
			one.Cell = fmt.Sprint(y[i])
			worth[one.Cell] = y[i]
		}
		scan.Tallies = append(scan.Tallies, one)
	}
	return scan, func(cell string) (float64, bool) { v, known := worth[cell]; return v, known }
}

// TestOverlappingDomainsAgreeWithR holds the differences of domains that share people against
// svyratio(covmat=TRUE) and svycontrast, by the rows and by the sums of a scan. Of two stages a
// scan knows nothing.
func TestOverlappingDomainsAgreeWithR(t *testing.T) {
	want, n := readTable(t, "overlap.csv")
	difference, se, df, p := want.numbers(t, "difference"), want.numbers(t, "se"), want.numbers(t, "df"), want.numbers(t, "p")
	domain := map[string]int{"a": 0, "b": 1, "c": 2}
	shared := 0
	for i := range n {
		name := want["design"][i]
		r, x := sampledRows(t, name)
		y, hours := x.numbers(t, "score"), x.numbers(t, "hours")
		members := make([][]bool, 3)
		for g := range members {
			members[g] = make([]bool, r.N)
		}
		for k := range r.N {
			in := []bool{hours[k] > 2, x["sex"][k] == "f", x["level"][k] == "4"}
			for g := range members {
				members[g][k] = in[g]
			}
			if in[0] && in[1] {
				shared++
			}
		}
		d, err := NewDesign(r)
		if err != nil {
			t.Fatal(err)
		}
		byRows, err := d.MeansIn(y, members)
		if err != nil {
			t.Fatal(err)
		}
		routes := map[string]*Figures{"rows": byRows}
		if name != "stages" {
			scan, worth := scanOf(r, y, members)
			if routes["scan"], err = scan.MeansBy([]string{"0", "1", "2"}, worth); err != nil {
				t.Fatal(err)
			}
		}
		for route, f := range routes {
			a, b := domain[want["first"][i]], domain[want["second"][i]]
			c := f.Difference(a, b, 0.95)
			if !c.Valid || !near(c.Difference, difference[i], 1e-9) || !near(c.SE, se[i], 1e-8) || c.DF != df[i] || !near(c.P, p[i], 1e-7) {
				t.Errorf("%s by %s, %s less %s: %+v, R %.12g ± %.12g df %v p %.9g", name, route, want["first"][i], want["second"][i], c, difference[i], se[i], df[i], p[i])
			}
			if apart := Independent(f.Each[a], f.Each[b], 0.95); near(apart.SE, c.SE, 1e-6) {
				t.Errorf("%s by %s: the formula of samples drawn apart gives the same error, so the domains share nobody", name, route)
			}
		}
	}
	if n < 30 || shared == 0 {
		t.Errorf("%d comparisons, %d people in two domains", n, shared)
	}
}

// TestTheSamePeopleDoNotDiffer: two domains of the same people have no difference to test, and
// what rounding leaves of its variance is none.
func TestTheSamePeopleDoNotDiffer(t *testing.T) {
	r, x := sampledRows(t, "clustered")
	all := make([]bool, r.N)
	for i := range all {
		all[i] = x["sex"][i] == "f"
	}
	scan, worth := scanOf(r, x.numbers(t, "score"), [][]bool{all, all})
	f, err := scan.MeansBy([]string{"0", "1"}, worth)
	if err != nil {
		t.Fatal(err)
	}
	if c := f.Difference(0, 1, 0.95); c.Valid || c.Difference != 0 || c.P != 0 {
		t.Errorf("%+v", c)
	}
	f.Covariance.SetSym(0, 1, f.Covariance.At(0, 0)*(1-1e-15))
	if c := f.Difference(0, 1, 0.95); c.Valid {
		t.Errorf("rounding is taken for a variance: %+v", c)
	}
}
