package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/spotcheck"
)

// checkRoutes are the pages of spot checks. A unit sees its own points of a check, and these
// only once it is closed: who knows the points beforehand could tidy them.
func (s *Server) checkRoutes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all = "/c/:campaign/checks"
	return []route{
		{get, all, auth.CheckRead, s.checksList},
		{post, all, auth.CheckDraw, s.checkDraw},
		{get, all + "/:check", auth.CheckRead, s.checkShow},
		{post, all + "/:check/close", auth.CheckDraw, s.checkClose},
		{get, all + "/:check/slips", auth.CheckRecord, s.checkSlips},
		{get, all + "/:check/result.xlsx", auth.CheckRecord, s.checkExport},
		{get, all + "/:check/frame.tsv", auth.CheckDraw, s.checkFrame},
		{get, all + "/:check/points/:point", auth.CheckRecord, s.pointForm},
		{post, all + "/:check/points/:point", auth.CheckRecord, s.pointRecord},
	}
}

// usualPoints is how many points the form proposes.
const usualPoints = 20

type checksPage struct {
	Lines   []checkLine
	Draw    bool // may draw
	ID      string
	Fields  url.Values
	Tasks   []campaign.Task
	Units   []org.Unit
	Kinds   []campaign.Carrier
	Most    int
	Office  bool
	Problem *problem.Problem
}

// Value gives what stands in a field.
func (p checksPage) Value(name string) string { return p.Fields.Get(name) }

// Chosen tells whether a box is ticked.
func (p checksPage) Chosen(name, value string) bool { return slices.Contains(p.Fields[name], value) }

// Narrowed tells whether any box is.
func (p checksPage) Narrowed() bool {
	return len(p.Fields["task"])+len(p.Fields["unit"])+len(p.Fields["carrier"]) > 0
}

// checkLine is a check in the list.
type checkLine struct {
	spotcheck.Check
	Purpose string
	Done    int // points with a finding
}

// checksList shows the checks, and to who may the form to draw one.
func (s *Server) checksList(c *fiber.Ctx, v *visit) error {
	return s.showChecks(c, v, checksPage{ID: uuid.NewString(), Fields: url.Values{"size": {strconv.Itoa(usualPoints)}}})
}

func (s *Server) showChecks(c *fiber.Ctx, v *visit, data checksPage) error {
	all, err := s.checks.List(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	findings, err := s.checks.AllFindings(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	for _, held := range all {
		if !visible(v, held.Thing) {
			continue
		}
		line := checkLine{Check: held.Thing, Purpose: spotcheck.PurposeNames[held.Thing.Purpose]}
		line.Points = ownPoints(v, held.Thing)
		for _, p := range line.Points {
			if _, found := findings[held.ID][p.Number]; found {
				line.Done++
			}
		}
		data.Lines = append(data.Lines, line)
	}
	if data.Draw = v.may(auth.CheckDraw); data.Draw {
		data.Most, data.Office = spotcheck.MostPoints, v.actor.Role == audit.RoleOffice
		data.Tasks, data.Kinds = v.plan.Tasks, v.plan.Carriers
		for _, u := range v.plan.Units.Units() {
			if !u.Collective() {
				data.Units = append(data.Units, u)
			}
		}
	}
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	return s.render(c, v, "checks_list", "现场抽查", data)
}

// visible tells whether the visitor may know of a check: a unit of those that are closed.
func visible(v *visit, one spotcheck.Check) bool {
	return auth.UnitOf(v.actor, auth.CheckRead) == "" || !one.Closed.IsZero()
}

// ownPoints are the points that the visitor may see.
func ownPoints(v *visit, one spotcheck.Check) []spotcheck.Point {
	own := auth.UnitOf(v.actor, auth.CheckRead)
	if own == "" {
		return one.Points
	}
	return slices.DeleteFunc(slices.Clone(one.Points), func(p spotcheck.Point) bool { return string(p.Unit) != own })
}

// checkDraw draws the points. The rows are read at once and kept: what is logged later is in
// another draw.
func (s *Server) checkDraw(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	asked := spotcheck.Asked{ID: fields.Get("id"), Purpose: spotcheck.Inspection, Seed: fields.Get("seed"), Cutoff: s.clock(), Day: v.today, By: v.actor.Name, Filter: readFilter(fields)}
	asked.Size, _ = strconv.Atoi(strings.TrimSpace(org.Fold(fields.Get("size")))) // 0 is said by Draw
	if v.actor.Role == audit.RoleOffice && fields.Get("purpose") != string(spotcheck.Inspection) {
		asked.Purpose = spotcheck.Rehearsal
	}
	check, err := s.draw(c.UserContext(), v, asked)
	if err == nil {
		err = s.checks.Put(c.UserContext(), v.actor, check)
	}
	if p, ok := problem.As(err); ok {
		return s.showChecks(c, v, checksPage{ID: fields.Get("id"), Fields: fields, Problem: p})
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/checks/"+url.PathEscape(check.ID)+"?done=drawn", fiber.StatusSeeOther)
}

func readFilter(fields url.Values) spotcheck.Filter {
	var f spotcheck.Filter
	for _, one := range fields["task"] {
		f.Tasks = append(f.Tasks, campaign.TaskCode(one))
	}
	for _, one := range fields["unit"] {
		f.Units = append(f.Units, org.UnitID(one))
	}
	for _, one := range fields["carrier"] {
		f.Carriers = append(f.Carriers, campaign.CarrierID(one))
	}
	return f
}

// draw asks the ledger, draws, and orders the points by where they are.
func (s *Server) draw(ctx context.Context, v *visit, asked spotcheck.Asked) (*spotcheck.Check, error) {
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, AsOf: asked.Day}
	frame, err := frameOf(ctx, s.Reader, v.plan, scope, asked.Filter)
	if err != nil {
		return nil, err
	}
	check, err := spotcheck.Draw(v.plan, asked, frame)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(check.Points))
	for i, p := range check.Points {
		ids[i] = p.Placement
	}
	held, err := s.Placements.Placements(ctx, v.plan.Campaign.ID, ids)
	if err != nil {
		return nil, err
	}
	for i := range check.Points {
		check.Points[i].Position = held[check.Points[i].Placement].Position
	}
	check.Settle(v.plan)
	return check, nil
}

// frameOf gives the placements of which the ledger says that they stand. Counted are those left
// out: which it says itself are gone, and acts, of which nothing is left to be seen.
func frameOf(ctx context.Context, reader *analytics.Reader, plan *campaign.Plan, scope analytics.Scope, f spotcheck.Filter) (spotcheck.Frame, error) {
	var frame spotcheck.Frame
	rows, err := reader.Standing(ctx, plan, scope, analytics.StandingFilter{})
	if err != nil {
		return frame, err
	}
	for _, row := range rows {
		if row.State == analytics.NotStanding || !f.Holds(row.Task, row.Unit, row.Carrier) {
			continue
		}
		one := spotcheck.Candidate{Claim: drawing.Standing, Placement: placement.Placement{ID: row.Placement, Campaign: plan.Campaign.ID, Task: row.Task, Unit: row.Unit,
			Carrier: row.Carrier, CarrierText: row.CarrierText, Place: row.Place, Quantity: row.Quantity, Measure: row.Measure, Start: row.Start, End: row.End}}
		if row.State.Counts() {
			one.Claim = drawing.Proven
		}
		switch carrier, _ := plan.Carrier(row.Carrier); {
		case row.State == analytics.Gone:
			frame.Gone++
		case carrier.Rule.Once.Value:
			frame.Acts++
		default:
			frame.Candidates = append(frame.Candidates, one)
		}
	}
	return frame, nil
}

// heldCheck gives the check of the address with its findings; one that a unit may not know of
// yet answers like none.
func (s *Server) heldCheck(c *fiber.Ctx, v *visit) (spotcheck.Check, map[int]revision.Held[spotcheck.Finding], error) {
	held, err := s.checks.Check(c.UserContext(), v.plan.Campaign.ID, c.Params("check"))
	if err == nil && !visible(v, held.Thing) {
		err = problem.NotFound("这次抽查")
	}
	if err != nil {
		return spotcheck.Check{}, nil, err
	}
	findings, err := s.checks.Findings(c.UserContext(), v.plan.Campaign.ID, held.ID)
	return held.Thing, findings, err
}

func checkAddress(v *visit, check spotcheck.Check) string {
	return "/c/" + v.plan.Campaign.ID + "/checks/" + url.PathEscape(check.ID)
}

func (s *Server) checkClose(c *fiber.Ctx, v *visit) error {
	check, _, err := s.heldCheck(c, v)
	if err != nil {
		return err
	}
	if err := s.checks.Close(c.UserContext(), v.actor, v.plan.Campaign.ID, check.ID); err != nil {
		return err
	}
	return c.Redirect(checkAddress(v, check)+"?done=check-closed", fiber.StatusSeeOther)
}
