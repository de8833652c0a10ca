package estimate

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Figure is an estimate from a designed sample. Value and SE are in the units of the
// variable; a share is between 0 and 1. Where Valid is false nothing can be said.
type Figure struct {
	N          int       `json:"n"`    // rows with a value, in the domain
	Base       float64   `json:"base"` // their weights
	Value      float64   `json:"estimate"`
	SE         float64   `json:"se"`
	DF         int       `json:"df"`
	Deff       float64   `json:"deff"`        // 0 where it isn't defined
	EffectiveN float64   `json:"effective_n"` // N / Deff
	Valid      bool      `json:"-"`
	HasSE      bool      `json:"-"`
	Warnings   []Warning `json:"warnings,omitempty"`

	share bool // between 0 and 1, see Interval
	rows  int  // N with those of weight 0, which R counts where it shrinks for the degrees of freedom
}

func (f *Figure) warn(code, format string, args ...any) {
	f.Warnings = append(f.Warnings, Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

// Figures are estimates with their covariance.
type Figures struct {
	Each       []Figure
	Covariance *mat.SymDense

	df int // of all groups together, for comparisons; 0: those of the figures
}

// domain gives the rows in the domain that have a value in every column, and how many of
// the domain have none.
func (d *Design) domain(in []bool, columns ...[]float64) (inside []bool, missing int, err error) {
	inside = make([]bool, len(d.weights))
	for _, y := range columns {
		if len(y) != len(d.weights) {
			return nil, 0, &DesignError{Why: fmt.Sprintf("变量有%d个值，数据有%d行", len(y), len(d.weights))}
		}
	}
	for i := range inside {
		if in != nil && !in[i] {
			continue
		}
		inside[i] = true
		for _, y := range columns {
			if math.IsInf(y[i], 0) {
				return nil, 0, &DesignError{Row: i + 1, Why: "数值是无穷大"}
			}
			inside[i] = inside[i] && !math.IsNaN(y[i])
		}
		if !inside[i] {
			missing++
		}
	}
	return inside, missing, nil
}

// Means estimates the means of variables over a domain (nil: all rows), by the linearised
// ratio of two totals:
//
//	z = w(y − ȳ)/Σw
//
// (Särndal, Swensson, Wretman, section 5.6). NaN is a missing value; a row with one in any of
// the variables is left out. The mean of a 0/1 variable is a proportion.
func (d *Design) Means(columns [][]float64, in []bool) (*Figures, error) {
	ones := make([]float64, len(d.weights))
	for i := range ones {
		ones[i] = 1
	}
	dens := make([][]float64, len(columns))
	for i := range dens {
		dens[i] = ones
	}
	f, err := d.Ratios(columns, dens, in)
	if err != nil {
		return nil, err
	}
	for k := range f.Each {
		f.Each[k].share = zeroOne(columns[k])
	}
	return f, nil
}

func zeroOne(y []float64) bool {
	return !slices.ContainsFunc(y, func(v float64) bool { return v != 0 && v != 1 && !math.IsNaN(v) })
}

// Totals estimates the totals of variables over a domain: z = w·y.
func (d *Design) Totals(columns [][]float64, in []bool) (*Figures, error) {
	inside, missing, err := d.domain(in, columns...)
	if err != nil {
		return nil, err
	}
	z := make([][]float64, len(columns))
	values := make([]float64, len(columns))
	for k, y := range columns {
		z[k] = make([]float64, len(d.weights))
		for i, w := range d.weights {
			if inside[i] {
				z[k][i] = w * y[i]
				values[k] += z[k][i]
			}
		}
	}
	return d.figures(values, z, inside, missing, func(k int, n int, weight float64) float64 {
		variance, ok := d.simpleVariance(columns[k], inside, n, weight)
		if !ok || weight < float64(n) {
			return 0
		}
		return variance * weight * weight * (weight - float64(n)) / (weight * float64(n))
	})
}

// Ratios estimates the ratios of totals Σwy/Σwx over a domain: z = w(y − Rx)/Σwx.
func (d *Design) Ratios(numerators, denominators [][]float64, in []bool) (*Figures, error) {
	inside, missing, err := d.domain(in, slices.Concat(numerators, denominators)...)
	if err != nil {
		return nil, err
	}
	z := make([][]float64, len(numerators))
	values := make([]float64, len(numerators))
	linear := make([][]float64, len(numerators)) // z without its weight, for the simple variance
	for k := range numerators {
		y, x := numerators[k], denominators[k]
		var top, bottom float64
		for i, w := range d.weights {
			if inside[i] {
				top, bottom = top+w*y[i], bottom+w*x[i]
			}
		}
		z[k], linear[k] = make([]float64, len(d.weights)), make([]float64, len(d.weights))
		if bottom == 0 {
			values[k] = math.NaN()
			continue
		}
		values[k] = top / bottom
		for i, w := range d.weights {
			if inside[i] {
				linear[k][i] = (y[i] - values[k]*x[i]) / bottom
				z[k][i] = w * linear[k][i]
			}
		}
	}
	return d.figures(values, z, inside, missing, func(k, n int, weight float64) float64 {
		variance, ok := d.simpleVariance(linear[k], inside, n, weight)
		if !ok || weight < float64(n) {
			return 0
		}
		return variance * weight * weight * (weight - float64(n)) / (weight * float64(n))
	})
}

// simpleVariance is the variance of a variable in the population, estimated from the
// weighted rows with n/(n−1); ok is false with fewer than two.
func (d *Design) simpleVariance(y []float64, inside []bool, n int, weight float64) (float64, bool) {
	if n < 2 {
		return 0, false
	}
	mean := 0.0
	for i, w := range d.weights {
		if inside[i] {
			mean += w * y[i] / weight
		}
	}
	sum := 0.0
	for i, w := range d.weights {
		if inside[i] {
			sum += w * (y[i] - mean) * (y[i] - mean) / weight
		}
	}
	return sum * float64(n) / float64(n-1), true
}

// figures puts values, standard errors and design effects together. simple gives the
// variance that a simple random sample without replacement of as many rows would have (Kish,
// Survey Sampling, section 8.2), 0 where it isn't defined.
func (d *Design) figures(values []float64, z [][]float64, inside []bool, missing int, simple func(k, n int, weight float64) float64) (*Figures, error) {
	var n, rows int
	var weight float64
	for i, w := range d.weights {
		if inside[i] {
			rows++
			weight += w
			if w > 0 {
				n++
			}
		}
	}
	f := &Figures{Each: make([]Figure, len(values))}
	df := d.degrees(inside)
	v, warnings, err := d.covariance(z, inside)
	if err != nil {
		return nil, err
	}
	f.Covariance = v
	for k := range f.Each {
		one := &f.Each[k]
		*one = Figure{N: n, Base: weight, Value: values[k], DF: df, Warnings: slices.Clone(warnings), rows: rows}
		if missing > 0 {
			one.warn(MissingRows, "有%d行没有回答，没有计入", missing)
		}
		if n == 0 || weight == 0 || math.IsNaN(values[k]) {
			one.Value = 0
			one.warn(BaseZero, "基数为0，无法计算")
			continue
		}
		one.Valid = true
		variance := v.At(k, k)
		if variance <= 0 || df < 1 {
			one.warn(NoSpread, "所有回答都一样，或抽样单元太少，无法估计抽样误差")
			continue
		}
		one.SE, one.HasSE = math.Sqrt(variance), true
		if srs := simple(k, n, weight); srs > 0 {
			one.Deff = variance / srs
			one.EffectiveN = float64(n) / one.Deff
		}
	}
	return f, nil
}

// quantileT is the quantile of Student's t.
func quantileT(p float64, df int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.Quantile(p)
}
