// Package opendata lets programs of others read: a port that speaks the HTTP interface of a
// ClickHouse server, so that a dashboard or a notebook connects with the driver that it has.
//
// It is off unless the operator names an address for it. A caller shows a token of the role
// open, which opens nothing else; its statement goes to the open views (clickhouse.DB.Ask) and
// comes back in the format that it asked for. Every statement is a line of the log, with the
// name of its token.
//
// What a caller may read is decided below, by the engine: this package looks at no SQL. It
// keeps the border: who asks, how much at once, how long, how large, and which settings of a
// driver are passed on.
//
// # Why
//
// An interface of our own would need an adapter for every dashboard. This one they all have,
// and the engine within the process answers it with the same text as a server would.
//
// It has a port of its own, and not a path beside the pages: drivers know a host and a port,
// an operator opens it to other machines than the pages, and whoever floods it takes no
// connection from people. Where the data is on a server of ClickHouse the port isn't there: the
// server has one, and users (clickhouse.DB.OpenUser).
package opendata

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/semaphore"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
)

// Limits of the port. A dashboard asks for all its charts at once, so some may wait; the
// engine takes one or two at a time.
const (
	mostConnections = 64
	mostWaiting     = 24
	waitTime        = 20 * time.Second // for a turn
	headerTime      = 5 * time.Second
	readTime        = 15 * time.Second
	answerTime      = 3 * time.Minute // to send an answer to a slow reader, its making included
	idleTime        = time.Minute
	headerBytes     = 16 << 10
	bodyBytes       = 512 << 10
	heldBytes       = 256 << 20 // of all answers that slow readers are still taking
)

// Config says how the port behaves. Logger and Outsider are needed.
type Config struct {
	// Outsider gives whom a token belongs to, or an error.
	Outsider func(ctx context.Context, token string) (audit.Actor, error)
	// Secure lays TLS over the listener; nil: none.
	Secure func(net.Listener) net.Listener
	Logger *slog.Logger
	Clock  func() time.Time // nil: the wall clock
}

// Server is the port.
type Server struct {
	config   Config
	db       *clickhouse.DB
	http     *http.Server
	listener net.Listener
	turns    chan struct{}       // statements that run or wait
	held     *semaphore.Weighted // bytes of answers until they are sent
	guesses  guesses
	version  string
	once     sync.Once
}

// New prepares the port over a database; Open takes the address.
func New(db *clickhouse.DB, config Config) (*Server, error) {
	if db.Embedded() == nil {
		return nil, errors.New("open data: a server of ClickHouse has a port of its own")
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	s := &Server{config: config, db: db, turns: make(chan struct{}, mostWaiting), held: semaphore.NewWeighted(heldBytes), version: db.Embedded().Version()}
	s.guesses.clock = config.Clock
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(config.Logger.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// Open takes the address, so that Addr is known; Serve goes on from there.
func (s *Server) Open(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	listener = netutil.LimitListener(listener, mostConnections)
	if s.config.Secure != nil {
		listener = s.config.Secure(listener)
	}
	s.listener = listener
	return nil
}

// Addr is the address that was opened.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Serve answers until Shutdown.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown takes no more connections and waits for running statements until ctx ends. Those
// that still run then are cut off, which is no error: they only read.
func (s *Server) Shutdown(ctx context.Context) error {
	var err error
	s.once.Do(func() {
		if s.http.Shutdown(ctx) != nil {
			err = s.http.Close()
		}
		_ = s.listener.Close() // a signal may come before Serve
	})
	return err
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-ClickHouse-Server-Display-Name", "shuixuan")
	w.Header().Set("X-ClickHouse-Timezone", "UTC")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path == "/ping", r.URL.Path == "/replicas_status", r.URL.Path == "/" && r.URL.RawQuery == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		fmt.Fprint(w, "Ok.\n")
	case r.URL.Path != "/" && r.URL.Path != "/query":
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "There is no handle %.200q\n", r.URL.Path)
	case r.Method == http.MethodOptions, r.Method == http.MethodGet, r.Method == http.MethodHead, r.Method == http.MethodPost:
		s.answer(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		s.refuse(w, &fault{status: http.StatusNotImplemented, code: "48", text: "Code: 48. DB::Exception: Method " + r.Method + " is not implemented. (NOT_IMPLEMENTED)"})
	}
}
