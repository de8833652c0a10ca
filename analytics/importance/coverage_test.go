//go:build !race

package importance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"shuixuan/analytics/estimate"
)

// TestIntervalsCover: of 400 samples from a population whose shares are known, how many of the
// 95 % intervals hold them, drawn row by row (95 to 97 %) and in 40 units of ten (92 to 94 %: a
// bootstrap of few units is a little narrow, and 400 samples are 1 % uncertain themselves).
func TestIntervalsCover(t *testing.T) {
	// Items of variance 1 and correlation 0.4, y = x₁ + 0.6x₂ + 0.3x₃ + e, all parts of a unit
	// going together by a half where there are clusters.
	beta := []float64{1, 0.6, 0.3}
	c := newSquare(4)
	variance := 1.5 * 1.5 // of e
	for i, a := range beta {
		for j, b := range beta {
			rho := 0.4
			if i == j {
				rho = 1
			}
			c.set(i, j, rho)
			variance += a * b * rho
			c.set(i, 3, c.at(i, 3)+b*rho)
		}
	}
	for i := range beta {
		c.set(i, 3, c.at(i, 3)/math.Sqrt(variance))
		c.set(3, i, c.at(i, 3))
	}
	c.set(3, 3, 1)
	truth := newSubsets(3).parts(c)

	const samples, n = 400, 400
	for _, size := range []int{1, 10} {
		r := rand.New(rand.NewPCG(2006, uint64(size)))
		held := make([]int, 3)
		for range samples {
			d := Data{Sample: estimate.Rows{N: n}, Items: []Item{{Name: "1"}, {Name: "2"}, {Name: "3"}}, Outcome: make([]float64, n)}
			units := make([]string, n)
			own := math.Sqrt(1 - 0.5*min(1, float64(size-1)))
			var shared [5]float64
			draw := func(k int) float64 { return shared[k] + own*r.NormFloat64() }
			for i := range n {
				units[i] = fmt.Sprint(i / size)
				if i%size == 0 {
					for k := range shared {
						shared[k] = math.Sqrt(1-own*own) * r.NormFloat64()
					}
				}
				common := draw(3)
				d.Outcome[i] = 1.5 * draw(4)
				for k, b := range beta {
					x := math.Sqrt(0.4)*common + math.Sqrt(0.6)*draw(k)
					d.Items[k].Values = append(d.Items[k].Values, x)
					d.Outcome[i] += b * x
				}
			}
			d.Sample.Clusters = [][]string{units}
			s := DefaultSettings()
			s.Replicates = 199
			result, err := Analyse(t.Context(), d, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, item := range result.Items {
				if share := 100 * truth.of[k] / truth.r2; item.Lower <= share && share <= item.Upper {
					held[k]++
				}
			}
		}
		for k := range held {
			share := 100 * float64(held[k]) / samples
			t.Logf("units of %2d, item with %.1f %%: covered by %.1f %%", size, 100*truth.of[k]/truth.r2, share)
			if share < 91 || share > 98 {
				t.Errorf("units of %d, item %d: %.1f %% covered", size, k+1, share)
			}
		}
	}
}
