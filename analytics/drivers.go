package analytics

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/importance"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

//go:embed drivers.sql
var driversSQL string

//go:embed counted.sql
var countedSQL string

// Limits of an importance analysis on a page: the bootstrap goes over the rows once for each
// replicate.
const (
	mostDriverRows   = 20_000
	driverReplicates = 500
	fewestDrivers    = 2
)

// Drivers answers what overall satisfaction hangs on. Result is nil where nothing can be said,
// and Why says so.
type Drivers struct {
	Outcome survey.Indicator   `json:"outcome"`
	Items   []survey.Indicator `json:"items"`
	Result  *importance.Result `json:"result,omitempty"`
	Why     string             `json:"why,omitempty"`
	Every   int64              `json:"every"` // of so many responses one was looked at
	SQL     string             `json:"sql"`
}

// Drivers asks how much of the overall satisfaction goes with each item. Overall is the index
// that stands for the dimension 满意, or the first index on the overview; items are the
// questions of the other indices. The same answers give the same figures.
func (r *Reader) Drivers(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire) (*Drivers, error) {
	d := &Drivers{Every: 1}
	if d.Outcome, d.Items = outcomeAndItems(q); len(d.Items) < fewestDrivers {
		d.Why = "问卷里要有一个总体满意度指数，和至少两个分项的指数，才能看出总体取决于什么。"
		return d, nil
	}
	counted, err := r.countedResponses(ctx, plan, wave)
	if err != nil {
		return nil, err
	}
	d.Every = max(1, (counted+mostDriverRows-1)/mostDriverRows)
	names := append([]string{d.Outcome.Question}, questionsOf(d.Items)...)
	s := statement{tables: responseTables, closed: closedOf(plan, wave), values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID), "questions": names},
		text: fill(driversSQL, map[string]string{"unit": unitColumn[wave.Sampling.Unit], "every": strconv.FormatInt(d.Every, 10)})}
	d.SQL = s.String()
	rows, err := ask(ctx, r, "drivers", s, scanAnsweredRow)
	if err != nil {
		return nil, err
	}
	settings := importance.DefaultSettings()
	settings.Level, settings.Replicates, settings.NonProbability = plan.Campaign.Settings.Level.Value, driverReplicates, !wave.Sampling.Random()
	d.Result, err = importance.Analyse(ctx, d.data(wave, q, rows), settings, nil)
	var refused *importance.Refusal
	var contradicts *estimate.DesignError
	switch {
	case errors.As(err, &refused):
		d.Result, d.Why = nil, refused.Why+"。"
	case errors.As(err, &contradicts):
		d.Result, d.Why = nil, contradicts.Why+"。"
	case err != nil:
		return nil, err
	}
	return d, nil
}

func outcomeAndItems(q survey.Questionnaire) (outcome survey.Indicator, items []survey.Indicator) {
	var all []survey.Indicator
	for _, i := range q.Indicators {
		if i.Kind == survey.Index {
			all = append(all, i)
		}
	}
	at := slices.IndexFunc(all, func(i survey.Indicator) bool { return i.Dimension == satisfaction })
	if at < 0 {
		at = slices.IndexFunc(all, func(i survey.Indicator) bool { return i.Headline })
	}
	if at < 0 {
		return survey.Indicator{}, nil
	}
	outcome = all[at]
	for _, i := range all {
		taken := slices.ContainsFunc(items, func(other survey.Indicator) bool { return other.Question == i.Question })
		if i.Question != outcome.Question && !taken {
			items = append(items, i)
		}
	}
	return outcome, items
}

// countedResponses is how many responses of a wave stand in its figures.
func (r *Reader) countedResponses(ctx context.Context, plan *campaign.Plan, wave survey.Wave) (int64, error) {
	s := statement{text: countedSQL, tables: responseTables, closed: closedOf(plan, wave), values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID)}}
	found, err := ask(ctx, r, "counted", s, func(rows driver.Rows) (n uint64, err error) { return n, rows.Scan(&n) })
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return int64(found[0]), nil
}

// answeredRow is so many responses of one stratum and unit that answered alike.
type answeredRow struct {
	stratum, unit string
	answers       [][]string
	responses     uint64
}

func scanAnsweredRow(rows driver.Rows) (answeredRow, error) {
	var a answeredRow
	err := rows.Scan(&a.stratum, &a.unit, &a.answers, &a.responses)
	return a, err
}

// data lays the answers out row by row, as points.
func (d *Drivers) data(wave survey.Wave, q survey.Questionnaire, rows []answeredRow) importance.Data {
	data := importance.Data{Sample: estimate.Rows{Strata: [][]string{{}}, Lonely: estimate.LonelyAdjust}}
	for _, i := range d.Items {
		question, _ := q.Question(i.Question)
		data.Items = append(data.Items, importance.Item{Name: question.Title()})
	}
	var units []string
	counted := map[string]float64{}
	for _, row := range rows {
		counted[row.stratum] += float64(row.responses)
	}
	populations, whole := wave.Populations()
	for _, row := range rows {
		weight := 1.0
		if whole {
			weight = populations[row.stratum] / counted[row.stratum] // 0 for a stratum of no frame
		}
		for range row.responses {
			data.Sample.N++
			data.Sample.Weights = append(data.Sample.Weights, weight)
			data.Sample.Strata[0] = append(data.Sample.Strata[0], row.stratum)
			units = append(units, row.stratum+"\x00"+row.unit)
			data.Outcome = append(data.Outcome, pointsOf(d.Outcome, row.answers[0]))
			for k, i := range d.Items {
				data.Items[k].Values = append(data.Items[k].Values, pointsOf(i, row.answers[k+1]))
			}
		}
	}
	if wave.Sampling.Unit != "" {
		data.Sample.Clusters = [][]string{units}
	}
	return data
}

// pointsOf is what an answer is worth, NaN without points.
func pointsOf(i survey.Indicator, codes []string) float64 {
	if len(codes) == 1 {
		if points, valued := i.Values[codes[0]]; valued {
			return points
		}
	}
	return math.NaN()
}

// SampleWords says that not every response was looked at.
func (d *Drivers) SampleWords() string {
	if d.Every <= 1 {
		return ""
	}
	return fmt.Sprintf("答卷很多，按编号的散列每%d份取1份来算，每次取到的都是同一批。", d.Every)
}
