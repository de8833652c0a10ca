package importance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/goldentest"
	"shuixuan/analytics/importance"
)

// table is a file of testdata by column; what isn't a number is NaN.
type table map[string][]string

func read(t *testing.T, name string) table {
	t.Helper()
	columns, _ := goldentest.Columns(t, "testdata/"+name)
	return columns
}

func (t table) numbers(name string) []float64 {
	list := make([]float64, len(t[name]))
	for i, text := range t[name] {
		list[i] = goldentest.OrNaN(text)
	}
	return list
}

var six = []string{"river", "green", "drink", "drain", "price", "noise"}

// sample is that of importance.R.
func sample(t *testing.T, weighted bool, items ...string) importance.Data {
	d := read(t, "sample.csv")
	overall := d.numbers("overall")
	data := importance.Data{Outcome: overall, Sample: estimate.Rows{N: len(overall), Strata: [][]string{d["stratum"]}, Clusters: [][]string{d["psu"]}}}
	if weighted {
		data.Sample.Weights = d.numbers("weight")
	}
	river, green, drink, psu := d.numbers("river"), d.numbers("green"), d.numbers("drink"), d.numbers("psu")
	for _, name := range items {
		values := d.numbers(name)
		if len(values) == 0 {
			values = make([]float64, len(overall))
			for i := range values {
				values[i] = 2*drink[i] + 1 // again
				if name == "against" {
					values[i] = 3*river[i] - overall[i] + 0.5*green[i] + psu[i]/10
				}
			}
		}
		data.Items = append(data.Items, importance.Item{Name: name, Values: values})
	}
	return data
}

func complete(t *testing.T) []bool {
	all := sample(t, false, six...)
	in := make([]bool, all.Sample.N)
	for i := range in {
		in[i] = !math.IsNaN(all.Outcome[i]) && !slices.ContainsFunc(all.Items, func(k importance.Item) bool { return math.IsNaN(k.Values[i]) })
	}
	return in
}

func quick() importance.Settings {
	s := importance.DefaultSettings()
	s.Replicates = 0
	return s
}

func analyse(t *testing.T, d importance.Data, s importance.Settings) *importance.Result {
	t.Helper()
	r, err := importance.Analyse(t.Context(), d, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Max(math.Abs(want), 1e-3)
}

// TestSharesAgreeWithR: shares, R² and what stands beside them, from lm over all subsets.
func TestSharesAgreeWithR(t *testing.T) {
	want := read(t, "shares.csv")
	results := map[string]*importance.Result{}
	for i, name := range want["case"] {
		r := results[name]
		if r == nil {
			items := six
			switch name {
			case "twice":
				items = []string{"river", "green", "drink", "again"}
			case "suppressing":
				items = []string{"river", "green", "against"}
			}
			d, s := sample(t, strings.Contains(name, "weighted"), items...), quick()
			if len(items) < 6 {
				d.Domain = complete(t)
			}
			if strings.Contains(name, "rank") {
				s.Model = importance.Rank
			}
			r = analyse(t, d, s)
			results[name] = r
		}
		k := slices.IndexFunc(r.Items, func(d importance.Driver) bool { return d.Name == want["item"][i] })
		d := r.Items[k]
		for column, got := range map[string]float64{"share": d.Share, "r2": r.R2, "adjusted": r.AdjustedR2, "correlation": d.Correlation, "coefficient": d.Coefficient, "vif": d.VIF, "mean": d.Performance.Value} {
			if expected := want.numbers(column)[i]; !near(got, expected, 1e-8) {
				t.Errorf("%s %s: %s %.15g, want %.15g", name, d.Name, column, got, expected)
			}
		}
	}
	if len(results) != 6 {
		t.Errorf("%d cases", len(results))
	}
	check := func(name, item, code string) {
		t.Helper()
		for _, d := range results[name].Items {
			if has(d.Warnings, code) != (d.Name == item || item == "drink" && d.Name == "again") {
				t.Errorf("%s: %s of %s: %v", name, code, d.Name, d.Warnings)
			}
		}
	}
	check("plain", "price", importance.Negative)
	check("plain", "", importance.Suppressing)
	check("plain", "", importance.Collinear)
	check("twice", "drink", importance.Dependent)
	if !has(results["plain"].Warnings, importance.MissingRows) || !has(results["plain"].Warnings, importance.NoCause) {
		t.Errorf("warnings: %v", results["plain"].Warnings)
	}
}

func has(list []estimate.Warning, code string) bool {
	return slices.ContainsFunc(list, func(w estimate.Warning) bool { return w.Code == code })
}

// TestSuppression: two items that add up to the outcome although one of them, alone, has
// nothing to do with it: y = a + b with b = c − a/2 turned so that b and y are unrelated.
func TestSuppression(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	n := 400
	d := importance.Data{Sample: estimate.Rows{N: n}, Items: []importance.Item{{Name: "a"}, {Name: "b"}}}
	for range n {
		y, b := r.NormFloat64(), r.NormFloat64()
		d.Outcome = append(d.Outcome, y)
		d.Items[0].Values = append(d.Items[0].Values, y+b)
		d.Items[1].Values = append(d.Items[1].Values, b)
	}
	result := analyse(t, d, quick())
	if !has(result.Items[1].Warnings, importance.Suppressing) || !has(result.Warnings, importance.PerfectModel) {
		t.Errorf("%+v", result)
	}
	// R²: a alone 1/2, b alone 0, both 1: (1/2 + 1)/2 and (0 + 1/2)/2.
	if math.Abs(result.Items[0].Share-75) > 4 {
		t.Errorf("share %v, want about 75", result.Items[0].Share)
	}
}

// TestIntervalsAgreeWithR: both draw 4,000 times with their own random numbers, so the bounds
// differ by chance: a percentile of 4,000 draws has a standard error of about 2 % of the width.
func TestIntervalsAgreeWithR(t *testing.T) {
	d, s := sample(t, true, six[:3]...), importance.DefaultSettings()
	d.Domain, s.Replicates = complete(t), 4000
	r := analyse(t, d, s)
	want := read(t, "intervals.csv")
	for i, item := range r.Items {
		lower, upper := want.numbers("lower")[i], want.numbers("upper")[i]
		if off := math.Max(math.Abs(item.Lower-lower), math.Abs(item.Upper-upper)); !item.HasInterval || off > 0.08*(upper-lower) {
			t.Errorf("%s: %v–%v, want %v–%v", item.Name, item.Lower, item.Upper, lower, upper)
		}
		lower, upper = want.numbers("mean_lower")[i], want.numbers("mean_upper")[i]
		if off := math.Max(math.Abs(item.Performance.Lower-lower), math.Abs(item.Performance.Upper-upper)); !item.Performance.HasInterval || off > 0.08*(upper-lower) {
			t.Errorf("%s: mean %v–%v, want %v–%v", item.Name, item.Performance.Lower, item.Performance.Upper, lower, upper)
		}
	}
}

// TestSampledOrders: of fourteen items, shares by sampled orders lie about the exact ones as far
// as their error says, and all subsets give R's values.
func TestSampledOrders(t *testing.T) {
	file, want := read(t, "fourteen.csv"), read(t, "fourteen_shares.csv").numbers("share")
	d := importance.Data{Outcome: file.numbers("y"), Sample: estimate.Rows{N: 200}}
	for k := range 14 {
		d.Items = append(d.Items, importance.Item{Name: "X" + strconv.Itoa(k+1), Values: file.numbers("X" + strconv.Itoa(k+1))})
	}
	s := quick()
	sampled := analyse(t, d, s)
	s.ExactUpTo = 14
	exact := analyse(t, d, s)
	if !exact.Exact || sampled.Exact || has(exact.Warnings, importance.Sampled) || !has(sampled.Warnings, importance.Sampled) {
		t.Errorf("exact %v %v, sampled %v %v", exact.Exact, exact.Warnings, sampled.Exact, sampled.Warnings)
	}
	sum, squares := 0.0, 0.0
	for k := range want {
		if !near(exact.Items[k].Share, want[k], 1e-8) {
			t.Errorf("item %d: %v, want %v", k+1, exact.Items[k].Share, want[k])
		}
		z := (sampled.Items[k].Share - want[k]) / sampled.Items[k].SamplingError
		sum, squares = sum+sampled.Items[k].Share, squares+z*z
		if math.Abs(z) > 4 || sampled.Items[k].SamplingError > 0.5 {
			t.Errorf("item %d: %v ± %v, want %v", k+1, sampled.Items[k].Share, sampled.Items[k].SamplingError, want[k])
		}
	}
	if math.Abs(sum-100) > 1e-9 || squares/14 < 0.2 || squares/14 > 3 {
		t.Errorf("shares sum to %v, mean square of z %v", sum, squares/14)
	}
}

// TestShareProperties: shares add up to 100, and neither the order of items and rows, nor
// doubled weights, nor another scale of an item change them.
func TestShareProperties(t *testing.T) {
	for _, model := range []importance.Model{importance.Linear, importance.Rank} {
		s := quick()
		s.Model = model
		base := analyse(t, sample(t, true, six...), s)
		sum := 0.0
		for _, d := range base.Items {
			sum += d.Share
		}
		if math.Abs(sum-100) > 1e-9 {
			t.Errorf("%s: shares sum to %v", model, sum)
		}
		check := func(what string, bend func(*importance.Data)) {
			t.Helper()
			d := sample(t, true, six...)
			bend(&d)
			r := analyse(t, d, s)
			for _, one := range r.Items {
				k := slices.Index(six, one.Name)
				if !near(one.Share, base.Items[k].Share, 1e-9) {
					t.Errorf("%s, %s: %s has %v, before %v", model, what, one.Name, one.Share, base.Items[k].Share)
				}
			}
		}
		check("items turned round", func(d *importance.Data) { slices.Reverse(d.Items) })
		check("rows turned round", func(d *importance.Data) {
			slices.Reverse(d.Outcome)
			slices.Reverse(d.Sample.Weights)
			slices.Reverse(d.Sample.Strata[0])
			slices.Reverse(d.Sample.Clusters[0])
			for _, item := range d.Items {
				slices.Reverse(item.Values)
			}
		})
		check("weights doubled", func(d *importance.Data) {
			for i := range d.Sample.Weights {
				d.Sample.Weights[i] *= 2
			}
		})
		check("another scale", func(d *importance.Data) {
			for i := range d.Items[1].Values {
				d.Items[1].Values[i] = 1e6 - 0 + 20*d.Items[1].Values[i]
			}
		})
	}
}

// TestRanksNeedNoPoints: any growing scale has the same ranks.
func TestRanksNeedNoPoints(t *testing.T) {
	s := quick()
	s.Model = importance.Rank
	before := analyse(t, sample(t, true, six...), s)
	d := sample(t, true, six...)
	for i, v := range d.Items[0].Values {
		d.Items[0].Values[i] = math.Exp(3 * v)
	}
	for k, item := range analyse(t, d, s).Items {
		if item.Share != before.Items[k].Share {
			t.Errorf("%s: %v, before %v", item.Name, item.Share, before.Items[k].Share)
		}
	}
}

// TestSameBytes: the same data and settings give the same bytes; another seed doesn't.
func TestSameBytes(t *testing.T) {
	run := func(seed uint64) []byte {
		s := importance.DefaultSettings()
		s.Replicates, s.Seed = 120, seed
		text, err := json.Marshal(analyse(t, sample(t, true, six...), s))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if !bytes.Equal(run(3), run(3)) || bytes.Equal(run(3), run(4)) {
		t.Error("bytes don't follow the seed")
	}
}

// TestCancelAndProgress: a run tells how far it is and ends when it is told.
func TestCancelAndProgress(t *testing.T) {
	s := importance.DefaultSettings()
	s.Replicates = 120
	ctx, cancel := context.WithCancel(t.Context())
	var heard []int
	_, err := importance.Analyse(ctx, sample(t, true, six...), s, func(done, of int) {
		if heard = append(heard, done, of); done == 100 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || !slices.Equal(heard, []int{50, 120, 100, 120}) {
		t.Errorf("%v, heard %v", err, heard)
	}
}
