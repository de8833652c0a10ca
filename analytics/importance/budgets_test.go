//go:build bench

package importance_test

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/importance"
	"shuixuan/app/budget"
)

// TestBudgetsImportance: twelve items of 10,000 people from 200 units, 200 replicates, each with
// its 4,096 subsets, against the covariance matrices alone that gonum makes of as many weights.
func TestBudgetsImportance(t *testing.T) {
	const n, p, replicates = 10_000, 12, 200
	r := rand.New(rand.NewPCG(1, 1))
	d := importance.Data{Outcome: make([]float64, n), Sample: estimate.Rows{N: n, Weights: make([]float64, n), Clusters: [][]string{make([]string, n)}}}
	for k := range p {
		d.Items = append(d.Items, importance.Item{Name: strconv.Itoa(k), Values: make([]float64, n)})
	}
	x := mat.NewDense(n, p+1, nil)
	for i := range n {
		common := r.NormFloat64()
		d.Sample.Weights[i], d.Sample.Clusters[0][i] = 0.5+r.Float64(), strconv.Itoa(i%200)
		d.Outcome[i] = float64(int(3 + common + r.NormFloat64()))
		x.Set(i, p, d.Outcome[i])
		for k := range p {
			d.Items[k].Values[i] = float64(int(3 + common + r.NormFloat64()))
			x.Set(i, k, d.Items[k].Values[i])
		}
	}
	for _, model := range []importance.Model{importance.Linear, importance.Rank} {
		s := importance.DefaultSettings()
		s.Model, s.Replicates = model, replicates
		ours, theirs := budget.Turns(t, budget.Rounds,
			func() error { _, err := importance.Analyse(t.Context(), d, s, nil); return err },
			func() error {
				for range replicates {
					stat.CovarianceMatrix(mat.NewSymDense(p+1, nil), x, d.Sample.Weights)
				}
				return nil
			})
		most := 1.5
		if model == importance.Rank {
			most = 2 // each replicate ranks its own rows, which the covariances alone don't
		}
		budget.Ratio(t, "importance of 12 items, 10,000 rows, 200 replicates ("+string(model)+"), to gonum's covariances alone", ours, theirs, most)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := importance.Analyse(t.Context(), d, importance.DefaultSettings(), nil); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	budget.Note("importance of 12 items, 10,000 rows, 1,000 replicates: allocated in all", strconv.FormatUint((after.TotalAlloc-before.TotalAlloc)>>20, 10)+" MB")
}
