package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

type sameCommand struct {
	Posts       int    `help:"How often." default:"1000000"`
	Connections int    `help:"At once." default:"100"`
	Seed        uint64 `help:"Of what is sent." default:"1"`
}

// Run sends the same.
func (c *sameCommand) Run(ctx context.Context, cli *cli) error {
	return cli.on(ctx, func(g *ground) error { return c.same(ctx, g) })
}

// same sends one response and one placement again and again, from many connections at once.
// Each is there once in the end, with one event, and every sending was acknowledged or asked
// to come again.
func (c *sameCommand) same(ctx context.Context, g *ground) error {
	s, err := g.load(ctx)
	if err != nil {
		return err
	}
	i, err := g.serve(ctx)
	if err != nil {
		return err
	}
	defer i.kill()
	l, t := newLedger(), &tally{}
	random := rand.New(rand.NewPCG(c.Seed, 3))
	parcels := []*parcel{l.entry("same response", true, random), l.placing("same placement", random)}
	from := &sender{client: newClient(c.Connections), token: s.token, next: func() string { return i.address }}
	begun := time.Now()
	var left atomic.Int64
	left.Store(int64(c.Posts))
	var all sync.WaitGroup
	for range c.Connections {
		all.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				p := parcels[n%2]
				if err := until(ctx, t, func() error { return from.post(ctx, p, 0) }); err != nil {
					t.fault(err)
					return
				}
				p.told(l)
				t.acknowledged.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	g.say("%d sendings of two rows acknowledged in %s (%.0f a second), asked to come again %d; memory of the server at most %d MB", t.acknowledged.Load(), took.Round(time.Second), float64(t.acknowledged.Load())/took.Seconds(), t.busy.Load(), i.memory()>>20)
	if err := t.err(); err != nil {
		return err
	}
	if t.acknowledged.Load() != int64(c.Posts) {
		return errors.Join(ctx.Err(), fmt.Errorf("%d of %d were acknowledged", t.acknowledged.Load(), c.Posts))
	}
	return s.standing(ctx, i, l)
}
