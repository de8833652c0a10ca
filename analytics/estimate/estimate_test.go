package estimate_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/goldentest"
)

// golden reads a table that testdata/golden.R made.
func golden(t *testing.T, name string) [][]float64 {
	t.Helper()
	var rows [][]float64
	for _, record := range goldentest.Records(t, "testdata/"+name)[1:] {
		var row []float64
		for _, cell := range record {
			row = append(row, goldentest.Number(t, cell))
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", name)
	}
	return rows
}

// near allows for the 15 digits that R prints, and for the quantile of t, which the
// two tools find by different series.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.15g, want %.15g", what, got, want)
	}
}

// The interval is that of R's prop.test(correct = FALSE).
func TestProportionAgreesWithR(t *testing.T) {
	for _, row := range golden(t, "wilson.csv") {
		x, n, level := int64(row[0]), int64(row[1]), row[2]
		e := estimate.Proportion(x, n, level, 0)
		if !e.Valid || !e.HasInterval {
			t.Errorf("%d/%d: no interval", x, n)
		}
		near(t, "lower", e.Lower, row[3], 1e-11)
		near(t, "upper", e.Upper, row[4], 1e-11)
	}
}

// The interval is that of R's t.test, cut at the ends of the scale.
func TestIndexAgreesWithR(t *testing.T) {
	for _, row := range golden(t, "index.csv") {
		e := estimate.Index(yuxiScale(row[1:6]), row[0], 0)
		if !e.Valid || !e.HasInterval {
			t.Errorf("%v: no interval", row)
		}
		near(t, "mean", e.Value, row[6], 1e-12)
		near(t, "lower", e.Lower, row[7], 1e-9)
		near(t, "upper", e.Upper, row[8], 1e-9)
	}
}

// yuxiScale pairs counts with the five points of domain facts, formula F2.
func yuxiScale(counts []float64) []estimate.Scored {
	var scale []estimate.Scored
	for i, v := range []float64{100, 80, 60, 30, 0} {
		scale = append(scale, estimate.Scored{Value: v, Count: int64(counts[i])})
	}
	return scale
}

// The table of domain facts 3.8, as it is printed.
func TestProportionPublished(t *testing.T) {
	check := func(x, n int64, value, interval string) {
		t.Helper()
		e := estimate.Proportion(x, n, 0.95, 0)
		if e.Text(2) != value || e.IntervalText(2) != interval {
			t.Errorf("%d/%d: got %s (%s), want %s (%s)", x, n, e.Text(2), e.IntervalText(2), value, interval)
		}
		if e.Numerator != x || e.Base != n || e.Level != 0.95 || e.Method != "Wilson" {
			t.Errorf("%d/%d: travels without what it rests on: %+v", x, n, e)
		}
	}
	check(80, 100, "80.00", "71.12–86.66")
	check(85, 100, "85.00", "76.72–90.69")
	check(240, 300, "80.00", "75.11–84.13") // an observed 80 % does not secure 80 %
	check(255, 300, "85.00", "80.52–88.60") // 85 % does
	check(159, 180, "88.33", "82.82–92.24") // Yueyang 2019, 满意率
	check(180, 180, "100.00", "97.91–100.00")
	check(3213, 3249, "98.89", "98.47–99.20") // Anyang 2023
	check(353, 600, "58.83", "54.85–62.70")   // Yuxi 2007, of all who answered
	check(353, 597, "59.13", "55.14–63.00")   // of those with an opinion
}

func TestProportionWarns(t *testing.T) {
	check := func(x, n int64, level float64, small int64, valid, interval bool, codes ...string) {
		t.Helper()
		e := estimate.Proportion(x, n, level, small)
		if e.Valid != valid || e.HasInterval != interval || len(e.Warnings) != len(codes) {
			t.Fatalf("%d/%d: %+v", x, n, e)
		}
		for i, code := range codes {
			if e.Warnings[i].Code != code || e.Warnings[i].Text == "" {
				t.Errorf("%d/%d: warning %+v, want %s", x, n, e.Warnings[i], code)
			}
		}
		if _, err := json.Marshal(e); err != nil {
			t.Errorf("%d/%d can't be sent: %v", x, n, err)
		}
	}
	check(5, 10, 0.95, 30, true, true, estimate.SmallBase)
	check(15, 30, 0.95, 30, true, true) // the minimum itself is enough
	check(5, 10, 0.95, 0, true, true)   // no minimum was agreed
	check(0, 50, 0.95, 30, true, true, estimate.NoneOfThem)
	check(50, 50, 0.95, 30, true, true, estimate.AllOfThem)
	check(0, 0, 0.95, 30, false, false, estimate.BaseZero) // and no second warning on smallness
	check(11, 10, 0.95, 30, false, false, estimate.Impossible)
	check(-1, 10, 0.95, 30, false, false, estimate.Impossible)
	check(5, 50, 0, 30, true, false, estimate.NoLevel)
	check(5, 50, 1, 30, true, false, estimate.NoLevel)
	check(5, 50, math.NaN(), 30, true, false, estimate.NoLevel)

	if text := estimate.Proportion(5, 10, 0.95, 30).Warnings[0].Text; text != "小样本：基数不足30" {
		t.Errorf("small base reads %q", text)
	}
	if e := estimate.Proportion(0, 0, 0.95, 30); e.Text(2) != "–" || e.IntervalText(2) != "" {
		t.Errorf("base 0 prints %q %q", e.Text(2), e.IntervalText(2))
	}
}

// Whatever the counts, the interval holds the share and stays on the scale.
func TestProportionProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1e9).Draw(t, "n")
		x := rapid.Int64Range(0, n).Draw(t, "x")
		level := rapid.SampledFrom([]float64{0.8, 0.9, 0.95, 0.99}).Draw(t, "level")
		e := estimate.Proportion(x, n, level, 0)
		if e.Lower < 0 || e.Upper > 100 || e.Lower > e.Value || e.Value > e.Upper {
			t.Fatalf("%d/%d: %v not within %v–%v", x, n, e.Value, e.Lower, e.Upper)
		}
		mirror := estimate.Proportion(n-x, n, level, 0)
		if math.Abs(mirror.Lower-(100-e.Upper)) > 1e-9 {
			t.Fatalf("%d/%d: the share of the others has another interval", x, n)
		}
	})
}

func TestMentionsAndRatio(t *testing.T) {
	// Yueyang 2019: 56, 145 and 58 mentions of 259, by 180 persons.
	for count, want := range map[int64]string{56: "21.62", 145: "55.98", 58: "22.39"} {
		e := estimate.ShareOfMentions(count, 259)
		if e.Text(2) != want || e.HasInterval || e.Method != "mentions" {
			t.Errorf("%d/259: %+v prints %s, want %s", count, e, e.Text(2), want)
		}
	}
	if e := estimate.Ratio(3, 6); e.Text(1) != "50.0" || e.HasInterval || len(e.Warnings) != 0 {
		t.Errorf("ratio: %+v", e)
	}
	if e := estimate.Ratio(0, 0); e.Valid {
		t.Errorf("empty is complete: %+v", e)
	}
	if e := estimate.Ratio(7, 6); e.Valid {
		t.Errorf("over 100 %%: %+v", e)
	}
}

// Yuxi 2007: (85·100 + 268·80 + 216·60 + 24·30 + 4·0)/597 = 43620/597 = 73.065…,
// published as 73.07.
func TestIndexPublished(t *testing.T) {
	e := estimate.Index(yuxiScale([]float64{85, 268, 216, 24, 4}), 0.95, 30)
	if e.Text(3) != "73.065" || e.Text(2) != "73.07" || e.Base != 597 || e.Method != "t" || e.Numerator != 0 {
		t.Errorf("Yuxi: %s, %+v", e.Text(3), e)
	}
}

func TestIndexWarns(t *testing.T) {
	check := func(counts []float64, level float64, value string, interval bool, codes ...string) {
		t.Helper()
		e := estimate.Index(yuxiScale(counts), level, 30)
		if e.Text(2) != value || e.HasInterval != interval || len(e.Warnings) != len(codes) {
			t.Fatalf("%v: %s %+v", counts, e.Text(2), e)
		}
		for i, code := range codes {
			if e.Warnings[i].Code != code {
				t.Errorf("%v: warning %+v, want %s", counts, e.Warnings[i], code)
			}
		}
	}
	check([]float64{0, 0, 0, 0, 0}, 0.95, "–", false, estimate.BaseZero)
	check([]float64{0, 1, 0, 0, 0}, 0.95, "80.00", false, estimate.SmallBase, estimate.OneAnswer)
	check([]float64{0, 40, 0, 0, 0}, 0.95, "80.00", false, estimate.AllEqual)
	check([]float64{5, 4, 0, 0, 0}, 0.95, "91.11", true, estimate.SmallBase) // 820/9
	check([]float64{50, 40, 0, 0, 0}, 0, "91.11", false, estimate.NoLevel)
	if e := estimate.Index(nil, 0.95, 30); e.Valid {
		t.Errorf("no scale: %+v", e)
	}
	if e := estimate.Index([]estimate.Scored{{Value: 1, Count: -1}, {Value: 2, Count: 2}}, 0.95, 0); e.Valid || !e.Warned(estimate.Impossible) {
		t.Errorf("negative count: %+v", e)
	}
}

// The mean of decimals is exact: floating point sums of 0.1 are not.
func TestIndexIsExact(t *testing.T) {
	e := estimate.Index([]estimate.Scored{{Value: 0.1, Count: 3}, {Value: 0.2, Count: 1}}, 0.95, 0)
	if e.Value != 0.125 || e.Text(2) != "0.13" {
		t.Errorf("(3·0.1 + 0.2)/4 = 0.125: got %v, prints %s", e.Value, e.Text(2))
	}
}

func taizhou() []estimate.Part {
	var parts []estimate.Part
	for _, p := range []struct {
		name          string
		weight, value float64
	}{{"满意", 0.4, 83.81}, {"认知", 0.2, 83.01}, {"参与", 0.2, 42.30}, {"支持", 0.1, 96.44}, {"信心", 0.1, 88.91}} {
		parts = append(parts, estimate.Part{Name: p.name, Weight: p.weight, Estimate: estimate.Estimate{Value: p.value, Valid: true, Base: 2000}})
	}
	return parts
}

// Taizhou 2015: 33.524 + 16.602 + 8.46 + 9.644 + 8.891 = 77.121, published as 77.12.
func TestCompositePublished(t *testing.T) {
	e, err := estimate.Composite(taizhou())
	if err != nil {
		t.Fatal(err)
	}
	if e.Value != 77.121 || e.Text(2) != "77.12" || e.HasInterval || e.Base != 2000 || !e.Warned(estimate.NoInterval) {
		t.Errorf("Taizhou: %s, %+v", e.Text(3), e)
	}
}

func TestCompositeRefuses(t *testing.T) {
	check := func(why string, wantError bool, bend func([]estimate.Part) []estimate.Part) {
		t.Helper()
		e, err := estimate.Composite(bend(taizhou()))
		if (err != nil) != wantError || e.Valid {
			t.Errorf("%s: %+v, %v", why, e, err)
		}
	}
	check("weights sum to 1.1", true, func(p []estimate.Part) []estimate.Part { p[0].Weight = 0.5; return p })
	check("weights sum to 1 + 2e-9", true, func(p []estimate.Part) []estimate.Part { p[0].Weight += 2e-9; return p })
	check("negative weight, sum 1", true, func(p []estimate.Part) []estimate.Part { p[3].Weight, p[4].Weight = -0.1, 0.3; return p })
	check("weight is not a number", true, func(p []estimate.Part) []estimate.Part { p[0].Weight = math.NaN(); return p })
	check("no parts", true, func(p []estimate.Part) []estimate.Part { return nil })
	check("a part without answers", false, func(p []estimate.Part) []estimate.Part { p[1].Estimate.Valid = false; return p })
}

func TestPercent(t *testing.T) {
	check := func(x, n int64, decimals int, want string) {
		t.Helper()
		if got := estimate.Percent(x, n, decimals); got != want {
			t.Errorf("%d/%d: got %s, want %s", x, n, got, want)
		}
	}
	check(159, 180, 2, "88.33")
	check(38, 180, 2, "21.11") // the source misprints 22.11
	check(159, 180, 1, "88.3")
	check(1, 800, 2, "0.13")      // 0.125 exactly: away from zero
	check(1, 16, 2, "6.25")       // no rounding
	check(1, 16, 1, "6.3")        // 6.25: away from zero, where half-to-even gives 6.2
	check(23, 160, 2, "14.38")    // 14.375
	check(1999, 2000, 1, "100.0") // 99.95: the exact counts stand beside it
	check(0, 7, 2, "0.00")
	check(7, 7, 2, "100.00")
	check(0, 0, 2, "–")
	check(1, 3, 0, "33")
	check(math.MaxInt64, math.MaxInt64, 2, "100.00")
}

func TestRound(t *testing.T) {
	check := func(v float64, decimals int, want string) {
		t.Helper()
		if got := estimate.Round(v, decimals); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
	check(2.675, 2, "2.68") // the binary fraction lies below, the decimal does not
	check(-2.675, 2, "-2.68")
	check(77.121, 2, "77.12")
	check(0.5, 0, "1")
	check(-0.001, 2, "0.00")
	check(100, 1, "100.0")
	check(1e-7, 2, "0.00")
	check(math.NaN(), 2, "–")
	check(math.Inf(1), 2, "–")
}

// Printing a share from its value gives what printing from its counts gives, so a
// workbook that holds the value and a page that holds the text agree.
func TestTextsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1e6).Draw(t, "n")
		x := rapid.Int64Range(0, n).Draw(t, "x")
		decimals := rapid.IntRange(0, 3).Draw(t, "decimals")
		e := estimate.Ratio(x, n)
		if a, b := estimate.Percent(x, n, decimals), estimate.Round(e.Value, decimals); a != b {
			t.Fatalf("%d/%d: %s from counts, %s from the value", x, n, a, b)
		}
		exact := new(big.Rat).SetFrac64(100*x, n)
		printed, _ := new(big.Rat).SetString(estimate.Percent(x, n, decimals))
		off := new(big.Rat).Sub(printed, exact)
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)))
		if off.Abs(off).Cmp(half) > 0 {
			t.Fatalf("%d/%d prints more than half a digit off", x, n)
		}
	})
}

// What stands of a quantity that is due never exceeds 100 %, and 0 due is no figure.
func TestFilled(t *testing.T) {
	check := func(standing, due float64, want string, codes ...string) {
		t.Helper()
		e := estimate.Filled(standing, due)
		if e.Text(2) != want || e.HasInterval || len(e.Warnings) != len(codes) || len(codes) > 0 && !e.Warned(codes[0]) {
			t.Errorf("%v of %v: %s %+v, want %s", standing, due, e.Text(2), e, want)
		}
	}
	check(12, 10, "100.00")
	check(0.3, 0.8, "37.50") // square metres have decimals
	check(0, 10, "0.00")
	check(3, 0, "–", estimate.BaseZero)
	check(-1, 10, "–", estimate.Impossible)
	check(math.NaN(), 10, "–", estimate.Impossible)
}
