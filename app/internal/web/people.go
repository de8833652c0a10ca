package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

type peoplePage struct {
	Lines []personLine
	Roles []roleChoice // that the visitor may give
	Limit int          // of a file, in MB
	// Problem is of a file that could not be read.
	Problem *problem.Problem
}

type personLine struct {
	Person   auth.Person
	RoleName string
	UnitName string
	Parts    string
	Manages  bool // the visitor may change the account
	Self     bool
	Signed   bool // has set a password
}

type roleChoice struct{ Role, Name string }

// peopleList shows who has an account in the campaign.
func (s *Server) peopleList(c *fiber.Ctx, v *visit) error { return s.showPeople(c, v, nil) }

func (s *Server) showPeople(c *fiber.Ctx, v *visit, p *problem.Problem) error {
	people, err := s.Auth.ListPeople(c.UserContext(), "")
	if err != nil {
		return err
	}
	signed, err := s.Auth.WithPassword(c.UserContext())
	if err != nil {
		return err
	}
	data := peoplePage{Roles: roleChoices(v), Limit: s.config.BodyLimit >> 20, Problem: p}
	for _, p := range people {
		if p.Campaign != "" && p.Campaign != v.plan.Campaign.ID {
			continue
		}
		line := personLine{Person: p, RoleName: auth.RoleNames[p.Role], Manages: v.may(auth.PeoplePut) && auth.Manages(v.actor, p), Self: p.ID == v.actor.ID, Signed: signed[p.ID]}
		if p.Unit != "" {
			line.UnitName = v.plan.UnitName(org.UnitID(p.Unit))
		}
		line.Parts = partWords(p.Parts)
		data.Lines = append(data.Lines, line)
	}
	slices.SortStableFunc(data.Lines, func(a, b personLine) int { return strings.Compare(a.UnitName, b.UnitName) })
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "people_list", "账号", data)
}

func partWords(parts []auth.Part) string {
	var words []string
	for _, part := range parts {
		words = append(words, auth.PartNames[part])
	}
	return strings.Join(words, "、")
}

func roleChoices(v *visit) []roleChoice {
	var list []roleChoice
	for _, role := range auth.Managed(v.actor, v.plan.Campaign.ID) {
		list = append(list, roleChoice{string(role), auth.RoleNames[role]})
	}
	return list
}

type personPage struct {
	Person   auth.Person
	Revision uint32
	New      bool
	Self     bool
	Roles    []roleChoice
	Units    []org.Unit // that a person can be in
	Parts    []partChoice
	Faults   map[string][]problem.Fault
	Problem  *problem.Problem
}

type partChoice struct {
	Part, Name string
	Chosen     bool
}

func (s *Server) showPerson(c *fiber.Ctx, v *visit, p auth.Person, rev uint32, fresh bool, pr *problem.Problem) error {
	data := personPage{Person: p, Revision: rev, New: fresh, Self: p.ID == v.actor.ID, Roles: roleChoices(v), Problem: pr, Faults: map[string][]problem.Fault{}}
	for _, u := range v.plan.Units.Units() {
		if !u.Collective() && (u.OpenOn(v.today) || string(u.ID) == p.Unit) {
			data.Units = append(data.Units, u)
		}
	}
	for _, part := range auth.Parts {
		data.Parts = append(data.Parts, partChoice{string(part), auth.PartNames[part], slices.Contains(p.Parts, part)})
	}
	title := "添加账号"
	if !fresh {
		title = "账号：" + p.Name
	}
	if pr != nil {
		c.Status(statuses[pr.Kind])
		for _, f := range pr.Faults {
			data.Faults[f.Field] = append(data.Faults[f.Field], f)
		}
	}
	return s.render(c, v, "people_edit", title, data)
}

func (s *Server) personNew(c *fiber.Ctx, v *visit) error {
	return s.showPerson(c, v, auth.Person{Role: audit.RoleUnit, Unit: c.Query("unit")}, 0, true, nil)
}

// readPerson reads the form. What a role doesn't have is left out: the form shows all
// fields, since it works without scripts.
func readPerson(fields url.Values, plan *campaign.Plan) auth.Person {
	p := auth.Person{Login: fields.Get("login"), Name: strings.TrimSpace(fields.Get("name")), Role: audit.Role(fields.Get("role")), Campaign: plan.Campaign.ID}
	switch p.Role {
	case audit.RoleUnit, audit.RoleDistributor:
		p.Unit = fields.Get("unit")
	case audit.RoleInspector:
		for _, part := range auth.Parts {
			if slices.Contains(fields["part"], string(part)) {
				p.Parts = append(p.Parts, part)
			}
		}
	}
	return p
}

// inUnit is the fault of a unit that a person can't be in.
func inUnit(p auth.Person, plan *campaign.Plan, today time.Time) *problem.Problem {
	if p.Unit == "" {
		return nil
	}
	u, known := plan.Units.Unit(org.UnitID(p.Unit))
	why := ""
	switch {
	case !known:
		why = "单位不在名单里，请重新选择"
	case u.Collective():
		why = "“" + u.Name + "”是集合名称，没有自己的经办人，请选具体单位"
	case !u.Closed.IsZero() && !today.Before(u.Closed):
		why = "“" + u.Name + "”已于" + dateText(u.Closed) + "撤销，请选承接的单位"
	default:
		return nil
	}
	return problem.Invalid("账号信息不完整", "请按提示改正后再保存。", problem.Fault{Field: "unit", Why: why})
}

// personAdd makes an account and shows its invitation, this once.
func (s *Server) personAdd(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	p := readPerson(fields, v.plan)
	if pr := inUnit(p, v.plan, v.today); pr != nil {
		return s.showPerson(c, v, p, 0, true, pr)
	}
	added, err := s.Auth.AddPerson(c.UserContext(), v.actor, p, "")
	if pr, ok := problem.As(err); ok && pr.Kind != problem.KindNotAllowed {
		return s.showPerson(c, v, p, 0, true, pr)
	}
	if err != nil {
		return err
	}
	return s.showSlips(c, v, []string{added.ID}, nil)
}

// heldPerson gives an account that the visitor may manage; another answers like one that
// doesn't exist.
func (s *Server) heldPerson(c *fiber.Ctx, v *visit) (revision.Held[auth.Person], error) {
	held, err := s.Auth.HeldPerson(c.UserContext(), c.Params("person"))
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound || err == nil && !s.sees(v, held.Thing) {
		return held, problem.NotFound("这个账号")
	}
	if err == nil && !auth.Manages(v.actor, held.Thing) {
		return held, problem.NotAllowed("管理“" + auth.RoleNames[held.Thing.Role] + "”账号")
	}
	return held, err
}

// sees tells whether an account is on the visitor's list.
func (s *Server) sees(v *visit, p auth.Person) bool {
	return p.Campaign == "" || p.Campaign == v.plan.Campaign.ID
}

func (s *Server) personForm(c *fiber.Ctx, v *visit) error {
	held, err := s.heldPerson(c, v)
	if err != nil {
		return err
	}
	return s.showPerson(c, v, held.Thing, held.Revision, false, nil)
}

// personPut saves an account over the revision that the form was opened with.
func (s *Server) personPut(c *fiber.Ctx, v *visit) error {
	held, err := s.heldPerson(c, v)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	expected := seenRevision(fields)
	p := readPerson(fields, v.plan)
	p.ID, p.Login, p.Campaign, p.Disabled = held.ID, held.Thing.Login, held.Thing.Campaign, held.Thing.Disabled
	if held.ID == v.actor.ID { // the form doesn't offer one's own role
		p.Role, p.Unit, p.Parts = held.Thing.Role, held.Thing.Unit, held.Thing.Parts
	}
	if p.Unit != held.Thing.Unit {
		if pr := inUnit(p, v.plan, v.today); pr != nil {
			return s.showPerson(c, v, p, expected, false, pr)
		}
	}
	err = s.Auth.PutPerson(c.UserContext(), v.actor, p, expected)
	if pr, ok := problem.As(err); ok && pr.Kind != problem.KindNotAllowed {
		return s.showPerson(c, v, p, expected, false, pr)
	}
	if err != nil {
		return err
	}
	done := "saved"
	if p.Role != held.Thing.Role || p.Unit != held.Thing.Unit {
		done = "moved"
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/people?done="+done, fiber.StatusSeeOther)
}

// personDisable closes or opens an account.
func (s *Server) personDisable(disabled bool) handler {
	done := "enabled"
	if disabled {
		done = "disabled"
	}
	return func(c *fiber.Ctx, v *visit) error {
		held, err := s.heldPerson(c, v)
		if err != nil {
			return err
		}
		fields, err := form(c)
		if err != nil {
			return err
		}
		expected := seenRevision(fields)
		err = s.Auth.SetDisabled(c.UserContext(), v.actor, held.ID, disabled, expected)
		if p, ok := problem.As(err); ok && p.Kind == problem.KindConflict {
			return s.showPerson(c, v, held.Thing, held.Revision, false, p)
		}
		if err != nil {
			return err
		}
		return c.Redirect("/c/"+v.plan.Campaign.ID+"/people?done="+done, fiber.StatusSeeOther)
	}
}

// personInvite gives a new invitation, which sets a new password.
func (s *Server) personInvite(c *fiber.Ctx, v *visit) error {
	held, err := s.heldPerson(c, v)
	if err != nil {
		return err
	}
	return s.showSlips(c, v, []string{held.ID}, nil)
}

// mostSlips is how many invitations one page makes.
const mostSlips = 300

// peopleInvite gives invitations to those who are ticked on the list.
func (s *Server) peopleInvite(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	ids := fields["person"]
	if len(ids) == 0 || len(ids) > mostSlips {
		return problem.Invalid("没有选中要邀请的人", "请返回上一页，勾选要发邀请链接的人（一次最多"+strconv.Itoa(mostSlips)+"人）。")
	}
	all, err := s.Auth.ListPeople(c.UserContext(), "")
	if err != nil {
		return err
	}
	var theirs []string
	for _, p := range all {
		if slices.Contains(ids, p.ID) && s.sees(v, p) {
			theirs = append(theirs, p.ID)
		}
	}
	if len(theirs) == 0 {
		return problem.NotFound("这些账号")
	}
	return s.showSlips(c, v, theirs, nil)
}
