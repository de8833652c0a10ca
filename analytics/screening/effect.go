package screening

import (
	"math"

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
	P           float64            `json:"p"`    // of no effect
	Size        float64            `json:"size"` // sheets of a distributor, as the formula weighs them
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
	n := 0.0
	for _, cell := range cells {
		whole := wholes[cell.stratum]
		difference := cell.y/cell.n - whole.y/whole.n
		between += cell.n * difference * difference
		c.Size -= cell.n * cell.n / whole.n
		n += cell.n
	}
	for i, y := range values {
		if of[i] >= 0 {
			difference := y - cells[of[i]].y/cells[of[i]].n
			within += difference * difference
		}
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
}

// effects are those on the mean of a sheet and on each ordered question; sheets without a
// distributor are left out.
func (w *wave) effects() []Effect {
	list := []Effect{{Question: -1, Name: "各题平均"}}
	for q, question := range w.in.Questions {
		if question.Ordered {
			list = append(list, Effect{Question: q, Name: question.Name})
		}
	}
	if len(list) == 1 {
		return nil
	}
	for k := range list {
		var values []float64
		var strata, cells []int
		for i, sheet := range w.in.Sheets {
			if sheet.Distributor == "" {
				continue
			}
			y := w.mean(i)
			if q := list[k].Question; q >= 0 {
				if y = float64(sheet.Answers[q]); y < 0 {
					y = math.NaN()
				}
			}
			values, strata, cells = append(values, y), append(strata, w.stratum[i]), append(cells, w.cell[i])
		}
		list[k].IntraClass = Correlate(values, strata, cells, w.s.Level.Value)
	}
	return list
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
