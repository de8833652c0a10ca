package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/ingest/photo"
)

type placementForm struct {
	Fields   url.Values // as typed
	Tasks    []campaign.Task
	Others   []campaign.Task // open to any unit until the office has settled whose they are
	Places   []string
	Measures []string
	Carriers []campaign.Carrier
	AskUnit  bool // the office logs for a unit
	Revision uint32
	Held     *placement.Placement  // as it holds, where one is being changed
	Drafts   []placement.Draft     // unfinished ones of the unit
	ID       string                // of the placement being changed
	Recent   []placement.Placement // the newest of one's own
	Photos   photosPart
	Faults   map[string][]problem.Fault // by field
	Problem  *problem.Problem
}

// Needs tells whether the form shows what only some carriers ask for: the written carrier
// does, or something is filled in.
func (f placementForm) Needs(what string) bool {
	written := f.Fields.Get("carrier")
	i := slices.IndexFunc(f.Carriers, func(c campaign.Carrier) bool { return c.Name == written })
	switch what {
	case "permit":
		return f.Fields.Get("permit")+f.Fields.Get("permit_until") != "" || i >= 0 && f.Carriers[i].Rule.Permit.Value
	case "hoarding":
		return f.Fields.Get("hoarding_m2") != "" || i >= 0 && f.Carriers[i].Rule.HoardingShare.Value > 0
	}
	return false
}

// Value gives what stands in a field.
func (f placementForm) Value(name string) string { return f.Fields.Get(name) }

// PositionSources are what a position can be said to come from.
func (f placementForm) PositionSources() []datumOption { return positionSources }

// placementNew is the form for one placement. What was just logged travels in the
// address, so that the next of a series needs its place and quantity only.
func (s *Server) placementNew(c *fiber.Ctx, v *visit) error {
	fields := url.Values{"open": {"1"}, "start": {isoDate(v.today)}, "datum": {string(placement.WGS84)}}
	for _, name := range []string{"task", "unit", "carrier", "measure", "start", "end", "place"} {
		if kept := c.Query(name); kept != "" {
			fields.Set(name, kept)
		}
	}
	if c.Query("end") != "" {
		fields.Del("open")
	}
	if id := c.Query("draft"); id != "" {
		var err error
		if fields, err = s.draftFields(c, v, id); err != nil {
			return err
		}
	}
	return s.showPlacementForm(c, v, placementForm{Fields: fields})
}

func (s *Server) showPlacementForm(c *fiber.Ctx, v *visit, f placementForm) error {
	own := auth.UnitOf(v.actor, auth.PlacementLog)
	f.AskUnit = own == ""
	f.Measures, f.Carriers = campaign.Measures, v.plan.Carriers
	f.Photos = photosPart{Form: true, Carriers: v.plan.Carriers, Limit: photo.MaxBytes >> 20}
	f.Tasks, f.Others = loggable(v.plan, org.UnitID(own))
	seen := map[string]bool{}
	for _, t := range append(append([]campaign.Task{}, f.Tasks...), f.Others...) {
		for _, place := range t.Places {
			if !seen[place] {
				seen[place] = true
				f.Places = append(f.Places, place)
			}
		}
	}
	if len(f.Tasks) == 1 && len(f.Others) == 0 && f.Fields.Get("task") == "" {
		f.Fields.Set("task", string(f.Tasks[0].Code))
	}
	f.Faults = map[string][]problem.Fault{}
	if f.Problem != nil {
		c.Status(statuses[f.Problem.Kind])
		for _, fault := range f.Problem.Faults {
			f.Faults[fault.Field] = append(f.Faults[fault.Field], fault)
		}
	}
	title := "登记宣传"
	if f.ID != "" {
		title = "修改台账"
	} else {
		var err error
		// What was judged since carries the time of the verdict: those that wait are in the
		// order in which they were logged.
		filter := placement.Filter{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(own), State: placement.Submitted}
		if f.Recent, _, err = s.Placements.List(c.UserContext(), filter, keyset.Cursor{}, 5); err != nil {
			return err
		}
		if f.Drafts, err = s.drafts.Open(c.UserContext(), v.plan.Campaign.ID, org.UnitID(v.actor.Unit)); err != nil {
			return err
		}
	}
	return s.render(c, v, "placements_edit", title, f)
}

// loggable lists the tasks a unit may log under: its own, and those whose units the
// plan leaves open. An empty unit is the office, which may log under all.
func loggable(plan *campaign.Plan, unit org.UnitID) (own, others []campaign.Task) {
	if unit == "" {
		return plan.Tasks, nil
	}
	own = plan.TasksOf(unit)
	mine := map[campaign.TaskCode]bool{}
	for _, t := range own {
		mine[t.Code] = true
	}
	for _, t := range plan.Tasks {
		if mine[t.Code] {
			continue
		}
		for _, q := range t.Open("", plan.Units) {
			if q.What == "lead" || q.What == "members" || q.What == "closed" {
				others = append(others, t)
				break
			}
		}
	}
	return own, others
}

// placementLog logs one placement. Its id came with the form, so the second click and
// the back button name the same one.
func (s *Server) placementLog(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	p, faults := readPlacement(fields, v.plan)
	if p.ID, err = uuid.Parse(fields.Get("id")); err != nil {
		p.ID = uuid.New() // a browser without scripts
	}
	if own := auth.UnitOf(v.actor, auth.PlacementLog); own != "" {
		p.Unit = org.UnitID(own)
	}
	created := false
	if len(faults) > 0 {
		err = problem.Invalid("这条还不能登记", "请按提示改正，已填的内容都还在。", append(faults, otherFaults(p.Validate(v.plan), faults)...)...)
	} else {
		p, created, err = s.Ingest.Placement(s.waited(c), v.actor, v.plan, p)
	}
	if err != nil && wantsJSON(c) {
		return err // our script keeps the form, see static/placement.js
	}
	if pr, ok := problem.As(err); ok {
		return s.showPlacementForm(c, v, placementForm{Fields: fields, Problem: pr})
	}
	if err != nil {
		return err
	}
	next := url.Values{"done": {"logged"}, "just": {p.ID.String()}}
	if !created {
		if held, err := s.Placements.Placement(c.UserContext(), v.plan.Campaign.ID, p.ID); err == nil && !held.State.Counts() {
			return s.placementDone(c, p.ID, created, "/c/"+v.plan.Campaign.ID+"/placements/"+p.ID.String()+"?done=known-"+string(held.State))
		}
		next.Set("done", "repeated")
	}
	for _, name := range []string{"task", "unit", "carrier", "measure", "start", "end"} {
		if value := fields.Get(name); value != "" {
			next.Set(name, value)
		}
	}
	return s.placementDone(c, p.ID, created, "/c/"+v.plan.Campaign.ID+"/placements/new?"+next.Encode())
}

// placementDone leads on; our script is told where, and goes there if its person is still
// waiting.
func (s *Server) placementDone(c *fiber.Ctx, id uuid.UUID, created bool, next string) error {
	if wantsJSON(c) {
		return c.JSON(map[string]any{"id": id, "created": created, "next": next})
	}
	return c.Redirect(next, fiber.StatusSeeOther)
}

// otherFaults leaves out faults of fields that were told already.
func otherFaults(more, told []problem.Fault) []problem.Fault {
	var list []problem.Fault
	for _, f := range more {
		known := false
		for _, t := range told {
			known = known || t.Field == f.Field
		}
		if !known {
			list = append(list, f)
		}
	}
	return list
}

// placementEdit shows the form filled with what holds.
func (s *Server) placementEdit(c *fiber.Ctx, v *visit) error {
	p, err := s.heldPlacement(c, v)
	if err != nil {
		return err
	}
	if lock := p.Locked(v.plan, v.actor.Role, v.today); lock != nil {
		return problem.Conflict(lock.Why, lock.Who)
	}
	return s.showPlacementForm(c, v, placementForm{Fields: placementFields(v.plan, p), Revision: p.Revision, Held: &p, ID: p.ID.String()})
}

func placementFields(plan *campaign.Plan, p placement.Placement) url.Values {
	f := url.Values{}
	set := func(name, value string) { f.Set(name, value) }
	set("task", string(p.Task))
	set("unit", string(p.Unit))
	set("carrier", carrierText(plan, p))
	set("place", p.Place)
	set("quantity", strconv.FormatFloat(p.Quantity, 'f', -1, 64))
	set("measure", p.Measure)
	if p.AreaM2 != nil {
		set("area_m2", strconv.FormatFloat(*p.AreaM2, 'f', -1, 64))
	}
	set("size", p.Size)
	set("start", isoDate(p.Start))
	set("end", isoDate(p.End))
	if p.End.IsZero() {
		set("open", "1")
	}
	if p.Position != nil {
		set("longitude", strconv.FormatFloat(p.Position.Longitude, 'f', -1, 64))
		set("latitude", strconv.FormatFloat(p.Position.Latitude, 'f', -1, 64))
		set("datum", string(p.Position.Datum))
	}
	set("permit", p.Permit)
	set("permit_until", isoDate(p.PermitUntil))
	if p.HoardingM2 != nil {
		set("hoarding_m2", strconv.FormatFloat(*p.HoardingM2, 'f', -1, 64))
	}
	set("remark", p.Remark)
	return f
}

// placementRevise saves a correction as the next revision.
func (s *Server) placementRevise(c *fiber.Ctx, v *visit) error {
	held, err := s.heldPlacement(c, v)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	expected := seenRevision(fields)
	p, faults := readPlacement(fields, v.plan)
	p.ID = held.ID
	if own := auth.UnitOf(v.actor, auth.PlacementRevise); own != "" {
		p.Unit = org.UnitID(own)
	}
	if len(faults) > 0 {
		err = problem.Invalid("修改还不能保存", "请按提示改正，已填的内容都还在。", append(faults, otherFaults(p.Validate(v.plan), faults)...)...)
	} else {
		_, err = s.Ingest.RevisePlacement(c.UserContext(), v.actor, v.plan, p, expected)
		err = s.overtaken(c.UserContext(), v, err)
	}
	if pr, ok := problem.As(err); ok {
		return s.showPlacementForm(c, v, placementForm{Fields: fields, Revision: expected, Held: &held, ID: held.ID.String(), Problem: pr})
	}
	if err != nil {
		return err
	}
	done := "revised"
	if held.State == placement.Returned {
		done = "resubmitted"
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/placements/"+held.ID.String()+"?done="+done, fiber.StatusSeeOther)
}

// readPlacement reads a form. Faults are of what can't be read; what is read but wrong
// is for Validate to say.
func readPlacement(fields url.Values, plan *campaign.Plan) (placement.Placement, []problem.Fault) {
	var faults []problem.Fault
	text := func(name string) string { return strings.TrimSpace(fields.Get(name)) }
	number := func(name, label string) (float64, bool) {
		written := strings.ReplaceAll(strings.ReplaceAll(org.Fold(text(name)), ",", ""), "，", "")
		if written == "" {
			return 0, false
		}
		value, err := strconv.ParseFloat(written, 64)
		if err != nil {
			faults = append(faults, problem.Fault{Field: name, Why: label + "“" + text(name) + "”不是数字，请只填数字"})
		}
		return value, err == nil
	}
	p := placement.Placement{Task: campaign.TaskCode(text("task")), Unit: org.UnitID(text("unit")), CarrierText: text("carrier"),
		Place: text("place"), Measure: text("measure"), Size: text("size"), Remark: text("remark"), State: placement.Submitted}
	if carrier, ok := plan.ResolveCarrier(p.CarrierText); ok && p.CarrierText != "" {
		p.Carrier = carrier.ID
	}
	if text("quantity") == "" {
		faults = append(faults, problem.Fault{Field: "quantity", Why: "请填写数量"})
	}
	p.Quantity, _ = number("quantity", "数量")
	if area, ok := number("area_m2", "面积"); ok {
		p.AreaM2 = &area
	}
	p.Permit = text("permit")
	p.PermitUntil = readDate(fields, "permit_until", "许可到期日", &faults)
	if whole, ok := number("hoarding_m2", "围挡总面积"); ok {
		p.HoardingM2 = &whole
	}
	p.Start = readDate(fields, "start", "开始日期", &faults)
	if fields.Get("open") == "" {
		p.End = readDate(fields, "end", "结束日期", &faults)
		if p.End.Equal(time.Time{}) && text("end") == "" {
			faults = append(faults, problem.Fault{Field: "end", Why: "请填写结束日期，或勾选“" + plan.Campaign.Words.End + "”"})
		}
	}
	longitude, east := number("longitude", "经度")
	latitude, north := number("latitude", "纬度")
	switch {
	case east && north:
		p.Position = &placement.Position{Longitude: longitude, Latitude: latitude, Datum: placement.Datum(text("datum"))}
	case east != north:
		faults = append(faults, problem.Fault{Field: "position", Why: "经度和纬度要一起填写，或都留空"})
	}
	return p, faults
}
