package estimate_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"shuixuan/analytics/estimate"
)

// Yueyang 2019 published 65.56, 7.78 and 26.67 of 180, which add up to 100.01.
func TestBlockAddsUp(t *testing.T) {
	for _, c := range []struct {
		counts   []int64
		base     int64
		decimals int
		want     string
		adjusted bool
	}{
		{[]int64{118, 14, 48}, 180, 2, "[65.55 7.78 26.67]", true},
		{[]int64{1, 1, 1}, 3, 1, "[33.4 33.3 33.3]", true},
		{[]int64{1, 1}, 2, 1, "[50.0 50.0]", false},
		{[]int64{0, 5}, 5, 0, "[0 100]", false},
		{[]int64{1, 1}, 3, 1, "[33.3 33.3]", false}, // no parts of a whole
		{[]int64{0, 0}, 0, 1, "[– –]", false},
	} {
		got, adjusted := estimate.Block(c.counts, c.base, c.decimals)
		if fmt.Sprint(got) != c.want || adjusted != c.adjusted {
			t.Errorf("%v of %d: %v, adjusted %v; want %s, %v", c.counts, c.base, got, adjusted, c.want, c.adjusted)
		}
	}
}

func TestBlockProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Int64Range(0, 1e6), 1, 12).Draw(t, "counts")
		decimals := rapid.IntRange(0, 3).Draw(t, "decimals")
		base := int64(0)
		for _, n := range counts {
			base += n
		}
		if base == 0 {
			return
		}
		texts, _ := estimate.Block(counts, base, decimals)
		sum := new(big.Rat)
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
		for i, text := range texts {
			v, ok := new(big.Rat).SetString(text)
			if !ok {
				t.Fatalf("%q is no number", text)
			}
			off := new(big.Rat).Sub(v, new(big.Rat).SetFrac(big.NewInt(100*counts[i]), big.NewInt(base)))
			if off.Abs(off).Cmp(unit) >= 0 {
				t.Fatalf("%d of %d is printed as %s", counts[i], base, text)
			}
			sum.Add(sum, v)
		}
		if sum.Cmp(big.NewRat(100, 1)) != 0 {
			t.Fatalf("%v add up to %s", texts, sum.FloatString(decimals))
		}
	})
}
