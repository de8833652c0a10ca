package campaign

import (
	"context"
	"slices"
	"time"

	"shuixuan/app/org"
	"shuixuan/app/revision"
)

// History is what the tasks and units of a campaign were at any time, so that what is
// settled today doesn't change what was owed last week: a rate that was told must stay
// as it was told.
type History struct {
	tasks []revision.Held[Task]     // every revision, oldest first
	units []revision.Held[org.Unit] // every revision, oldest first
}

// NewHistory joins revisions, which may come in any order.
func NewHistory(tasks []revision.Held[Task], units []revision.Held[org.Unit]) *History {
	return &History{tasks: oldestFirst(tasks), units: oldestFirst(units)}
}

func oldestFirst[T any](held []revision.Held[T]) []revision.Held[T] {
	list := slices.Clone(held)
	slices.SortStableFunc(list, func(a, b revision.Held[T]) int { return int(a.Revision) - int(b.Revision) })
	return list
}

// History reads all revisions of a campaign's tasks and units.
func (s *Store) History(ctx context.Context, id string) (*History, error) {
	tasks, err := s.tasks.History(ctx, id)
	if err != nil {
		return nil, err
	}
	units, err := s.units.History(ctx, id)
	if err != nil {
		return nil, err
	}
	return NewHistory(tasks, units), nil
}

// At gives the plan with its tasks and units as they held at the end of a civil day in
// Asia/Shanghai. The plan is one that was loaded on some day and asks from its window's
// start, so for days before that one it is the plan as it was loaded. A plan without
// revisions, which nobody has stored, holds on every day.
func (h *History) At(plan *Plan, day time.Time) *Plan {
	if h == nil || len(h.tasks) == 0 {
		return plan
	}
	first := h.tasks[0].RecordedAt
	for _, t := range h.tasks {
		if t.RecordedAt.Before(first) {
			first = t.RecordedAt
		}
	}
	end, loaded := endOf(day), endOf(civil(first))
	tasks, sameTasks := standingAt(h.tasks, end, loaded)
	units, sameUnits := standingAt(h.units, end, loaded)
	if sameTasks && sameUnits {
		return plan
	}
	return NewPlan(plan.Campaign, things(tasks), plan.Carriers, org.NewResolver(inOrder(things(units), plan.Units)))
}

// standingAt gives of each thing the last revision by the end of a day; of a day before
// the plan was loaded, the first revision of what was loaded with it. It tells whether
// these are the revisions that hold now.
func standingAt[T any](held []revision.Held[T], end, loaded time.Time) (list []revision.Held[T], current bool) {
	at, early := map[string]int{}, end.Before(loaded)
	current = true
	for _, one := range held {
		i, known := at[one.ID]
		switch {
		case early && known, early && !one.RecordedAt.Before(loaded), !early && !one.RecordedAt.Before(end):
			current = false
		case known:
			list[i] = one
		default:
			at[one.ID] = len(list)
			list = append(list, one)
		}
	}
	return list, current
}

// inOrder gives units in the order in which the plan lists them now.
func inOrder(units []org.Unit, now *org.Resolver) []org.Unit {
	at := map[org.UnitID]int{}
	if now != nil {
		for i, u := range now.Units() {
			at[u.ID] = i + 1
		}
	}
	slices.SortStableFunc(units, func(a, b org.Unit) int { return at[a.ID] - at[b.ID] })
	return units
}

// shanghai is where civil dates are decided.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func civil(at time.Time) time.Time {
	y, m, d := at.In(shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// endOf is the instant at which a civil day is over.
func endOf(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, shanghai)
}
