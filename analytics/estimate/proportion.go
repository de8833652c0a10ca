package estimate

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Proportion is the share of a simple random sample, in percent, with the Wilson
// score interval:
//
//	(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
//
// (Wilson 1927; Agresti, Categorical Data Analysis, 3rd ed., section 1.4.3). It holds
// for small bases and for shares near 0 and 100, where p ± z·√(p(1−p)/n) leaves the
// scale or claims certainty. No continuity correction, no correction for a finite
// population: the number of all people is not asked for.
//
// smallBase is the agreed minimum below which the share is marked; 0 for none.
func Proportion(numerator, base int64, level float64, smallBase int64) Estimate {
	e := share(numerator, base, MethodWilson)
	e.Level = level
	if !e.Valid {
		return e
	}
	e.warnSmall(smallBase)
	switch numerator {
	case 0:
		e.warn(NoneOfThem, "没有人这样回答，总体中的比例未必为0，见区间上限")
	case base:
		e.warn(AllOfThem, "所有人都这样回答，总体中的比例未必为100%%，见区间下限")
	}
	if e.levelHolds() {
		e.Lower, e.Upper = wilson(numerator, base, level)
		e.HasInterval = true
	}
	return e
}

// wilson gives the bounds in percent. At 0 and n the bound on that side is exactly
// the end of the scale, which rounding errors would miss.
func wilson(numerator, base int64, level float64) (lower, upper float64) {
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	n, p := float64(base), float64(numerator)/float64(base)
	center := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 100 / (1 + z*z/n)
	lower, upper = (center-half)*scale, (center+half)*scale
	if numerator == 0 {
		lower = 0
	}
	if numerator == base {
		upper = 100
	}
	return max(lower, 0), min(upper, 100)
}

// ShareOfMentions is one option's part of all mentions of a multiple choice, in
// percent. It has no interval: mentions of one person depend on each other, and their
// number is itself an outcome.
func ShareOfMentions(count, mentions int64) Estimate {
	return share(count, mentions, MethodMentions)
}

// Ratio is the part of a full count, in percent, as in coverage: what is owed is
// listed, not sampled, so there is no interval to give.
func Ratio(numerator, base int64) Estimate {
	return share(numerator, base, MethodCount)
}

// Filled is how much of a quantity that is due stands, in percent, at most 100: what is
// over at one place never fills a gap at another. Quantities may have decimals;
// Numerator and Base are rounded to whole measures.
func Filled(standing, due float64) Estimate {
	e := Estimate{Method: MethodQuantity}
	switch {
	case !isNumber(standing) || !isNumber(due) || standing < 0 || due < 0:
		e.warn(Impossible, "数量有误，不给出数字")
	case due == 0:
		e.warn(BaseZero, "应设数量为0，无法计算")
	default:
		e.Valid = true
		e.Numerator, e.Base = int64(math.Round(standing)), int64(math.Round(due))
		e.Value = min(100*standing/due, 100)
	}
	return e
}

// share is the value common to all of them. Counts that can't be give no figure, so
// that an error elsewhere never shows as 103 %.
func share(numerator, base int64, method string) Estimate {
	e := Estimate{Numerator: numerator, Base: base, Method: method}
	switch {
	case numerator < 0 || numerator > base:
		e.warn(Impossible, "计数有误：%d/%d，不给出数字", numerator, base)
	case base == 0:
		e.warn(BaseZero, "基数为0，无法计算")
	default:
		e.Valid = true
		e.Value = 100 * float64(numerator) / float64(base)
	}
	return e
}
