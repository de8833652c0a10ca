// Package embedded runs ClickHouse inside this process and speaks the HTTP
// interface of a server for it, without a network. It is the only package that
// knows libchdb.
//
// The database driver is given an http.RoundTripper instead of a socket, so
// that everything above this package is written once, for a server, and an
// installation on one machine needs none. A request becomes a statement on one
// of a few connections of the engine, and its answer a response.
//
// # Why
//
// The library's own Go package passes SQL as a C string, which ends at the
// first NUL and so can't carry a Native block, and panics on import when the
// library is missing. Twenty functions bound with purego do what we need and
// also build without cgo.
//
// What differs from a server, and is made equal here:
//
//   - Native is written at protocol revision 0. The driver asks for the
//     revision first and is told so (hello.go).
//   - A connection keeps its database and settings; a request brings its own
//     (connection.prepare).
//   - A connection runs one statement at a time, so there is a pool, and
//     inserts, what is looked up before them, and what takes long have connections
//     of their own: a long read never delays an acknowledgement (pool.go).
//   - Nothing ends a statement whose caller has left. It is killed by name
//     from a connection kept for that (kill.go).
//   - There are no users. Whoever reads from outside does so on connections of
//     their own that have put off the program's rights (access.go, guest.go).
package embedded

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Config is what an engine needs to start. Zero values have a sensible meaning.
type Config struct {
	Dir     string        // folder of the engine; created when missing
	Library string        // path of libchdb; empty: Locate
	Reads   int           // connections for statements that are not inserts, and as many for pages; default 4
	Inserts int           // connections for inserts; default 2
	Guests  int           // connections for statements of guests; default 1, 2 from four cores on
	Memory  uint64        // bytes all statements together may use; default 2 GiB
	Grace   time.Duration // how long Close waits for statements before it ends them; default 20 s
	Log     *slog.Logger
}

const (
	defaultReads   = 4
	defaultInserts = 2
	defaultMemory  = 2 << 30
	defaultGrace   = 20 * time.Second
)

// lastWait is how long Close waits for statements that it has ended. Longer
// ones hang in the engine, and its memory must not be taken from under them.
const lastWait = 10 * time.Second

// Engine is a started engine. It is safe for use by many goroutines.
type Engine struct {
	lib     *library
	lock    *os.File
	reads   map[lane]*pool
	inserts *pool
	guests  *pool
	// inspectors look at the statements of guests before these run
	inspectors *pool
	killer     *killer
	tables     described
	log        *slog.Logger

	running sync.WaitGroup // statements, including those whose caller has left
	grace   time.Duration

	mu     sync.Mutex
	leases map[*lease]struct{}
	closed bool
	once   sync.Once
	err    error
}

// Open starts the engine on a folder. The engine has one folder per process;
// a folder belongs to one process at a time.
func Open(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	path, err := Locate(cfg.Library)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("engine folder %q: %w", cfg.Dir, err)
	}
	lock, err := occupy(dir)
	if err != nil {
		return nil, err
	}
	e, err := start(cfg, path, dir)
	if err != nil {
		lock.Close()
		return nil, err
	}
	e.lock = lock
	return e, nil
}

func (c Config) withDefaults() Config {
	if c.Reads <= 0 {
		c.Reads = defaultReads
	}
	if c.Inserts <= 0 {
		c.Inserts = defaultInserts
	}
	if c.Guests <= 0 {
		c.Guests = defaultGuests()
	}
	if c.Memory == 0 {
		c.Memory = defaultMemory
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func start(cfg Config, path, dir string) (*Engine, error) {
	lib, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLibraryUnusable, err)
	}
	access, err := writeAccess(dir)
	if err != nil {
		return nil, err
	}
	arguments := append(arguments(dir, cfg), "--config-file="+access)
	open := func(name string) (*connection, error) {
		handle, err := lib.dial(arguments)
		if err != nil {
			return nil, err
		}
		c := &connection{lib: lib, handle: handle, name: name}
		if err := c.prepare("", c.base(nil)); err != nil {
			c.close()
			return nil, err
		}
		return c, nil
	}
	// The first connection starts the engine and shows whether it can start.
	kill, err := open("kill")
	if err != nil {
		return nil, err
	}
	return &Engine{
		lib: lib,
		reads: map[lane]*pool{
			ordinary: newPool("read", cfg.Reads, open),
			ahead:    newPool("ahead", cfg.Inserts, open),
			aside:    newPool("aside", cfg.Reads, open),
			behind:   newPool("behind", 1, open),
		},
		inserts: newPool("insert", cfg.Inserts, open),
		guests:  newPool("guest", cfg.Guests, open),
		inspectors: newPool("inspector", cfg.Guests, func(name string) (*connection, error) {
			c, err := open(name)
			if err == nil {
				if err = c.restrict(); err != nil {
					c.close()
				}
			}
			return c, err
		}),
		killer: &killer{c: kill},
		log:    cfg.Log,
		grace:  cfg.Grace,
		leases: make(map[*lease]struct{}),
	}, nil
}

// Version is the version of the engine library.
func (e *Engine) Version() string { return e.lib.version() }

// RoundTripper answers requests of the HTTP interface from this process.
func (e *Engine) RoundTripper() http.RoundTripper { return transport{e} }

// begin counts a statement in, unless the engine is closing.
func (e *Engine) begin() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.running.Add(1)
	return nil
}

// Close takes no more statements, waits for those that run, ends those that
// run too long, stops the engine and gives the folder free. Closing twice is
// harmless.
func (e *Engine) Close() error {
	e.once.Do(func() { e.err = e.shut() })
	return e.err
}

func (e *Engine) shut() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	if !e.wait(e.grace) {
		e.mu.Lock()
		late := slices.Collect(maps.Keys(e.leases))
		e.mu.Unlock()
		for _, l := range late {
			l.revoke()
		}
		if !e.wait(lastWait) {
			return fmt.Errorf("close engine: %d statements do not end", len(late))
		}
	}
	for _, p := range e.reads {
		p.close()
	}
	e.inserts.close()
	e.guests.close()
	e.inspectors.close()
	e.killer.close()
	return e.lock.Close()
}

// wait is true when no statement runs any more.
func (e *Engine) wait(limit time.Duration) bool {
	over := make(chan struct{})
	go func() {
		e.running.Wait()
		close(over)
	}()
	select {
	case <-over:
		return true
	case <-time.After(limit):
		return false
	}
}
