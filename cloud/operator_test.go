package cloud_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/internal/cloudapi"
)

func operated(c *cloud.Config) { c.Operator.Listen = "127.0.0.1:0" }

// private asks the operator's listener.
func (r *running) private(t *testing.T, path string) (int, string) {
	t.Helper()
	reply, err := http.Get("http://" + r.OperatorAddr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(body)
}

func TestReadiness(t *testing.T) { // B13
	r := start(t, operated)
	ready := func() (int, map[string]bool) {
		t.Helper()
		status, body := r.private(t, "/ready")
		var answer struct {
			Checks []struct {
				Check string
				OK    bool
			}
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err, body)
		}
		out := map[string]bool{}
		for _, c := range answer.Checks {
			out[c.Check] = c.OK
		}
		return status, out
	}
	status, checks := ready()
	for _, name := range []string{"draining", "database", "keys", "disk", "sign-in"} {
		if !checks[name] {
			t.Errorf("%s: %v", name, checks)
		}
	}
	if status != http.StatusOK {
		t.Errorf("not ready: %d", status)
	}
	if status, _ := r.private(t, "/live"); status != http.StatusOK {
		t.Errorf("not alive: %d", status)
	}
	for _, path := range []string{"/metrics", "/ready", "/live", "/drain"} {
		reply, err := r.client().Get(r.BaseURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != http.StatusNotFound {
			t.Errorf("%s is on the public port: %d", path, reply.StatusCode)
		}
	}
}

func TestNotReady(t *testing.T) {
	for name, change := range map[string]func(*cloud.Config){
		"disk":    func(c *cloud.Config) { c.Operator.DiskFreeMiB = 1 << 40 },
		"sign-in": func(c *cloud.Config) { c.OIDC.Issuer = "http://127.0.0.1:1" },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, operated, change)
			if status, body := r.private(t, "/ready"); status != http.StatusServiceUnavailable || !regexp.MustCompile(`"check":"`+name+`","ok":false,"needed":true,"why":"..`).MatchString(body) {
				t.Errorf("%d %s", status, body)
			}
			if status, _ := r.private(t, "/live"); status != http.StatusOK {
				t.Errorf("not alive: %d", status)
			}
		})
	}
}

// The canaries are what a whole session knows of people; none of them is in a
// log line, a metric or a span.
func TestNothingPersonalForTheOperator(t *testing.T) { // B13, P26
	var spans logBuffer
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		zip, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(&spans, zip)
	}))
	t.Cleanup(collector.Close)
	r := start(t, operated, func(c *cloud.Config) { c.Traces.Endpoint, c.Data = collector.URL, shortDir(t) })
	d := r.register(t)
	l := d.connect(t)
	request := waiting("req-1")
	request.Reason = "CANARY-described by the technician"
	l.say(d.id, cloudapi.KindRequest, "e", 1, request)
	bell := alarm(7)
	bell.Title, bell.Subject = "CANARY-in a title", "CANARY-in a subject"
	l.say(d.id, cloudapi.KindNotification, "n", 2, bell)
	anna := r.bearer(t, "anna.weber@vendor.example")
	host, engineer := r.host(t, d, request.ID), r.engineer(t, request.ID, anna)
	engineer.send([]byte("CANARY-in-the-session"))
	host.receives([]byte("CANARY-in-the-session"))
	// What is refused and what fails is logged, too.
	for _, wrong := range []string{"/staff/v1/devices/CANARY-of-a-path", "/upgrades/CANARY-of-a-path", "/relay/v1/CANARY-of-a-path?role=host", "/?q=CANARY-of-a-path"} {
		reply, err := r.client().Get(r.BaseURL() + wrong)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
	}
	left := make(chan struct{})
	go func() { defer close(left); host.closed() }()
	_ = engineer.Close(websocket.StatusNormalClosure, "")
	<-left
	metrics := ""
	for counted, end := false, time.Now().Add(time.Minute); !counted; {
		if time.Now().After(end) {
			t.Fatalf("the relay's answers are not counted:\n%s", metrics)
		}
		_, metrics = r.private(t, "/metrics")
		counted = strings.Contains(metrics, `beckmanconnect_cloud_http_requests_total{route="/relay/v1/",status="1xx"} 2`)
	}
	token := strings.TrimPrefix(anna[1], "Bearer ")
	canaries := []string{"CANARY-described", "CANARY-in", "CANARY-of-a-path", "anna.weber", "Anna Weber", "Vendor EU", password, token}
	canaries = append(canaries, "lab@hospital.example", "Lena Lab", "BX12345")
	for what, text := range map[string]string{"the log": r.logs.String(), "the metrics": metrics} {
		for _, canary := range canaries {
			if at := strings.Index(text, canary); at >= 0 {
				t.Errorf("%s has %q: …%s…", what, canary, text[max(0, at-100):min(len(text), at+60)])
			}
		}
	}
	for _, id := range []string{d.id, request.ID} {
		if strings.Contains(metrics, id) {
			t.Errorf("the metrics have the ID %s", id)
		}
	}
	if !strings.Contains(metrics, "beckmanconnect_cloud_relay_bytes_total 21") {
		t.Errorf("what happened is not counted:\n%s", metrics)
	}
	// However many paths were tried, routes are those of the code.
	if n := strings.Count(metrics, "beckmanconnect_cloud_http_requests_total{"); n > 60 {
		t.Errorf("%d series of one metric", n)
	}
	if err := cloud.AskToDrain(t.Context(), r.Config, func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	collector.Close() // waits for what is being answered
	text := spans.String()
	if !strings.Contains(text, `"relay host"`) {
		t.Error("no span was sent")
	}
	for _, canary := range append(canaries, d.id, request.ID) {
		if strings.Contains(text, canary) {
			t.Errorf("a span has %q", canary)
		}
	}
}

// A node that is told to leave says so, closes with the code that means dial
// again, and is gone within its limit.
func TestDrain(t *testing.T) { // B5, B13
	r := start(t, operated, func(c *cloud.Config) {
		c.Data = shortDir(t)
		c.Drain = cloud.Drain{Notice: 300 * time.Millisecond, Spread: 50 * time.Millisecond, Limit: 10 * time.Second}
	})
	d := r.register(t)
	l := d.connect(t)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	host, engineer := r.host(t, d, "req-1"), r.engineer(t, "req-1", r.bearer(t, "anna.weber@vendor.example"))
	engineer.send([]byte("x"))
	host.receives([]byte("x"))
	asked := make(chan error, 1)
	begun := make(chan time.Duration, 1)
	go func() { asked <- cloud.AskToDrain(t.Context(), r.Config, func(limit time.Duration) { begun <- limit }) }()
	if limit := <-begun; limit != 10300*time.Millisecond {
		t.Errorf("it says it takes %v", limit)
	}
	for {
		status, body := r.private(t, "/ready")
		if status == http.StatusServiceUnavailable && strings.Contains(body, "going down") {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("it stays ready")
		}
	}
	h := make(chan error, 1)
	go func() { h <- fmt.Errorf("%d", host.closed()) }()
	if code := engineer.closed(); code != cloudapi.CloseShutdown {
		t.Errorf("the engineer was closed with %d", code)
	}
	if code := <-h; code.Error() != fmt.Sprint(cloudapi.CloseShutdown) {
		t.Errorf("the host was closed with %v", code)
	}
	if err := <-asked; err != nil {
		t.Error(err)
	}
	if err := cloud.AskToDrain(t.Context(), r.Config, nil); err == nil || !strings.Contains(err.Error(), "no cloud runs") {
		t.Errorf("asked one that is gone: %v", err)
	}
}

// shortDir is a folder whose path leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return datatest.Keys(t, filepath.Join(dir, "d"))
}
