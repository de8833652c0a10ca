package dashboards

import (
	"shuixuan/analytics"
	"shuixuan/app/campaign"
)

// Run is the page of an analysis that is kept: the figures as they were, not as they would be
// now. Without results there is nothing to draw yet.
func Run(plan *campaign.Plan, r *analytics.RunResults) Page {
	if r == nil {
		p := newPage(plan, "固定的分析")
		p.Waits = true
		return p.Page
	}
	then := *plan
	then.Campaign.Settings = r.Spec.Settings
	p := newPage(&then, r.Spec.Wave.Name)
	p.caution = Caution(r.Spec.Wave)
	for i, by := range r.Spec.Groupings {
		if by != analytics.Stratum {
			continue
		}
		p.indicators("run-indicators", "主要指标", r.Spec.Wave, r.Indicators[i], Of(r.Weighted[i], nil))
		p.sample("run-sample", r.Spec.Wave, r.Weighted[i])
		p.margins("run-margins", r.Spec.Wave, r.Weighted[i])
		p.weighted("run-weighted", r.Spec.Wave, r.Weighted[i], Of(r.Indicators[i], nil))
		p.verdicts("run-verdicts", r.Spec.Wave, r.Weighted[i])
		p.composite("run-composite", "综合指数", r.Indicators[i])
	}
	return p.Page
}
