package analytics

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

// Fieldwork is a wave with the version of the questionnaire that its answers were given to.
type Fieldwork struct {
	Wave          survey.Wave
	Questionnaire survey.Questionnaire
}

// TrendPoint is an indicator in one wave. Breaks say why it can't be compared with the wave
// that is looked at: then there is no change.
type TrendPoint struct {
	Wave   survey.Wave         `json:"wave"`
	Known  bool                `json:"known"` // the wave has the indicator
	Total  Designed            `json:"total"`
	Breaks []string            `json:"breaks,omitempty"`
	Change estimate.Comparison `json:"change"` // against the comparable wave before; in the figure's own unit
	Since  survey.WaveID       `json:"since,omitempty"`
}

// Trend is an indicator over the waves, in their order.
type Trend struct {
	Indicator survey.Indicator `json:"indicator"`
	Points    []TrendPoint     `json:"points"`
	SQL       string           `json:"sql"`
}

// Trends answers how the indicators of one question moved over the waves, which are given in
// their order; now is the one that is looked at. A wave is compared with the nearest before
// it that asked the same of the same people (survey.Breaks), by the difference of two samples
// drawn apart.
func (r *Reader) Trends(ctx context.Context, plan *campaign.Plan, waves []Fieldwork, now Fieldwork, question string) ([]Trend, error) {
	found := make([]*Weighted, len(waves))
	work, ctx := errgroup.WithContext(ctx)
	for i, w := range waves {
		work.Go(func() (err error) {
			found[i], err = r.Weighted(ctx, plan, w.Wave, w.Questionnaire, "")
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	asked, _ := now.Questionnaire.Question(question)
	var all []Trend
	for _, indicator := range now.Questionnaire.Indicators {
		if indicator.Question != question {
			continue
		}
		t := Trend{Indicator: indicator}
		for i, w := range waves {
			t.Points = append(t.Points, newPoint(w, found[i], indicator, asked))
			if w.Wave.ID == now.Wave.ID {
				t.SQL = found[i].SQL
			}
		}
		t.compare(plan.Campaign.Settings.Level.Value)
		all = append(all, t)
	}
	return all, nil
}

func newPoint(w Fieldwork, found *Weighted, indicator survey.Indicator, asked survey.Question) TrendPoint {
	p := TrendPoint{Wave: w.Wave}
	i := slices.IndexFunc(found.Figures, func(f WeightedFigure) bool { return f.Indicator.Name == indicator.Name })
	if i < 0 {
		return p
	}
	p.Known, p.Total = true, found.Figures[i].Total
	then, ok := w.Questionnaire.Question(found.Figures[i].Indicator.Question)
	if ok {
		p.Breaks = survey.Breaks(then, asked)
	}
	if !found.Figures[i].Indicator.SameRule(indicator) {
		p.Breaks = append(p.Breaks, "指标的算法改了")
	}
	return p
}

// compare takes each wave's figure against the nearest comparable one before.
func (t *Trend) compare(level float64) {
	before := -1
	for i := range t.Points {
		p := &t.Points[i]
		if !p.Known || len(p.Breaks) > 0 || !p.Total.Estimate.Valid {
			continue
		}
		if before >= 0 {
			p.Change = estimate.Independent(p.Total.Figure, t.Points[before].Total.Figure, level)
			p.Since = t.Points[before].Wave.ID
		}
		before = i
	}
}
