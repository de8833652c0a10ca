package web

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
)

// placementBody is a placement as a program sends it. The id is made by the client: the
// same id and content again answers what was kept the first time.
type placementBody struct {
	ID       uuid.UUID           `json:"id,omitzero"`
	Task     campaign.TaskCode   `json:"task"`
	Unit     org.UnitID          `json:"unit,omitempty"` // empty: the unit of the token
	Carrier  string              `json:"carrier"`
	Place    string              `json:"place"`
	Quantity float64             `json:"quantity"`
	Measure  string              `json:"measure"`
	AreaM2   *float64            `json:"area_m2,omitempty"`
	Size     string              `json:"size,omitempty"`
	Start    *string             `json:"start"`
	End      *string             `json:"end,omitempty"` // null: open, to acceptance
	Position *placement.Position `json:"position,omitempty"`
	Remark   string              `json:"remark,omitempty"`
	// Permit and its last day, and the whole area of a hoarding, where the carrier's rule asks.
	Permit      string   `json:"permit,omitempty"`
	PermitUntil *string  `json:"permit_until,omitempty"`
	HoardingM2  *float64 `json:"hoarding_m2,omitempty"`
}

// placementJSON is a placement as the API tells it.
type placementJSON struct {
	ID         uuid.UUID           `json:"id"`
	Revision   uint32              `json:"revision"`
	Task       campaign.TaskCode   `json:"task"`
	Unit       org.UnitID          `json:"unit"`
	UnitName   string              `json:"unit_name"`
	Carrier    campaign.CarrierID  `json:"carrier"` // empty: not on the campaign's list
	Text       string              `json:"carrier_text"`
	Place      string              `json:"place"`
	Quantity   float64             `json:"quantity"`
	Measure    string              `json:"measure"`
	AreaM2     *float64            `json:"area_m2"`
	Size       string              `json:"size"`
	Start      *string             `json:"start"`
	End        *string             `json:"end"`
	Position   *placement.Position `json:"position"`
	Remark     string              `json:"remark"`
	State      placement.State     `json:"state"`
	Reason     placement.Reason    `json:"reason"` // why it was returned; empty otherwise
	Note       string              `json:"note"`   // of who changed the state
	Origin     placement.Origin    `json:"origin"`
	RecordedAt time.Time           `json:"recorded_at"`
	Photos     []photoJSON         `json:"photos"` // the oldest first

	Permit      string     `json:"permit"`
	PermitUntil *string    `json:"permit_until"`
	HoardingM2  *float64   `json:"hoarding_m2"`
	Proof       *proofJSON `json:"proof"` // null: it doesn't count, or was just logged
}

func placementOf(plan *campaign.Plan, p placement.Placement) placementJSON {
	return placementJSON{ID: p.ID, Revision: p.Revision, Task: p.Task, Unit: p.Unit, UnitName: plan.UnitName(p.Unit), Carrier: p.Carrier, Text: p.CarrierText,
		Place: p.Place, Quantity: p.Quantity, Measure: p.Measure, AreaM2: p.AreaM2, Size: p.Size, Start: day(p.Start), End: day(p.End),
		Position: p.Position, Remark: p.Remark, State: p.State, Reason: placement.Reason(p.Reason), Note: p.Note, Origin: p.Origin, RecordedAt: p.RecordedAt,
		Permit: p.Permit, PermitUntil: day(p.PermitUntil), HoardingM2: p.HoardingM2, Photos: []photoJSON{}}
}

// placement turns the body into the noun; names are understood as in a ledger.
func (b placementBody) placement(v *visit) (placement.Placement, error) {
	p := placement.Placement{ID: b.ID, Task: b.Task, Unit: b.Unit, CarrierText: b.Carrier, Place: b.Place, Quantity: b.Quantity, Measure: b.Measure,
		AreaM2: b.AreaM2, Size: b.Size, Position: b.Position, Remark: b.Remark, Permit: b.Permit, HoardingM2: b.HoardingM2}
	if t, ok := v.plan.ResolveTask(string(b.Task)); ok {
		p.Task = t.Code
	}
	if p.Unit == "" {
		p.Unit = org.UnitID(v.actor.Unit)
	} else if u, ok := v.plan.Units.Resolve(string(b.Unit)); ok {
		p.Unit = u.ID
	}
	if carrier, ok := v.plan.ResolveCarrier(b.Carrier); ok {
		p.Carrier = carrier.ID
	}
	var faults, more []problem.Fault
	p.Start, faults = parseDay("start", b.Start)
	p.End, more = parseDay("end", b.End)
	faults = append(faults, more...)
	p.PermitUntil, more = parseDay("permit_until", b.PermitUntil)
	if faults = append(faults, more...); len(faults) > 0 {
		return p, problem.Invalid("这条台账还不能保存", "请按提示改正后再提交。", faults...)
	}
	return p, nil
}

func (s *Server) apiPlacementLog(c *fiber.Ctx, v *visit) error {
	var b placementBody
	if err := body(c, &b); err != nil {
		return err
	}
	p, err := b.placement(v)
	if err != nil {
		return err
	}
	held, created, err := s.Ingest.Placement(c.UserContext(), v.actor, v.plan, p)
	if err != nil {
		return err
	}
	if created {
		c.Status(fiber.StatusCreated)
	}
	// How it is proven is for GET to say: to ask after every row took five times as long as
	// to write it.
	return c.JSON(placementOf(v.plan, held))
}

func (s *Server) apiPlacements(c *fiber.Ctx, v *visit) error {
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	f := placement.Filter{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(c.Query("unit")), Task: campaign.TaskCode(c.Query("task")), State: placement.State(c.Query("state"))}
	if own := auth.UnitOf(v.actor, auth.PlacementRead); own != "" {
		if f.Unit != "" && string(f.Unit) != own {
			return list(c, []placementJSON{}) // another unit's rows are not there
		}
		f.Unit = org.UnitID(own)
	}
	found, next, err := s.Placements.List(c.UserContext(), f, keyset.Parse(c.Query("after")), limit)
	if err != nil {
		return err
	}
	all, err := s.placementsJSON(c.UserContext(), v, found)
	if err != nil {
		return err
	}
	return listFrom(c, all, next.String())
}

func (s *Server) apiPlacement(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "这条台账")
	if err != nil {
		return err
	}
	p, err := s.Placements.Placement(c.UserContext(), v.plan.Campaign.ID, id)
	if err != nil {
		return err
	}
	if own := auth.UnitOf(v.actor, auth.PlacementRead); own != "" && string(p.Unit) != own {
		return problem.NotFound("这条台账")
	}
	all, err := s.placementsJSON(c.UserContext(), v, []placement.Placement{p})
	if err != nil {
		return err
	}
	return c.JSON(all[0])
}

// reviewBody is a verdict as a program sends it. The id is the client's, given back; what
// makes a second sending harmless is the expected revision.
type reviewBody struct {
	ID       uuid.UUID        `json:"id,omitzero"`
	Verdict  placement.Verb   `json:"verdict"`          // accept or return
	Reason   placement.Reason `json:"reason,omitempty"` // of a return
	Note     string           `json:"note,omitempty"`
	Expected uint32           `json:"expected_revision"` // that the judgement is about
}

// reviewJSON is a verdict with the placement as it holds now.
type reviewJSON struct {
	ID        uuid.UUID      `json:"id"`
	Verdict   placement.Verb `json:"verdict"`
	Placement placementJSON  `json:"placement"`
}

func (s *Server) apiReview(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "这条台账")
	if err != nil {
		return err
	}
	var b reviewBody
	if err := body(c, &b); err != nil {
		return err
	}
	var faults []problem.Fault
	if b.Verdict != placement.Accept && b.Verdict != placement.Return {
		faults = append(faults, problem.Fault{Field: "verdict", Why: "verdict 应为 accept 或 return"})
	}
	if b.Expected == 0 {
		faults = append(faults, problem.Fault{Field: "expected_revision", Why: "缺少 expected_revision，即审核时看到的版本号"})
	}
	if len(faults) > 0 {
		return problem.Invalid("审核意见不完整", "请改正后再提交。", faults...)
	}
	if b.ID == uuid.Nil {
		b.ID = uuid.New()
	}
	verdict := placement.Verdict{Placement: id, Verb: b.Verdict, Reason: b.Reason, Note: b.Note, Expected: b.Expected}
	reviewed, err := s.Ingest.Review(c.UserContext(), v.actor, v.plan, []placement.Verdict{verdict})
	if err != nil {
		return err
	}
	if err := reviewed[0].Err; err != nil {
		return s.overtaken(c.UserContext(), v, err)
	}
	if !reviewed[0].Again {
		c.Status(fiber.StatusCreated)
	}
	return c.JSON(reviewJSON{b.ID, b.Verdict, placementOf(v.plan, reviewed[0].Held)})
}

// coverageJSON is the coverage by one heading.
type coverageJSON struct {
	AsOf  *string                  `json:"as_of"`
	By    string                   `json:"by"`
	Total analytics.CoverageLine   `json:"total"`
	Items []analytics.CoverageLine `json:"items"`
	SQL   string                   `json:"sql"`
}

func (s *Server) apiCoverage(c *fiber.Ctx, v *visit) error {
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(auth.UnitOf(v.actor, auth.CoverageRead)), AsOf: v.today}
	cov, err := s.Reader.Coverage(c.UserContext(), v.plan, scope)
	if err != nil {
		return err
	}
	by := c.Query("by", "task")
	lines, ok := map[string][]analytics.CoverageLine{"task": cov.ByTask, "unit": cov.ByUnit, "carrier": cov.ByCarrier, "week": cov.ByWeek}[by]
	if !ok {
		return problem.Invalid("by 应为 task、unit、carrier 或 week", "请改正地址后再请求。", problem.Fault{Field: "by", Why: "收到的是“" + by + "”"})
	}
	return c.JSON(coverageJSON{AsOf: day(cov.AsOf), By: by, Total: cov.Total, Items: nonNil(lines), SQL: cov.SQL})
}
