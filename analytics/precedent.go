package analytics

import (
	"context"
	"slices"

	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

// Precedent is what a wave teaches the plan of another: how many were satisfied, and how
// much wider the interval was than that of people who were reached one by one.
type Precedent struct {
	Indicator survey.Indicator
	Share     WeightedFigure // in all and by stratum
	Sample    Sample
	// Alike is the variance of the share against that of the same sample without units: the
	// part of its design effect that comes of people who were reached together. 1 where nobody
	// was, 0 where it can't be said.
	Alike float64
}

// Precedent asks for the headline share of the satisfied; known is false where the
// questionnaire has none. A plan reckons with the strata itself, so a design effect that also
// holds the unequal weights of the strata would count them twice (Kish 1965, section 8.2):
// Alike keeps the rest apart.
func (r *Reader) Precedent(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire) (p Precedent, known bool, err error) {
	at := slices.IndexFunc(q.Indicators, func(i survey.Indicator) bool {
		question, asked := q.Question(i.Question)
		return i.Headline && i.Kind == survey.Share && asked && question.Dimension == satisfaction
	})
	if at < 0 {
		return Precedent{}, false, nil
	}
	together, err := r.Weighted(ctx, plan, wave, q, Stratum)
	if err != nil {
		return Precedent{}, false, err
	}
	p = Precedent{Indicator: q.Indicators[at], Share: together.Figures[at], Sample: together.Sample, Alike: 1}
	if wave.Sampling.Unit == "" {
		return p, true, nil
	}
	wave.Sampling.Unit, wave.Sampling.Kind = "", survey.Convenience // of another kind the small population would count, which it doesn't with units
	apart, err := r.Weighted(ctx, plan, wave, q, Stratum)
	if err != nil {
		return Precedent{}, false, err
	}
	p.Alike = 0
	if a, b := p.Share.Total.Figure, apart.Figures[at].Total.Figure; a.HasSE && b.HasSE {
		p.Alike = (a.SE / b.SE) * (a.SE / b.SE)
	}
	return p, true, nil
}
