package estimate

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Tally is what one scan of a table adds up for the respondents of a stratum, sampling
// unit, set of domains and cell (an option of a question; empty where they have no answer).
// Who is in several domains at once stands in one tally that names them all.
type Tally struct {
	Stratum, Unit string // Unit is empty where each respondent was drawn by themselves
	Domains       []string
	Cell          string
	N             int64
	Weight        float64 // Σw
	Weight2       float64 // Σw², of need only where Unit is empty
}

// in tells whether the respondents belong to a domain; the empty one is all.
func (t *Tally) in(domain string) bool { return domain == "" || slices.Contains(t.Domains, domain) }

// Scan is a whole table in tallies: all respondents are in exactly one of them, whatever
// they answered, since who is outside a domain says how many were drawn.
type Scan struct {
	Tallies []Tally
	// Populations are how many units (or respondents) each stratum holds; one that is left
	// out is endless.
	Populations map[string]float64
	Lonely      LonelyPSU
	// Calibration is what was done to the weights, nil where nothing was: its rows are the
	// tallies, and its weights those of one respondent of each, who are all alike in it. After
	// are the weights that hit the totals; a Tally.Weight may since have been trimmed.
	Calibration *Calibration

	prepared *prepared
}

type prepared struct {
	compiled *compiled
	err      error
}

// Prepared sorts the tallies by stratum and unit once for all figures that are asked of it; they
// are not changed after that.
func (s Scan) Prepared() Scan {
	d, err := s.compile()
	s.prepared = &prepared{d, err}
	return s
}

// Shares estimates which part of a domain (of all where it is empty) chose each of the
// cells, of those who have an answer. It gives the same as Means of the rows, from the sums
// alone: a figure on ten million responses costs the scan.
func (s Scan) Shares(domain string, cells []string) (*Figures, error) {
	return s.means(len(cells), func(i, k int) (float64, bool, bool) {
		t, y := &s.Tallies[i], 0.0
		if t.Cell == cells[k] {
			y = 1
		}
		return y, t.Cell != "", t.in(domain)
	})
}

// Mean estimates the mean over a domain (all where it is empty) of what the cells are worth;
// value answers false for a cell that is not in the base, as one without an answer. A mean of
// 0 and 1 alone is a share.
func (s Scan) Mean(domain string, value func(cell string) (float64, bool)) (Figure, error) {
	f, err := s.MeansBy([]string{domain}, value)
	if err != nil {
		return Figure{}, err
	}
	return f.Each[0], nil
}

// MeansBy is Mean of several domains with their covariance, as comparisons need it: domains
// share strata and units, and people where they overlap: who is in both adds to the covariance
// with the product of both linearised values, as in svyratio(covmat=TRUE) of R's survey.
func (s Scan) MeansBy(domains []string, value func(cell string) (float64, bool)) (*Figures, error) {
	type worth struct {
		y  float64
		in bool
	}
	cells, each := map[string]worth{}, make([]worth, len(s.Tallies))
	for i, t := range s.Tallies {
		w, known := cells[t.Cell]
		if !known {
			w.y, w.in = value(t.Cell)
			cells[t.Cell] = w
		}
		each[i] = w
	}
	return s.means(len(domains), func(i, k int) (float64, bool, bool) {
		return each[i].y, each[i].in, s.Tallies[i].in(domains[k])
	})
}

// means estimates the means of several variables. Of the i-th tally and the k-th of them, of gives
// what each respondent is worth, whether they are in the base, and whether in the domain.
func (s Scan) means(count int, of func(i, k int) (y float64, answered, inside bool)) (*Figures, error) {
	d, err := s.compile()
	if err != nil {
		return nil, err
	}
	f := &Figures{Each: make([]Figure, count), Covariance: mat.NewSymDense(max(count, 1), nil)}
	a, spread := make([][]float64, len(s.Tallies)), make([]float64, count)
	for i, all := 0, make([]float64, len(a)*count); i < len(a); i++ {
		a[i] = all[i*count : (i+1)*count]
	}
	anywhere, any := make([]bool, len(s.Tallies)), false
	for k := range f.Each {
		in, variance := s.mean(&f.Each[k], a, k, of)
		f.Each[k].DF = d.degrees(in)
		spread[k] = variance
		any = any || f.Each[k].Valid
		for i, here := range in {
			anywhere[i] = anywhere[i] || here
		}
	}
	if f.df = d.degrees(anywhere); !any {
		return f, nil
	}
	if s.Calibration != nil {
		s.Calibration.tallied(s.Tallies, a)
		for i := range anywhere { // what is left of a domain reaches beyond it
			anywhere[i] = true
		}
	}
	warnings, err := d.covariance(f.Covariance, a, anywhere)
	if err != nil {
		return nil, err
	}
	for k := range f.Each {
		if f.Each[k].Valid {
			f.Each[k].settle(f.Covariance.At(k, k), spread[k], warnings)
		}
	}
	return f, nil
}

// mean gives the k-th mean without its error: the tallies in its base, its linearised values
// per weight in a (z = w·a with one a for each tally), and the spread of the variable.
func (s Scan) mean(f *Figure, a [][]float64, k int, of func(i, k int) (float64, bool, bool)) (in []bool, spread float64) {
	in = make([]bool, len(s.Tallies))
	base, sum, n, missing, share := 0.0, 0.0, int64(0), int64(0), true
	for i := range s.Tallies {
		t := &s.Tallies[i]
		y, answered, inside := of(i, k)
		switch {
		case !inside:
		case !answered:
			missing += t.N
		default:
			in[i] = true
			base, sum, n = base+t.Weight, sum+t.Weight*y, n+t.N
			share = share && (y == 0 || y == 1)
		}
	}
	*f = Figure{N: int(n), Base: base, share: share, rows: int(n)}
	if missing > 0 {
		f.warn(MissingRows, "有%d行没有回答，没有计入", missing)
	}
	if base == 0 {
		f.warn(BaseZero, "基数为0，无法计算")
		return in, 0
	}
	f.Value, f.Valid = sum/base, true
	for i := range s.Tallies { // in their order: the same tallies give the same last digit
		if in[i] {
			t := &s.Tallies[i]
			y, _, _ := of(i, k)
			a[i][k] = (y - f.Value) / base
			spread += t.Weight * (y - f.Value) * (y - f.Value) / base
		}
	}
	return in, spread
}

// settle takes a mean's variance over, and its design effect against a simple random sample
// without replacement of as many; spread is the variable's own variance.
func (f *Figure) settle(variance, spread float64, warnings []Warning) {
	f.Warnings = append(f.Warnings, warnings...)
	if variance <= 0 || f.DF < 1 || spread <= 0 {
		f.warn(NoSpread, "所有回答都一样，或抽样单元太少，无法估计抽样误差")
		return
	}
	f.SE, f.HasSE = math.Sqrt(variance), true
	if n := float64(f.N); n > 1 && f.Base > n {
		simple := spread * n / (n - 1) * (f.Base - n) / (f.Base * n)
		f.Deff = variance / simple
		f.EffectiveN = n / f.Deff
	}
}

// compiled are the tallies by stratum and unit.
type compiled struct {
	scan   Scan
	strata []scanStratum
}

type scanStratum struct {
	name  string
	units [][]int // tallies of each unit; one entry where respondents are the units
	drawn float64
	alone bool // respondents are the units
}

func (s Scan) compile() (*compiled, error) {
	if s.prepared != nil {
		return s.prepared.compiled, s.prepared.err
	}
	type key struct{ stratum, unit string }
	c := &compiled{scan: s}
	strata, units := map[string]int{}, map[key]int{}
	home := map[string]string{} // of each unit
	for i, t := range s.Tallies {
		if t.N < 0 || !isNumber(t.Weight) || t.Weight < 0 || !isNumber(t.Weight2) || t.Weight2 < 0 {
			return nil, &DesignError{Why: fmt.Sprintf("层“%s”的计数或权重不是非负数", t.Stratum)}
		}
		at, known := strata[t.Stratum]
		if !known {
			at = len(c.strata)
			strata[t.Stratum] = at
			c.strata = append(c.strata, scanStratum{name: t.Stratum, alone: t.Unit == ""})
		}
		h := &c.strata[at]
		if h.alone != (t.Unit == "") {
			return nil, &DesignError{Why: fmt.Sprintf("层“%s”里有的人有抽样单元，有的没有", t.Stratum)}
		}
		if stratum, seen := home[t.Unit]; t.Unit != "" && seen && stratum != t.Stratum {
			return nil, &DesignError{Why: fmt.Sprintf("抽样单元“%s”同时在两个层里", t.Unit)}
		}
		home[t.Unit] = t.Stratum
		k := key{t.Stratum, t.Unit}
		u, known := units[k]
		if !known {
			u = len(h.units)
			units[k] = u
			h.units = append(h.units, nil)
		}
		h.units[u] = append(h.units[u], i)
		if h.alone {
			h.drawn += float64(t.N)
		}
	}
	for i := range c.strata {
		h := &c.strata[i]
		if !h.alone {
			h.drawn = float64(len(h.units))
		}
		if n, known := s.Populations[h.name]; known && n < h.drawn {
			return nil, &DesignError{Why: fmt.Sprintf("层“%s”抽了%.0f个，总体却只有%.0f个", h.name, h.drawn, n)}
		}
	}
	return c, nil
}

// degrees are units less strata, of those with an answer and a weight.
func (c *compiled) degrees(answered []bool) int {
	units, strata := 0, 0
	for _, h := range c.strata {
		here := 0
		for _, unit := range h.units {
			n := 0
			for _, i := range unit {
				if t := &c.scan.Tallies[i]; answered[i] && t.Weight > 0 {
					n += int(t.N)
				}
			}
			if !h.alone {
				n = min(n, 1)
			}
			here += n
		}
		if here > 0 {
			units, strata = units+here, strata+1
		}
	}
	return units - strata
}

// covariance adds up what the units of each stratum differ by, as Design.covariance does for
// one stage; a are the linearised values per weight of each tally.
func (c *compiled) covariance(into *mat.SymDense, a [][]float64, answered []bool) ([]Warning, error) {
	p := len(a[0])
	strata, could := 0, 0
	told := &adding{d: &Design{lonely: c.lonely()}}
	sum := mat.NewSymDense(p, nil)
	for _, h := range c.strata {
		if !h.asked(answered) {
			continue
		}
		strata++
		f := 1.0
		if n, known := c.scan.Populations[h.name]; known && !math.IsInf(n, 1) {
			f = (n - h.drawn) / n
		}
		if f < 1e-7 {
			could++
			continue
		}
		center := true
		if h.drawn == 1 {
			switch c.lonely() {
			case LonelyFail:
				return nil, &DesignError{Why: fmt.Sprintf("层“%s”只抽了一个单元，无法估计抽样误差；请合并层，或选择处理办法（lonely-psu）", h.name)}
			case LonelyAverage:
				told.lonely(0)
				continue
			case LonelyAdjust:
				told.lonely(0)
				center = false
			default:
				told.lonely(0)
				could++
				continue
			}
		}
		could++
		scale := f
		if h.drawn > 1 {
			scale *= h.drawn / (h.drawn - 1)
		}
		c.stratum(sum, h, a, scale, center)
	}
	if could == 0 && strata > 0 {
		return nil, &DesignError{Why: "每一层都只有一个抽样单元，无法估计抽样误差"}
	}
	factor := 1.0
	if strata > could {
		factor = float64(strata) / float64(could)
	}
	addScaled(into, sum, factor)
	return told.warnings, nil
}

func (c *compiled) lonely() LonelyPSU {
	if c.scan.Lonely == "" {
		return LonelyFail
	}
	return c.scan.Lonely
}

func (h scanStratum) asked(answered []bool) bool {
	for _, unit := range h.units {
		for _, i := range unit {
			if answered[i] {
				return true
			}
		}
	}
	return false
}

func (c *compiled) stratum(into *mat.SymDense, h scanStratum, a [][]float64, scale float64, center bool) {
	p := into.SymmetricDim()
	mean, total := make([]float64, p), make([]float64, p)
	squares := mat.NewSymDense(p, nil)
	for _, unit := range h.units {
		clear(total)
		for _, i := range unit {
			t := &c.scan.Tallies[i]
			for k := range p {
				total[k] += t.Weight * a[i][k]
			}
			if h.alone { // each respondent is a unit: Σz² = a²Σw²
				for x := range p {
					for y := x; y < p; y++ {
						squares.SetSym(x, y, squares.At(x, y)+t.Weight2*a[i][x]*a[i][y])
					}
				}
			}
		}
		for k := range p {
			mean[k] += total[k] / h.drawn
		}
		if !h.alone {
			squares.SymRankOne(squares, 1, mat.NewVecDense(p, total))
		}
	}
	for x := range p {
		for y := x; y < p; y++ {
			v := squares.At(x, y)
			if center {
				v -= h.drawn * mean[x] * mean[y]
			}
			into.SetSym(x, y, into.At(x, y)+scale*v)
		}
	}
}
