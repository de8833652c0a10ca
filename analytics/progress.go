package analytics

import (
	"context"
	_ "embed"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

//go:embed progress.sql
var progressSQL string

// Progress asks how far a wave is, by stratum. With a unit in the scope it counts what
// that unit's distributors brought in; the quota stays the wave's.
func (r *Reader) Progress(ctx context.Context, plan *campaign.Plan, wave survey.Wave, scope Scope) (*Progress, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	s := statement{text: progressSQL, values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "unit": string(scope.Unit)}}
	p := &Progress{Wave: wave.ID, Total: StratumProgress{Label: "合计"}, SQL: s.String(), Days: []DayCount{}}
	byStratum := map[string]*StratumProgress{}
	byDay := map[string]int64{}
	err := r.rows(ctx, "progress", s, func(rows driver.Rows) error {
		var part, key, disposition string
		var on time.Time
		var responses uint64
		if err := rows.Scan(&part, &key, &disposition, &on, &responses); err != nil {
			return err
		}
		if part == "day" {
			byDay[civil(on)] += int64(responses)
			return nil
		}
		if byStratum[key] == nil {
			byStratum[key] = &StratumProgress{}
		}
		byStratum[key].count(survey.Disposition(disposition), int64(responses))
		p.Total.count(survey.Disposition(disposition), int64(responses))
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.addStrata(wave, byStratum)
	p.Days = dayCounts(byDay)
	return p, nil
}

func (s *StratumProgress) count(disposition survey.Disposition, responses int64) {
	switch disposition {
	case survey.Complete:
		s.Complete += responses
	case survey.Partial:
		s.Partial += responses
	case survey.Void:
		s.Void += responses
	}
}

// addStrata lists the wave's strata in their order, also those still empty, then what
// came in under another stratum or under none.
func (p *Progress) addStrata(wave survey.Wave, byStratum map[string]*StratumProgress) {
	found := map[string]bool{}
	for code := range byStratum {
		found[code] = true
	}
	g := grouping{by: Stratum}
	quota := map[string]int64{}
	for _, s := range wave.Strata {
		g.known = append(g.known, group{s.Code, s.Label})
		quota[s.Code] = int64(s.Quota)
		p.Total.Quota += int64(s.Quota)
	}
	for _, one := range g.groups(found) {
		line := StratumProgress{}
		if counted := byStratum[one.code]; counted != nil {
			line = *counted
		}
		line.Code, line.Label, line.Quota = one.code, one.label, quota[one.code]
		p.Strata = append(p.Strata, line)
	}
}

// dayCounts lists every day from the first to the last, those without any too: a
// curve over listed days only would hide a pause. Where a typing error makes the span
// absurd, the days stand alone.
func dayCounts(byDay map[string]int64) []DayCount {
	list := []DayCount{}
	keys := sortedKeys(byDay)
	if len(keys) == 0 {
		return list
	}
	first, _ := time.Parse(time.DateOnly, keys[0])
	last, _ := time.Parse(time.DateOnly, keys[len(keys)-1])
	if last.Sub(first) > longestCurve*day {
		for _, key := range keys {
			d, _ := time.Parse(time.DateOnly, key)
			list = append(list, DayCount{Date: d, Count: byDay[key]})
		}
		return list
	}
	for d := first; !d.After(last); d = d.Add(day) {
		list = append(list, DayCount{Date: d, Count: byDay[civil(d)]})
	}
	return list
}

// longestCurve is in days.
const longestCurve = 400
