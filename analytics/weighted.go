package analytics

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/planning"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

//go:embed weighted.sql
var weightedSQL string

// Warning codes of a designed sample.
const (
	NoFrame    = "no-frame"    // strata without a population: nothing is weighted
	NoStratum  = "no-stratum"  // responses of no stratum stay out of what is weighted
	NotReached = "not-reached" // a stratum of the frame without a response
	BadDesign  = "bad-design"  // the design and the responses contradict each other
)

// Weighted asks for the indicators of a wave as its design has them: each stratum counts as
// many people as the frame says, and the interval knows who was reached together. Without a
// whole frame each response counts as one, which the sample says.
//
// The weights are the strata's populations over their responses, raked to the wave's margins
// where it has any; a response without an
// answer keeps its weight, so a figure is the ratio of two weighted totals (Särndal,
// Swensson, Wretman, section 5.6), as svymean of a subset of a post-stratified design
// in R's survey.
//
// It is kept until a response comes in: of a large sample the sums by unit are too many to keep,
// and take long to make. Each caller gets lists of its own to choose from; what a figure holds
// is shared, and only read.
func (r *Reader) Weighted(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, by string) (*Weighted, error) {
	key, err := json.Marshal([]any{plan.Campaign.ID, plan.Campaign.Settings, wave, q, by})
	if err != nil {
		return nil, fmt.Errorf("weighted: %w", err)
	}
	one, err := recall(ctx, r, "designed\n"+string(key), responseTables, closedOf(plan, wave), func(ctx context.Context, _ string) ([]*Weighted, error) {
		all, err := r.weighted(ctx, plan, wave, q, by)
		return []*Weighted{all}, err
	})
	if err != nil {
		return nil, err
	}
	own := *one[0]
	own.Figures, own.Verdicts = slices.Clone(own.Figures), slices.Clone(own.Verdicts)
	return &own, nil
}

func (r *Reader) weighted(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, by string) (*Weighted, error) {
	questions := questionsOf(q.Indicators)
	values := map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "questions": questions}
	grouped, err := newGrouping(wave, q, by, values)
	if err != nil {
		return nil, err
	}
	cells, byCells := marginCells(wave, values)
	kept := cells
	if byCells != "" {
		kept = "cells"
	}
	sets := setsOf(questions, values, "part, drawn, grp"+byCells)
	all := &Weighted{Wave: wave.ID, By: grouped.by, Overlap: grouped.note(), Figures: []WeightedFigure{}}
	read := func(g grouping) ([]drawnRow, error) {
		s := statement{values: values, tables: responseTables, closed: closedOf(plan, wave), text: fill(fill(weightedSQL, sets), map[string]string{"group": g.text, "unit": unitColumn[wave.Sampling.Unit], "cells": cells, "cellskept": kept, "bycells": byCells})}
		if len(q.Indicators) == 0 {
			return nil, nil
		}
		all.SQL = strings.TrimPrefix(all.SQL+"\n\n"+s.String(), "\n\n")
		return ask(ctx, r, "weighted", s, drawnRows())
	}
	// Where people were reached together, the variance needs no more of overlapping groups than
	// their totals by unit: 1,000,000 responses with 4,096 sets of ticks in 14 areas take 4 s so, and
	// 13 s by sets. Known totals ask for each response once.
	whole := grouped
	if grouped.overlaps && wave.Sampling.Unit != "" && wave.Margins == nil {
		whole, grouped = grouping{text: "''"}, grouped.parted()
	}
	rows, err := read(whole)
	if err != nil {
		return nil, err
	}
	parted := rows
	if grouped.apart {
		if parted, err = read(grouped); err != nil {
			return nil, err
		}
	}
	if len(q.Indicators) == 0 {
		return all, nil
	}
	var raked *rakedTo
	all.Sample, raked = newSample(wave, rows, q.Indicators[0].Question)
	of, partedOf := byQuestion(rows), byQuestion(parted)
	counted := map[string]*questionTallies{}
	for _, indicator := range q.Indicators {
		question, _ := q.Question(indicator.Question)
		f := weighing{rule: rule{indicator: indicator, question: question, settings: plan.Campaign.Settings}, wave: wave, sample: all.Sample, raked: raked, grouped: grouped}
		if counted[indicator.Question] == nil {
			counted[indicator.Question] = f.tally(of[indicator.Question], partedOf[indicator.Question])
		}
		one, err := f.figure(counted[indicator.Question])
		if err != nil {
			return nil, err
		}
		all.Figures = append(all.Figures, one)
		if verdict, aims, err := f.verdict(one); err != nil {
			return nil, err
		} else if aims {
			all.Verdicts = append(all.Verdicts, verdict)
		}
	}
	return all, nil
}

// unitColumn is the column of what was reached together. People whose unit isn't known are
// one unit of their own in each stratum.
var unitColumn = map[survey.SampleUnit]string{
	"":                   "''",
	survey.ByDistributor: "distributor",
	survey.ByArea:        "toString(area)",
	survey.ByUnit:        "toString(unit)",
}

// drawnRow is so many responses of one stratum, unit and group with one set of answers, alike
// in the margins.
type drawnRow struct {
	stratum, unit, group, question string
	cells                          []string // values of the wave's margins, in their order
	set                            answerSet
}

// drawnRows scans the rows of one answer. A wave with many units has a million rows of few
// different sets: each set is taken apart once.
func drawnRows() func(driver.Rows) (drawnRow, error) {
	apart := map[string][]string{"": nil}
	return func(rows driver.Rows) (drawnRow, error) {
		var d drawnRow
		var set string
		var responses uint64
		err := rows.Scan(&d.stratum, &d.unit, &d.group, &d.question, &d.cells, &set, &responses)
		codes, known := apart[set]
		if !known {
			codes = strings.Split(set, setSeparator)
			apart[set] = codes
		}
		d.set = answerSet{codes, int64(responses)}
		return d, err
	}
}

// newSample counts who was reached, and weights them; every question counts the same
// responses. Without margins, or where none can be used, there are no raked weights.
func newSample(wave survey.Wave, rows []drawnRow, question string) (Sample, *rakedTo) {
	populations, whole := wave.Populations()
	s := Sample{Sampling: wave.Sampling, Weighted: whole, Strata: []SampleStratum{}}
	counted, units := map[string]int64{}, map[[2]string]bool{}
	for _, row := range rows {
		if row.question != question {
			continue
		}
		counted[row.stratum] += row.set.responses
		units[[2]string{row.stratum, row.unit}] = true
		s.Counted += row.set.responses
	}
	if wave.Sampling.Unit != "" {
		s.Units = len(units)
	}
	for _, stratum := range wave.Strata {
		one := SampleStratum{Code: stratum.Code, Label: stratum.Label, Population: populations[stratum.Code], Counted: counted[stratum.Code]}
		if one.Population > 0 && one.Counted > 0 {
			one.Weight = one.Population / float64(one.Counted)
		}
		if whole && one.Counted == 0 {
			s.warn(NotReached, "“%s”没有一份答卷：加权的合计只代表其余人群", stratum.Label)
		}
		s.Strata = append(s.Strata, one)
		delete(counted, stratum.Code)
	}
	rest := int64(0)
	for _, n := range counted {
		rest += n
	}
	raked := s.rake(wave, rows, question)
	switch {
	case !whole && s.Raking.Used():
		// the margins say what the frame doesn't
	case !whole && len(wave.Strata) > 0:
		s.warn(NoFrame, "没有各人群的总体人数和来源，合计没有加权：每份答卷算一份，份数多的人群分量就大")
	case whole && rest > 0:
		s.warn(NoStratum, "%d份答卷不属于这一轮的任何人群，没有计入加权的合计", rest)
	}
	return s, raked
}

// rake brings the weights to the wave's margins, where it has any.
func (s *Sample) rake(wave survey.Wave, rows []drawnRow, question string) *rakedTo {
	if wave.Margins == nil || s.Counted == 0 {
		return nil
	}
	var populations map[string]float64
	if s.Weighted {
		populations, _ = wave.Populations()
	}
	raking, to, warnings := rake(wave, populations, rows, question)
	s.Raking, s.Warnings = raking, append(s.Warnings, warnings...)
	if to == nil || raking.Refused != "" {
		return to
	}
	sum, n := map[string]float64{}, map[string]int64{}
	for _, row := range rows {
		if w, stands := to.weights[rakeKey(row.stratum, row.cells)]; stands && row.question == question {
			sum[row.stratum] += float64(row.set.responses) * w.final
			n[row.stratum] += row.set.responses
		}
	}
	for i := range s.Strata {
		one := &s.Strata[i]
		if one.Weight = 0; n[one.Code] > 0 {
			one.Weight = sum[one.Code] / float64(n[one.Code])
		}
	}
	return to
}

func (s *Sample) warn(code, format string, args ...any) {
	s.Warnings = append(s.Warnings, estimate.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

// weighing is an indicator's way from tallies to designed figures.
type weighing struct {
	rule
	wave    survey.Wave
	sample  Sample
	raked   *rakedTo // nil: weighted by the strata's populations, or not at all
	grouped grouping
}

// byQuestion parts the rows, in their order.
func byQuestion(rows []drawnRow) map[string][]drawnRow {
	of := map[string][]drawnRow{}
	for _, row := range rows {
		of[row.question] = append(of[row.question], row)
	}
	return of
}

// questionTallies are those of one question, which all of its indicators share: the total of
// rows that hold each response once, the groups of rows that may hold it once for each of its
// groups.
type questionTallies struct {
	whole, scan estimate.Scan
	sets        map[string]answerSet // by cell
	found       map[string]bool      // groups
}

func (w weighing) tally(rows, parted []drawnRow) *questionTallies {
	t := &questionTallies{}
	t.scan, t.sets = w.scan(parted)
	t.whole = t.scan
	if w.grouped.apart {
		t.whole, _ = w.scan(rows)
	}
	_, t.found = w.domains(parted)
	return t
}

// figure estimates one indicator in all and by group.
func (w weighing) figure(t *questionTallies) (WeightedFigure, error) {
	f := WeightedFigure{Indicator: w.indicator, BaseNote: w.note(), Groups: []WeightedGroup{}}
	var err error
	if f.Total, err = w.designed(t.whole, "", t.sets); err != nil {
		return f, err
	}
	for _, g := range w.grouped.groups(t.found) {
		one := WeightedGroup{Code: g.code, Label: g.label}
		if one.Designed, err = w.designed(t.scan, domainOf(g.code), t.sets); err != nil {
			return f, err
		}
		f.Groups = append(f.Groups, one)
	}
	err = w.pairs(&f, t.scan, t.sets)
	return f, err
}

// scan gives the tallies of the indicator's question, and the sets of answers by cell.
func (w weighing) scan(rows []drawnRow) (scan estimate.Scan, sets map[string]answerSet) {
	scan, sets = estimate.Scan{Lonely: estimate.LonelyAdjust, Populations: w.populations()}, map[string]answerSet{}
	domains, _ := w.domains(rows)
	for _, row := range rows {
		if row.question != w.indicator.Question {
			continue
		}
		weight, stands := w.weight(row)
		if !stands {
			continue
		}
		cell := strings.Join(row.set.codes, "\x00")
		sets[cell] = row.set
		n := float64(row.set.responses)
		scan.Tallies = append(scan.Tallies, estimate.Tally{Stratum: row.stratum, Unit: w.unit(row), Domains: domains[row.group], Cell: cell,
			N: row.set.responses, Weight: n * weight.final, Weight2: n * weight.final * weight.final})
		scan.Calibration = w.calibrated(scan.Calibration, weight)
	}
	return scan.Prepared(), sets
}

// domains names the groups of each key among the tallies.
func (w weighing) domains(rows []drawnRow) (byKey map[string][]string, found map[string]bool) {
	byKey, found = map[string][]string{}, map[string]bool{}
	for _, row := range rows {
		if row.question != w.indicator.Question || byKey[row.group] != nil {
			continue
		}
		for _, code := range w.grouped.of(row.group) {
			found[code] = true
			byKey[row.group] = append(byKey[row.group], domainOf(code))
		}
	}
	return byKey, found
}

// How many groups are compared in pairs: of more nobody reads the table. Those of a multiple
// choice are many by nature.
const (
	mostGroups      = 8
	mostOverlapping = 12
)

// pairs compares the groups two by two, with the covariance that shared units and, where
// groups overlap, shared people make. The p values are corrected for being many (Holm).
func (w weighing) pairs(f *WeightedFigure, scan estimate.Scan, sets map[string]answerSet) error {
	var domains []string
	var names []group
	for _, g := range f.Groups {
		if g.Estimate.Valid && g.Code != "" {
			domains, names = append(domains, domainOf(g.Code)), append(names, group{g.Code, g.Label})
		}
	}
	most := mostGroups
	if w.grouped.overlaps {
		most = mostOverlapping
	}
	switch {
	case len(names) < 2:
		return nil
	case len(names) > most:
		f.Untested = fmt.Sprintf("有回答的共%d组，超过%d组的不两两比较", len(names), most)
		return nil
	}
	figures, err := scan.MeansBy(domains, func(cell string) (float64, bool) { return w.value(sets[cell]) })
	var refused *estimate.DesignError
	if errors.As(err, &refused) {
		return nil // each group says why
	}
	if err != nil {
		return err
	}
	var p []float64
	var untested []string
	for i := range names {
		for j := i + 1; j < len(names); j++ {
			c := figures.Difference(i, j, w.settings.Level.Value)
			if !c.Valid {
				untested = append(untested, fmt.Sprintf("“%s”和“%s”", names[i].label, names[j].label))
				continue
			}
			f.Pairs, p = append(f.Pairs, Pair{A: names[i].code, B: names[j].code, ALabel: names[i].label, BLabel: names[j].label, Difference: c}), append(p, c.P)
		}
	}
	for i, corrected := range estimate.Holm(p) {
		f.Pairs[i].Corrected = corrected
	}
	if len(untested) > 0 {
		f.Untested = "没有比较" + strings.Join(untested, "、") + "：两组是同一些人，或回答都一样，没有抽样误差可算"
	}
	return nil
}

// satisfaction is the dimension whose shares the campaign's target is set for.
const satisfaction = "满意"

// verdict holds a share of the satisfied against the campaign's target; aims is false where
// there is none.
func (w weighing) verdict(f WeightedFigure) (v Verdict, aims bool, err error) {
	target := w.settings.SatisfactionTarget
	if target.Value <= 0 || w.indicator.Kind != survey.Share || w.question.Dimension != satisfaction {
		return Verdict{}, false, nil
	}
	j, err := planning.JudgeFigure(f.Total.Figure, estimate.IntervalLogit, w.settings.Level.Value, planning.Target{
		Name: w.indicator.Label, Value: target.Value, Unit: planning.Percent, NonProbability: !w.wave.Sampling.Random(), Decimals: 1})
	if err != nil {
		return Verdict{}, false, fmt.Errorf("judge %s: %w", w.indicator.Name, err)
	}
	return Verdict{Indicator: w.indicator, Source: target.Source, Judgement: j}, true, nil
}

// domainOf names a group among the tallies; the empty domain would be all.
func domainOf(group string) string { return "=" + group }

// weight is what a response weighs; one that doesn't stand is in no figure.
func (w weighing) weight(row drawnRow) (weight rakedWeight, stands bool) {
	if w.raked != nil {
		weight, stands = w.raked.weights[rakeKey(row.stratum, row.cells)]
		return weight, stands
	}
	if !w.sample.Weighted {
		return rakedWeight{final: 1}, true
	}
	i := slices.IndexFunc(w.sample.Strata, func(s SampleStratum) bool { return s.Code == row.stratum })
	if i < 0 {
		return rakedWeight{}, false
	}
	return rakedWeight{final: w.sample.Strata[i].Weight}, true
}

// calibrated adds a tally to what was done to the weights.
func (w weighing) calibrated(c *estimate.Calibration, weight rakedWeight) *estimate.Calibration {
	if w.raked == nil {
		return nil
	}
	if c == nil {
		c = &estimate.Calibration{Margins: make([][]int, len(w.raked.used))}
	}
	for m, k := range weight.categories {
		c.Margins[m] = append(c.Margins[m], k)
	}
	c.Before, c.After = append(c.Before, weight.base), append(c.After, weight.raked)
	return c
}

// unit is what a response was reached with, told apart by stratum: one distributor draws in
// each of their strata anew.
func (w weighing) unit(row drawnRow) string {
	if w.wave.Sampling.Unit == "" {
		return ""
	}
	return row.stratum + "\x00" + row.unit
}

// populations correct for the part of a small population that was asked: only of a random
// sample of people, and of a census.
func (w weighing) populations() map[string]float64 {
	if !w.wave.Sampling.Random() || w.wave.Sampling.Unit != "" || !w.sample.Weighted {
		return nil
	}
	byCode, _ := w.wave.Populations()
	return byCode
}

// designed is the figure of one group. A design that contradicts the responses gives no
// figure and says why.
func (w weighing) designed(scan estimate.Scan, domain string, sets map[string]answerSet) (Designed, error) {
	if w.raked != nil && w.sample.Raking.Refused != "" {
		return none(w.sample.Raking.Refused), nil
	}
	figure, err := scan.Mean(domain, func(cell string) (float64, bool) { return w.value(sets[cell]) })
	var refused *estimate.DesignError
	switch {
	case errors.As(err, &refused):
		none := estimate.Estimate{Warnings: []estimate.Warning{{Code: BadDesign, Text: refused.Why}}}
		return Designed{Estimate: none}, nil
	case err != nil:
		return Designed{}, err
	}
	if w.indicator.Kind == survey.Index {
		figure = figure.AsMean()
	}
	e, err := figure.Printed(estimate.IntervalLogit, w.settings.Level.Value, w.settings.SmallBase.Value)
	return Designed{Estimate: e, Figure: figure}, err
}

// value is what a set of answers is worth, and whether it is in the base.
func (w weighing) value(set answerSet) (float64, bool) {
	if len(set.codes) == 0 || !w.inBase(set) {
		return 0, false
	}
	if w.indicator.Kind == survey.Index {
		points, valued := w.indicator.Values[set.codes[0]]
		return points, valued && len(set.codes) == 1
	}
	if slices.ContainsFunc(set.codes, func(code string) bool { return slices.Contains(w.indicator.Positive, code) }) {
		return 1, true
	}
	return 0, true
}
