package exposure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"shuixuan/analytics/estimate"
)

// Area is what stands in an area, and who knows there.
type Area struct {
	Name       string
	Placements float64 // NaN: not known
	Why        string  // placements are not known; empty: not yet enumerated
	Population float64 // people; 0: not known
	Aware      int64
	Base       int64
}

// Point is one area in the drawing.
type Point struct {
	Name        string            `json:"name"`
	PerThousand float64           `json:"per_thousand"` // placements for a thousand people
	Aware       estimate.Estimate `json:"aware"`
}

// Correlation is Spearman's, of placements per thousand people and awareness. Valid is false
// where it can't be said.
type Correlation struct {
	Points      []Point            `json:"points"` // in the order they came in, without those left out
	Rho         float64            `json:"rho"`
	Lower       float64            `json:"lower"`
	Upper       float64            `json:"upper"`
	HasInterval bool               `json:"has_interval"`
	P           float64            `json:"p"` // two-sided
	Valid       bool               `json:"valid"`
	Sentence    string             `json:"sentence"`
	Warnings    []estimate.Warning `json:"warnings"`
}

// fewAreas is the number below which Fisher's interval is rough (Bonett and Wright 2000 look at
// 10 and more).
const fewAreas = 10

// allOrders is the number of areas up to which p is counted out over all orders (9! = 362,880);
// beyond, Student's t is near enough.
const allOrders = 9

// ByArea correlates ranks; ties have their middle one. The interval is by Fisher's z with the
// variance that ranks have,
//
//	tanh(artanh ρ ± z·√((1+ρ²/2)/(n−3)))
//
// (Bonett and Wright 2000, Psychometrika 65): with 1/(n−3), which belongs to measured values, it
// would be too narrow. Each area counts once, whatever its size; a design effect concerns
// the interval of each share alone.
func ByArea(areas []Area, s Settings) (Correlation, error) {
	if err := s.check(); err != nil {
		return Correlation{}, err
	}
	var c Correlation
	var left []string
	var x, y []float64
	for _, a := range areas {
		switch {
		case a.Base < 0 || a.Aware < 0 || a.Aware > a.Base:
			return Correlation{}, refuse("“%s”的计数有误：%d/%d", a.Name, a.Aware, a.Base)
		case a.Placements < 0 || a.Population < 0 || math.IsInf(a.Placements, 1) || math.IsInf(a.Population, 1):
			return Correlation{}, refuse("“%s”的点位数或人数有误", a.Name)
		case math.IsNaN(a.Placements):
			left = append(left, a.Name+"（"+cmp.Or(a.Why, "点位尚未清点")+"）")
		case !(a.Population > 0):
			left = append(left, a.Name+"（人数不详）")
		case a.Base == 0:
			left = append(left, a.Name+"（没有人回答）")
		default:
			p := Point{a.Name, 1000 * a.Placements / a.Population, s.share(a.Aware, a.Base)}
			c.Points = append(c.Points, p)
			x, y = append(x, p.PerThousand), append(y, p.Aware.Value)
		}
	}
	if len(left) > 0 {
		c.Warnings = append(c.Warnings, warning(LeftOut, "没有计入：%s", strings.Join(left, "、")))
	}
	if why := uncorrelated(x, y); why != "" {
		c.Sentence = "无法比较：" + why + "。"
		c.Warnings = s.cautions(append(c.Warnings, warning(NoTest, "%s", why)))
		return c, nil
	}
	c.correlate(x, y, s)
	c.speak()
	c.Warnings = s.cautions(c.Warnings)
	return c, nil
}

func uncorrelated(x, y []float64) string {
	switch {
	case len(x) < 3:
		return fmt.Sprintf("有数据的地区只有%d个，至少要3个", len(x))
	case slices.Min(x) == slices.Max(x):
		return "各地区每千人的点位数都一样"
	case slices.Min(y) == slices.Max(y):
		return "各地区的知晓率都一样"
	}
	return ""
}

func (c *Correlation) correlate(x, y []float64, s Settings) {
	n := float64(len(x))
	rx, tiesX := ranked(x)
	ry, tiesY := ranked(y)
	c.Rho = min(max(stat.Correlation(rx, ry, nil), -1), 1)
	if 1-math.Abs(c.Rho) < 1e-12 { // ranks that agree altogether, but for rounding
		c.Rho = math.Copysign(1, c.Rho)
	}
	c.Valid = true
	if left := 1 - c.Rho*c.Rho; len(x) <= allOrders {
		c.P = permuted(rx, ry)
	} else if left > 0 {
		c.P = min(1, 2*distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 2}.Survival(math.Abs(c.Rho)*math.Sqrt((n-2)/left)))
	}
	warn := func(code, format string, args ...any) {
		c.Warnings = append(c.Warnings, warning(code, format, args...))
	}
	switch {
	case math.Abs(c.Rho) == 1:
		warn(estimate.NoInterval, "各地区的次序完全一致，不能由此给出区间")
	case n < 4:
		warn(estimate.NoInterval, "只有3个地区，不能给出区间")
	default:
		half := distuv.UnitNormal.Quantile(1-(1-s.Level)/2) * math.Sqrt((1+c.Rho*c.Rho/2)/(n-3))
		c.Lower, c.Upper, c.HasInterval = math.Tanh(math.Atanh(c.Rho)-half), math.Tanh(math.Atanh(c.Rho)+half), true
	}
	if n < fewAreas {
		warn(FewAreas, "只有%d个地区，相关系数和区间都很粗", len(x))
	}
	if most := max(tiesX, tiesY); float64(most) > n/2 {
		warn(TiedAreas, "有%d个地区的数值相同，次序分不出来", most)
	}
}

// permuted is the part of all orders in which ranks go together at least as much, up or down.
func permuted(x, y []float64) float64 {
	mean := float64(len(x)+1) / 2
	together := func(y []float64) float64 {
		sum := 0.0
		for i, v := range x {
			sum += (v - mean) * (y[i] - mean)
		}
		return math.Abs(sum)
	}
	seen := together(y) - 1e-9
	var all, as float64
	var visit func(y []float64, k int)
	visit = func(y []float64, k int) {
		if k == len(y) {
			if all++; together(y) >= seen {
				as++
			}
			return
		}
		for i := k; i < len(y); i++ {
			y[k], y[i] = y[i], y[k]
			visit(y, k+1)
			y[k], y[i] = y[i], y[k]
		}
	}
	visit(slices.Clone(y), 0)
	return as / all
}

// ranked gives middle ranks, and how many share the most common value.
func ranked(x []float64) (ranks []float64, most int) {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	ranks = make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2
		}
		most, from = max(most, to-from), to
	}
	return ranks, most
}

func (c *Correlation) speak() {
	figure := fmt.Sprintf("%d个地区的等级相关系数为%s", len(c.Points), estimate.Round(c.Rho, 2))
	if !c.HasInterval {
		c.Sentence = figure + "，不能给出区间。"
		return
	}
	figure += fmt.Sprintf("（%s至%s）", estimate.Round(c.Lower, 2), estimate.Round(c.Upper, 2))
	switch {
	case c.Lower > 0:
		c.Sentence = "每千人点位多的地区，知晓率也较高：" + figure + "。"
	case c.Upper < 0:
		c.Sentence = "每千人点位多的地区，知晓率反而较低：" + figure + "。"
	default:
		c.Sentence = "看不出每千人点位数和知晓率有关：" + figure + "。"
	}
}
