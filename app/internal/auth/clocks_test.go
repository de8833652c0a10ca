package auth

import (
	"testing"
	"time"

	"shuixuan/app/audit"
)

// beside gives the sign-in of a second server on the same database, whose clock goes wrong by
// so much.
func beside(a *Auth, now *time.Time, wrong time.Duration) *Auth {
	b := New(a.db, audit.NewLog(a.db), func() time.Time { return now.Add(wrong) })
	b.Apply(a.settings)
	b.refusal = 0
	return b
}

// TestClocksOfTwoServers: the password was set by a server whose clock is ten minutes ahead of
// the other's, and the other way round. Sign-ins hold at both, the newest password counts, and
// a change of it ends the sessions of before.
func TestClocksOfTwoServers(t *testing.T) {
	const last = "a-third-password-3"
	for _, wrong := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		here, now := office(t)
		there := beside(here, now, wrong)
		holds := func(what, token string, want bool) {
			t.Helper()
			for name, server := range map[string]*Auth{"this": here, "the other": there} {
				server.Forget()
				if _, err := server.Actor(t.Context(), token); (err == nil) != want {
					t.Errorf("clock wrong by %s: %s at %s server: %v, want it to hold: %t", wrong, what, name, err, want)
				}
			}
		}
		signIn := func(at *Auth, password string) string {
			t.Helper()
			token, _, err := at.SignIn(t.Context(), "office", password, From{})
			if err != nil {
				t.Fatalf("clock wrong by %s: %v", wrong, err)
			}
			return token
		}
		first := signIn(there, good)
		holds("a sign-in", first, true)
		*now = now.Add(time.Minute)
		actor, err := there.Actor(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := there.ChangePassword(t.Context(), actor, good, other, "")
		if err != nil {
			t.Fatal(err)
		}
		holds("the sign-in of before the change", first, false)
		holds("that of who changed it", second, true)
		*now = now.Add(time.Minute)
		fourth := signIn(there, other)
		third, err := here.ChangePassword(t.Context(), actor, other, last, "")
		if err != nil {
			t.Fatal(err)
		}
		holds("the sign-in of before the second change", second, false)
		holds("another one of before it", fourth, false)
		holds("that of who changed it again", third, true)
		holds("one with the newest password", signIn(here, last), true)
		if _, _, err := here.SignIn(t.Context(), "office", other, From{}); err == nil {
			t.Errorf("clock wrong by %s: the password of before still opens", wrong)
		}
	}
}

// TestTokenGuessed: nobody comes in by a word that was made up, however near it is to one.
func TestTokenGuessed(t *testing.T) {
	a, _ := office(t)
	_, token, err := a.AddToken(t.Context(), audit.System("test"), audit.RoleOffice, "feicheng", "", "程序", a.clock().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Actor(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	var guesses []string
	for i := range token {
		guesses = append(guesses, token[:i], token[:i]+"A"+token[i+1:], token[:i]+"b"+token[i+1:])
	}
	guesses = append(guesses, hashOf(token), token+" ", " "+token, token+"=", token+"\x00", "' OR 1=1 --", "%")
	for _, guess := range guesses {
		if actor, err := a.Actor(t.Context(), guess); err == nil && guess != token {
			t.Errorf("%q opens the account %s", guess, actor.ID)
		}
	}
	if n := len(a.known); n > 1 {
		t.Errorf("%d guesses are remembered", n-1)
	}
}
