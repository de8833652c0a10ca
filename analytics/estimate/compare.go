package estimate

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Comparison is the difference of two figures, the second taken from the first, with
// Student's t. P is two-sided. Valid is false where either figure or its error can't be said.
type Comparison struct {
	Difference float64 `json:"difference"`
	SE         float64 `json:"se"`
	Lower      float64 `json:"lower"`
	Upper      float64 `json:"upper"`
	DF         float64 `json:"df"`
	P          float64 `json:"p"`
	Valid      bool    `json:"-"`
}

// Difference compares two figures of one sample, whose covariance is known: two groups that
// share sampling units, two answers of the same people.
func (f *Figures) Difference(a, b int, level float64) Comparison {
	x, y := f.Each[a], f.Each[b]
	variance := f.Covariance.At(a, a) + f.Covariance.At(b, b) - 2*f.Covariance.At(a, b)
	if !x.Valid || !y.Valid {
		return Comparison{}
	}
	if variance <= sameFigure*(f.Covariance.At(a, a)+f.Covariance.At(b, b)) {
		variance = 0 // the same people: what is left is rounding
	}
	return compared(x.Value-y.Value, variance, float64(max(f.df, x.DF, y.DF)), level)
}

// sameFigure is the part of two variances below which that of their difference is none.
const sameFigure = 1e-12

// Independent compares figures of two samples drawn apart, as of two waves. The degrees of
// freedom are Satterthwaite's (1946, Biometrics Bulletin 2).
func Independent(a, b Figure, level float64) Comparison {
	if !a.HasSE || !b.HasSE {
		return Comparison{}
	}
	x, y := a.SE*a.SE, b.SE*b.SE
	df := (x + y) * (x + y) / (x*x/float64(a.DF) + y*y/float64(b.DF))
	return compared(a.Value-b.Value, x+y, df, level)
}

func compared(difference, variance, df, level float64) Comparison {
	c := Comparison{Difference: difference, DF: df}
	if !(variance > 0) || df < 1 || !(level > 0 && level < 1) {
		return c
	}
	c.SE, c.Valid = math.Sqrt(variance), true
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}
	half := t.Quantile(1-(1-level)/2) * c.SE
	c.Lower, c.Upper = difference-half, difference+half
	// Twice the tail: F with 1 and df degrees of freedom is t², and keeps small values.
	c.P = survivalF(difference*difference/variance, 1, df)
	return c
}

// Holm corrects the p values of several comparisons made at once (Holm 1979, Scandinavian
// Journal of Statistics 6); the order stays.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	corrected := make([]float64, len(p))
	worst := 0.0
	for rank, i := range order {
		worst = max(worst, min(1, p[i]*float64(len(p)-rank)))
		corrected[i] = worst
	}
	return corrected
}

// MeansBy estimates the mean of a variable in each group, with the covariances between
// groups, which clusters that reach into several make. Groups are numbered from 0, −1 is in
// none; groups of them.
func (d *Design) MeansBy(y []float64, groups []int, count int) (*Figures, error) {
	members := make([][]bool, count)
	for g := range members {
		members[g] = make([]bool, len(groups))
		for i := range groups {
			members[g][i] = groups[i] == g
		}
	}
	return d.MeansIn(y, members)
}

// MeansIn is MeansBy of domains that may overlap: members[g][i] tells whether row i is in
// domain g. The covariances hold what the rows in both domains have in common.
func (d *Design) MeansIn(y []float64, members [][]bool) (*Figures, error) {
	inside, _, err := d.domain(nil, y)
	if err != nil {
		return nil, err
	}
	z := make([][]float64, len(members))
	f := &Figures{Each: make([]Figure, len(members))}
	in := make([]bool, len(inside)) // in any domain
	for g, member := range members {
		if len(member) != len(d.weights) {
			return nil, &DesignError{Why: "分组的行数与数据不符"}
		}
		for i := range member {
			in[i] = in[i] || member[i] && inside[i]
		}
		one, err := d.Means([][]float64{y}, member)
		if err != nil {
			return nil, err
		}
		f.Each[g] = one.Each[0]
		z[g] = make([]float64, len(member))
		for i, w := range d.weights {
			if member[i] && inside[i] && one.Each[0].Valid {
				z[g][i] = w * (y[i] - one.Each[0].Value) / one.Each[0].Base
			}
		}
	}
	f.Covariance, _, err = d.covariance(z, in)
	if err != nil {
		return nil, err
	}
	f.df = d.degrees(in)
	return f, nil
}
