package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/planning"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

//go:embed changes.sql
var changesSQL string

// Then is how a campaign stood at an instant, by the same questions as it is asked today. It
// never changes, so it may be kept; Changes holds it against today.
type Then struct {
	Since    time.Time
	Coverage *Coverage
	Weighted map[survey.WaveID]*Weighted
}

// VerdictChange is a figure whose verdict is another one than it was.
type VerdictChange struct {
	Wave      survey.Wave        `json:"wave"`
	Indicator survey.Indicator   `json:"indicator"`
	Then      planning.Judgement `json:"then"`
	Now       planning.Judgement `json:"now"`
}

// Changes answers: what came in since an instant, and what is otherwise than it was then?
// Counts are of things, each once.
type Changes struct {
	Since       time.Time `json:"since"`
	Logged      int64     `json:"logged"` // placements
	Accepted    int64     `json:"accepted"`
	Returned    int64     `json:"returned"`
	Withdrawn   int64     `json:"withdrawn"`
	Photos      int64     `json:"photos"`
	Inspections int64     `json:"inspections"`
	Faulty      int64     `json:"faulty"`    // of the inspections, that found damage or loss
	Responses   int64     `json:"responses"` // complete or partial, in time
	Voided      int64     `json:"voided"`
	Batches     int64     `json:"batches"`
	Rejected    int64     `json:"rejected"` // rows of the batches
	PlanRows    int64     `json:"plan_rows"`

	Then     CoverageLine    `json:"then"`   // all that was owed and proven
	Now      CoverageLine    `json:"now"`    // all that is
	Proven   []CoverageCell  `json:"proven"` // owed and proven today, and not then
	Lapsed   []CoverageCell  `json:"lapsed"` // owed and proven then, and today not proven
	Verdicts []VerdictChange `json:"verdicts"`
	SQL      string          `json:"sql"`
}

// Any tells whether anything is otherwise.
func (c *Changes) Any() bool {
	return c.Logged+c.Accepted+c.Returned+c.Withdrawn+c.Photos+c.Inspections+c.Responses+c.Voided+c.Batches+c.PlanRows > 0 ||
		len(c.Proven)+len(c.Lapsed)+len(c.Verdicts) > 0
}

// Then reads how the campaign stood. Where nothing was recorded since, the tables of today say
// it, and nothing is read twice: to put the rows of then in the place of a table takes a second
// for a million of them.
func (r *Reader) Then(ctx context.Context, plan *campaign.Plan, scope Scope, since time.Time, waves []Fieldwork) (*Then, error) {
	rows, err := r.changed(ctx, plan, scope, since)
	if err != nil {
		return nil, err
	}
	past := NewReader(r.db.AsOf(since))
	planThen, proofs, touched := plan, r, map[string]bool{}
	for _, row := range rows {
		switch row.what {
		case "plan":
			if row.changed > 0 {
				proofs = past
				planThen, err = past.plans.Plan(ctx, plan.Campaign.ID)
				if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound { // all of it is new
					return &Then{Since: since, Coverage: &Coverage{AsOf: civilDay(since)}}, nil
				}
				if err != nil {
					return nil, fmt.Errorf("read the plan of then: %w", err)
				}
			}
		case "placements", "photos", "inspections":
			if row.changed > 0 {
				proofs = past
			}
		case "responses":
			touched[row.wave] = true
		}
	}
	t := &Then{Since: since, Weighted: map[survey.WaveID]*Weighted{}}
	then := scope
	then.AsOf = civilDay(since)
	if t.Coverage, err = proofs.Coverage(ctx, planThen, then); err != nil {
		return nil, fmt.Errorf("ask for the coverage of then: %w", err)
	}
	for _, w := range waves {
		reader := r
		if touched[string(w.Wave.ID)] {
			reader = past
		}
		got, err := reader.Weighted(ctx, planThen, w.Wave, w.Questionnaire, Stratum)
		if err != nil {
			return nil, fmt.Errorf("ask for the figures of then: %w", err)
		}
		t.Weighted[w.Wave.ID] = got
	}
	return t, nil
}

// civilDay is the civil date of an instant in Asia/Shanghai, as midnight UTC.
func civilDay(at time.Time) time.Time {
	y, m, d := at.In(time.FixedZone("CST", 8*60*60)).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Changes holds today against then.
func (r *Reader) Changes(ctx context.Context, plan *campaign.Plan, scope Scope, then *Then, waves []Fieldwork) (*Changes, error) {
	rows, err := r.changed(ctx, plan, scope, then.Since)
	if err != nil {
		return nil, err
	}
	now, err := r.Coverage(ctx, plan, scope)
	if err != nil {
		return nil, err
	}
	c := &Changes{Since: then.Since, Then: then.Coverage.Total, Now: now.Total, SQL: changesOf(plan, scope, then.Since).String()}
	for _, row := range rows {
		c.count(row)
	}
	c.Proven, c.Lapsed = moved(then.Coverage, now)
	for _, w := range waves {
		got, err := r.Weighted(ctx, plan, w.Wave, w.Questionnaire, Stratum)
		if err != nil {
			return nil, err
		}
		c.Verdicts = append(c.Verdicts, turned(w.Wave, then.Weighted[w.Wave.ID], got)...)
	}
	return c, nil
}

// moved gives what is proven and was not, and what was and is not, in the order of the cells.
func moved(then, now *Coverage) (proven, lapsed []CoverageCell) {
	was, is := provenCells(then), provenCells(now)
	for _, cell := range now.Cells {
		if key := (cellKey{cell.Task, cell.Unit}); is[key] && !was[key] {
			proven = append(proven, cell)
		}
	}
	for _, cell := range then.Cells {
		key := cellKey{cell.Task, cell.Unit}
		if !was[key] || is[key] {
			continue
		}
		if i := slices.IndexFunc(now.Cells, func(c CoverageCell) bool { return c.Task == cell.Task && c.Unit == cell.Unit }); i >= 0 {
			cell = now.Cells[i]
		}
		if cell.State != NotOwed && !cell.Unsettled { // who doesn't owe it any more has let nothing lapse
			lapsed = append(lapsed, cell)
		}
	}
	return proven, lapsed
}

func provenCells(c *Coverage) map[cellKey]bool {
	proven := map[cellKey]bool{}
	for _, cell := range c.Cells {
		if cell.State != NotOwed && !cell.Unsettled && cell.Proven > 0 {
			proven[cellKey{cell.Task, cell.Unit}] = true
		}
	}
	return proven
}

// turned gives the verdicts that are others than they were. One that could not be said then is
// among them.
func turned(wave survey.Wave, then, now *Weighted) []VerdictChange {
	var list []VerdictChange
	for _, v := range now.Verdicts {
		was := planning.Judgement{Verdict: planning.Unknown}
		if then != nil {
			if i := slices.IndexFunc(then.Verdicts, func(o Verdict) bool { return o.Indicator.Name == v.Indicator.Name }); i >= 0 {
				was = then.Verdicts[i].Judgement
			}
		}
		if was.Verdict != v.Judgement.Verdict {
			list = append(list, VerdictChange{Wave: wave, Indicator: v.Indicator, Then: was, Now: v.Judgement})
		}
	}
	return list
}

// changedRow is how much of one kind was recorded since.
type changedRow struct {
	what, wave                        string
	changed, entered, good, bad, gone uint64
}

func (c *Changes) count(row changedRow) {
	entered, good, bad := int64(row.entered), int64(row.good), int64(row.bad)
	switch row.what {
	case "placements":
		c.Logged, c.Accepted, c.Returned, c.Withdrawn = entered, good, bad, int64(row.gone)
	case "photos":
		c.Photos = entered
	case "inspections":
		c.Inspections, c.Faulty = entered, bad
	case "responses":
		c.Responses, c.Voided = c.Responses+entered, c.Voided+bad
	case "batches":
		c.Batches, c.Rejected = entered, bad
	case "plan":
		c.PlanRows = int64(row.changed)
	}
}

func changesOf(plan *campaign.Plan, scope Scope, since time.Time) statement {
	return statement{text: changesSQL, tables: []string{"placement_revisions", "photos", "inspections", "response_revisions", "batches", "campaigns", "tasks", "carriers", "units"},
		values: map[string]any{"campaign": plan.Campaign.ID, "unit": string(scope.Unit), "since": since.UTC().Format("2006-01-02 15:04:05.000")}}
}

func (r *Reader) changed(ctx context.Context, plan *campaign.Plan, scope Scope, since time.Time) ([]changedRow, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	return ask(ctx, r, "changes", changesOf(plan, scope, since), func(rows driver.Rows) (changedRow, error) {
		var row changedRow
		err := rows.Scan(&row.what, &row.wave, &row.changed, &row.entered, &row.good, &row.bad, &row.gone)
		return row, err
	})
}
