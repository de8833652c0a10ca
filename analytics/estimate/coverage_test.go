//go:build !race

package estimate

import (
	"math/rand/v2"
	"testing"
)

// draws is how often a sample is drawn from each population.
const draws = 2000

// TestIntervalsCover: of 2,000 samples from each of four populations, 94 to 96 % of the
// intervals hold the truth, for each method. That of Korn and Graubard is made never to cover
// less than it says, as Clopper and Pearson's, and so covers more (their paper of 1998).
func TestIntervalsCover(t *testing.T) {
	for name, draw := range populations {
		r := rand.New(rand.NewPCG(20140905, uint64(len(name))))
		held := map[IntervalMethod]int{}
		d, err := NewDesign(draw(r).rows) // drawn in the same way each time
		if err != nil {
			t.Fatal(err)
		}
		for range draws {
			sample := draw(r)
			f, err := d.Means([][]float64{sample.y}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, method := range IntervalMethods {
				lower, upper, ok, err := f.Each[0].Interval(method, 0.95)
				if err != nil || !ok {
					t.Fatalf("%s %s: %v %v", name, method, ok, err)
				}
				if lower <= sample.truth && sample.truth <= upper {
					held[method]++
				}
			}
		}
		for _, method := range IntervalMethods {
			share := 100 * float64(held[method]) / draws
			lowest, highest := 94.0, 96.0
			if method == IntervalBeta {
				highest = 97
			}
			t.Logf("%-11s %-10s %.2f %%", name, method, share)
			if share < lowest || share > highest {
				t.Errorf("%s: %s covers %.2f %%", name, method, share)
			}
		}
	}
}
