package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load is how much is sent, and how.
type load struct {
	devices int
	rate    int // submissions a second, on the long run
	seconds int
	seed    uint64
	mix     []share
	burst   bool // every ten seconds one second's load comes at once
}

// share is how many of a thousand submissions are of a kind.
type share struct {
	kind  string // public, entry, numbered, placement, file
	parts int
}

// city is a link that is scanned all over the city, while offices and their programs work as
// on any day. What is numbered is a paper sheet: its number counts once in a wave, which
// has to be looked for.
var city = []share{{"public", 800}, {"entry", 60}, {"numbered", 40}, {"placement", 98}, {"file", 2}}

// pick draws a kind.
func (l load) pick(random *rand.Rand) string {
	n := random.IntN(1000)
	for _, s := range l.mix {
		if n -= s.parts; n < 0 {
			return s.kind
		}
	}
	return "entry"
}

// manner is how a device sends.
type manner int

const (
	plainly   manner = iota
	twice            // at the same time, over two connections
	again            // once more after the answer
	hangingUp        // without waiting for the answer, and then again until there is one
	slowly           // over a line that takes a second or two
)

// Of a hundred submissions this many are sent in each manner; the rest plainly.
var manners = []struct {
	manner
	percent int
}{{twice, 5}, {again, 5}, {hangingUp, 5}, {slowly, 3}}

// tally is how the sending went.
type tally struct {
	acknowledged atomic.Int64 // submissions
	retries      atomic.Int64 // after an unknown outcome
	hungUp       atomic.Int64
	busy         atomic.Int64 // answers that asked to come again
	proofs       atomic.Int64
	broken       atomic.Int64 // connections that ended by themselves

	mu     sync.Mutex
	last   time.Time       // of an acknowledgement over a good line
	by     int64           // submissions that were acknowledged then
	took   []time.Duration // from sending plainly to the acknowledgement
	faults []error
}

func (t *tally) fault(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, err)
}

// err is what went wrong, nil when every submission was acknowledged.
func (t *tally) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.faults) == 0 {
		return nil
	}
	return fmt.Errorf("%d submissions were not acknowledged: %w", len(t.faults), errors.Join(t.faults[:min(5, len(t.faults))]...))
}

// fileRows is how many rows an imported file has.
const fileRows = 100

// percentile of the times that were taken.
func (t *tally) percentile(p int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.took) == 0 {
		return 0
	}
	slices.Sort(t.took)
	return t.took[min(len(t.took)-1, len(t.took)*p/100)].Round(100 * time.Microsecond)
}

// devices sends a load from many devices, each of which thinks between two submissions.
// It comes back when each of them was answered.
func (s *site) devices(ctx context.Context, l *ledger, load load, from *sender) *tally {
	t := &tally{}
	turns := make(chan int, load.rate*load.seconds)
	var all sync.WaitGroup
	for device := range load.devices {
		random := rand.New(rand.NewPCG(load.seed, uint64(device)))
		all.Go(func() {
			for n := range turns {
				s.submit(ctx, l, load, from, t, fmt.Sprintf("d%d-%d", load.seed, n), random)
				time.Sleep(500*time.Millisecond + time.Duration(random.IntN(2000))*time.Millisecond)
			}
		})
	}
	pace(ctx, load, turns)
	all.Wait()
	return t
}

// pace gives out turns: evenly, and with bursts where the load has them.
func pace(ctx context.Context, load load, turns chan<- int) {
	defer close(turns)
	const beats = 20 // in a second
	tick := time.NewTicker(time.Second / beats)
	defer tick.Stop()
	given := 0
	for beat := range load.seconds * beats {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		second := beat / beats
		if load.burst && second%10 == 8 { // what this second holds comes with the next
			continue
		}
		for due := (beat + 1) * load.rate / beats; given < due; given++ {
			turns <- given
		}
	}
	for ; given < load.seconds*load.rate; given++ {
		turns <- given
	}
}

// submit makes one submission and sends it until it is acknowledged.
func (s *site) submit(ctx context.Context, l *ledger, load load, from *sender, t *tally, mark string, random *rand.Rand) {
	var p *parcel
	var err error
	switch kind := load.pick(random); kind {
	case "file":
		p = l.file(mark, fileRows, random)
	case "public":
		link := s.links[random.IntN(len(s.links))]
		err = until(ctx, t, func() (err error) {
			p, err = from.public(ctx, l, link, mark, random)
			return err
		})
	case "placement":
		p = l.placing(mark, random)
	default:
		p = l.entry(mark, kind == "numbered", random)
	}
	if err != nil {
		t.fault(err)
		return
	}
	how, draw := plainly, random.IntN(100)
	for _, m := range manners {
		if draw -= m.percent; draw < 0 {
			how = m.manner
			break
		}
	}
	if err := from.deliver(ctx, t, p, how, random); err != nil {
		t.fault(fmt.Errorf("%s: %w", mark, err))
		return
	}
	p.told(l)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.acknowledged.Add(1)
	if how != slowly { // what a slow line takes is not the server's
		t.last, t.by = time.Now(), n
	}
}

// deliver sends a parcel in a manner until it is acknowledged.
func (s *sender) deliver(ctx context.Context, t *tally, p *parcel, how manner, random *rand.Rand) error {
	once := func() error { return s.post(ctx, p, 0) }
	switch how {
	case twice:
		other := *p
		second := make(chan error, 1)
		go func() { second <- until(ctx, t, func() error { return s.post(ctx, &other, 0) }) }()
		return errors.Join(until(ctx, t, once), <-second)
	case again:
		return errors.Join(until(ctx, t, once), until(ctx, t, once))
	case hangingUp:
		short, cancel := context.WithTimeout(ctx, time.Duration(random.IntN(40))*time.Millisecond)
		err := s.post(short, p, 0)
		cancel()
		if err == nil {
			return nil
		}
		t.hungUp.Add(1)
		return until(ctx, t, once)
	case slowly:
		slow := time.Second + time.Duration(random.IntN(1000))*time.Millisecond
		return until(ctx, t, func() error { return s.post(ctx, p, slow) })
	}
	begun := time.Now()
	err := until(ctx, t, once)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = append(t.took, time.Since(begun))
	return err
}

// stubborn is how long a sender tries.
const stubborn = 2 * time.Minute

// until sends again after every outcome that isn't known, as a phone's outbox does.
func until(ctx context.Context, t *tally, once func() error) error {
	end := time.Now().Add(stubborn)
	pause := 20 * time.Millisecond
	for try := 0; ; try++ {
		err := once()
		var refused *refusedError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &refused) || ctx.Err() != nil || time.Now().After(end):
			return err
		case errors.Is(err, errProof):
			t.proofs.Add(1)
			continue
		case errors.Is(err, errBusy):
			t.busy.Add(1)
		default:
			t.broken.Add(1)
		}
		t.retries.Add(1)
		time.Sleep(pause)
		pause = min(2*pause, time.Second)
	}
}
