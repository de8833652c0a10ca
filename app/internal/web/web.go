// Package web is the border to people and programs: it says who may do what, receives
// bytes, hands them to ingest or a noun's store, asks analytics, and serves what
// dashboards drew.
//
// A request passes here in this order: a reference is given, the headers of safety are
// set, the body is received within its limit, the sender's origin is checked, the actor
// is found, the route's verb is asked for, the handler runs, and what it returns is an
// answer or an error that one function turns into a page. The route table (routes.go)
// is the one place that says which verb an address needs.
//
// # Why
//
// Handlers hold no figures and no rules of the field: they would be out of reach of the
// workbook, the report and the API. Pages are made on the server, so that an old office
// PC has little to do and a page without JavaScript still works; scripts add charts, the
// paper-entry keyboard and the care for half-filled forms.
//
// Bodies are received as streams and read here with our own limits. The framework's own
// limit resets the connection instead of answering 413 (measured), and doesn't hold for
// streams at all.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/boundary"
	"shuixuan/app/campaign"
	"shuixuan/app/chromium"
	"shuixuan/app/clickhouse"
	"shuixuan/app/internal/auth"
	"shuixuan/app/internal/dossiers"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/sealkey"
	"shuixuan/app/spotcheck"
	"shuixuan/app/survey"
	"shuixuan/ingest"
)

// Config says how the server behaves; the zero value is fit for use.
type Config struct {
	Dev            bool   // templates and static files are read from disk at every request
	Version        string // shown in the footer
	BodyLimit      int    // of an uploaded file in bytes, default 64 MiB
	Logger         *slog.Logger
	Clock          func() time.Time
	TrustedProxies []string // addresses whose X-Forwarded-For and -Proto are believed
	Rates          Rates    // of requests; the zero value is DefaultRates
	PublicURL      string   // how people reach the server, for invitations; else as the request did
	Cert, Key      string   // files of a certificate and its key: TLS
	Open           string   // address of the open views, empty: there is none; pages offer their tokens where there is
	Scratch        string   // folder for files of a request's time, default that of the system
	MetricsToken   string   // what a program from another machine shows to read /metrics; empty: none may
	// Drain is how long /readyz says no before connections are refused, for those who pass
	// requests on to several servers; without them nobody is helped by waiting.
	Drain time.Duration
}

// withDefaults fills what was left at zero.
func (config Config) withDefaults() Config {
	if config.BodyLimit <= 0 {
		config.BodyLimit = defaultBodyLimit
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if config.Rates == (Rates{}) {
		config.Rates = DefaultRates()
	}
	return config
}

const (
	defaultBodyLimit = 64 << 20
	// formLimit bounds a form without a file: the longest has about sixty fields.
	formLimit = 1 << 20
)

// Parts are what the server stands on.
type Parts struct {
	DB         *clickhouse.DB
	Campaigns  *campaign.Store
	Units      *org.Store
	Placements *placement.Store
	Surveys    *survey.Store
	Ingest     *ingest.Ingest
	Reader     *analytics.Reader
	Auth       *auth.Auth
	Audit      *audit.Log
	Seal       *sealkey.Folder
	Dossiers   *dossiers.Dossiers
}

// Server serves pages and the API.
type Server struct {
	Parts
	config    Config
	log       *slog.Logger
	clock     func() time.Time
	app       *fiber.App
	views     *views
	assets    *assets
	plans     *cache[*campaign.Plan]
	waves     *cache[fieldwork]
	pages     *drawings     // a page, its charts and its downloads are three requests for one set of figures
	waiting   *cache[int64] // counts beside the menu
	people    *cache[map[string]auth.Person]
	todos     *cache[*analytics.Todo]
	coverages *cache[*analytics.Coverage]
	outlines  *cache[boundary.Outline] // of files, which never change
	thens     *cache[*analytics.Then]  // what was, which no write changes
	sinces    *renewals[*analytics.Changes]
	backwards sync.Mutex // one reading of what was at a time
	drafts    *placement.Drafts
	chromium  *chromium.Printer // prints sheets

	patience     time.Duration // see usualPatience
	pagesOfSheet *cache[int]
	links        *survey.Links
	boundaries   *boundary.Store
	runs         *analytics.Runs
	checks       *spotcheck.Store
	answers      *answers
	turns        turns
	given        given
	guard        *guard
	plansChanged writes // of plans, waves and what they are made of
	writes       writes // those, and of placements
	figures      writes // those, and of answers
	told         told   // see heard
	limits       *limits
	verifying    verifying
	scratch      func(dir string) (scratch, error)
	verifyTime   time.Duration
	proxies      proxies
	cert         *certificate // nil without TLS
	metrics      *metrics
	listener     net.Listener
	requests     atomic.Int64  // requests of people and programs
	ended        chan struct{} // closed when the server is shut down
	leaving      atomic.Bool   // it will be: /readyz says no
	end          sync.Once
}

// New prepares a server; Listen opens it.
func New(config Config, parts Parts) (*Server, error) {
	config = config.withDefaults()
	trusted, err := parseProxies(config.TrustedProxies)
	if err != nil {
		return nil, err
	}
	views, err := openViews(config.Dev)
	if err != nil {
		return nil, err
	}
	s := &Server{Parts: parts, config: config, log: config.Logger, clock: config.Clock, assets: views.assets, views: views}
	s.proxies, s.limits = trusted, newLimits(config.Rates, config.Clock)
	if config.Cert != "" {
		if s.cert, err = newCertificate(config.Cert, config.Key, config.Logger); err != nil {
			return nil, err
		}
	}
	s.ended = make(chan struct{})
	s.openCaches()
	s.patience = usualPatience
	s.scratch, s.verifyTime = nameless, verifyTime
	s.drafts, s.chromium = placement.NewDrafts(parts.DB, parts.Audit), chromium.New(config.Logger)
	if parts.Dossiers != nil && parts.Dossiers.Printer == nil {
		parts.Dossiers.Printer = s.chromium
	}
	s.links, s.guard = survey.NewLinks(parts.DB, parts.Audit, config.Clock), newGuard()
	s.runs = analytics.NewRuns(parts.Reader, parts.Audit, config.Clock)
	s.boundaries = boundary.NewStore(parts.DB, parts.Audit)
	s.checks = spotcheck.NewStore(parts.DB, parts.Audit, config.Clock)
	s.given.waves = map[string]map[uuid.UUID]bool{}
	s.app = newApp(config, s.fault)
	s.metrics = s.newMetrics()
	s.register()
	return s, nil
}

// openCaches makes what is remembered between requests.
func (s *Server) openCaches() {
	life := ownLife
	if s.shared() {
		life = sharedLife
	}
	s.plans = newCache[*campaign.Plan](s.clock, life, &s.plansChanged)
	s.waves = newCache[fieldwork](s.clock, life, &s.plansChanged)
	s.pages = newDrawings(s.clock, life, &s.figures)
	s.waiting = newCache[int64](s.clock, life, &s.writes)
	s.todos = newCache[*analytics.Todo](s.clock, life, &s.writes)
	s.coverages = newCache[*analytics.Coverage](s.clock, life, &s.writes)
	s.people = newCache[map[string]auth.Person](s.clock, life, &s.writes)
	s.outlines = newCache[boundary.Outline](s.clock, life, &writes{})
	s.thens = newCache[*analytics.Then](s.clock, ownLife, &writes{})
	s.thens.most = mostPages
	s.sinces = newRenewals[*analytics.Changes](s.clock, life, &s.figures)
	s.pagesOfSheet = newCache[int](s.clock, life, &writes{})
	if s.shared() {
		life = 0 // the page before may have been taken by another server
	}
	s.answers = newAnswers(s.clock, life)
}

// newApp is the framework as we use it.
func newApp(config Config, fault fiber.ErrorHandler) *fiber.App {
	app := fiber.New(fiber.Config{
		AppName:                      "shuixuan",
		Immutable:                    true, // its strings are otherwise reused after the handler returns
		DisableStartupMessage:        true,
		ErrorHandler:                 fault,
		StreamRequestBody:            true, // see receive: our own limits, and 413 instead of a reset
		DisablePreParseMultipartForm: true,
		ReadBufferSize:               16 << 10, // also the limit of headers
		ReadTimeout:                  headTime,
		Concurrency:                  connections(),
		WriteTimeout:                 10 * time.Minute,
		IdleTimeout:                  2 * time.Minute,
		EnableTrustedProxyCheck:      true, // for X-Forwarded-Proto; the client's address is read by client
		TrustedProxies:               config.TrustedProxies,
		ReduceMemoryUsage:            false,
		UnescapePath:                 true,
	})
	// An upload over a slow line may take minutes.
	app.Server().HeaderReceived = func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		switch n := h.ContentLength(); {
		case n > formLimit || n == -1:
			return fasthttp.RequestConfig{ReadTimeout: uploadTime(h)}
		case n > 0:
			return fasthttp.RequestConfig{ReadTimeout: formTime}
		}
		return fasthttp.RequestConfig{}
	}
	return app
}

// App is the application behind the server, for tests.
func (s *Server) App() *fiber.App { return s.app }

// Listen opens the address and serves until Shutdown. It answers an error when the
// address can't be opened.
func (s *Server) Listen(addr string) error {
	if s.listener == nil {
		if err := s.Open(addr); err != nil {
			return err
		}
	}
	go s.giveBack()
	return s.app.Listener(s.listener)
}

// Open takes the address without serving yet, so that Addr is known when port 0 was
// asked for; Listen goes on from there.
func (s *Server) Open(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	if s.cert != nil {
		listener = s.cert.listener(listener)
	}
	s.listener = listener
	return nil
}

// Secure gives what lays the server's TLS over another listener, nil without TLS.
func (s *Server) Secure() func(net.Listener) net.Listener {
	if s.cert == nil {
		return nil
	}
	return s.cert.listener
}

// ReloadCertificate reads the certificate's files again; without TLS it does nothing.
func (s *Server) ReloadCertificate() error {
	if s.cert == nil {
		return nil
	}
	return s.cert.Reload()
}

// Addr is the address that was opened, empty before.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Shutdown says no at /readyz, takes no more connections, waits for running requests until ctx
// ends, and stops what goes on beside them: analyses, dossiers, signals, the browser. A request
// that is still on its way then is cut, and was not answered.
func (s *Server) Shutdown(ctx context.Context) error {
	s.leaving.Store(true)
	select {
	case <-time.After(s.config.Drain):
	case <-ctx.Done():
	}
	s.end.Do(func() { close(s.ended) })
	err := s.app.ShutdownWithContext(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // one slow sender is no failure of the stop
		s.log.Warn("requests were still on their way when the time was up", "connections", s.app.Server().GetOpenConnectionsCount())
		err = nil
	}
	if failed := s.runs.Close(ctx); failed != nil {
		s.log.Error("cancel the analyses on their way", "error", failed.Error())
	}
	if s.Dossiers != nil {
		if failed := s.Dossiers.Close(ctx); failed != nil {
			s.log.Error("stop the dossier on its way", "error", failed.Error())
		}
	}
	if failed := s.links.Close(ctx); failed != nil {
		s.log.Error("write the last signals of responses", "error", failed.Error())
	}
	s.chromium.Close()
	if s.listener != nil {
		// A signal may come before Listen has begun: the framework then has nothing to
		// shut, and would serve for ever. Closed once more does no harm.
		_ = s.listener.Close()
	}
	if errors.Is(err, fiber.ErrServiceUnavailable) { // it never ran
		return nil
	}
	return err
}
