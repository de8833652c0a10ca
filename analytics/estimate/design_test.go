package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shuixuan/analytics/goldentest"
)

// table is a CSV file by column.
type table map[string][]string

func readTable(t *testing.T, name string) (table, int) {
	t.Helper()
	columns, rows := goldentest.Columns(t, "testdata/"+name)
	return columns, rows
}

func (c table) numbers(t *testing.T, name string) []float64 {
	t.Helper()
	list := make([]float64, len(c[name]))
	for i, text := range c[name] {
		list[i] = math.NaN()
		if text != "" && text != "NaN" && text != "NA" {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatalf("%s, row %d: %v", name, i+1, err)
			}
			list[i] = v
		}
	}
	return list
}

// only keeps the rows of a mask.
func (c table) only(keep []bool) table {
	part := table{}
	for name, column := range c {
		part[name] = []string{}
		for i, text := range column {
			if keep[i] {
				part[name] = append(part[name], text)
			}
		}
	}
	return part
}

// sampled gives the designs of testdata/design.R by name, each with its rows.
func sampled(t *testing.T, name string) (*Design, table) {
	t.Helper()
	r, x := sampledRows(t, name)
	d, err := NewDesign(r)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d, x
}

func sampledRows(t *testing.T, name string) (Rows, table) {
	t.Helper()
	x, n := readTable(t, "sample.csv")
	switch name {
	case "clustered", "corrected", "stages":
		alone := make([]bool, n)
		for i, s := range x["stratum"] {
			alone[i] = s != "g"
		}
		x = x.only(alone)
	}
	r := Rows{N: len(x["row"])}
	if name != "simple" {
		r.Weights = x.numbers(t, "weight")
	}
	switch name {
	case "simple", "weighted":
	case "stratified":
		r.Strata = [][]string{x["stratum"]}
	case "stages":
		r.Strata = [][]string{x["stratum"]}
		r.Clusters = [][]string{x["school"], x["class"]}
		r.Populations = [][]float64{x.numbers(t, "schools"), x.numbers(t, "classes")}
	case "corrected":
		r.Populations = [][]float64{x.numbers(t, "schools")}
		fallthrough
	default:
		r.Strata, r.Clusters = [][]string{x["stratum"]}, [][]string{x["school"]}
		switch lonely := LonelyPSU(name); lonely {
		case LonelyAdjust, LonelyAverage, LonelyCertainty, LonelyRemove:
			r.Lonely = lonely
		}
	}
	return r, x
}

func domainOf(t *testing.T, x table, name string) []bool {
	t.Helper()
	if name == "" {
		return nil
	}
	in := make([]bool, len(x["row"]))
	for i := range in {
		in[i] = name == "f" && x["sex"][i] == "f" || name == "level4" && x["level"][i] == "4"
	}
	return in
}

// near tells whether two numbers agree to a relative difference.
func near(got, want, relative float64) bool {
	return got == want || math.Abs(got-want) <= relative*math.Max(math.Abs(want), 1e-12)
}

// TestDesignAgreesWithR holds estimates, standard errors, degrees of freedom and design
// effects of ten designs against R's survey package.
func TestDesignAgreesWithR(t *testing.T) {
	want, n := readTable(t, "design.csv")
	value, se, df, deff := want.numbers(t, "value"), want.numbers(t, "se"), want.numbers(t, "df"), want.numbers(t, "deff")
	for i := range n {
		d, x := sampled(t, want["design"][i])
		in := domainOf(t, x, want["domain"][i])
		var f *Figures
		var err error
		switch v := want["variable"][i]; want["what"][i] {
		case "mean":
			f, err = d.Means([][]float64{x.numbers(t, v)}, in)
		case "total":
			f, err = d.Totals([][]float64{x.numbers(t, v)}, in)
		case "ratio":
			f, err = d.Ratios([][]float64{x.numbers(t, "score")}, [][]float64{x.numbers(t, "hours")}, in)
		}
		label := want["design"][i] + " " + want["what"][i] + " " + want["variable"][i] + " " + want["domain"][i]
		if err != nil {
			t.Errorf("%s: %v", label, err)
			continue
		}
		got := f.Each[0]
		if !near(got.Value, value[i], 1e-10) || !near(got.SE, se[i], 1e-9) || float64(got.DF) != df[i] {
			t.Errorf("%s: %.15g ± %.15g df %d, R %.15g ± %.15g df %v", label, got.Value, got.SE, got.DF, value[i], se[i], df[i])
		}
		if !math.IsNaN(deff[i]) && !math.IsInf(deff[i], 0) && !near(got.Deff, deff[i], 1e-9) && se[i] > 0 {
			t.Errorf("%s: design effect %.15g, R %.15g", label, got.Deff, deff[i])
		}
	}
}

// TestIntervalsAgreeWithR holds the bounds of a proportion. R's logit and likelihood are
// results of iterations.
func TestIntervalsAgreeWithR(t *testing.T) {
	want, n := readTable(t, "bounds.csv")
	lower, upper, level := want.numbers(t, "lower"), want.numbers(t, "upper"), want.numbers(t, "level")
	for i := range n {
		d, x := sampled(t, want["design"][i])
		f, err := d.Means([][]float64{x.numbers(t, want["variable"][i])}, nil)
		if err != nil {
			t.Fatal(err)
		}
		name, solved := strings.CutSuffix(want["method"][i], " solved")
		method := IntervalMethod(name)
		a, b, ok, err := f.Each[0].Interval(method, level[i])
		if err != nil || !ok {
			t.Errorf("%s %s: %v %v", want["design"][i], method, ok, err)
			continue
		}
		relative := 1e-8
		switch {
		case method == IntervalLogit:
			relative = 1e-6
		case method == IntervalLikelihood && !solved:
			relative = 2e-3 // a spline through a few points, see design.R
		}
		if !near(a, lower[i], relative) || !near(b, upper[i], relative) {
			t.Errorf("%s %s %v: %.12g–%.12g, R %.12g–%.12g", want["design"][i], method, level[i], a, b, lower[i], upper[i])
		}
	}
}

// TestAssociationAgreesWithR holds Rao and Scott's F.
func TestAssociationAgreesWithR(t *testing.T) {
	want, n := readTable(t, "tests.csv")
	f, df1, df2, p := want.numbers(t, "statistic"), want.numbers(t, "df1"), want.numbers(t, "df2"), want.numbers(t, "p")
	for i := range n {
		d, x := sampled(t, want["design"][i])
		weighing := make([]bool, len(x["row"]))
		for k := range weighing {
			weighing[k] = x["weight"][k] != "0"
		}
		a, err := d.Associate(codes(x[want["rows"][i]]), codes(x[want["columns"][i]]), weighing)
		if err != nil {
			t.Errorf("%s: %v", want["design"][i], err)
			continue
		}
		if !near(a.Statistic, f[i], 1e-8) || !near(a.DF1, df1[i], 1e-8) || !near(a.DF2, df2[i], 1e-8) || !near(a.P, p[i], 1e-6) {
			t.Errorf("%s %s by %s: F %.12g (%.9g, %.9g) p %.9g, R %.12g (%.9g, %.9g) p %.9g", want["design"][i], want["rows"][i], want["columns"][i],
				a.Statistic, a.DF1, a.DF2, a.P, f[i], df1[i], df2[i], p[i])
		}
	}
}

// codes numbers the values of a column.
func codes(column []string) []int {
	seen := map[string]int{}
	list := make([]int, len(column))
	for i, text := range column {
		if text == "" {
			list[i] = -1
			continue
		}
		at, known := seen[text]
		if !known {
			at = len(seen)
			seen[text] = at
		}
		list[i] = at
	}
	return list
}

// TestPearson holds the two published tables.
func TestPearson(t *testing.T) {
	a := Pearson([][]int{{762, 327, 468}, {484, 239, 477}})
	if !near(a.Statistic, 30.070149, 1e-7) || a.DF1 != 2 || !near(a.P, 2.953589e-7, 1e-6) || !near(a.CramersV, 0.104436, 1e-5) || len(a.Warnings) > 0 {
		t.Errorf("%+v", a)
	}
	a = Pearson([][]int{{10, 5}, {9, 6}, {8, 19}})
	if !near(a.Statistic, 6.60856, 1e-6) || !near(a.P, 0.03672565, 1e-6) || !near(a.CramersV, 0.340499, 1e-5) {
		t.Errorf("%+v", a)
	}
	if a = Pearson([][]int{{3, 1}, {1, 3}}); len(a.Warnings) != 1 || a.Warnings[0].Code != FewExpected {
		t.Errorf("%+v", a)
	}
	if a = Pearson([][]int{{3, 0}, {1, 0}}); a.Valid {
		t.Errorf("a column without anybody: %+v", a)
	}
}

// TestQuantilesAgreeWithR holds quantiles and Woodruff's intervals.
func TestQuantilesAgreeWithR(t *testing.T) {
	want, n := readTable(t, "quantiles.csv")
	at, value, lower, upper, se := want.numbers(t, "at"), want.numbers(t, "quantile"), want.numbers(t, "lower"), want.numbers(t, "upper"), want.numbers(t, "se")
	for i := range n {
		d, x := sampled(t, want["design"][i])
		in := domainOf(t, x, want["domain"][i])
		if in == nil {
			in = slices.Repeat([]bool{true}, len(x["row"]))
		}
		for k := range in {
			in[k] = in[k] && x["weight"][k] != "0"
		}
		q, err := d.Quantiles(x.numbers(t, "score"), in, []float64{at[i]}, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		label := fmt.Sprint(want["design"][i], " ", want["domain"][i], " ", at[i])
		got := q[0]
		if got.Value != value[i] || got.HasInterval == math.IsNaN(lower[i]+upper[i]) {
			t.Errorf("%s: %v (%v–%v), R %v (%v–%v)", label, got.Value, got.Lower, got.Upper, value[i], lower[i], upper[i])
		} else if got.HasInterval && (got.Lower != lower[i] || got.Upper != upper[i] || !near(got.SE, se[i], 1e-9)) {
			t.Errorf("%s: %v–%v ± %v, R %v–%v ± %v", label, got.Lower, got.Upper, got.SE, lower[i], upper[i], se[i])
		}
	}
}

// TestGroupsAgreeWithR holds the difference of two groups that share sampling units.
func TestGroupsAgreeWithR(t *testing.T) {
	want, n := readTable(t, "groups.csv")
	difference, se, df, p := want.numbers(t, "difference"), want.numbers(t, "se"), want.numbers(t, "df"), want.numbers(t, "p")
	for i := range n {
		d, x := sampled(t, want["design"][i])
		sex := make([]int, len(x["sex"]))
		for k, s := range x["sex"] {
			if s == "m" {
				sex[k] = 1
			}
		}
		f, err := d.MeansBy(x.numbers(t, "score"), sex, 2)
		if err != nil {
			t.Fatal(err)
		}
		c := f.Difference(0, 1, 0.95)
		if !c.Valid || !near(c.Difference, difference[i], 1e-9) || !near(c.SE, se[i], 1e-9) || c.DF != df[i] || !near(c.P, p[i], 1e-7) || c.Lower >= c.Upper {
			t.Errorf("%s: %+v, R %.12g ± %.12g df %v p %.9g", want["design"][i], c, difference[i], se[i], df[i], p[i])
		}
	}
	if got := Holm([]float64{0.01, 0.04, 0.03, 0.005}); !near(got[0], 0.03, 1e-12) || !near(got[1], 0.06, 1e-12) || !near(got[2], 0.06, 1e-12) || !near(got[3], 0.02, 1e-12) {
		t.Errorf("Holm gave %v", got) // p.adjust(c(.01, .04, .03, .005), "holm")
	}
}

// TestReplicatesAgreeWithR holds jackknife errors; those of the bootstrap are drawn, and are
// held against the formula.
func TestReplicatesAgreeWithR(t *testing.T) {
	want, n := readTable(t, "replicates.csv")
	value, se := want.numbers(t, "value"), want.numbers(t, "se")
	for i := range n {
		name := map[string]string{"JK1": "clustered", "JKn": "clustered", "fpc": "corrected"}[want["design"][i]]
		_, x := sampled(t, name)
		r := Rows{N: len(x["row"]), Weights: x.numbers(t, "weight"), Clusters: [][]string{x["school"]}}
		if want["design"][i] != "JK1" {
			r.Strata = [][]string{x["stratum"]}
		}
		if want["design"][i] == "fpc" {
			r.Populations = [][]float64{x.numbers(t, "schools")}
		}
		d, err := NewDesign(r)
		if err != nil {
			t.Fatal(err)
		}
		score, hours := x.numbers(t, "score"), x.numbers(t, "hours")
		for k, v := range score {
			if math.IsNaN(v) {
				score[k] = 50
			}
		}
		moment := func(w, a, b []float64) (sum float64) {
			for k := range w {
				sum += w[k] * a[k] * b[k]
			}
			return sum
		}
		ones := slices.Repeat([]float64{1}, len(score))
		statistic := map[string]func([]float64) float64{
			"mean":  func(w []float64) float64 { return moment(w, score, ones) / moment(w, ones, ones) },
			"ratio": func(w []float64) float64 { return moment(w, score, ones) / moment(w, hours, ones) },
			"correlation": func(w []float64) float64 {
				all, x, y := moment(w, ones, ones), moment(w, score, ones), moment(w, hours, ones)
				xy, xx, yy := moment(w, score, hours)/all-x*y/all/all, moment(w, score, score)/all-x*x/all/all, moment(w, hours, hours)/all-y*y/all/all
				return xy / math.Sqrt(xx*yy)
			},
		}[want["statistic"][i]]
		jackknife, err := d.Jackknife()
		if err != nil {
			t.Fatal(err)
		}
		f := jackknife.Estimate(statistic)
		if !near(f.Value, value[i], 1e-9) || !near(f.SE, se[i], 1e-8) {
			t.Errorf("%s %s: %.12g ± %.12g, R %.12g ± %.12g", want["design"][i], want["statistic"][i], f.Value, f.SE, value[i], se[i])
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	sample := populations["clustered"](r)
	d, err := NewDesign(sample.rows)
	if err != nil {
		t.Fatal(err)
	}
	bootstrap, err := d.Bootstrap(1000, 7)
	if err != nil {
		t.Fatal(err)
	}
	formula, err := d.Means([][]float64{sample.y}, nil)
	if err != nil {
		t.Fatal(err)
	}
	mean := func(w []float64) float64 {
		var sum, all float64
		for k, v := range sample.y {
			sum, all = sum+w[k]*v, all+w[k]
		}
		return sum / all
	}
	if got, want := bootstrap.Estimate(mean).SE, formula.Each[0].SE; !near(got, want, 0.08) {
		t.Errorf("bootstrap %v, formula %v", got, want)
	}
	again, _ := d.Bootstrap(1000, 7)
	if again.Estimate(mean).SE != bootstrap.Estimate(mean).SE {
		t.Error("the same seed gave another error")
	}
}
