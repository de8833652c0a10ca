package auth

import (
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

func linked(t *testing.T, a *Auth, l InspectorLink) (InspectorLink, string) {
	t.Helper()
	l.Campaign, l.Name = "feicheng", " 省验收组 "
	made, token, err := a.AddInspector(t.Context(), theOffice, l)
	if err != nil {
		t.Fatal(err)
	}
	return made, token
}

// A link opens as often as one likes until its end, and whoever came by it is out with it.
func TestALinkHoldsUntilItsEnd(t *testing.T) {
	a, now := office(t)
	link, token := linked(t, a, InspectorLink{Live: true, Until: now.Add(48 * time.Hour)})
	var sessions []string
	for range 2 {
		session, actor, err := a.OpenInspector(t.Context(), token, From{Address: "10.0.0.9"})
		if err != nil || actor.Name != "省验收组" || actor.Role != audit.RoleInspector || !ByLink(actor) {
			t.Fatalf("%+v, %v", actor, err)
		}
		sessions = append(sessions, session)
	}
	*now = now.Add(47 * time.Hour) // beyond the idle time of an account
	for _, session := range sessions {
		if actor, err := a.Actor(t.Context(), session); err != nil || actor.ID != linkPrefix+link.ID {
			t.Errorf("before the end: %+v, %v", actor, err)
		}
	}
	*now = now.Add(time.Hour)
	if _, err := a.Actor(t.Context(), sessions[0]); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("at the end: %v", err)
	}
	if _, _, err := a.OpenInspector(t.Context(), token, From{}); kindOf(err) != problem.KindInvalid {
		t.Errorf("opened after the end: %v", err)
	}
}

// A token of one kind is nothing of another, and a withdrawn link ends what came by it at once.
func TestALinkIsNothingElse(t *testing.T) {
	a, now := office(t)
	add(t, a, clerk("zhao", "zhujianju"), good)
	invitation, _, err := a.Invite(t.Context(), audit.System("test"), "zhao")
	if err != nil {
		t.Fatal(err)
	}
	link, token := linked(t, a, InspectorLink{Live: true, Until: now.Add(time.Hour)})
	if _, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("the address itself as a session: %v", err)
	}
	for _, wrong := range []string{invitation, "", "made-up"} {
		if _, _, err := a.OpenInspector(t.Context(), wrong, From{}); kindOf(err) != problem.KindInvalid {
			t.Errorf("opened by %q: %v", wrong, err)
		}
	}
	if _, err := a.Invited(t.Context(), token); kindOf(err) != problem.KindInvalid {
		t.Errorf("an invitation by a link: %v", err)
	}
	session, _, err := a.OpenInspector(t.Context(), token, From{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.WithdrawInspector(t.Context(), theOffice, "governance", link.ID); kindOf(err) != problem.KindNotFound {
		t.Errorf("withdrawn from another campaign: %v", err)
	}
	for range 2 {
		if err := a.WithdrawInspector(t.Context(), theOffice, "feicheng", link.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Actor(t.Context(), session); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("after it was withdrawn: %v", err)
	}
	for _, actor := range []audit.Actor{{ID: "zhao", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"}, {ID: "x", Role: audit.RoleOffice, Campaign: "governance"}, {ID: linkPrefix + "x", Role: audit.RoleInspector, Campaign: "feicheng", Parts: "checks"}} {
		if _, _, err := a.AddInspector(t.Context(), actor, InspectorLink{Campaign: "feicheng", Name: "x", Live: true, Until: now.Add(time.Hour)}); kindOf(err) != problem.KindNotAllowed {
			t.Errorf("%s made a link: %v", actor.ID, err)
		}
	}
}

// What a link reaches is what was switched on.
func TestWhatALinkReaches(t *testing.T) {
	check := func(l InspectorLink, verb Verb, want Reach) {
		t.Helper()
		if got := ReachOf(l.actor(), verb); got != want {
			t.Errorf("live %v, checks %v: %s %q, want %q", l.Live, l.Checks, verb, got, want)
		}
	}
	live, checks, sealed := InspectorLink{ID: "1", Live: true}, InspectorLink{ID: "2", Live: true, Checks: true}, InspectorLink{ID: "3", Dossier: "D-1"}
	for _, verb := range []Verb{CoverageRead, PlacementRead, PhotoRead, SurveyRead, ReportRead} {
		check(live, verb, All)
		check(checks, verb, All)
		check(sealed, verb, Nothing)
	}
	for _, verb := range []Verb{CheckRead, CheckDraw, CheckRecord} {
		check(live, verb, Nothing)
		check(checks, verb, All)
		check(sealed, verb, Nothing)
	}
	for _, r := range permissions { // nothing but findings is written by any of them
		if !r.verb.reads() && partOf[r.verb] != PartChecks {
			check(checks, r.verb, Nothing)
		}
	}
	if actor := sealed.actor(); !actor.Sealed || actor.Dossier != "D-1" {
		t.Errorf("%+v", actor)
	}
}
