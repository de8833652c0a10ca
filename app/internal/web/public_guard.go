package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"shuixuan/app/survey"
)

// deviceCookie is a random word by which a device is known again. What is kept with a
// response is a hash of it with the wave, so that two waves can't be laid together.
const deviceCookie = "shuixuan_device"

func (s *Server) setDevice(c *fiber.Ctx, word string) {
	c.Cookie(&fiber.Cookie{Name: deviceCookie, Value: word, Path: publicPath, HTTPOnly: true, SameSite: "Lax", Secure: c.Protocol() == "https", Expires: s.clock().AddDate(1, 0, 0)})
}

// deviceKey is the key of the nth response of a device: made of its word, so that the
// device comes back to its own, and a second tab means the same response.
func (a *answering) deviceKey(n int) string {
	return survey.DerivedToken("key", a.device, a.hash, strconv.Itoa(n))
}

func (a *answering) deviceHash() string {
	if a.device == "" {
		return ""
	}
	return survey.DerivedToken("device", a.device, a.link.Campaign, string(a.link.Wave))
}

// foreign tells a key that this device was not given: it has used up its own. A browser
// that keeps no cookie has nothing to be known by, and is let through.
func (a *answering) foreign() bool {
	if a.link.Kind == survey.LinkOnce || a.link.PerDevice == 0 || a.device == "" {
		return false
	}
	for n := 1; n <= a.link.PerDevice; n++ {
		if a.deviceKey(n) == a.key {
			return false
		}
	}
	return true
}

// turns lets those who write to one response do so one after the other.
type turns struct {
	mu   sync.Mutex
	held map[uuid.UUID]*turn
}

type turn struct {
	sync.Mutex
	waiting int
}

// take waits for the turn and gives what ends it.
func (t *turns) take(id uuid.UUID) func() {
	t.mu.Lock()
	one := t.held[id]
	if one == nil {
		if t.held == nil {
			t.held = map[uuid.UUID]*turn{}
		}
		one = &turn{}
		t.held[id] = one
	}
	one.waiting++
	t.mu.Unlock()
	one.Lock()
	return func() {
		one.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if one.waiting--; one.waiting == 0 {
			delete(t.held, id)
		}
	}
}

// answers remembers the responses that are being given, and that an address has none yet:
// between two pages of one person nobody else writes. Where another server may, nothing is
// believed, since the page before may have been its; either way a write that another one came
// before is found out by the store (see publicAnswer).
type answers struct {
	clock func() time.Time
	life  time.Duration

	mu   sync.Mutex
	held map[uuid.UUID]heldAnswer
}

type heldAnswer struct {
	response *survey.Response
	until    time.Time
	looked   time.Time // wall clock
}

// believedNone is how long an address is believed to have no response; shorter than the
// intake remembers those that it wrote.
const believedNone = 50 * time.Second

// mostAnswers bounds the memory: about 3 kB each.
const mostAnswers = 10_000

func newAnswers(clock func() time.Time, life time.Duration) *answers {
	return &answers{clock: clock, life: life, held: map[uuid.UUID]heldAnswer{}}
}

func (m *answers) of(id uuid.UUID) (*survey.Response, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	one, known := m.held[id]
	return one.response, known && m.clock().Before(one.until)
}

// put keeps a response, or that there was none when it was looked for.
func (m *answers) put(id uuid.UUID, r *survey.Response, looked time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.held) >= mostAnswers {
		looked := 0
		for other := range m.held { // some, whoever they are: theirs is read again
			if delete(m.held, other); looked > 100 {
				break
			}
			looked++
		}
	}
	one := heldAnswer{r, m.clock().Add(m.life), looked}
	if r == nil {
		one.until = m.clock().Add(min(m.life, believedNone))
	}
	m.held[id] = one
}

// looked is when an address was last seen to have none.
func (m *answers) looked(id uuid.UUID) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if one := m.held[id]; one.response == nil {
		return one.looked
	}
	return time.Time{}
}

func (m *answers) forget(id uuid.UUID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.held, id)
}

// given are the ids of the responses that came by links, by wave: an address that has none
// yet is known as such without a question to the database. (Measured: 6 ms of processor for
// each, which five hundred a second can't have.) Where another server may write it is not
// used.
type given struct {
	reading singleflight.Group
	mu      sync.Mutex
	waves   map[string]map[uuid.UUID]bool
}

// has tells whether a wave holds a response; read gives those that it held before.
func (g *given) has(wave string, id uuid.UUID, read func() ([]uuid.UUID, error)) (bool, error) {
	g.mu.Lock()
	ids := g.waves[wave]
	there := ids[id]
	g.mu.Unlock()
	if ids != nil {
		return there, nil
	}
	_, err, _ := g.reading.Do(wave, func() (any, error) {
		fresh := map[uuid.UUID]bool{}
		list, err := read()
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, one := range list {
			fresh[one] = true
		}
		for one := range g.waves[wave+" meanwhile"] { // came in while it was read
			fresh[one] = true
		}
		delete(g.waves, wave+" meanwhile")
		g.waves[wave] = fresh
		return nil, nil
	})
	if err != nil {
		return false, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waves[wave][id], nil
}

func (g *given) add(wave string, id uuid.UUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waves[wave] == nil {
		if wave += " meanwhile"; g.waves[wave] == nil {
			g.waves[wave] = map[uuid.UUID]bool{}
		}
	}
	g.waves[wave][id] = true
}

// forget reads a wave anew, where nobody can say what went in.
func (g *given) forget(wave string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waves, wave)
}

// A proof of work is asked for only while new responses of a link come faster than people
// make them: a school of two thousand that begins in one lesson is not. It costs a phone a
// tenth of a second and whoever sends ten thousand a quarter of an hour. Who has no scripts
// is asked for a sum instead. Nobody is refused: what was typed stays on the page.

const (
	proofBits = 14
	proofLife = time.Hour
	attacked  = time.Minute // how long a link is guarded after the last rush
)

// Nothing of it is secret, and it is the same on every server: one may ask and another one
// get the answer. Who makes up the question has the work to do all the same.
type guard struct {
	mu     sync.Mutex
	rushes map[survey.LinkID]time.Time // until when
}

func newGuard() *guard {
	return &guard{rushes: map[survey.LinkID]time.Time{}}
}

func (g *guard) rush(id survey.LinkID, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rushes[id] = until
}

func (g *guard) guarded(id survey.LinkID, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Before(g.rushes[id])
}

// proof is what is asked for.
type proof struct {
	Stamp string // when it was made
	Text  string // to be hashed with a number until Bits bits are zero
	Bits  int
	A, B  int // a sum for those without scripts
}

func (g *guard) proof(id uuid.UUID, at int64) *proof {
	mac := hmac.New(sha256.New, []byte("shuixuan proof of work"))
	mac.Write(id[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at)))
	sum := mac.Sum(nil)
	return &proof{Stamp: strconv.FormatInt(at, 10), Text: base64.RawURLEncoding.EncodeToString(sum[:12]), Bits: proofBits, A: 2 + int(sum[12]%18), B: 2 + int(sum[13]%18)}
}

// solved tells whether the fields hold the work, or the sum.
func (g *guard) solved(id uuid.UUID, fields url.Values, now time.Time) bool {
	at, err := strconv.ParseInt(fields.Get("stamp"), 10, 64)
	if made := time.Unix(at, 0); err != nil || now.Sub(made) > proofLife || made.After(now.Add(time.Minute)) {
		return false
	}
	p := g.proof(id, at)
	if sum, err := strconv.Atoi(strings.TrimSpace(fields.Get("sum"))); err == nil && sum == p.A+p.B {
		return true
	}
	work := fields.Get("work")
	return work != "" && len(work) < 20 && zeros(sha256.Sum256([]byte(p.Text+":"+work))) >= proofBits
}

func zeros(sum [32]byte) int { return bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:8])) }

// proved counts a new response and gives what is to be proved first, nil for nothing.
func (s *Server) proved(a *answering, fields url.Values) *proof {
	now := s.clock()
	if s.limits.links.take(string(a.link.ID)) > 0 {
		s.guard.rush(a.link.ID, now.Add(attacked))
	}
	if !s.guard.guarded(a.link.ID, now) || s.guard.solved(a.id, fields, now) {
		return nil
	}
	return s.guard.proof(a.id, now.Unix())
}

// proofAsked gives what a page that begins a response asks for beforehand.
func (s *Server) proofAsked(a *answering, held *survey.Response) *proof {
	if now := s.clock(); held == nil && s.guard.guarded(a.link.ID, now) {
		return s.guard.proof(a.id, now.Unix())
	}
	return nil
}

// fastest is how many seconds a question takes at least to be read.
const fastest = 1

// noteOdd keeps signals. They are written after the response is safe, and nobody waits for
// them.
func (s *Server) noteOdd(c *fiber.Ctx, a *answering, kept survey.Response, fields url.Values) {
	var odd []survey.Signal
	if fields.Get("website") != "" {
		odd = append(odd, survey.SignalTrap)
	}
	if kept.Disposition == survey.Complete && int(kept.Seconds) < fastest*(len(kept.Choices)+len(kept.Numbers)+len(kept.Texts)) {
		odd = append(odd, survey.SignalFast)
	}
	if err := s.links.NoteSignals(kept, odd...); err != nil {
		s.log.Error("note signals of a response", "reference", reference(c), "error", err.Error())
	}
}

// SumWords is the question for those without scripts.
func (p *proof) SumWords() string { return fmt.Sprintf("%d 加 %d 等于几？", p.A, p.B) }
