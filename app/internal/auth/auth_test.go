package auth

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/problem"
)

const (
	good  = "river-and-lake-7"
	other = "another-password-9"
)

// office opens an Auth whose clock the test moves, with one person in it.
func office(t *testing.T) (*Auth, *time.Time) {
	t.Helper()
	db := clickhousetest.Open(t)
	now := time.Date(2014, 10, 8, 1, 0, 0, 0, time.UTC)
	a := New(db, audit.NewLog(db), func() time.Time { return now })
	settings := DefaultSettings()
	settings.Cost = Cost{Memory: 1024, Passes: 1} // the cost is not what is tested
	a.Apply(settings)
	a.refusal = 0
	person := Person{Login: "Office", Name: "市创建办", Role: audit.RoleOffice, Campaign: "feicheng"}
	if _, err := a.AddPerson(t.Context(), audit.System("test"), person, good); err != nil {
		t.Fatal(err)
	}
	return a, &now
}

func kindOf(err error) problem.Kind {
	if p, ok := problem.As(err); ok {
		return p.Kind
	}
	return ""
}

func TestSignInGivesAnActorUntilSignOut(t *testing.T) {
	a, _ := office(t)
	token, actor, err := a.SignIn(t.Context(), " OFFICE ", good, From{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if actor.ID != "office" || actor.Role != audit.RoleOffice || actor.Campaign != "feicheng" {
		t.Errorf("signed in as %+v", actor)
	}
	if got, err := a.Actor(t.Context(), token); err != nil || got.ID != "office" {
		t.Errorf("actor of the token: %+v, %v", got, err)
	}
	again, _, err := a.SignIn(t.Context(), "office", good, From{})
	if err != nil || again == token {
		t.Errorf("a second sign-in must have a token of its own, got the same: %v, %v", again == token, err)
	}
	if err := a.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("a signed-out token answered %v", err)
	}
	if _, err := a.Actor(t.Context(), again); err != nil {
		t.Errorf("the other session ended with it: %v", err)
	}
	if _, err := a.Actor(t.Context(), "made-up"); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("an invented token answered %v", err)
	}
}

func TestNothingReadableIsAtRest(t *testing.T) {
	a, _ := office(t)
	token, _, err := a.SignIn(t.Context(), "office", good, From{})
	if err != nil {
		t.Fatal(err)
	}
	var phc, hash string
	if err := a.db.QueryRow(t.Context(), `SELECT hash FROM credentials`).Scan(&phc); err != nil {
		t.Fatal(err)
	}
	if err := a.db.QueryRow(t.Context(), `SELECT hash FROM sessions`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=1024,t=1,p=2$") || strings.Contains(phc, good) {
		t.Errorf("password at rest: %s", phc)
	}
	if hash == token || len(hash) != 64 {
		t.Errorf("token at rest: %s", hash)
	}
	if bits, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(bits) != 32 {
		t.Errorf("a token of %d bytes, want 32: %v", len(bits), err)
	}
	if full := newArgon(); full.memory != 64<<10 || full.passes != 3 {
		t.Errorf("argon2id over %d KiB in %d passes, want 64 MiB in three", full.memory, full.passes)
	}
	again, err := a.argon.hash(t.Context(), good) // each with a salt of its own
	if err != nil {
		t.Fatal(err)
	}
	salt := func(phc string) string { return strings.Split(phc, "$")[4] }
	if bits, err := base64.RawStdEncoding.DecodeString(salt(phc)); err != nil || len(bits) != 16 || salt(again) == salt(phc) {
		t.Errorf("salts %s and %s: %v", salt(phc), salt(again), err)
	}
}

// TestPasswordsAreTakenWhole: to the last character, with whatever a keyboard gives.
func TestPasswordsAreTakenWhole(t *testing.T) {
	a, _ := office(t)
	long := " 河 and lake 🌊 " + strings.Repeat("é-长", 40) + "x7 "
	if n := len([]rune(long)); n < 128 {
		long += strings.Repeat("z", 128-n)
	} else {
		long = string([]rune(long)[:128])
	}
	add(t, a, clerk("whole", "zhujianju"), long)
	if _, _, err := a.SignIn(t.Context(), "whole", long, From{}); err != nil {
		t.Errorf("128 characters of all kinds: %v", err)
	}
	for _, near := range []string{long[:len(long)-1], strings.TrimSpace(long), strings.ToUpper(long)} {
		if _, _, err := a.SignIn(t.Context(), "whole", near, From{}); kindOf(err) != problem.KindUnauthenticated {
			t.Errorf("%d bytes of %d were enough: %v", len(near), len(long), err)
		}
	}
	for _, plain := range []string{"onlyletterslikethese", "        spaces and words", "四个词连起来的话", "7493028156"} {
		if err := DefaultSettings().checkPassword("whole", plain); err != nil {
			t.Errorf("%q breaks a rule of composition: %v", plain, err)
		}
	}
	if err := DefaultSettings().checkPassword("whole", long+"x"); kindOf(err) != problem.KindInvalid {
		t.Errorf("129 characters answered %v", err)
	}
}

// TestNobodyIsThereAtFirst: no account, password or token comes with the program.
func TestNobodyIsThereAtFirst(t *testing.T) {
	db := clickhousetest.Open(t)
	a := New(db, audit.NewLog(db), nil)
	people, err := a.ListPeople(t.Context(), "")
	if err != nil || len(people) != 0 {
		t.Errorf("people %+v, %v", people, err)
	}
	tokens, err := a.ListTokens(t.Context())
	if err != nil || len(tokens) != 0 {
		t.Errorf("tokens %+v, %v", tokens, err)
	}
	signed, err := a.WithPassword(t.Context())
	if err != nil || len(signed) != 0 {
		t.Errorf("passwords of %v, %v", signed, err)
	}
}

// TestARefusalTakesItsTime: of a known account an event is written and of strangers soon
// none, which took 27 against 10 ms.
func TestARefusalTakesItsTime(t *testing.T) {
	a, _ := office(t)
	for i := range strangeAtOnce + 1 {
		a.SignIn(t.Context(), "stranger"+string(rune('a'+i)), "wrong", From{})
	}
	a.refusal = 300 * time.Millisecond
	for _, login := range []string{"office", "nobody"} {
		start := time.Now()
		if _, _, err := a.SignIn(t.Context(), login, "wrong", From{}); kindOf(err) != problem.KindUnauthenticated {
			t.Errorf("%s answered %v", login, err)
		}
		if took := time.Since(start); took < a.refusal {
			t.Errorf("%s was refused after %v, want %v at least", login, took, a.refusal)
		}
	}
}

// TestAStormOpensNoLock: failures under made-up names fill the memory of failures.
func TestAStormOpensNoLock(t *testing.T) {
	now := time.Date(2014, 10, 8, 1, 0, 0, 0, time.UTC)
	failed := newAttempts(5, 10*time.Minute)
	for range 5 {
		failed.fail("office", now)
	}
	for i := range 3 * maxAccounts {
		failed.fail(strconv.Itoa(i), now.Add(time.Minute))
	}
	if failed.wait("office", now.Add(2*time.Minute)) == 0 {
		t.Error("the lock was forgotten")
	}
	if len(failed.accounts) > maxAccounts {
		t.Errorf("%d are remembered, at most %d", len(failed.accounts), maxAccounts)
	}
}

func TestFiveFailuresLockForTenMinutes(t *testing.T) {
	a, now := office(t)
	for i := range 5 {
		if _, _, err := a.SignIn(t.Context(), "office", "wrong", From{}); kindOf(err) != problem.KindUnauthenticated {
			t.Fatalf("failure %d answered %v", i+1, err)
		}
	}
	if _, _, err := a.SignIn(t.Context(), "office", good, From{}); kindOf(err) != problem.KindTooMany {
		t.Errorf("the right password within the lock answered %v", err)
	}
	// Nobody of this name: counted and answered alike.
	for range 5 {
		a.SignIn(t.Context(), "nobody", "wrong", From{})
	}
	if _, _, err := a.SignIn(t.Context(), "nobody", "wrong", From{}); kindOf(err) != problem.KindTooMany {
		t.Errorf("an unknown login after five failures answered %v: a lock must not tell who exists", err)
	}
	*now = now.Add(601 * time.Second)
	if _, _, err := a.SignIn(t.Context(), "office", good, From{}); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	a, now := office(t)
	start := *now
	token, _, err := a.SignIn(t.Context(), "office", good, From{})
	if err != nil {
		t.Fatal(err)
	}
	// Used every seven hours it lives on (idle 12 h), but never beyond seven days.
	for now.Sub(start) < a.settings.Absolute-8*time.Hour {
		*now = now.Add(7 * time.Hour)
		if _, err := a.Actor(t.Context(), token); err != nil {
			t.Fatalf("after %v of use: %v", now.Sub(start), err)
		}
	}
	*now = start.Add(a.settings.Absolute + time.Second)
	if _, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("after seven days: %v", err)
	}
	token, _, err = a.SignIn(t.Context(), "office", good, From{})
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(a.settings.Idle + time.Second)
	if _, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("after %v unused: %v", a.settings.Idle, err)
	}
}

func TestANewPasswordEndsOtherSessions(t *testing.T) {
	a, now := office(t)
	old, actor, err := a.SignIn(t.Context(), "office", good, From{})
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(time.Minute)
	if _, err := a.ChangePassword(t.Context(), actor, "wrong", other, ""); kindOf(err) != problem.KindInvalid {
		t.Errorf("a wrong current password answered %v", err)
	}
	fresh, err := a.ChangePassword(t.Context(), actor, good, other, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Actor(t.Context(), old); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("the session of the old password: %v", err)
	}
	if _, err := a.Actor(t.Context(), fresh); err != nil {
		t.Errorf("the session of the new password: %v", err)
	}
	if _, _, err := a.SignIn(t.Context(), "office", good, From{}); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("the old password answered %v", err)
	}
}

// TestASignInUnderTheOldPasswordEndsToo: it was checked before the change and begins
// after it.
func TestASignInUnderTheOldPasswordEndsToo(t *testing.T) {
	a, now := office(t)
	at := *now
	a.clock = func() time.Time { at = at.Add(time.Second); return at }
	changer := New(a.db, a.log, a.clock)
	a.argon.turn = make(chan struct{})
	var token string
	signedIn := make(chan error)
	go func() {
		var err error
		token, _, err = a.SignIn(t.Context(), "office", good, From{})
		signedIn <- err
	}()
	<-a.argon.turn // the old password is being compared
	if err := changer.ResetPassword(t.Context(), audit.System("test"), "office", other); err != nil {
		t.Fatal(err)
	}
	a.argon.turn <- struct{}{} // and was right
	if err := <-signedIn; err != nil {
		t.Fatal(err)
	}
	if _, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("the session of a password that was changed meanwhile: %v", err)
	}
}

func TestADisabledPersonIsOut(t *testing.T) {
	a, _ := office(t)
	if _, err := a.AddPerson(t.Context(), audit.System("test"), Person{Login: "second", Name: "副主任", Role: audit.RoleOffice, Campaign: "feicheng"}, ""); err != nil {
		t.Fatal(err)
	}
	token, _, err := a.SignIn(t.Context(), "office", good, From{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.DisablePerson(t.Context(), audit.System("test"), "office"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("the session of a disabled person: %v", err)
	}
	if _, _, err := a.SignIn(t.Context(), "office", good, From{}); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("a disabled person signed in: %v", err)
	}
}

func TestTokensCarryRoleAndUnit(t *testing.T) {
	a, now := office(t)
	system := audit.System("test")
	id, token, err := a.AddToken(t.Context(), system, audit.RoleUnit, "feicheng", "zhujianju", "台账接口", now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	actor, err := a.Actor(t.Context(), token)
	if err != nil || actor.Role != audit.RoleUnit || actor.Unit != "zhujianju" || actor.Campaign != "feicheng" {
		t.Errorf("actor of the token: %+v, %v", actor, err)
	}
	list, err := a.ListTokens(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != id || list[0].Name != "台账接口" {
		t.Errorf("list: %+v, %v", list, err)
	}
	if err := a.RevokeToken(t.Context(), system, id); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("a revoked token answered %v", err)
	}
	if _, _, err := a.AddToken(t.Context(), system, audit.RoleUnit, "feicheng", "", "", now.Add(time.Hour)); kindOf(err) != problem.KindInvalid {
		t.Errorf("a unit's token without a unit answered %v", err)
	}
}

// TestATokenOfTheOpenViews: it opens one door, which nothing else opens. For all campaigns it is
// given by those who belong to no single one, for one campaign by its office too.
func TestATokenOfTheOpenViews(t *testing.T) {
	a, now := office(t)
	system, until := audit.System("test"), now.Add(time.Hour)
	id, token, err := a.AddToken(t.Context(), system, audit.RoleOpen, "", "", "大屏", until)
	if err != nil {
		t.Fatal(err)
	}
	if actor, err := a.Outsider(t.Context(), token); err != nil || actor.Role != audit.RoleOpen || actor.Name != "大屏" || actor.Campaign != "" || May(actor, CampaignRead) || May(actor, OverviewRead) {
		t.Errorf("at its own door: %+v, %v", actor, err)
	}
	for range 2 { // looked up, and remembered
		if actor, err := a.Actor(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
			t.Errorf("at the door of pages and API: %+v, %v", actor, err)
		}
	}
	_, other, err := a.AddToken(t.Context(), system, audit.RoleOffice, "", "", "接口", until)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Actor(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{other, "", "sx_x"} {
		if actor, err := a.Outsider(t.Context(), wrong); kindOf(err) != problem.KindUnauthenticated {
			t.Errorf("%q opened the views as %+v, %v", wrong, actor, err)
		}
	}
	give := func(actor audit.Actor, campaign, unit string) problem.Kind {
		_, _, err := a.AddToken(t.Context(), actor, audit.RoleOpen, campaign, unit, "x", until)
		return kindOf(err)
	}
	if got := give(audit.Actor{ID: "a", Role: audit.RoleAdmin}, "", ""); got != "" {
		t.Errorf("an administrator: %s", got)
	}
	if got := give(audit.Actor{ID: "a", Role: audit.RoleAdmin, Campaign: "feicheng"}, "", ""); got != problem.KindNotAllowed {
		t.Errorf("an administrator of one campaign: %s", got)
	}
	if got := give(audit.Actor{ID: "o", Role: audit.RoleOffice, Campaign: "feicheng"}, "", ""); got != problem.KindNotAllowed {
		t.Errorf("the office of one campaign: %s", got)
	}
	if got := give(audit.Actor{ID: "u", Role: audit.RoleUnit, Unit: "x"}, "", ""); got != problem.KindNotAllowed {
		t.Errorf("a unit: %s", got)
	}
	office := audit.Actor{ID: "o", Role: audit.RoleOffice, Campaign: "feicheng"}
	if got := give(office, "governance", ""); got != problem.KindNotAllowed {
		t.Errorf("the office of another campaign: %s", got)
	}
	for _, actor := range []audit.Actor{{ID: "u", Role: audit.RoleUnit, Unit: "x", Campaign: "feicheng"}, {ID: "r", Role: audit.RoleAuditor, Campaign: "feicheng"}, {ID: "token:x", Role: audit.RoleOffice, Campaign: "feicheng"}} {
		if got := give(actor, "feicheng", ""); got != problem.KindNotAllowed {
			t.Errorf("%s %s for the own campaign: %s", actor.ID, actor.Role, got)
		}
	}
	if got := give(system, "feicheng", "x"); got != problem.KindInvalid {
		t.Errorf("for one unit: %s", got)
	}
	for _, actor := range []audit.Actor{office, system, {ID: "a", Role: audit.RoleAdmin}} {
		_, token, err := a.AddToken(t.Context(), actor, audit.RoleOpen, "feicheng", "", "大屏", until)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // looked up, and remembered
			if reader, err := a.Outsider(t.Context(), token); err != nil || reader.Campaign != "feicheng" {
				t.Errorf("made by %s for one campaign: %+v, %v", actor.Role, reader, err)
			}
		}
	}
	if err := a.RevokeToken(t.Context(), system, id); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Outsider(t.Context(), token); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("revoked: %v", err)
	}
}

func TestRefusedPeople(t *testing.T) {
	a, _ := office(t)
	check := func(why string, p Person, password string, want problem.Kind) {
		t.Helper()
		if _, err := a.AddPerson(t.Context(), audit.System("test"), p, password); kindOf(err) != want {
			t.Errorf("%s: %v, want %s", why, err, want)
		}
	}
	unit := Person{Login: "zhujian", Name: "住建局", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"}
	check("seven characters", unit, "short-7", problem.KindInvalid)
	check("one character repeated", unit, "aaaaaaaaaaaa", problem.KindInvalid)
	check("the login within", unit, "xx-zhujian-xx", problem.KindInvalid)
	check("the login is taken, in other letters", Person{Login: "OFFICE", Name: "x", Role: audit.RoleOffice}, good, problem.KindConflict)
	unit.Unit = ""
	check("a unit's person without a unit", unit, good, problem.KindInvalid)
	check("a role of our own making", Person{Login: "boss", Name: "x", Role: "boss"}, good, problem.KindInvalid)
	check("a login with a quote", Person{Login: "a'b", Name: "x", Role: audit.RoleOffice}, good, problem.KindInvalid)
}

func TestRandomPasswordsAreAccepted(t *testing.T) {
	one, two := RandomPassword(), RandomPassword()
	if one == two || len(one) != 19 {
		t.Errorf("random passwords %q and %q", one, two)
	}
	if err := DefaultSettings().checkPassword("office", one); err != nil {
		t.Errorf("%q was refused: %v", one, err)
	}
}

func TestPermissions(t *testing.T) {
	actor := func(role audit.Role, unit string) audit.Actor {
		return audit.Actor{ID: "x", Role: role, Campaign: "feicheng", Unit: unit}
	}
	check := func(who audit.Actor, verb Verb, want Reach) {
		t.Helper()
		if got := ReachOf(who, verb); got != want {
			t.Errorf("%s %s reaches %q, want %q", who.Role, verb, got, want)
		}
	}
	check(actor(audit.RoleOffice, ""), PlanPut, All)
	check(actor(audit.RoleUnit, "zhujianju"), PlacementRead, Own)
	check(actor(audit.RoleUnit, "zhujianju"), OverviewRead, Nothing)
	check(actor(audit.RoleUnit, ""), PlacementRead, Nothing) // no unit: the rows of no unit are everybody's
	check(actor(audit.RoleDistributor, ""), ResponseEnter, Own)
	check(actor(audit.RoleDistributor, ""), PlacementRead, Nothing)
	check(audit.Actor{}, CampaignRead, Nothing)
	// Duties apart: who makes accounts sees no rows and no trail, who reads the trail no rows.
	mayDo := map[audit.Role][]Verb{
		audit.RoleAdmin:   {CampaignRead, UnitRead, PeopleRead, PeoplePut, TokenPut, MetricsRead},
		audit.RoleAuditor: {CampaignRead, AuditRead},
	}
	for role, verbs := range mayDo {
		for _, r := range permissions {
			want := Nothing
			if slices.Contains(verbs, r.verb) {
				want = All
			}
			check(actor(role, ""), r.verb, want)
		}
	}
	// A program makes no accounts and no tokens: they would outlive its own.
	program := audit.Actor{ID: programPrefix + "1", Role: audit.RoleOffice, Campaign: "feicheng"}
	check(program, PlanPut, All)
	check(program, PeoplePut, Nothing)
	check(program, TokenPut, Nothing)
	if err := Allow(actor(audit.RoleOffice, ""), PlanRead, "governance"); kindOf(err) != problem.KindNotFound {
		t.Errorf("another campaign answered %v, want not-found", err)
	}
	if err := Allow(audit.Actor{}, PlanRead, "feicheng"); kindOf(err) != problem.KindUnauthenticated {
		t.Errorf("nobody answered %v", err)
	}
}
