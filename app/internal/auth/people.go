package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

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
	Parts    []Part     `json:"parts,omitempty"` // of an inspector: what is opened to them
	Disabled bool       `json:"disabled,omitempty"`
}

func (p Person) actor() audit.Actor {
	actor := audit.Actor{ID: p.ID, Name: p.Name, Role: p.Role, Campaign: p.Campaign, Unit: p.Unit}
	actor.Parts = joinParts(p.Parts)
	return actor
}

var loginForm = regexp.MustCompile(`^[a-z0-9\p{Han}][a-z0-9\p{Han}._-]{1,39}$`)

// validate checks a person by itself.
func (p Person) validate() error {
	var faults []problem.Fault
	if !loginForm.MatchString(p.Login) {
		faults = append(faults, problem.Fault{Field: "login", Why: "用户名应为2到40个小写字母、数字、汉字、点、横线或下划线"})
	}
	if strings.TrimSpace(p.Name) == "" || len([]rune(p.Name)) > 60 {
		faults = append(faults, problem.Fault{Field: "name", Why: "姓名应为1到60个字"})
	}
	if strings.ContainsFunc(p.Name, unprintable) {
		faults = append(faults, problem.Fault{Field: "name", Why: "姓名里有看不见的控制字符，请删去后重新填写"})
	}
	faults = append(faults, checkRole(p.Role, p.Unit)...)
	if p.Unit != "" && p.Campaign == "" {
		faults = append(faults, problem.Fault{Field: "campaign", Why: "写明单位时，也要写明活动"})
	}
	faults = append(faults, p.checkParts()...)
	if len(faults) > 0 {
		return problem.Invalid("账号信息不完整", "请按提示改正后再保存。", faults...)
	}
	return nil
}

// unprintable are characters that a name can't need: line ends, and the marks by which a
// name could be shown in another order than it is written.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

func (p Person) checkParts() []problem.Fault {
	var faults []problem.Fault
	for _, part := range p.Parts {
		if _, known := PartNames[part]; !known {
			faults = append(faults, problem.Fault{Field: "parts", Why: fmt.Sprintf("开放内容“%s”不认识", part)})
		}
	}
	switch inspector := p.Role == audit.RoleInspector; {
	case inspector && len(p.Parts) == 0:
		faults = append(faults, problem.Fault{Field: "parts", Why: "请选择对验收专家开放哪些内容，至少一项"})
	case !inspector && len(p.Parts) > 0:
		faults = append(faults, problem.Fault{Field: "parts", Why: "只有验收专家的账号要选开放内容"})
	case slices.Contains(p.Parts, PartPhotos) && !slices.Contains(p.Parts, PartPlacements):
		faults = append(faults, problem.Fault{Field: "parts", Why: "照片要从宣传台账里打开，请同时开放宣传台账"})
	}
	return faults
}

// checkRole checks what a role needs: a unit's person or program has a unit.
func checkRole(role audit.Role, unit string) []problem.Fault {
	var faults []problem.Fault
	if _, known := RoleNames[role]; !known {
		faults = append(faults, problem.Fault{Field: "role", Why: fmt.Sprintf("角色“%s”不认识，可用的有 office、unit、distributor、inspector、auditor、admin", role)})
		return faults
	}
	switch {
	case role == audit.RoleUnit && unit == "":
		faults = append(faults, problem.Fault{Field: "unit", Why: "责任单位的账号必须写明单位"})
	case role != audit.RoleUnit && role != audit.RoleDistributor && unit != "":
		faults = append(faults, problem.Fault{Field: "unit", Why: RoleNames[role] + "账号不属于哪个单位，不要写单位"})
	}
	return faults
}

// RoleNames are the words for the roles on pages.
var RoleNames = map[audit.Role]string{
	audit.RoleOffice: "管理", audit.RoleUnit: "责任单位", audit.RoleDistributor: "问卷录入",
	audit.RoleInspector: "验收专家", audit.RoleAuditor: "审计员", audit.RoleAdmin: "系统管理员",
}

// TokenRoleName is the word for the role of a token of one campaign, or of all where none is named.
// That of the open views isn't among RoleNames: no person has it.
func TokenRoleName(role audit.Role, campaign string) string {
	switch {
	case role != audit.RoleOpen:
		return RoleNames[role]
	case campaign == "":
		return "数据接口（只读，全部活动）"
	}
	return "数据接口（只读，本活动）"
}

// Manages tells whether an actor may make and change the account of a person. The office
// makes those of its campaign's units, distributors and inspectors; those who could give
// themselves more rights are an administrator's to make.
func Manages(actor audit.Actor, p Person) bool {
	if actor.Role == audit.RoleSystem {
		return true
	}
	if !May(actor, PeoplePut) || actor.Campaign != "" && actor.Campaign != p.Campaign {
		return false
	}
	switch p.Role {
	case audit.RoleUnit, audit.RoleDistributor, audit.RoleInspector:
		return actor.Role == audit.RoleAdmin || p.Campaign != ""
	}
	return actor.Role == audit.RoleAdmin
}

// Managed are the roles that an actor may give.
func Managed(actor audit.Actor, campaign string) []audit.Role {
	var roles []audit.Role
	for _, role := range []audit.Role{audit.RoleUnit, audit.RoleDistributor, audit.RoleInspector, audit.RoleOffice, audit.RoleAuditor, audit.RoleAdmin} {
		if Manages(actor, Person{Role: role, Campaign: campaign}) {
			roles = append(roles, role)
		}
	}
	return roles
}

// AddPerson makes an account. Without a password nobody can sign in to it before its
// person has been invited. With one, the password is the person's own and holds: for the
// demonstration, whose sign-ins are printed for whoever runs it.
//
// The password is written first: an account without one would be visible but useless, a
// password without an account is neither.
func (a *Auth) AddPerson(ctx context.Context, actor audit.Actor, p Person, password string) (Person, error) {
	a.managing.Lock()
	defer a.managing.Unlock()
	p.Login = foldLogin(p.Login)
	if p.ID == "" {
		p.ID = p.Login
	}
	if err := p.validate(); err != nil {
		return Person{}, err
	}
	if !Manages(actor, p) {
		return Person{}, problem.NotAllowed("建立“" + RoleNames[p.Role] + "”账号")
	}
	if err := a.free(ctx, p); err != nil {
		return Person{}, err
	}
	if password != "" {
		if err := a.settings.checkPassword(p.Login, password); err != nil {
			return Person{}, err
		}
		if err := a.putPassword(ctx, actor, p.ID, password, false); err != nil {
			return Person{}, err
		}
	}
	if _, err := a.people.Put(ctx, actor, "person.add", p.Campaign, p.ID, p, 0); err != nil {
		return Person{}, changed(err)
	}
	return p, nil
}

// free is nil when nobody has the login yet, in whatever campaign.
func (a *Auth) free(ctx context.Context, p Person) error {
	all, err := a.ListPeople(ctx, "")
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Login == p.Login || other.ID == p.ID {
			return problem.Conflict(fmt.Sprintf("用户名“%s”已经有人用了", p.Login), "请换一个用户名。", problem.Fault{Field: "login", Why: "已经有人用了，请换一个"})
		}
	}
	return nil
}

// CheckPerson is what AddPerson would refuse, for a preview.
func (a *Auth) CheckPerson(actor audit.Actor, p Person) error {
	if err := p.validate(); err != nil {
		return err
	}
	if !Manages(actor, p) {
		return problem.NotAllowed("建立“" + RoleNames[p.Role] + "”账号")
	}
	return nil
}

// changed turns a lost race into words.
func changed(err error) error {
	if errors.Is(err, revision.ErrConflict) {
		return problem.Conflict("这个账号刚被别人改过", "请重新打开页面，看过新内容后再修改，您填的内容没有保存。").Because(err)
	}
	return err
}

// HeldPerson gives an account with its revision.
func (a *Auth) HeldPerson(ctx context.Context, id string) (revision.Held[Person], error) {
	return a.heldPerson(ctx, id)
}

// PutPerson saves name, role, unit and parts of an account. Who comes to another unit or
// role is signed out at once: what they had open belongs to the old one. Rows and drafts
// stay with the unit they were made for.
func (a *Auth) PutPerson(ctx context.Context, actor audit.Actor, p Person, expected uint32) error {
	a.managing.Lock()
	defer a.managing.Unlock()
	held, err := a.heldPerson(ctx, p.ID)
	if err != nil {
		return err
	}
	was := held.Thing
	p.Login, p.Campaign, p.Disabled = was.Login, was.Campaign, was.Disabled
	if err := p.validate(); err != nil {
		return err
	}
	moved := p.Role != was.Role || p.Unit != was.Unit
	if !Manages(actor, was) || !Manages(actor, p) {
		return problem.NotAllowed("修改这个账号")
	}
	if moved && actor.ID == was.ID {
		return problem.Conflict("不能改自己的角色和单位", "请由另一位管理员修改。")
	}
	if moved {
		if err := a.leavesSomebody(ctx, was, p); err != nil {
			return err
		}
	}
	verb := "person.put"
	if moved {
		verb = "person.move"
	}
	if _, err := a.people.Put(ctx, actor, verb, was.Campaign, was.ID, p, expected); err != nil {
		return changed(err)
	}
	a.forget()
	if !moved {
		return nil
	}
	return a.end(ctx, kindSession, was.ID, actor.ID)
}

// leavesSomebody refuses a change after which nobody could manage people: then no page
// would bring the right back.
func (a *Auth) leavesSomebody(ctx context.Context, was, then Person) error {
	manager := func(p Person) bool { return !p.Disabled && May(p.actor(), PeoplePut) }
	if !manager(was) || manager(then) && then.Role == was.Role {
		return nil
	}
	all, err := a.ListPeople(ctx, "")
	if err != nil {
		return err
	}
	office, admin := false, false
	for _, p := range all {
		if p.ID == was.ID {
			p = then
		}
		if manager(p) && (p.Campaign == "" || p.Campaign == was.Campaign) {
			office, admin = office || p.Role == audit.RoleOffice, admin || p.Role == audit.RoleAdmin
		}
	}
	if was.Role == audit.RoleAdmin && !admin || !office && !admin {
		return problem.Conflict("这是最后一个能管理账号的“"+RoleNames[was.Role]+"”账号", "请先建立另一个同样的账号，再停用或改动这一个。")
	}
	return nil
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
	return a.SetDisabled(ctx, actor, held.ID, true, held.Revision)
}

// EnablePerson opens a closed account again.
func (a *Auth) EnablePerson(ctx context.Context, actor audit.Actor, login string) error {
	held, err := a.heldPerson(ctx, foldLogin(login))
	if err != nil {
		return err
	}
	return a.SetDisabled(ctx, actor, held.ID, false, held.Revision)
}

// SetDisabled closes or opens an account. Closing ends its sessions and its invitation.
func (a *Auth) SetDisabled(ctx context.Context, actor audit.Actor, id string, disabled bool, expected uint32) error {
	a.managing.Lock()
	defer a.managing.Unlock()
	held, err := a.heldPerson(ctx, id)
	if err != nil {
		return err
	}
	was, then := held.Thing, held.Thing
	then.Disabled = disabled
	if !Manages(actor, was) {
		return problem.NotAllowed("停用或启用这个账号")
	}
	if actor.ID == was.ID {
		return problem.Conflict("不能停用自己的账号", "请由另一位管理员停用。")
	}
	verb := "person.enable"
	if disabled {
		verb = "person.disable"
		if err := a.leavesSomebody(ctx, was, then); err != nil {
			return err
		}
	}
	if _, err = a.people.Put(ctx, actor, verb, was.Campaign, was.ID, then, expected); err != nil {
		return changed(err)
	}
	a.forget()
	if !disabled {
		return nil
	}
	return errors.Join(a.end(ctx, kindSession, was.ID, actor.ID), a.end(ctx, kindInvitation, was.ID, actor.ID))
}

// ResetPassword gives an account a password that somebody else knows: it ends the
// person's sessions and is to be changed at the first sign-in.
func (a *Auth) ResetPassword(ctx context.Context, actor audit.Actor, login, password string) error {
	return a.givePassword(ctx, actor, login, password, true)
}

// RestorePassword gives an account a password that holds, for the demonstration.
func (a *Auth) RestorePassword(ctx context.Context, actor audit.Actor, login, password string) error {
	return a.givePassword(ctx, actor, login, password, false)
}

func (a *Auth) givePassword(ctx context.Context, actor audit.Actor, login, password string, temporary bool) error {
	held, err := a.heldPerson(ctx, foldLogin(login))
	if err != nil {
		return err
	}
	if !Manages(actor, held.Thing) {
		return problem.NotAllowed("重设这个密码")
	}
	if err := a.settings.checkPassword(held.Thing.Login, password); err != nil {
		return err
	}
	return a.setPassword(ctx, actor, held.Thing, password, temporary)
}

// setPassword writes a checked password and its event, and ends an invitation that
// nobody has used.
func (a *Auth) setPassword(ctx context.Context, actor audit.Actor, p Person, password string, temporary bool) error {
	if err := a.putPassword(ctx, actor, p.ID, password, temporary); err != nil {
		return err
	}
	a.attempts.clear(p.ID)
	a.forget()
	if err := a.end(ctx, kindInvitation, p.ID, actor.ID); err != nil { // it would set another
		return err
	}
	verb := "person.reset"
	if actor.ID == p.ID {
		verb = "person.password"
	}
	return a.log.Record(ctx, audit.Event{Actor: actor, Verb: verb, Campaign: p.Campaign, Kind: "person", Thing: p.ID})
}

// ChangePassword changes one's own password. Every session ends, and the answer is the
// token of a new one.
func (a *Auth) ChangePassword(ctx context.Context, actor audit.Actor, current, next, device string) (token string, err error) {
	if err := a.locked(actor.ID); err != nil {
		return "", err
	}
	err = a.through(ctx, actor.ID, actor.Address, func(ctx context.Context) error {
		person, err := a.person(ctx, actor.ID)
		if errors.Is(err, revision.ErrNotFound) { // a token is no person
			return problem.NotAllowed("修改密码")
		}
		if err != nil {
			return err
		}
		held, err := a.credential(ctx, actor.ID)
		if err != nil {
			return err
		}
		right, err := a.argon.matches(ctx, current, held.phc)
		if err != nil {
			return err
		}
		if !right {
			left := a.attempts.fail(actor.ID, a.clock())
			if err := a.recordRefusal(ctx, person, From{Address: actor.Address, Reference: actor.Reference}, left == 0); err != nil {
				return err
			}
			return problem.Invalid("原密码不对", "请重新填写现在使用的密码。", problem.Fault{Field: "current", Why: "与现在使用的密码不一致"})
		}
		if current == next {
			return problem.Invalid("新密码和原密码一样", "请换一个新密码。", problem.Fault{Field: "next", Why: "与原密码相同"})
		}
		if err := a.checkNew(ctx, person, next); err != nil {
			return err
		}
		if err := a.setPassword(ctx, actor, person, next, false); err != nil {
			return err
		}
		if held, err = a.credential(ctx, actor.ID); err != nil {
			return err
		}
		token, err = a.start(ctx, actor, device, a.clock(), held)
		return err
	})
	return token, err
}

// checkNew is what a person's own new password has to keep.
func (a *Auth) checkNew(ctx context.Context, p Person, password string) error {
	if err := a.settings.checkPassword(p.Login, password); err != nil {
		return err
	}
	if a.settings.NotAgain == 0 {
		return nil
	}
	earlier, err := a.earlier(ctx, p.ID, a.settings.NotAgain)
	if err != nil {
		return err
	}
	for _, phc := range earlier {
		same, err := a.argon.matches(ctx, password, phc)
		if err != nil {
			return err
		}
		if same {
			return problem.Invalid("这个密码以前用过", fmt.Sprintf("请换一个和最近%d次都不同的密码。", a.settings.NotAgain), problem.Fault{Field: "next", Why: "最近用过，请换一个"})
		}
	}
	return nil
}

// earlier gives the newest password hashes of a person.
func (a *Auth) earlier(ctx context.Context, person string, n int) ([]string, error) {
	rows, err := a.db.Query(ctx, `SELECT hash FROM credentials WHERE person = ? ORDER BY recorded_at DESC LIMIT ?`, person, n)
	if err != nil {
		return nil, fmt.Errorf("read earlier credentials: %w", err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var phc string
		if err := rows.Scan(&phc); err != nil {
			return nil, fmt.Errorf("read earlier credentials: %w", err)
		}
		all = append(all, phc)
	}
	return all, rows.Err()
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
	if errors.Is(err, revision.ErrNotFound) {
		return held, problem.NotFound(fmt.Sprintf("账号“%s”", id))
	}
	return held, err
}

// WithPassword tells who has set a password.
func (a *Auth) WithPassword(ctx context.Context) (map[string]bool, error) {
	rows, err := a.db.Query(ctx, `SELECT DISTINCT person FROM credentials`)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	defer rows.Close()
	have := map[string]bool{}
	for rows.Next() {
		var person string
		if err := rows.Scan(&person); err != nil {
			return nil, fmt.Errorf("read credentials: %w", err)
		}
		have[person] = true
	}
	return have, rows.Err()
}

type credential struct {
	phc       string
	temporary bool // somebody else knows it
	at        time.Time
}

// credential gives the newest password hash, empty where there is none.
func (a *Auth) credential(ctx context.Context, person string) (credential, error) {
	rows, err := a.db.Query(ctx, `SELECT hash, temporary, recorded_at FROM credentials WHERE person = ? ORDER BY recorded_at DESC LIMIT 1`, person)
	if err != nil {
		return credential{}, fmt.Errorf("read credential: %w", err)
	}
	defer rows.Close()
	var c credential
	for rows.Next() {
		var temporary uint8
		if err := rows.Scan(&c.phc, &temporary, &c.at); err != nil {
			return credential{}, fmt.Errorf("read credential: %w", err)
		}
		c.temporary = temporary == 1
	}
	return c, rows.Err()
}

// putPassword writes a password. It is always later than the one before, so that the newest
// holds, and than the sessions that it ends, whatever the clocks of two servers say.
func (a *Auth) putPassword(ctx context.Context, actor audit.Actor, person, password string, temporary bool) error {
	phc, err := a.argon.hash(ctx, password)
	if err != nil {
		return err
	}
	held, err := a.credential(ctx, person)
	if err != nil {
		return err
	}
	var last time.Time // of the person's sessions, which end with the password
	if err := a.db.QueryRow(ctx, `SELECT max(recorded_at) FROM sessions WHERE person = ?`, person).Scan(&last); err != nil {
		return fmt.Errorf("read the last session: %w", err)
	}
	at := later(a.clock(), later(held.at, last).Add(time.Microsecond))
	err = a.db.Insert(ctx, `INSERT INTO credentials (person, hash, recorded_at, recorded_by, temporary)`, func(b driver.Batch) error {
		var mark uint8
		if temporary {
			mark = 1
		}
		return b.Append(person, phc, at.UTC(), actor.ID, mark)
	})
	if err != nil {
		return fmt.Errorf("write credential: %w", err)
	}
	return nil
}
