package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// Token is what may be known of a program's token after it was made.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      audit.Role `json:"role"`
	Campaign  string     `json:"campaign,omitempty"`
	Unit      string     `json:"unit,omitempty"`
	Expires   time.Time  `json:"expires"`
	Revoked   bool       `json:"revoked,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by"`
}

// AddToken makes a token for a program. The token is told this once.
func (a *Auth) AddToken(ctx context.Context, actor audit.Actor, role audit.Role, campaign, unit, name string, expires time.Time) (id, token string, err error) {
	faults := checkTokenRole(role, unit)
	switch role {
	case audit.RoleInspector, audit.RoleAdmin: // read by a person, with what is opened to them; no program makes accounts
		faults = append(faults, problem.Fault{Field: "role", Why: "令牌的角色只能是 office、unit、distributor、auditor 或 open"})
	}
	if actor.Role != audit.RoleSystem && (!May(actor, TokenPut) || actor.Campaign != "" && actor.Campaign != campaign || !gives(actor, role, campaign)) {
		return "", "", problem.NotAllowed("建立这样的令牌")
	}
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 60 || strings.ContainsFunc(name, unprintable) {
		faults = append(faults, problem.Fault{Field: "name", Why: "用途应为1到60个字"})
	}
	if !expires.After(a.clock()) {
		faults = append(faults, problem.Fault{Field: "expires", Why: "到期时间必须在将来"})
	}
	if len(faults) > 0 {
		return "", "", problem.Invalid("令牌信息有误", "请按提示改正。", faults...)
	}
	id, token = uuid.NewString(), "sx_"+newSecret()
	row := session{
		hash: hashOf(token), kind: kindToken, id: id, name: name, role: string(role),
		campaign: campaign, unit: unit, expires: expires, by: actor.ID,
	}
	if err := a.insert(ctx, row); err != nil {
		return "", "", fmt.Errorf("add token: %w", err)
	}
	after, err := json.Marshal(Token{ID: id, Name: name, Role: role, Campaign: campaign, Unit: unit, Expires: expires})
	if err != nil {
		return "", "", err
	}
	return id, token, a.log.Record(ctx, audit.Event{Actor: actor, Verb: "token.add", Campaign: campaign, Kind: "token", Thing: id, After: after})
}

// checkTokenRole is checkRole with the role that only tokens have. Its views know campaigns and no
// units.
func checkTokenRole(role audit.Role, unit string) []problem.Fault {
	if role != audit.RoleOpen {
		return checkRole(role, unit)
	}
	if unit != "" {
		return []problem.Fault{{Field: "unit", Why: "数据接口的令牌能读一个活动或全部活动，不能只给一个单位，不要写单位"}}
	}
	return nil
}

// gives tells whether an actor may make a token of a role.
func gives(actor audit.Actor, role audit.Role, campaign string) bool {
	if role == audit.RoleOpen {
		return campaign != "" || GivesOpen(actor)
	}
	return Manages(actor, Person{Role: role, Campaign: campaign}) || actor.Role == role
}

// GivesOpen tells whether an actor may make a token that reads the open views of all campaigns:
// whoever makes tokens and belongs to no single one.
func GivesOpen(actor audit.Actor) bool { return May(actor, TokenPut) && actor.Campaign == "" }

// Outsider gives whom a token of the open views belongs to, or a problem of the kind
// unauthenticated. No other token opens them, and this one opens nothing else.
func (a *Auth) Outsider(ctx context.Context, token string) (audit.Actor, error) {
	v, err := a.recall(ctx, token, "open ", a.lookUpOutsider)
	return v.Actor, err
}

func (a *Auth) lookUpOutsider(ctx context.Context, hash string, now time.Time) (Visitor, time.Time, error) {
	s, err := a.session(ctx, hash)
	if err != nil {
		return Visitor{}, time.Time{}, err
	}
	if s.hash == "" || s.revoked || !now.Before(s.expires) || s.kind != kindToken || audit.Role(s.role) != audit.RoleOpen {
		return Visitor{}, time.Time{}, problem.Unauthenticated()
	}
	return Visitor{Actor: audit.Actor{ID: programPrefix + s.id, Name: s.name, Role: audit.RoleOpen, Campaign: s.campaign}}, s.expires, nil
}

// ListTokens lists tokens, newest first.
func (a *Auth) ListTokens(ctx context.Context) ([]Token, error) {
	held, err := a.tokens(ctx)
	if err != nil {
		return nil, err
	}
	var list []Token
	for _, s := range held {
		list = append(list, Token{ID: s.id, Name: s.name, Role: audit.Role(s.role), Campaign: s.campaign, Unit: s.unit,
			Expires: s.expires, Revoked: s.revoked, CreatedAt: s.born, CreatedBy: s.by})
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].CreatedAt.After(list[j].CreatedAt) })
	return list, nil
}

// tokens reads every token as its rows say together; by is who made it.
func (a *Auth) tokens(ctx context.Context) (map[string]session, error) {
	rows, err := a.db.Query(ctx, `
SELECT hash, id, name, role, campaign, unit, expires, revoked, recorded_at, recorded_by
FROM sessions WHERE kind = ? ORDER BY recorded_at`, kindToken)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	defer rows.Close()
	all := map[string]session{}
	for rows.Next() {
		var s session
		var revoked uint8
		if err := rows.Scan(&s.hash, &s.id, &s.name, &s.role, &s.campaign, &s.unit, &s.expires, &revoked, &s.born, &s.by); err != nil {
			return nil, fmt.Errorf("list tokens: %w", err)
		}
		s.kind, s.revoked = kindToken, revoked == 1
		if first, known := all[s.id]; known {
			s.born, s.by, s.revoked = first.born, first.by, s.revoked || first.revoked
		}
		all[s.id] = s
	}
	return all, rows.Err()
}

// RevokeToken ends a token at once.
func (a *Auth) RevokeToken(ctx context.Context, actor audit.Actor, id string) error {
	all, err := a.tokens(ctx)
	if err != nil {
		return err
	}
	s, known := all[id]
	if !known || actor.Campaign != "" && actor.Campaign != s.campaign {
		return problem.NotFound("这个令牌")
	}
	s.revoked, s.by = true, actor.ID
	if err := a.insert(ctx, s); err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	a.forget()
	return a.log.Record(ctx, audit.Event{Actor: actor, Verb: "token.revoke", Campaign: s.campaign, Kind: "token", Thing: id})
}
