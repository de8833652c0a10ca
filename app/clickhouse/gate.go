package clickhouse

import "sync"

// gate lets inserts through, many at once, until somebody holds it: then those that are
// inside end and no other begins.
type gate struct{ mu sync.RWMutex }

func (g *gate) enter() { g.mu.RLock() }
func (g *gate) leave() { g.mu.RUnlock() }

// hold runs work while no insert does.
func (g *gate) hold(work func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return work()
}
