package web

import (
	"context"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/dashboards"
)

// standingRoutes are the pages about what stands: inspections, and the rules of carriers.
func (s *Server) standingRoutes() []route {
	const get, post, c = fiber.MethodGet, fiber.MethodPost, "/c/:campaign"
	return []route{
		{get, c + "/standing", auth.PlacementRead, s.standingList},
		{post, c + "/placements/:id/inspections", auth.PlacementInspect, s.placementInspect},
		{get, c + "/carriers/:carrier", auth.PlanPut, s.carrierForm},
		{post, c + "/carriers/:carrier", auth.PlanPut, s.carrierPut},
	}
}

// apiStandingRoutes are the same for programs.
func (s *Server) apiStandingRoutes() []apiRoute {
	const address = apiPrefix + "/campaigns/:campaign/placements/:id/inspections"
	return []apiRoute{
		{route: route{fiber.MethodGet, address, auth.PlacementRead, s.apiInspections}, summary: "What was found at a placement, the latest day first", answer: items[inspectionJSON]{}},
		{route: route{fiber.MethodPost, address, auth.PlacementInspect, s.apiInspect}, summary: "Record what was found; a unit reports damage or loss of its own. The same id and content again answers 200, another content 409",
			body: inspectionBody{}, status: fiber.StatusCreated, answer: inspectionJSON{}},
	}
}

// mostStanding is how many lines a page of the list of proofs has; what needs something
// soonest comes first.
const mostStanding = 100

type standingPage struct {
	Filter  narrowingView
	Without bool // those without a position only
	AsOf    time.Time
	Lines   []standingLine
	Query   template.URL // the filter as it stands in addresses, without the cursor
	Next    string
	First   bool
}

type proofOption struct{ State, Name string }

// standingLine is a placement with how its proof stands, in words.
type standingLine struct {
	analytics.StandingRow
	Name, Text, Tag string
}

// standingList lists placements by how their proof stands, those first that need something
// soonest: what is behind the figures of the coverage, the totals and the map.
func (s *Server) standingList(c *fiber.Ctx, v *visit) error {
	f := readNarrowing(c, v, "todo")
	after := analytics.ParseStandingCursor(c.Query("after"))
	filter := analytics.StandingFilter{Chosen: f.chosen(), Unplaced: c.Query("position") == "none", After: after, Limit: mostStanding + 1}
	scope := f.scope(v)
	rows, err := s.Reader.Standing(c.UserContext(), v.plan, scope, filter)
	if err != nil {
		return err
	}
	data := standingPage{Filter: f.view(v, "/c/"+v.plan.Campaign.ID+"/standing", "todo", "standing", "counted", "all"), Without: filter.Unplaced, AsOf: scope.AsOf, First: after.IsZero()}
	data.Filter.AsksDay, data.Filter.Measures = true, campaign.Measures
	query := f.values(v)
	if filter.Unplaced {
		query.Set("position", "none")
		data.Filter.Keep.Set("position", "none")
		data.Filter.Narrowed = true
	}
	data.Query = template.URL(query.Encode())
	if len(rows) > mostStanding {
		rows = rows[:mostStanding]
		data.Next = rows[mostStanding-1].Cursor().String()
	}
	for _, row := range rows {
		data.Lines = append(data.Lines, standingLineOf(v, row, scope.AsOf))
	}
	return s.render(c, v, "standing_list", "在位证明", data)
}

func standingLineOf(v *visit, row analytics.StandingRow, day time.Time) standingLine {
	carrier, _ := v.plan.Carrier(row.Carrier)
	text := dashboards.ProofText(row, carrier.Rule, day)
	if !day.Equal(v.today) {
		text = ofThatDay.Replace(text)
	}
	return standingLine{row, dashboards.ProofNames[row.State], text, proofTag(row.State)}
}

// ofThatDay turns what is said of today into what is said of another day.
var ofThatDay = strings.NewReplacer("今天", "当天", "昨天", "前一天")

// proofTag is how the name of a state is set off.
func proofTag(state analytics.ProofState) string {
	switch state {
	case analytics.Proven:
		return "tag-good"
	case analytics.GrowingOld:
		return "tag-soon"
	case analytics.NotStanding:
		return "tag-quiet"
	}
	return "tag-bad"
}

// standingPart is what the page of a placement says of its proof.
type standingPart struct {
	Row         *analytics.StandingRow // nil: it doesn't count
	Name        string
	Text        string
	Tag         string
	Rule        []dashboards.SourcedText
	Concerns    []placement.Concern
	Inspections []inspectionLine
	Form        *inspectionForm // nil: the visitor may record nothing here
}

// inspectionLine is an inspection with who made it.
type inspectionLine struct {
	placement.Inspection
	By string
}

// DefectText names the defects.
func (l inspectionLine) DefectText() string { return placement.DefectWords(l.Defects) }

// inspectionForm is the form as it was sent, or a new one.
type inspectionForm struct {
	ID       string
	Fields   url.Values
	Findings []placement.Finding // those that the visitor may choose
	Problem  *problem.Problem
}

// Value gives what stands in a field.
func (f *inspectionForm) Value(name string) string { return f.Fields.Get(name) }

// Chosen tells whether a defect is ticked.
func (f *inspectionForm) Chosen(d placement.Defect) bool {
	return slices.Contains(f.Fields["defect"], string(d))
}

// localInspection keeps a refused form until the page of its placement shows it again.
const localInspection = "inspection"

// standingPart gathers what a page says of one placement; who gives the name of a person.
func (s *Server) standingPart(c *fiber.Ctx, v *visit, p placement.Placement, beside *besidePlacement) standingPart {
	part := standingPart{}
	carrier, _ := v.plan.Carrier(p.Carrier)
	part.Rule, part.Concerns = dashboards.RuleText(carrier.Rule), p.Concerns(carrier.Rule, v.today)
	if row, counts := beside.proof[p.ID]; counts {
		part.Row, part.Name, part.Text = &row, dashboards.ProofNames[row.State], dashboards.ProofText(row, carrier.Rule, v.today)
		part.Tag = proofTag(row.State)
	}
	for _, i := range beside.inspections {
		part.Inspections = append(part.Inspections, inspectionLine{Inspection: i, By: beside.who(i.RecordedBy)})
	}
	if v.may(auth.PlacementInspect) && p.State != placement.Withdrawn && !p.Start.After(v.today) {
		part.Form = s.inspectionForm(c, v)
	}
	return part
}

func (s *Server) inspectionForm(c *fiber.Ctx, v *visit) *inspectionForm {
	f, sent := c.Locals(localInspection).(*inspectionForm)
	if !sent {
		f = &inspectionForm{ID: uuid.NewString(), Fields: url.Values{"found_on": {isoDate(v.today)}}}
	}
	f.Findings = []placement.Finding{placement.FoundStanding, placement.FoundDamaged, placement.FoundGone}
	if v.actor.Role != audit.RoleOffice {
		f.Findings = f.Findings[1:]
	}
	return f
}

// proofOf gives how the proof of placements stands, of those that count.
func (s *Server) proofOf(ctx context.Context, v *visit, placements []placement.Placement) (map[uuid.UUID]analytics.StandingRow, error) {
	byID := map[uuid.UUID]analytics.StandingRow{}
	var ids []uuid.UUID
	for _, p := range placements {
		if p.State.Counts() {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return byID, nil
	}
	scope := analytics.Scope{Campaign: v.plan.Campaign.ID, Unit: org.UnitID(auth.UnitOf(v.actor, auth.PlacementRead)), AsOf: v.today}
	rows, err := s.Reader.Standing(ctx, v.plan, scope, analytics.StandingFilter{Placements: ids})
	for _, row := range rows {
		byID[row.Placement] = row
	}
	return byID, err
}

// placementInspect records what was found. A refused form comes back on the page with what
// was filled in.
func (s *Server) placementInspect(c *fiber.Ctx, v *visit) error {
	p, err := s.heldPlacement(c, v)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	var faults []problem.Fault
	i := placement.Inspection{Placement: p.ID, Finding: placement.Finding(fields.Get("finding")), Note: strings.TrimSpace(fields.Get("note"))}
	if i.ID, err = uuid.Parse(fields.Get("id")); err != nil {
		i.ID = uuid.New()
	}
	i.FoundOn = readDate(fields, "found_on", "巡查日期", &faults)
	i.Due = readDate(fields, "due", "整改期限", &faults)
	for _, d := range fields["defect"] {
		i.Defects = append(i.Defects, placement.Defect(d))
	}
	if len(faults) > 0 {
		err = problem.Invalid("这次巡查还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	} else {
		_, _, err = s.Ingest.Inspection(c.UserContext(), v.actor, v.plan, i)
	}
	if pr, ok := problem.As(err); ok && pr.Kind != problem.KindNotFound {
		id := i.ID.String()
		if pr.Kind == problem.KindConflict {
			id = uuid.NewString() // the id is taken; what was filled in may be sent as another
		}
		c.Locals(localInspection, &inspectionForm{ID: id, Fields: fields, Problem: pr})
		c.Status(statuses[pr.Kind])
		return s.placementShow(c, v)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/placements/"+p.ID.String()+"?done=inspected#standing", fiber.StatusSeeOther)
}

type carrierPage struct {
	Carrier  campaign.Carrier
	Revision uint32
	Fields   url.Values
	Problem  *problem.Problem
	Parts    []rulePart
}

// rulePart is one part of a rule as it stands in the form.
type rulePart struct {
	Name, Label, Hint, Unit string
	Yes                     bool // a box to tick, not a number
}

// ruleParts are the parts of a rule in the order of the form.
var ruleParts = []rulePart{
	{Name: "photos", Label: "照片张数", Unit: "张", Hint: "证明在位要几张照片；证明不了什么的形式填0。来源会印在上传按钮旁边。"},
	{Name: "interval", Label: "证明有效期", Unit: "天", Hint: "过了这些天没有新的证明就不再计入；填0表示到结束日期为止。"},
	{Name: "once", Label: "做完就一直算数（课程、活动、文章）", Yes: true},
	{Name: "permit", Label: "需要设置许可", Yes: true},
	{Name: "longest_days", Label: "最长设置天数", Unit: "天", Hint: "填0表示没有这项要求。"},
	{Name: "hoarding_share", Label: "公益宣传占围挡面积的最小比例", Hint: "只用于围挡，三分之一填0.3333；其他形式填0。"},
	{Name: "near", Label: "照片离登记位置的距离", Unit: "米", Hint: "在这个距离之内算到过现场；填0表示不核对。"},
	{Name: "repair_days", Label: "整改天数", Unit: "天", Hint: "发现损坏后给多少天整改；填0表示不自动定期限。"},
}

// carrierForm shows the rule of one carrier to the office.
func (s *Server) carrierForm(c *fiber.Ctx, v *visit) error {
	held, err := s.Campaigns.Carrier(c.UserContext(), v.plan.Campaign.ID, campaign.CarrierID(c.Params("carrier")))
	if err != nil {
		return err
	}
	return s.showCarrier(c, v, carrierPage{Carrier: held.Thing, Revision: held.Revision, Fields: ruleFields(held.Thing.Rule)})
}

func (s *Server) showCarrier(c *fiber.Ctx, v *visit, data carrierPage) error {
	data.Parts = ruleParts
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	return s.render(c, v, "carriers_edit", data.Carrier.Name+"的规定", data)
}

func ruleFields(r campaign.Rule) url.Values {
	f := url.Values{}
	whole := func(name string, part campaign.Sourced[int]) {
		f.Set(name, strconv.Itoa(part.Value))
		f.Set(name+".source", part.Source)
	}
	yes := func(name string, part campaign.Sourced[bool]) {
		if part.Value {
			f.Set(name, "1")
		}
		f.Set(name+".source", part.Source)
	}
	whole("photos", r.Photos)
	whole("interval", r.Interval)
	yes("once", r.Once)
	yes("permit", r.Permit)
	whole("longest_days", r.LongestDays)
	f.Set("hoarding_share", strconv.FormatFloat(r.HoardingShare.Value, 'f', -1, 64))
	f.Set("hoarding_share.source", r.HoardingShare.Source)
	whole("near", r.Near)
	whole("repair_days", r.RepairDays)
	return f
}

// carrierPut saves a rule. The revision it saw travels with the form.
func (s *Server) carrierPut(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	held, err := s.Campaigns.Carrier(c.UserContext(), v.plan.Campaign.ID, campaign.CarrierID(c.Params("carrier")))
	if err != nil {
		return err
	}
	expected, changed, faults := seenRevision(fields), held.Thing, []problem.Fault(nil)
	if changed.Rule, faults = readRule(fields); len(faults) > 0 {
		err = problem.Invalid("规定还不能保存", "请按提示改正，已填的内容都还在。", faults...)
	} else {
		_, err = s.Campaigns.PutCarrier(c.UserContext(), v.actor, v.plan.Campaign.ID, changed, expected)
	}
	if pr, ok := problem.As(err); ok {
		return s.showCarrier(c, v, carrierPage{Carrier: held.Thing, Revision: expected, Fields: fields, Problem: pr})
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/plan?done=saved#rules", fiber.StatusSeeOther)
}

// readRule reads the form of a rule. What is read but makes no sense is for Validate to say.
func readRule(fields url.Values) (campaign.Rule, []problem.Fault) {
	var faults []problem.Fault
	text := func(name string) string { return strings.TrimSpace(org.Fold(fields.Get(name))) }
	source := func(name string) string { return strings.TrimSpace(fields.Get(name + ".source")) }
	label := func(name string) string {
		i := slices.IndexFunc(ruleParts, func(p rulePart) bool { return p.Name == name })
		return ruleParts[i].Label
	}
	whole := func(name string) campaign.Sourced[int] {
		n := 0
		if written := text(name); written != "" {
			var err error
			if n, err = strconv.Atoi(written); err != nil {
				faults = append(faults, problem.Fault{Field: name, Why: label(name) + "“" + fields.Get(name) + "”不是整数，没有这项要求的填0"})
			}
		}
		return campaign.Sourced[int]{Value: n, Source: source(name)}
	}
	yes := func(name string) campaign.Sourced[bool] {
		return campaign.Sourced[bool]{Value: fields.Get(name) != "", Source: source(name)}
	}
	r := campaign.Rule{Photos: whole("photos"), Interval: whole("interval"), Once: yes("once"), Permit: yes("permit"),
		LongestDays: whole("longest_days"), Near: whole("near"), RepairDays: whole("repair_days")}
	r.HoardingShare.Source = source("hoarding_share")
	if written := text("hoarding_share"); written != "" {
		var err error
		if r.HoardingShare.Value, err = strconv.ParseFloat(written, 64); err != nil {
			faults = append(faults, problem.Fault{Field: "hoarding_share", Why: label("hoarding_share") + "“" + fields.Get("hoarding_share") + "”不是数字，三分之一请写0.3333"})
		}
	}
	return r, faults
}

// inspectionBody is an inspection as a program sends it.
type inspectionBody struct {
	ID      uuid.UUID          `json:"id,omitzero"`
	FoundOn *string            `json:"found_on"`
	Finding placement.Finding  `json:"finding"`
	Defects []placement.Defect `json:"defects,omitempty"`
	Due     *string            `json:"due,omitempty"` // left out: by the carrier's rule
	Note    string             `json:"note,omitempty"`
}

// inspectionJSON is an inspection as the API tells it.
type inspectionJSON struct {
	ID         uuid.UUID          `json:"id"`
	Placement  uuid.UUID          `json:"placement"`
	FoundOn    *string            `json:"found_on"`
	Finding    placement.Finding  `json:"finding"`
	Defects    []placement.Defect `json:"defects"`
	Due        *string            `json:"due"`
	Note       string             `json:"note"`
	Role       audit.Role         `json:"role"` // of who recorded it
	RecordedAt time.Time          `json:"recorded_at"`
}

func inspectionOf(i placement.Inspection) inspectionJSON {
	return inspectionJSON{ID: i.ID, Placement: i.Placement, FoundOn: day(i.FoundOn), Finding: i.Finding, Defects: nonNil(i.Defects), Due: day(i.Due), Note: i.Note, Role: i.Role, RecordedAt: i.RecordedAt}
}

func (s *Server) apiInspections(c *fiber.Ctx, v *visit) error {
	p, err := s.heldPlacement(c, v)
	if err != nil {
		return err
	}
	found, err := s.Placements.Inspections(c.UserContext(), p.Campaign, []uuid.UUID{p.ID})
	if err != nil {
		return err
	}
	all := []inspectionJSON{}
	for _, i := range found[p.ID] {
		all = append(all, inspectionOf(i))
	}
	return list(c, all)
}

func (s *Server) apiInspect(c *fiber.Ctx, v *visit) error {
	p, err := s.heldPlacement(c, v)
	if err != nil {
		return err
	}
	var b inspectionBody
	if err := body(c, &b); err != nil {
		return err
	}
	i := placement.Inspection{ID: b.ID, Placement: p.ID, Finding: b.Finding, Defects: b.Defects, Note: b.Note}
	var faults, more []problem.Fault
	i.FoundOn, faults = parseDay("found_on", b.FoundOn)
	i.Due, more = parseDay("due", b.Due)
	if faults = append(faults, more...); len(faults) > 0 {
		return problem.Invalid("这次巡查还不能保存", "请按提示改正后再提交。", faults...)
	}
	held, created, err := s.Ingest.Inspection(c.UserContext(), v.actor, v.plan, i)
	if err != nil {
		return err
	}
	if created {
		c.Status(fiber.StatusCreated)
	}
	return c.JSON(inspectionOf(held))
}

// proofJSON says how the proof of a placement stands today.
type proofJSON struct {
	State     analytics.ProofState `json:"state"`
	LastProof *string              `json:"last_proof"`
	DaysAgo   int                  `json:"days_ago"`
	Until     *string              `json:"until"` // null: to the end of the flight
	Defects   []placement.Defect   `json:"defects"`
	RepairDue *string              `json:"repair_due"`
}

// placementsJSON tells placements with their proof.
func (s *Server) placementsJSON(ctx context.Context, v *visit, found []placement.Placement) ([]placementJSON, error) {
	rows, err := s.proofOf(ctx, v, found)
	if err != nil {
		return nil, err
	}
	photos, err := s.photosJSON(ctx, v, found)
	if err != nil {
		return nil, err
	}
	all := make([]placementJSON, len(found))
	for i, p := range found {
		all[i] = placementOf(v.plan, p)
		all[i].Photos = nonNil(photos[p.ID])
		if row, counts := rows[p.ID]; counts {
			all[i].Proof = &proofJSON{State: row.State, LastProof: day(row.LastProof), DaysAgo: row.DaysAgo, Until: day(row.Until), Defects: nonNil(row.Defects), RepairDue: day(row.RepairDue)}
		}
	}
	return all, nil
}
