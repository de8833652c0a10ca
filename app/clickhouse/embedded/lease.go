package embedded

import (
	"context"
	"sync"
)

// lease is a connection in use by one request, watched so that the statement
// is killed when its caller leaves.
type lease struct {
	e      *Engine
	pool   *pool
	c      *connection
	stop   func() bool
	killed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	rest *body // what is still to be read, once the response has been given out
}

func (e *Engine) lease(ctx context.Context, from *pool, c *connection) *lease {
	l := &lease{e: e, pool: from, c: c, killed: make(chan struct{})}
	l.stop = context.AfterFunc(ctx, func() {
		defer close(l.killed)
		l.kill()
	})
	e.mu.Lock()
	e.leases[l] = struct{}{}
	e.mu.Unlock()
	return l
}

func (l *lease) kill() {
	if err := l.e.killer.kill(l.c); err != nil {
		l.e.log.Warn("kill abandoned statement", "connection", l.c.name, "error", err)
	}
}

// handOver leaves the connection to a body that is still to be read.
func (l *lease) handOver(rest *body) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = rest
}

// end gives the connection back unless it was handed over.
func (l *lease) end() {
	l.mu.Lock()
	kept := l.rest != nil
	l.mu.Unlock()
	if !kept {
		l.release()
	}
}

// release waits for a kill that is on its way, since it must not hit the next
// statement, and gives the connection back.
func (l *lease) release() {
	l.once.Do(func() {
		if !l.stop() {
			<-l.killed
		}
		l.e.mu.Lock()
		delete(l.e.leases, l)
		l.e.mu.Unlock()
		l.pool.release(l.c)
	})
}

// revoke ends the statement from outside, when the engine closes and has
// waited long enough.
func (l *lease) revoke() {
	l.kill()
	l.mu.Lock()
	rest := l.rest
	l.mu.Unlock()
	if rest != nil {
		rest.Close()
	}
}
