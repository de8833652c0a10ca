package screening_test

import (
	"math"
	"strings"
	"testing"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/goldentest"
	"shuixuan/analytics/screening"
)

func numbers(t *testing.T, text string) []float64 {
	t.Helper()
	var list []float64
	for _, one := range strings.Fields(text) {
		list = append(list, goldentest.Number(t, one))
	}
	return list
}

func close(got, want float64) bool { return math.Abs(got-want) <= 1e-8*max(1e-4, math.Abs(want)) }

// place numbers texts from 0 in the order they come.
func place(seen map[string]int, text string) int {
	if _, ok := seen[text]; !ok {
		seen[text] = len(seen)
	}
	return seen[text]
}

func TestCorrelateAsR(t *testing.T) {
	rows := goldentest.Rows(t, "testdata/effect.csv")
	for _, want := range goldentest.Rows(t, "testdata/correlations.csv") {
		var values []float64
		var strata, distributors []int
		s, d := map[string]int{}, map[string]int{}
		for _, row := range rows {
			if want["stratum"] == "" || row["stratum"] == want["stratum"] {
				values = append(values, goldentest.Number(t, row[want["variable"]]))
				strata, distributors = append(strata, place(s, row["stratum"])), append(distributors, place(d, row["distributor"]))
			}
		}
		c := screening.Correlate(values, strata, distributors, goldentest.Number(t, want["level"]))
		got := map[string]float64{"value": c.Value, "lower": c.Lower, "upper": c.Upper, "f": c.F,
			"df1": float64(c.DF1), "df2": float64(c.DF2), "p": c.P, "size": c.Size}
		for name, v := range got {
			if !close(v, goldentest.Number(t, want[name])) {
				t.Errorf("%v: %s is %.12g", want, name, v)
			}
		}
		if !c.Valid || !c.HasInterval {
			t.Errorf("%v: no value or no interval", want)
		}
	}
}

// What can't be estimated says so and shows no number.
func TestCorrelateRefusals(t *testing.T) {
	nan := math.NaN()
	check := func(what string, values []float64, distributors []int, level float64, valid bool, code string) {
		t.Helper()
		c := screening.Correlate(values, make([]int, len(values)), distributors, level)
		if c.Valid != valid || c.HasInterval || len(c.Warnings) != 1 || c.Warnings[0].Code != code {
			t.Errorf("%s: %+v", what, c)
		}
		for _, v := range []float64{c.Value, c.Lower, c.Upper, c.F, c.P, c.Size} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: not a number in %+v", what, c)
			}
		}
	}
	check("nobody", nil, nil, 0.95, false, estimate.NoInterval)
	check("one", []float64{1}, []int{0}, 0.95, false, estimate.NoInterval)
	check("one distributor", []float64{1, 2, 3}, []int{0, 0, 0}, 0.95, false, estimate.NoInterval)
	check("one sheet each", []float64{1, 2, 3}, []int{0, 1, 2}, 0.95, false, estimate.NoInterval)
	check("nothing known", []float64{nan, nan, nan}, []int{0, 0, 1}, 0.95, false, estimate.NoInterval)
	check("all alike", []float64{2, 2, 2, 2}, []int{0, 0, 1, 1}, 0.95, false, estimate.AllEqual)
	check("alike within", []float64{1, 1, 2, 2}, []int{0, 0, 1, 1}, 0.95, true, estimate.NoInterval)
	check("no level", []float64{1, 2, 2, 4}, []int{0, 0, 1, 1}, nan, true, estimate.NoLevel)
}

func TestLastDigitsAsR(t *testing.T) {
	for _, want := range goldentest.Rows(t, "testdata/digits.csv") {
		var counts [10]int
		for k, v := range numbers(t, want["counts"]) {
			counts[k] = int(v)
		}
		got := screening.LastDigits(counts)
		if !got.Valid || !close(got.Statistic, goldentest.Number(t, want["statistic"])) || !close(got.P, goldentest.Number(t, want["p"])) {
			t.Errorf("%v: got %+v", want, got)
		}
	}
	if got := screening.LastDigits([10]int{}); got.Valid || got.P != 1 {
		t.Errorf("no numbers: %+v", got)
	}
}

func TestRunsAsR(t *testing.T) {
	for _, want := range goldentest.Rows(t, "testdata/runs.csv") {
		got := screening.Runs(numbers(t, want["values"]))
		if !got.Valid || float64(got.N) != goldentest.Number(t, want["n"]) || !close(got.Statistic, goldentest.Number(t, want["statistic"])) || !close(got.P, goldentest.Number(t, want["p"])) {
			t.Errorf("%v: got %+v", want, got)
		}
	}
	for _, values := range [][]float64{nil, {1}, {1, 1, 1}, {math.NaN()}, {1, 2}} {
		if got := screening.Runs(values); got.Valid || got.P != 1 {
			t.Errorf("%v: %+v", values, got)
		}
	}
}
