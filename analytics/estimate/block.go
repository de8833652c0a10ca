package estimate

import (
	"cmp"
	"math/big"
	"slices"
)

// Block prints the parts of a whole in percent so that what is printed adds up to 100: each is
// rounded down, and the last units go to the largest remainders, of equal ones to the first
// (Hamilton's method; Balinski and Young, Fair Representation, chapter 2). Counts must be
// parts of base; where they don't add up to it, or the base is 0, each is printed by itself,
// and adjusted is false. It is also false where plain rounding adds up already.
func Block(counts []int64, base int64, decimals int) (texts []string, adjusted bool) {
	sum := int64(0)
	for _, n := range counts {
		sum += n
		texts = append(texts, Percent(n, base, decimals))
	}
	if base <= 0 || sum != base || decimals < 0 {
		return texts, false
	}
	units := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil) // of the last printed digit in one percent
	whole := new(big.Int).Mul(big.NewInt(100), units)
	type part struct {
		at             int
		units, remains *big.Int
	}
	parts := make([]part, len(counts))
	left := new(big.Int).Set(whole)
	for i, n := range counts {
		share, remains := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(n), whole), big.NewInt(base), new(big.Int))
		parts[i] = part{i, share, remains}
		left.Sub(left, share)
	}
	order := slices.Clone(parts)
	slices.SortStableFunc(order, func(a, b part) int { return cmp.Or(b.remains.Cmp(a.remains), cmp.Compare(a.at, b.at)) })
	for k := range left.Int64() { // less than one for each part
		parts[order[k].at].units.Add(parts[order[k].at].units, big.NewInt(1))
	}
	for i, p := range parts {
		text := roundRat(new(big.Rat).SetFrac(p.units, units), decimals)
		adjusted = adjusted || text != texts[i]
		texts[i] = text
	}
	return texts, adjusted
}
