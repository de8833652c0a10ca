package opendata

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// caller finds who asks. Drivers send a token as a password, in one of three places; the name
// beside it may be any. In the address it is refused, right or wrong: addresses stand in logs.
func (s *Server) caller(r *http.Request) (audit.Actor, *fault) {
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	if _, said := r.URL.Query()["password"]; said {
		return audit.Actor{}, unknown(http.StatusForbidden, "Send the token in a header and not in the address; this token should be revoked")
	}
	token := tokenOf(r)
	if token == "" {
		return audit.Actor{}, unknown(http.StatusUnauthorized, "A token is needed as the password")
	}
	if !s.guesses.may(address) {
		return audit.Actor{}, unknown(http.StatusForbidden, "Too many wrong tokens from this address; wait a minute")
	}
	actor, err := s.config.Outsider(r.Context(), token)
	switch p, known := problem.As(err); {
	case err == nil:
		s.guesses.right(address)
		actor.Address = address
		return actor, nil
	case known && p.Kind == problem.KindUnauthenticated:
		s.guesses.wrong(address)
		s.config.Logger.Warn("open data: wrong token", "address", address, "client", shortened(r.UserAgent(), 100))
		return audit.Actor{}, unknown(http.StatusForbidden, "The token is wrong, revoked or has ended, or is one of another role")
	}
	s.config.Logger.Error("open data: look up a token", "error", err.Error())
	return audit.Actor{}, internal()
}

func tokenOf(r *http.Request) string {
	if key := r.Header.Get("X-ClickHouse-Key"); key != "" {
		return key
	}
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

func unknown(status int, why string) *fault {
	return &fault{status: status, code: "516", text: fmt.Sprintf("Code: 516. DB::Exception: Authentication failed: %s. (AUTHENTICATION_FAILED)", why)}
}

// guesses counts wrong tokens by address, so that guessing costs the database nothing. A token
// has 256 bits: this isn't what keeps it.
type guesses struct {
	clock func() time.Time

	mu    sync.Mutex
	since time.Time
	count map[string]int
	// known have shown a right token: a flood from everywhere shuts out none of them.
	known map[string]bool
}

const (
	mostGuesses   = 20 // in a minute
	mostAddresses = 1000
)

// host is what guesses are counted by: whoever has one address of IPv6 has 2⁶⁴ of them.
func host(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if at = at.Unmap(); at.Is4() {
		return at.String()
	}
	prefix, _ := at.WithZone("").Prefix(64)
	return prefix.String()
}

func (g *guesses) may(address string) bool {
	address = host(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.clock(); g.count == nil || now.Sub(g.since) > time.Minute {
		g.since, g.count = now, map[string]int{}
	}
	return g.count[address] < mostGuesses && (len(g.count) <= mostAddresses || g.known[address])
}

func (g *guesses) right(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil || len(g.known) >= mostAddresses {
		g.known = map[string]bool{}
	}
	g.known[host(address)] = true
}

func (g *guesses) wrong(address string) {
	address = host(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count != nil {
		g.count[address]++
	}
}

// fault is an answer that is no answer: an exception as a server sends one.
type fault struct {
	status     int
	code, text string
}

func internal() *fault {
	return &fault{status: http.StatusInternalServerError, code: "1002", text: "Code: 1002. DB::Exception: The statement failed for a reason that is in the log of the server. (UNKNOWN_EXCEPTION)"}
}

var errTooLarge = errors.New("body too large")
