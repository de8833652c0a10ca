package estimate

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// IntervalMethod is a way to give an interval.
type IntervalMethod string

// The closed list. All but t are for proportions.
const (
	IntervalT          IntervalMethod = "mean"       // value ± t·se
	IntervalLogit      IntervalMethod = "logit"      // ± t·se on the scale of log odds
	IntervalXLogit     IntervalMethod = "xlogit"     // the same, as SUDAAN and SPSS call it
	IntervalWilson     IntervalMethod = "wilson"     // Wilson's score over the effective number
	IntervalBeta       IntervalMethod = "beta"       // Korn and Graubard: Clopper–Pearson over the effective number
	IntervalArcsine    IntervalMethod = "asin"       // ± t·se on the scale of arcsine of the root
	IntervalLikelihood IntervalMethod = "likelihood" // profile of the binomial likelihood, scaled by the design effect
)

// IntervalMethods are all of them.
var IntervalMethods = []IntervalMethod{IntervalT, IntervalLogit, IntervalXLogit, IntervalWilson, IntervalBeta, IntervalArcsine, IntervalLikelihood}

// Interval gives the bounds of a figure at a level (0.95), from Student's t with the
// design's degrees of freedom. A proportion of 0 or 1 has no standard error: its interval
// is Wilson's over the rows that were asked, which takes the sample for a simple one, and
// ok is false where not even that can be said.
//
// Sources: logit, arcsine: Lumley, Complex Surveys, section 2.3 and R's svyciprop; beta:
// Korn and Graubard 1998, Survey Methodology 24; likelihood: Rao and Scott 1984, the signed
// root of the deviance against t·√λ; wilson: Wilson 1927 over n·p(1−p)/se², shrunk for the
// degrees of freedom as for beta.
func (f Figure) Interval(method IntervalMethod, level float64) (lower, upper float64, ok bool, err error) {
	switch {
	case !(level > 0 && level < 1):
		return 0, 0, false, fmt.Errorf("confidence level %v is not between 0 and 1", level)
	case !slices.Contains(IntervalMethods, method):
		return 0, 0, false, fmt.Errorf("there is no interval method %q", method)
	case method != IntervalT && !f.share:
		return 0, 0, false, fmt.Errorf("interval method %q is for proportions", method)
	case !f.Valid:
		return 0, 0, false, nil
	case !f.HasSE:
		if !f.share || f.N == 0 || f.Value != 0 && f.Value != 1 {
			return 0, 0, false, nil
		}
		lower, upper = score(f.Value, float64(f.N), distuv.UnitNormal.Quantile(1-(1-level)/2))
		return lower, upper, true, nil
	}
	t := quantileT(1-(1-level)/2, f.DF)
	p, se := f.Value, f.SE
	switch method {
	case IntervalT:
		return p - t*se, p + t*se, true, nil
	case IntervalLogit, IntervalXLogit:
		at, half := math.Log(p/(1-p)), t*se/(p*(1-p))
		return expit(at - half), expit(at + half), true, nil
	case IntervalArcsine:
		at, half := math.Asin(math.Sqrt(p)), t*se/(2*math.Sqrt(p*(1-p)))
		return square(math.Sin(at - half)), square(math.Sin(at + half)), true, nil
	case IntervalLikelihood:
		lower, upper = profile(p, t*se)
		return lower, upper, true, nil
	}
	effective := p * (1 - p) / (se * se)
	if f.rows > 1 {
		shrink := quantileT((1-level)/2, f.rows-1) / quantileT((1-level)/2, f.DF)
		effective *= shrink * shrink
	}
	if method == IntervalWilson {
		lower, upper = score(p, effective, distuv.UnitNormal.Quantile(1-(1-level)/2))
		return lower, upper, true, nil
	}
	a := (1 - level) / 2
	return mathext.InvRegIncBeta(effective*p, effective*(1-p)+1, a), mathext.InvRegIncBeta(effective*p+1, effective*(1-p), 1-a), true, nil
}

func expit(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func square(x float64) float64 { return x * x }

// score is Wilson's interval of a proportion over n, which need not be whole.
func score(p, n, z float64) (lower, upper float64) {
	center, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	lower, upper = (center-half)/(1+z*z/n), (center+half)/(1+z*z/n)
	if p == 0 {
		lower = 0
	}
	if p == 1 {
		upper = 1
	}
	return max(lower, 0), min(upper, 1)
}

// profile gives the proportions whose deviance from p, scaled so that its curvature at p is
// that of the standard error, is the square of the half width:
//
//	2·p(1−p)/1 · [p log(p/q) + (1−p) log((1−p)/(1−q))] = half²
func profile(p, half float64) (lower, upper float64) {
	distance := func(q float64) float64 {
		return 2*p*(1-p)*(p*math.Log(p/q)+(1-p)*math.Log((1-p)/(1-q))) - half*half
	}
	return bisect(distance, 0, p), bisect(distance, 1, p)
}

// bisect finds the root of a function that is positive at out and negative at in.
func bisect(f func(float64) float64, out, in float64) float64 {
	for range 200 {
		mid := (out + in) / 2
		if mid == out || mid == in {
			break
		}
		if f(mid) > 0 {
			out = mid
		} else {
			in = mid
		}
	}
	return (out + in) / 2
}
