package analytics

import (
	"context"
	_ "embed"
	"slices"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
)

//go:embed ends.sql
var endsSQL string

// EndKind says what ends on a day.
type EndKind string

// The closed list of kinds.
const (
	EndFlight EndKind = "flight" // the last day of a placement's flight
	EndProof  EndKind = "proof"  // the last day on which its last proof holds
	EndPermit EndKind = "permit" // the last day of its permit
	EndRepair EndKind = "repair" // a repair is due
	EndTask   EndKind = "task"   // the last day of an obligation's window
	EndWave   EndKind = "wave"   // the last day of a wave
)

// EndKinds are all kinds in the order of pages. The numbers of ends.sql are the places of
// the first four, from 1.
var EndKinds = []EndKind{EndFlight, EndProof, EndPermit, EndRepair, EndTask, EndWave}

// DayEnds counts what ends on a civil date, by kind.
type DayEnds struct {
	Day    time.Time         `json:"day"`
	Counts map[EndKind]int64 `json:"counts"`
}

// Ends are the days of a span on which something ends, in order; a day without anything is
// left out. Open counts what has no end: flights and obligations that run to acceptance,
// repairs without a day, waves without a last day.
type Ends struct {
	From, To time.Time // both included
	Days     []DayEnds
	Open     map[EndKind]int64
	SQL      string
}

// Of gives the counts of a day, nil for a day on which nothing ends.
func (e *Ends) Of(day time.Time) map[EndKind]int64 {
	for _, d := range e.Days {
		if d.Day.Equal(day) {
			return d.Counts
		}
	}
	return nil
}

// Ends asks what ends between two civil dates, both included. How a proof stands, until
// when it holds and when a repair is due is as of the scope's day, and the same that Standing
// and Todo tell. The waves are those that the asker may see.
func (r *Reader) Ends(ctx context.Context, plan *campaign.Plan, scope Scope, waves []survey.Wave, from, to time.Time) (*Ends, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	s := endsOf(plan, scope, map[string]string{"columns": "last_of, kind, count() AS n", "tail": "GROUP BY last_of, kind\nORDER BY last_of, kind",
		"where": "last_of >= toDate(@from) AND last_of <= toDate(@to) OR last_of = toDate('2149-06-06')"})
	s.values["from"], s.values["to"] = civil(from), civil(to)
	type row struct {
		on   time.Time
		kind uint8
		n    uint64
	}
	rows, err := ask(ctx, r, "ends", s, func(rows driver.Rows) (row, error) {
		var one row
		return one, rows.Scan(&one.on, &one.kind, &one.n)
	})
	if err != nil {
		return nil, err
	}
	e := &Ends{From: from, To: to, Open: map[EndKind]int64{}, SQL: s.String()}
	counts := map[time.Time]map[EndKind]int64{}
	add := func(on time.Time, kind EndKind, n int64) {
		switch {
		case on.IsZero() || on.Equal(never):
			e.Open[kind] += n
		case !on.Before(from) && !on.After(to):
			if counts[on] == nil {
				counts[on] = map[EndKind]int64{}
			}
			counts[on][kind] += n
		}
	}
	for _, one := range rows {
		add(one.on.UTC(), EndKinds[one.kind-1], int64(one.n))
	}
	for _, item := range plannedEnds(plan, scope, waves) {
		add(item.Day, item.Kind, 1)
	}
	for on, kinds := range counts {
		e.Days = append(e.Days, DayEnds{on, kinds})
	}
	slices.SortFunc(e.Days, func(a, b DayEnds) int { return a.Day.Compare(b.Day) })
	return e, nil
}

func endsOf(plan *campaign.Plan, scope Scope, pieces map[string]string) statement {
	values := proofValues(plan, scope)
	values["days"] = []string{civil(scope.AsOf)}
	return statement{text: fill(fill(fill(endsSQL, map[string]string{"proof": proofSQL}), everyPlacement), pieces), tables: proofTables, values: values}
}

// EndItem is one thing that ends: of a placement, of an obligation or a wave.
type EndItem struct {
	Kind        EndKind            `json:"kind"`
	Day         time.Time          `json:"day,omitzero"` // zero: it has no end
	Placement   uuid.UUID          `json:"placement,omitzero"`
	Task        campaign.TaskCode  `json:"task,omitempty"`
	Unit        org.UnitID         `json:"unit,omitempty"`
	Carrier     campaign.CarrierID `json:"carrier,omitempty"`
	CarrierText string             `json:"carrier_text,omitempty"`
	Place       string             `json:"place,omitempty"`
	Quantity    float64            `json:"quantity,omitempty"`
	Measure     string             `json:"measure,omitempty"`
	Wave        survey.WaveID      `json:"wave,omitempty"`
	Label       string             `json:"label,omitempty"` // of an obligation or a wave
}

// plannedEnds are the obligations and waves, each with its last day. An obligation whose
// window is not settled is for the office to settle, and has no end to tell.
func plannedEnds(plan *campaign.Plan, scope Scope, waves []survey.Wave) []EndItem {
	var list []EndItem
	for _, t := range plan.Tasks {
		if t.Window.Settled() && (scope.Unit == "" || slices.Contains(t.Responsible(plan.Units), scope.Unit)) {
			list = append(list, EndItem{Kind: EndTask, Day: t.Window.End, Task: t.Code, Label: t.Title})
		}
	}
	for _, w := range waves {
		if !w.Closed || !w.End.IsZero() {
			list = append(list, EndItem{Kind: EndWave, Day: w.End, Wave: w.ID, Label: w.Name})
		}
	}
	return list
}

// EndsPage names a place in the list of a day: the last item of the page before.
type EndsPage struct {
	Kind EndKind
	ID   uuid.UUID
}

// EndsOn lists what ends on one day, by kind and id: obligations and waves, then at most
// limit placements after the given one, and whether more follow.
func (r *Reader) EndsOn(ctx context.Context, plan *campaign.Plan, scope Scope, waves []survey.Wave, on time.Time, after EndsPage, limit int) ([]EndItem, bool, error) {
	if err := scope.check(plan); err != nil {
		return nil, false, err
	}
	s := endsOf(plan, scope, map[string]string{"columns": "kind, id, task, unit, carrier, carrier_text, place, quantity, measure",
		"where": "last_of = toDate(@on) AND (kind, toString(id)) > (toUInt8(@after_kind), @after)", "tail": "ORDER BY kind, toString(id)\nLIMIT " + strconv.Itoa(limit+1)})
	s.values["on"], s.values["after_kind"], s.values["after"] = civil(on), "0", ""
	if after.ID != uuid.Nil {
		s.values["after_kind"], s.values["after"] = strconv.Itoa(slices.Index(EndKinds, after.Kind)+1), after.ID.String()
	}
	rows, err := ask(ctx, r, "ends of a day", s, func(rows driver.Rows) (EndItem, error) {
		item := EndItem{Day: on}
		var kind uint8
		var task, unit, carrier string
		err := rows.Scan(&kind, &item.Placement, &task, &unit, &carrier, &item.CarrierText, &item.Place, &item.Quantity, &item.Measure)
		if err == nil {
			item.Kind, item.Task, item.Unit, item.Carrier = EndKinds[kind-1], campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier)
		}
		return item, err
	})
	if err != nil {
		return nil, false, err
	}
	more := len(rows) > limit
	var list []EndItem
	if after.ID == uuid.Nil {
		for _, item := range plannedEnds(plan, scope, waves) {
			if item.Day.Equal(on) {
				list = append(list, item)
			}
		}
	}
	return append(list, rows[:min(len(rows), limit)]...), more, nil
}
