package screening_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"shuixuan/analytics/screening"
)

// TestTheDesignEffectIsThatOfTheMean: the variance of the mean of unequal piles, over that of
// as many independent answers, is what the formula says at the correlation they were drawn with.
func TestTheDesignEffectIsThatOfTheMean(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 9))
	const correlation, draws = 0.2, 6000
	piles := []int{10, 20, 60, 5}
	n, squares := 0, 0.0
	var strata, distributors []int
	for d, m := range piles {
		n += m
		for range m {
			strata, distributors = append(strata, 0), append(distributors, d)
		}
	}
	values := make([]float64, n)
	var c screening.IntraClass
	for range draws {
		at, mean := 0, 0.0
		for _, m := range piles {
			head := math.Sqrt(correlation) * r.NormFloat64()
			for range m {
				values[at] = head + math.Sqrt(1-correlation)*r.NormFloat64()
				mean += values[at] / float64(n)
				at++
			}
		}
		squares += mean * mean
		c = screening.Correlate(values, strata, distributors, 0.95)
	}
	if c.N != n || c.Heads != 4 || math.Abs(c.Load-(100+400+3600+25)/95.0) > 1e-12 {
		t.Fatalf("%+v", c)
	}
	found := squares / draws * float64(n)
	if want := c.DesignEffect(correlation); math.Abs(found/want-1) > 0.06 { // 6,000 draws: a standard error of 1.8 %
		t.Errorf("the variance of the mean is %.2f times that of independent answers, the formula says %.2f", found, want)
	}
	if got := c.Effective(correlation); math.Abs(got-95/c.DesignEffect(correlation)) > 1e-12 {
		t.Errorf("%.3f independent answers", got)
	}
	if c.DesignEffect(-0.3) != 1 || c.Effective(-0.3) != 95 {
		t.Error("piles that differ less than chance would make them are worth more than their sheets")
	}
}

// TestWhoWorksInAnotherStratumIsNoEffect: distributors differ because the people do, and only then.
func TestWhoWorksInAnotherStratumIsNoEffect(t *testing.T) {
	// Squares by hand: means 1, 3 | 11, 13 of two sheets each, strata 2 and 12, the whole 7.
	values := []float64{0, 2, 2, 4, 10, 12, 12, 14}
	c := screening.Correlate(values, []int{0, 0, 0, 0, 1, 1, 1, 1}, []int{0, 0, 1, 1, 2, 2, 3, 3}, 0.95)
	if want := 200.0 / (200 + 8 + 8); math.Abs(c.Strata-want) > 1e-12 || math.Abs(c.Value-(4-2)/(4+2.0)) > 1e-12 {
		t.Errorf("%+v, strata want %v", c, want)
	}
	alone := screening.Correlate(values, make([]int, 8), []int{0, 0, 1, 1, 2, 2, 3, 3}, 0.95)
	if alone.Strata != 0 || alone.Value < 0.9 {
		t.Errorf("as if all were one stratum: %+v", alone)
	}
}

// TestEffectsOfWhatCanBeAveraged: ordered questions by their codes, others by points alone, and
// an answer that stands in no mean is left out.
func TestEffectsOfWhatCanBeAveraged(t *testing.T) {
	in := screening.Input{Questions: []screening.Question{
		{Name: "grade", Options: 3, Ordered: true},
		{Name: "aware", Options: 3, Points: []float64{1, 0, math.NaN()}},
		{Name: "sex", Options: 2},
	}}
	for i := range 400 {
		d := i % 8
		aware := int8(i / 8 % 3)
		if d == 0 && aware == 1 {
			aware = 0 // one distributor brings only people who know
		}
		in.Sheets = append(in.Sheets, screening.Sheet{ID: fmt.Sprint(i), Distributor: fmt.Sprint("d", d), Answers: []int8{int8(i / 8 % 3), aware, int8(d % 2)}})
	}
	effects := screen(t, in).Effects
	if len(effects) != 2 || effects[0].Name != "grade" || effects[1].Name != "aware" {
		t.Fatalf("%+v", effects)
	}
	grade, aware := effects[0], effects[1]
	if grade.IntraClass.N != 400 || grade.IntraClass.Value > 0 || grade.Corrected < 0.99 {
		t.Errorf("every pile is the same: %+v", grade)
	}
	if aware.IntraClass.N != 272 || aware.IntraClass.Value < 0.05 || aware.Corrected > 0.001 || aware.Corrected < aware.IntraClass.P {
		t.Errorf("one pile is unlike the rest: %+v", aware)
	}
	for i := range in.Sheets { // each of them works in five strata, and they are eight people still
		in.Sheets[i].Stratum = fmt.Sprint(i / 8 % 5)
	}
	if again := screen(t, in).Effects[1].IntraClass; again.Heads != 40 || len(again.Warnings) != 1 || again.Warnings[0].Code != screening.FewDistributors {
		t.Errorf("of eight distributors in five strata: %+v", again)
	}
	if len(aware.IntraClass.Warnings) != 1 || aware.IntraClass.Warnings[0].Code != screening.FewDistributors {
		t.Errorf("of eight distributors: %v", aware.IntraClass.Warnings)
	}
}
