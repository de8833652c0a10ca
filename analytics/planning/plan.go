package planning

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"shuixuan/analytics/estimate"
)

// Allocation is how the sheets of a sample are divided among strata.
type Allocation string

// The closed list.
const (
	Proportional Allocation = "proportional" // as the population is (Cochran 1977, section 5.3)
	Equal        Allocation = "equal"        // as many in each, so that each can be compared
	Optimal      Allocation = "optimal"      // by population times spread, for the best figure of all (Neyman; Cochran, section 5.5)
	Given        Allocation = "given"        // by shares that were decided
)

// Plan is what a wave wants to know and what is known of the people. Fractions are between 0
// and 1.
type Plan struct {
	Margin       float64 // half the width of the interval: 0.05 for ± 5 points
	Level        float64 // 0.95
	Share        float64 // expected share; 0.5 is the most careful
	DesignEffect float64 // 0: 1
	Population   int64   // people in all; 0: not known, or endless
	Response     float64 // share of sheets handed out that come back usable; 0: 1
	Allocation   Allocation
	Minimum      int64 // sheets in each stratum at least
	SmallBase    int64 // below so many sheets a stratum has no figure of its own; 0: none agreed
	Strata       []Stratum
}

// Stratum is one part of the population. What is 0 is taken from the plan or not known.
type Stratum struct {
	Name       string
	Population int64   // people in it
	Weight     float64 // its part of the population, where people aren't known by number
	Part       float64 // its part of the sheets, with allocation Given
	Share      float64 // expected share in it
	Response   float64
}

// Sizes is a plan worked out. Steps say how, in order.
type Sizes struct {
	Collect  int64              `json:"collect"`
	HandOut  int64              `json:"hand_out"`
	Margin   float64            `json:"margin"` // of the figure for all, with these sheets; 0 where it isn't known
	Strata   []StratumSize      `json:"strata,omitempty"`
	Steps    []Step             `json:"steps"`
	Warnings []estimate.Warning `json:"warnings,omitempty"`
}

// StratumSize is the part of one stratum. Margin is that of its own figure, 0 where it has none.
type StratumSize struct {
	Name     string             `json:"name"`
	Collect  int64              `json:"collect"`
	HandOut  int64              `json:"hand_out"`
	Margin   float64            `json:"margin"`
	Warnings []estimate.Warning `json:"warnings,omitempty"`
}

// Step is one step of the calculation, for people: what it does, the formula with its numbers,
// what came out and where the formula stands.
type Step struct {
	What    string  `json:"what"`
	Formula string  `json:"formula"`
	Result  float64 `json:"result"`
	Source  string  `json:"source"`
}

// fewest answers of the rarer kind should be expected for an interval of ± d to mean anything
// (Cochran 1977, section 3.6).
const fewest = 5

// mostSheets is the largest sample that is planned: beyond it a typing error is likelier.
const mostSheets = 1e9

// Sheets works a plan out:
//
//	n₀ = z²p(1−p)/d²            (Cochran 1977, section 4.4)
//	n₁ = deff·n₀                (Kish 1965, section 8.2)
//	n  = n₁ / (1 + (n₁−1)/N)    (Cochran, section 4.4)
//
// and, where the strata's parts of the population are known, with a the part of the sheets and
// W that of the people,
//
//	n  = ΣW²S²/a / (d²/(z²deff) + ΣWS²/N),  S² = p(1−p)N/(N−1)
//
// (Cochran, section 5.9), which for one stratum is the same. Strata are raised to the minimum
// and cut at their population; whole sheets are made by largest remainder. One sheet is added
// after the other until the margin is kept with whole sheets too. Hand-outs are rounded up in
// each stratum: rounding down would expect less than what is to be collected.
func (p Plan) Sheets() (Sizes, error) {
	p = p.filled()
	if faults := p.check(); faults != nil {
		return Sizes{}, faults
	}
	if people := p.people(); people > 0 {
		p.Population = people
	}
	var s Sizes
	z := distuv.UnitNormal.Quantile(1 - (1-p.Level)/2)
	n := p.simple(&s, z)
	if n > mostSheets {
		return Sizes{}, Faults{{"Margin", fmt.Sprintf("按这个误差要%s份，请检查允许误差和设计效应", count(n))}}
	}
	strata := p.strata(&s)
	if len(strata) == 0 {
		one := part{population: float64(p.Population), weight: 1, share: p.Share, response: p.Response, to: 1}
		one.collect = max(1, whole(n))
		s.Collect, s.HandOut = one.collect, one.handOut()
		s.Margin = z * math.Sqrt(variance([]part{one}, p.DesignEffect))
		p.doubts(&s, n)
		p.responded(&s)
		return s, nil
	}
	n = p.stratified(&s, strata, n, z)
	if n > mostSheets {
		return Sizes{}, Faults{{"Strata", fmt.Sprintf("这样分配要%s份；有的层在总体中占得多，分到的份数却太少", count(n))}}
	}
	p.divide(&s, strata, n, z)
	p.doubts(&s, n)
	p.responded(&s)
	return s, nil
}

// filled puts in what 0 stands for.
func (p Plan) filled() Plan {
	if p.DesignEffect == 0 {
		p.DesignEffect = 1
	}
	if p.Response == 0 {
		p.Response = 1
	}
	if p.Allocation == "" {
		p.Allocation = Proportional
	}
	return p
}

// people adds up the strata.
func (p Plan) people() int64 {
	sum := int64(0)
	for _, s := range p.Strata {
		sum += s.Population
	}
	return sum
}

// simple takes the three steps that know no strata.
func (p Plan) simple(s *Sizes, z float64) float64 {
	n := z * z * p.Share * (1 - p.Share) / (p.Margin * p.Margin)
	s.step(n, "简单随机样本", "Cochran 1977，4.4节", "n₀ = z²p(1−p)/d² = %s² × %s × %s / %s²", short(z), short(p.Share), short(1-p.Share), short(p.Margin))
	if p.DesignEffect != 1 {
		before := n
		n *= p.DesignEffect
		s.step(n, "乘以设计效应", "Kish 1965，8.2节", "n₁ = deff·n₀ = %s × %s", short(p.DesignEffect), short(before))
	}
	if p.Population > 0 {
		before := n
		n /= 1 + (n-1)/float64(p.Population)
		s.step(n, "有限总体修正", "Cochran 1977，4.4节", "n = n₁/(1 + (n₁−1)/N) = %s / (1 + (%s−1)/%d)", short(before), short(before), p.Population)
		if float64(p.Population) <= before {
			s.Warnings = append(s.Warnings, warning(AllNeeded, "总体只有%d人，不比按无限总体算出的%s份多；要收的份数接近全部调查", p.Population, count(before)))
		}
	}
	return n
}

func (s *Sizes) step(result float64, what, source, formula string, args ...any) {
	s.Steps = append(s.Steps, Step{What: what, Formula: fmt.Sprintf(formula, args...), Result: result, Source: source})
}

// responded tells the last step.
func (p Plan) responded(s *Sizes) {
	s.step(float64(s.HandOut), "按回收率发放", "每层向上取整", "发放 = 要收的份数 ÷ 预计回收率")
}

// doubts warns of what isn't wrong and still must be known.
func (p Plan) doubts(s *Sizes, n float64) {
	for i := range s.Strata {
		one := &s.Strata[i]
		if one.Collect < p.SmallBase {
			one.Warnings = append(one.Warnings, warning(SmallStratum, "“%s”只收%d份，不足%d份，不宜单独公布结果", one.Name, one.Collect, p.SmallBase))
		}
		s.Warnings = append(s.Warnings, one.Warnings...)
	}
	if expected := float64(s.Collect) * min(p.Share, 1-p.Share); expected < fewest {
		s.Warnings = append(s.Warnings, warning(FewExpected, "按预计比例，这么多份里回答较少的一方不足%d人，±%s个百分点的误差是不可靠的近似；请把允许误差定得更小", fewest, short(100*p.Margin)))
	}
	if p.Population > 0 && s.HandOut > p.Population {
		s.Warnings = append(s.Warnings, warning(TooManyHanded, "要发%d份，总体只有%d人；请提高回收率，或放宽允许误差", s.HandOut, p.Population))
	}
}

// short prints a number in a formula.
func short(v float64) string { return estimate.Round(v, trimmed(v)) }

// count prints how many sheets, upwards.
func count(n float64) string { return estimate.Round(math.Ceil(n), 0) }

// whole is the number of sheets that reaches n; what floating point adds isn't a sheet.
func whole(n float64) int64 { return int64(math.Ceil(n - 1e-9*math.Max(1, n))) }
