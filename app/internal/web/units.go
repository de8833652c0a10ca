package web

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/org"
	"shuixuan/app/problem"
)

type unitLine struct {
	Unit    org.Unit
	Depth   int  // in the tree
	Closed  bool // today
	Kind    string
	Members []org.Unit
	Tasks   []string
}

// unitsList shows the units with the names they are known by.
func (s *Server) unitsList(c *fiber.Ctx, v *visit) error {
	var list []unitLine
	for _, n := range org.Tree(v.plan.Units.Units()) {
		u := n.Unit
		line := unitLine{Unit: u, Depth: min(n.Depth, 5), Closed: u.ClosedOn(v.today), Kind: org.KindNames[u.Kind], Members: unitsOf(v.plan, u.Members)}
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
	Parents  []org.Unit // that it may stand under
	Faults   map[string][]problem.Fault
	Problem  *problem.Problem
}

type unitKind struct{ Kind, Name string }

func (s *Server) showUnit(c *fiber.Ctx, v *visit, u org.Unit, revision uint32, fresh bool, p *problem.Problem) error {
	data := unitPage{Unit: u, Revision: revision, New: fresh, Problem: p}
	for _, k := range []org.UnitKind{org.KindBureau, org.KindTownship, org.KindCompany, org.KindMedia, org.KindVillage, org.KindCollective} {
		data.Kinds = append(data.Kinds, unitKind{string(k), org.KindNames[k]})
	}
	data.Faults = map[string][]problem.Fault{}
	if p != nil {
		for _, f := range p.Faults {
			data.Faults[f.Field] = append(data.Faults[f.Field], f)
		}
	}
	for _, other := range v.plan.Units.Units() {
		if !other.Collective() && other.ID != u.ID {
			data.Parents = append(data.Parents, other)
		}
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
	u, faults := readUnit(fields)
	u.ID = org.UnitID(strings.ToLower(strings.TrimSpace(fields.Get("id"))))
	if !plainID(string(u.ID)) {
		return s.showUnit(c, v, u, 0, true, problem.Invalid("还不能保存", "请改正后再保存。", problem.Fault{Field: "id", Why: "单位代码请用小写字母、数字或短横线，例如 zhujianju"}))
	}
	return s.saveUnit(c, v, u, 0, true, faults)
}

func (s *Server) unitPut(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	expected := seenRevision(fields)
	u, faults := readUnit(fields)
	u.ID = org.UnitID(c.Params("unit"))
	if _, err := s.Units.Unit(c.UserContext(), v.plan.Campaign.ID, u.ID); err != nil {
		return err
	}
	return s.saveUnit(c, v, u, expected, false, faults)
}

func (s *Server) saveUnit(c *fiber.Ctx, v *visit, u org.Unit, expected uint32, fresh bool, faults []problem.Fault) error {
	if len(faults) > 0 {
		return s.showUnit(c, v, u, expected, fresh, problem.Invalid("还不能保存", "请按提示改正，已填的内容都还在。", faults...))
	}
	_, err := s.Parts.Units.Put(c.UserContext(), v.actor, v.plan.Campaign.ID, u, expected)
	if p, ok := problem.As(err); ok {
		return s.showUnit(c, v, u, expected, fresh, p)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/units?done=saved", fiber.StatusSeeOther)
}

func readUnit(fields url.Values) (org.Unit, []problem.Fault) {
	var faults []problem.Fault
	u := org.Unit{
		Parent: org.UnitID(fields.Get("parent")), Opened: readDate(fields, "opened", "成立日期", &faults), Closed: readDate(fields, "closed", "撤销日期", &faults),
		Name: strings.TrimSpace(fields.Get("name")), Kind: org.UnitKind(fields.Get("kind")),
		Aliases: lines(fields.Get("aliases")), Note: strings.TrimSpace(fields.Get("note")),
	}
	if u.Collective() {
		for _, id := range fields["member"] {
			u.Members = append(u.Members, org.UnitID(id))
		}
	}
	return u, faults
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
