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

// residuals takes out of linearised variables what the margins say.
func (c Calibration) residuals(z [][]float64) [][]float64 {
	left := make([][]float64, len(z))
	for k := range z {
		left[k] = append([]float64{}, z[k]...)
		if len(c.Margins) == 1 {
			c.sweep(left[k], c.Margins[0], c.Before)
			continue
		}
		for range sweeps {
			for _, margin := range c.Margins {
				c.sweep(left[k], margin, nil)
			}
		}
	}
	return left
}

// sweep takes the mean of z/w within each category out of z; the mean is weighted by by,
// plain without.
func (c Calibration) sweep(z []float64, margin []int, by []float64) {
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
		sum[category] += w * z[i] / c.After[i]
		weight[category] += w
	}
	for i, category := range margin {
		if weight[category] > 0 {
			z[i] -= c.After[i] * sum[category] / weight[category]
		}
	}
}
