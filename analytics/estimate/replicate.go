package estimate

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Replicates are other weights that the sample could as well have had: a second way to an
// error, for statistics that no formula is at hand for.
type Replicates struct {
	design  *Design
	Weights [][]float64 // by replicate, by row
	scale   float64
	scales  []float64 // of each
	kind    string
}

// Jackknife leaves out one first-stage unit after the other and lets the others of its
// stratum stand for it (JKn; JK1 without strata; Wolter, Introduction to Variance Estimation,
// section 4.6). Later stages are not seen, populations by (N−n)/N. Calibrated weights are
// refused: each replicate would have to be calibrated anew.
func (d *Design) Jackknife() (*Replicates, error) {
	if len(d.calibrations) > 0 {
		return nil, &DesignError{Why: "校准过的权重不能直接作刀切，请先刀切再逐组校准"}
	}
	s := d.stages[0]
	r := &Replicates{design: d, scale: 1, kind: "JKn"}
	if len(s.drawn) == 1 {
		r.kind = "JK1"
	}
	unitStratum, first := map[int]int{}, map[int]int{}
	var units []int
	for i, unit := range s.units {
		if _, known := unitStratum[unit]; !known {
			unitStratum[unit], first[unit] = s.strata[i], i
			units = append(units, unit)
		}
	}
	for _, unit := range units {
		n := float64(s.drawn[unitStratum[unit]])
		if n == 1 {
			switch d.lonely {
			case LonelyCertainty, LonelyRemove:
				continue // never left out, so it adds nothing
			}
			return nil, &DesignError{Row: first[unit] + 1, Why: "有一层只抽了一个单元，不能把它去掉再估计；请合并层"}
		}
		f := 1.0
		if s.population != nil && !math.IsInf(s.population[first[unit]], 1) {
			f = (s.population[first[unit]] - n) / s.population[first[unit]]
		}
		weights := make([]float64, len(d.weights))
		for i, w := range d.weights {
			switch {
			case s.units[i] == unit:
			case s.strata[i] == unitStratum[unit]:
				weights[i] = w * n / (n - 1)
			default:
				weights[i] = w
			}
		}
		r.Weights, r.scales = append(r.Weights, weights), append(r.scales, f*(n-1)/n)
	}
	return r, nil
}

// Bootstrap draws one unit fewer than there are from each stratum, again and again, and
// scales their weights (Rao and Wu 1988, JASA 83, with m = n − 1). A seed gives the same
// replicates each time.
func (d *Design) Bootstrap(count int, seed uint64) (*Replicates, error) {
	if count < 2 {
		return nil, fmt.Errorf("bootstrap of %d replicates", count)
	}
	if len(d.calibrations) > 0 {
		return nil, &DesignError{Why: "校准过的权重不能直接作自助抽样，请先抽样再逐组校准"}
	}
	s := d.stages[0]
	byStratum := make([][]int, len(s.drawn))
	seen := map[int]bool{}
	for i, unit := range s.units {
		if !seen[unit] {
			seen[unit] = true
			byStratum[s.strata[i]] = append(byStratum[s.strata[i]], unit)
		}
	}
	for _, units := range byStratum {
		if len(units) == 1 {
			return nil, &DesignError{Why: "有一层只抽了一个单元，不能作自助抽样；请合并层"}
		}
	}
	r := &Replicates{design: d, scale: 1 / float64(count-1), kind: "bootstrap"}
	random := rand.New(rand.NewPCG(seed, 0))
	for range count {
		times := map[int]float64{}
		for _, units := range byStratum {
			for range len(units) - 1 {
				times[units[random.IntN(len(units))]]++
			}
		}
		weights := make([]float64, len(d.weights))
		for i, w := range d.weights {
			n := float64(len(byStratum[s.strata[i]]))
			weights[i] = w * times[s.units[i]] * n / (n - 1)
		}
		r.Weights, r.scales = append(r.Weights, weights), append(r.scales, 1)
	}
	return r, nil
}

// Estimate gives a statistic of the weights with its error: its spread over the replicates
// around their mean. It should be smooth; a quantile of few values isn't, for the jackknife.
func (r *Replicates) Estimate(statistic func(weights []float64) float64) Figure {
	f := Figure{Value: statistic(r.design.weights), DF: r.design.degrees(nil)}
	for _, w := range r.design.weights {
		f.Base += w
		if w > 0 {
			f.N++
		}
	}
	if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		f.Value = 0
		f.warn(BaseZero, "基数为0，无法计算")
		return f
	}
	f.Valid = true
	values := make([]float64, len(r.Weights))
	mean, counted := 0.0, 0.0
	for k, weights := range r.Weights {
		if r.scales[k] == 0 {
			continue // of a stratum that was drawn as a whole
		}
		if values[k] = statistic(weights); math.IsNaN(values[k]) || math.IsInf(values[k], 0) {
			f.warn(NoSpread, "去掉某个抽样单元后就算不出来，无法估计抽样误差")
			return f
		}
		mean, counted = mean+values[k], counted+1
	}
	sum := 0.0
	for k, v := range values {
		sum += r.scales[k] * (v - mean/counted) * (v - mean/counted)
	}
	if variance := r.scale * sum; variance > 0 && f.DF > 0 {
		f.SE, f.HasSE = math.Sqrt(variance), true
	} else {
		f.warn(NoSpread, "所有回答都一样，或抽样单元太少，无法估计抽样误差")
	}
	return f
}
