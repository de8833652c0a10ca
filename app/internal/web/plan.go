package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/dashboards"
)

type planPage struct {
	Lines []planLine
	Rules []ruleLine
	Open  int // questions the office is to settle
}

// planLine is a task with what it leaves open.
type planLine struct {
	Task        campaign.Task
	Lead        []org.Unit
	Assisting   []org.Unit
	Carriers    []string
	Open        map[string]string // what → sentence
	FirstOfKind bool              // its field differs from the line's above
}

// ruleLine is a carrier with its rule in words.
type ruleLine struct {
	Carrier campaign.Carrier
	Texts   []dashboards.SourcedText
}

// planPage shows the plan as it holds now, with what it leaves to the office.
func (s *Server) planPage(c *fiber.Ctx, v *visit) error {
	data := planPage{}
	field := ""
	for _, t := range v.plan.Tasks {
		line := planLine{Task: t, Lead: unitsOf(v.plan, t.Lead), Assisting: unitsOf(v.plan, t.Assisting), Open: map[string]string{}, FirstOfKind: t.Field != field}
		for _, id := range t.Carriers {
			line.Carriers = append(line.Carriers, v.plan.CarrierName(id))
		}
		for _, q := range t.Open(v.plan.Campaign.Words.Office, v.plan.Units) {
			if said := line.Open[q.What]; said != "" { // of several units
				q.Text = said + "；" + q.Text
			}
			line.Open[q.What] = q.Text
			data.Open++
		}
		field = t.Field
		data.Lines = append(data.Lines, line)
	}
	for _, carrier := range v.plan.Carriers {
		data.Rules = append(data.Rules, ruleLine{carrier, dashboards.RuleText(carrier.Rule)})
	}
	return s.render(c, v, "plan", "方案", data)
}

func unitsOf(plan *campaign.Plan, ids []org.UnitID) []org.Unit {
	var list []org.Unit
	for _, id := range ids {
		if u, ok := plan.Units.Unit(id); ok {
			list = append(list, u)
		}
	}
	return list
}

type taskPage struct {
	Task     campaign.Task
	Revision uint32
	Roles    map[string]string // unit → lead or assisting
	Targets  []targetRow
	Measures []string
	Problem  *problem.Problem
}

// targetRow is a target as it stands in the form.
type targetRow struct{ Unit, Carrier, Quantity, Measure, Source string }

// blankTargets is how many empty rows the form offers beyond those that are filled.
const blankTargets = 3

// taskForm shows one task to the office.
func (s *Server) taskForm(c *fiber.Ctx, v *visit) error {
	held, err := s.Campaigns.Task(c.UserContext(), v.plan.Campaign.ID, campaign.TaskCode(c.Params("task")))
	if err != nil {
		return err
	}
	return s.showTask(c, v, held.Thing, held.Revision, targetRows(held.Thing.Targets), nil)
}

func targetRows(targets []campaign.Target) []targetRow {
	var rows []targetRow
	for _, t := range targets {
		rows = append(rows, targetRow{string(t.Unit), string(t.Carrier), strconv.FormatFloat(t.Quantity, 'f', -1, 64), t.Measure, t.Source})
	}
	return rows
}

func (s *Server) showTask(c *fiber.Ctx, v *visit, t campaign.Task, revision uint32, rows []targetRow, p *problem.Problem) error {
	data := taskPage{Task: t, Revision: revision, Roles: map[string]string{}, Measures: campaign.Measures, Problem: p}
	for _, id := range t.Assisting {
		data.Roles[string(id)] = "assisting"
	}
	for _, id := range t.Lead {
		data.Roles[string(id)] = "lead"
	}
	data.Targets = append(rows, make([]targetRow, blankTargets)...)
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "plan_edit", string(t.Code)+" "+t.Title, data)
}

// taskPut saves what the office settled. The revision it saw travels with the form.
func (s *Server) taskPut(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	held, err := s.Campaigns.Task(c.UserContext(), v.plan.Campaign.ID, campaign.TaskCode(c.Params("task")))
	if err != nil {
		return err
	}
	expected := seenRevision(fields)
	t, rows, faults := readTask(fields, held.Thing, v.plan)
	if len(faults) > 0 {
		p := problem.Invalid("还不能保存", "请按提示改正，已填的内容都还在。", faults...)
		return s.showTask(c, v, t, expected, rows, p)
	}
	_, err = s.Campaigns.PutTask(c.UserContext(), v.actor, v.plan.Campaign.ID, t, expected)
	if p, ok := problem.As(err); ok {
		return s.showTask(c, v, t, expected, rows, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/plan?done=saved#"+url.PathEscape(string(t.Code)), fiber.StatusSeeOther)
}

// readTask bends the task that holds by what the form says. What the form doesn't show
// stays as it was.
func readTask(fields url.Values, t campaign.Task, plan *campaign.Plan) (campaign.Task, []targetRow, []problem.Fault) {
	var faults []problem.Fault
	t.Title, t.Summary = strings.TrimSpace(fields.Get("title")), strings.TrimSpace(fields.Get("summary"))
	t.Places = lines(fields.Get("places"))
	t.Lead = pickUnits(fields, t.Lead, "lead", plan)
	t.Assisting = pickUnits(fields, t.Assisting, "assisting", plan)
	t.Carriers = nil
	for _, id := range fields["carrier"] {
		if _, known := plan.Carrier(campaign.CarrierID(id)); known {
			t.Carriers = append(t.Carriers, campaign.CarrierID(id))
		}
	}
	t.Window = campaign.Window{Open: fields.Get("open") != ""}
	t.Window.Start = readDate(fields, "start", "开始日期", &faults)
	if !t.Window.Open {
		t.Window.End = readDate(fields, "end", "结束日期", &faults)
	}
	rows, targets := readTargets(fields, plan, &faults)
	t.Targets = targets
	if err := t.Validate(); err != nil {
		if p, ok := problem.As(err); ok {
			faults = append(faults, p.Faults...)
		}
	}
	return t, rows, faults
}

// pickUnits keeps the order in which units stood, since the first is the one in charge,
// and puts new ones behind.
func pickUnits(fields url.Values, before []org.UnitID, role string, plan *campaign.Plan) []org.UnitID {
	var picked []org.UnitID
	chosen := func(id org.UnitID) bool { return fields.Get("unit."+string(id)) == role }
	for _, id := range before {
		if chosen(id) {
			picked = append(picked, id)
		}
	}
	for _, u := range plan.Units.Units() {
		if chosen(u.ID) && !slices.Contains(picked, u.ID) {
			picked = append(picked, u.ID)
		}
	}
	return picked
}

func readTargets(fields url.Values, plan *campaign.Plan, faults *[]problem.Fault) ([]targetRow, []campaign.Target) {
	at := func(name string, i int) string {
		if list := fields["target."+name]; i < len(list) {
			return strings.TrimSpace(list[i])
		}
		return ""
	}
	var rows []targetRow
	var targets []campaign.Target
	for i := range fields["target.quantity"] {
		row := targetRow{at("unit", i), at("carrier", i), at("quantity", i), at("measure", i), at("source", i)}
		if row == (targetRow{}) || row.Quantity == "" && row.Source == "" && row.Unit == "" && row.Carrier == "" {
			continue
		}
		rows = append(rows, row)
		quantity, err := strconv.ParseFloat(strings.ReplaceAll(row.Quantity, ",", ""), 64)
		switch {
		case err != nil || quantity <= 0:
			*faults = append(*faults, problem.Fault{Field: "targets", Why: fmt.Sprintf("第%d行应设数量“%s”不是大于0的数字；尚未核定时请整行留空", len(rows), row.Quantity)})
		case row.Measure == "":
			*faults = append(*faults, problem.Fault{Field: "targets", Why: fmt.Sprintf("第%d行请选择计量单位", len(rows))})
		case row.Source == "":
			*faults = append(*faults, problem.Fault{Field: "targets", Why: fmt.Sprintf("第%d行请写明数量的来源，例如“9月2日现场清点”", len(rows))})
		}
		if row.Unit != "" {
			if _, known := plan.Units.Unit(org.UnitID(row.Unit)); !known {
				*faults = append(*faults, problem.Fault{Field: "targets", Why: fmt.Sprintf("第%d行的单位不在名单里", len(rows))})
			}
		}
		targets = append(targets, campaign.Target{Unit: org.UnitID(row.Unit), Carrier: campaign.CarrierID(row.Carrier), Quantity: quantity, Measure: row.Measure, Source: row.Source})
	}
	return rows, targets
}

// readDate reads an optional civil date of a form.
func readDate(fields url.Values, name, label string, faults *[]problem.Fault) time.Time {
	text := strings.TrimSpace(fields.Get(name))
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		*faults = append(*faults, problem.Fault{Field: name, Why: fmt.Sprintf("%s“%s”不是有效日期，请写成 2014-09-05 的样子", label, text)})
	}
	return day
}

// lines gives the lines of a text that hold something.
func lines(text string) []string {
	var list []string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool {
		return r == '\n' || r == '\r' || r == '、' || r == '，' || r == ',' || r == ';' || r == '；'
	}) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}
