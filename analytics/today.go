package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
)

//go:embed today.sql
var todaySQL string

//go:embed latest.sql
var latestSQL string

// pastDays is the length of the curves of arrivals.
const pastDays = 7

// Today asks what came in on the day and in the seven days to it, and what came last.
func (r *Reader) Today(ctx context.Context, plan *campaign.Plan, scope Scope) (*Today, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	first := scope.AsOf.Add(-(pastDays - 1) * day)
	values := map[string]any{"campaign": plan.Campaign.ID, "unit": string(scope.Unit), "day": civil(scope.AsOf), "from": civil(first)}
	counts, latest := statement{todaySQL, values}, statement{latestSQL, values}
	arrived, rejected := map[string]map[string]int64{"placements": {}, "responses": {}, "batches": {}}, map[string]int64{}
	err := r.rows(ctx, "arrivals", counts, func(rows driver.Rows) error {
		var what string
		var on time.Time
		var n, refused uint64
		if err := rows.Scan(&what, &on, &n, &refused); err != nil {
			return err
		}
		arrived[what][civil(on)] += int64(n)
		rejected[civil(on)] += int64(refused)
		return nil
	})
	if err != nil {
		return nil, err
	}
	key := civil(scope.AsOf)
	t := &Today{
		AsOf: scope.AsOf, Placements: arrived["placements"][key], Responses: arrived["responses"][key],
		Batches: arrived["batches"][key], RejectedRows: rejected[key], Latest: []Arrival{},
		SQL: counts.String() + ";\n\n" + latest.String(),
	}
	for d := first; !d.After(scope.AsOf); d = d.Add(day) {
		t.PlacementsByDay = append(t.PlacementsByDay, DayCount{d, arrived["placements"][civil(d)]})
		t.ResponsesByDay = append(t.ResponsesByDay, DayCount{d, arrived["responses"][civil(d)]})
	}
	err = r.rows(ctx, "latest arrivals", latest, func(rows driver.Rows) error {
		a, err := scanArrival(rows)
		t.Latest = append(t.Latest, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

func scanArrival(rows driver.Rows) (Arrival, error) {
	var a Arrival
	var unit, what, measure string
	var amount float64
	var taken, refused uint64
	if err := rows.Scan(&a.At, &a.Kind, &unit, &what, &amount, &measure, &taken, &refused, &a.Batch); err != nil {
		return a, err
	}
	a.Unit = org.UnitID(unit)
	if a.Batch == "" {
		a.Text = what + "，" + strconv.FormatFloat(amount, 'f', -1, 64) + measure
	} else {
		a.Text = fmt.Sprintf("%s：收下%d行，退回%d行", what, taken, refused)
	}
	return a, nil
}
