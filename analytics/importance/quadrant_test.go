package importance_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/importance"
)

// made are 400 answers in which a matters and does well, b matters and does badly, c and d
// matter little; what d does lies at the mean of all, in this sample a hair above it.
func made() importance.Data {
	r := rand.New(rand.NewPCG(3, 3))
	d := importance.Data{Sample: estimate.Rows{N: 400}, Items: []importance.Item{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}}
	for range 400 {
		a, b, c, e := r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		d.Outcome = append(d.Outcome, a+b+0.2*c+r.NormFloat64())
		for k, v := range []float64{80 + a, 60 + b, 85 + c, 75 + e} {
			d.Items[k].Values = append(d.Items[k].Values, v)
		}
	}
	return d
}

func TestQuadrants(t *testing.T) {
	s := importance.DefaultSettings()
	s.Replicates = 200
	check := func(what string, bend func(*importance.Data, *importance.Settings), want string) *importance.Result {
		t.Helper()
		d, s := made(), s
		bend(&d, &s)
		r := analyse(t, d, s)
		var got []string
		for _, item := range r.Items {
			text := string(item.Quadrant)
			if item.Uncertain {
				text += "?"
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", what, got, want)
		}
		return r
	}
	r := check("means", func(*importance.Data, *importance.Settings) {}, "keep-up fix-first hold hold?")
	if r.ImportanceLine != 25 || math.Abs(r.PerformanceLine-75) > 0.2 {
		t.Errorf("lines at %v and %v", r.ImportanceLine, r.PerformanceLine)
	}
	check("a target", func(_ *importance.Data, s *importance.Settings) {
		s.PerformanceLine = importance.Line{Kind: importance.LineFixed, At: 82}
	}, "fix-first fix-first hold fix-later")
	// The median lies midway between the second and third of four, which intervals stay clear of.
	check("medians", func(_ *importance.Data, s *importance.Settings) {
		s.ImportanceLine, s.PerformanceLine = importance.Line{Kind: importance.LineMedian}, importance.Line{Kind: importance.LineMedian}
	}, "keep-up fix-first hold fix-later")
	check("share from 75 up", func(_ *importance.Data, s *importance.Settings) {
		s.Measure, s.SatisfiedFrom = importance.Satisfied, 75
		s.PerformanceLine = importance.Line{Kind: importance.LineFixed, At: 50}
	}, "keep-up? fix-first? hold? hold?") // all or nobody: no interval, no certainty
	check("performance given", func(d *importance.Data, _ *importance.Settings) {
		for k := range d.Items {
			d.Items[k].Performance = &importance.Performance{Value: []float64{50, 90, 50, 90}[k], Lower: 40, Upper: 95, HasInterval: k > 1}
		}
		d.Items[0].Performance.Value = math.NaN()
	}, " keep-up? fix-later? hold?")
	check("no replicates", func(_ *importance.Data, s *importance.Settings) { s.Replicates = 0 }, "keep-up? fix-first? hold? hold?")
}

// TestDoubts: a right figure with a warning, never a pretty interval.
func TestDoubts(t *testing.T) {
	check := func(code string, bend func(*importance.Data, *importance.Settings)) *importance.Result {
		t.Helper()
		d, s := made(), importance.DefaultSettings()
		s.Replicates = 100
		if before := analyse(t, d, s); has(before.Warnings, code) || has(before.Items[2].Warnings, code) {
			t.Errorf("%s without a reason", code)
		}
		bend(&d, &s)
		r := analyse(t, d, s)
		if !has(r.Warnings, code) && !has(r.Items[2].Warnings, code) {
			t.Errorf("%s: %v %v", code, r.Warnings, r.Items[2].Warnings)
		}
		for _, item := range r.Items {
			for _, v := range []float64{item.Share, item.Lower, item.Upper, item.Performance.Value, item.Performance.Lower, item.Performance.Upper, item.VIF, item.Coefficient, item.Correlation} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s: %+v", code, item)
				}
			}
		}
		return r
	}
	noInterval := func(r *importance.Result) {
		t.Helper()
		for _, item := range r.Items {
			if item.HasInterval || item.Quadrant != "" && !item.Uncertain {
				t.Errorf("an interval: %+v", item)
			}
		}
	}
	r := check(importance.Constant, func(d *importance.Data, _ *importance.Settings) {
		d.Items[2].Values = slices.Repeat([]float64{5}, 400)
	})
	if r.Items[2].Share != 0 || r.Items[2].HasInterval || r.Items[2].Quadrant != importance.Nowhere || math.Abs(r.ImportanceLine-100.0/3) > 1e-9 {
		t.Errorf("constant: %+v, line %v", r.Items[2], r.ImportanceLine)
	}
	check(importance.FewRows, func(d *importance.Data, _ *importance.Settings) {
		d.Domain = make([]bool, 400)
		for i := range 30 {
			d.Domain[i] = true
		}
	})
	check(importance.FewRows, func(d *importance.Data, _ *importance.Settings) {
		d.Sample.Weights = slices.Repeat([]float64{1}, 400)
		d.Sample.Weights[7] = 1e6 // one speaks for all
	})
	check(importance.WeakModel, func(d *importance.Data, _ *importance.Settings) {
		r := rand.New(rand.NewPCG(9, 9))
		for i := range d.Outcome {
			d.Outcome[i] = r.NormFloat64()
		}
	})
	check(importance.Collinear, func(d *importance.Data, _ *importance.Settings) {
		for i := range d.Items[3].Values {
			d.Items[3].Values[i] = d.Items[2].Values[i] + 0.1*d.Items[3].Values[i]
		}
	})
	check(importance.MissingRows, func(d *importance.Data, _ *importance.Settings) { d.Items[0].Values[4] = math.NaN() })
	check(importance.NonProbability, func(_ *importance.Data, s *importance.Settings) { s.NonProbability = true })
	noInterval(check(importance.NoInterval, func(d *importance.Data, _ *importance.Settings) {
		strata := slices.Repeat([]string{"甲"}, 400)
		strata[3] = "乙" // a stratum of one
		d.Sample.Strata = [][]string{strata}
	}))
	noInterval(check(importance.NoInterval, func(_ *importance.Data, s *importance.Settings) { s.Replicates = 30 }))
	noInterval(check(importance.NoInterval, func(d *importance.Data, _ *importance.Settings) {
		for i := range d.Outcome { // one answer differs: a third of the draws leave it out
			d.Outcome[i] = 4
		}
		d.Outcome[5] = 1
	}))
}

func TestRefused(t *testing.T) {
	check := func(why string, bend func(*importance.Data, *importance.Settings)) {
		t.Helper()
		d, s := made(), importance.DefaultSettings()
		s.Replicates = 50
		bend(&d, &s)
		if r, err := importance.Analyse(t.Context(), d, s, nil); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v %+v, want %s", err, r, why)
		}
	}
	check("至少要有两道题", func(d *importance.Data, _ *importance.Settings) { d.Items = d.Items[:1] })
	check("最多比较", func(d *importance.Data, _ *importance.Settings) {
		for len(d.Items) < 61 {
			d.Items = append(d.Items, d.Items[0])
		}
	})
	check("总体评价都一样", func(d *importance.Data, _ *importance.Settings) { d.Outcome = slices.Repeat([]float64{4}, 400) })
	check("没有一行", func(d *importance.Data, _ *importance.Settings) { d.Domain = make([]bool, 400) })
	check("至少要6行", func(d *importance.Data, _ *importance.Settings) {
		for i := range d.Outcome[5:] {
			d.Outcome[5+i] = math.NaN()
		}
	})
	check("各自相同", func(d *importance.Data, _ *importance.Settings) {
		for k := range d.Items {
			d.Items[k].Values = slices.Repeat([]float64{1}, 400)
		}
	})
	check("没有关联", func(d *importance.Data, _ *importance.Settings) {
		d.Items = d.Items[:2]
		for i := range d.Outcome { // a balanced design of three factors
			d.Outcome[i], d.Items[0].Values[i], d.Items[1].Values[i] = float64(i%2), float64(i/2%2), float64(i/4%2)
		}
	})
	check("第3行：“b”的数值太大", func(d *importance.Data, _ *importance.Settings) { d.Items[1].Values[2] = math.Inf(-1) })
	check("“c”有2个值", func(d *importance.Data, _ *importance.Settings) { d.Items[2].Values = []float64{1, 2} })
	check("权重", func(d *importance.Data, _ *importance.Settings) { d.Sample.Weights = slices.Repeat([]float64{-1}, 400) })
	check("第2行：权重太大", func(d *importance.Data, _ *importance.Settings) {
		d.Sample.Weights = slices.Repeat([]float64{1}, 400)
		d.Sample.Weights[1] = 1e300
	})
	check("没有一行数据", func(d *importance.Data, _ *importance.Settings) { *d = importance.Data{Items: d.Items} })
	check("模型", func(_ *importance.Data, s *importance.Settings) { s.Model = "cubic" })
	check("置信水平", func(_ *importance.Data, s *importance.Settings) { s.Level = math.NaN() })
	check("分界线", func(_ *importance.Data, s *importance.Settings) { s.PerformanceLine = importance.Line{} })
	check("分界线", func(_ *importance.Data, s *importance.Settings) {
		s.PerformanceLine = importance.Line{Kind: importance.LineFixed, At: math.Inf(1)}
	})
	var refusal *importance.Refusal
	if _, err := importance.Analyse(t.Context(), importance.Data{}, importance.DefaultSettings(), nil); !errors.As(err, &refusal) {
		t.Errorf("%v isn't a refusal", err)
	}
}
