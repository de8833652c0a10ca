package web

import (
	"context"
	"fmt"
	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// ownTask is a task of the visitor's unit with what was logged under it.
type ownTask struct {
	Task     campaign.Task
	Lead     bool
	Open     []campaign.Question
	Cell     analytics.CoverageCell
	Carriers []string
	With     []string // the other units that answer for it
	Helping  []string // units that assist
}

type tasksPage struct {
	ID     org.UnitID
	Unit   string
	Lines  []ownTask
	Others []campaign.Task
	Failed bool // the figures could not be had; the tasks are shown all the same
	Todo   []todoLine
	More   []todoLine // of them, those beyond the first
	Drafts []placement.Draft
	Own    bool // the visitor is of this unit
}

// coverage gives what a unit owes and has; it is read from memory by whoever looks at the
// page until something is written.
func (s *Server) coverage(c *fiber.Ctx, v *visit, unit org.UnitID) (*analytics.Coverage, error) {
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, Unit: unit, AsOf: v.today}
	ctx := context.WithoutCancel(c.UserContext()) // see plan
	return s.coverages.of(fmt.Sprintf("%s|%s|%s", scope.Campaign, unit, v.today), func() (*analytics.Coverage, error) { return s.Reader.Coverage(ctx, v.plan, scope) }, always)
}

// tasksList shows a unit what is theirs, until when, what is logged and what is missing.
func (s *Server) tasksList(c *fiber.Ctx, v *visit) error {
	unit := org.UnitID(auth.UnitOf(v.actor, auth.TaskRead))
	title := "我的任务"
	if unit == "" { // the office looks at one unit's page
		unit = org.UnitID(c.Query("unit"))
		if _, known := v.plan.Units.Unit(unit); !known {
			return c.Redirect("/c/"+v.plan.Campaign.ID+"/units", fiber.StatusSeeOther)
		}
		title = "任务：" + v.plan.UnitName(unit)
	}
	own, others := loggable(v.plan, unit)
	data := tasksPage{ID: unit, Unit: v.plan.UnitName(unit), Others: others}
	coverage, err := s.coverage(c, v, unit)
	if err != nil {
		s.log.Error("coverage of own tasks", "reference", reference(c), "error", err.Error())
		data.Failed = true
	}
	data.Own = v.actor.Unit == string(unit)
	if todo, err := s.todo(c.UserContext(), v, unit); err != nil {
		s.log.Error("what a unit is to do", "reference", reference(c), "error", err.Error())
		data.Failed = true
	} else {
		data.Todo, data.More = firstOf(todoLines(v, todo.Items))
	}
	if data.Own {
		if data.Drafts, err = s.drafts.Open(c.UserContext(), v.plan.Campaign.ID, unit); err != nil {
			return err
		}
	}
	cells := map[campaign.TaskCode]analytics.CoverageCell{}
	if coverage != nil {
		for _, cell := range coverage.Cells {
			if cell.Unit == unit {
				cells[cell.Task] = cell
			}
		}
	}
	for _, t := range own {
		line := ownTask{Task: t, Cell: cells[t.Code], Open: t.Open(v.plan.Campaign.Words.Office, v.plan.Units)}
		for _, id := range t.Responsible(v.plan.Units) {
			line.Lead = line.Lead || id == unit
		}
		line.With, line.Helping = shareOf(v.plan, placement.Placement{Task: t.Code, Unit: unit})
		for _, id := range t.Carriers {
			line.Carriers = append(line.Carriers, v.plan.CarrierName(id))
		}
		data.Lines = append(data.Lines, line)
	}
	return s.render(c, v, "tasks_list", title, data)
}
