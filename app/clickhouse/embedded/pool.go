package embedded

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// lane is which connections a statement takes. No lane waits for another one.
type lane int

const (
	ordinary lane = iota
	ahead         // of who takes rows in
	aside         // of pages
	behind        // of what nobody waits for: one connection, so one statement at a time
)

type laneKey struct{}

// Ahead, Aside and Behind say which connections the statements under a context take.
func Ahead(ctx context.Context) context.Context  { return context.WithValue(ctx, laneKey{}, ahead) }
func Aside(ctx context.Context) context.Context  { return context.WithValue(ctx, laneKey{}, aside) }
func Behind(ctx context.Context) context.Context { return context.WithValue(ctx, laneKey{}, behind) }

// connections gives those that a statement takes.
func (e *Engine) connections(ctx context.Context, s *statement) *pool {
	if s.body != nil || s.light() {
		return e.inserts
	}
	l, _ := ctx.Value(laneKey{}).(lane)
	return e.reads[l]
}

// pool hands out connections, opening them when first needed: an idle engine
// has no more than were ever busy together.
type pool struct {
	kind   string
	slots  chan struct{} // one per connection that may be in use
	open   func(name string) (*connection, error)
	opened atomic.Int64

	mu   sync.Mutex
	idle []*connection
}

func newPool(kind string, size int, open func(string) (*connection, error)) *pool {
	return &pool{kind: kind, slots: make(chan struct{}, size), open: open}
}

// acquire waits for a connection until the context ends.
func (p *pool) acquire(ctx context.Context) (*connection, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	c, err := p.open(fmt.Sprintf("%s-%d", p.kind, p.opened.Add(1)))
	if err != nil {
		<-p.slots
		return nil, err
	}
	return c, nil
}

// release gives a connection back. A spoilt one is closed instead.
func (p *pool) release(c *connection) {
	if c.spoilt {
		c.close()
	} else {
		p.mu.Lock()
		p.idle = append(p.idle, c)
		p.mu.Unlock()
	}
	<-p.slots
}

// close closes what is idle; the engine has waited for the rest.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.close()
	}
	p.idle = nil
}
