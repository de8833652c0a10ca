package auth

import (
	"sync"
	"time"
)

// maxAccounts bounds the memory of failures.
const maxAccounts = 10_000

// attempts counts failed sign-ins by account, in memory: a restart forgives, and an
// attacker can't restart us. Unknown logins are counted like known ones, so that a lock
// doesn't tell which exist.
type attempts struct {
	allowed  int           // failures in a row before the lock
	lock     time.Duration // how long it holds
	mu       sync.Mutex
	accounts map[string]failures
}

type failures struct {
	count int
	last  time.Time
}

func newAttempts(allowed int, lock time.Duration) *attempts {
	return &attempts{allowed: allowed, lock: lock, accounts: map[string]failures{}}
}

// wait gives how long the account is locked from now on, 0 when it isn't.
func (a *attempts) wait(login string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.accounts[login]
	if f.count < a.allowed {
		return 0
	}
	return max(0, f.last.Add(a.lock).Sub(now))
}

// fail counts one failure and gives how many are left before the lock.
func (a *attempts) fail(login string, now time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.accounts[login]
	if now.Sub(f.last) > a.lock {
		f.count = 0
	}
	if len(a.accounts) >= maxAccounts {
		a.purge(now)
	}
	f.count, f.last = f.count+1, now
	a.accounts[login] = f
	return max(0, a.allowed-f.count)
}

func (a *attempts) clear(login string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.accounts, login)
}

// purge forgets what has expired; when nothing has, those who aren't locked, since a
// storm under made-up names must not open a lock; and everything when all are.
func (a *attempts) purge(now time.Time) {
	forget := func(past func(failures) bool) {
		if len(a.accounts) < maxAccounts {
			return
		}
		for login, f := range a.accounts {
			if past(f) {
				delete(a.accounts, login)
			}
		}
	}
	forget(func(f failures) bool { return now.Sub(f.last) > a.lock })
	forget(func(f failures) bool { return f.count < a.allowed })
	if len(a.accounts) >= maxAccounts {
		a.accounts = map[string]failures{}
	}
}
