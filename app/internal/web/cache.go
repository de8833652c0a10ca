package web

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
)

// What is remembered holds until something is written that may have changed it, see noteWrites.
// The embedded engine has no writer but this server; a cluster has other instances, whose writes
// show after sharedLife.
const (
	ownLife    = 10 * time.Minute
	sharedLife = 5 * time.Second
)

// writes counts the writes through this server. What was read before a write is marked
// with the count of before, so that a slow reader can't leave something old behind.
type writes struct{ count atomic.Int64 }

// changed makes all that is remembered old.
func (s *Server) changed() {
	s.plansChanged.count.Add(1)
	s.writes.count.Add(1)
	s.figures.count.Add(1)
}

// What a cache holds at most; a full one begins anew. A drawn page is the largest thing that is
// remembered, some 100 KB with its tables and charts.
const (
	mostRemembered = 500
	mostPages      = 120
)

// cache remembers what was read, by key. What it gives is shared by requests: read it,
// never change it.
type cache[T any] struct {
	clock   func() time.Time
	life    time.Duration
	most    int
	writes  *writes
	reading singleflight.Group

	mu   sync.Mutex
	held map[string]heldThing[T]
}

type heldThing[T any] struct {
	thing T
	after int64 // writes
	until time.Time
}

func newCache[T any](clock func() time.Time, life time.Duration, w *writes) *cache[T] {
	return &cache[T]{clock: clock, life: life, most: mostRemembered, writes: w, held: map[string]heldThing[T]{}}
}

// of gives what is remembered under a key, read anew when it is old. Whoever asks while
// it is being read waits for that reading. A reading that began before a write is for
// those who asked before it: its key holds the count of writes.
func (c *cache[T]) of(key string, read func() (T, error), keep func(T) bool) (T, error) {
	now, after := c.clock(), c.writes.count.Load()
	c.mu.Lock()
	held, ok := c.held[key]
	c.mu.Unlock()
	if ok && held.after == after && now.Before(held.until) {
		return held.thing, nil
	}
	got, err, _ := c.reading.Do(fmt.Sprintf("%d %s", after, key), func() (any, error) { return read() })
	if err != nil {
		var none T
		return none, err
	}
	thing := got.(T)
	if !keep(thing) {
		return thing, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) >= c.most {
		c.held = map[string]heldThing[T]{}
	}
	c.held[key] = heldThing[T]{thing, after, now.Add(c.life)}
	return thing, nil
}

func always[T any](T) bool { return true }

// plan gives a campaign's plan. A page asks for the plan, its units, tasks and carriers:
// four queries that rarely have news.
func (s *Server) plan(ctx context.Context, id string) (*campaign.Plan, error) {
	// Those who wait for one reading must not fail because the first of them left.
	ctx = context.WithoutCancel(ctx)
	return s.plans.of(id, func() (*campaign.Plan, error) { return s.Campaigns.Plan(ctx, id) }, always)
}

// fieldwork is a wave with the version of the questionnaire that its answers were given
// to.
type fieldwork struct {
	wave survey.Wave
	q    survey.Questionnaire
}

// fieldwork gives a wave. Each sheet that is entered asks for it twice, and the
// questionnaire is the longest text of all.
func (s *Server) fieldwork(ctx context.Context, campaignID string, id survey.WaveID) (fieldwork, error) {
	ctx = context.WithoutCancel(ctx)
	return s.waves.of(campaignID+"/"+string(id), func() (fieldwork, error) {
		held, err := s.Surveys.Wave(ctx, campaignID, id)
		if err != nil {
			return fieldwork{}, err
		}
		q, err := s.Surveys.Questionnaire(ctx, campaignID, held.Thing.Questionnaire, held.Thing.Version)
		return fieldwork{held.Thing, q}, err
	}, always)
}

// whole tells a page of which every panel could be had, and that waits for nothing. Of
// another one the next to ask may have more luck.
func whole(page *dashboards.Page) bool {
	return !page.Waits && !slices.ContainsFunc(page.Panels, func(p dashboards.Panel) bool { return p.Failed != "" }) &&
		!slices.ContainsFunc(page.Wall, func(p dashboards.WallPage) bool { return p.Failed != "" })
}
