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

// purge forgets what has expired, and everything when nothing has.
func (a *attempts) purge(now time.Time) {
	for login, f := range a.accounts {
		if now.Sub(f.last) > a.lock {
			delete(a.accounts, login)
		}
	}
	if len(a.accounts) >= maxAccounts {
		a.accounts = map[string]failures{}
	}
}
