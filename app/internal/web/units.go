package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

type unitLine struct {
	Unit    org.Unit
	Kind    string
	Members []org.Unit
	Tasks   []string
}

// unitsList shows the units with the names they are known by.
func (s *Server) unitsList(c *fiber.Ctx, v *visit) error {
	var list []unitLine
	for _, u := range v.plan.Units.Units() {
		line := unitLine{Unit: u, Kind: org.KindNames[u.Kind], Members: unitsOf(v.plan, u.Members)}
		for _, t := range v.plan.TasksOf(u.ID) {
			line.Tasks = append(line.Tasks, string(t.Code))
		}
		list = append(list, line)
	}
	return s.render(c, v, "units_list", "单位", list)
}

type unitPage struct {
	Unit     org.Unit
	Revision uint32
	New      bool
	Kinds    []unitKind
	Problem  *problem.Problem
}

type unitKind struct{ Kind, Name string }

func (s *Server) showUnit(c *fiber.Ctx, v *visit, u org.Unit, revision uint32, fresh bool, p *problem.Problem) error {
	data := unitPage{Unit: u, Revision: revision, New: fresh, Problem: p}
	for _, k := range []org.UnitKind{org.KindBureau, org.KindTownship, org.KindCompany, org.KindMedia, org.KindVillage, org.KindCollective} {
		data.Kinds = append(data.Kinds, unitKind{string(k), org.KindNames[k]})
	}
	title := "添加单位"
	if !fresh {
		title = "修改单位：" + u.Name
	}
	if p != nil {
		c.Status(statuses[p.Kind])
	}
	return s.render(c, v, "units_edit", title, data)
}

func (s *Server) unitNew(c *fiber.Ctx, v *visit) error {
	return s.showUnit(c, v, org.Unit{Kind: org.KindBureau}, 0, true, nil)
}

func (s *Server) unitForm(c *fiber.Ctx, v *visit) error {
	held, err := s.Units.Unit(c.UserContext(), v.plan.Campaign.ID, org.UnitID(c.Params("unit")))
	if err != nil {
		return err
	}
	return s.showUnit(c, v, held.Thing, held.Revision, false, nil)
}

// unitAdd makes a unit; its code can't be changed later, since rows carry it.
func (s *Server) unitAdd(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	u := readUnit(fields)
	u.ID = org.UnitID(strings.ToLower(strings.TrimSpace(fields.Get("id"))))
	if !plainID(string(u.ID)) {
		return s.showUnit(c, v, u, 0, true, problem.Invalid("还不能保存", "请改正后再保存。", problem.Fault{Field: "id", Why: "单位代码请用小写字母、数字或短横线，例如 zhujianju"}))
	}
	return s.saveUnit(c, v, u, 0, true)
}

func (s *Server) unitPut(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	expected, _ := strconv.ParseUint(fields.Get("revision"), 10, 32)
	u := readUnit(fields)
	u.ID = org.UnitID(c.Params("unit"))
	held, err := s.Units.Unit(c.UserContext(), v.plan.Campaign.ID, u.ID)
	if err != nil {
		return err
	}
	u.Parent = held.Thing.Parent
	return s.saveUnit(c, v, u, uint32(expected), false)
}

func (s *Server) saveUnit(c *fiber.Ctx, v *visit, u org.Unit, expected uint32, fresh bool) error {
	_, err := s.Parts.Units.Put(c.UserContext(), v.actor, v.plan.Campaign.ID, u, expected)
	if p, ok := problem.As(err); ok {
		return s.showUnit(c, v, u, expected, fresh, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/units?done=saved", fiber.StatusSeeOther)
}

func readUnit(fields url.Values) org.Unit {
	u := org.Unit{
		Name: strings.TrimSpace(fields.Get("name")), Kind: org.UnitKind(fields.Get("kind")),
		Aliases: lines(fields.Get("aliases")), Note: strings.TrimSpace(fields.Get("note")),
	}
	if u.Collective() {
		for _, id := range fields["member"] {
			u.Members = append(u.Members, org.UnitID(id))
		}
	}
	return u
}

// plainID tells whether a code can stand in an address and a file name as it is.
func plainID(id string) bool {
	if id == "" || id == "new" || len(id) > 40 {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

type personLine struct {
	Person   auth.Person
	RoleName string
	UnitName string
}

var roleNames = map[string]string{"office": "管理", "unit": "责任单位", "distributor": "问卷录入"}

// peopleList shows who has an account; accounts are made on the server.
func (s *Server) peopleList(c *fiber.Ctx, v *visit) error {
	people, err := s.Auth.ListPeople(c.UserContext(), "")
	if err != nil {
		return err
	}
	var list []personLine
	for _, p := range people {
		if p.Campaign != "" && p.Campaign != v.plan.Campaign.ID {
			continue
		}
		line := personLine{Person: p, RoleName: roleNames[string(p.Role)]}
		if p.Unit != "" {
			line.UnitName = v.plan.UnitName(org.UnitID(p.Unit))
		}
		list = append(list, line)
	}
	return s.render(c, v, "people_list", "账号", list)
}
