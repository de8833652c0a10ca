package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"shuixuan/app/campaign"
	"shuixuan/dashboards"
)

// planLife is how long a plan is believed. A page asks for the plan, its units, tasks
// and carriers: four queries that rarely have news. Writes through this server forget
// at once; another instance's show this much later.
const planLife = 3 * time.Second

// planCache remembers plans by campaign.
type planCache struct {
	store *campaign.Store
	clock func() time.Time

	mu   sync.Mutex
	held map[string]heldPlan
}

type heldPlan struct {
	plan  *campaign.Plan
	until time.Time
}

// plan gives a campaign's plan. It is shared by requests: read it, never change it.
func (p *planCache) plan(ctx context.Context, id string) (*campaign.Plan, error) {
	now := p.clock()
	p.mu.Lock()
	held, ok := p.held[id]
	p.mu.Unlock()
	if ok && now.Before(held.until) {
		return held.plan, nil
	}
	plan, err := p.store.Plan(ctx, id)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = map[string]heldPlan{}
	}
	p.held[id] = heldPlan{plan, now.Add(planLife)}
	return plan, nil
}

func (p *planCache) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = nil
}

// pageLife is how long a drawn page is kept. A page, its chart options and its
// downloads are three requests for one set of figures: they must agree, and the second
// and third should cost nothing.
const pageLife = 5 * time.Second

// pageCache remembers drawn pages by address, until anything is written.
type pageCache struct {
	clock      func() time.Time
	generation atomic.Int64 // counts writes through this server

	mu   sync.Mutex
	held map[string]heldPage
}

type heldPage struct {
	page       *dashboards.Page
	generation int64
	until      time.Time
}

func newPageCache(clock func() time.Time) *pageCache {
	return &pageCache{clock: clock, held: map[string]heldPage{}}
}

// written makes every drawn page old.
func (p *pageCache) written() { p.generation.Add(1) }

// page gives the page of a key, drawn anew when it is old.
func (p *pageCache) page(key string, draw func() (*dashboards.Page, error)) (*dashboards.Page, error) {
	now, generation := p.clock(), p.generation.Load()
	p.mu.Lock()
	held, ok := p.held[key]
	p.mu.Unlock()
	if ok && held.generation == generation && now.Before(held.until) {
		return held.page, nil
	}
	page, err := draw()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.held) > 500 {
		p.held = map[string]heldPage{}
	}
	p.held[key] = heldPage{page, generation, now.Add(pageLife)}
	return page, nil
}
