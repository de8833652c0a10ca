package importance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"shuixuan/analytics/estimate"
)

// block is how many replicates are held in memory at once: 40 MB of weights for 100,000 rows.
const block = 50

// draws are what the replicates gave, by item.
type draws struct {
	shares, performance [][]float64
	counted             int // replicates whose shares exist
	why                 string
}

// bootstrap draws sampling units anew within each stratum, one fewer than there are, with their
// weights scaled (Rao and Wu 1988, JASA 83), and does everything again: ranks, correlations,
// shares, performance. Orders that are sampled stay the same ones. A design that can't be drawn
// from again gives no intervals, and the reason.
func (a *answers) bootstrap(ctx context.Context, design *estimate.Design, r *Result, progress func(done, of int)) (*draws, error) {
	all := &draws{shares: make([][]float64, len(a.data.Items)), performance: make([][]float64, len(a.data.Items))}
	count := a.settings.Replicates
	if count == 0 {
		all.why = "没有作自助抽样"
		return all, nil
	}
	weights := make([]float64, len(a.rows))
	for done := 0; done < count; done += block {
		replicates, err := design.Bootstrap(max(2, min(block, count-done)), a.settings.Seed+uint64(done/block))
		var fault *estimate.DesignError
		switch {
		case errors.As(err, &fault):
			all.why = fault.Error()
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("bootstrap of importance: %w", err)
		}
		for _, full := range replicates.Weights[:min(block, count-done)] {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for k, i := range a.rows {
				weights[k] = full[i]
			}
			a.draw(all, full, weights)
		}
		if progress != nil {
			progress(min(count, done+block), count)
		}
	}
	r.Replicates = all.counted
	return all, nil
}

// draw adds one replicate.
func (a *answers) draw(all *draws, full, weights []float64) {
	for k, v := range a.performance(full) {
		if finite(v) {
			all.performance[k] = append(all.performance[k], v)
		}
	}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	if total == 0 {
		return
	}
	m := a.correlations(weights)
	if m == nil {
		return
	}
	shares, _ := a.shares(m)
	if !(shares.r2 > 1e-12) {
		return
	}
	all.counted++
	for c, k := range a.active {
		all.shares[k] = append(all.shares[k], 100*shares.of[c]/shares.r2)
	}
}

// intervals are from the percentiles of the replicates.
func (a *answers) intervals(r *Result, all *draws) {
	need := 0.9 * float64(a.settings.Replicates) // of the rest nothing is known, and it isn't chance
	why := all.why
	switch tail := (1 - a.settings.Level) / 2; {
	case why != "":
	case float64(all.counted+1)*tail < 1:
		why = fmt.Sprintf("自助抽样只有%d次，置信水平%v至少要%.0f次", all.counted, a.settings.Level, math.Ceil(1/tail)-1)
	case float64(all.counted) < need:
		why = fmt.Sprintf("%d次自助抽样里只有%d次算得出重要性", a.settings.Replicates, all.counted)
	}
	if why != "" {
		r.Warnings = append(r.Warnings, warning(NoInterval, "没有给出区间：%s", why))
		return
	}
	for k := range r.Items {
		d := &r.Items[k]
		if a.isActive(k) {
			d.Lower, d.Upper = percentiles(all.shares[k], a.settings.Level)
			d.HasInterval = true
		}
		if a.data.Items[k].Performance == nil && d.Performance.Valid && float64(len(all.performance[k])) >= need {
			d.Performance.Lower, d.Performance.Upper = percentiles(all.performance[k], a.settings.Level)
			width := d.Performance.Upper - d.Performance.Lower
			if d.Performance.HasInterval = width > 1e-12*math.Abs(d.Performance.Value); !d.Performance.HasInterval {
				d.Performance.Lower, d.Performance.Upper = 0, 0 // all answers alike: no certainty comes of that
			}
		}
	}
}

// percentiles are the values at (B+1)·α/2 and (B+1)·(1−α/2) in their order, between two of them
// in proportion (Davison and Hinkley, Bootstrap Methods and their Application, section 5.3; R's
// quantile type 6).
func percentiles(values []float64, level float64) (lower, upper float64) {
	sorted := slices.Sorted(slices.Values(values))
	at := func(p float64) float64 {
		h := min(max(p*float64(len(sorted)+1), 1), float64(len(sorted)))
		k := int(h)
		if k == len(sorted) {
			return sorted[k-1]
		}
		return sorted[k-1] + (h-float64(k))*(sorted[k]-sorted[k-1])
	}
	return at((1 - level) / 2), at(1 - (1-level)/2)
}
