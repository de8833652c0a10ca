package estimate

import (
	"math"
	"math/big"

	"gonum.org/v1/gonum/stat/distuv"
)

// Scored is how many answers carry a value of a scale.
type Scored struct {
	Value float64 // points: 100, 80, 60, 30, 0
	Count int64
}

// Index is the mean of scale values, with Student's t interval on n−1 degrees of
// freedom:
//
//	x̄ ± t·s/√n,  s² = Σ c·(v−x̄)² / (n−1)
//
// (Cochran, Sampling Techniques, 3rd ed., section 2.8). Mean and variance are exact
// fractions of the counts before they become floating point. Give every value of
// the scale, those without answers too: the interval is cut at the ends of the scale,
// beyond which no mean can lie.
//
// One answer, or answers all alike, have no spread to estimate from: there is a value
// then, but no interval.
func Index(counts []Scored, level float64, smallBase int64) Estimate {
	e := Estimate{Level: level, Method: MethodT}
	for _, c := range counts {
		if c.Count < 0 {
			e.warn(Impossible, "计数有误：%d，不给出数字", c.Count)
			return e
		}
		e.Base += c.Count
	}
	if e.Base == 0 {
		e.warn(BaseZero, "基数为0，无法计算")
		return e
	}
	mean, variance := moments(counts, e.Base)
	e.Valid = true
	e.Value = toFloat(mean)
	e.warnSmall(smallBase)
	switch {
	case e.Base == 1:
		e.warn(OneAnswer, "只有1份回答，无法估计误差")
	case variance.Sign() == 0:
		e.warn(AllEqual, "所有回答相同，无法估计误差")
	case e.levelHolds():
		half := studentT(level, e.Base-1) * math.Sqrt(toFloat(variance)/float64(e.Base))
		low, high := ends(counts)
		e.Lower, e.Upper = max(e.Value-half, low), min(e.Value+half, high)
		e.HasInterval = true
	}
	return e
}

// moments are the exact mean and sample variance; the variance is nil for n = 1.
func moments(counts []Scored, n int64) (mean, variance *big.Rat) {
	sum, squares := new(big.Rat), new(big.Rat)
	for _, c := range counts {
		v := exact(c.Value)
		term := new(big.Rat).Mul(v, new(big.Rat).SetInt64(c.Count))
		sum.Add(sum, term)
		squares.Add(squares, term.Mul(term, v))
	}
	mean = new(big.Rat).Quo(sum, new(big.Rat).SetInt64(n))
	if n == 1 {
		return mean, nil
	}
	variance = squares.Sub(squares, new(big.Rat).Mul(sum, mean))
	return mean, variance.Quo(variance, new(big.Rat).SetInt64(n-1))
}

func studentT(level float64, df int64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.Quantile(1 - (1-level)/2)
}

func ends(counts []Scored) (low, high float64) {
	low, high = counts[0].Value, counts[0].Value
	for _, c := range counts {
		low, high = min(low, c.Value), max(high, c.Value)
	}
	return low, high
}
