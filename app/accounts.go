package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

type userCommand struct {
	Add     userAddCommand     `cmd:"" help:"Add an account; a random password is printed once."`
	List    userListCommand    `cmd:"" help:"List accounts."`
	Disable userDisableCommand `cmd:"" help:"Disable an account."`
	Reset   userResetCommand   `cmd:"" help:"Give an account a new random password."`
}

type userAddCommand struct {
	Login    string `arg:"" help:"Name to sign in with."`
	Name     string `help:"The person's name as pages show it." default:""`
	Role     string `required:"" enum:"office,unit,distributor" help:"office, unit or distributor."`
	Campaign string `help:"Id of the campaign; empty: every campaign (office only)." placeholder:"C"`
	Unit     string `help:"Id of the unit." placeholder:"U"`
}

// Run adds an account.
func (c *userAddCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		unit, err := p.unit(s.ctx, c.Campaign, c.Unit)
		if err != nil {
			return err
		}
		password := auth.RandomPassword()
		name := c.Name
		if name == "" {
			name = c.Login
		}
		person, err := p.auth.AddPerson(s.ctx, audit.System("user add"), auth.Person{Login: c.Login, Name: name, Role: audit.Role(c.Role), Campaign: c.Campaign, Unit: string(unit)}, password)
		if err != nil {
			return err
		}
		s.say("账号 %s 已建立，初始密码：%s（只显示这一次）", person.Login, password)
		return s.answer(map[string]string{"id": person.ID, "login": person.Login, "password": password})
	})
}

// unit finds the unit that an account or token is for, by id or by any of its names. A
// mistyped one would sign in, see nothing, and be refused every row. Before a plan is
// loaded nothing can be checked, and the word is taken as it is.
func (p *program) unit(ctx context.Context, campaignID, text string) (org.UnitID, error) {
	if text == "" {
		return "", nil
	}
	all, err := p.campaigns.Campaigns(ctx)
	if err != nil {
		return "", err
	}
	asked, near := false, []string(nil)
	for _, one := range all {
		if campaignID != "" && one.ID != campaignID {
			continue
		}
		plan, err := p.campaigns.Plan(ctx, one.ID)
		if err != nil {
			return "", err
		}
		if u, ok := plan.Units.Unit(org.UnitID(text)); ok {
			return u.ID, nil
		}
		if u, ok := plan.Units.Resolve(text); ok {
			return u.ID, nil
		}
		asked, near = true, append(near, plan.Units.Nearest(text, 2)...)
	}
	if !asked {
		return org.UnitID(text), nil
	}
	return "", problem.Invalid(fmt.Sprintf("没有“%s”这个单位", text), "请用 --unit 写方案中单位的编号或名称，相近的有："+strings.Join(near, "、")+"。")
}

type userListCommand struct {
	Campaign string `help:"Only those of one campaign." placeholder:"C"`
}

// Run lists accounts.
func (c *userListCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		people, err := p.auth.ListPeople(s.ctx, c.Campaign)
		if err != nil {
			return err
		}
		for _, person := range people {
			state := ""
			if person.Disabled {
				state = "（已停用）"
			}
			s.say("%s\t%s\t%s\t%s\t%s%s", person.Login, person.Name, person.Role, person.Campaign, person.Unit, state)
		}
		return s.answer(map[string]any{"items": people})
	})
}

type userDisableCommand struct {
	Login string `arg:""`
}

// Run disables an account.
func (c *userDisableCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		if err := p.auth.DisablePerson(s.ctx, audit.System("user disable"), c.Login); err != nil {
			return err
		}
		s.say("账号 %s 已停用，已登录的页面随即失效。", c.Login)
		return s.answer(map[string]string{"login": c.Login})
	})
}

type userResetCommand struct {
	Login string `arg:""`
}

// Run gives a new password.
func (c *userResetCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		password := auth.RandomPassword()
		if err := p.auth.ResetPassword(s.ctx, audit.System("user reset"), c.Login, password); err != nil {
			return err
		}
		s.say("账号 %s 的新密码：%s（只显示这一次）", c.Login, password)
		return s.answer(map[string]string{"login": c.Login, "password": password})
	})
}

type tokenCommand struct {
	Add    tokenAddCommand    `cmd:"" help:"Make a token; it is printed once."`
	List   tokenListCommand   `cmd:"" help:"List tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token."`
}

type tokenAddCommand struct {
	Role     string        `required:"" enum:"office,unit,distributor" help:"office, unit or distributor."`
	Unit     string        `help:"Id of the unit." placeholder:"U"`
	Campaign string        `help:"Id of the campaign; empty: every campaign." placeholder:"C"`
	Name     string        `help:"What the token is for." default:"token"`
	Life     time.Duration `help:"How long it holds." default:"2160h"`
}

// Run makes a token.
func (c *tokenAddCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		unit, err := p.unit(s.ctx, c.Campaign, c.Unit)
		if err != nil {
			return err
		}
		expires := time.Now().Add(c.Life).UTC().Truncate(time.Second)
		id, token, err := p.auth.AddToken(s.ctx, audit.System("token add"), audit.Role(c.Role), c.Campaign, string(unit), c.Name, expires)
		if err != nil {
			return err
		}
		if !s.cli.JSON {
			fmt.Fprintln(s.stdout, token)
		}
		s.say("令牌 %s 已建立，有效期至 %s，只显示这一次。", id, expires.Format(time.DateOnly))
		return s.answer(map[string]any{"id": id, "token": token, "expires": expires})
	})
}

type tokenListCommand struct{}

// Run lists tokens, never the secret.
func (tokenListCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		tokens, err := p.auth.ListTokens(s.ctx)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			s.say("%s\t%s\t%s\t%s\t%s", t.ID, t.Name, t.Role, t.Unit, t.Expires.Format(time.DateOnly))
		}
		return s.answer(map[string]any{"items": tokens})
	})
}

type tokenRevokeCommand struct {
	ID string `arg:""`
}

// Run revokes a token.
func (c *tokenRevokeCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		if err := p.auth.RevokeToken(s.ctx, audit.System("token revoke"), c.ID); err != nil {
			return err
		}
		s.say("令牌 %s 已作废。", c.ID)
		return s.answer(map[string]string{"id": c.ID})
	})
}
