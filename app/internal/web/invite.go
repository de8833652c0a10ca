package web

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/skip2/go-qrcode"

	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// slip is an invitation as it is shown once: to be sent on, or printed and handed over.
type slip struct {
	Name, Login, Role, Unit string
	Link                    string
	QR                      template.URL // the link as a picture
	Until                   string
	Text                    string // to be copied into a message
}

// newSlip invites a person and makes what is shown of it.
func (s *Server) newSlip(c *fiber.Ctx, v *visit, id string) (slip, error) {
	token, inv, err := s.Auth.Invite(c.UserContext(), v.actor, id)
	if err != nil {
		return slip{}, err
	}
	p := inv.Person
	one := slip{Name: p.Name, Login: p.Login, Role: auth.RoleNames[p.Role], Link: s.publicURL(c) + invitePath + token, Until: dateText(civil(inv.Expires))}
	if p.Unit != "" {
		one.Unit = v.plan.UnitName(org.UnitID(p.Unit))
	}
	picture, err := qrcode.Encode(one.Link, qrcode.Medium, -4) // four pixels to a module, with its quiet zone
	if err != nil {
		return slip{}, fmt.Errorf("draw the code of an invitation: %w", err)
	}
	one.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture))
	one.Text = fmt.Sprintf("%s您好：这是您在“%s”的登录链接，打开后设一个自己的密码就能用。用户名：%s。链接只能用一次，%s前有效，请不要转发给别人。\n%s",
		one.Name, v.plan.Campaign.Name, one.Login, one.Until, one.Link)
	return one, nil
}

// publicURL is how people reach this server.
func (s *Server) publicURL(c *fiber.Ctx) string {
	if s.config.PublicURL != "" {
		return strings.TrimSuffix(s.config.PublicURL, "/")
	}
	return c.Protocol() + "://" + c.Get(fiber.HeaderHost)
}

type slipsPage struct {
	Slips  []slip
	Failed []string // who could not be invited, and why
	Import *importPage
}

// showSlips shows invitations. They are in no address and are not kept: the page can't be
// opened a second time.
func (s *Server) showSlips(c *fiber.Ctx, v *visit, ids []string, from *importPage) error {
	data := slipsPage{Import: from}
	for _, id := range ids {
		one, err := s.newSlip(c, v, id)
		if p, ok := problem.As(err); ok {
			data.Failed = append(data.Failed, id+"："+p.Title+"。"+p.Detail)
			continue
		}
		if err != nil {
			return err
		}
		data.Slips = append(data.Slips, one)
	}
	return s.render(c, v, "people_slips", "邀请链接", data)
}

type invitePage struct {
	Name, Login, Role, Unit string
	Rules                   string
	Problem                 *problem.Problem // of what was typed
	Refused                 *problem.Problem // of the link itself
}

// inviteForm is where an invitation leads: who is meant, and a field for the password.
// Nothing is used up by opening it, since messengers open links too.
func (s *Server) inviteForm(c *fiber.Ctx, v *visit) error { return s.showInvite(c, v, nil) }

func (s *Server) showInvite(c *fiber.Ctx, v *visit, p *problem.Problem) error {
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderCacheControl, "no-store")
	inv, err := s.Auth.Invited(c.UserContext(), c.Params("token"))
	if refused, ok := problem.As(err); ok {
		c.Status(statuses[refused.Kind])
		return s.render(c, v, "invite", "邀请", invitePage{Refused: refused})
	}
	if err != nil {
		return err
	}
	data := invitePage{Name: inv.Person.Name, Login: inv.Person.Login, Role: auth.RoleNames[inv.Person.Role], Rules: s.Auth.Settings().PasswordRules(), Problem: p}
	if inv.Person.Unit != "" {
		plan, err := s.plan(c.UserContext(), inv.Person.Campaign)
		if err != nil {
			return err
		}
		data.Unit = plan.UnitName(org.UnitID(inv.Person.Unit))
	}
	if p != nil {
		c.Status(statuses[p.Kind])
		retryAfter(c, p)
	}
	return s.render(c, v, "invite", "设置密码", data)
}

// inviteAccept sets the password and signs in.
func (s *Server) inviteAccept(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	if fields.Get("password") != fields.Get("again") {
		return s.showInvite(c, v, problem.Invalid("两次填写的密码不一样", "请重新填写，两次要一致。"))
	}
	token, actor, err := s.Auth.AcceptInvitation(c.UserContext(), c.Params("token"), fields.Get("password"), s.from(c))
	if p, ok := problem.As(err); ok {
		return s.showInvite(c, v, p)
	}
	if err != nil {
		return err
	}
	s.log.Info("signed in by invitation", "reference", reference(c), "actor", actor.ID)
	setSession(c, token)
	return c.Redirect("/", fiber.StatusSeeOther)
}

type openedPage struct{ Parts []openedPart }

type openedPart struct{ Name, About, Path string }

// opened shows an inspector what is opened to them.
func (s *Server) opened(c *fiber.Ctx, v *visit) error {
	var data openedPage
	for _, one := range []struct {
		part        auth.Part
		verb        auth.Verb
		about, path string
	}{
		{auth.PartCoverage, auth.CoverageRead, "各任务、各单位应落实和已落实的情况", "/coverage"},
		{auth.PartPlacements, auth.PlacementRead, "逐条登记的宣传台账，可以筛选和导出", "/placements"},
		{auth.PartPhotos, auth.PhotoRead, "在台账的每一条记录里查看", "/placements"},
		{auth.PartSurvey, auth.SurveyRead, "知晓率、满意率和各题的分布", "/waves"},
		{auth.PartReport, auth.ReportRead, "汇总报告（Excel）", "/report.xlsx"},
		{auth.PartChecks, auth.CheckDraw, "随机抽取点位，到现场逐处登记，推算在位率", "/checks"},
	} {
		if v.may(one.verb) {
			data.Parts = append(data.Parts, openedPart{auth.PartNames[one.part], one.about, "/c/" + v.plan.Campaign.ID + one.path})
		}
	}
	if v.actor.Dossier != "" {
		data.Parts = append(data.Parts, openedPart{"封存的卷宗", "出报告时封存的全套材料，可以核验有没有被改动", "/c/" + v.plan.Campaign.ID + "/dossiers/" + v.actor.Dossier})
	}
	return s.render(c, v, "opened", "开放内容", data)
}
