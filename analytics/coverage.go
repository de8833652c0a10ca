package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
)

//go:embed coverage.sql
var coverageSQL string

// curveWeeks is how far back the curve of the weeks goes: long enough for a season's
// work, short enough for a phone.
const curveWeeks = 12

// Warning codes of the coverage.
const (
	UnitsOpen = "units-open" // who answers for it is not settled: the count of the owed is not complete
)

// Coverage asks what stands of what the plan asks.
//
// What is owed is counted in obligations: a task times a unit responsible for it, a
// collective replaced by its members. Several lead units of one task each owe it: the
// task is covered as far as each of them has something standing, so that nobody hides
// behind a neighbour. A task whose units nobody has named owes an unknown number (-1)
// and is never complete; what is logged there counts as logged.
//
// A carrier is owed by each obligation whose task names it. A scope with a unit sees
// that unit's obligations and placements and nothing of any other.
func (r *Reader) Coverage(ctx context.Context, plan *campaign.Plan, scope Scope) (*Coverage, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	weeks := curve(plan.Campaign.Window, scope.AsOf)
	s := statement{text: coverageSQL, tables: placementTables, values: map[string]any{
		"campaign": plan.Campaign.ID, "unit": string(scope.Unit), "day": civil(scope.AsOf), "weeks": lastDays(weeks, scope.AsOf),
	}}
	rows, err := ask(ctx, r, "coverage", s, scanStanding)
	if err != nil {
		return nil, err
	}
	c := newCoverage(plan, scope, rows, weeks)
	c.SQL = s.String()
	return c, nil
}

// standing is what one unit has under one task, of one carrier and measure word.
type standing struct {
	task        campaign.TaskCode
	unit        org.UnitID
	carrier     campaign.CarrierID
	measure     string
	logged      int64
	standing    int64
	thousandths int64 // standing
	last        time.Time
	byWeek      []uint64 // standing
	loggedBy    []uint64
}

func scanStanding(rows driver.Rows) (standing, error) {
	var s standing
	var task, unit, carrier string
	var logged, stands uint64
	err := rows.Scan(&task, &unit, &carrier, &s.measure, &logged, &stands, &s.thousandths, &s.last, &s.byWeek, &s.loggedBy)
	s.task, s.unit, s.carrier = campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier)
	s.logged, s.standing = int64(logged), int64(stands)
	return s, err
}

// curve gives the Mondays of the last weeks up to the day, from the start of the
// campaign's window where that is later; at least the week of the day.
func curve(window campaign.Window, asOf time.Time) []time.Time {
	this := monday(asOf)
	first := this.Add(-(curveWeeks - 1) * 7 * day)
	if start := window.Start; !start.IsZero() && monday(start).After(first) {
		first = monday(start)
	}
	if first.After(this) {
		first = this
	}
	var list []time.Time
	for m := first; !m.After(this); m = m.Add(7 * day) {
		list = append(list, m)
	}
	return list
}

func monday(d time.Time) time.Time {
	return d.Add(-time.Duration((int(d.Weekday())+6)%7) * day)
}

// lastDays gives the Sunday of each week, or the day itself in the running one.
func lastDays(mondays []time.Time, asOf time.Time) []string {
	var list []string
	for _, m := range mondays {
		sunday := m.Add(6 * day)
		if sunday.After(asOf) {
			sunday = asOf
		}
		list = append(list, civil(sunday))
	}
	return list
}

// cellKey is one task of one unit.
type cellKey struct {
	task campaign.TaskCode
	unit org.UnitID
}

// obligations are what the plan asks, as the scope sees it.
type obligations struct {
	plan  *campaign.Plan
	scope Scope
	owed  map[cellKey]bool
	open  map[campaign.TaskCode]string // who is responsible is not settled: the open question
	none  map[campaign.TaskCode]bool   // of them, nobody at all is named
	tasks []campaign.TaskCode          // in the plan's order
}

func newObligations(plan *campaign.Plan, scope Scope) *obligations {
	o := &obligations{plan: plan, scope: scope, owed: map[cellKey]bool{}, open: map[campaign.TaskCode]string{}, none: map[campaign.TaskCode]bool{}}
	for _, t := range plan.Tasks {
		o.tasks = append(o.tasks, t.Code)
		responsible := t.Responsible(plan.Units)
		o.none[t.Code] = len(responsible) == 0
		for _, unit := range responsible {
			if scope.Unit == "" || scope.Unit == unit {
				o.owed[cellKey{t.Code, unit}] = true
			}
		}
		for _, q := range t.Open(plan.Campaign.Words.Office, plan.Units) {
			if q.What == "lead" || q.What == "members" {
				o.open[t.Code] = q.Text
			}
		}
	}
	return o
}

// mine tells whether a target is the whole duty of this cell: it names the unit, or
// it names nobody and the task has only this one unit.
func (o *obligations) mine(t campaign.Task, target campaign.Target, unit org.UnitID) bool {
	if target.Unit != "" {
		return target.Unit == unit
	}
	responsible := t.Responsible(o.plan.Units)
	return len(responsible) == 1 && responsible[0] == unit && o.open[t.Code] == ""
}

// within tells whether what a unit has counts towards a target: of the unit itself, of
// a member of the collective that is named, or of anybody.
func (o *obligations) within(target campaign.Target, unit org.UnitID) bool {
	if target.Unit == "" || target.Unit == unit {
		return true
	}
	u, ok := o.plan.Units.Unit(target.Unit)
	return ok && u.Collective() && slices.Contains(u.Members, unit)
}

func newCoverage(plan *campaign.Plan, scope Scope, rows []standing, weeks []time.Time) *Coverage {
	o := newObligations(plan, scope)
	c := &Coverage{AsOf: scope.AsOf, Cells: o.cells(rows)}
	covered := map[cellKey]bool{}
	for _, cell := range c.Cells {
		covered[cellKey{cell.Task, cell.Unit}] = cell.Standing > 0
	}
	c.ByTask = o.byTask(rows, covered)
	c.ByUnit = o.byUnit(rows, covered)
	c.ByCarrier = o.byCarrier(rows)
	c.ByWeek = o.byWeek(rows, weeks)
	c.Total = o.total(rows, covered)
	return c
}

// cells are the tasks × units that are owed or logged, in the order of the plan.
func (o *obligations) cells(rows []standing) []CoverageCell {
	parts := map[cellKey][]standing{}
	for key := range o.owed {
		parts[key] = nil
	}
	for _, row := range rows {
		key := cellKey{row.task, row.unit}
		parts[key] = append(parts[key], row)
	}
	list := make([]CoverageCell, 0, len(parts))
	for key, part := range parts {
		list = append(list, o.cell(key, part))
	}
	taskAt, unitAt := o.taskOrder(), o.unitOrder()
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.Task != b.Task {
			return before(taskAt, a.Task, b.Task)
		}
		return before(unitAt, a.Unit, b.Unit)
	})
	return list
}

func (o *obligations) cell(key cellKey, part []standing) CoverageCell {
	cell := CoverageCell{Task: key.task, Unit: key.unit, Amounts: amounts(part)}
	for _, row := range part {
		cell.Logged += row.logged
		cell.Standing += row.standing
		if row.last.After(cell.Last) {
			cell.Last = row.last
		}
	}
	task, _ := o.plan.Task(key.task)
	for _, target := range task.Targets {
		if o.mine(task, target, key.unit) {
			cell.Targets = append(cell.Targets, progressOf(target, part))
		}
	}
	cell.State = o.state(key, cell)
	return cell
}

// state says how a cell stands. Where nobody is named for the task, whoever logged has
// done something that is not counted yet, and misses nothing.
func (o *obligations) state(key cellKey, cell CoverageCell) Expectation {
	switch {
	case !o.owed[key] && !o.none[key.task]:
		return NotOwed
	case cell.Standing == 0 && o.owed[key]:
		return Missing
	case len(cell.Targets) == 0:
		return LoggedNoCount
	case slices.ContainsFunc(cell.Targets, func(p TargetProgress) bool { return p.Standing < p.Target.Quantity }):
		return Short
	default:
		return Met
	}
}

func (o *obligations) byTask(rows []standing, covered map[cellKey]bool) []CoverageLine {
	codes, taskAt := slices.Clone(o.tasks), o.taskOrder()
	for _, row := range rows {
		if _, known := taskAt[row.task]; !known {
			taskAt[row.task] = len(taskAt)
			codes = append(codes, row.task)
		}
	}
	list := []CoverageLine{}
	for _, code := range codes {
		task, _ := o.plan.Task(code)
		part := only(rows, func(s standing) bool { return s.task == code })
		line := CoverageLine{Key: string(code), Label: task.Title}
		if line.Label == "" {
			line.Label = string(code)
		}
		o.count(&line, covered, func(key cellKey) bool { return key.task == code })
		if o.scope.Unit != "" && line.Expected == 0 && len(part) == 0 {
			continue // none of this unit's business
		}
		if o.none[code] {
			line.Expected = -1
		}
		o.finish(&line, part, []campaign.Task{task})
		for _, target := range task.Targets {
			if o.scope.Unit == "" || o.mine(task, target, o.scope.Unit) {
				line.Targets = append(line.Targets, progressOf(target, only(part, func(s standing) bool { return o.within(target, s.unit) })))
			}
		}
		line.NotEnumerated = len(line.Targets) == 0
		if code == task.Code {
			line.Open = task.Open(o.plan.Campaign.Words.Office, o.plan.Units)
		}
		list = append(list, line)
	}
	return list
}

func (o *obligations) byUnit(rows []standing, covered map[cellKey]bool) []CoverageLine {
	unitAt := o.unitOrder()
	seen := map[org.UnitID]bool{}
	for key := range o.owed {
		seen[key.unit] = true
	}
	for _, row := range rows {
		seen[row.unit] = true
	}
	var units []org.UnitID
	for unit := range seen {
		units = append(units, unit)
	}
	sort.Slice(units, func(i, j int) bool { return before(unitAt, units[i], units[j]) })
	list := []CoverageLine{}
	for _, unit := range units {
		line := CoverageLine{Key: string(unit), Label: o.plan.UnitName(unit), NotEnumerated: true}
		o.count(&line, covered, func(key cellKey) bool { return key.unit == unit })
		for key := range o.owed {
			task, _ := o.plan.Task(key.task)
			if key.unit == unit && slices.ContainsFunc(task.Targets, func(t campaign.Target) bool { return o.mine(task, t, unit) }) {
				line.NotEnumerated = false
			}
		}
		o.finish(&line, only(rows, func(s standing) bool { return s.unit == unit }), nil)
		list = append(list, line)
	}
	return list
}

// byCarrier counts, for each carrier, the obligations whose task names it, and of
// these the ones that have it standing.
func (o *obligations) byCarrier(rows []standing) []CoverageLine {
	carriers := []campaign.Carrier{}
	known := map[campaign.CarrierID]bool{}
	for _, c := range o.plan.Carriers {
		carriers = append(carriers, c)
		known[c.ID] = true
	}
	for _, row := range rows {
		if !known[row.carrier] {
			known[row.carrier] = true
			name := string(row.carrier)
			if row.carrier == "" {
				name = "不在清单中的形式"
			}
			carriers = append(carriers, campaign.Carrier{ID: row.carrier, Name: name})
		}
	}
	list := []CoverageLine{}
	for _, c := range carriers {
		part := only(rows, func(s standing) bool { return s.carrier == c.ID })
		covered := map[cellKey]bool{}
		for _, row := range part {
			if row.standing > 0 {
				covered[cellKey{row.task, row.unit}] = true
			}
		}
		line := CoverageLine{Key: string(c.ID), Label: c.Name, NotEnumerated: true}
		o.count(&line, covered, func(key cellKey) bool {
			task, _ := o.plan.Task(key.task)
			return slices.Contains(task.Carriers, c.ID)
		})
		if line.Expected == 0 && len(part) == 0 {
			continue
		}
		for _, task := range o.plan.Tasks {
			for _, target := range task.Targets {
				if target.Carrier == c.ID && (o.scope.Unit == "" || o.mine(task, target, o.scope.Unit)) {
					line.NotEnumerated = false
				}
			}
		}
		o.finish(&line, part, nil)
		list = append(list, line)
	}
	return list
}

// byWeek is the curve: what stood on the last day of each week by what is known now,
// and how many placements had been logged by then.
func (o *obligations) byWeek(rows []standing, weeks []time.Time) []CoverageLine {
	list := []CoverageLine{}
	for i, m := range weeks {
		line := CoverageLine{Key: civil(m), Label: fmt.Sprintf("%d月%d日", m.Month(), m.Day()), NotEnumerated: true}
		covered := map[cellKey]bool{}
		for _, row := range rows {
			line.Standing += int64(row.byWeek[i])
			line.Logged += int64(row.loggedBy[i])
			if row.byWeek[i] > 0 {
				covered[cellKey{row.task, row.unit}] = true
			}
		}
		o.count(&line, covered, func(cellKey) bool { return true })
		line.Share = estimate.Ratio(line.Covered, line.Expected)
		list = append(list, line)
	}
	return list
}

func (o *obligations) total(rows []standing, covered map[cellKey]bool) CoverageLine {
	line := CoverageLine{Label: "合计"}
	o.count(&line, covered, func(cellKey) bool { return true })
	tasks := o.plan.Tasks
	if o.scope.Unit != "" {
		tasks = nil
		for _, t := range o.plan.Tasks {
			if o.owed[cellKey{t.Code, o.scope.Unit}] {
				tasks = append(tasks, t)
			}
		}
	}
	o.finish(&line, rows, tasks)
	line.NotEnumerated = true
	for _, t := range tasks {
		line.Open = append(line.Open, t.Open(o.plan.Campaign.Words.Office, o.plan.Units)...)
		for _, target := range t.Targets {
			if o.scope.Unit == "" || o.mine(t, target, o.scope.Unit) {
				line.NotEnumerated = false
			}
		}
	}
	return line
}

// count counts the owed cells of a line, and of them the covered ones.
func (o *obligations) count(line *CoverageLine, covered map[cellKey]bool, in func(cellKey) bool) {
	for key := range o.owed {
		if in(key) {
			line.Expected++
			if covered[key] {
				line.Covered++
			}
		}
	}
}

// finish sums what stands and says the share. Where it is not settled who of the
// tasks answers, the share says so and the line is never complete.
func (o *obligations) finish(line *CoverageLine, part []standing, tasks []campaign.Task) {
	for _, row := range part {
		line.Logged += row.logged
		line.Standing += row.standing
	}
	line.Amounts = amounts(part)
	line.Share = estimate.Ratio(line.Covered, max(line.Expected, 0))
	settled := true
	for _, t := range tasks {
		if text := o.open[t.Code]; text != "" {
			settled = false
			line.Share.Warnings = append(line.Share.Warnings, estimate.Warning{Code: UnitsOpen, Text: string(t.Code) + "：" + text})
		}
	}
	line.Complete = settled && line.Expected > 0 && line.Covered == line.Expected
}

// progressOf says what stands against a target: of its carrier, where it names one,
// and of its measure word only.
func progressOf(target campaign.Target, part []standing) TargetProgress {
	var thousandths int64
	for _, row := range part {
		if row.measure == target.Measure && (target.Carrier == "" || target.Carrier == row.carrier) {
			thousandths += row.thousandths
		}
	}
	p := TargetProgress{Target: target, Standing: float64(thousandths) / 1000}
	p.Share = estimate.Filled(p.Standing, target.Quantity)
	return p
}

// amounts sums what stands by measure word; different words are never added.
func amounts(part []standing) []Amount {
	thousandths := map[string]int64{}
	for _, row := range part {
		if row.standing > 0 {
			thousandths[row.measure] += row.thousandths
		}
	}
	list := []Amount{}
	for _, measure := range sortedKeys(thousandths) {
		list = append(list, Amount{Quantity: float64(thousandths[measure]) / 1000, Measure: measure})
	}
	return list
}

func only(rows []standing, keep func(standing) bool) []standing {
	var list []standing
	for _, row := range rows {
		if keep(row) {
			list = append(list, row)
		}
	}
	return list
}

func (o *obligations) taskOrder() map[campaign.TaskCode]int {
	at := map[campaign.TaskCode]int{}
	for i, code := range o.tasks {
		at[code] = i
	}
	return at
}

func (o *obligations) unitOrder() map[org.UnitID]int {
	at := map[org.UnitID]int{}
	for i, u := range o.plan.Units.Units() {
		at[u.ID] = i
	}
	return at
}

// before orders as the plan does; what the plan does not know comes last.
func before[K ~string](at map[K]int, a, b K) bool {
	i, knownA := at[a]
	j, knownB := at[b]
	switch {
	case knownA && knownB:
		return i < j
	case knownA != knownB:
		return knownA
	default:
		return a < b
	}
}
