package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/campaign"
	"shuixuan/app/internal/auth"
	"shuixuan/app/problem"
)

type loginPage struct {
	Login   string
	Next    string
	Problem *problem.Problem
}

// loginForm shows the sign-in; who is signed in already goes on.
func (s *Server) loginForm(c *fiber.Ctx, v *visit) error {
	next := ownAddress(c.Query("next", "/"))
	if v.actor.ID != "" {
		return c.Redirect(next, fiber.StatusSeeOther)
	}
	return s.render(c, v, "login", "登录", loginPage{Next: next})
}

// login signs in and leads back to where one wanted to go.
func (s *Server) login(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	next := ownAddress(fields.Get("next"))
	token, actor, err := s.Auth.SignIn(c.UserContext(), fields.Get("login"), fields.Get("password"), s.from(c))
	if p, ok := problem.As(err); ok {
		s.log.Warn("sign-in refused", "reference", reference(c), "address", s.client(c), "kind", string(p.Kind))
		c.Status(statuses[p.Kind])
		retryAfter(c, p)
		return s.render(c, v, "login", "登录", loginPage{Login: fields.Get("login"), Next: next, Problem: p})
	}
	if err != nil {
		return err
	}
	s.log.Info("signed in", "reference", reference(c), "actor", actor.ID)
	setSession(c, token)
	return c.Redirect(next, fiber.StatusSeeOther)
}

// from tells the sign-in where a request comes from.
func (s *Server) from(c *fiber.Ctx) auth.From {
	return auth.From{Address: s.client(c), Device: c.Get(fiber.HeaderUserAgent), Reference: reference(c)}
}

// setSession keeps the token in the browser: out of reach of scripts, not sent along
// from other sites, and over TLS only when we are reached by TLS.
func setSession(c *fiber.Ctx, token string) {
	cookie := &fiber.Cookie{Name: cookieName(c), Value: token, Path: "/", HTTPOnly: true, SameSite: "Lax", Secure: c.Protocol() == "https"}
	if token == "" {
		cookie.Expires = time.Unix(1, 0)
	}
	c.Cookie(cookie)
}

// logout ends the session.
func (s *Server) logout(c *fiber.Ctx, _ *visit) error {
	if token := c.Cookies(cookieName(c)); token != "" {
		if err := s.Auth.SignOut(c.UserContext(), token); err != nil {
			return err
		}
	}
	setSession(c, "")
	return c.Redirect("/login?done=signedout", fiber.StatusSeeOther)
}

type mePage struct {
	Rules    string
	Sessions []auth.Session
	Problem  *problem.Problem
}

// meForm shows one's own account.
func (s *Server) meForm(c *fiber.Ctx, v *visit) error { return s.showMe(c, v, nil) }

func (s *Server) showMe(c *fiber.Ctx, v *visit, p *problem.Problem) error {
	data := mePage{Rules: s.Auth.Settings().PasswordRules(), Problem: p}
	if p != nil {
		c.Status(statuses[p.Kind])
		retryAfter(c, p)
	}
	var err error
	if data.Sessions, err = s.Auth.Sessions(c.UserContext(), v.actor.ID, v.session); err != nil {
		return err
	}
	return s.render(c, v, "me", "我的账号", data)
}

// me changes one's password.
func (s *Server) me(c *fiber.Ctx, v *visit) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	if fields.Get("next") != fields.Get("again") {
		err = problem.Invalid("两次填写的新密码不一样", "请重新填写新密码，两次要一致。")
	}
	var token string
	if err == nil {
		token, err = s.Auth.ChangePassword(c.UserContext(), v.actor, fields.Get("current"), fields.Get("next"), c.Get(fiber.HeaderUserAgent))
	}
	if p, ok := problem.As(err); ok {
		return s.showMe(c, v, p)
	}
	if err != nil {
		return err
	}
	setSession(c, token)
	return c.Redirect("/me?done=password", fiber.StatusSeeOther)
}

// meSignOut ends every session of the visitor, this one too.
func (s *Server) meSignOut(c *fiber.Ctx, v *visit) error {
	if err := s.Auth.SignOutEverywhere(c.UserContext(), v.actor); err != nil {
		return err
	}
	setSession(c, "")
	return c.Redirect("/login?done=everywhere", fiber.StatusSeeOther)
}

// home leads to the campaign, or offers a choice of those one may enter.
func (s *Server) home(c *fiber.Ctx, v *visit) error {
	if v.actor.Sealed {
		return c.Redirect(firstPage(v.actor), fiber.StatusSeeOther)
	}
	all, err := s.Campaigns.Campaigns(c.UserContext())
	if err != nil {
		return err
	}
	var mine []campaign.Campaign
	for _, one := range all {
		if v.actor.Campaign == "" || v.actor.Campaign == one.ID {
			mine = append(mine, one)
		}
	}
	if len(mine) == 1 {
		return c.Redirect("/c/"+mine[0].ID, fiber.StatusSeeOther)
	}
	return s.render(c, v, "campaigns_list", "选择活动", mine)
}

// campaignHome leads to the page where the role's work begins.
func (s *Server) campaignHome(c *fiber.Ctx, v *visit) error {
	items := navFor(v, "")
	if len(items) == 0 {
		return problem.NotAllowed("进入这个活动")
	}
	return c.Redirect(items[0].Path, fiber.StatusSeeOther)
}
