package planning

import (
	"cmp"
	"math"
	"slices"
)

// part is a stratum as it is calculated with. A population of 0 is endless; a weight of 0 isn't
// known.
type part struct {
	name                                string
	population, weight, share, response float64
	to                                  float64 // its part of the sheets
	collect                             int64
}

func (h part) handOut() int64 { return whole(float64(h.collect) / h.response) }

// spread is S², that of a population of 0 and 1.
func (h part) spread() float64 {
	v := h.share * (1 - h.share)
	if h.population > 1 {
		v *= h.population / (h.population - 1)
	}
	return v
}

// most is how many sheets a stratum can give.
func (h part) most() float64 {
	if h.population == 0 {
		return math.Inf(1)
	}
	return math.Floor(h.population)
}

// variance is that of the figure for all (Cochran 1977, section 5.3), by whole sheets; infinite
// where a stratum has none.
func variance(strata []part, deff float64) float64 {
	sum := 0.0
	for _, h := range strata {
		n, f := float64(h.collect), 1.0
		if h.population > 0 {
			f = max(0, 1-n/h.population)
		}
		if n == 0 && h.weight > 0 {
			return math.Inf(1)
		}
		if h.weight > 0 {
			sum += deff * h.weight * h.weight * h.spread() / n * f
		}
	}
	return sum
}

// strata takes over what is known of them; weights are made from people, or scaled to 1.
func (p Plan) strata(s *Sizes) []part {
	people, weights, parts := 0.0, 0.0, 0.0
	for _, h := range p.Strata {
		people, weights, parts = people+float64(h.Population), weights+h.Weight, parts+h.Part
	}
	list := make([]part, len(p.Strata))
	sum := 0.0
	for i, h := range p.Strata {
		one := part{name: h.Name, population: float64(h.Population), share: cmp.Or(h.Share, p.Share), response: cmp.Or(h.Response, p.Response)}
		switch {
		case people > 0:
			one.weight = one.population / people
		case weights > 0:
			one.weight = h.Weight / weights
			if p.Population > 0 {
				one.population = max(1, one.weight*float64(p.Population))
			}
		}
		switch p.Allocation {
		case Proportional:
			one.to = one.weight
		case Equal:
			one.to = 1
		case Optimal:
			one.to = one.weight * math.Sqrt(one.spread())
		case Given:
			one.to = h.Part
		}
		list[i], sum = one, sum+one.to
	}
	for i := range list {
		list[i].to /= sum
	}
	scaled := func(total float64, what string) {
		if total > 0 && math.Abs(total-1) > 1e-6 && math.Abs(total-100) > 1e-4 {
			s.Warnings = append(s.Warnings, warning(SharesScaled, "各层%s加起来是%s，不是1，已按比例调整", what, short(total)))
		}
	}
	if people == 0 {
		scaled(weights, "占总体的比例")
	}
	if p.Allocation == Given {
		scaled(parts, "份数占比")
	}
	return list
}

// stratified gives the size that keeps the margin under the allocation.
func (p Plan) stratified(s *Sizes, strata []part, n, z float64) float64 {
	if strata[0].weight == 0 {
		s.Warnings = append(s.Warnings, warning(SharesUnknown, "不知道各层在总体中各占多少，全体结果的误差无法推算；份数按简单随机样本计算"))
		return n
	}
	var above, below float64
	total := 0.0
	for _, h := range strata {
		above += h.weight * h.weight * h.spread() / h.to
		below += h.weight * h.spread()
		total += h.population
	}
	v := p.Margin * p.Margin / (z * z * p.DesignEffect)
	if total > 0 {
		v += below / total
	}
	n = above / v
	s.step(n, "按各层的比例和分配重算总份数", "Cochran 1977，5.9节", "n = Σ(W²S²/a) / (d²/(z²·deff) + ΣWS²/N) = %.6g / %.6g，其中S² = p(1−p)N/(N−1)，a是分到的份数占比", above, v)
	return n
}

// divide gives each stratum its whole sheets, and the margins that follow.
func (p Plan) divide(s *Sizes, strata []part, n, z float64) {
	known := strata[0].weight > 0
	least := make([]int64, len(strata))
	for i, h := range strata {
		least[i] = int64(min(max(float64(p.Minimum), 1), h.most())) // a stratum without a sheet leaves a hole in the figure
	}
	all := 0.0
	for _, h := range strata {
		all += h.most()
	}
	start := max(1, whole(min(n, all)))
	for i, to := range apportion(strata, start) {
		if float64(to) >= strata[i].most() {
			start = int64(len(strata)) // the formula doesn't know that this one gives no more
		}
	}
	plain := settle(start, func(size int64) ([]int64, bool) {
		plain := apportion(strata, size)
		for i := range strata {
			strata[i].collect = max(plain[i], least[i])
		}
		return plain, !known || float64(size) >= all || z*math.Sqrt(variance(strata, p.DesignEffect)) <= p.Margin*(1+1e-12)
	})
	for i, h := range strata {
		one := StratumSize{Name: h.name, Collect: h.collect, HandOut: h.handOut()}
		if n := float64(h.collect); n > 0 {
			single := h
			single.weight = 1
			one.Margin = z * math.Sqrt(variance([]part{single}, p.DesignEffect))
		}
		p.doubtsOf(&one, h, plain[i])
		s.Collect, s.HandOut = s.Collect+one.Collect, s.HandOut+one.HandOut
		s.Strata = append(s.Strata, one)
	}
	s.step(float64(s.Collect), "分到各层", "Cochran 1977，5.3、5.5、5.8节", "%s；取整用最大余数法；不足每层最少%d份的补足，超过本层人数的按人数", allocationNames[p.Allocation], p.Minimum)
	if known {
		s.Margin = z * math.Sqrt(variance(strata, p.DesignEffect))
	}
}

// settle finds the first size from the one given at which division keeps the margin: strata
// that are cut at their population, and whole sheets, take more than the formula says.
func settle(size int64, division func(int64) ([]int64, bool)) []int64 {
	if plain, kept := division(size); kept {
		return plain
	}
	step := int64(1)
	for ; ; step *= 2 {
		if _, kept := division(size + step); kept {
			break
		}
	}
	low, high := size+step/2, size+step
	for high-low > 1 {
		if mid := low + (high-low)/2; keeps(division, mid) {
			high = mid
		} else {
			low = mid
		}
	}
	plain, _ := division(high) // the last one divided is the one that stays
	return plain
}

func keeps(division func(int64) ([]int64, bool), size int64) bool {
	_, kept := division(size)
	return kept
}

var allocationNames = map[Allocation]string{Proportional: "n·W（按总体比例）", Equal: "n/H（各层一样多）", Optimal: "n·WS/ΣWS（最优分配）", Given: "n·a（按指定比例）"}

func (p Plan) doubtsOf(one *StratumSize, h part, plain int64) {
	warn := func(code, format string, args ...any) {
		one.Warnings = append(one.Warnings, warning(code, format, args...))
	}
	if h.collect > plain {
		warn(Raised, "“%s”按比例只有%d份，已补到最少%d份", h.name, plain, h.collect)
	}
	switch most := h.most(); {
	case float64(h.collect) >= most:
		warn(Exhausted, "“%s”只有%.0f人，要全部调查", h.name, most)
	case float64(one.HandOut) > most:
		warn(TooManyHanded, "“%s”要发%d份，却只有%.0f人；请提高回收率，或减少份数", h.name, one.HandOut, most)
	}
}

// apportion divides n by the strata's parts, cut at what each can give; what is cut off goes to
// the others in the same way (Cochran 1977, section 5.8). Whole numbers by largest remainder, of
// equal ones the earlier stratum's.
func apportion(strata []part, n int64) []int64 {
	quota := make([]float64, len(strata))
	full := make([]bool, len(strata))
	for left, again := float64(n), true; again; {
		again = false
		open, sum := left, 0.0
		for i, h := range strata {
			if full[i] {
				open -= quota[i]
			} else {
				sum += h.to
			}
		}
		for i, h := range strata {
			if full[i] {
				continue
			}
			if quota[i] = open * h.to / sum; quota[i] > h.most() {
				quota[i], full[i], again = h.most(), true, true
			}
		}
	}
	whole := make([]int64, len(strata))
	rest := n
	order := make([]int, len(strata))
	for i, q := range quota {
		whole[i] = int64(math.Floor(q + 1e-9))
		rest -= whole[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(quota[b]-float64(whole[b]), quota[a]-float64(whole[a]))
	})
	for k := 0; rest > 0 && k < len(order); k++ {
		if i := order[k]; float64(whole[i]) < strata[i].most() {
			whole[i]++
			rest--
		}
	}
	return whole
}
