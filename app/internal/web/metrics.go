package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shuixuan/app/internal/auth"
)

// metrics is what an operator's Prometheus reads at /metrics. It holds routes and counts, no
// campaign, unit or person. Each server has a registry of its own, so that two in one process
// don't add up. A list of them with what to be woken for is in docs/operations.md, which a test
// holds against what is given out.
type metrics struct {
	requests *prometheus.HistogramVec
	unread   *prometheus.CounterVec
	handler  fiber.Handler
}

func (s *Server) newMetrics() *metrics {
	registry := prometheus.NewRegistry()
	m := &metrics{
		// The histogram's count is the number of requests: one series fewer to keep equal.
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "shuixuan_http_request_duration_seconds",
			Help:    "Time from the head of a request to the end of its answer.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}, []string{"method", "route", "status"}),
		unread: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shuixuan_http_unread_requests_total",
			Help: "What could not be read as a request: broken, too slow, or with too much of a head.",
		}, []string{"status"}),
		handler: adaptor.HTTPHandler(promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true})),
	}
	started := s.clock()
	registry.MustRegister(m.requests, m.unread, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("shuixuan_build_info", "1, with the version of the program.", func() float64 { return 1 }, "version", s.config.Version),
		gauge("shuixuan_uptime_seconds", "Time since the start of the server.", func() float64 { return s.clock().Sub(started).Seconds() }),
		gauge("shuixuan_http_open_connections", "Connections that are open, busy or not.", func() float64 { return float64(s.app.Server().GetOpenConnectionsCount()) }),
		gauge("shuixuan_http_connections_limit", "How many may be open.", func() float64 { return float64(s.app.Config().Concurrency) }))
	if s.Ingest == nil { // a server made only to read its routes
		return m
	}
	s.registerFlows(registry)
	s.registerWork(registry)
	registry.MustRegister(newEngineMetrics(s.DB, s.clock, s.log))
	return m
}

// registerFlows adds how the intake stands.
func (s *Server) registerFlows(registry *prometheus.Registry) {
	for kind := range s.Ingest.Flows() {
		flow := func(read func() float64, name, help string, kept func(string, string, func() float64, ...string) prometheus.Collector) {
			registry.MustRegister(kept(name, help, read, "kind", string(kind)))
		}
		flow(func() float64 { return float64(s.Ingest.Flows()[kind].Taken) },
			"shuixuan_rows_taken_total", "New rows that the intake has made durable since the start.", counter)
		flow(func() float64 { return float64(s.Ingest.Flows()[kind].Rejected) },
			"shuixuan_rows_rejected_total", "Rows of batches and files that could not go in, each told to its sender.", counter)
		flow(func() float64 { return float64(s.Ingest.Flows()[kind].Refused) },
			"shuixuan_intake_refused_total", "Batches that were asked to come again because the queue was full.", counter)
		flow(func() float64 { return float64(s.Ingest.Flows()[kind].Waiting) },
			"shuixuan_intake_queue", "Batches that wait to be written.", gauge)
		flow(func() float64 { return float64(s.Ingest.Flows()[kind].Room) },
			"shuixuan_intake_queue_limit", "How many batches may wait.", gauge)
	}
}

// registerWork adds sign-ins, jobs and the disk.
func (s *Server) registerWork(registry *prometheus.Registry) {
	for outcome := range s.Auth.SignIns() {
		registry.MustRegister(counter("shuixuan_sign_ins_total", "Tries to sign in by a password: succeeded, failed, limited (locked, too many) or broken.",
			func() float64 { return float64(s.Auth.SignIns()[outcome]) }, "outcome", outcome))
	}
	boards := map[string]func() (int, int){"run": s.runs.Going}
	if s.Dossiers != nil {
		boards["dossier"] = s.Dossiers.Going
	}
	for kind, going := range boards {
		registry.MustRegister(
			gauge("shuixuan_jobs", "Long work by kind and state.", func() float64 { running, _ := going(); return float64(running) }, "kind", kind, "state", "running"),
			gauge("shuixuan_jobs", "Long work by kind and state.", func() float64 { _, waiting := going(); return float64(waiting) }, "kind", kind, "state", "waiting"))
	}
	registry.MustRegister(
		counter("shuixuan_slow_statements_total", "Statements of the database that took longer than --slow; the log has their text.",
			func() float64 { return float64(s.DB.SlowStatements()) }),
		gauge("shuixuan_disk_free_bytes", "What is left of the disk of the data folder.", func() float64 { return s.disk(func(d *syscall.Statfs_t) uint64 { return d.Bavail }) }),
		gauge("shuixuan_disk_size_bytes", "The disk of the data folder.", func() float64 { return s.disk(func(d *syscall.Statfs_t) uint64 { return d.Blocks }) }))
}

// disk asks the disk of the data folder for a number of blocks and gives bytes, 0 where it
// doesn't say.
func (s *Server) disk(blocks func(*syscall.Statfs_t) uint64) float64 {
	folder := s.config.Scratch
	if folder == "" {
		folder = "."
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0
	}
	return float64(blocks(&disk)) * float64(disk.Bsize)
}

// labels reads pairs of name and value.
func labels(pairs []string) prometheus.Labels {
	all := prometheus.Labels{}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

func gauge(name, help string, read func() float64, pairs ...string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels(pairs)}, read)
}

func counter(name, help string, read func() float64, pairs ...string) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels(pairs)}, read)
}

// observe counts a request under its route, not its address: an id in a label would make
// a series of its own.
func (m *metrics) observe(c *fiber.Ctx, took time.Duration) {
	route := c.Route().Path
	if route == "/" && c.Path() != "/" {
		route = "none" // no route has this address
	}
	m.requests.WithLabelValues(methodLabel(c.Method()), route, strconv.Itoa(c.Response().StatusCode())).Observe(took.Seconds())
}

// methodLabel keeps methods that somebody invents from making series.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions:
		return method
	}
	return "other"
}

// metricsText answers who asks from this machine, and from elsewhere who shows the token for it, a
// secret that opens nothing else, or is an administrator. Failed sign-ins and an intake that is full are no business of the world's.
func (s *Server) metricsText(c *fiber.Ctx, v *visit) error {
	switch {
	case s.onThisMachine(c), s.showsMetricsToken(c), v.may(auth.MetricsRead):
		return s.metrics.handler(c)
	case v.actor.ID == "":
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
		return c.Status(fiber.StatusUnauthorized).SendString("from another machine /metrics wants the token of SHUIXUAN_METRICS_TOKEN\n")
	}
	return c.Status(fiber.StatusForbidden).SendString("this role may not read /metrics\n")
}

// showsMetricsToken compares hashes, so that the time tells nothing.
func (s *Server) showsMetricsToken(c *fiber.Ctx) bool {
	if s.config.MetricsToken == "" {
		return false
	}
	want, got := sha256.Sum256([]byte(s.config.MetricsToken)), sha256.Sum256([]byte(bearer(c)))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// onThisMachine tells a request of this machine. One that a proxy has passed on, trusted or not, comes
// from whom it says; a proxy that says nothing has to keep /metrics to itself.
func (s *Server) onThisMachine(c *fiber.Ctx) bool {
	client, err := netip.ParseAddr(s.client(c))
	if err != nil || !client.IsLoopback() {
		return false
	}
	remote, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	passed := c.Get(fiber.HeaderXForwardedFor) != "" || c.Get("X-Real-IP") != "" || c.Get("Forwarded") != "" || c.Get(fiber.HeaderVia) != ""
	return !passed || s.proxies.trust(remote.Unmap())
}
