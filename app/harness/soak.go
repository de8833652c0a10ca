package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"
)

type soakCommand struct {
	Seconds int    `help:"How long." default:"60"`
	Rate    int    `help:"Submissions a second." default:"500"`
	Devices int    `help:"Devices that send them." default:"2000"`
	Links   int    `help:"Links that are scanned; with few, phones are asked for a proof of work." default:"16"`
	Seed    uint64 `help:"Of everything that is drawn." default:"1"`
}

// Run soaks.
func (c *soakCommand) Run(ctx context.Context, cli *cli) error {
	return cli.on(ctx, func(g *ground) error { return c.soak(ctx, g) })
}

// soak sends at a steady rate while people look at dashboards and take exports, and then
// stops the server. Every submission has to be acknowledged, every row to be there once,
// before and after the stop, and the rate to be kept as far as the machine goes, see effort.
func (c *soakCommand) soak(ctx context.Context, g *ground) error {
	s, err := g.load(ctx)
	if err != nil {
		return err
	}
	i, err := g.serve(ctx)
	if err != nil {
		return err
	}
	defer i.kill()
	boss, err := s.accept(i.address)
	if err != nil {
		return err
	}
	if err := s.openLinks(i.address, boss, c.Links, true); err != nil {
		return err
	}
	l := newLedger()
	from := &sender{client: newClient(2 * c.Devices), token: s.token, next: func() string { return i.address }}
	beside := s.look(ctx, i.address, boss)
	begun, theirs, ours := time.Now(), i.processor(), processor("self")
	t := s.devices(ctx, l, load{devices: c.Devices, rate: c.Rate, seconds: c.Seconds, seed: c.Seed, mix: city, burst: true}, from)
	took := t.last.Sub(begun)
	looked, wrong := beside()
	e := effort{acknowledged: t.acknowledged.Load(), by: t.by, took: took, wanted: float64(c.Rate), theirs: i.processor() - theirs, ours: processor("self") - ours, processors: runtime.NumCPU()}
	g.say("%s; p50 %s, p95 %s, p99 %s", e, t.percentile(50), t.percentile(95), t.percentile(99))
	g.say("hung up and sent again %d; asked to come again %d; proofs of work %d; connections that broke %d; memory of the server at most %d MB", t.hungUp.Load(), t.busy.Load(), t.proofs.Load(), t.broken.Load(), i.memory()>>20)
	g.say("beside them: %s", looked)
	if err := errors.Join(t.err(), wrong, e.fault()); err != nil {
		return err
	}
	if n := t.busy.Load() + t.broken.Load(); n > 0 {
		return fmt.Errorf("%d sendings were put off or broke off", n)
	}
	// The senders' connections end here, so that a stop waits for what is on its way only.
	from.client.CloseIdleConnections()
	return s.standing(ctx, i, l)
}

// effort is how fast it went, and what that took of the processors.
type effort struct {
	acknowledged int64         // submissions
	by           int64         // of them, when the last over a good line was
	took         time.Duration // until then
	wanted       float64       // submissions a second
	theirs, ours time.Duration // processor time of the server and of the harness
	processors   int
}

func (e effort) rate() float64 { return float64(e.by) / e.took.Seconds() }

// late is how long after its turn the last was acknowledged.
func (e effort) late() time.Duration {
	return e.took - time.Duration(float64(e.by)/e.wanted*float64(time.Second))
}

// busy is the share of the processors that the two had.
func (e effort) busy() float64 {
	return (e.theirs + e.ours).Seconds() / e.took.Seconds() / float64(e.processors)
}

// times is how much more the server works on a submission than who sends it.
func (e effort) times() float64 { return e.theirs.Seconds() / e.ours.Seconds() }

func (e effort) String() string {
	return fmt.Sprintf("%d submissions acknowledged, %d of them in %s, without the rest of the slow lines: %.0f a second of %.0f, the last %s after its turn; processor time of the server %s, of the harness %s, %.1f times; together %.0f%% of the processors",
		e.acknowledged, e.by, e.took.Round(100*time.Millisecond), e.rate(), e.wanted, e.late().Round(100*time.Millisecond), e.theirs.Round(time.Second), e.ours.Round(time.Second), e.times(), 100*e.busy())
}

// What is judged is judged within one run, since machines differ by the half and more from day to
// day. On a slow day, with nine tenths of two processors taken, the last submission came 1.9 s
// after its turn; the server worked 8.0 to 9.5 times as long as the harness, whose work on a
// submission is always the same.
const (
	linger = 5 * time.Second // the last turns come a thousand at once
	taken  = 0.8             // of the processors, beside which the kernel has work of its own
	dearer = 12.0            // times
	// steadyWork is how many submissions say something of the work on one.
	steadyWork = 10_000
)

// fault: a rate is missed for want of a processor only, never by waiting, and a submission has not
// become dearer.
func (e effort) fault() error {
	var missed, dear error
	if e.late() > linger && e.busy() < taken {
		missed = fmt.Errorf("%.0f submissions a second of %.0f, with %.0f%% of the processors to spare", e.rate(), e.wanted, 100*(1-e.busy()))
	}
	if e.acknowledged >= steadyWork && e.times() > dearer {
		dear = fmt.Errorf("the server works %.1f times as long as the harness, and %.0f at most was to be", e.times(), dearer)
	}
	return errors.Join(missed, dear)
}

// standing compares while the server runs, stops it, and compares again.
func (s *site) standing(ctx context.Context, i *instance, l *ledger) error {
	rows, err := s.rows(ctx, i.address)
	if err != nil {
		return err
	}
	v := l.compare(rows)
	if err := s.events(ctx, i.address, rows, l, v); err != nil {
		return err
	}
	s.say("by the API: %s; of those that came one by one %d have no event, %d more than one", v, v.without, v.several)
	if v.without+v.several > 0 {
		err = fmt.Errorf("%d rows have no event, %d more than one", v.without, v.several)
	}
	if n, failed := s.counted(ctx, i.address); failed != nil || n != len(rows[responses]) {
		err = errors.Join(err, failed, fmt.Errorf("the figures count %d responses, the list holds %d", n, len(rows[responses])))
	}
	if err := errors.Join(err, v.fault()); err != nil {
		return err
	}
	begun := time.Now()
	if err := i.stop(); err != nil {
		return err
	}
	s.say("stopped in %s", time.Since(begun).Round(10*time.Millisecond))
	if err := s.chain(ctx); err != nil {
		return err
	}
	if rows, err = s.exported(ctx); err != nil {
		return err
	}
	v = l.compare(rows)
	s.say("by the export, after the stop: %s; the audit chain is whole", v)
	return v.fault()
}

// glances are the pages that people look at meanwhile, and takings the files they take.
var (
	glances = []string{office, office + "/waves/" + waveID, office + "/waves/" + waveID + "/analysis", office + "/coverage", office + "/placements", office + "/calendar"}
	takings = []string{office + "/waves/" + waveID + "/responses.csv", office + "/placements.csv", office + "/waves/" + waveID + "/responses.xlsx"}
)

// look lets people look at pages, three seconds apart, and one take exports, until
// the function it gives is called, which tells how it went.
func (s *site) look(ctx context.Context, address string, boss *person) func() (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	var mu sync.Mutex
	var faults []error
	times := map[string][]time.Duration{}
	round := func(what string, paths []string, pause time.Duration, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		for n := 0; ctx.Err() == nil; n++ {
			path := paths[random.IntN(len(paths))]
			took, err := glance(ctx, boss, address+path)
			if ctx.Err() != nil {
				return
			}
			mu.Lock()
			if err != nil {
				faults = append(faults, err)
			}
			times[what] = append(times[what], took)
			mu.Unlock()
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
	for n := range 3 {
		all.Go(func() { round("pages", glances, 3*time.Second, uint64(n)) })
	}
	all.Go(func() { round("exports", takings, 6*time.Second, 9) })
	return func() (string, error) {
		cancel()
		all.Wait()
		told := ""
		for _, what := range []string{"pages", "exports"} {
			slices.Sort(times[what])
			if n := len(times[what]); n > 0 {
				told += fmt.Sprintf("%d %s, p50 %s, p95 %s; ", n, what, times[what][n/2].Round(time.Millisecond), times[what][n*95/100].Round(time.Millisecond))
			} else {
				faults = append(faults, fmt.Errorf("no %s were read", what))
			}
		}
		return fmt.Sprintf("%s%d failed", told, len(faults)), errors.Join(faults[:min(3, len(faults))]...)
	}
}

// glance reads a page or a file to its end.
func glance(ctx context.Context, who *person, address string) (time.Duration, error) {
	begun := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	response, err := who.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || n == 0) {
		err = fmt.Errorf("%s answers %s with %d bytes", address, response.Status, n)
	}
	return time.Since(begun), err
}
