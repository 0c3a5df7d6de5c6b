package traces

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	"beckmanconnect/cloud/relay"
)

// What is posted is OTLP as its own messages read it, and holds nothing but
// routes, codes and times.
func TestSpansAreOTLP(t *testing.T) {
	bodies := make(chan []byte, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		zip, err := gzip.NewReader(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Authorization") != "Bearer geheim" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v %v", r.URL.Path, r.Header, err)
			return
		}
		body, _ := io.ReadAll(zip)
		bodies <- body
	}))
	defer s.Close()
	tr := New(Config{Endpoint: s.URL, Token: "geheim", Ratio: 1, Node: "a", Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
	tr.Answered("GET", "/relay/v1/", 101, time.Second)
	tr.Answered("POST", "", 500, time.Millisecond)
	tr.Left(relay.Left{Role: "host", Code: 4001, Here: time.Minute, Bytes: 7})
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := <-bodies
	// The protocol's JSON has IDs in hexadecimal where protobuf's has base64.
	ids := regexp.MustCompile(`"(traceId|spanId)":"([0-9a-f]+)"`)
	for _, id := range ids.FindAllStringSubmatch(string(body), -1) {
		if want := map[string]int{"traceId": 32, "spanId": 16}[id[1]]; len(id[2]) != want {
			t.Errorf("%s has %d digits", id[1], len(id[2]))
		}
	}
	var got collector.ExportTraceServiceRequest
	if err := protojson.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	spans := got.ResourceSpans[0].ScopeSpans[0].Spans
	var names []string
	for _, span := range spans {
		names = append(names, span.Name)
		if span.EndTimeUnixNano <= span.StartTimeUnixNano {
			t.Errorf("%s: from %d to %d", span.Name, span.StartTimeUnixNano, span.EndTimeUnixNano)
		}
	}
	if strings.Join(names, ",") != "/relay/v1/,none,relay host" || spans[1].Status.Code != 2 || spans[0].Kind != 2 {
		t.Errorf("%v", &got)
	}
}

func TestCollectorIsAway(t *testing.T) {
	lines := &strings.Builder{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	}))
	defer s.Close()
	tr := New(Config{Endpoint: s.URL, Token: "geheim", Ratio: 1, Log: slog.New(slog.NewJSONHandler(lines, nil))})
	tr.Answered("GET", "/x", 200, 0)
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var line struct{ Msg, Error string }
	if err := json.Unmarshal([]byte(lines.String()), &line); err != nil || !strings.Contains(line.Error, "302") || strings.Contains(lines.String(), "geheim") {
		t.Errorf("%v %s", err, lines)
	}
}

func TestNoTraces(t *testing.T) {
	var tr *Traces
	tr.Answered("GET", "/x", 200, 0)
	tr.Left(relay.Left{})
	if err := tr.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
