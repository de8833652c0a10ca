package analytics

import (
	"cmp"
	"context"
	_ "embed"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

//go:embed todo.sql
var todoSQL string

// TodoKind says what a unit is asked to do.
type TodoKind string

// The closed list of kinds.
const (
	TodoReturned   TodoKind = "returned"    // sent back by the office, to be mended
	TodoOverdue    TodoKind = "overdue"     // owed, its window runs, and nothing stands
	TodoGone       TodoKind = "gone"        // found gone: put up again, or said to be taken down
	TodoRepairLate TodoKind = "repair-late" // a repair whose last day is over
	TodoProofOld   TodoKind = "proof-old"   // its last proof no longer holds
	TodoUnproven   TodoKind = "unproven"    // stands, and fewer photos than its rule needs
	TodoPermitOver TodoKind = "permit-over" // stands, and its permit has ended
	TodoRepair     TodoKind = "repair"      // a repair within its days
	TodoEnding     TodoKind = "ending"      // owed, its window ends soon, and nothing was logged
	TodoStarting   TodoKind = "starting"    // owed, its window opens soon, and nothing was logged
	TodoPermitSoon TodoKind = "permit-soon" // its permit ends soon
	TodoProofSoon  TodoKind = "proof-soon"  // its proof grows old
)

// TodoKinds are all kinds, what comes first in the first place.
var TodoKinds = []TodoKind{TodoReturned, TodoOverdue, TodoGone, TodoRepairLate, TodoProofOld, TodoUnproven, TodoPermitOver,
	TodoRepair, TodoEnding, TodoStarting, TodoPermitSoon, TodoProofSoon}

// Late tells what should have been done by now from what is coming up.
func (k TodoKind) Late() bool {
	return slices.Index(TodoKinds, k) <= slices.Index(TodoKinds, TodoPermitOver)
}

// TodoItem is one thing that a unit is asked to do: about a placement, or about an
// obligation, which has no placement. Since is the civil date since when it is so, Due the
// last day for it; either may be zero.
type TodoItem struct {
	Kind        TodoKind           `json:"kind"`
	Unit        org.UnitID         `json:"unit"`
	Task        campaign.TaskCode  `json:"task"`
	Placement   uuid.UUID          `json:"placement,omitzero"`
	Carrier     campaign.CarrierID `json:"carrier,omitempty"`
	CarrierText string             `json:"carrier_text,omitempty"`
	Place       string             `json:"place,omitempty"`
	Quantity    float64            `json:"quantity,omitempty"`
	Measure     string             `json:"measure,omitempty"`
	Since       time.Time          `json:"since,omitzero"`
	Due         time.Time          `json:"due,omitzero"`
	Reason      string             `json:"reason,omitempty"` // of a return, in words; of a repair, the defects
}

// Todo is what the units of a scope are asked to do on a day, by unit in the order of the
// plan, what comes first in the first place.
type Todo struct {
	AsOf  time.Time  `json:"as_of"`
	Soon  int        `json:"soon"` // days ahead that count as soon
	Items []TodoItem `json:"items"`
	SQL   string     `json:"sql"`
}

// Of gives the items of one unit.
func (t *Todo) Of(unit org.UnitID) []TodoItem {
	var list []TodoItem
	for _, item := range t.Items {
		if item.Unit == unit {
			list = append(list, item)
		}
	}
	return list
}

// Todo asks what each unit should do: mend what was returned, log what is owed, renew
// proof, repair. A scope with a unit sees that unit's and nothing of any other.
func (r *Reader) Todo(ctx context.Context, plan *campaign.Plan, scope Scope) (*Todo, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	soon := plan.Campaign.Settings.SoonDays()
	coverage, err := r.Coverage(ctx, plan, scope)
	if err != nil {
		return nil, err
	}
	proof, err := r.Standing(ctx, plan, scope, StandingFilter{Chosen: Chosen{States: []ProofState{GrowingOld, Old, NeverProven, Defective, Gone}}})
	if err != nil {
		return nil, err
	}
	whole := scope
	whole.Unit = "" // one answer for all units, as of their coverage
	rows, err := ask(ctx, r, "todo", todoOf(plan, whole, soon), scanTodo)
	if err != nil {
		return nil, err
	}
	t := &Todo{AsOf: scope.AsOf, Soon: soon, SQL: todoOf(plan, scope, soon).String()}
	for _, row := range rows {
		if scope.Unit == "" || row.Unit == scope.Unit {
			t.Items = append(t.Items, row.item(scope.AsOf))
		}
	}
	for _, cell := range coverage.Cells {
		if item, owed := owing(plan, cell, scope.AsOf, soon); owed && cell.State != NotOwed {
			t.Items = append(t.Items, item)
		}
	}
	for _, row := range proof {
		t.Items = append(t.Items, proofItem(row, scope.AsOf))
	}
	o := newObligations(plan, scope)
	unitAt, taskAt := o.unitOrder(), o.taskOrder()
	slices.SortStableFunc(t.Items, func(a, b TodoItem) int {
		switch {
		case a.Unit != b.Unit:
			return order(before(unitAt, a.Unit, b.Unit))
		case a.Kind != b.Kind:
			return cmp.Compare(slices.Index(TodoKinds, a.Kind), slices.Index(TodoKinds, b.Kind))
		case !a.Due.Equal(b.Due):
			return a.Due.Compare(b.Due)
		case a.Task != b.Task:
			return order(before(taskAt, a.Task, b.Task))
		}
		return a.Since.Compare(b.Since)
	})
	return t, nil
}

func todoOf(plan *campaign.Plan, scope Scope, soon int) statement {
	return statement{text: todoSQL, tables: placementTables, values: map[string]any{
		"campaign": plan.Campaign.ID, "unit": string(scope.Unit), "day": civil(scope.AsOf), "soon": civil(scope.AsOf.Add(time.Duration(soon) * day)),
	}}
}

// order makes a comparison out of what comes before.
func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// owing tells what an obligation of which nothing stands asks for. What is owed without a
// settled window is for the office to settle, and calls for nothing.
func owing(plan *campaign.Plan, cell CoverageCell, asOf time.Time, soon int) (TodoItem, bool) {
	task, _ := plan.Task(cell.Task)
	w := task.Window
	item := TodoItem{Unit: cell.Unit, Task: cell.Task, Since: w.Start, Due: w.End}
	if cell.Standing > 0 || w.Start.IsZero() || !w.Settled() {
		return item, false
	}
	ended := !w.End.IsZero() && w.End.Before(asOf)
	switch {
	case ended && cell.Logged > 0: // it was done, and is over
		return item, false
	case w.Start.After(asOf):
		item.Kind = TodoStarting
		return item, cell.Logged == 0 && !w.Start.After(asOf.Add(time.Duration(soon)*day))
	case !ended && !w.End.IsZero() && cell.Logged == 0 && !w.End.After(asOf.Add(time.Duration(soon)*day)):
		item.Kind = TodoEnding
		return item, true
	}
	item.Kind = TodoOverdue
	return item, true
}

// proofItem tells what a placement's proof asks for.
func proofItem(row StandingRow, asOf time.Time) TodoItem {
	item := TodoItem{Unit: row.Unit, Task: row.Task, Placement: row.Placement, Carrier: row.Carrier, CarrierText: row.CarrierText,
		Place: row.Place, Quantity: row.Quantity, Measure: row.Measure, Since: row.LastProof}
	switch row.State {
	case GrowingOld:
		item.Kind, item.Due = TodoProofSoon, row.Until
	case Old:
		item.Kind, item.Due = TodoProofOld, row.Until
	case NeverProven:
		item.Kind, item.Since = TodoUnproven, row.Start
	case Gone:
		item.Kind, item.Due = TodoGone, row.RepairDue
	case Defective:
		item.Kind, item.Due = TodoRepair, row.RepairDue
		if !row.RepairDue.IsZero() && row.RepairDue.Before(asOf) {
			item.Kind = TodoRepairLate
		}
		var names []string
		for _, d := range row.Defects {
			names = append(names, placement.DefectNames[d])
		}
		item.Reason = strings.Join(names, "、")
	}
	return item
}

// todoRow is a placement that was returned, or whose permit ends.
type todoRow struct {
	placement.Placement
	on time.Time // recorded, civil
}

func (row todoRow) item(asOf time.Time) TodoItem {
	p := row.Placement
	item := TodoItem{Kind: TodoReturned, Unit: p.Unit, Task: p.Task, Placement: p.ID, Carrier: p.Carrier, CarrierText: p.CarrierText,
		Place: p.Place, Quantity: p.Quantity, Measure: p.Measure, Since: row.on}
	if p.State == placement.Returned {
		item.Reason = p.ReturnWords()
		return item
	}
	item.Kind, item.Since, item.Due = TodoPermitSoon, time.Time{}, p.PermitUntil
	if p.PermitUntil.Before(asOf) {
		item.Kind = TodoPermitOver
	}
	return item
}

func scanTodo(rows driver.Rows) (todoRow, error) {
	var row todoRow
	var returned uint8
	var task, unit, carrier string
	p := &row.Placement
	err := rows.Scan(&p.ID, &returned, &task, &unit, &carrier, &p.CarrierText, &p.Place, &p.Quantity, &p.Measure, &p.Reason, &p.Note, &row.on, &p.PermitUntil)
	p.Task, p.Unit, p.Carrier = campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier)
	if p.State = placement.Submitted; returned == 1 {
		p.State = placement.Returned
	}
	return row, err
}
