package importance

import (
	"math"
	"slices"
)

// answers are the rows that are calculated with: those with every answer and a weight, by
// column, the outcome last.
type answers struct {
	data     Data
	settings Settings
	all      []float64 // weights of all rows
	rows     []int     // which of them are complete
	missing  int
	weights  []float64 // of the complete ones
	active   []int     // the item of each column; constant items have none
	columns  [][]float64
	codes    [][]int // by column and row, of ordered values; for ranks
	levels   []int   // how many values a column has
	centred  [][]float64
	subsets  *subsets
	orders   *orders
}

func newAnswers(d Data, s Settings) *answers {
	a := &answers{data: d, settings: s, all: d.Sample.Weights}
	if a.all == nil {
		a.all = slices.Repeat([]float64{1}, d.Sample.N)
	}
	for i, w := range a.all {
		switch {
		case w == 0 || d.Domain != nil && !d.Domain[i]:
		case a.complete(i):
			a.rows, a.weights = append(a.rows, i), append(a.weights, w)
		default:
			a.missing++
		}
	}
	for k, item := range d.Items {
		if column := a.column(item.Values); !alike(column) {
			a.active, a.columns = append(a.active, k), append(a.columns, column)
		}
	}
	a.columns = append(a.columns, a.column(d.Outcome))
	for _, column := range a.columns {
		a.centred = append(a.centred, make([]float64, len(column)))
		if s.Model == Rank {
			codes, levels := coded(column)
			a.codes, a.levels = append(a.codes, codes), append(a.levels, levels)
		}
	}
	if p := len(a.active); p <= s.ExactUpTo {
		a.subsets = newSubsets(p)
	} else {
		a.orders = newOrders(p, s.Orders, s.Seed)
	}
	return a
}

func (a *answers) complete(row int) bool {
	return !math.IsNaN(a.data.Outcome[row]) && !slices.ContainsFunc(a.data.Items, func(item Item) bool { return math.IsNaN(item.Values[row]) })
}

func (a *answers) column(values []float64) []float64 {
	column := make([]float64, len(a.rows))
	for k, i := range a.rows {
		column[k] = values[i]
	}
	return column
}

func alike(column []float64) bool {
	return !slices.ContainsFunc(column, func(v float64) bool { return v != column[0] })
}

// coded numbers the values of a column in their order.
func coded(column []float64) (codes []int, levels int) {
	values := slices.Compact(slices.Sorted(slices.Values(column)))
	codes = make([]int, len(column))
	for k, v := range column {
		codes[k], _ = slices.BinarySearch(values, v)
	}
	return codes, len(values)
}

// ranks gives, for each value of a column, its middle rank under weights: half of its own
// weight and all below. With equal weights that is the usual rank with ties in the middle, but
// for a factor and a shift that correlations don't see.
func (a *answers) ranks(column int, weights []float64) []float64 {
	ranks := make([]float64, a.levels[column])
	for k, w := range weights {
		ranks[a.codes[column][k]] += w
	}
	below := 0.0
	for level, own := range ranks {
		ranks[level] = below + own/2
		below += own
	}
	return ranks
}

// correlations of the columns under weights, by complete row. A column that is constant under
// them (a replicate may leave out those who differ) goes with nothing. nil where the outcome is.
func (a *answers) correlations(weights []float64) *square {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	size := len(a.columns)
	spread := make([]float64, size)
	for c, column := range a.columns {
		var ranks []float64
		if a.settings.Model == Rank {
			ranks = a.ranks(c, weights)
		}
		value := func(k int) float64 {
			if ranks != nil {
				return ranks[a.codes[c][k]]
			}
			return column[k]
		}
		mean := 0.0
		for k, w := range weights {
			mean += w / total * value(k)
		}
		for k, w := range weights {
			z := math.Sqrt(w/total) * (value(k) - mean)
			a.centred[c][k] = z
			spread[c] += z * z
		}
		if spread[c] <= 1e-24*mean*mean {
			spread[c] = 0
		}
	}
	if !(spread[size-1] > 0) {
		return nil
	}
	m := newSquare(size)
	for i := range size {
		m.set(i, i, 1)
		for j := range i {
			if spread[i] > 0 && spread[j] > 0 {
				r := dot(a.centred[i], a.centred[j]) / (math.Sqrt(spread[i]) * math.Sqrt(spread[j]))
				m.set(i, j, r)
				m.set(j, i, r)
			}
		}
	}
	return &m
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for k, v := range x {
		sum += v * y[k]
	}
	return sum
}

// shares gives what each column adds to R², with the error of sampled orders.
func (a *answers) shares(m *square) (parts, []float64) {
	if a.subsets != nil {
		return a.subsets.parts(*m), nil
	}
	return a.orders.parts(*m)
}

// performance of the items under weights of all rows; NaN where nobody answered.
func (a *answers) performance(weights []float64) []float64 {
	list := make([]float64, len(a.data.Items))
	for k, item := range a.data.Items {
		sum, base := 0.0, 0.0
		for i, v := range item.Values {
			if weights[i] == 0 || math.IsNaN(v) || a.data.Domain != nil && !a.data.Domain[i] {
				continue
			}
			base += weights[i]
			if a.settings.Measure == Satisfied {
				if v >= a.settings.SatisfiedFrom {
					sum += 100 * weights[i]
				}
			} else {
				sum += weights[i] * v
			}
		}
		list[k] = sum / base
	}
	return list
}
