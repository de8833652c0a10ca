package screening

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"shuixuan/analytics/estimate"
)

// IntraClass is how alike the answers are that one distributor brings: the part of the
// variance within strata that lies between distributors. Negative where they differ less than
// chance would make them. HasInterval is false where no honest interval exists.
type IntraClass struct {
	Value       float64            `json:"value"`
	Lower       float64            `json:"lower"`
	Upper       float64            `json:"upper"`
	Valid       bool               `json:"valid"`
	HasInterval bool               `json:"has_interval"`
	F           float64            `json:"f"` // mean square between distributors over that within
	DF1         int                `json:"df1"`
	DF2         int                `json:"df2"`
	P           float64            `json:"p"`      // of no effect
	Size        float64            `json:"size"`   // sheets of a distributor, as the formula weighs them
	N           int                `json:"n"`      // values
	Heads       int                `json:"heads"`  // distributors, each counted in every stratum
	Load        float64            `json:"load"`   // sheets in the pile of a sheet: the mean over sheets, not over piles
	Strata      float64            `json:"strata"` // part of the whole variance that lies between strata, 0 to 1
	Warnings    []estimate.Warning `json:"warnings,omitempty"`
}

// Correlate estimates the intra-class correlation of values by distributors nested in strata
// (both numbered from 0, by row) from the analysis of variance: (B−W)/(B+(m−1)W), with the
// unequal sizes entering as m, the factor of the variance between in its mean square (Searle,
// Casella and McCulloch 1992, Variance Components, chapter 3). The interval comes from the F distribution (Donner and Wells 1986, Biometrics 42); it
// is exact for equal sizes.
func Correlate(values []float64, strata, distributors []int, level float64) IntraClass {
	var c IntraClass
	between, within, ok := c.squares(values, strata, distributors)
	if !ok {
		c.warn(estimate.NoInterval, "每组至少要有两名发放人，且有人发放两份以上，才能估计发放人的影响")
		return c
	}
	if between+within == 0 {
		c.warn(estimate.AllEqual, "所有回答相同，无法估计发放人的影响")
		return c
	}
	c.Valid = true
	c.Value = (between - within) / (between + (c.Size-1)*within)
	if within == 0 {
		c.warn(estimate.NoInterval, "每名发放人的回答各自完全相同，不给出区间")
		return c
	}
	c.F = between / within
	d1, d2 := float64(c.DF1), float64(c.DF2)
	c.P = 1
	if c.F > 0 {
		c.P = distuv.F{D1: d1, D2: d2}.Survival(c.F)
	}
	if !(level > 0 && level < 1) {
		c.warn(estimate.NoLevel, "没有设定有效的置信水平，不给出区间")
		return c
	}
	upper := distuv.F{D1: d1, D2: d2}.Quantile(1 - (1-level)/2)
	lower := 1 / distuv.F{D1: d2, D2: d1}.Quantile(1-(1-level)/2)
	c.HasInterval = true
	c.Lower = (c.F/upper - 1) / (c.F/upper + c.Size - 1)
	c.Upper = (c.F/lower - 1) / (c.F/lower + c.Size - 1)
	return c
}

// DesignEffect is what an intra-class correlation does to a variance: 1 + (m−1)·ICC, with the
// unequal piles entering as the mean over sheets (Kish 1965, Survey Sampling, chapter 5;
// Gabler, Häder and Lahiri 1999, Survey Methodology 25). Below nothing it is taken as nothing: piles that differ less than chance would make them
// are no gain to build on.
func (c IntraClass) DesignEffect(correlation float64) float64 {
	return 1 + (c.Load-1)*max(0, correlation)
}

// Effective is how many independent answers are worth as much, at a correlation.
func (c IntraClass) Effective(correlation float64) float64 {
	return float64(c.N) / c.DesignEffect(correlation)
}

func (c *IntraClass) warn(code, text string) {
	c.Warnings = append(c.Warnings, estimate.Warning{Code: code, Text: text})
}

// squares are the mean squares between distributors within strata, and within distributors.
// A value that is not a number is left out.
func (c *IntraClass) squares(values []float64, strata, distributors []int) (between, within float64, ok bool) {
	// Sums are kept in the order of the rows, so that the same rows give the same last digit.
	type sum struct {
		n, y    float64
		stratum int // place of its stratum
	}
	var wholes, cells []sum
	stratumAt, cellAt := map[int]int{}, map[[2]int]int{}
	of := make([]int, len(values)) // place of the cell, −1 for a row left out
	for i, y := range values {
		if of[i] = -1; math.IsNaN(y) || math.IsInf(y, 0) {
			continue
		}
		s, known := stratumAt[strata[i]]
		if !known {
			s, stratumAt[strata[i]], wholes = len(wholes), len(wholes), append(wholes, sum{})
		}
		key := [2]int{strata[i], distributors[i]}
		d, known := cellAt[key]
		if !known {
			d, cellAt[key], cells = len(cells), len(cells), append(cells, sum{stratum: s})
		}
		wholes[s].n, wholes[s].y = wholes[s].n+1, wholes[s].y+y
		cells[d].n, cells[d].y = cells[d].n+1, cells[d].y+y
		of[i] = d
	}
	n, total, apart := 0.0, 0.0, 0.0
	for _, cell := range cells {
		whole := wholes[cell.stratum]
		difference := cell.y/cell.n - whole.y/whole.n
		between += cell.n * difference * difference
		c.Size -= cell.n * cell.n / whole.n
		c.Load += cell.n * cell.n
		n, total = n+cell.n, total+cell.y
	}
	for _, whole := range wholes {
		difference := whole.y/whole.n - total/n
		apart += whole.n * difference * difference
	}
	for i, y := range values {
		if of[i] >= 0 {
			difference := y - cells[of[i]].y/cells[of[i]].n
			within += difference * difference
		}
	}
	c.N, c.Heads = int(n), len(cells)
	if n > 0 {
		c.Load /= n
	}
	if whole := apart + between + within; whole > 0 {
		c.Strata = apart / whole
	}
	c.DF1, c.DF2 = len(cells)-len(wholes), int(n)-len(cells)
	if c.DF1 < 1 || c.DF2 < 1 {
		return 0, 0, false
	}
	c.Size = (c.Size + n) / float64(c.DF1)
	return between / float64(c.DF1), within / float64(c.DF2), true
}

// Effect is the part of distributors in the answers to a question.
type Effect struct {
	Question   int        `json:"question"` // −1: the mean of a sheet's ordered answers
	Name       string     `json:"name"`
	IntraClass IntraClass `json:"intra_class"`
	// Corrected is the p of no effect, corrected for the number of questions (Holm); that of
	// the mean, which is the first to look at, stands alone.
	Corrected float64 `json:"corrected"`
}

// effects are those on the mean of a sheet, where it has two ordered answers, and on each
// question that can be averaged; sheets without a distributor are left out. Distributors are
// compared within their stratum: who works among other people brings other answers.
func (w *wave) effects() []Effect {
	var list []Effect
	ordered := 0
	for q, question := range w.in.Questions {
		if question.Ordered {
			ordered++
		}
		if question.Ordered || question.Points != nil {
			list = append(list, Effect{Question: q, Name: question.Name})
		}
	}
	var p []float64
	for k := range list {
		list[k].IntraClass = w.effect(func(i int) float64 {
			return w.in.Questions[list[k].Question].points(w.in.Sheets[i].Answers[list[k].Question])
		})
		if list[k].IntraClass.F > 0 {
			p = append(p, list[k].IntraClass.P)
		} else {
			p = append(p, 1)
		}
	}
	for k, corrected := range estimate.Holm(p) {
		list[k].Corrected = corrected
	}
	if ordered < 2 {
		return list
	}
	mean := Effect{Question: -1, Name: "各题平均", IntraClass: w.effect(w.mean), Corrected: 1}
	if mean.IntraClass.F > 0 {
		mean.Corrected = mean.IntraClass.P
	}
	return slices.Insert(list, 0, mean)
}

func (w *wave) effect(value func(sheet int) float64) IntraClass {
	var values []float64
	var strata, cells []int
	heads := map[string]bool{} // one who works in every stratum is one head all the same
	for i, sheet := range w.in.Sheets {
		if y := value(i); sheet.Distributor != "" && !math.IsNaN(y) {
			values, strata, cells = append(values, y), append(strata, w.stratum[i]), append(cells, w.cell[i])
			heads[sheet.Distributor] = true
		}
	}
	c := Correlate(values, strata, cells, w.s.Level.Value)
	if c.HasInterval && float64(len(heads)) < w.s.EffectHeads.Value {
		c.warn(FewDistributors, fmt.Sprintf("只有%d名发放人，换几个人来发，数字可能大不一样；区间只作参考", len(heads)))
	}
	return c
}

// points are what an answer counts; not a number where it stands in no mean.
func (q Question) points(answer int8) float64 {
	switch {
	case answer < 0 || q.Points != nil && int(answer) >= len(q.Points):
		return math.NaN()
	case q.Points != nil:
		return q.Points[answer]
	}
	return float64(answer)
}

// mean is that of the ordered answers of a sheet, reversed rows turned back; not a number
// where there are none.
func (w *wave) mean(i int) float64 {
	sum, n := 0.0, 0.0
	for q, a := range w.in.Sheets[i].Answers {
		question := w.in.Questions[q]
		if !question.Ordered || a < 0 {
			continue
		}
		if question.Reversed && question.Options > 0 {
			a = int8(question.Options-1) - a
		}
		sum, n = sum+float64(a), n+1
	}
	return sum / n
}
