package screening

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"shuixuan/analytics/estimate"
)

// LastDigits tests whether last digits, counted from 0 to 9, are spread evenly: Pearson's
// chi-square with nine degrees of freedom.
func LastDigits(counts [10]int) Test {
	n, squares := 0, 0.0
	for _, count := range counts {
		n += count
	}
	if n == 0 {
		return Test{P: 1}
	}
	expected := float64(n) / 10
	for _, count := range counts {
		squares += (float64(count) - expected) * (float64(count) - expected) / expected
	}
	return Test{Statistic: squares, N: n, P: distuv.ChiSquared{K: 9}.Survival(squares), Valid: true}
}

// Runs is the test of Wald and Wolfowitz (1940, Annals of Mathematical Statistics 11), two-sided
// in its normal form: do values above and below the median follow each other at random? Those
// on the median are left out. A negative statistic tells of stretches, a positive one of
// alternation.
func Runs(values []float64) Test {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return Test{P: 1}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	median := sorted[(n-1)/2]/2 + sorted[n/2]/2
	above, below, runs, last := 0.0, 0.0, 0.0, 0
	for _, v := range values {
		now := 0
		switch {
		case v > median:
			above, now = above+1, 1
		case v < median:
			below, now = below+1, -1
		default:
			continue
		}
		if now != last {
			runs, last = runs+1, now
		}
	}
	all := above + below
	test := Test{N: int(all), P: 1}
	if above < 1 || below < 1 || all < 3 {
		return test
	}
	twice := 2 * above * below
	variance := twice * (twice - all) / (all * all * (all - 1))
	test.Statistic, test.Valid = (runs-twice/all-1)/math.Sqrt(variance), true
	test.P = 2 * distuv.UnitNormal.Survival(math.Abs(test.Statistic))
	return test
}

// numbers looks at the last digits of a distributor's paper numbers.
func (w *wave) numbers(members []int) Test {
	var counts [10]int
	for _, i := range w.byNumber(members) {
		counts[w.in.Sheets[i].Number%10]++
	}
	return enough(LastDigits(counts), w.s.DigitSheets.Value)
}

// sequence looks at the mean answers of a distributor's sheets along the paper numbers.
func (w *wave) sequence(members []int) Test {
	var means []float64
	for _, i := range w.byNumber(members) {
		means = append(means, w.mean(i))
	}
	return enough(Runs(means), w.s.SequenceSheets.Value)
}

// enough withholds a test of too few.
func enough(t Test, least float64) Test {
	if !t.Valid || float64(t.N) < least {
		return Test{N: t.N, P: 1}
	}
	return t
}

// digits holds the last digits of the numbers that a distributor's respondents wrote against
// those of all other distributors: honest people too prefer 0 and 5. Whoever differs most is
// taken out of the measure for the rest, and so on, since one odd pile makes all others look odd.
func (w *wave) digits(r *Report, members map[string][]int) {
	own := make([][10]int, len(r.Distributors))
	var all [10]int
	for k := range r.Distributors {
		for _, i := range members[r.Distributors[k].Name] {
			for q, a := range w.in.Sheets[i].Answers {
				if w.in.Questions[q].Numeric && a >= 0 {
					own[k][a%10]++
					all[a%10]++
				}
			}
		}
	}
	odd := make([]bool, len(own))
	for {
		worst := -1
		for k := range own {
			if odd[k] {
				continue
			}
			d := &r.Distributors[k]
			d.Digits = enough(against(own[k], all), w.s.DigitSheets.Value)
			if worst < 0 || d.Digits.P < r.Distributors[worst].Digits.P {
				worst = k
			}
		}
		if worst < 0 || r.Distributors[worst].Digits.P*float64(len(own)) > w.s.DistributorP.Value {
			return
		}
		odd[worst] = true
		for digit, count := range own[worst] {
			all[digit] -= count
		}
	}
}

// against compares a distributor's digits with the others of all; too few others are no measure.
func against(own, all [10]int) Test {
	var table [2][]int
	n, rest := 0, 0
	for digit, count := range all {
		if count > 0 {
			table[0], table[1] = append(table[0], own[digit]), append(table[1], count-own[digit])
			n, rest = n+own[digit], rest+count-own[digit]
		}
	}
	if rest < n || len(table[0]) < 2 {
		return Test{N: n, P: 1}
	}
	a := estimate.Pearson(table[:])
	return Test{Statistic: a.Statistic, N: n, P: a.P, Valid: a.Valid}
}

// byNumber orders sheets by their paper number, those without one left out.
func (w *wave) byNumber(members []int) []int {
	var list []int
	for _, i := range members {
		if w.in.Sheets[i].Number > 0 {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b int) int {
		x, y := w.in.Sheets[a], w.in.Sheets[b]
		return cmp.Or(cmp.Compare(x.Number, y.Number), cmp.Compare(x.ID, y.ID))
	})
	return list
}
