package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

type userCommand struct {
	Add     userAddCommand     `cmd:"" help:"Add an account; an invitation link is printed once, by which the person sets a password."`
	Invite  userInviteCommand  `cmd:"" help:"Give an account a new invitation link; earlier ones end."`
	List    userListCommand    `cmd:"" help:"List accounts."`
	Disable userDisableCommand `cmd:"" help:"Disable an account."`
	Enable  userEnableCommand  `cmd:"" help:"Enable an account again."`
	Reset   userResetCommand   `cmd:"" help:"Give an account a new random password, to be changed at the first sign-in."`
}

// passwordFlags are for scripts. Whoever gives a password knows it, so its person has to
// change it at the first sign-in.
type passwordFlags struct {
	PasswordStdin  bool `help:"Read a password from stdin instead; it must be changed at the first sign-in." xor:"password"`
	RandomPassword bool `help:"Print a random password once instead; it must be changed at the first sign-in." xor:"password"`
}

// password gives the password that was asked for, empty for an invitation.
func (f passwordFlags) password(s *session) (string, error) {
	switch {
	case f.RandomPassword:
		return auth.RandomPassword(), nil
	case f.PasswordStdin:
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, 1<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", wrongWords("没有从标准输入读到密码")
		}
		return line, nil
	}
	return "", nil
}

type userAddCommand struct {
	Login    string   `arg:"" help:"Name to sign in with."`
	Name     string   `help:"The person's name as pages show it." default:""`
	Role     string   `required:"" enum:"office,unit,distributor,inspector,auditor,admin" help:"office, unit, distributor, inspector, auditor or admin."`
	Campaign string   `help:"Id of the campaign; empty: every campaign." placeholder:"C"`
	Unit     string   `help:"Id of the unit." placeholder:"U"`
	Parts    []string `help:"Of an inspector: coverage, placements, photos, survey, report." placeholder:"PART"`
	URL      string   `name:"url" help:"How people reach the server, for the link." placeholder:"URL"`
	passwordFlags
}

// Run adds an account.
func (c *userAddCommand) Run(s *session) error {
	password, err := c.password(s)
	if err != nil {
		return err
	}
	return s.with(func(p *program) error {
		unit, err := p.unit(s.ctx, c.Campaign, c.Unit)
		if err != nil {
			return err
		}
		person := auth.Person{Login: c.Login, Name: c.Name, Role: audit.Role(c.Role), Campaign: c.Campaign, Unit: string(unit)}
		if person.Name == "" {
			person.Name = c.Login
		}
		for _, part := range c.Parts {
			person.Parts = append(person.Parts, auth.Part(part))
		}
		actor := audit.System("user add")
		if password != "" { // refused before the account is there
			if err := p.auth.CheckPassword(c.Login, password); err != nil {
				return err
			}
		}
		if person, err = p.auth.AddPerson(s.ctx, actor, person, ""); err != nil {
			return err
		}
		s.say("账号 %s 已建立。", person.Login)
		if password == "" {
			return p.invite(s, actor, person.ID, c.URL)
		}
		return p.givePassword(s, actor, person.ID, password, c.RandomPassword)
	})
}

// invite prints a new invitation, this once.
func (p *program) invite(s *session, actor audit.Actor, login, url string) error {
	token, inv, err := p.auth.Invite(s.ctx, actor, login)
	if err != nil {
		return err
	}
	link := strings.TrimSuffix(url, "/") + "/invite/" + token
	if !s.cli.JSON {
		fmt.Fprintln(s.stdout, link)
	}
	if url == "" {
		s.say("请在上面的地址前加上本系统的网址（或用 --url 写明），发给%s。", inv.Person.Name)
	}
	s.say("邀请链接只显示这一次，只能用一次，有效期至 %s。打开后由本人设密码。", inv.Expires.In(china).Format("2006-01-02 15:04"))
	return s.answer(map[string]any{"id": inv.Person.ID, "login": inv.Person.Login, "invitation": link, "expires": inv.Expires.UTC().Truncate(time.Second)})
}

// givePassword sets a password that has to be changed, and prints one that nobody typed.
func (p *program) givePassword(s *session, actor audit.Actor, login, password string, show bool) error {
	if err := p.auth.ResetPassword(s.ctx, actor, login, password); err != nil {
		return err
	}
	answer := map[string]string{"id": login, "login": login}
	if show {
		answer["password"] = password
		s.say("账号 %s 的密码：%s（只显示这一次，首次登录时必须修改）", login, password)
	} else {
		s.say("账号 %s 的密码已设好，首次登录时必须修改。", login)
	}
	return s.answer(answer)
}

type userInviteCommand struct {
	Login string `arg:""`
	URL   string `name:"url" help:"How people reach the server, for the link." placeholder:"URL"`
}

// Run gives a new invitation.
func (c *userInviteCommand) Run(s *session) error {
	return s.with(func(p *program) error { return p.invite(s, audit.System("user invite"), c.Login, c.URL) })
}

type userEnableCommand struct {
	Login string `arg:""`
}

// Run enables an account.
func (c *userEnableCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		if err := p.auth.EnablePerson(s.ctx, audit.System("user enable"), c.Login); err != nil {
			return err
		}
		s.say("账号 %s 已启用。", c.Login)
		return s.answer(map[string]string{"login": c.Login})
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
	Login         string `arg:""`
	PasswordStdin bool   `help:"Read the password from stdin instead of making a random one."`
}

// Run gives a new password.
func (c *userResetCommand) Run(s *session) error {
	password, err := passwordFlags{PasswordStdin: c.PasswordStdin, RandomPassword: !c.PasswordStdin}.password(s)
	if err != nil {
		return err
	}
	return s.with(func(p *program) error {
		return p.givePassword(s, audit.System("user reset"), c.Login, password, !c.PasswordStdin)
	})
}

type tokenCommand struct {
	Add    tokenAddCommand    `cmd:"" help:"Make a token; it is printed once."`
	List   tokenListCommand   `cmd:"" help:"List tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token."`
}

type tokenAddCommand struct {
	Role     string        `required:"" enum:"office,unit,distributor,auditor,open" help:"office, unit, distributor, auditor, or open: reads the open views, of one campaign or of all, see serve --open-listen."`
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
