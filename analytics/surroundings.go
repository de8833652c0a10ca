package analytics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/exposure"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

// Surroundings answers: do people know more where more hangs for each of them? Placements are
// those with a proof that holds on the day, each entry once, whatever its quantity.
// Correlation is nil where nothing can be said, and Why says so.
type Surroundings struct {
	Aware       survey.Indicator      `json:"aware"`
	AsOf        time.Time             `json:"as_of"`  // civil date of the placements
	Source      string                `json:"source"` // of the populations
	Areas       []SurroundedArea      `json:"areas"`
	Correlation *exposure.Correlation `json:"correlation,omitempty"`
	Proven      int64                 `json:"proven"`        // placements, of all units
	NoArea      []UnitPlacements      `json:"no_area"`       // placements of units that are in no area, most first
	Elsewhere   int64                 `json:"elsewhere"`     // answers of people whose area isn't known
	BaseNote    string                `json:"base_note"`     // who is in the base of awareness
	Why         string                `json:"why,omitempty"` // nothing can be said
	SQL         string                `json:"sql"`
}

// SurroundedArea is an area with its people, what stands there, and who knows.
type SurroundedArea struct {
	Code        string            `json:"code"`
	Label       string            `json:"label"`
	Population  int64             `json:"population"` // 0: not known
	Units       []string          `json:"units"`      // names of those whose placements count here
	Called      bool              `json:"called"`     // nobody named them: the unit is called like the area
	Counted     bool              `json:"counted"`    // Placements are known
	Placements  int64             `json:"placements"`
	PerThousand float64           `json:"per_thousand"` // 0 where either isn't known
	Aware       estimate.Estimate `json:"aware"`
	Missing     []string          `json:"missing"` // in words, what keeps it out of the comparison
}

// UnitPlacements is a count of a unit.
type UnitPlacements struct {
	Unit   org.UnitID `json:"unit"`
	Label  string     `json:"label"`
	Proven int64      `json:"proven"`
}

// WithoutArea is how many placements count in no area.
func (s *Surroundings) WithoutArea() (sum int64) {
	for _, u := range s.NoArea {
		sum += u.Proven
	}
	return sum
}

// Surroundings asks whether awareness goes with placements per thousand people, over the areas
// of a wave. A placement stands in the area of the unit that answers for it, since neither
// ledgers nor forms know areas; what a unit of no area has put up counts in none, and is told.
// The day is today, or the last of the wave once that is past: what people could have seen.
func (r *Reader) Surroundings(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, today time.Time) (*Surroundings, error) {
	s := &Surroundings{AsOf: today, Source: wave.AreaFrame, Areas: []SurroundedArea{}, NoArea: []UnitPlacements{}}
	if wave.Past(today) {
		s.AsOf = wave.End
	}
	aware := slices.IndexFunc(q.Indicators, func(i survey.Indicator) bool { return i.Kind == survey.Share && i.Dimension == awareness })
	switch {
	case aware < 0:
		s.Why = "问卷里要有一个代表“认知”维度的率，才能和点位放在一起看。"
		return s, nil
	case len(wave.Areas) == 0:
		s.Why = "这一轮没有分片区。请在这一轮的设置里写上片区、各片区的人口和来源；答卷的片区来自公开链接或纸质问卷的发放登记。"
		return s, nil
	}
	s.Aware = q.Indicators[aware]
	only := q
	only.Indicators = []survey.Indicator{s.Aware}
	answers, err := r.Indicators(ctx, plan, wave, only, ByArea)
	if err != nil {
		return nil, err
	}
	coverage, err := r.Coverage(ctx, plan, Scope{Campaign: plan.Campaign.ID, AsOf: s.AsOf})
	if err != nil {
		return nil, err
	}
	f := answers.Figures[0]
	s.BaseNote, s.SQL = f.BaseNote, f.SQL+"\n\n"+coverage.SQL
	s.place(plan, wave, coverage.ByUnit)
	s.answered(f)
	return s, s.compare(plan, wave)
}

// place counts the placements of units in their areas.
func (s *Surroundings) place(plan *campaign.Plan, wave survey.Wave, units []CoverageLine) {
	home := s.homes(plan, wave)
	for _, line := range units {
		s.Proven += line.Proven
		at, known := areaOf(plan.Units, home, org.UnitID(line.Key))
		switch {
		case known:
			s.Areas[at].Placements += line.Proven
		case line.Proven > 0:
			s.NoArea = append(s.NoArea, UnitPlacements{org.UnitID(line.Key), line.Label, line.Proven})
		}
	}
	slices.SortStableFunc(s.NoArea, func(a, b UnitPlacements) int { return int(b.Proven - a.Proven) })
	for i := range s.Areas {
		if a := &s.Areas[i]; a.Counted && a.Population > 0 {
			a.PerThousand = 1000 * float64(a.Placements) / float64(a.Population)
		}
	}
}

// homes lists the areas and gives the place of each unit that is named for one, or is called
// like one for which nobody is named.
func (s *Surroundings) homes(plan *campaign.Plan, wave survey.Wave) map[org.UnitID]int {
	home := map[org.UnitID]int{}
	for i, a := range wave.Areas {
		one := SurroundedArea{Code: a.Code, Label: a.Label, Population: int64(a.Population), Units: []string{}, Missing: []string{}}
		for _, unit := range a.Units {
			home[unit] = i
			one.Units, one.Counted = append(one.Units, plan.UnitName(unit)), true
		}
		s.Areas = append(s.Areas, one)
	}
	for i, a := range wave.Areas {
		one := &s.Areas[i]
		u, known := plan.Units.Resolve(a.Label)
		if one.Counted || !known || u.Collective() {
			continue
		}
		if other, taken := home[u.ID]; taken {
			one.Missing = append(one.Missing, "同名的单位“"+u.Name+"”已算在“"+s.Areas[other].Label+"”")
			continue
		}
		home[u.ID] = i
		one.Units, one.Called, one.Counted = []string{u.Name}, true, true
	}
	return home
}

// areaOf follows a unit up to the first that has an area.
func areaOf(units *org.Resolver, home map[org.UnitID]int, unit org.UnitID) (at int, known bool) {
	for range len(units.Units()) + 1 { // a circle ends
		if at, known = home[unit]; known {
			return at, true
		}
		u, listed := units.Unit(unit)
		if !listed || u.Parent == "" {
			return 0, false
		}
		unit = u.Parent
	}
	return 0, false
}

// answered puts who knows beside the areas. Answers without an area, or with one that the wave
// has no more, are counted apart.
func (s *Surroundings) answered(f IndicatorFigure) {
	for _, g := range f.Groups {
		i := slices.IndexFunc(s.Areas, func(a SurroundedArea) bool { return a.Code == g.Code })
		if i < 0 {
			s.Elsewhere += g.Estimate.Base
			continue
		}
		s.Areas[i].Aware = g.Estimate
	}
}

func (s *Surroundings) compare(plan *campaign.Plan, wave survey.Wave) error {
	var list []exposure.Area
	for i := range s.Areas {
		a := &s.Areas[i]
		one := exposure.Area{Name: a.Label, Placements: float64(a.Placements), Population: float64(a.Population), Aware: a.Aware.Numerator, Base: a.Aware.Base}
		if !a.Counted {
			if len(a.Missing) == 0 {
				a.Missing = append(a.Missing, "没有对应的单位")
			}
			one.Placements, one.Why = math.NaN(), strings.Join(a.Missing, "，")
		}
		if a.Population == 0 {
			a.Missing = append(a.Missing, "没有填人口")
		}
		if a.Aware.Base == 0 {
			a.Missing = append(a.Missing, "没有人回答")
		}
		list = append(list, one)
	}
	settings := plan.Campaign.Settings
	c, err := exposure.ByArea(list, exposure.Settings{Level: settings.Level.Value, SmallBase: settings.SmallBase.Value, NonProbability: !wave.Sampling.Random()})
	var refused *exposure.Refusal
	if errors.As(err, &refused) {
		s.Why = refused.Why + "。"
		return nil
	}
	if err != nil {
		return fmt.Errorf("compare areas: %w", err)
	}
	s.Correlation = &c
	return nil
}
