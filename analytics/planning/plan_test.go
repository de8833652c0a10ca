package planning_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"shuixuan/analytics/goldentest"
	"shuixuan/analytics/planning"
)

// TestSizesAgreeWithR: sizes from the closed formulas against the root of the variance.
func TestSizesAgreeWithR(t *testing.T) {
	for _, row := range goldentest.Rows(t, "testdata/sizes.csv") {
		p := planning.Plan{Margin: goldentest.Number(t, row["margin"]), Level: goldentest.Number(t, row["level"]), Share: goldentest.Number(t, row["share"]), DesignEffect: goldentest.Number(t, row["deff"]), Population: int64(goldentest.Number(t, row["population"]))}
		s, err := p.Sheets()
		if err != nil {
			t.Fatalf("%v: %v", row, err)
		}
		want := goldentest.Number(t, row["n"])
		if got := s.Steps[len(s.Steps)-2].Result; math.Abs(got/want-1) > 1e-8 || s.Collect != int64(math.Ceil(want)) {
			t.Errorf("%v: %v, %d sheets", row, got, s.Collect)
		}
		if s.Margin > p.Margin {
			t.Errorf("%v: margin %v is wider than asked", row, s.Margin)
		}
	}
}

// TestTextbookSizes are worked by hand: with z = 2 (level 0.9545) and p = 0.5, ± 5 points take
// 4·0.25/0.0025 = 400 sheets, of 3,200 people 400/(1 + 399/3200) = 355.7; half as many back
// from what is handed out. At a design effect of 2, 800 and 800/(1 + 799/3200) = 640.2.
func TestTextbookSizes(t *testing.T) {
	level := math.Erf(2 / math.Sqrt2)
	check := func(p planning.Plan, collect, handOut int64) {
		t.Helper()
		p.Margin, p.Level, p.Share = 0.05, level, 0.5
		s, err := p.Sheets()
		if err != nil || s.Collect != collect || s.HandOut != handOut {
			t.Errorf("%+v: %d, hand out %d (%v)", p, s.Collect, s.HandOut, err)
		}
	}
	check(planning.Plan{}, 400, 400)
	check(planning.Plan{Response: 0.5}, 400, 800)
	check(planning.Plan{Population: 3200}, 356, 356)
	check(planning.Plan{Population: 3200, DesignEffect: 2, Response: 0.8}, 641, 802) // 641/0.8 = 801.25
	check(planning.Plan{Response: 0.1}, 400, 4000)                                   // 400/0.1 isn't a sheet more
}

func sixStrata() []planning.Stratum {
	return []planning.Stratum{
		{Name: "学生", Population: 41000, Share: 0.5, Part: 0.3}, {Name: "居民", Population: 23000, Share: 0.6, Part: 0.2},
		{Name: "职工", Population: 9000, Share: 0.7, Part: 0.2}, {Name: "农民", Population: 5200, Share: 0.8, Part: 0.1},
		{Name: "干部", Population: 1800, Share: 0.9, Part: 0.1}, {Name: "教师", Population: 400, Share: 0.75, Part: 0.1},
	}
}

// TestStrataAgreeWithR: the sheets of six strata under four allocations.
func TestStrataAgreeWithR(t *testing.T) {
	for _, row := range goldentest.Rows(t, "testdata/strata.csv") {
		p := planning.Plan{Margin: 0.04, Level: 0.95, Share: 0.5, DesignEffect: goldentest.Number(t, row["deff"]), Allocation: planning.Allocation(row["allocation"]), Strata: sixStrata()}
		s, err := p.Sheets()
		if err != nil {
			t.Fatalf("%v: %v", row, err)
		}
		found := false
		for _, step := range s.Steps {
			if step.What == "按各层的比例和分配重算总份数" {
				found = math.Abs(step.Result/goldentest.Number(t, row["n"])-1) < 1e-8
			}
		}
		if !found {
			t.Errorf("%v: %+v", row, s.Steps)
		}
		for i, name := range []string{"a", "b", "c", "d", "e", "f"} {
			if want := int64(goldentest.Number(t, row[name])); s.Strata[i].Collect != want {
				t.Errorf("%v: stratum %s collects %d", row, name, s.Strata[i].Collect)
			}
		}
		if s.Margin > p.Margin || s.Margin < 0.98*p.Margin {
			t.Errorf("%v: margin %v", row, s.Margin)
		}
	}
}

// TestAllocationByHand: 10 sheets for parts of 1/3 each are 4, 3, 3; of 45, 35 and 20 % they
// are 4.5, 3.5 and 2, and the earlier half wins. ± 31 points at p = 0.5 take 9.99 sheets.
func TestAllocationByHand(t *testing.T) {
	check := func(parts []float64, want ...int64) {
		t.Helper()
		p := planning.Plan{Margin: 0.31, Level: 0.95, Share: 0.5, Allocation: planning.Given}
		for i, part := range parts {
			p.Strata = append(p.Strata, planning.Stratum{Name: string(rune('a' + i)), Part: part})
		}
		s, err := p.Sheets()
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if s.Strata[i].Collect != want[i] {
				t.Errorf("parts %v: %+v", parts, s.Strata)
			}
		}
		if s.Margin != 0 || !warned(s, planning.SharesUnknown) {
			t.Errorf("parts %v: margin %v %v", parts, s.Margin, s.Warnings)
		}
	}
	check([]float64{1, 1, 1}, 4, 3, 3)
	check([]float64{0.45, 0.35, 0.20}, 5, 3, 2)
	check([]float64{45, 35, 20}, 5, 3, 2)
}

func warned(s planning.Sizes, code string) bool {
	for _, w := range s.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

// TestPlanWarnings: what isn't wrong and still must be known.
func TestPlanWarnings(t *testing.T) {
	check := func(code string, bend func(*planning.Plan)) planning.Sizes {
		t.Helper()
		p := planning.Plan{Margin: 0.04, Level: 0.95, Share: 0.5, Strata: sixStrata()}
		before, err := p.Sheets()
		if err != nil {
			t.Fatal(err)
		}
		bend(&p)
		s, err := p.Sheets()
		if err != nil {
			t.Fatal(err)
		}
		if warned(before, code) || !warned(s, code) {
			t.Errorf("%s: before %v, after %v", code, before.Warnings, s.Warnings)
		}
		return s
	}
	s := check(planning.Raised, func(p *planning.Plan) { p.Minimum = 30 })
	if s.Strata[4].Collect != 30 || s.Strata[5].Collect != 30 || s.Strata[0].Collect != 284 {
		t.Errorf("raised: %+v", s.Strata)
	}
	check(planning.SmallStratum, func(p *planning.Plan) { p.SmallBase = 30 })
	s = check(planning.Exhausted, func(p *planning.Plan) { p.Minimum = 500 })
	if s.Strata[5].Collect != 400 || s.Strata[5].Margin != 0 {
		t.Errorf("exhausted: %+v", s.Strata[5])
	}
	check(planning.TooManyHanded, func(p *planning.Plan) { p.Minimum, p.Strata[5].Response = 100, 0.2 })
	check(planning.SharesScaled, func(p *planning.Plan) { p.Allocation, p.Strata[0].Part = planning.Given, 0.5 })
	// Equal parts of 3,000 that a stratum of 400 can't give: the others give more.
	s = check(planning.Exhausted, func(p *planning.Plan) { p.Allocation, p.Margin = planning.Equal, 0.025 })
	if s.Strata[5].Collect != 400 || s.Margin > 0.025 || s.Margin < 0.0249 {
		t.Errorf("cut at its population: %+v margin %v", s.Strata, s.Margin)
	}
	// Ten of 100,000 would get 0.04 of 384 sheets; they get one, and the others what they had.
	tiny := planning.Plan{Margin: 0.05, Level: 0.95, Share: 0.5, Strata: []planning.Stratum{{Name: "城区", Population: 99_990}, {Name: "岛上", Population: 10}}}
	s, err := tiny.Sheets()
	if err != nil || !warned(s, planning.Raised) || s.Strata[0].Collect != 383 || s.Strata[1].Collect != 1 {
		t.Errorf("tiny stratum: %+v %v", s, err)
	}
	// ± 10 points around 2 % take 8 sheets, of which 0.15 would be the rarer answer.
	s, err = planning.Plan{Margin: 0.1, Level: 0.95, Share: 0.02}.Sheets()
	if err != nil || !warned(s, planning.FewExpected) || s.Collect != 8 {
		t.Errorf("rare answer: %+v %v", s, err)
	}
	small := planning.Plan{Margin: 0.01, Level: 0.99, Share: 0.5, Population: 500}
	s, err = small.Sheets()
	if err != nil || !warned(s, planning.AllNeeded) || s.Collect > 500 {
		t.Errorf("small population: %+v %v", s, err)
	}
}

// TestPlanKeepsItsWord: of many plans, whatever the allocation, the margin is kept, no stratum
// gives more than it has, each has its minimum and hands out enough.
func TestPlanKeepsItsWord(t *testing.T) {
	r := rand.New(rand.NewPCG(1977, 5))
	for range 400 {
		p := planning.Plan{Margin: 0.01 + 0.1*r.Float64(), Level: 0.8 + 0.19*r.Float64(), Share: 0.05 + 0.9*r.Float64(), DesignEffect: 0.5 + 2*r.Float64(), Response: 0.05 + 0.95*r.Float64(), Minimum: int64(r.IntN(60)),
			Allocation: []planning.Allocation{planning.Proportional, planning.Equal, planning.Optimal, planning.Given}[r.IntN(4)]}
		for i := range 1 + r.IntN(14) {
			p.Strata = append(p.Strata, planning.Stratum{Name: string(rune('a' + i)), Population: 1 + int64(math.Exp(13*r.Float64())), Part: 0.1 + r.Float64()})
		}
		s, err := p.Sheets()
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		var sum, all int64
		for i, one := range s.Strata {
			people := p.Strata[i].Population
			sum, all = sum+one.Collect, all+people
			if one.Collect > people || one.Collect < min(p.Minimum, people) || float64(one.HandOut)*p.Response < float64(one.Collect)-1e-6 {
				t.Errorf("%+v: %+v", p, one)
			}
		}
		if sum != s.Collect || s.Margin > p.Margin*(1+1e-9) && sum < all {
			t.Errorf("%+v: %d of %d, margin %v", p, sum, all, s.Margin)
		}
	}
}

// TestPlanAtItsEdges: whatever is accepted gives numbers that can be sent.
func TestPlanAtItsEdges(t *testing.T) {
	ends := func(low, high float64) []float64 { return []float64{low, high} }
	accepted := 0
	for _, margin := range ends(1e-12, 0.999) {
		for _, level := range ends(1e-9, 1-1e-12) {
			for _, share := range ends(1e-12, 1-1e-12) {
				for _, deff := range ends(0.1, 100) {
					for _, people := range []int64{0, 1, 2, math.MaxInt64 / 4} {
						for _, to := range []planning.Allocation{"", planning.Proportional, planning.Equal, planning.Optimal, planning.Given} {
							p := planning.Plan{Margin: margin, Level: level, Share: share, DesignEffect: deff, Population: people, Response: 0.001, Allocation: to, Minimum: 3}
							if to != "" {
								p.Population = 0
								p.Strata = []planning.Stratum{{Name: "甲", Population: people, Weight: 1e-9, Part: 1e-9}, {Name: "乙", Population: people, Weight: 1, Part: 1}}
							}
							s, err := p.Sheets()
							if err != nil {
								continue
							}
							accepted++
							if _, err := json.Marshal(s); err != nil || s.Collect < 1 || s.HandOut < s.Collect || len(s.Steps) < 2 {
								t.Errorf("%+v: %+v %v", p, s, err)
							}
						}
					}
				}
			}
		}
	}
	if accepted < 100 {
		t.Errorf("only %d plans were accepted", accepted)
	}
}

// TestPlanRefused: every fault is named at once, with its field.
func TestPlanRefused(t *testing.T) {
	_, err := planning.Plan{Margin: math.NaN(), Level: 1, Share: 0, DesignEffect: -1, Population: -1, Response: 2, Allocation: "best", Minimum: -1,
		Strata: []planning.Stratum{{Name: "甲"}, {Name: "甲", Weight: math.Inf(1), Share: 1, Response: math.NaN()}}}.Sheets()
	var faults planning.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	fields := map[string]int{}
	for _, f := range faults {
		fields[f.Field]++
	}
	for field, times := range map[string]int{"Margin": 1, "Level": 1, "Share": 1, "DesignEffect": 1, "Population": 1, "Response": 1, "Allocation": 1, "Minimum": 1, "Strata": 5} {
		if fields[field] != times {
			t.Errorf("%s is named %d times, want %d: %v", field, fields[field], times, err)
		}
	}
	check := func(why string, bend func(*planning.Plan)) {
		t.Helper()
		p := planning.Plan{Margin: 0.04, Level: 0.95, Share: 0.5, Strata: sixStrata()}
		bend(&p)
		if _, err := p.Sheets(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %s", err, why)
		}
	}
	check("请都填或都不填", func(p *planning.Plan) { p.Strata[0].Population = 0 })
	check("两者应当相同", func(p *planning.Plan) { p.Population = 80000 })
	check("每一层都要填份数占比", func(p *planning.Plan) { p.Allocation, p.Strata[2].Part = planning.Given, 0 })
	check("请检查允许误差", func(p *planning.Plan) { p.Margin, p.Strata = 1e-9, nil })
	check("要知道各层的人数或占比", func(p *planning.Plan) { p.Strata = []planning.Stratum{{Name: "甲"}} })
}
