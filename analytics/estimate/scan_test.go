package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestScanIsTheSameAsRows: over random samples, clustered and not, with and without
// populations, in every domain, the sums of a scan give what the rows give.
func TestScanIsTheSameAsRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 9))
	cells := []string{"a", "b", "c"}
	for round := range 300 {
		clustered := round%2 == 0
		n := 30 + rnd.IntN(300)
		r := Rows{N: n, Weights: make([]float64, n), Strata: [][]string{make([]string, n)}, Lonely: []LonelyPSU{LonelyFail, LonelyAdjust, LonelyAverage, LonelyRemove}[round%4]}
		units, domains, answers := make([]string, n), make([]string, n), make([]string, n)
		for i := range n {
			stratum := rnd.IntN(4)
			r.Weights[i] = math.Round(100*math.Exp(rnd.NormFloat64())) / 100
			r.Strata[0][i], units[i] = fmt.Sprint("h", stratum), fmt.Sprint("h", stratum, "p", rnd.IntN(2+3*stratum))
			domains[i] = fmt.Sprint("d", rnd.IntN(3))
			if k := rnd.IntN(7); k < 6 {
				answers[i] = cells[min(k/2, 2)]
			}
		}
		if clustered {
			r.Clusters = [][]string{units}
		}
		scan := Scan{Lonely: r.Lonely, Populations: map[string]float64{}}
		if round%3 == 0 {
			r.Populations = [][]float64{make([]float64, n)}
			for i := range n {
				size := map[string]float64{"h0": 700, "h1": 900, "h2": 1000, "h3": 400}[r.Strata[0][i]]
				r.Populations[0][i], scan.Populations[r.Strata[0][i]] = size, size
			}
		}
		type key struct{ stratum, unit, domain, cell string }
		sums := map[key]int{}
		for i := range n {
			k := key{r.Strata[0][i], "", domains[i], answers[i]}
			if clustered {
				k.unit = units[i]
			}
			at, known := sums[k]
			if !known {
				at = len(scan.Tallies)
				sums[k] = at
				scan.Tallies = append(scan.Tallies, Tally{Stratum: k.stratum, Unit: k.unit, Domains: []string{k.domain}, Cell: k.cell})
			}
			one := &scan.Tallies[at]
			one.N++
			one.Weight += r.Weights[i]
			one.Weight2 += r.Weights[i] * r.Weights[i]
		}
		d, err := NewDesign(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, domain := range []string{"", "d0", "d2"} {
			y := make([][]float64, len(cells))
			in := make([]bool, n)
			for k := range y {
				y[k] = make([]float64, n)
				for i, answer := range answers {
					in[i] = domain == "" || domains[i] == domain
					switch answer {
					case "":
						y[k][i] = math.NaN()
					case cells[k]:
						y[k][i] = 1
					}
				}
			}
			want, wantErr := d.Means(y, in)
			got, gotErr := scan.Shares(domain, cells)
			if (wantErr == nil) != (gotErr == nil) {
				t.Fatalf("round %d: rows %v, scan %v", round, wantErr, gotErr)
			}
			if wantErr != nil {
				continue
			}
			points := map[string]float64{"a": 100, "b": 60, "c": 7.5}
			meanIsTheSame(t, d, scan, domain, in, answers, points)
			if domain == "" {
				groupsAreTheSame(t, d, scan, domains, answers, points)
			}
			for k := range cells {
				a, b := got.Each[k], want.Each[k]
				if !near(a.Value, b.Value, 1e-10) || a.HasSE != b.HasSE || !near(a.SE, b.SE, 1e-10) || a.N != b.N || a.DF != b.DF || !near(a.Base, b.Base, 1e-12) || !near(a.Deff, b.Deff, 1e-9) {
					t.Fatalf("round %d domain %q cell %s: scan %+v, rows %+v", round, domain, cells[k], a, b)
				}
				for j := range cells {
					if x, y := got.Covariance.At(k, j), want.Covariance.At(k, j); math.Abs(x-y) > 1e-10*math.Sqrt(want.Covariance.At(k, k)*want.Covariance.At(j, j)) {
						t.Fatalf("round %d: covariance %v, rows %v", round, x, y)
					}
				}
			}
		}
	}
}

// meanIsTheSame holds the mean of points against the rows'.
func meanIsTheSame(t *testing.T, d *Design, scan Scan, domain string, in []bool, answers []string, points map[string]float64) {
	t.Helper()
	y := make([]float64, len(answers))
	for i, answer := range answers {
		y[i] = math.NaN()
		if answer != "" {
			y[i] = points[answer]
		}
	}
	want, wantErr := d.Means([][]float64{y}, in)
	b, err := scan.Mean(domain, func(cell string) (float64, bool) { v, known := points[cell]; return v, known })
	if (wantErr == nil) != (err == nil) {
		t.Fatalf("rows %v, scan %v", wantErr, err)
	}
	if wantErr != nil {
		return
	}
	if a := want.Each[0]; !near(a.Value, b.Value, 1e-10) || a.HasSE != b.HasSE || !near(a.SE, b.SE, 1e-10) || a.N != b.N || a.DF != b.DF || !near(a.Deff, b.Deff, 1e-9) || a.share != b.share {
		t.Fatalf("domain %q: scan %+v, rows %+v", domain, b, a)
	}
}

// groupsAreTheSame holds the differences of groups against the rows'.
func groupsAreTheSame(t *testing.T, d *Design, scan Scan, domains, answers []string, points map[string]float64) {
	t.Helper()
	y, groups := make([]float64, len(answers)), make([]int, len(answers))
	names := []string{"d0", "d1", "d2"}
	for i, answer := range answers {
		groups[i] = slices.Index(names, domains[i])
		y[i] = math.NaN()
		if answer != "" {
			y[i] = points[answer]
		}
	}
	want, wantErr := d.MeansBy(y, groups, len(names))
	got, err := scan.MeansBy(names, func(cell string) (float64, bool) { v, known := points[cell]; return v, known })
	if (wantErr == nil) != (err == nil) {
		t.Fatalf("rows %v, scan %v", wantErr, err)
	}
	if wantErr != nil {
		return
	}
	for i := range names {
		for j := range i {
			a, b := got.Difference(i, j, 0.95), want.Difference(i, j, 0.95)
			if !near(a.Difference, b.Difference, 1e-9) || !near(a.SE, b.SE, 1e-9) || a.DF != b.DF || !near(a.P, b.P, 1e-7) || a.Valid != b.Valid {
				t.Fatalf("%s less %s: scan %+v, rows %+v", names[i], names[j], a, b)
			}
		}
	}
}

// TestPointsOfNoughtAndOne: a mean of points isn't printed as a percentage because a scale, or
// all that one group gave, is 0 and 1.
func TestPointsOfNoughtAndOne(t *testing.T) {
	for _, alike := range []bool{false, true} {
		scan := Scan{Tallies: []Tally{{Stratum: "h", Cell: "none", N: 30, Weight: 60, Weight2: 120}, {Stratum: "h", Cell: "point", N: 10, Weight: 20, Weight2: 40}}}
		f, err := scan.Mean("", func(cell string) (float64, bool) {
			if cell == "point" && !alike {
				return 1, true
			}
			return 0, true
		})
		if err != nil {
			t.Fatal(err)
		}
		e, err := f.AsMean().Printed(IntervalLogit, 0.95, 0)
		want := 0.25 // 20 of 80
		if alike {
			want = 0
		}
		if err != nil || e.Value != want || e.Method != MethodDesign || e.HasInterval == alike || e.HasInterval && !(e.Lower > 0.1 && e.Upper < 0.4) {
			t.Errorf("all alike %t: %+v, %v, want %v points", alike, e, err, want)
		}
	}
}
