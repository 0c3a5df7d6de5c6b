// Package metrics counts what a node does, for Prometheus. Labels are of short
// fixed lists: nothing in them names a person, a device, a request or an
// address.
package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"beckmanconnect/cloud/relay"
)

const namespace = "beckmanconnect_cloud"

// Config is where the figures come from. Each function is called at a scrape.
type Config struct {
	Version  string
	Relay    func() relay.Stats
	Devices  func() int             // devices connected to this node; nil: not known
	Checks   func() map[string]bool // readiness, by check
	Draining func() bool
}

// Metrics are one node's.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	sessions prometheus.Histogram
}

// New makes metrics in a registry of their own.
func New(c Config) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "http_requests_total",
			Help: "HTTP requests answered, by route and class of status."}, []string{"route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "http_request_duration_seconds",
			Help: "Time to answer HTTP requests that are not WebSockets.", Buckets: []float64{.005, .02, .1, .5, 2, 10, 60}}, []string{"route"}),
		sessions: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Subsystem: "relay", Name: "pair_duration_seconds",
			Help: "How long hosts that were joined with an engineer were connected.", Buckets: []float64{10, 60, 300, 900, 3600, 4 * 3600, 8 * 3600}}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.took, m.sessions, &figures{c},
	)
	return m
}

// Handler serves the exposition format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 10 * time.Second})
}

// Left counts an end that left the relay.
func (m *Metrics) Left(l relay.Left) {
	if l.Role == "host" && !l.Link && l.Bytes > 0 {
		m.sessions.Observe(l.Here.Seconds())
	}
}

// Answered counts an HTTP request. Route is the pattern it matched, one of a
// fixed list; "" when it matched none.
func (m *Metrics) Answered(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	if _, path, ok := strings.Cut(route, " "); ok {
		route = path
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status/100)+"xx").Inc()
	if status != http.StatusSwitchingProtocols {
		m.took.WithLabelValues(route).Observe(took.Seconds())
	}
}
