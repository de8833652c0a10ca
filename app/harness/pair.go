package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type pairCommand struct {
	Seconds    int    `help:"How long." default:"30"`
	Rate       int    `help:"Submissions a second." default:"100"`
	Devices    int    `help:"Devices that send them." default:"400"`
	Seed       uint64 `help:"Of everything that is drawn." default:"1"`
	Older      string `help:"A shuixuan of the schema step before: both servers begin as that and are replaced one by one, instead of a kill." placeholder:"FILE"`
	Clickhouse string `name:"clickhouse" help:"Address of an empty database on a server or cluster, as for serve; else the embedded engine behind a port." placeholder:"DSN"`
}

// Run tries two servers.
func (c *pairCommand) Run(ctx context.Context, cli *cli) error {
	return cli.on(ctx, func(g *ground) error { return c.pair(ctx, g) })
}

// pair starts two servers at once on an empty database, sends to both in turn, kills one in
// the middle and starts it again. Who was not answered goes on with the other.
func (c *pairCommand) pair(ctx context.Context, g *ground) (err error) {
	if g.dsn = c.Clickhouse; g.dsn == "" {
		dsn, end, err := engine(ctx, filepath.Join(g.folder, "engine"))
		if err != nil {
			return err
		}
		defer func() { _ = end() }() // what it holds was compared
		g.dsn = dsn
	}
	if err := os.MkdirAll(g.data(), 0o750); err != nil {
		return err
	}
	program := g.program
	if c.Older != "" {
		g.program = c.Older
	}
	both, err := g.serveBoth(ctx)
	if err != nil {
		return fmt.Errorf("two servers that start at once on an empty database: %w", err)
	}
	defer func() {
		for _, i := range both.all() {
			i.kill()
		}
	}()
	s, err := g.load(ctx)
	if err != nil {
		return err
	}
	boss, err := s.accept(both.next())
	if err != nil {
		return err
	}
	l := newLedger()
	if err := s.wander(both, boss, l); err != nil {
		return err
	}
	from := &sender{client: newClient(2 * c.Devices), token: s.token, next: both.next}
	faults := make(chan error, 1)
	stop, cancel := context.WithCancel(ctx)
	go func() {
		if after := time.Duration(c.Seconds) * time.Second / 3; c.Older == "" {
			faults <- s.unrest(stop, both, boss, after)
		} else {
			faults <- s.roll(stop, both, boss, after, program)
		}
	}()
	t := s.devices(ctx, l, load{devices: c.Devices, rate: c.Rate, seconds: c.Seconds, seed: c.Seed, mix: mixed, burst: true}, from)
	cancel()
	g.say("%d submissions acknowledged by two servers; hung up and sent again %d; broken connections %d, all sent again; asked to come again %d", t.acknowledged.Load(), t.hungUp.Load(), t.broken.Load(), t.busy.Load())
	if err := errors.Join(<-faults, t.err()); err != nil {
		return err
	}
	return s.agreed(ctx, both, l)
}

// mixed is as much of each kind of work, for both servers to meet in.
var mixed = []share{{"public", 400}, {"entry", 200}, {"numbered", 100}, {"placement", 295}, {"file", 5}}

// agreed compares at both servers, stops them, and recounts the chain.
func (s *site) agreed(ctx context.Context, both *couple, l *ledger) error {
	for n, i := range both.all() {
		rows, err := s.rows(ctx, i.address)
		if err != nil {
			return err
		}
		v := l.compare(rows)
		if err := s.events(ctx, i.address, rows, l, v); err != nil {
			return err
		}
		s.say("by server %d: %s; events: %d rows have none, %d more than one", n+1, v, v.without, v.several)
		if err := v.fault(); err != nil {
			return err
		}
		if n, err := s.counted(ctx, i.address); err != nil || n != len(rows[responses]) {
			return errors.Join(err, fmt.Errorf("the figures count %d responses, the list holds %d", n, len(rows[responses])))
		}
	}
	for _, i := range both.all() {
		if err := i.stop(); err != nil {
			return err
		}
	}
	if err := s.chain(ctx); err != nil {
		return err
	}
	s.say("both stopped; the audit chain is whole")
	return nil
}

// couple are two servers; requests go to them in turn, as a balancer without memory sends
// them.
type couple struct {
	mu    sync.Mutex
	two   [2]*instance
	turns atomic.Int64
}

func (c *couple) all() []*instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []*instance{c.two[0], c.two[1]}
}

// next gives the address for the next request, whether that server lives or not.
func (c *couple) next() string { return c.all()[c.turns.Add(1)%2].address }

func (c *couple) put(n int, i *instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.two[n] = i
}

// serveBoth starts two servers at once.
func (g *ground) serveBoth(ctx context.Context) (*couple, error) {
	both := &couple{}
	for n := range both.two {
		i, err := g.launch()
		if err != nil {
			return nil, err
		}
		both.two[n] = i
	}
	for _, i := range both.two {
		if err := i.ready(ctx); err != nil {
			return nil, err
		}
	}
	return both, nil
}

// unrest kills the first server after a while and starts it again after another; the office,
// which signed in by way of one of them, goes on at the other without signing in again.
func (s *site) unrest(ctx context.Context, both *couple, boss *person, after time.Duration) error {
	select {
	case <-time.After(after):
	case <-ctx.Done():
		return errors.New("it was over before a server was killed")
	}
	first := both.all()[0]
	first.kill()
	for _, path := range []string{office, office + "/waves/" + waveID, "/me"} {
		if _, err := boss.get(both.all()[1].address + path); err != nil {
			return fmt.Errorf("after one server was killed: %w", err)
		}
	}
	late, err := signIn(both.all()[1].address)
	if err != nil {
		return err
	}
	time.Sleep(after / 2)
	again, err := s.serve(context.WithoutCancel(ctx)) // the load may be over first
	if err != nil {
		return err
	}
	both.put(0, again)
	for _, who := range []*person{boss, late} {
		if _, err := who.get(again.address + office); err != nil {
			return fmt.Errorf("at the server that came back: %w", err)
		}
	}
	return nil
}

// roll replaces the older servers one by one, under load. In between the second is started
// again as what it was, on tables that the newer one has changed.
func (s *site) roll(ctx context.Context, both *couple, boss *person, after time.Duration, program string) error {
	select {
	case <-time.After(after):
	case <-ctx.Done():
		return errors.New("it was over before a server was replaced")
	}
	older := s.program
	for _, step := range []struct {
		server  int
		program string
	}{{0, program}, {1, older}, {1, program}} {
		if err := both.all()[step.server].stop(); err != nil {
			return err
		}
		s.program = step.program
		next, err := s.serve(context.WithoutCancel(ctx)) // the load may be over first
		if err != nil {
			return fmt.Errorf("server %d as %s: %w", step.server+1, step.program, err)
		}
		both.put(step.server, next)
		for _, i := range both.all() {
			if _, err := boss.get(i.address + office); err != nil {
				return fmt.Errorf("after server %d was started as %s: %w", step.server+1, step.program, err)
			}
		}
		if said, err := os.ReadFile(next.log); err != nil || strings.Contains(string(said), "serves beside") != (step.program == older) {
			return errors.Join(err, fmt.Errorf("server %d as %s says of the newer tables:\n%s", step.server+1, step.program, said))
		}
		select {
		case <-time.After(after / 3):
		case <-ctx.Done():
		}
	}
	return nil
}

// wander does by way of both servers, each request at the other one than the one before, what
// a person does: makes links and changes a unit and finds at once what they wrote, and
// answers a questionnaire page by page.
func (s *site) wander(both *couple, boss *person, l *ledger) error {
	a, b := both.all()[0].address, both.all()[1].address
	if err := s.openLinks(a, boss, 4, true); err != nil {
		return err
	}
	for n, at := range []string{a, b, a, b} {
		to := b
		if at == b {
			to = a
		}
		name := fmt.Sprintf("改名%d", n)
		if err := s.rename(boss, at, name); err != nil {
			return err
		}
		if shown, err := boss.get(to + office + "/units"); err != nil || !strings.Contains(shown, name) {
			return fmt.Errorf("what was written at one server is not read at the other: %w", errors.Join(err, errors.New(name)))
		}
	}
	paged := &site{ground: s.ground, token: s.token}
	if err := paged.openLinks(a, boss, 1, false); err != nil {
		return err
	}
	return s.answerPaged(both, paged.links[0], l)
}

// rename gives a unit another name by its form.
func (s *site) rename(boss *person, address, name string) error {
	const unit = office + "/units/jiaoyuju"
	form, err := boss.get(address + unit)
	if err != nil {
		return err
	}
	fields := formFields(form, unit)
	fields.Set("name", name)
	_, err = boss.post(address+unit, fields)
	return err
}

// answerPaged goes through the pages of a link, each sent to another server than it was
// shown by, and comes to a receipt with every answer given.
func (s *site) answerPaged(both *couple, link string, l *ledger) error {
	const mark = "page by page"
	choices := map[string][]string{}
	phone := newPerson()
	random := rand.New(rand.NewPCG(7, 7))
	shown, err := phone.get(both.next() + link)
	for n := 0; err == nil && n < 3*questions; n++ {
		if strings.Contains(shown, "回执码") {
			l.paged(mark, answers(choices))
			return nil
		}
		action := formAction.FindStringSubmatch(shown)
		if action == nil {
			return fmt.Errorf("page %d has no form: %.300s", n, shown)
		}
		if strings.Contains(shown, `class="note" role="status"`) {
			return fmt.Errorf("page %d tells of something unusual: %.4000s", n, shown)
		}
		fields := url.Values{"go": {"next"}}
		for _, f := range hidden.FindAllStringSubmatch(shown, -1) {
			fields.Set(f[1], html.UnescapeString(f[2]))
		}
		switch at := fields.Get("at"); {
		case strings.HasPrefix(at, "q"):
			choices[at] = []string{options[random.IntN(len(options))]}
			fields.Set("q."+at, choices[at][0])
		case at == markField:
			fields.Set("q."+at, mark)
		}
		shown, err = phone.turn(both, action[1], fields)
	}
	return errors.Join(err, errors.New("no receipt at the end of the pages"))
}

// turn posts a page and follows where it leads by way of the other server.
func (p *person) turn(both *couple, path string, fields url.Values) (string, error) {
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := p.client.PostForm(both.next()+path, fields)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusSeeOther {
		return page(response)
	}
	response.Body.Close()
	return p.get(both.next() + response.Header.Get("Location"))
}
