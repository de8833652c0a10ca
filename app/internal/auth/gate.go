package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"shuixuan/app/problem"
)

// What may wait to have a password checked. Two are computed at once (see argon), about
// fifteen in a second: who is the sixty-fourth waits four seconds, and more than that a
// person would take for a broken page.
const (
	mostWaiting   = 64
	mostOfAddress = 40 // of one address: the rest stays free for others
	mostOfAccount = 3  // of one account: a person has one keyboard
)

// gate lets so many sign-ins in that they are answered in a few seconds, and refuses the
// others at once, before they cost a query or a hash. It counts by address and by
// account, so that a storm from one place or on one account leaves room for the rest. It
// holds no more entries than there are sign-ins inside.
type gate struct {
	mu        sync.Mutex
	inside    int
	addresses map[string]int
	accounts  map[string]int
}

func newGate() *gate { return &gate{addresses: map[string]int{}, accounts: map[string]int{}} }

// enter gives the function that leaves again, or the problem of a full house.
func (g *gate) enter(account, address string) (leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.accounts[account] >= mostOfAccount {
		return nil, busy("这个账号正在登录")
	}
	if g.inside >= mostWaiting || g.addresses[address] >= mostOfAddress {
		return nil, busy("现在登录的人太多")
	}
	g.inside++
	g.addresses[address]++
	g.accounts[account]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inside--
		drop(g.addresses, address)
		drop(g.accounts, account)
	}, nil
}

func drop(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// busyFor is when to try again.
const busyFor = 5 * time.Second

func busy(title string) error {
	p := problem.Unavailable(title, fmt.Sprintf("密码没有核对，也不算输错。请过%d秒再试。", int(busyFor.Seconds())))
	p.Wait = busyFor
	return p
}

// signInTime bounds one sign-in once it is inside.
const signInTime = 20 * time.Second

// through runs a piece of work inside the gate.
func (a *Auth) through(ctx context.Context, account, address string, work func(context.Context) error) error {
	leave, err := a.gate.enter(account, address)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	err = work(ctx)
	if err != nil && ctx.Err() != nil {
		if _, told := problem.As(err); !told {
			p, _ := problem.As(busy("现在登录的人太多"))
			return p.Because(err)
		}
	}
	return err
}
