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

// Coverage asks what is proven of what the plan asks; what a proof is, ProofState says.
//
// What is owed is counted in obligations: a task times a unit responsible for it, a
// collective replaced by its members. Several lead units of one task each owe it: the
// task is covered as far as each of them has something proven, so that nobody hides
// behind a neighbour. A task whose units nobody has named owes an unknown number (-1)
// and is never complete; what is logged there counts as logged.
//
// A carrier is owed by each obligation whose task names it. A scope with a unit sees
// that unit's obligations and placements and nothing of any other.
//
// What was owed on a past day is what the plan asked at the end of that day: settling a
// collective or a target today leaves the curve of the weeks as it was. What was proven
// then is told by what is known now, since a photo may come in late.
func (r *Reader) Coverage(ctx context.Context, plan *campaign.Plan, scope Scope) (*Coverage, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	ends := lastDays(curve(plan.Campaign.Window, scope.AsOf), scope.AsOf)
	rows, sql, err := r.counted(ctx, plan, scope, ends)
	if err != nil {
		return nil, err
	}
	past, err := recall(ctx, r, "plan of "+plan.Campaign.ID, planTables, closedWave{}, func(ctx context.Context, _ string) ([]*campaign.History, error) {
		h, err := r.plans.History(ctx, plan.Campaign.ID)
		return []*campaign.History{h}, err
	})
	if err != nil {
		return nil, fmt.Errorf("ask for the plan of past days: %w", err)
	}
	c := newCoverage(plan, past[0], scope, rows, ends)
	c.SQL = sql
	return c, nil
}

// counted gives what the scope has by task, unit, carrier and measure word, and the
// statement that counts it. The statement of one unit takes as long as that of all, and its
// rows are among them: all units share one answer.
func (r *Reader) counted(ctx context.Context, plan *campaign.Plan, scope Scope, ends []time.Time) ([]standing, string, error) {
	whole := scope
	whole.Unit = ""
	rows, err := ask(ctx, r, "coverage", coverageOf(plan, whole, ends), scanStanding)
	if scope.Unit != "" {
		rows = only(rows, func(row standing) bool { return row.unit == scope.Unit })
	}
	return rows, coverageOf(plan, scope, ends).String(), err
}

func coverageOf(plan *campaign.Plan, scope Scope, ends []time.Time) statement {
	values := proofValues(plan, scope)
	values["days"] = civils(ends)
	return statement{text: fill(fill(coverageSQL, map[string]string{"proof": proofSQL}), everyPlacement), tables: proofTables, values: values}
}

// everyPlacement fills the places where the text of proof.sql could be narrowed.
var everyPlacement = map[string]string{"placements": "", "evidence": ""}

// standing is what one unit has under one task, of one carrier and measure word.
type standing struct {
	task        campaign.TaskCode
	unit        org.UnitID
	carrier     campaign.CarrierID
	measure     string
	logged      int64
	standing    int64
	byProof     ByProof
	thousandths int64 // standing
	proven      int64 // thousandths
	last        time.Time
	byWeek      []uint64 // standing

	// In the order of ProofStates, those that don't stand too.
	countBy    []uint64
	quantityBy []int64  // thousandths
	unplacedBy []uint64 // without a position

	provenBy []uint64
	loggedBy []uint64
}

func scanStanding(rows driver.Rows) (standing, error) {
	var s standing
	var task, unit, carrier string
	err := rows.Scan(&task, &unit, &carrier, &s.measure, &s.quantityBy, &s.countBy, &s.unplacedBy, &s.last, &s.byWeek, &s.provenBy, &s.loggedBy)
	if err != nil {
		return s, err
	}
	for i, n := range []*int64{&s.byProof.Proven, &s.byProof.GrowingOld, &s.byProof.Old, &s.byProof.Never, &s.byProof.Defect, &s.byProof.Gone} {
		*n = int64(s.countBy[i])
		s.standing += *n
	}
	for i, state := range ProofStates {
		s.logged += int64(s.countBy[i])
		if state != NotStanding {
			s.thousandths += s.quantityBy[i]
		}
		if state.Counts() {
			s.proven += s.quantityBy[i]
		}
	}
	s.task, s.unit, s.carrier = campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier)
	return s, nil
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
func lastDays(mondays []time.Time, asOf time.Time) []time.Time {
	var list []time.Time
	for _, m := range mondays {
		sunday := m.Add(6 * day)
		if sunday.After(asOf) {
			sunday = asOf
		}
		list = append(list, sunday)
	}
	return list
}

func civils(days []time.Time) []string {
	list := make([]string, len(days))
	for i, d := range days {
		list[i] = civil(d)
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

// covers tells which obligations have something that is proven, and which have
// something that stands.
type covers struct{ proven, present map[cellKey]bool }

func newCovers() covers { return covers{proven: map[cellKey]bool{}, present: map[cellKey]bool{}} }

func (c covers) note(key cellKey, proven, stands bool) {
	c.proven[key] = c.proven[key] || proven
	c.present[key] = c.present[key] || stands
}

func coversOf(rows []standing) covers {
	c := newCovers()
	for _, row := range rows {
		c.note(cellKey{row.task, row.unit}, row.byProof.Counted() > 0, row.standing > 0)
	}
	return c
}

// newCoverage joins what was counted with what is owed; ends are the last days of the
// weeks.
func newCoverage(plan *campaign.Plan, past *campaign.History, scope Scope, rows []standing, ends []time.Time) *Coverage {
	o := newObligations(past.At(plan, scope.AsOf), scope)
	covered := coversOf(rows)
	c := &Coverage{AsOf: scope.AsOf, Cells: o.cells(rows)}
	c.ByTask = o.byTask(rows, covered)
	c.ByUnit = o.byUnit(rows, covered)
	c.ByCarrier = o.byCarrier(rows)
	for i, end := range ends {
		then := o
		if end.Before(scope.AsOf) {
			then = newObligations(past.At(plan, end), scope)
		}
		c.ByWeek = append(c.ByWeek, then.week(rows, i, end))
	}
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
	cell := CoverageCell{Task: key.task, Unit: key.unit, Unsettled: o.none[key.task], Amounts: amounts(part), ProvenAmounts: provenAmounts(part)}
	for _, row := range part {
		cell.Logged += row.logged
		cell.Standing += row.standing
		cell.ByProof.add(row.byProof)
		if row.last.After(cell.Last) {
			cell.Last = row.last
		}
	}
	cell.Proven = cell.ByProof.Counted()
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
	case cell.Proven == 0 && cell.Standing > 0:
		return Unproven
	case len(cell.Targets) == 0:
		return LoggedNoCount
	case slices.ContainsFunc(cell.Targets, func(p TargetProgress) bool { return p.Proven < p.Target.Quantity }):
		return Short
	default:
		return Met
	}
}

func (o *obligations) byTask(rows []standing, covered covers) []CoverageLine {
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

func (o *obligations) byUnit(rows []standing, covered covers) []CoverageLine {
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
			carriers = append(carriers, campaign.Carrier{ID: row.carrier, Name: carrierLabel(o.plan, row.carrier)})
		}
	}
	list := []CoverageLine{}
	for _, c := range carriers {
		part := only(rows, func(s standing) bool { return s.carrier == c.ID })
		covered := coversOf(part)
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

// week is a point of the curve: what was proven on the last day of a week by what is known
// now, of what was owed then, and how many placements had been logged by then.
func (o *obligations) week(rows []standing, i int, end time.Time) CoverageLine {
	m := monday(end)
	line := CoverageLine{Key: civil(m), Label: fmt.Sprintf("%d月%d日", m.Month(), m.Day()), NotEnumerated: true}
	covered := newCovers()
	for _, row := range rows {
		line.Standing += int64(row.byWeek[i])
		line.Proven += int64(row.provenBy[i])
		line.Logged += int64(row.loggedBy[i])
		covered.note(cellKey{row.task, row.unit}, row.provenBy[i] > 0, row.byWeek[i] > 0)
	}
	o.count(&line, covered, func(cellKey) bool { return true })
	line.Share = estimate.Ratio(line.Covered, line.Expected)
	return line
}

func (o *obligations) total(rows []standing, covered covers) CoverageLine {
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
func (o *obligations) count(line *CoverageLine, covered covers, in func(cellKey) bool) {
	for key := range o.owed {
		if in(key) {
			line.Expected++
			if covered.proven[key] {
				line.Covered++
			}
			if covered.present[key] {
				line.Present++
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
		line.ByProof.add(row.byProof)
	}
	line.Proven = line.ByProof.Counted()
	line.Amounts, line.ProvenAmounts = amounts(part), provenAmounts(part)
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

// progressOf says what stands and is proven against a target: of its carrier, where it
// names one, and of its measure word only.
func progressOf(target campaign.Target, part []standing) TargetProgress {
	var stands, proven int64
	for _, row := range part {
		if row.measure == target.Measure && (target.Carrier == "" || target.Carrier == row.carrier) {
			stands += row.thousandths
			proven += row.proven
		}
	}
	p := TargetProgress{Target: target, Standing: float64(stands) / 1000, Proven: float64(proven) / 1000}
	p.Share = estimate.Filled(p.Proven, target.Quantity)
	return p
}

// amounts sums what stands by measure word; different words are never added.
func amounts(part []standing) []Amount {
	return byMeasure(part, func(row standing) (int64, int64) { return row.standing, row.thousandths })
}

// provenAmounts sums what is proven.
func provenAmounts(part []standing) []Amount {
	return byMeasure(part, func(row standing) (int64, int64) { return row.byProof.Counted(), row.proven })
}

func byMeasure(part []standing, of func(standing) (count, thousandths int64)) []Amount {
	thousandths := map[string]int64{}
	for _, row := range part {
		if n, sum := of(row); n > 0 {
			thousandths[row.measure] += sum
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
