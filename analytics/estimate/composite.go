package estimate

import (
	"fmt"
	"math"
	"math/big"
)

// Part is one figure's part in a composite. Weight is a fraction of 1.
type Part struct {
	Name     string
	Weight   float64
	Estimate Estimate
}

// tolerance of the sum of weights: settings are written as decimals, 0.1 + 0.2 + 0.7.
var tolerance = big.NewRat(1, 1_000_000_000)

// Composite is the weighted sum of figures, 0.4×满意度 + 0.2×认知度 + …
//
// Weights that are negative or do not sum to 1 within 1e-9 are an error of the
// settings, and so is a composite of nothing.
//
// It has no interval. The parts come from the same people, so they depend on each
// other, and their covariances can't be had from the parts' own counts. Adding up the
// parts' bounds looks careful but keeps no level: five 95 % intervals hold together
// with 75 % at worst.
//
// Base is the smallest base of the parts. A part without a figure leaves the
// composite without one: leaving it out would change what is measured.
func Composite(parts []Part) (Estimate, error) {
	e := Estimate{Method: MethodWeightedSum}
	sum, weights := new(big.Rat), new(big.Rat)
	for i, p := range parts {
		if p.Weight < 0 || !isNumber(p.Weight) {
			return e, fmt.Errorf("composite: weight of %q is %v", p.Name, p.Weight)
		}
		weights.Add(weights, exact(p.Weight))
		sum.Add(sum, new(big.Rat).Mul(exact(p.Weight), exact(p.Estimate.Value)))
		if i == 0 || p.Estimate.Base < e.Base {
			e.Base = p.Estimate.Base
		}
	}
	off := new(big.Rat).Sub(weights, big.NewRat(1, 1))
	if off.Abs(off).Cmp(tolerance) > 0 {
		return e, fmt.Errorf("composite: weights sum to %s, not 1", roundRat(weights, 10))
	}
	e.Valid = true
	for _, p := range parts {
		if !p.Estimate.Valid {
			e.Valid = false
			e.warn(PartMissing, "“%s”没有可用的数字，综合指数无法计算", p.Name)
		}
	}
	if !e.Valid {
		return e, nil
	}
	e.Value = toFloat(sum)
	e.warn(NoInterval, "综合指数由同一批回答的多项指标加权而成，各项相互关联，不给出区间")
	return e, nil
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
