package estimate

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// LonelyPSU says what a stratum of one primary sampling unit adds to a variance, of which
// nothing can be learned from that one unit (Lumley, Complex Surveys, section 3.2.1).
type LonelyPSU string

// The closed list.
const (
	LonelyFail      LonelyPSU = "fail"      // refuse the figure
	LonelyAdjust    LonelyPSU = "adjust"    // its distance from the centre of all: rather too much
	LonelyAverage   LonelyPSU = "average"   // as much as the other strata on average
	LonelyCertainty LonelyPSU = "certainty" // nothing: the unit was in the sample for certain
	LonelyRemove    LonelyPSU = "remove"    // nothing
)

// Rows describe how respondents were drawn, row by row. Columns by stage, the first first;
// a missing column of strata is one stratum, of clusters each row by itself, of populations
// an endless population.
type Rows struct {
	N       int
	Weights []float64 // nil: every row weighs 1
	Strata  [][]string
	// Clusters name the units drawn at each stage. With Nest a name means another unit in
	// another stratum; without, a first-stage unit in two strata is refused.
	Clusters [][]string
	Nest     bool
	// Populations are, for each row, how many units its stratum holds of which those of the
	// stage were drawn, or, where all are below 1, the fraction drawn.
	Populations [][]float64
	Lonely      LonelyPSU // empty: fail
}

// DesignError is a description that contradicts itself or the data; Row is 1-based, 0 for
// all. Why is for people (Chinese).
type DesignError struct {
	Row int
	Why string
}

func (e *DesignError) Error() string {
	if e.Row > 0 {
		return fmt.Sprintf("第%d行：%s", e.Row, e.Why)
	}
	return e.Why
}

// Design is a checked description: who was drawn with whom, at each stage.
type Design struct {
	weights      []float64
	stages       []stage
	lonely       LonelyPSU
	calibrations []Calibration
}

// stage numbers the strata and units of one stage, each within all that is above it.
type stage struct {
	strata, units []int     // by row
	drawn         []int     // by stratum: how many units
	population    []float64 // by row; nil: endless
}

// NewDesign checks a description. Names are joined with those of the stages above, so that
// class 1 of two schools is two classes.
func NewDesign(r Rows) (*Design, error) {
	d := &Design{weights: r.Weights, lonely: r.Lonely}
	if d.lonely == "" {
		d.lonely = LonelyFail
	}
	if d.weights == nil {
		d.weights = make([]float64, r.N)
		for i := range d.weights {
			d.weights[i] = 1
		}
	}
	if err := checkWeights(r.N, d.weights); err != nil {
		return nil, err
	}
	units := r.Clusters
	if len(units) == 0 {
		units = [][]string{nil} // each row by itself
	}
	var above []int // the unit of the stage above
	for at := range units {
		s := stage{}
		var stratum []string
		if len(r.Strata) > 0 {
			stratum = r.Strata[min(at, len(r.Strata)-1)]
		}
		s.strata = number(r.N, above, stratum)
		outer := above
		if r.Nest {
			outer = s.strata
		}
		if units[at] == nil {
			s.units = rowsAlone(r.N)
		} else {
			s.units = number(r.N, outer, units[at])
		}
		if err := s.count(at, r); err != nil {
			return nil, err
		}
		if at < len(r.Populations) && r.Populations[at] != nil {
			if err := s.populate(at, r.Populations[at]); err != nil {
				return nil, err
			}
		}
		d.stages, above = append(d.stages, s), s.units
	}
	return d, nil
}

func checkWeights(n int, weights []float64) error {
	if n == 0 {
		return &DesignError{Why: "没有一行数据"}
	}
	if len(weights) != n {
		return &DesignError{Why: fmt.Sprintf("权重有%d个，数据有%d行", len(weights), n)}
	}
	total := 0.0
	for i, w := range weights {
		if !isNumber(w) || w < 0 {
			return &DesignError{Row: i + 1, Why: "权重不是数字或小于0；缺权重的行请补上，不参加计算的请填0"}
		}
		total += w
	}
	if total == 0 {
		return &DesignError{Why: "所有权重都是0"}
	}
	return nil
}

func rowsAlone(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// number gives each distinct pair of a unit above and a name a number.
func number(n int, above []int, names []string) []int {
	type key struct {
		above int
		name  string
	}
	seen := map[key]int{}
	list := make([]int, n)
	for i := range list {
		k := key{}
		if above != nil {
			k.above = above[i]
		}
		if names != nil {
			k.name = names[i]
		}
		at, known := seen[k]
		if !known {
			at = len(seen)
			seen[k] = at
		}
		list[i] = at
	}
	return list
}

// count counts the units drawn in each stratum, and refuses a unit in two of them.
func (s *stage) count(at int, r Rows) error {
	of := map[int]int{}
	for i, unit := range s.units {
		stratum, known := of[unit]
		if known && stratum != s.strata[i] {
			return &DesignError{Row: i + 1, Why: fmt.Sprintf("第%d级抽样单元“%s”同时在两个层里；如果不同层的同名单元是不同的单元，请选择嵌套（nest）", at+1, nameOf(r.Clusters, at, i))}
		}
		if !known {
			of[unit] = s.strata[i]
			for len(s.drawn) <= s.strata[i] {
				s.drawn = append(s.drawn, 0)
			}
			s.drawn[s.strata[i]]++
		}
	}
	return nil
}

func nameOf(columns [][]string, at, row int) string {
	if at < len(columns) && columns[at] != nil {
		return strings.TrimSpace(columns[at][row])
	}
	return fmt.Sprint(row + 1)
}

// populate takes how many units there are, or which part of them was drawn.
func (s *stage) populate(at int, given []float64) error {
	s.population = make([]float64, len(given))
	fractions := true
	for i, v := range given {
		if !(v > 0) { // also not a number
			return &DesignError{Row: i + 1, Why: fmt.Sprintf("第%d级的总体单元数要大于0", at+1)}
		}
		fractions = fractions && v <= 1
	}
	for i, v := range given {
		n := float64(s.drawn[s.strata[i]])
		if fractions {
			v = n / v
		} else if v < 1 {
			return &DesignError{Row: i + 1, Why: fmt.Sprintf("第%d级的总体单元数里混有小数；要么都填单元数，要么都填抽样比", at+1)}
		}
		if v < n {
			return &DesignError{Row: i + 1, Why: fmt.Sprintf("第%d级抽了%.0f个单元，总体却只有%s个", at+1, n, strconv.FormatFloat(v, 'f', -1, 64))}
		}
		s.population[i] = v
	}
	return nil
}

// degrees are the degrees of freedom of a domain: first-stage units less strata, of those
// with a weight in it (Korn and Graubard, Analysis of Health Surveys, section 5.2).
func (d *Design) degrees(in []bool) int {
	units, strata := map[int]bool{}, map[int]bool{}
	for i, w := range d.weights {
		if w > 0 && (in == nil || in[i]) {
			units[d.stages[0].units[i]], strata[d.stages[0].strata[i]] = true, true
		}
	}
	return len(units) - len(strata)
}

// covariance is that of the totals of linearised variables, by rows × variables (Särndal,
// Swensson, Wretman, Model Assisted Survey Sampling, section 4.3.2 for each stage): what
// the units of a stage differ by, and within each unit the part of it that was drawn times
// what the next stage adds. Rows outside the domain are zero and stay in the design.
func (d *Design) covariance(z [][]float64, in []bool) (*mat.SymDense, []Warning, error) {
	for _, calibration := range d.calibrations {
		z, in = calibration.residuals(z, nil), nil // what is left of a domain reaches beyond it
	}
	v := mat.NewSymDense(len(z), nil)
	c := &adding{d: d, z: z, in: in}
	all := rowsAlone(len(d.weights))
	if err := c.stage(v, 0, all, 1); err != nil {
		return nil, nil, err
	}
	return v, c.warnings, nil
}

// adding adds up the stages of a covariance.
type adding struct {
	d        *Design
	z        [][]float64
	in       []bool
	warnings []Warning
	told     bool
}

// stage adds what the units of one stage add among the rows of one unit above, times factor.
func (c *adding) stage(into *mat.SymDense, at int, rows []int, factor float64) error {
	s := c.d.stages[at]
	byStratum, order := parted(rows, s.strata)
	sum := mat.NewSymDense(len(c.z), nil)
	could, strata := 0, 0
	for _, stratum := range order {
		members := byStratum[stratum]
		if !c.inside(members) {
			continue
		}
		strata++
		part, known, err := c.stratum(s, at, stratum, members)
		if err != nil {
			return err
		}
		if known {
			could++
			sum.AddSym(sum, part)
		}
	}
	if could == 0 && strata > 0 {
		return &DesignError{Why: "每一层都只有一个抽样单元，无法估计抽样误差"}
	}
	own := factor
	if strata > could { // strata of one unit, taken for the average of the others
		own *= float64(strata) / float64(could)
	}
	addScaled(into, sum, own)
	if at+1 == len(c.d.stages) || s.population == nil {
		return nil // an endless population: what lies below adds nothing
	}
	byUnit, units := parted(rows, s.units)
	for _, unit := range units {
		members := byUnit[unit]
		if !c.inside(members) {
			continue
		}
		drawn := float64(s.drawn[s.strata[members[0]]]) / s.population[members[0]]
		if err := c.stage(into, at+1, members, factor*drawn); err != nil {
			return err
		}
	}
	return nil
}

func (c *adding) inside(rows []int) bool {
	if c.in == nil {
		return true
	}
	for _, i := range rows {
		if c.in[i] {
			return true
		}
	}
	return false
}

// parted puts rows into groups; the order is that of the first row of each.
func parted(rows []int, by []int) (map[int][]int, []int) {
	groups := map[int][]int{}
	var order []int
	for _, i := range rows {
		if _, known := groups[by[i]]; !known {
			order = append(order, by[i])
		}
		groups[by[i]] = append(groups[by[i]], i)
	}
	return groups, order
}

// stratum gives what the units of a stratum differ by; known is false where it can't be
// said and stands for the average of the others.
func (c *adding) stratum(s stage, at, stratum int, rows []int) (part *mat.SymDense, known bool, err error) {
	p, n := len(c.z), s.drawn[stratum]
	f := 1.0
	if s.population != nil && !math.IsInf(s.population[rows[0]], 1) {
		f = (s.population[rows[0]] - float64(n)) / s.population[rows[0]]
	}
	part = mat.NewSymDense(p, nil)
	if f < 1e-7 {
		return part, true, nil // all of them were drawn
	}
	byUnit, order := parted(rows, s.units)
	totals := make([][]float64, len(order))
	mean := make([]float64, p)
	for u, unit := range order {
		totals[u] = make([]float64, p)
		for _, i := range byUnit[unit] {
			for k := range p {
				totals[u][k] += c.z[k][i]
			}
		}
		for k := range p {
			mean[k] += totals[u][k] / float64(n)
		}
	}
	if n == 1 {
		switch c.d.lonely {
		case LonelyFail:
			return nil, false, &DesignError{Row: rows[0] + 1, Why: fmt.Sprintf("第%d级有一层只抽了一个单元，无法估计抽样误差；请合并层，或选择处理办法（lonely-psu）", at+1)}
		case LonelyAverage:
			c.lonely(at)
			return nil, false, nil
		case LonelyAdjust:
			c.lonely(at)
			clear(mean)
		default:
			c.lonely(at)
			return part, true, nil
		}
	}
	scale := f
	if n > 1 {
		scale *= float64(n) / float64(n-1)
	}
	// Units without a row in the domain are zero, and differ from the mean by all of it.
	empty := float64(n - len(order))
	for a := range p {
		for b := a; b < p; b++ {
			sum := empty * mean[a] * mean[b]
			for u := range totals {
				sum += (totals[u][a] - mean[a]) * (totals[u][b] - mean[b])
			}
			part.SetSym(a, b, scale*sum)
		}
	}
	return part, true, nil
}

func (c *adding) lonely(at int) {
	if !c.told {
		c.told = true
		c.warnings = append(c.warnings, Warning{Code: LonelyUnit, Text: fmt.Sprintf("第%d级有的层只抽了一个单元，按“%s”处理，抽样误差是近似的", at+1, lonelyNames[c.d.lonely])})
	}
}

var lonelyNames = map[LonelyPSU]string{LonelyAdjust: "偏离总中心", LonelyAverage: "取其他层的平均", LonelyCertainty: "必抽单元，不计误差", LonelyRemove: "不计误差"}

func addScaled(into, from *mat.SymDense, factor float64) {
	for a := range from.SymmetricDim() {
		for b := a; b < from.SymmetricDim(); b++ {
			into.SetSym(a, b, into.At(a, b)+factor*from.At(a, b))
		}
	}
}
