package web

import (
	"fmt"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/dashboards/workbook"
	"shuixuan/ingest"
)

// peopleTemplate sends a list to fill in, with what this visitor may give.
func (s *Server) peopleTemplate(c *fiber.Ctx, v *visit) error {
	var roles, units, parts []string
	for _, role := range roleChoices(v) {
		roles = append(roles, role.Name)
	}
	for _, u := range v.plan.Units.Units() {
		if !u.Collective() && u.OpenOn(v.today) {
			units = append(units, u.Name)
		}
	}
	for _, part := range auth.Parts {
		parts = append(parts, auth.PartNames[part])
	}
	return s.download(c, "人员名单模板.xlsx", func(w io.Writer) error {
		return workbook.PeopleTemplate(w, v.plan.Campaign.Name, roles, units, parts)
	})
}

// peopleUpload keeps the file and leads to its preview. Nothing is taken yet.
func (s *Server) peopleUpload(c *fiber.Ctx, v *visit) error {
	if !isMultipart(c) {
		return noFile(nil)
	}
	u, err := s.upload(c)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showPeople(c, v, p)
	}
	if err != nil {
		return err
	}
	defer u.file.Close()
	values := url.Values{"file": {u.file.SHA256}, "name": {u.file.Name}}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/people/import/preview?"+values.Encode(), fiber.StatusSeeOther)
}

// newPerson is a row that can become an account.
type newPerson struct {
	Row      int
	Person   auth.Person
	RoleName string
	UnitName string
	Parts    string
}

type peopleImportPage struct {
	importPage
	People []newPerson
	File   url.Values
}

// readPeople runs a kept file through the intake and judges every row: new, known, or
// rejected with its reasons. What it finds is the same in the preview and at the commit.
func (s *Server) readPeople(c *fiber.Ctx, v *visit, values url.Values) (*ingest.Receipt, []newPerson, error) {
	file, err := s.Ingest.Originals().Open(values.Get("file"))
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	file.Name = values.Get("name")
	receipt, rows, err := s.Ingest.PeopleFile(c.UserContext(), v.actor, v.plan.Campaign.ID, file)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.Auth.ListPeople(c.UserContext(), "")
	if err != nil {
		return nil, nil, err
	}
	taken := map[string]auth.Person{}
	for _, p := range all {
		taken[p.Login] = p
	}
	var fresh []newPerson
	for _, row := range rows {
		p, faults := s.personOf(v, row)
		if p.Login == "" {
			p.Login = freeLogin(p, taken)
		}
		held, known := taken[p.Login]
		switch {
		case len(faults) > 0:
		case known && samePerson(held, p):
			receipt.Known = append(receipt.Known, ingest.Skip{Row: row.Row, Why: "“" + p.Name + "”已有账号 " + p.Login})
			continue
		case known:
			faults = append(faults, problem.Fault{Field: "login", Why: "用户名“" + p.Login + "”已经有人用了，请换一个"})
		default:
			if pr, wrong := problem.As(s.Auth.CheckPerson(v.actor, p)); wrong {
				faults = pr.Faults
				if len(faults) == 0 {
					faults = []problem.Fault{{Field: "role", Why: pr.Title}}
				}
			}
		}
		if len(faults) > 0 {
			for _, f := range faults {
				receipt.Rejected = append(receipt.Rejected, ingest.Rejection{Row: row.Row, Field: f.Field, Heading: peopleHeadings[f.Field], Why: f.Why})
			}
			continue
		}
		taken[p.Login] = p
		receipt.Accepted = append(receipt.Accepted, ingest.Accepted{Row: row.Row})
		fresh = append(fresh, newPerson{Row: row.Row, Person: p, RoleName: auth.RoleNames[p.Role], UnitName: unitName(v, p.Unit), Parts: partWords(p.Parts)})
	}
	receipt.AlreadyKnown = len(receipt.Known)
	return receipt, fresh, nil
}

// peopleHeadings are the columns by the fields of their faults.
var peopleHeadings = map[string]string{"name": "姓名", "login": "用户名", "role": "角色", "unit": "单位", "parts": "开放内容"}

func unitName(v *visit, id string) string {
	if id == "" {
		return ""
	}
	return v.plan.UnitName(org.UnitID(id))
}

// samePerson tells whether a row says what an account of the same campaign already is.
func samePerson(held, p auth.Person) bool {
	return held.Campaign == p.Campaign && held.Name == p.Name && held.Role == p.Role && held.Unit == p.Unit && slices.Equal(held.Parts, p.Parts)
}

// personOf understands the words of a row.
func (s *Server) personOf(v *visit, row ingest.PersonRow) (auth.Person, []problem.Fault) {
	var faults []problem.Fault
	fault := func(field, format string, args ...any) {
		faults = append(faults, problem.Fault{Field: field, Why: fmt.Sprintf(format, args...)})
	}
	p := auth.Person{Name: row.Name, Login: strings.ToLower(row.Login), Role: audit.RoleUnit, Campaign: v.plan.Campaign.ID}
	if row.Name == "" {
		fault("name", "缺少姓名")
	}
	if row.Role != "" {
		p.Role = ""
		for role, name := range auth.RoleNames {
			if row.Role == name || row.Role == string(role) {
				p.Role = role
			}
		}
		if p.Role == "" {
			fault("role", "角色“%s”不认识，请从下拉名单中选择", row.Role)
		}
	}
	if row.Unit != "" {
		u, known := v.plan.Units.Resolve(row.Unit)
		p.Unit = string(u.ID)
		if !known {
			fault("unit", "没有“%s”这个单位，相近的有：%s", row.Unit, strings.Join(v.plan.Units.Nearest(row.Unit, 3), "、"))
		} else if pr := inUnit(p, v.plan, v.today); pr != nil {
			faults = append(faults, pr.Faults...)
		}
	}
	for _, word := range row.Parts {
		found := false
		for _, part := range auth.Parts {
			if word == auth.PartNames[part] || word == string(part) {
				p.Parts, found = append(p.Parts, part), true
			}
		}
		if !found {
			fault("parts", "开放内容“%s”不认识，可填：%s", word, partWords(auth.Parts))
		}
	}
	return p, faults
}

// freeLogin makes a login of a name: the name itself, with a number behind it where it is
// taken. Of somebody who has an account already it gives that one's, so that the same
// file makes nobody twice.
func freeLogin(p auth.Person, taken map[string]auth.Person) string {
	base := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', unicode.Is(unicode.Han, r):
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, p.Name)
	if runes := []rune(base); len(runes) > 30 {
		base = string(runes[:30])
	}
	for n := 1; ; n++ {
		login := base + strconv.Itoa(n)
		if n == 1 && len([]rune(base)) >= 2 {
			login = base
		}
		held, is := taken[login]
		if !is || samePerson(held, p) {
			return login
		}
	}
}

// peoplePreview shows row by row what would happen. It writes nothing.
func (s *Server) peoplePreview(c *fiber.Ctx, v *visit) error {
	values := url.Values{"file": {c.Query("file")}, "name": {c.Query("name")}}
	receipt, fresh, err := s.readPeople(c, v, values)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showPeople(c, v, p)
	}
	if err != nil {
		return err
	}
	data := peopleImportPage{importPage: newImportPage(receipt), People: fresh[:min(shownRows, len(fresh))], File: values}
	data.Query = template.URL(values.Encode())
	return s.render(c, v, "people_preview", "导入预览", data)
}

// peopleRejected sends the rows that come back, with their reasons. Those that went in
// meanwhile are known and not among them.
func (s *Server) peopleRejected(c *fiber.Ctx, v *visit) error {
	receipt, _, err := s.readPeople(c, v, url.Values{"file": {c.Query("file")}, "name": {c.Query("name")}})
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	return s.download(c, "退回的人员.xlsx", func(w io.Writer) error { return workbook.Rejected(ctx, w, receipt) })
}

// peopleCommit makes the accounts of the very file that was shown, and their invitations.
func (s *Server) peopleCommit(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	receipt, fresh, err := s.readPeople(c, v, fields)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showPeople(c, v, p)
	}
	if err != nil {
		return err
	}
	var added []string
	receipt.DryRun, receipt.Accepted = false, receipt.Accepted[:0]
	for _, one := range fresh {
		made, err := s.Auth.AddPerson(c.UserContext(), v.actor, one.Person, "")
		if p, ok := problem.As(err); ok { // somebody was faster
			receipt.Rejected = append(receipt.Rejected, ingest.Rejection{Row: one.Row, Why: p.Title + "。" + p.Detail})
			continue
		}
		if err != nil {
			return err
		}
		receipt.Accepted = append(receipt.Accepted, ingest.Accepted{Row: one.Row})
		added = append(added, made.ID)
	}
	page := newImportPage(receipt)
	page.Query = template.URL(url.Values{"file": {fields.Get("file")}, "name": {fields.Get("name")}}.Encode())
	return s.showSlips(c, v, added, &page)
}
