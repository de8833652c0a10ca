package auth

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Person is somebody with an account. ID is the login they were made with and never
// changes; an empty Campaign may act in every campaign.
type Person struct {
	ID       string     `json:"id"`
	Login    string     `json:"login"`
	Name     string     `json:"name"`
	Role     audit.Role `json:"role"`
	Campaign string     `json:"campaign,omitempty"`
	Unit     string     `json:"unit,omitempty"`
	Disabled bool       `json:"disabled,omitempty"`
}

func (p Person) actor() audit.Actor {
	return audit.Actor{ID: p.ID, Name: p.Name, Role: p.Role, Campaign: p.Campaign, Unit: p.Unit}
}

var loginForm = regexp.MustCompile(`^[a-z0-9\p{Han}][a-z0-9\p{Han}._-]{1,39}$`)

// validate checks a person by itself.
func (p Person) validate() error {
	var faults []problem.Fault
	if !loginForm.MatchString(p.Login) {
		faults = append(faults, problem.Fault{Field: "login", Why: "用户名应为2到40个小写字母、数字、汉字、点、横线或下划线"})
	}
	if p.Name == "" || len([]rune(p.Name)) > 60 {
		faults = append(faults, problem.Fault{Field: "name", Why: "姓名应为1到60个字"})
	}
	faults = append(faults, checkRole(p.Role, p.Unit)...)
	if p.Unit != "" && p.Campaign == "" {
		faults = append(faults, problem.Fault{Field: "campaign", Why: "写明单位时，也要写明活动"})
	}
	if len(faults) > 0 {
		return problem.Invalid("账号信息不完整", "请按提示改正后再保存。", faults...)
	}
	return nil
}

// checkRole checks what a role needs: a unit's person or program has a unit.
func checkRole(role audit.Role, unit string) []problem.Fault {
	var faults []problem.Fault
	switch role {
	case audit.RoleOffice, audit.RoleUnit, audit.RoleDistributor:
	default:
		faults = append(faults, problem.Fault{Field: "role", Why: fmt.Sprintf("角色“%s”不认识，可用的有 office、unit、distributor", role)})
	}
	if role == audit.RoleUnit && unit == "" {
		faults = append(faults, problem.Fault{Field: "unit", Why: "责任单位的账号必须写明单位"})
	}
	if role == audit.RoleOffice && unit != "" {
		faults = append(faults, problem.Fault{Field: "unit", Why: "管理账号看全部单位，不要写单位"})
	}
	return faults
}

// AddPerson makes an account. The password is written first: an account without one
// would be visible but useless, a password without an account is neither.
func (a *Auth) AddPerson(ctx context.Context, actor audit.Actor, p Person, password string) (Person, error) {
	p.Login = foldLogin(p.Login)
	if p.ID == "" {
		p.ID = p.Login
	}
	if err := p.validate(); err != nil {
		return Person{}, err
	}
	if err := checkPassword(p.Login, password); err != nil {
		return Person{}, err
	}
	all, err := a.ListPeople(ctx, "")
	if err != nil {
		return Person{}, err
	}
	for _, other := range all {
		if other.Login == p.Login || other.ID == p.ID {
			return Person{}, problem.Conflict(fmt.Sprintf("用户名“%s”已经有人用了", p.Login), "请换一个用户名。")
		}
	}
	if err := a.putPassword(ctx, actor, p.ID, password); err != nil {
		return Person{}, err
	}
	if _, err := a.people.Put(ctx, actor, "person.add", p.Campaign, p.ID, p, 0); err != nil {
		return Person{}, err
	}
	return p, nil
}

// ListPeople lists accounts by campaign and id; an empty campaign lists all.
func (a *Auth) ListPeople(ctx context.Context, campaign string) ([]Person, error) {
	held, err := a.people.List(ctx, campaign)
	if err != nil {
		return nil, err
	}
	people := make([]Person, 0, len(held))
	for _, h := range held {
		people = append(people, h.Thing)
	}
	return people, nil
}

// DisablePerson closes an account at once; what the person did stays.
func (a *Auth) DisablePerson(ctx context.Context, actor audit.Actor, login string) error {
	held, err := a.heldPerson(ctx, foldLogin(login))
	if err != nil {
		return err
	}
	held.Thing.Disabled = true
	_, err = a.people.Put(ctx, actor, "person.disable", held.Thing.Campaign, held.Thing.ID, held.Thing, held.Revision)
	a.forget()
	return err
}

// ResetPassword gives an account a new password and ends its sessions.
func (a *Auth) ResetPassword(ctx context.Context, actor audit.Actor, login, password string) error {
	held, err := a.heldPerson(ctx, foldLogin(login))
	if err != nil {
		return err
	}
	if err := checkPassword(held.Thing.Login, password); err != nil {
		return err
	}
	if err := a.putPassword(ctx, actor, held.Thing.ID, password); err != nil {
		return err
	}
	a.attempts.clear(held.Thing.ID)
	a.forget()
	return a.log.Record(ctx, audit.Event{Actor: actor, Verb: "person.reset", Campaign: held.Thing.Campaign, Kind: "person", Thing: held.Thing.ID})
}

// ChangePassword is ResetPassword by the person themself. Every session ends, and the
// answer is the token of a new one.
func (a *Auth) ChangePassword(ctx context.Context, actor audit.Actor, current, next string) (string, error) {
	if wait := a.attempts.wait(actor.ID, a.clock()); wait > 0 {
		return "", problem.TooMany(fmt.Sprintf("连续输错密码，请%d分钟后再试。", int(wait.Minutes())+1))
	}
	held, err := a.credential(ctx, actor.ID)
	if err != nil {
		return "", err
	}
	right, err := a.argon.matches(ctx, current, held.phc)
	if err != nil {
		return "", err
	}
	if !right {
		a.attempts.fail(actor.ID, a.clock())
		return "", problem.Invalid("原密码不对", "请重新填写现在使用的密码。", problem.Fault{Field: "current", Why: "与现在使用的密码不一致"})
	}
	if current == next {
		return "", problem.Invalid("新密码和原密码一样", "请换一个新密码。", problem.Fault{Field: "next", Why: "与原密码相同"})
	}
	if err := a.ResetPassword(ctx, actor, actor.ID, next); err != nil {
		return "", err
	}
	return a.start(ctx, actor)
}

// person finds an account by its id, whatever its campaign.
func (a *Auth) person(ctx context.Context, id string) (Person, error) {
	held, err := a.findPerson(ctx, id)
	return held.Thing, err
}

func (a *Auth) findPerson(ctx context.Context, id string) (revision.Held[Person], error) {
	held, err := a.people.List(ctx, "")
	if err != nil {
		return revision.Held[Person]{}, err
	}
	for _, h := range held {
		if h.ID == id {
			return h, nil
		}
	}
	return revision.Held[Person]{}, revision.ErrNotFound
}

// heldPerson is findPerson for a command: a missing account is told in words.
func (a *Auth) heldPerson(ctx context.Context, id string) (revision.Held[Person], error) {
	held, err := a.findPerson(ctx, id)
	if err == revision.ErrNotFound {
		return held, problem.NotFound(fmt.Sprintf("账号“%s”", id))
	}
	return held, err
}

type credential struct {
	phc string
	at  time.Time
}

// credential gives the newest password hash, empty where there is none.
func (a *Auth) credential(ctx context.Context, person string) (credential, error) {
	rows, err := a.db.Query(ctx, `SELECT hash, recorded_at FROM credentials WHERE person = ? ORDER BY recorded_at DESC LIMIT 1`, person)
	if err != nil {
		return credential{}, fmt.Errorf("read credential: %w", err)
	}
	defer rows.Close()
	var c credential
	for rows.Next() {
		if err := rows.Scan(&c.phc, &c.at); err != nil {
			return credential{}, fmt.Errorf("read credential: %w", err)
		}
	}
	return c, rows.Err()
}

func (a *Auth) putPassword(ctx context.Context, actor audit.Actor, person, password string) error {
	phc, err := a.argon.hash(ctx, password)
	if err != nil {
		return err
	}
	err = a.db.Insert(ctx, "", `INSERT INTO credentials (person, hash, recorded_at, recorded_by)`, func(b driver.Batch) error {
		return b.Append(person, phc, a.clock().UTC(), actor.ID)
	})
	if err != nil {
		return fmt.Errorf("write credential: %w", err)
	}
	return nil
}
