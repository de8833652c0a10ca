package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type crashCommand struct {
	Kills int      `help:"How many." default:"200"`
	Seed  uint64   `help:"Of everything that is drawn; a run is told by it." default:"1"`
	Only  []string `help:"Kinds of work; all when left out." placeholder:"KIND"`
}

// Run kills.
func (c *crashCommand) Run(ctx context.Context, cli *cli) error {
	return cli.on(ctx, func(g *ground) error { return c.crash(ctx, g) })
}

// crashing is a run of kills on one folder.
type crashing struct {
	*site
	ledger *ledger
	random *rand.Rand
	server *instance // running between two rounds
	round  int
	open   int // rows whose outcome was open at a kill, and which were sent again
	spans  map[string]*span
	noted  int // kills that came when the engine had just noted a token
}

// span is how long a kind of work that ends by itself takes here: kills are drawn within it.
// It follows the machine, so that a kill seldom comes when the work is over.
type span struct {
	most         time.Duration
	amid, beside int // kills in the middle of the work, and after it
}

// moment draws one within so long.
func (c *crashing) moment(most time.Duration) time.Duration {
	return time.Duration(c.random.Float64() * float64(most))
}

// within draws a moment of a work that ends by itself; first is how long the first is taken to
// be. Who kills then tells whether the work was still on its way.
func (c *crashing) within(work string, first time.Duration) time.Duration {
	if c.spans[work] == nil {
		c.spans[work] = &span{most: first}
	}
	return c.moment(c.spans[work].most)
}

// landed takes what came of a kill. With these two figures one of seven comes too late.
func (c *crashing) landed(work string, amid bool) {
	s := c.spans[work]
	if amid {
		s.amid++
		s.most = s.most * 104 / 100
	} else {
		s.beside++
		s.most = s.most * 80 / 100
	}
}

// aim tells how many kills of each work came in the middle of it.
func (c *crashing) aim() string {
	var told []string
	for _, w := range works {
		if s := c.spans[w.name]; s != nil {
			told = append(told, fmt.Sprintf("%s %d of %d within %s", w.name, s.amid, s.amid+s.beside, s.most.Round(time.Millisecond)))
		}
	}
	return strings.Join(told, ", ")
}

// work is one kind of work that the program is killed at. It begins with the server running,
// kills it, or the command it starts, at a moment of its own, and gives what its senders do
// when there is a server again.
type work struct {
	name string
	kill func(*crashing, context.Context) (afterwards func(context.Context) error, err error)
}

// works are all kinds. Their kills are spread evenly.
var works = []work{
	{"intake", (*crashing).killIntake},
	{"file", (*crashing).killFile},
	{"import", (*crashing).killImport},
	{"units", (*crashing).killUnits},
	{"review", (*crashing).killReview},
	{"report", (*crashing).killReport},
	{"migration", (*crashing).killMigration},
	{"backup", (*crashing).killBackup},
}

// crash kills the program so many times. After each of them the audit chain is recounted,
// the server started, everything sent again whose outcome was open, and every row read back.
func (c *crashCommand) crash(ctx context.Context, g *ground) error {
	chosen := works
	if len(c.Only) > 0 {
		chosen = slices.DeleteFunc(slices.Clone(works), func(w work) bool { return !slices.Contains(c.Only, w.name) })
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no work is called %s", strings.Join(c.Only, ", "))
	}
	// A browser would print the dossiers; found nowhere, their pages go in as they are.
	g.environ = append(g.environ, "PATH="+g.folder)
	s, err := g.load(ctx)
	if err != nil {
		return err
	}
	run := &crashing{site: s, ledger: newLedger(), random: rand.New(rand.NewPCG(c.Seed, 1)), spans: map[string]*span{}}
	if run.server, err = g.serve(ctx); err != nil {
		return err
	}
	defer func() { run.server.kill() }()
	boss, err := s.accept(run.server.address)
	if err != nil {
		return err
	}
	if err := s.openLinks(run.server.address, boss, 4, true); err != nil {
		return err
	}
	kills := map[string]int{}
	begun := time.Now()
	for run.round = range c.Kills {
		w := chosen[run.round%len(chosen)]
		v, err := run.once(ctx, w)
		if err != nil {
			return fmt.Errorf("seed %d, kill %d, at %s: %w", c.Seed, run.round+1, w.name, err)
		}
		if kills[w.name]++; (run.round+1)%20 == 0 || run.round+1 == c.Kills {
			g.say("%s: %d kills %v; %s; %d were open at a kill and sent again; in the middle of the work: %s; at the note of a token: %d", time.Since(begun).Round(time.Second), run.round+1, kills, v, run.open, run.aim(), run.noted)
		}
	}
	return run.server.stop()
}

// once is one kill and all that is held against it.
func (c *crashing) once(ctx context.Context, w work) (*verdict, error) {
	afterwards, err := w.kill(c, ctx)
	if err != nil {
		return nil, err
	}
	select {
	case <-c.server.ended:
		if err := c.chain(ctx); err != nil {
			return nil, err
		}
		if c.server, err = c.serve(ctx); err != nil {
			return nil, err
		}
	default: // something else was killed
	}
	if err := afterwards(ctx); err != nil {
		return nil, err
	}
	rows, err := c.rows(ctx, c.server.address)
	if err != nil {
		return nil, err
	}
	v := c.ledger.compare(rows)
	if n, err := c.counted(ctx, c.server.address); err != nil || n != len(rows[responses]) {
		return v, errors.Join(err, fmt.Errorf("the figures count %d responses, the list holds %d", n, len(rows[responses])))
	}
	return v, v.fault()
}

// sender gives one that sends to the server of the moment.
func (c *crashing) sender() *sender {
	return &sender{client: newClient(8), token: c.token, next: func() string { return c.server.address }}
}

// making gives a sender what it sends next, nil when there is nothing left.
type making func(s *sender, n int, random *rand.Rand) (*parcel, error)

// underway is what senders have sent when the server is killed.
type underway struct {
	ledger *ledger
	killed atomic.Bool // set before the kill: an error before it is a fault

	mu    sync.Mutex
	open  []*parcel // those whose outcome nobody knows
	fault error
}

// broken notes a sending that wasn't acknowledged.
func (u *underway) broken(p *parcel, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var refused *refusedError
	if errors.As(err, &refused) || !u.killed.Load() {
		u.fault = errors.Join(u.fault, fmt.Errorf("before the kill: %w", err))
	} else if p != nil {
		u.open = append(u.open, p)
	}
}

// send sends what is made until something breaks off. Number is the first of this sender.
func (u *underway) send(ctx context.Context, s *sender, number int, next making, random *rand.Rand, answered chan<- struct{}) {
	for n := number; ; n++ {
		p, err := next(s, n, random)
		if p == nil && err == nil {
			return
		}
		if err == nil {
			err = s.post(ctx, p, 0)
		}
		for errors.Is(err, errProof) {
			err = s.post(ctx, p, 0)
		}
		if err != nil {
			u.broken(p, err)
			return
		}
		p.told(u.ledger)
		answered <- struct{}{}
	}
}

// sendUntilKilled lets senders send what they make, as fast as they are answered, and kills
// the server a moment after so many answers, in the middle of what it does then. It gives what
// was on its way: its outcome is open.
func (c *crashing) sendUntilKilled(ctx context.Context, senders, answers int, moment time.Duration, next making) ([]*parcel, error) {
	u := &underway{ledger: c.ledger}
	answered := make(chan struct{}, 100_000) // more than anybody sends
	var all sync.WaitGroup
	for n := range senders {
		random := rand.New(rand.NewPCG(c.random.Uint64(), uint64(n)))
		all.Go(func() { u.send(ctx, c.sender(), n*1000, next, random, answered) })
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
wait:
	for range answers {
		select {
		case <-answered:
		case <-ended: // there was less to send, or it was refused
			break wait
		}
	}
	time.Sleep(moment)
	u.killed.Store(true)
	c.server.kill()
	<-ended
	return u.open, u.fault
}

// sendAgain sends what was open until it is acknowledged.
func (c *crashing) sendAgain(ctx context.Context, open []*parcel) error {
	t := &tally{}
	for _, p := range open {
		if err := until(ctx, t, func() error { return c.sender().post(ctx, p, 0) }); err != nil {
			return fmt.Errorf("sent again: %w", err)
		}
		p.told(c.ledger)
		c.open += len(p.marks)
	}
	return nil
}

func (c *crashing) mark(n int) string { return fmt.Sprintf("k%d-%d", c.round, n) }

// killIntake: phones on the public page, and programs that send rows one by one.
func (c *crashing) killIntake(ctx context.Context) (func(context.Context) error, error) {
	open, err := c.sendUntilKilled(ctx, 6, 6+c.random.IntN(40), c.moment(60*time.Millisecond), func(s *sender, n int, random *rand.Rand) (*parcel, error) {
		switch n % 3 {
		case 0:
			return s.public(ctx, c.ledger, c.links[random.IntN(len(c.links))], c.mark(n), random)
		case 1:
			return c.ledger.placing(c.mark(n), random), nil
		}
		return c.ledger.entry(c.mark(n), n%2 == 0, random), nil
	})
	return func(ctx context.Context) error { return c.sendAgain(ctx, open) }, err
}

// killFile: files of responses by the API, from two programs.
func (c *crashing) killFile(ctx context.Context) (func(context.Context) error, error) {
	open, err := c.sendUntilKilled(ctx, 2, c.random.IntN(3), c.moment(400*time.Millisecond), func(s *sender, n int, random *rand.Rand) (*parcel, error) {
		return c.ledger.file(c.mark(n), 20+random.IntN(100), random), nil
	})
	return func(ctx context.Context) error { return c.sendAgain(ctx, open) }, err
}
