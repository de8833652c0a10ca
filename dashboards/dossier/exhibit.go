package dossier

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// Number orders exhibits and gives them their names: tasks by their place in the plan, those of
// one task by their units, their first days and their places.
func Number(plan *campaign.Plan, list []Exhibit) {
	task, unit := map[campaign.TaskCode]int{}, map[org.UnitID]int{}
	for i, t := range plan.Tasks {
		task[t.Code] = i + 1
	}
	for i, u := range plan.Units.Units() {
		unit[u.ID] = i + 1
	}
	slices.SortFunc(list, func(a, b Exhibit) int {
		p, q := a.Placement, b.Placement
		return cmp.Or(cmp.Compare(task[p.Task], task[q.Task]), cmp.Compare(unit[p.Unit], unit[q.Unit]), p.Start.Compare(q.Start), strings.Compare(p.Place, q.Place), strings.Compare(p.ID.String(), q.ID.String()))
	})
	n := map[campaign.TaskCode]int{}
	for i := range list {
		code := list[i].Placement.Task
		n[code]++
		list[i].Name = fmt.Sprintf("%s-%03d", TaskExhibit(task[code]), n[code])
	}
}

// TaskExhibit names all exhibits of the plan's n-th task; 证0 are those of a task that the plan
// no longer has.
func TaskExhibit(n int) string { return fmt.Sprintf("证%d", n) }

// Of gives the exhibits of one task, and of one unit where it is not empty.
func (d *Data) Of(code campaign.TaskCode, unit org.UnitID) []Exhibit {
	var list []Exhibit
	for _, e := range d.Exhibits {
		if e.Placement.Task == code && (unit == "" || e.Placement.Unit == unit) {
			list = append(list, e)
		}
	}
	return list
}

// Counts tells whether the exhibit stands behind a figure: neither withdrawn nor returned.
func (e Exhibit) Counts() bool { return e.Standing != nil }

// Kept are the photos that speak for the placement: those set aside don't.
func (e Exhibit) Kept() []placement.Photo {
	var list []placement.Photo
	for _, p := range e.Photos {
		if p.State == placement.PhotoKept {
			list = append(list, p)
		}
	}
	return list
}
