package importance

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
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
	codes    [][]int     // by column and row, of ordered values; for ranks
	levels   []int       // how many values a column has
	centred  [][]float64 // work of correlations, used again, as are kept and roots
	kept     []int       // rows with a weight
	roots    []float64   // of their weights
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
	kept, roots := a.kept[:0], a.roots[:0]
	total := floats.Sum(weights)
	for k, w := range weights {
		if w > 0 {
			kept, roots = append(kept, k), append(roots, math.Sqrt(w/total))
		}
	}
	a.kept, a.roots = kept, roots
	size := len(a.columns)
	spread := make([]float64, size)
	for c, column := range a.columns {
		z := a.centred[c][:len(kept)]
		if a.settings.Model == Rank {
			ranks, codes := a.ranks(c, weights), a.codes[c]
			for at, k := range kept {
				z[at] = ranks[codes[k]]
			}
		} else {
			for at, k := range kept {
				z[at] = column[k]
			}
		}
		mean := 0.0
		for at, root := range roots {
			mean += root * root * z[at]
		}
		for at, root := range roots {
			z[at] = root * (z[at] - mean)
		}
		if spread[c] = floats.Dot(z, z); spread[c] <= 1e-24*mean*mean {
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
				r := floats.Dot(a.centred[i][:len(kept)], a.centred[j][:len(kept)]) / (math.Sqrt(spread[i]) * math.Sqrt(spread[j]))
				m.set(i, j, r)
				m.set(j, i, r)
			}
		}
	}
	return &m
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
