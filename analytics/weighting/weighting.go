// Package weighting makes the weights of a sample add up to what is known of the
// population: by cells, or by several margins at once.
//
// # Why
//
// Weights are made once for a wave and then used by every question, so they are made apart
// from the estimates: pure functions, weights in, weights out, with the story of how they
// were made. Package estimate gets that story (Calibration) and takes it into account.
package weighting

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Result are new weights and how they came about.
type Result struct {
	Weights    []float64
	Iterations int
	Converged  bool
	// Off is by how much the weights still miss a total, as a part of it, at worst.
	Off float64
}

// EmptyError names categories of which the population has some and the sample nobody: their
// weight can't be given to anybody. Margin counts from 0.
type EmptyError struct {
	Margin     int
	Categories []int
}

func (e *EmptyError) Error() string {
	return fmt.Sprintf("第%d个加权变量有%d个类别没有人回答，总体却有人；请合并类别或补充调查", e.Margin+1, len(e.Categories))
}

// UnknownError names categories in the sample that the totals leave out or set to 0.
type UnknownError struct {
	Margin     int
	Categories []int
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("第%d个加权变量有%d个类别没有给出总体人数，或给了0，却有人回答", e.Margin+1, len(e.Categories))
}

// ContradictionError tells that two margins add up to different populations.
type ContradictionError struct {
	First, Other float64
	Margin       int
}

func (e *ContradictionError) Error() string {
	return fmt.Sprintf("第1个加权变量的总体合计是%v，第%d个是%v，两者应当相同", e.First, e.Margin+1, e.Other)
}

// PostStratify scales the weights within each cell to its total (Lohr, Sampling: Design and
// Analysis, 2nd ed., section 8.5.2). Cells are numbered from 0, by row; totals by cell.
func PostStratify(weights []float64, cells []int, totals []float64) (Result, error) {
	sums, err := check(0, weights, cells, totals)
	if err != nil {
		return Result{}, err
	}
	r := Result{Weights: scaled(weights, cells, totals, sums), Iterations: 1, Converged: true}
	return r, nil
}

func scaled(weights []float64, cells []int, totals, sums []float64) []float64 {
	after := make([]float64, len(weights))
	for i, w := range weights {
		if sums[cells[i]] > 0 {
			after[i] = w * totals[cells[i]] / sums[cells[i]]
		}
	}
	return after
}

// check adds up the weights by category and compares with the totals.
func check(margin int, weights []float64, cells []int, totals []float64) ([]float64, error) {
	sums := sumBy(weights, cells, len(totals))
	var empty, unknown []int
	for k, sum := range sums {
		switch known := k < len(totals) && totals[k] > 0; {
		case known && sum == 0:
			empty = append(empty, k)
		case !known && sum > 0:
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		return nil, &UnknownError{margin, unknown}
	}
	if len(empty) > 0 {
		return nil, &EmptyError{margin, empty}
	}
	return sums, nil
}

func sumBy(weights []float64, cells []int, size int) []float64 {
	for _, k := range cells {
		size = max(size, k+1)
	}
	sums := make([]float64, size)
	for i, w := range weights {
		sums[cells[i]] += w
	}
	return sums
}

// Options of Rake.
type Options struct {
	MaxIterations int     // 0: 1000
	Tolerance     float64 // part of a total that may be missed; 0: 1e-12
}

// Rake scales the weights to several margins in turn until they hit all of them (Deming and
// Stephan 1940; Lohr, section 8.5.2). Where that does not come about, the result says so.
func Rake(weights []float64, margins [][]int, totals [][]float64, o Options) (Result, error) {
	if o.MaxIterations == 0 {
		o.MaxIterations = 1000
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-12
	}
	population := 0.0
	for m := range margins {
		if _, err := check(m, weights, margins[m], totals[m]); err != nil {
			return Result{}, err
		}
		sum := 0.0
		for _, total := range totals[m] {
			sum += total
		}
		if m == 0 {
			population = sum
		} else if math.Abs(sum-population) > 1e-9*population {
			return Result{}, &ContradictionError{population, sum, m}
		}
	}
	// Who is alike in every margin is scaled alike: what is raked are the sums of those groups,
	// and the rows are gone over twice, however many rounds it takes.
	if len(margins) == 0 {
		return Result{Weights: slices.Clone(weights), Converged: true}, nil
	}
	group, of := crossed(margins, len(weights))
	before := sumBy(weights, group, len(of[0]))
	after := slices.Clone(before)
	var r Result
	for r.Iterations < o.MaxIterations {
		r.Iterations++
		for m := range margins {
			after = scaled(after, of[m], totals[m], sumBy(after, of[m], len(totals[m])))
		}
		if r.Off = off(after, of, totals); r.Off <= o.Tolerance {
			r.Converged = true
			break
		}
	}
	for g := range after {
		if before[g] > 0 {
			after[g] /= before[g]
		}
	}
	r.Weights = make([]float64, len(weights))
	for i, w := range weights {
		r.Weights[i] = w * after[group[i]]
	}
	return r, nil
}

// mostListed is how many combinations of categories are numbered by a list of all of them;
// more are numbered as they are met.
const mostListed = 1 << 22

// crossed numbers the combinations of categories that there are: the group of each row, and for
// each margin the category of each group.
func crossed(margins [][]int, rows int) (group []int, of [][]int) {
	group, of = make([]int, rows), make([][]int, len(margins))
	sizes := make([]int, len(margins))
	for m, cells := range margins {
		for _, k := range cells {
			sizes[m] = max(sizes[m], k+1) // who weighs nothing may be of a category without a total
		}
	}
	all := 1
	for _, size := range sizes {
		if all *= size; all > mostListed {
			all = 0
			break
		}
	}
	listed, met := make([]int, all), map[string]int{} // number of the group, from 1
	key := make([]byte, 0, 8*len(margins))
	for i := range group {
		var at int
		if all > 0 {
			place := 0
			for m := range margins {
				place = place*sizes[m] + margins[m][i]
			}
			if listed[place] == 0 {
				listed[place] = meet(of, margins, i)
			}
			at = listed[place]
		} else {
			key = key[:0]
			for m := range margins {
				key = binary.AppendVarint(key, int64(margins[m][i]))
			}
			if met[string(key)] == 0 {
				met[string(key)] = meet(of, margins, i)
			}
			at = met[string(key)]
		}
		group[i] = at - 1
	}
	return group, of
}

// meet adds the group of a row, and gives how many there are with it.
func meet(of [][]int, margins [][]int, row int) int {
	for m := range margins {
		of[m] = append(of[m], margins[m][row])
	}
	return len(of[0])
}

func off(weights []float64, margins [][]int, totals [][]float64) float64 {
	worst := 0.0
	for m, cells := range margins {
		for k, sum := range sumBy(weights, cells, len(totals[m])) {
			if k < len(totals[m]) && totals[m][k] > 0 {
				worst = max(worst, math.Abs(sum-totals[m][k])/totals[m][k])
			}
		}
	}
	return worst
}

// Trim keeps weights within bounds and spreads what is cut off over the others, so that
// their sum stays (Potter 1990). counts are how many people have each weight (nil: one each).
// It tells how many people's were cut; both bounds must leave room.
func Trim(weights, counts []float64, lower, upper float64) (after []float64, cut int, err error) {
	if counts == nil {
		counts = slices.Repeat([]float64{1}, len(weights))
	}
	sum, n := 0.0, 0.0
	for i, w := range weights {
		if w > 0 {
			sum, n = sum+counts[i]*w, n+counts[i]
		}
	}
	if !(lower <= upper) || sum < lower*n || sum > upper*n {
		return nil, 0, fmt.Errorf("权重之和是%v，%v个人的权重不可能都在%v和%v之间", sum, n, lower, upper)
	}
	factor := bisect(func(c float64) float64 {
		total := 0.0
		for i, w := range weights {
			total += counts[i] * clamp(c*w, w, lower, upper)
		}
		return total - sum
	})
	after = make([]float64, len(weights))
	for i, w := range weights {
		after[i] = clamp(factor*w, w, lower, upper)
		if w > 0 && (after[i] == lower || after[i] == upper) {
			cut += int(counts[i])
		}
	}
	return after, cut, nil
}

// clamp keeps a scaled weight within the bounds; a weight of 0 stays 0.
func clamp(scaled, w, lower, upper float64) float64 {
	if w <= 0 {
		return 0
	}
	return min(max(scaled, lower), upper)
}

// bisect finds where a growing function crosses 0, from 0 up.
func bisect(f func(float64) float64) float64 {
	low, high := 0.0, 1.0
	for f(high) < 0 && high < math.MaxFloat64/2 {
		low, high = high, 2*high
	}
	for range 200 {
		if mid := (low + high) / 2; f(mid) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
