package weighting_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/goldentest"
	"shuixuan/analytics/weighting"
)

// sample is the one that weighting.R uses.
type sample struct {
	rows    []map[string]string
	weights []float64
}

func load(t *testing.T) sample {
	s := sample{}
	for _, row := range goldentest.Rows(t, "../estimate/testdata/sample.csv") {
		if row["stratum"] != "g" && goldentest.OrNaN(row["weight"]) > 0 {
			s.rows, s.weights = append(s.rows, row), append(s.weights, goldentest.OrNaN(row["weight"]))
		}
	}
	return s
}

func (s sample) text(name string) []string {
	list := make([]string, len(s.rows))
	for i, row := range s.rows {
		list[i] = row[name]
	}
	return list
}

func (s sample) number(name string) []float64 {
	list := make([]float64, len(s.rows))
	for i, row := range s.rows {
		list[i] = goldentest.OrNaN(row[name])
	}
	return list
}

func (s sample) codes(name string, order ...string) []int {
	list := make([]int, len(s.rows))
	for i, row := range s.rows {
		for k, category := range order {
			if row[name] == category {
				list[i] = k
			}
		}
	}
	return list
}

func near(got, want, relative float64) bool {
	return got == want || math.Abs(got-want) <= relative*math.Max(math.Abs(want), 1e-12)
}

// TestWeightingAgreesWithR holds weights and what is estimated under them.
func TestWeightingAgreesWithR(t *testing.T) {
	s := load(t)
	sex, level, stratum := s.codes("sex", "f", "m"), s.codes("level", "1", "2", "3", "4"), s.codes("stratum", "a", "b", "c", "d", "e", "f")
	sexes, levels, strata := []float64{52000, 48000}, []float64{41000, 35000, 16500, 7500}, []float64{9000, 14000, 3000, 44000, 8000, 22000}
	type made struct {
		margins [][]int
		result  weighting.Result
		plain   bool
	}
	after := map[string]made{}
	add := func(name string, margins [][]int, plain bool, r weighting.Result, err error) {
		if err != nil || !r.Converged {
			t.Fatalf("%s: %v after %d rounds, off by %g", name, err, r.Iterations, r.Off)
		}
		after[name] = made{margins, r, plain}
	}
	r, err := weighting.PostStratify(s.weights, sex, sexes)
	add("poststratified", [][]int{sex}, false, r, err)
	r, err = weighting.PostStratify(s.weights, stratum, strata)
	add("element", [][]int{stratum}, true, r, err)
	r, err = weighting.Rake(s.weights, [][]int{sex, level}, [][]float64{sexes, levels}, weighting.Options{})
	add("raked", [][]int{sex, level}, false, r, err)
	r, err = weighting.Rake(s.weights, [][]int{sex, level, stratum}, [][]float64{sexes, levels, strata}, weighting.Options{})
	add("three", [][]int{sex, level, stratum}, true, r, err)

	for i, row := range goldentest.Rows(t, "testdata/weights.csv") {
		for name, m := range after {
			if want := goldentest.OrNaN(row[name]); !near(m.result.Weights[i], want, 1e-8) {
				t.Errorf("%s row %s: weight %.12g, R %.12g", name, row["row"], m.result.Weights[i], want)
			}
		}
	}
	for _, row := range goldentest.Rows(t, "testdata/estimates.csv") {
		m := after[row["design"]]
		described := estimate.Rows{N: len(s.rows), Weights: s.weights}
		if !m.plain {
			described.Strata, described.Clusters = [][]string{s.text("stratum")}, [][]string{s.text("school")}
		}
		d, err := estimate.NewDesign(described)
		if err != nil {
			t.Fatal(err)
		}
		if d, err = d.Calibrated(estimate.Calibration{Margins: m.margins, Before: s.weights, After: m.result.Weights}); err != nil {
			t.Fatal(err)
		}
		var in []bool
		if row["domain"] == "level4" {
			for _, l := range level {
				in = append(in, l == 3)
			}
		}
		y := [][]float64{s.number(row["variable"])}
		mean, err := d.Means(y, in)
		if err != nil {
			t.Fatal(err)
		}
		total, err := d.Totals(y, in)
		if err != nil {
			t.Fatal(err)
		}
		for what, pair := range map[string][2]float64{
			"mean": {mean.Each[0].Value, goldentest.OrNaN(row["mean"])}, "se": {mean.Each[0].SE, goldentest.OrNaN(row["se"])},
			"total": {total.Each[0].Value, goldentest.OrNaN(row["total"])}, "total se": {total.Each[0].SE, goldentest.OrNaN(row["total_se"])},
		} {
			if !near(pair[0], pair[1], 1e-7) {
				t.Errorf("%s %s %s: %s %.12g, R %.12g", row["design"], row["domain"], row["variable"], what, pair[0], pair[1])
			}
		}
	}
}

// TestWhatCannotBeWeighted: each is named.
func TestWhatCannotBeWeighted(t *testing.T) {
	var empty *weighting.EmptyError
	if _, err := weighting.PostStratify([]float64{1, 1}, []int{0, 0}, []float64{5, 7}); !errors.As(err, &empty) || empty.Categories[0] != 1 {
		t.Errorf("a cell without anybody: %v", err)
	}
	var unknown *weighting.UnknownError
	if _, err := weighting.PostStratify([]float64{1, 1}, []int{0, 1}, []float64{5}); !errors.As(err, &unknown) || unknown.Categories[0] != 1 {
		t.Errorf("a cell without a total: %v", err)
	}
	var contradiction *weighting.ContradictionError
	if _, err := weighting.Rake([]float64{1, 1}, [][]int{{0, 1}, {0, 1}}, [][]float64{{5, 5}, {5, 6}}, weighting.Options{}); !errors.As(err, &contradiction) {
		t.Errorf("margins that contradict: %v", err)
	}
	// The margins can't both be hit: nobody is in the cells that would have to grow.
	r, err := weighting.Rake([]float64{1, 1}, [][]int{{0, 1}, {0, 1}}, [][]float64{{5, 5}, {4, 6}}, weighting.Options{MaxIterations: 50})
	if err != nil || r.Converged || r.Off < 0.01 {
		t.Errorf("what can't converge: %+v, %v", r, err)
	}
}

// TestWeightsAddUp: over random samples, weights hit every margin, and cut ones keep their sum.
func TestWeightsAddUp(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 40 + rnd.IntN(200)
		weights := make([]float64, n)
		margins, totals := make([][]int, 2), make([][]float64, 2)
		for m := range margins {
			margins[m], totals[m] = make([]int, n), make([]float64, 3)
		}
		sum := 0.0
		for i := range weights {
			weights[i] = math.Exp(rnd.NormFloat64())
			sum += weights[i]
			for m := range margins {
				margins[m][i] = rnd.IntN(3)
				totals[m][margins[m][i]] += 1 + rnd.Float64()
			}
		}
		scale := (totals[0][0] + totals[0][1] + totals[0][2]) / (totals[1][0] + totals[1][1] + totals[1][2])
		for k := range totals[1] {
			totals[1][k] *= scale
		}
		r, err := weighting.Rake(weights, margins, totals, weighting.Options{})
		if err != nil || !r.Converged {
			t.Fatalf("%v, off by %g", err, r.Off)
		}
		for m := range margins {
			got := make([]float64, 3)
			for i, w := range r.Weights {
				got[margins[m][i]] += w
			}
			for k := range got {
				if !near(got[k], totals[m][k], 1e-9) {
					t.Errorf("margin %d category %d: %v, want %v", m, k, got[k], totals[m][k])
				}
			}
		}
		after, _, err := weighting.Trim(weights, nil, 0.3*sum/float64(n), 2*sum/float64(n))
		if err != nil {
			t.Fatal(err)
		}
		trimmed := 0.0
		for i, w := range after {
			trimmed += w
			if w < 0.3*sum/float64(n)-1e-9 || w > 2*sum/float64(n)+1e-9 {
				t.Errorf("weight %d is %v", i, w)
			}
		}
		if !near(trimmed, sum, 1e-9) {
			t.Errorf("cut weights sum to %v, want %v", trimmed, sum)
		}
	}
}

// TestRakeOfManyCategories: more combinations than are listed give what few give, a row that
// weighs nothing may be of a category without a total, and no margin changes nothing.
func TestRakeOfManyCategories(t *testing.T) {
	const n = 4000
	weights, a, b := make([]float64, n+1), make([]int, n+1), make([]int, n+1)
	wide := make([][]int, 2)
	wide[0], wide[1] = make([]int, n+1), make([]int, n+1)
	for i := range n {
		weights[i], a[i], b[i] = 1+float64(i%7), i%3, (i/3)%5
		wide[0][i], wide[1][i] = a[i]*1000, b[i]*1000 // 2,001 × 4,001 combinations
	}
	a[n], b[n], wide[0][n], wide[1][n] = 7, 0, 2500, 0 // weighs nothing
	totals := [][]float64{{900, 1200, 900}, {500, 700, 600, 500, 700}}
	spread := [][]float64{make([]float64, 2001), make([]float64, 4001)}
	for m := range totals {
		for k, v := range totals[m] {
			spread[m][k*1000] = v
		}
	}
	few, err := weighting.Rake(weights, [][]int{a, b}, totals, weighting.Options{})
	if err != nil || !few.Converged {
		t.Fatalf("%+v, %v", few.Converged, err)
	}
	many, err := weighting.Rake(weights, wide, spread, weighting.Options{})
	if err != nil || !many.Converged {
		t.Fatalf("%+v, %v", many.Converged, err)
	}
	for i := range weights {
		if math.Abs(few.Weights[i]-many.Weights[i]) > 1e-12*few.Weights[i] || few.Weights[i] < 0 || weights[i] == 0 && few.Weights[i] != 0 {
			t.Fatalf("row %d: %v and %v", i, few.Weights[i], many.Weights[i])
		}
	}
	same, err := weighting.Rake(weights, nil, nil, weighting.Options{})
	if err != nil || !same.Converged || same.Weights[3] != weights[3] {
		t.Errorf("without a margin: %v, %v", same.Converged, err)
	}
}
