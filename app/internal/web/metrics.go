package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shuixuan/ingest"
)

// metrics is what an operator's Prometheus reads at /metrics. It is open like /healthz:
// it holds routes and counts, no campaign, unit or person. Each server has a registry of
// its own, so that two in one process don't add up.
type metrics struct {
	requests *prometheus.HistogramVec
	unread   *prometheus.CounterVec
	handler  fiber.Handler
}

func newMetrics(parts Parts, clock func() time.Time) *metrics {
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
	started := clock()
	registry.MustRegister(m.requests, m.unread, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "shuixuan_uptime_seconds", Help: "Time since the start of the server."},
			func() float64 { return clock().Sub(started).Seconds() }))
	if parts.Ingest == nil { // a server made only to read its routes
		return m
	}
	for _, kind := range []ingest.Kind{ingest.Placements, ingest.Responses} {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "shuixuan_rows_taken_total", Help: "New rows that the intake has made durable since the start.",
			ConstLabels: prometheus.Labels{"kind": string(kind)},
		}, func() float64 { return float64(parts.Ingest.Taken(kind)) }))
	}
	return m
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

func (s *Server) metricsText(c *fiber.Ctx, _ *visit) error { return s.metrics.handler(c) }
