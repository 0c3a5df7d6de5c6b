package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"beckmanconnect/cloud/metrics"
	"beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/traces"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/version"
)

// operator is what whoever runs this node sees of it.
type operator struct {
	listen  net.Listener // nil: off
	server  *http.Server
	ready   *readiness
	metrics *metrics.Metrics
	traces  *traces.Traces // nil: off
}

// openOperator takes the operator's port.
func (c *Cloud) openOperator() (err error) {
	c.operator.ready = &readiness{checks: c.checks(), now: c.Now}
	c.operator.metrics = metrics.New(metrics.Config{
		Version: version.Version(), Relay: c.relay.Stats, Devices: c.broker.Connected, Draining: c.draining.Load,
		Checks: func() map[string]bool {
			out := map[string]bool{}
			all, _ := c.operator.ready.ask(context.Background())
			for _, a := range all {
				out[a.Name] = a.OK
			}
			return out
		},
	})
	if c.Traces.Endpoint != "" {
		ratio := 1.0
		if c.Traces.Ratio != nil {
			ratio = *c.Traces.Ratio
		}
		c.operator.traces = traces.New(traces.Config{
			Endpoint: c.Traces.Endpoint, Token: c.Traces.Token, Ratio: ratio, Node: c.Cluster.Node, Version: version.Version(), Log: c.Log,
		})
	}
	if c.Operator.Listen == "" {
		return nil
	}
	if c.operator.listen, err = net.Listen("tcp", c.Operator.Listen); err != nil {
		return fmt.Errorf("cloud: operator's listener on %s: %w; set \"operator.listen\" to a free address of this machine", c.Operator.Listen, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", web.Method(http.MethodGet, c.operator.metrics.Handler().ServeHTTP))
	mux.Handle("/live", web.Method(http.MethodGet, health))
	mux.Handle("/ready", web.Method(http.MethodGet, c.isReady))
	c.operator.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
	return nil
}

// OperatorAddr is where the operator's listener is; "" when it is off.
func (c *Cloud) OperatorAddr() string {
	if c.operator.listen == nil {
		return ""
	}
	return c.operator.listen.Addr().String()
}

func (c *Cloud) isReady(w http.ResponseWriter, r *http.Request) {
	all, ready := c.operator.ready.ask(r.Context())
	if !ready {
		w.Header().Set("Retry-After", "5")
	}
	web.Status(w, map[bool]int{true: http.StatusOK, false: http.StatusServiceUnavailable}[ready], struct {
		Ready  bool     `json:"ready"`
		Checks []answer `json:"checks"`
	}{ready, all})
}

// serveOperator answers until closeOperator.
func (c *Cloud) serveOperator() {
	if c.operator.listen == nil {
		return
	}
	c.Log.Info("operator's listener is up", "address", c.OperatorAddr())
	if err := c.operator.server.Serve(c.operator.listen); !errors.Is(err, http.ErrServerClosed) {
		c.Log.Error("the operator's listener has ended", "error", err)
	}
}

func (c *Cloud) closeOperator() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := c.operator.traces.Close(ctx); err != nil {
		c.Log.Warn("the last spans are lost", "error", err)
	}
	if c.operator.listen == nil {
		return nil
	}
	err := c.operator.server.Close()
	if closed := c.operator.listen.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed) // Serve had not begun
	}
	return err
}

// left tells the operator of an end that left the relay.
func (c *Cloud) left(l relay.Left) {
	c.operator.metrics.Left(l)
	c.operator.traces.Left(l)
}

// watched counts and traces what next answers.
func (c *Cloud) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, route := time.Now(), ""
		s := &status{ResponseWriter: w}
		defer func() {
			took := time.Since(began)
			c.operator.metrics.Answered(route, s.code(), took)
			c.operator.traces.Answered(r.Method, route, s.code(), took)
		}()
		next.ServeHTTP(s, r.WithContext(context.WithValue(r.Context(), routeKey{}, &route)))
	})
}

// routeKey is where a request's context says to whom its route is told.
type routeKey struct{}

// routed tells watched the route: handlers in between pass copies of the request
// on, and only the last one's has it.
func routed(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route, ok := r.Context().Value(routeKey{}).(*string); ok {
			defer func() { *route = r.Pattern }()
		}
		mux.ServeHTTP(w, r)
	})
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	wrote int
}

func (s *status) WriteHeader(code int) {
	if s.wrote == 0 {
		s.wrote = code
	}
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) code() int {
	if s.wrote == 0 {
		return http.StatusOK
	}
	return s.wrote
}

// Unwrap is for http.ResponseController, and for what takes the connection over.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
