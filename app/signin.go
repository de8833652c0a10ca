package main

import (
	"time"

	"shuixuan/app/internal/auth"
)

// signInFlags are the rules of sign-in, for the server and for the commands that make
// accounts alike. Where a default comes from stands in its help and in package auth.
type signInFlags struct {
	LockAfter       int           `help:"Wrong passwords in a row that lock an account (5: test practice for GB/T 22239-2019 level 2)." default:"5"`
	LockTime        time.Duration `help:"How long a locked account stays so (600s: the same practice)." default:"600s"`
	SessionIdle     time.Duration `help:"A session ends this long after it was last used (a working day)." default:"12h"`
	SessionLife     time.Duration `help:"And at the latest this long after its sign-in." default:"168h"`
	PasswordLength  int           `help:"Fewest characters of a password (8: NIST SP 800-63B; length, not kinds of characters)." default:"8"`
	PasswordHistory int           `help:"So many earlier passwords may not come back (5: test practice for GB/T 22239-2019); 0: none is kept from it." default:"5"`
	PasswordAge     int           `help:"Days after which a person is told to change the password; 0: never (90 where the assessor asks for it)." default:"0"`
	InvitationLife  time.Duration `help:"How long an invitation holds, and a password that somebody else has set." default:"168h"`
}

func (f signInFlags) settings() auth.Settings {
	return auth.Settings{Failures: f.LockAfter, Lock: f.LockTime, Idle: f.SessionIdle, Absolute: f.SessionLife, Shortest: f.PasswordLength,
		NotAgain: f.PasswordHistory, WarnAge: time.Duration(f.PasswordAge) * 24 * time.Hour, Invitation: f.InvitationLife}
}
