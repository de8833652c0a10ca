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
	"shuixuan/dashboards"
)

// What is remembered holds until something is written. The embedded engine has no
// writer but this server; a cluster has other instances, whose writes show after
// sharedLife.
const (
	ownLife    = 10 * time.Minute
	sharedLife = 5 * time.Second
)

// writes counts the writes through this server. What was read before a write is marked
// with the count of before, so that a slow reader can't leave something old behind.
type writes struct{ count atomic.Int64 }

// planCache remembers plans by campaign. A page asks for the plan, its units, tasks and
// carriers: four queries that rarely have news.
type planCache struct {
	store   *campaign.Store
	clock   func() time.Time
	life    time.Duration
	writes  *writes
	reading singleflight.Group

	mu   sync.Mutex
	held map[string]heldPlan
}

type heldPlan struct {
	plan  *campaign.Plan
	after int64 // writes
	until time.Time
}

// plan gives a campaign's plan. It is shared by requests: read it, never change it.
func (p *planCache) plan(ctx context.Context, id string) (*campaign.Plan, error) {
	now, after := p.clock(), p.writes.count.Load()
	p.mu.Lock()
	held, ok := p.held[id]
	p.mu.Unlock()
	if ok && held.after == after && now.Before(held.until) {
		return held.plan, nil
	}
	// Those who wait for one reading must not fail because the first of them left.
	read, err, _ := p.reading.Do(fmt.Sprintf("%d %s", after, id), func() (any, error) { return p.store.Plan(context.WithoutCancel(ctx), id) })
	if err != nil {
		return nil, err
	}
	plan := read.(*campaign.Plan)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = map[string]heldPlan{}
	}
	p.held[id] = heldPlan{plan, after, now.Add(p.life)}
	return plan, nil
}

// pageCache remembers drawn pages by address. A page, its chart options and its
// downloads are three requests for one set of figures: they must agree, and the second
// and third should cost nothing.
type pageCache struct {
	clock   func() time.Time
	life    time.Duration
	writes  *writes
	drawing singleflight.Group

	mu   sync.Mutex
	held map[string]heldPage
}

type heldPage struct {
	page  *dashboards.Page
	after int64 // writes
	until time.Time
}

// page gives the page of a key, drawn anew when it is old. Whoever asks for a page that
// is being drawn waits for that drawing. A drawing that began before a write is for
// those who asked before it: the key of a drawing holds the count of writes.
func (p *pageCache) page(key string, draw func() (*dashboards.Page, error)) (*dashboards.Page, error) {
	now, after := p.clock(), p.writes.count.Load()
	p.mu.Lock()
	held, ok := p.held[key]
	p.mu.Unlock()
	if ok && held.after == after && now.Before(held.until) {
		return held.page, nil
	}
	drawn, err, _ := p.drawing.Do(fmt.Sprintf("%d %s", after, key), func() (any, error) { return draw() })
	if err != nil {
		return nil, err
	}
	page := drawn.(*dashboards.Page)
	if failed(page) { // the next one to ask may have more luck
		return page, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil || len(p.held) > 500 {
		p.held = map[string]heldPage{}
	}
	p.held[key] = heldPage{page, after, now.Add(p.life)}
	return page, nil
}

// failed tells a page with a panel that could not be had.
func failed(page *dashboards.Page) bool {
	return slices.ContainsFunc(page.Panels, func(p dashboards.Panel) bool { return p.Failed != "" })
}
