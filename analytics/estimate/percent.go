package estimate

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Percent is numerator out of base in percent, rounded half away from zero and
// computed on integers: 159 of 180 is 88.33, and 1 of 800 to two decimals is 0.13
// although the binary fraction nearest to 0.125 may lie on either side of it.
// It is "–" where the base is 0.
func Percent(numerator, base int64, decimals int) string {
	if base == 0 {
		return "–"
	}
	share := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(numerator), big.NewInt(100)), big.NewInt(base))
	return roundRat(share, decimals)
}

// Round prints a value half away from zero, taken as the decimal that a person would
// write for it: 2.675 to two decimals is 2.68, where formatting the binary fraction
// gives 2.67. It is "–" for what is not a number.
func Round(value float64, decimals int) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "–"
	}
	return roundRat(exact(value), decimals)
}

// roundRat rounds half away from zero. big.Rat's own FloatString does the same, but
// leaves a minus sign before nought.
func roundRat(r *big.Rat, decimals int) string {
	text := r.FloatString(decimals)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

func shortest(v float64) string { return strconv.FormatFloat(v, 'e', -1, 64) }
