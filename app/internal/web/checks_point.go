package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/spotcheck"
)

type pointPage struct {
	Check    spotcheck.Check
	Line     pointLine
	Total    int
	Done     int
	Before   int // numbers of the neighbours, 0 at the ends
	After    int
	Photo    *placement.Photo // the newest that counts, nil for none
	ID       string
	Revision uint32
	Fields   url.Values
	Options  []foundOption
	History  []revision.Held[spotcheck.Finding]
	Problem  *problem.Problem
}

// foundOption is a button of the form.
type foundOption struct{ Value, Name, About string }

// Value gives what stands in a field.
func (p pointPage) Value(name string) string { return p.Fields.Get(name) }

// Open tells whether anything may be recorded.
func (p pointPage) Open() bool { return p.Check.Closed.IsZero() }

// FoundName is a finding in words.
func (p pointPage) FoundName(f drawing.Found) string { return drawing.Names[f] }

var foundAbout = map[drawing.Found]string{
	drawing.AsClaimed: "东西在，内容和数量对得上", drawing.Damaged: "东西在，有破损、褪色、倾斜等", drawing.Gone: "来过，确认已经拆掉或换掉",
	drawing.NotFound: "按地点找了，没有找到，计为不在位", drawing.Unreached: "进不去或去不了，计为不清楚",
}

// pointForm shows one point, made for a phone.
func (s *Server) pointForm(c *fiber.Ctx, v *visit) error {
	return s.showPoint(c, v, pointPage{})
}

func pointNumber(c *fiber.Ctx) int {
	n, err := strconv.Atoi(c.Params("point"))
	if err != nil {
		return 0
	}
	return n
}

// showPoint shows a point; data holds what was typed, where something was refused.
func (s *Server) showPoint(c *fiber.Ctx, v *visit, data pointPage) error {
	check, findings, err := s.heldCheck(c, v)
	if err != nil {
		return err
	}
	point, known := check.Point(pointNumber(c))
	if !known {
		return problem.NotFound("这个点位")
	}
	data.Check, data.Line, data.Total, data.Done = check, s.pointLine(v, point, findings), len(check.Points), len(findings)
	if point.Number > 1 {
		data.Before = point.Number - 1
	}
	if point.Number < len(check.Points) {
		data.After = point.Number + 1
	}
	data.fill(findings[point.Number])
	for _, f := range drawing.Founds {
		data.Options = append(data.Options, foundOption{string(f), drawing.Names[f], foundAbout[f]})
	}
	if data.History, err = s.checks.History(c.UserContext(), v.plan.Campaign.ID, check.ID, point.Number); err != nil {
		return err
	}
	if v.may(auth.PhotoRead) {
		photos, err := s.Placements.Photos(c.UserContext(), v.plan.Campaign.ID, []uuid.UUID{point.Placement})
		if err != nil {
			return err
		}
		for i, p := range photos[point.Placement] {
			if p.State == placement.PhotoKept {
				data.Photo = &photos[point.Placement][i] // the last is the newest
			}
		}
	}
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	return s.render(c, v, "checks_point", "第"+strconv.Itoa(point.Number)+"处", data)
}

// fill puts into the form what holds, or leaves what was typed; a form that was refused since
// somebody else was quicker is sent on top of what holds now.
func (p *pointPage) fill(held revision.Held[spotcheck.Finding]) {
	p.Revision = held.Revision
	if p.ID == "" {
		p.ID = uuid.NewString()
	}
	if p.Fields != nil {
		return
	}
	p.Fields = url.Values{}
	if held.Revision == 0 {
		return
	}
	p.Fields.Set("found", string(held.Thing.Found))
	p.Fields.Set("note", held.Thing.Note)
	if n := held.Thing.Counted; n != nil {
		p.Fields.Set("counted", strconv.FormatFloat(*n, 'f', -1, 64))
	}
}

// pointRecord keeps what was found and leads to the next point without a finding. The form
// carries an id of its own, so that a form that is sent again after a broken line is known.
func (s *Server) pointRecord(c *fiber.Ctx, v *visit) error {
	check, findings, err := s.heldCheck(c, v)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	number := pointNumber(c)
	finding, faults := readFinding(fields)
	finding.By = v.actor.Name
	repeated := false
	if len(faults) > 0 {
		err = problem.Invalid("这一处还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	} else {
		repeated, err = s.checks.Record(c.UserContext(), v.actor, &check, number, finding, seenRevision(fields))
	}
	if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
		data := pointPage{ID: fields.Get("id"), Fields: fields, Problem: p}
		if p.Kind == problem.KindConflict {
			data.ID = "" // the id is taken, or the ground has moved: what is sent now is another form
		}
		return s.showPoint(c, v, data)
	}
	if err != nil {
		return err
	}
	done := "found"
	if repeated {
		done = "found-known"
	}
	address := checkAddress(v, check)
	findings[number] = revision.Held[spotcheck.Finding]{Thing: finding}
	if next := nextPoint(check, findings, number); next > 0 {
		address += "/points/" + strconv.Itoa(next)
	}
	return c.Redirect(address+"?done="+done, fiber.StatusSeeOther)
}

// nextPoint is the first point without a finding behind a number, or before it; 0 for none.
func nextPoint(check spotcheck.Check, findings map[int]revision.Held[spotcheck.Finding], number int) int {
	for i := range check.Points {
		next := check.Points[(number+i)%len(check.Points)].Number
		if _, found := findings[next]; !found {
			return next
		}
	}
	return 0
}

func readFinding(fields url.Values) (spotcheck.Finding, []problem.Fault) {
	f := spotcheck.Finding{Found: drawing.Found(fields.Get("found")), Note: strings.TrimSpace(fields.Get("note"))}
	f.Key, _ = uuid.Parse(fields.Get("id")) // none is said by Record
	var faults []problem.Fault
	number := func(name, label string) *float64 {
		text := strings.TrimSpace(org.Fold(fields.Get(name)))
		if text == "" {
			return nil
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			faults = append(faults, problem.Fault{Field: name, Why: label + "“" + fields.Get(name) + "”不是数字"})
		}
		return &n
	}
	f.Counted = number("counted", "实际数量")
	longitude, latitude := number("longitude", "经度"), number("latitude", "纬度")
	if longitude != nil && latitude != nil {
		f.Position = &placement.Position{Longitude: *longitude, Latitude: *latitude, Datum: placement.WGS84}
	}
	return f, faults
}
