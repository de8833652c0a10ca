package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Store keeps campaigns, tasks and carriers.
type Store struct {
	campaigns *revision.Table[Campaign]
	tasks     *revision.Table[Task]
	carriers  *revision.Table[Carrier]
	units     *org.Store
}

// NewStore gives the store kept in db.
func NewStore(db *clickhouse.DB, log *audit.Log, units *org.Store) *Store {
	return &Store{
		campaigns: revision.NewTable[Campaign](db, log, "campaigns", "campaign"),
		tasks:     revision.NewTable[Task](db, log, "tasks", "task"),
		carriers:  revision.NewTable[Carrier](db, log, "carriers", "carrier"),
		units:     units,
	}
}

// Plan is a campaign as it holds now: everything a page or an intake needs to
// understand a row.
type Plan struct {
	Campaign Campaign
	Revision uint32
	Tasks    []Task // by position
	Carriers []Carrier
	Units    *org.Resolver

	tasks    map[TaskCode]Task
	carriers map[CarrierID]Carrier
}

// NewPlan joins the parts of a plan.
func NewPlan(c Campaign, tasks []Task, carriers []Carrier, units *org.Resolver) *Plan {
	sort.SliceStable(tasks, func(i, j int) bool { return tasks[i].Position < tasks[j].Position })
	p := &Plan{Campaign: c, Tasks: tasks, Carriers: carriers, Units: units, tasks: map[TaskCode]Task{}, carriers: map[CarrierID]Carrier{}}
	for _, t := range tasks {
		p.tasks[t.Code] = t
	}
	for _, c := range carriers {
		p.carriers[c.ID] = c
	}
	return p
}

// Task gives the task with this code.
func (p *Plan) Task(code TaskCode) (Task, bool) { t, ok := p.tasks[code]; return t, ok }

// Carrier gives the carrier with this id.
func (p *Plan) Carrier(id CarrierID) (Carrier, bool) { c, ok := p.carriers[id]; return c, ok }

// UnitName gives the name of a unit, or its id where it is unknown.
func (p *Plan) UnitName(id org.UnitID) string {
	if u, ok := p.Units.Unit(id); ok {
		return u.Name
	}
	return string(id)
}

// CarrierName gives the name of a carrier, or its id where it is unknown.
func (p *Plan) CarrierName(id CarrierID) string {
	if c, ok := p.carriers[id]; ok {
		return c.Name
	}
	return string(id)
}

// ResolveTask finds the task that a written name means: its code, title or alias.
func (p *Plan) ResolveTask(name string) (Task, bool) {
	folded := org.Fold(name)
	if folded == "" {
		return Task{}, false
	}
	for _, t := range p.Tasks {
		if org.Fold(string(t.Code)) == folded || org.Fold(t.Title) == folded {
			return t, true
		}
		for _, a := range t.Aliases {
			if org.Fold(a) == folded {
				return t, true
			}
		}
	}
	return Task{}, false
}

// ResolveCarrier finds the carrier that a written name means.
func (p *Plan) ResolveCarrier(name string) (Carrier, bool) {
	folded := org.Fold(name)
	if folded == "" {
		return Carrier{}, false
	}
	for _, c := range p.Carriers {
		if org.Fold(c.Name) == folded || org.Fold(string(c.ID)) == folded {
			return c, true
		}
		for _, a := range c.Aliases {
			if org.Fold(a) == folded {
				return c, true
			}
		}
	}
	return Carrier{}, false
}

// TasksOf lists the tasks that a unit leads or assists, by position.
func (p *Plan) TasksOf(unit org.UnitID) []Task {
	var list []Task
	for _, t := range p.Tasks {
		if slices.Contains(t.Responsible(p.Units), unit) || slices.Contains(t.Helping(p.Units), unit) {
			list = append(list, t)
		}
	}
	return list
}

// Open lists all that the plan leaves to the office.
func (p *Plan) Open() []Question {
	var open []Question
	for _, t := range p.Tasks {
		open = append(open, t.Open(p.Campaign.Words.Office, p.Units)...)
	}
	return open
}

// Campaigns lists all campaigns by id.
func (s *Store) Campaigns(ctx context.Context) ([]Campaign, error) {
	held, err := s.campaigns.List(ctx, "")
	if err != nil {
		return nil, err
	}
	list := make([]Campaign, 0, len(held))
	for _, h := range held {
		list = append(list, h.Thing)
	}
	return list, nil
}

// Plan gives a campaign with its tasks, carriers and units.
func (s *Store) Plan(ctx context.Context, id string) (*Plan, error) {
	held, err := s.campaigns.Current(ctx, id, id)
	if errors.Is(err, revision.ErrNotFound) {
		return nil, problem.NotFound("这个活动").Because(err)
	}
	if err != nil {
		return nil, err
	}
	tasks, err := s.tasks.List(ctx, id)
	if err != nil {
		return nil, err
	}
	carriers, err := s.carriers.List(ctx, id)
	if err != nil {
		return nil, err
	}
	units, err := s.units.Resolver(ctx, id)
	if err != nil {
		return nil, err
	}
	p := NewPlan(held.Thing, things(tasks), things(carriers), units)
	p.Revision = held.Revision
	return p, nil
}

func things[T any](held []revision.Held[T]) []T {
	list := make([]T, 0, len(held))
	for _, h := range held {
		list = append(list, h.Thing)
	}
	return list
}

// Task gives one task with its revision.
func (s *Store) Task(ctx context.Context, campaign string, code TaskCode) (revision.Held[Task], error) {
	held, err := s.tasks.Current(ctx, campaign, string(code))
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound("这项任务").Because(err)
	}
	return held, err
}

// PutCampaign writes the next revision of a campaign.
func (s *Store) PutCampaign(ctx context.Context, actor audit.Actor, c Campaign, expected uint32) (uint32, error) {
	if c.ID == "" || c.Name == "" {
		return 0, problem.Invalid("活动缺少代码或名称", "请补上后再保存。")
	}
	rev, err := s.campaigns.Put(ctx, actor, "campaign.put", c.ID, c.ID, c, expected)
	return rev, changed(err)
}

// PutTask writes the next revision of a task.
func (s *Store) PutTask(ctx context.Context, actor audit.Actor, campaign string, t Task, expected uint32) (uint32, error) {
	if err := t.Validate(); err != nil {
		return 0, err
	}
	rev, err := s.tasks.Put(ctx, actor, "task.put", campaign, string(t.Code), t, expected)
	return rev, changed(err)
}

func (c Carrier) validate() error {
	if c.ID == "" || c.Name == "" || len(c.Measures) == 0 {
		return problem.Invalid("宣传形式缺少代码、名称或计量单位", fmt.Sprintf("请补全“%s”后再保存。", c.Name))
	}
	if faults := c.Rule.Validate(); len(faults) > 0 {
		return problem.Invalid(fmt.Sprintf("“%s”的规定还不能保存", c.Name), "请按提示改正后再保存。", faults...)
	}
	return nil
}

// PutTasks writes the next revisions of several tasks over whatever holds, all or
// none, and answers which of them changed.
func (s *Store) PutTasks(ctx context.Context, actor audit.Actor, campaign string, tasks []Task) ([]bool, error) {
	for _, t := range tasks {
		if err := t.Validate(); err != nil {
			return nil, err
		}
	}
	differs, err := s.tasks.Replace(ctx, actor, "task.put", campaign, tasks, func(t Task) string { return string(t.Code) })
	return differs, changed(err)
}

// PutCarriers is PutTasks for carriers.
func (s *Store) PutCarriers(ctx context.Context, actor audit.Actor, campaign string, carriers []Carrier) ([]bool, error) {
	for _, c := range carriers {
		if err := c.validate(); err != nil {
			return nil, err
		}
	}
	differs, err := s.carriers.Replace(ctx, actor, "carrier.put", campaign, carriers, func(c Carrier) string { return string(c.ID) })
	return differs, changed(err)
}

// Carrier gives one carrier with its revision.
func (s *Store) Carrier(ctx context.Context, campaign string, id CarrierID) (revision.Held[Carrier], error) {
	held, err := s.carriers.Current(ctx, campaign, string(id))
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound("这种宣传形式").Because(err)
	}
	return held, err
}

// PutCarrier writes the next revision of a carrier.
func (s *Store) PutCarrier(ctx context.Context, actor audit.Actor, campaign string, c Carrier, expected uint32) (uint32, error) {
	if err := c.validate(); err != nil {
		return 0, err
	}
	rev, err := s.carriers.Put(ctx, actor, "carrier.put", campaign, string(c.ID), c, expected)
	return rev, changed(err)
}

// changed turns a lost race into words.
func changed(err error) error {
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("刚刚有人改过这里", "请重新打开页面，看过新内容后再修改，您填的内容没有保存。").Because(err)
	}
	return err
}
