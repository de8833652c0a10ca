package estimate

// Calibration is what was done to the weights so that they add up to known totals. The
// variance needs it: what the totals already say is no longer uncertain.
type Calibration struct {
	// Margins hold, for each variable the totals were known of, the category of each row.
	Margins       [][]int
	Before, After []float64 // weights
}

// Calibrated gives the design under the new weights. Its variances are those of residuals:
// of post-stratification (one margin) from the mean of the cell, of raking from the margins
// in turn (Deville, Särndal and Sautory 1993, JASA 88; R's survey does the same).
func (d *Design) Calibrated(c Calibration) (*Design, error) {
	if err := checkWeights(len(d.weights), c.After); err != nil {
		return nil, err
	}
	more := *d
	more.weights = c.After
	more.calibrations = append(append([]Calibration{}, d.calibrations...), c)
	return &more, nil
}

// sweeps is how often the margins of a raking are gone through; the residuals settle long
// before.
const sweeps = 10

// residuals takes out of linearised variables what the margins say. counts are how many
// respondents each row stands for, all alike (nil: one each).
func (c Calibration) residuals(z [][]float64, counts []float64) [][]float64 {
	left := make([][]float64, len(z))
	for k := range z {
		left[k] = append([]float64{}, z[k]...)
		if len(c.Margins) == 1 {
			c.sweep(left[k], counts, c.Margins[0], c.Before)
			continue
		}
		for range sweeps {
			for _, margin := range c.Margins {
				c.sweep(left[k], counts, margin, nil)
			}
		}
	}
	return left
}

// sweep takes the mean of z/w within each category out of z; the mean is weighted by by,
// plain without.
func (c Calibration) sweep(z, counts []float64, margin []int, by []float64) {
	size := 0
	for _, category := range margin {
		size = max(size, category+1)
	}
	sum, weight := make([]float64, size), make([]float64, size)
	for i, category := range margin {
		if c.After[i] == 0 {
			continue // it adds nothing to any total
		}
		w := 1.0
		if by != nil {
			w = by[i]
		}
		if counts != nil {
			w *= counts[i]
		}
		sum[category] += w * z[i] / c.After[i]
		weight[category] += w
	}
	for i, category := range margin {
		if weight[category] > 0 {
			z[i] -= c.After[i] * sum[category] / weight[category]
		}
	}
}

// tallied takes out of linearised values per weight (a, by tally and variable) what the
// margins say.
func (c Calibration) tallied(tallies []Tally, a [][]float64) {
	if len(tallies) == 0 {
		return
	}
	weights, counts := make([]float64, len(tallies)), make([]float64, len(tallies))
	z := make([][]float64, len(a[0]))
	for k := range z {
		z[k] = make([]float64, len(tallies))
	}
	for i, t := range tallies {
		if t.N == 0 {
			continue
		}
		counts[i] = float64(t.N)
		weights[i] = t.Weight / counts[i]
		for k := range z {
			z[k][i] = weights[i] * a[i][k]
		}
	}
	for k, left := range c.residuals(z, counts) {
		for i, w := range weights {
			if w > 0 {
				a[i][k] = left[i] / w
			}
		}
	}
}
