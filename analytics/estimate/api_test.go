package estimate

import "testing"

// TestPublishedExamples holds the examples that R's survey package publishes with its own
// functions: a stratified sample, one of whole districts, and one of schools within
// districts, each with its finite population (testdata/api.R).
func TestPublishedExamples(t *testing.T) {
	want, n := readTable(t, "api.csv")
	value, se, df, deff := want.numbers(t, "value"), want.numbers(t, "se"), want.numbers(t, "df"), want.numbers(t, "deff")
	for i := range n {
		x, rows := readTable(t, want["design"][i]+".csv")
		d, err := NewDesign(published(t, want["design"][i], x, rows))
		if err != nil {
			t.Fatal(err)
		}
		label := want["design"][i] + " " + want["what"][i] + " " + want["variable"][i] + " " + want["domain"][i]
		if want["what"][i] == "chisq" {
			a, err := d.Associate(codes(x["sch.wide"]), codes(x["stype"]), nil)
			if err != nil || !near(a.Statistic, value[i], 1e-8) || !near(a.DF1, se[i], 1e-8) || !near(a.DF2, df[i], 1e-8) || !near(a.P, deff[i], 1e-7) {
				t.Errorf("%s: F %.15g on %.15g and %.15g, p %.15g; R %v %v %v %v (%v)", label, a.Statistic, a.DF1, a.DF2, a.P, value[i], se[i], df[i], deff[i], err)
			}
			continue
		}
		got, err := publishedFigure(t, d, x, want["what"][i], want["variable"][i], want["domain"][i])
		if err != nil {
			t.Errorf("%s: %v", label, err)
			continue
		}
		if !near(got.Value, value[i], 1e-10) || !near(got.SE, se[i], 1e-8) || float64(got.DF) != df[i] || want["deff"][i] != "" && !near(got.Deff, deff[i], 1e-8) {
			t.Errorf("%s: %.15g ± %.15g df %d deff %.15g, R %.15g ± %.15g df %v deff %v", label, got.Value, got.SE, got.DF, got.Deff, value[i], se[i], df[i], deff[i])
		}
	}
}

func published(t *testing.T, design string, x table, rows int) Rows {
	t.Helper()
	r := Rows{N: rows}
	switch design {
	case "apistrat":
		r.Weights, r.Strata, r.Populations = x.numbers(t, "pw"), [][]string{x["stype"]}, [][]float64{x.numbers(t, "fpc")}
	case "apiclus1":
		r.Weights, r.Clusters, r.Populations = x.numbers(t, "pw"), [][]string{x["dnum"]}, [][]float64{x.numbers(t, "fpc")}
	default:
		r.Weights, r.Clusters = x.numbers(t, "pw2"), [][]string{x["dnum"], x["snum"]}
		r.Populations = [][]float64{x.numbers(t, "fpc1"), x.numbers(t, "fpc2")}
	}
	return r
}

func publishedFigure(t *testing.T, d *Design, x table, what, variable, domain string) (Figure, error) {
	t.Helper()
	var in []bool
	if domain != "" {
		in = make([]bool, len(x["stype"]))
		for i, kind := range x["stype"] {
			in[i] = kind == domain
		}
	}
	var f *Figures
	var err error
	switch {
	case what == "total":
		f, err = d.Totals([][]float64{x.numbers(t, variable)}, in)
	case what == "ratio":
		f, err = d.Ratios([][]float64{x.numbers(t, "api.stu")}, [][]float64{x.numbers(t, "enroll")}, in)
	case variable == "awards":
		yes := make([]float64, len(x["awards"]))
		for i, given := range x["awards"] {
			if given == "Yes" {
				yes[i] = 1
			}
		}
		f, err = d.Means([][]float64{yes}, in)
	default:
		f, err = d.Means([][]float64{x.numbers(t, variable)}, in)
	}
	if err != nil {
		return Figure{}, err
	}
	return f.Each[0], nil
}
