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
	s := statement{text: progressSQL, tables: responseTables, closed: closedOf(plan, wave), values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "unit": string(scope.Unit)}}
	p := &Progress{Wave: wave.ID, Total: StratumProgress{Label: "合计"}, SQL: s.String(), Strata: []StratumProgress{}, Days: []DayCount{}}
	byStratum := map[string]*StratumProgress{}
	byDay := map[string]int64{}
	rows, err := ask(ctx, r, "progress", s, scanProgressRow)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.part == "day" {
			byDay[civil(row.on)] += int64(row.responses)
			continue
		}
		if byStratum[row.key] == nil {
			byStratum[row.key] = &StratumProgress{}
		}
		byStratum[row.key].count(survey.Disposition(row.disposition), int64(row.responses))
		p.Total.count(survey.Disposition(row.disposition), int64(row.responses))
	}
	p.addStrata(wave, byStratum)
	p.Days = dayCounts(byDay)
	return p, nil
}

// progressRow is a count of one stratum and disposition, or of one day.
type progressRow struct {
	part, key, disposition string
	on                     time.Time
	responses              uint64
}

func scanProgressRow(rows driver.Rows) (progressRow, error) {
	var p progressRow
	err := rows.Scan(&p.part, &p.key, &p.disposition, &p.on, &p.responses)
	return p, err
}

// late stands in place of the disposition of what came after the wave was closed.
const late survey.Disposition = "late"

func (s *StratumProgress) count(disposition survey.Disposition, responses int64) {
	switch disposition {
	case survey.Complete:
		s.Complete += responses
	case survey.Partial:
		s.Partial += responses
	case survey.Void:
		s.Void += responses
	case survey.Refused:
		s.Refused += responses
	case survey.Ineligible:
		s.Ineligible += responses
	case survey.Duplicate:
		s.Duplicate += responses
	case late:
		s.Late += responses
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
