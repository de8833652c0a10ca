package embedded

import "sync"

// killer ends statements from a connection of its own. A connection is told
// apart by its log_comment, since the engine chooses query ids itself.
type killer struct {
	mu sync.Mutex
	c  *connection
}

// kill asks the engine to end what runs on a connection. The caller still
// holds that connection, so the name can't have passed to another statement.
func (k *killer) kill(c *connection) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.c == nil {
		return ErrClosed
	}
	_, err := k.c.query("KILL QUERY WHERE Settings['log_comment'] = "+quote(c.name)+" ASYNC", nativeFormat)
	return err
}

func (k *killer) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.c.close()
	k.c = nil
}
