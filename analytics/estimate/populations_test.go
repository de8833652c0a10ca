package estimate

import (
	"fmt"
	"math/rand/v2"
)

// drawn is one sample: its description, the answers, and the truth of the population.
type drawn struct {
	rows  Rows
	y     []float64
	truth float64
}

// populations are drawn from at random. The truth is that of the model, or of the finite
// population where there is one.
var populations = map[string]func(*rand.Rand) drawn{
	"simple": func(r *rand.Rand) drawn {
		d := drawn{rows: Rows{N: 200}, truth: 0.3}
		for range 200 {
			d.add(r, 0.3)
		}
		return d
	},
	"stratified": func(r *rand.Rand) drawn {
		// Four strata of 10, 20, 30 and 40 % of the people, drawn evenly.
		d := drawn{rows: Rows{N: 240, Strata: [][]string{nil}}}
		for h, share := range []float64{0.1, 0.2, 0.3, 0.4} {
			p := 0.15 + 0.2*float64(h)
			d.truth += share * p
			for range 60 {
				d.rows.Strata[0] = append(d.rows.Strata[0], fmt.Sprint(h))
				d.rows.Weights = append(d.rows.Weights, share/60)
				d.add(r, p)
			}
		}
		return d
	},
	"clustered": func(r *rand.Rand) drawn {
		// Forty schools of twelve, alike within: p is from a beta distribution of mean 0.4.
		d := drawn{rows: Rows{N: 480, Clusters: [][]string{nil}}, truth: 0.4}
		for c := range 40 {
			p := beta(r, 6, 9)
			for range 12 {
				d.rows.Clusters[0] = append(d.rows.Clusters[0], fmt.Sprint(c))
				d.add(r, p)
			}
		}
		return d
	},
	"two stages": func(r *rand.Rand) drawn {
		// Thirty of sixty schools, ten of twenty pupils in each: a finite population.
		d := drawn{rows: Rows{Clusters: [][]string{nil, nil}, Populations: [][]float64{nil, nil}}}
		chosen := r.Perm(60)[:30]
		in := map[int]bool{}
		for _, c := range chosen {
			in[c] = true
		}
		yes := 0.0
		for c := range 60 {
			p := beta(r, 4, 4)
			var pupils []float64
			for range 20 {
				v := 0.0
				if r.Float64() < p {
					v = 1
				}
				pupils, yes = append(pupils, v), yes+v
			}
			if !in[c] {
				continue
			}
			for at, k := range r.Perm(20)[:10] {
				d.rows.Clusters[0], d.rows.Clusters[1] = append(d.rows.Clusters[0], fmt.Sprint(len(d.y)/10)), append(d.rows.Clusters[1], fmt.Sprint(at))
				d.rows.Populations[0], d.rows.Populations[1] = append(d.rows.Populations[0], 60), append(d.rows.Populations[1], 20)
				d.y = append(d.y, pupils[k])
			}
		}
		d.rows.N, d.truth = len(d.y), yes/1200
		return d
	},
}

func (d *drawn) add(r *rand.Rand, p float64) {
	v := 0.0
	if r.Float64() < p {
		v = 1
	}
	d.y = append(d.y, v)
}

// beta draws from a beta distribution with whole parameters.
func beta(r *rand.Rand, a, b int) float64 {
	gamma := func(k int) (sum float64) {
		for range k {
			sum += r.ExpFloat64()
		}
		return sum
	}
	x := gamma(a)
	return x / (x + gamma(b))
}
