package web

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/problem"
)

// Rates are how many requests may come: so many a second for long, and so many at once.
type Rates struct {
	Account, Token, Address Rate
	Link                    Rate // of new responses: beyond it a proof of work is asked for
	Verify                  Rate // of packages that an address has checked
}

// Rate is one limit; a zero Second is none.
type Rate struct {
	Second float64
	Burst  int
}

// DefaultRates let work through that people and programs do. A person opens a gallery of
// sixty pictures at once; a program sends a ledger row by row (measured: some hundred a
// second). An address is a whole bureau behind one line, so its ceiling is that of three
// hundred people at once: it stops floods and nobody's work. By one link a school of two
// thousand begins within a lesson. A package is checked by few and takes a disk's time.
func DefaultRates() Rates {
	return Rates{Account: Rate{50, 1_000}, Token: Rate{1_000, 5_000}, Address: Rate{3_000, 30_000}, Link: Rate{20, 1_000}, Verify: Rate{0.2, 20}}
}

// limits keep the rates of those who ask, by account, token and address.
type limits struct{ accounts, tokens, addresses, links, verifies *limiter }

func newLimits(r Rates, clock func() time.Time) *limits {
	return &limits{newLimiter(r.Account, clock), newLimiter(r.Token, clock), newLimiter(r.Address, clock), newLimiter(r.Link, clock), newLimiter(r.Verify, clock)}
}

// visitor counts a request of a known visitor.
func (l *limits) visitor(v *visit) error {
	kind := l.accounts
	if v.session == "" {
		kind = l.tokens
	}
	return tooMany(kind.take(v.actor.ID), "请求太密，系统只收下了前面的。请过%d秒再试，没有收下的请重新提交，不会重复计数。")
}

// ceiling counts a request of an address, known or not, before anything is read of it.
func (s *Server) ceiling(c *fiber.Ctx) error {
	if err := tooMany(s.limits.addresses.take(s.client(c)), "来自您所在网络的请求太密。请过%d秒再试，没有收下的请重新提交，不会重复计数。"); err != nil {
		return err
	}
	return c.Next()
}

func tooMany(wait time.Duration, detail string) error {
	if wait <= 0 {
		return nil
	}
	p := problem.TooMany(fmt.Sprintf(detail, int((wait+time.Second-1)/time.Second)))
	p.Wait = wait
	return p
}

// mostLimited bounds the memory: about 200 bytes each.
const mostLimited = 20_000

// limiter is one rate for many who ask.
type limiter struct {
	rate  Rate
	clock func() time.Time

	mu   sync.Mutex
	held map[string]*rate.Limiter
}

func newLimiter(r Rate, clock func() time.Time) *limiter {
	return &limiter{rate: r, clock: clock, held: map[string]*rate.Limiter{}}
}

// take counts one request and gives how long to wait before the next; 0: it may pass.
func (l *limiter) take(key string) time.Duration {
	if l.rate.Second <= 0 {
		return 0
	}
	now := l.clock()
	l.mu.Lock()
	one := l.held[key]
	if one == nil {
		if len(l.held) >= mostLimited {
			l.makeRoom(now)
		}
		one = rate.NewLimiter(rate.Limit(l.rate.Second), l.rate.Burst)
		l.held[key] = one
	}
	l.mu.Unlock()
	if one.AllowN(now, 1) {
		return 0
	}
	reservation := one.ReserveN(now, 1)
	defer reservation.CancelAt(now)
	return max(reservation.DelayFrom(now), time.Millisecond)
}

// makeRoom forgets some who have been quiet, or else anybody: a full map is a flood from
// everywhere, and to search it all for each request would be its success.
func (l *limiter) makeRoom(now time.Time) {
	looked := 0
	for key, one := range l.held {
		if looked++; looked > 64 {
			break
		}
		if looked == 1 || one.TokensAt(now) >= float64(l.rate.Burst) {
			delete(l.held, key)
		}
	}
}
