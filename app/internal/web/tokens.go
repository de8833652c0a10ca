package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

type tokensPage struct {
	Lines   []tokenLine
	Roles   []roleChoice
	Units   []org.Unit
	Fields  url.Values // as typed
	Open    string     // address of the open views, where their tokens are offered
	New     string     // the token that was just made, shown this once
	Problem *problem.Problem
}

// Value gives what stands in a field.
func (p tokensPage) Value(name string) string { return p.Fields.Get(name) }

type tokenLine struct {
	Token    auth.Token
	RoleName string
	UnitName string
	State    string // why it opens nothing any more, empty while it does
}

// tokensList shows the tokens of programs in this campaign.
func (s *Server) tokensList(c *fiber.Ctx, v *visit) error {
	return s.showTokens(c, v, tokensPage{Fields: url.Values{"days": {"90"}}})
}

func (s *Server) showTokens(c *fiber.Ctx, v *visit, data tokensPage) error {
	all, err := s.Auth.ListTokens(c.UserContext())
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Campaign != v.plan.Campaign.ID && (t.Campaign != "" || v.actor.Campaign != "") {
			continue
		}
		line := tokenLine{Token: t, RoleName: auth.TokenRoleName(t.Role, t.Campaign), UnitName: unitName(v, t.Unit)}
		switch {
		case t.Revoked:
			line.State = "已作废"
		case !s.clock().Before(t.Expires):
			line.State = "已到期"
		}
		data.Lines = append(data.Lines, line)
	}
	for _, role := range []audit.Role{audit.RoleUnit, audit.RoleDistributor, audit.RoleOffice, audit.RoleAuditor} {
		if auth.Manages(v.actor, auth.Person{Role: role, Campaign: v.plan.Campaign.ID}) || role == v.actor.Role {
			data.Roles = append(data.Roles, roleChoice{string(role), auth.RoleNames[role]})
		}
	}
	if s.config.Open != "" {
		data.Roles = append(data.Roles, roleChoice{string(audit.RoleOpen), auth.TokenRoleName(audit.RoleOpen, v.plan.Campaign.ID)})
		if auth.GivesOpen(v.actor) {
			data.Roles = append(data.Roles, roleChoice{openAll, auth.TokenRoleName(audit.RoleOpen, "")})
		}
		data.Open = s.config.Open
	}
	for _, u := range v.plan.Units.Units() {
		if !u.Collective() && u.OpenOn(v.today) {
			data.Units = append(data.Units, u)
		}
	}
	if data.Problem != nil {
		c.Status(statuses[data.Problem.Kind])
	}
	return s.render(c, v, "tokens", "令牌", data)
}

// openAll is what the form calls the role open for all campaigns.
const openAll = "open-all"

// longestToken is how many days a token made on a page may hold.
const longestToken = 366

// tokenAdd makes a token and shows it, this once.
func (s *Server) tokenAdd(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(strings.TrimSpace(fields.Get("days")))
	if err != nil || days < 1 || days > longestToken {
		return s.showTokens(c, v, tokensPage{Fields: fields, Problem: problem.Invalid("还不能建立令牌", "请改正后再试。", problem.Fault{Field: "days", Why: "有效天数应为1到366"})})
	}
	role, unit := audit.Role(fields.Get("role")), fields.Get("unit")
	if role != audit.RoleUnit && role != audit.RoleDistributor {
		unit = ""
	}
	if _, known := v.plan.Units.Unit(org.UnitID(unit)); unit != "" && !known {
		return s.showTokens(c, v, tokensPage{Fields: fields, Problem: problem.Invalid("还不能建立令牌", "请改正后再试。", problem.Fault{Field: "unit", Why: "单位不在名单里"})})
	}
	campaign := v.plan.Campaign.ID
	if role == openAll {
		role, campaign = audit.RoleOpen, ""
	}
	_, token, err := s.Auth.AddToken(c.UserContext(), v.actor, role, campaign, unit, fields.Get("name"), s.clock().Add(time.Duration(days)*24*time.Hour))
	if p, ok := problem.As(err); ok && p.Kind == problem.KindInvalid {
		return s.showTokens(c, v, tokensPage{Fields: fields, Problem: p})
	}
	if err != nil {
		return err
	}
	return s.showTokens(c, v, tokensPage{Fields: url.Values{"days": {"90"}}, New: token})
}

// tokenRevoke ends a token at once.
func (s *Server) tokenRevoke(c *fiber.Ctx, v *visit) error {
	if err := s.Auth.RevokeToken(c.UserContext(), v.actor, c.Params("token")); err != nil {
		return err
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/tokens?done=revoked", fiber.StatusSeeOther)
}
