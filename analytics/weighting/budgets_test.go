//go:build bench

package weighting_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"shuixuan/analytics/weighting"
	"shuixuan/app/budget"
)

// TestBudgetsRake rakes 10,000,000 respondents to three margins.
func TestBudgetsRake(t *testing.T) {
	const people = 10_000_000
	r := rand.New(rand.NewPCG(1, 2))
	weights := make([]float64, people)
	sizes := []int{5, 14, 2}
	margins, totals := make([][]int, len(sizes)), make([][]float64, len(sizes))
	for m, size := range sizes {
		margins[m], totals[m] = make([]int, people), make([]float64, size)
		for k := range size {
			totals[m][k] = 30 * people / float64(size) * (1 + 0.3*float64(k%2)) / (1 + 0.3*float64(size/2)/float64(size))
		}
	}
	for i := range weights {
		weights[i] = 1 + r.Float64()
		for m, size := range sizes {
			margins[m][i] = min(r.IntN(size), r.IntN(size+1))
		}
	}
	start := time.Now()
	result, err := weighting.Rake(weights, margins, totals, weighting.Options{})
	if err != nil {
		t.Fatal(err)
	}
	budget.Under(t, "raking 10,000,000 respondents to three margins", time.Since(start).Seconds(), 2, "s")
	budget.Note("rounds it took", fmt.Sprint(result.Iterations))
}
