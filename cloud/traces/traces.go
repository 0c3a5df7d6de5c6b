// Package traces sends spans by OpenTelemetry's OTLP over HTTP. A span has the
// pattern of its route, never the path; no address, no name, no ID of a person,
// a device or a request is in one.
package traces

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"beckmanconnect/cloud/relay"
)

// Config says where spans go.
type Config struct {
	Endpoint string  // https://HOST:PORT, or http:// on loopback
	Token    string  // "Authorization: Bearer"; "": none
	Ratio    float64 // of requests that are traced
	Node     string
	Version  string
	Log      *slog.Logger
}

// Traces are a node's. A nil one traces nothing.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Bounds of what waits to be sent: a collector that is away costs no more.
const (
	maxWaiting  = 2048
	sendEvery   = 5 * time.Second
	sendTimeout = 10 * time.Second
)

// New begins to trace. The collector need not be reachable.
func New(c Config) *Traces {
	about := []attribute.KeyValue{attribute.String("service.name", "beckmanconnect-cloud"), attribute.String("service.version", c.Version)}
	if c.Node != "" {
		about = append(about, attribute.String("service.instance.id", c.Node))
	}
	t := &Traces{provider: sdk.NewTracerProvider(
		sdk.WithBatcher(newExporter(c), sdk.WithMaxQueueSize(maxWaiting), sdk.WithBatchTimeout(sendEvery), sdk.WithExportTimeout(sendTimeout)),
		sdk.WithSampler(sdk.TraceIDRatioBased(c.Ratio)), sdk.WithResource(resource.NewSchemaless(about...)),
	)}
	t.tracer = t.provider.Tracer("beckmanconnect/cloud")
	return t
}

// Answered makes the span of an HTTP request that was just answered. Route is
// the pattern it matched. What a caller says of its own trace is not taken over.
func (t *Traces) Answered(method, route string, status int, took time.Duration) {
	if t == nil {
		return
	}
	if route == "" {
		route = "none"
	}
	now := time.Now()
	_, span := t.tracer.Start(context.Background(), route, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(now.Add(-took)),
		trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.Int("http.response.status_code", status)))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(now))
}

// Left makes the span of an end that was at the relay.
func (t *Traces) Left(l relay.Left) {
	if t == nil {
		return
	}
	now := time.Now()
	_, span := t.tracer.Start(context.Background(), "relay "+l.Role, trace.WithNewRoot(), trace.WithTimestamp(now.Add(-l.Here)), trace.WithAttributes(
		attribute.Int("relay.close_code", l.Code), attribute.Bool("relay.link", l.Link), attribute.Int64("relay.bytes", l.Bytes)))
	span.End(trace.WithTimestamp(now))
}

// Close sends what waits, as long as ctx lets it.
func (t *Traces) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	return nil
}
