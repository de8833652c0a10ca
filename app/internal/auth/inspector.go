package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// An inspector comes once, for some days, and gets an address in place of an account. The
// address is a token, hashed at rest like that of an invitation, but it works until its end
// date and not once: an inspector opens it on a phone and on a desk. Whatever a link opens is
// looked up at each request, so that taking it back works at once.

// InspectorLink is what the office opens to an inspector. Until is the instant from which it
// opens nothing any more.
type InspectorLink struct {
	ID       string    `json:"id"`
	Campaign string    `json:"campaign"`
	Name     string    `json:"name"`
	Until    time.Time `json:"until"`
	Live     bool      `json:"live"`              // the campaign as it stands, reading only
	Checks   bool      `json:"checks"`            // may draw points and record what is found there
	Dossier  string    `json:"dossier,omitempty"` // id of one sealed dossier

	Withdrawn bool `json:"withdrawn,omitempty"`
}

// linkPrefix begins the id of a visitor who came by a link; no login holds a colon.
const linkPrefix = "inspector:"

// ByLink tells a visitor who came by an inspector's link and has no account.
func ByLink(actor audit.Actor) bool { return strings.HasPrefix(actor.ID, linkPrefix) }

// longestLink is how long an inspector's link may hold.
const longestLink = 366 * 24 * time.Hour

var dossierForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,80}$`)

func (l InspectorLink) check(now time.Time) error {
	var faults []problem.Fault
	fault := func(field, why string) { faults = append(faults, problem.Fault{Field: field, Why: why}) }
	if l.Name == "" || len([]rune(l.Name)) > 60 || strings.ContainsFunc(l.Name, unprintable) {
		fault("name", "请写明发给谁，1到60个字，例如“省验收组 王工”")
	}
	switch {
	case l.Until.IsZero():
		fault("until", "请填写有效期的最后一天")
	case !l.Until.After(now):
		fault("until", "有效期的最后一天已经过去，请改成今天或以后")
	case l.Until.Sub(now) > longestLink:
		fault("until", "有效期最长一年，请核对年份")
	}
	if l.Dossier != "" && !dossierForm.MatchString(l.Dossier) {
		fault("dossier", "请从列表里选一份已封存的卷宗")
	}
	if !l.Live && l.Dossier == "" {
		fault("live", "请至少开放一项：实时数据，或一份封存的卷宗")
	}
	if l.Checks && !l.Live {
		fault("checks", "现场抽查要从实时台账里抽取，请同时开放实时数据")
	}
	if len(faults) > 0 {
		return problem.Invalid("链接还不能建立", "请按提示改正后再试。", faults...)
	}
	return nil
}

// actor is who comes by the link.
func (l InspectorLink) actor() audit.Actor {
	actor := audit.Actor{ID: linkPrefix + l.ID, Name: l.Name, Role: audit.RoleInspector, Campaign: l.Campaign, Dossier: l.Dossier, Sealed: !l.Live}
	if l.Live {
		parts := []Part{PartCoverage, PartPlacements, PartPhotos, PartSurvey, PartReport}
		if l.Checks {
			parts = append(parts, PartChecks)
		}
		actor.Parts = joinParts(parts)
	}
	return actor
}

// AddInspector makes a link. The token of its address is told this once. The hash is written
// before the link: a crash between the two leaves a hash that opens nothing.
func (a *Auth) AddInspector(ctx context.Context, actor audit.Actor, l InspectorLink) (InspectorLink, string, error) {
	if !May(actor, InspectorPut) || actor.Campaign != "" && actor.Campaign != l.Campaign {
		return l, "", problem.NotAllowed("发出验收专家的链接")
	}
	l.Name, l.Dossier, l.Withdrawn = strings.TrimSpace(l.Name), strings.TrimSpace(l.Dossier), false
	if err := l.check(a.clock()); err != nil {
		return l, "", err
	}
	l.ID = uuid.NewString()
	token := newSecret()
	row := session{hash: hashOf(token), kind: kindInspector, id: l.ID, person: linkPrefix + l.ID, name: l.Name, role: string(audit.RoleInspector),
		campaign: l.Campaign, expires: l.Until, by: actor.ID}
	if err := a.insert(ctx, row); err != nil {
		return l, "", fmt.Errorf("add an inspector's link: %w", err)
	}
	_, err := a.links.Put(ctx, actor, "inspector.add", l.Campaign, l.ID, l, 0)
	return l, token, err
}

// Inspectors lists the links of a campaign, newest first.
func (a *Auth) Inspectors(ctx context.Context, campaign string) ([]revision.Held[InspectorLink], error) {
	all, err := a.links.List(ctx, campaign)
	slices.SortStableFunc(all, func(x, y revision.Held[InspectorLink]) int { return y.Thing.Until.Compare(x.Thing.Until) })
	return all, err
}

// WithdrawInspector takes a link back; who came by it is signed out with their next request.
func (a *Auth) WithdrawInspector(ctx context.Context, actor audit.Actor, campaign, id string) error {
	held, err := a.links.Current(ctx, campaign, id)
	if errors.Is(err, revision.ErrNotFound) {
		return problem.NotFound("这个链接")
	}
	if err != nil || held.Thing.Withdrawn {
		return err
	}
	l := held.Thing
	l.Withdrawn = true
	_, err = a.links.Put(ctx, actor, "inspector.withdraw", campaign, id, l, held.Revision)
	a.forget()
	if errors.Is(err, revision.ErrConflict) { // there is no other change than this one
		return nil
	}
	return err
}

// Inspector gives the link of an address, or says in words why it opens nothing.
func (a *Auth) Inspector(ctx context.Context, token string) (InspectorLink, error) {
	s, err := a.session(ctx, hashOf(token))
	if err != nil {
		return InspectorLink{}, err
	}
	wrong := problem.Invalid("这个链接不对", "可能没有复制完整。请从收到的消息里重新打开，或请发给您的人再发一个。")
	if s.hash == "" || s.kind != kindInspector {
		return InspectorLink{}, wrong
	}
	held, err := a.links.Current(ctx, s.campaign, s.id)
	switch l := held.Thing; {
	case errors.Is(err, revision.ErrNotFound):
		return l, wrong
	case err != nil:
		return l, err
	case l.Withdrawn:
		return l, problem.Invalid("这个链接已经收回", "如果还需要查看，请与发给您链接的人联系。")
	case !a.clock().Before(l.Until):
		return l, problem.Invalid("这个链接已经到期", "如果还需要查看，请发给您的人再发一个。")
	}
	return held.Thing, nil
}

// OpenInspector starts a session by an address; it holds until the link's end.
func (a *Auth) OpenInspector(ctx context.Context, token string, from From) (string, audit.Actor, error) {
	l, err := a.Inspector(ctx, token)
	if err != nil {
		return "", audit.Actor{}, err
	}
	actor := l.actor()
	actor.Address, actor.Reference = from.Address, from.Reference
	signedIn := newSecret()
	row := session{hash: hashOf(signedIn), kind: kindSession, person: actor.ID, name: l.Name, role: string(actor.Role), campaign: l.Campaign,
		expires: l.Until, by: actor.ID, address: from.Address, device: cut(from.Device, 200)}
	if err := a.insert(ctx, row); err != nil {
		return "", actor, fmt.Errorf("open an inspector's link: %w", err)
	}
	return signedIn, actor, a.log.Record(ctx, audit.Event{Actor: actor, Verb: "inspector.open", Campaign: l.Campaign, Kind: "inspector", Thing: l.ID})
}

// inspectorActor gives who has come by a link, as it holds now.
func (a *Auth) inspectorActor(ctx context.Context, campaign, id string, now time.Time) (audit.Actor, error) {
	held, err := a.links.Current(ctx, campaign, id)
	if errors.Is(err, revision.ErrNotFound) || err == nil && (held.Thing.Withdrawn || !now.Before(held.Thing.Until)) {
		return audit.Actor{}, problem.Unauthenticated()
	}
	return held.Thing.actor(), err
}
