package traces

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// exporter posts spans as OTLP's JSON, the protocol's own second encoding. The
// SDK's exporter does the same by protobuf and brings gRPC along: 8 MB more of
// program for one request.
type exporter struct {
	url    string
	token  string
	client *http.Client
	log    *slog.Logger
}

func newExporter(c Config) *exporter {
	return &exporter{
		url: strings.TrimSuffix(c.Endpoint, "/") + "/v1/traces", token: c.Token, log: c.Log,
		// Neither a proxy nor a redirect changes where spans go.
		client: &http.Client{
			Timeout: sendTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxIdleConns: 2, IdleConnTimeout: time.Minute},
		},
	}
}

// ExportSpans implements sdk.SpanExporter. What cannot be sent is lost, and
// the log says so.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	if err := e.send(ctx, spans); err != nil {
		e.log.Warn("traces: spans are lost", "spans", len(spans), "error", err)
	}
	return nil
}

func (e *exporter) send(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	var body bytes.Buffer
	zip := gzip.NewWriter(&body)
	if err := json.NewEncoder(zip).Encode(encode(spans)); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, &body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Content-Encoding", "gzip")
	if e.token != "" {
		request.Header.Set("Authorization", "Bearer "+e.token)
	}
	reply, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(reply.Body, 64<<10)); err != nil {
		return err
	}
	if reply.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answers %s", reply.Status)
	}
	return nil
}

// Shutdown implements sdk.SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

// The messages of OTLP, as far as they are used.
type (
	request struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   attributes   `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	scopeSpans struct {
		Scope scope      `json:"scope"`
		Spans []spanJSON `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
	attributes struct {
		Attributes []keyValue `json:"attributes"`
	}
	keyValue struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
	spanJSON struct {
		TraceID    string     `json:"traceId"`
		SpanID     string     `json:"spanId"`
		Name       string     `json:"name"`
		Kind       int        `json:"kind"`
		Start      string     `json:"startTimeUnixNano"`
		End        string     `json:"endTimeUnixNano"`
		Attributes []keyValue `json:"attributes"`
		Status     spanStatus `json:"status"`
	}
	spanStatus struct {
		Code int `json:"code"`
	}
)

// encode: all spans are of one resource and one scope, this program's.
func encode(spans []sdk.ReadOnlySpan) request {
	list := make([]spanJSON, 0, len(spans))
	for _, s := range spans {
		out := spanJSON{
			TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Name: s.Name(), Kind: 1,
			Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10), Attributes: values(s.Attributes()),
		}
		if s.SpanKind() == trace.SpanKindServer {
			out.Kind = 2
		}
		if s.Status().Code == codes.Error {
			out.Status.Code = 2
		}
		list = append(list, out)
	}
	return request{[]resourceSpans{{
		Resource:   attributes{values(spans[0].Resource().Attributes())},
		ScopeSpans: []scopeSpans{{Scope: scope{spans[0].InstrumentationScope().Name}, Spans: list}},
	}}}
}

func values(all []attribute.KeyValue) []keyValue {
	out := make([]keyValue, 0, len(all))
	for _, a := range all {
		v := map[string]any{}
		switch a.Value.Type() {
		case attribute.BOOL:
			v["boolValue"] = a.Value.AsBool()
		case attribute.INT64:
			v["intValue"] = strconv.FormatInt(a.Value.AsInt64(), 10)
		default:
			v["stringValue"] = a.Value.String()
		}
		out = append(out, keyValue{string(a.Key), v})
	}
	return out
}
