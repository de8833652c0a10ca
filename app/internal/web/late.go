package web

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/analytics"
	"shuixuan/app/org"
	"shuixuan/dashboards"
	"shuixuan/dashboards/workbook"
)

// latePage is for the office: who is late with what, and the words to call it in.
type latePage struct {
	AsOf     time.Time
	Soon     int
	Deadline time.Time
	Units    []lateUnit // in the order of the plan, those of whom something is asked
	Notice   string     // one text for all
}

// lateUnit is what one unit is asked to do.
type lateUnit struct {
	ID                                             org.UnitID
	Name                                           string
	Overdue, Returned, OldProof, Repairs, Upcoming int
	Items, More                                    []todoLine
	Notice                                         string
}

// todoLine is an item in words.
type todoLine struct {
	analytics.TodoItem
	Name, What, When, Ask string
}

func todoLines(v *visit, items []analytics.TodoItem) []todoLine {
	lines := make([]todoLine, len(items))
	for i, item := range items {
		lines[i] = todoLine{item, dashboards.TodoNames[item.Kind], dashboards.TodoWhat(v.plan, item), dashboards.TodoWhen(item), dashboards.TodoAsk(item)}
	}
	return lines
}

// shownTodo is how many things a list shows at once; a longer one is opened by whoever has
// done these.
const shownTodo = 20

func firstOf(lines []todoLine) (first, more []todoLine) {
	n := min(len(lines), shownTodo)
	return lines[:n], lines[n:]
}

// lateBy is until when a notice asks for an answer: the day that the office chose, or as
// many days ahead as count as soon.
func lateBy(c *fiber.Ctx, v *visit) time.Time {
	if day, err := time.Parse(time.DateOnly, c.Query("by")); err == nil && !day.Before(v.today) && day.Year() < 2100 {
		return day
	}
	return v.today.AddDate(0, 0, v.plan.Campaign.Settings.SoonDays())
}

func (s *Server) todo(ctx context.Context, v *visit, unit org.UnitID) (*analytics.Todo, error) {
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, Unit: unit, AsOf: v.today}
	ctx = context.WithoutCancel(ctx) // see plan
	return s.todos.of(fmt.Sprintf("%s|%s|%s", scope.Campaign, unit, v.today), func() (*analytics.Todo, error) { return s.Reader.Todo(ctx, v.plan, scope) }, always)
}

func (s *Server) latePage(c *fiber.Ctx, v *visit) error {
	todo, err := s.todo(c.UserContext(), v, "")
	if err != nil {
		return err
	}
	data := latePage{AsOf: todo.AsOf, Soon: todo.Soon, Deadline: lateBy(c, v)}
	data.Notice = dashboards.NoticeAll(v.plan, todo, data.Deadline)
	for _, item := range todo.Items {
		if n := len(data.Units); n > 0 && data.Units[n-1].ID == item.Unit {
			continue
		}
		u := lateUnit{ID: item.Unit, Name: v.plan.UnitName(item.Unit), Notice: dashboards.Notice(v.plan, todo, item.Unit, data.Deadline)}
		u.Items = todoLines(v, todo.Of(item.Unit))
		u.count()
		u.Items, u.More = firstOf(u.Items)
		data.Units = append(data.Units, u)
	}
	return s.render(c, v, "late", "催办", data)
}

func (u *lateUnit) count() {
	for _, i := range u.Items {
		switch i.Kind {
		case analytics.TodoOverdue:
			u.Overdue++
		case analytics.TodoReturned:
			u.Returned++
		case analytics.TodoProofOld, analytics.TodoUnproven, analytics.TodoPermitOver:
			u.OldProof++
		case analytics.TodoGone, analytics.TodoRepairLate:
			u.Repairs++
		default:
			u.Upcoming++
		}
	}
}

// lateExport sends the list as a workbook to print.
func (s *Server) lateExport(c *fiber.Ctx, v *visit) error {
	todo, err := s.todo(c.UserContext(), v, "")
	if err != nil {
		return err
	}
	deadline, madeAt := lateBy(c, v), s.clock()
	return s.download(c, "催办清单.xlsx", func(w io.Writer) error { return workbook.Late(w, v.plan, todo, deadline, madeAt) })
}
