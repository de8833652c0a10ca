package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
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
	counts := statement{text: todaySQL, values: values, tables: []string{"placement_revisions", "response_revisions", "batches"}}
	latest := statement{text: latestSQL, values: values, tables: append([]string{"batches"}, placementTables...)}
	rows, err := ask(ctx, r, "arrivals", counts, scanArrived)
	if err != nil {
		return nil, err
	}
	arrived, rejected := map[string]map[string]int64{"placements": {}, "responses": {}, "batches": {}}, map[string]int64{}
	for _, row := range rows {
		arrived[row.what][civil(row.on)] += int64(row.count)
		rejected[civil(row.on)] += int64(row.rejected)
	}
	last, err := ask(ctx, r, "latest arrivals", latest, scanArrival)
	if err != nil {
		return nil, err
	}
	key := civil(scope.AsOf)
	t := &Today{
		AsOf: scope.AsOf, Placements: arrived["placements"][key], Responses: arrived["responses"][key],
		Batches: arrived["batches"][key], RejectedRows: rejected[key], Latest: slices.Concat([]Arrival{}, last),
		SQL: counts.String() + ";\n\n" + latest.String(),
	}
	for d := first; !d.After(scope.AsOf); d = d.Add(day) {
		t.PlacementsByDay = append(t.PlacementsByDay, DayCount{d, arrived["placements"][civil(d)]})
		t.ResponsesByDay = append(t.ResponsesByDay, DayCount{d, arrived["responses"][civil(d)]})
	}
	return t, nil
}

// arrivedRow is how much of one kind came in on a day.
type arrivedRow struct {
	what            string
	on              time.Time
	count, rejected uint64
}

func scanArrived(rows driver.Rows) (arrivedRow, error) {
	var a arrivedRow
	err := rows.Scan(&a.what, &a.on, &a.count, &a.rejected)
	return a, err
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
