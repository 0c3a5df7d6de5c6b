package brokerstest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/broker/iothub"
)

//go:embed iothub.py
var iothubPy string

const (
	hubName   = "iothub-ehub-lab-1"
	hubPolicy = "beckmanconnect"
	hubKey    = "c2VjcmV0IG9mIHRoZSBwb2xpY3kgb2YgdGhlIGh1Yg=="
)

// Hub is a double of an Azure IoT Hub's service side, built from Microsoft's
// documentation: TLS, SASL and the registry here, AMQP by Qpid Proton. It says
// nothing about what Azure does beside its documentation.
type Hub struct {
	Settings iothub.Settings
	Roots    *x509.CertPool
	CAFile   string
	// Down, Opened and Feedback are what happens at its links.
	Down     chan HubMessage
	Opened   chan HubReader
	Feedback chan string

	t           testing.TB
	certificate tls.Certificate
	hub, events *hubPeer

	mu         sync.Mutex
	identities map[string]map[string]any
	refused    []string // who was turned away, and why
	open       map[net.Conn]bool
	off        bool // it takes no connections
}

// HubMessage is what the cloud sent for a device.
type HubMessage struct {
	To   string  `json:"to"`
	ID   string  `json:"id"`
	Ack  string  `json:"ack"`
	Life float64 `json:"life"` // seconds
	Body string  `json:"body"`
}

// HubReader is a link that reads a partition.
type HubReader struct {
	Partition, Group, Filter string
	Epoch                    int64
}

// HubEvent is one entry of the hub's stream.
type HubEvent struct {
	Partition   string         `json:"partition"`
	Body        string         `json:"body"`
	Annotations map[string]any `json:"annotations,omitempty"`
	Properties  map[string]any `json:"properties,omitempty"`
}

// IoTHub starts a hub of two partitions. Without Debian's python3-qpid-proton
// the test is skipped, and fails where CI is set.
func IoTHub(t testing.TB) *Hub {
	t.Helper()
	dir := t.TempDir()
	h := &Hub{
		t: t, Down: make(chan HubMessage, 10_000), Opened: make(chan HubReader, 10_000), Feedback: make(chan string, 10_000),
		identities: map[string]map[string]any{}, open: map[net.Conn]bool{}, CAFile: filepath.Join(dir, "ca.pem"),
	}
	h.Roots = certificate(t, dir)
	var err error
	if h.certificate, err = tls.LoadX509KeyPair(filepath.Join(dir, "broker.pem"), filepath.Join(dir, "broker.key")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "key"), []byte(hubKey+"\n"))
	write(t, filepath.Join(dir, "iothub.py"), []byte(iothubPy))
	h.hub = h.peer(filepath.Join(dir, "iothub.py"), "hub")
	h.events = h.peer(filepath.Join(dir, "iothub.py"), "events", "127.0.0.1", hubName, hubPolicy, hubKey, "2")
	h.Settings = iothub.Settings{
		Host: h.listen(h.hub, h.plain), Events: h.listen(h.events, h.anonymous), Name: hubName, Policy: hubPolicy, KeyFile: filepath.Join(dir, "key"),
	}
	return h
}

// TLS is how a node speaks to it.
func (h *Hub) TLS() *tls.Config { return &tls.Config{RootCAs: h.Roots, MinVersion: tls.VersionTLS12} }

// Send has a device send something.
func (h *Hub) Send(partition, device, body string) {
	h.Event(HubEvent{Partition: partition, Body: body, Annotations: map[string]any{
		"iothub-connection-device-id": device, "iothub-message-source": "Telemetry", "iothub-connection-auth-method": `{"scope":"device","type":"sas","issuer":"iothub"}`,
	}})
}

// Connect has the hub say that a device connected, or disconnected.
func (h *Hub) Connect(partition, device string, on bool, number int) {
	operation := map[bool]string{true: "deviceConnected", false: "deviceDisconnected"}[on]
	h.Event(HubEvent{
		Partition: partition, Body: fmt.Sprintf(`{"sequenceNumber":"%064X"}`, number),
		Annotations: map[string]any{"iothub-connection-device-id": device, "iothub-message-source": "deviceConnectionStateEvents"},
		Properties:  map[string]any{"opType": operation, "deviceId": device, "iothub-message-schema": "deviceConnectionStateNotification", "hubName": "lab"},
	})
}

// Event puts an entry into the stream.
func (h *Hub) Event(e HubEvent) { h.events.order(e) }

// Rewind sends a partition's stream once more from its beginning, over the link
// that is open.
func (h *Hub) Rewind(partition string) {
	h.events.order(map[string]any{"partition": partition, "rewind": true})
}

// Taken has a device take what was sent to it.
func (h *Hub) Taken(device, id string) { h.Became(device, id, "Success") }

// Became has the hub say what became of what was sent to a device: "Success",
// "Expired", "DeliveryCountExceeded", "Rejected", "Purged".
func (h *Hub) Became(device, id, status string) {
	h.hub.order(map[string]any{"taken": []map[string]string{{"originalMessageId": id, "deviceId": device, "statusCode": status, "description": status}}})
}

// Connections is how many there are to it.
func (h *Hub) Connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.open)
}

// Busy has the hub refuse the next messages as too many.
func (h *Hub) Busy(messages int) { h.hub.order(map[string]int{"busy": messages}) }

// Identity sets a device's identity in the registry.
func (h *Hub) Identity(device string, identity map[string]any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.identities[device] = identity
}

// Status gives a device's status in the registry, and the reason.
func (h *Hub) Status(device string) (status, reason any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.identities[device]["status"], h.identities[device]["statusReason"]
}

// Refused gives who was turned away, and why.
func (h *Hub) Refused() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.refused...)
}

// Off takes the hub away, or gives it back.
func (h *Hub) Off(off bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.off = off
	if off {
		h.cut()
	}
}

// Cut ends every connection, as a network does.
func (h *Hub) Cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut()
}

func (h *Hub) cut() {
	for conn := range h.open {
		conn.Close()
	}
}

func (h *Hub) refuse(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused = append(h.refused, fmt.Sprintf(format, args...))
}

// listen takes connections until the test ends; sign says whether SASL's first
// answer may come in.
func (h *Hub) listen(p *hubPeer, sign func(mechanism, response string) bool) string {
	h.t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{h.certificate}})
	if err != nil {
		h.t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			off := h.off
			h.open[conn] = true
			h.mu.Unlock()
			if off {
				conn.Close()
			}
			all.Go(func() {
				h.serve(conn, p, sign)
				conn.Close()
				h.mu.Lock()
				delete(h.open, conn)
				h.mu.Unlock()
			})
		}
	})
	h.t.Cleanup(func() {
		l.Close()
		h.Cut()
		all.Wait()
	})
	return l.Addr().String()
}

func (h *Hub) serve(conn net.Conn, p *hubPeer, sign func(mechanism, response string) bool) {
	r := bufio.NewReader(conn)
	first, err := r.Peek(4)
	if err != nil {
		return
	}
	if string(first) != "AMQP" {
		h.registry(conn, r)
		return
	}
	if err := sasl(conn, r, sign); err != nil {
		h.refuse("SASL: %v", err)
		return
	}
	far, err := net.Dial("tcp", p.address)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(conn, far)
		conn.Close()
	}()
	_, _ = io.Copy(far, r)
}

// plain: a token of the policy for the hub, as documented.
func (h *Hub) plain(mechanism, response string) bool {
	parts := strings.Split(response, "\x00")
	if mechanism != "PLAIN" || len(parts) != 3 || parts[1] != hubPolicy+"@sas.root.127" {
		h.refuse("SASL %s as %q", mechanism, parts)
		return false
	}
	return h.token(parts[2], "127.0.0.1")
}

func (h *Hub) anonymous(mechanism, _ string) bool { return mechanism == "ANONYMOUS" }

func (h *Hub) token(token, resource string) bool {
	if err := checkToken(token, resource, hubPolicy, hubKey); err != nil {
		h.refuse("token: %v", err)
		return false
	}
	return true
}

// registry answers one request for a device's identity.
func (h *Hub) registry(conn net.Conn, r *bufio.Reader) {
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		code, answer := h.identity(req, body)
		resp := http.Response{StatusCode: code, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(answer)), Body: io.NopCloser(bytes.NewReader(answer))}
		if resp.Write(conn) != nil {
			return
		}
	}
}

func (h *Hub) identity(req *http.Request, body []byte) (int, []byte) {
	device, ok := strings.CutPrefix(req.URL.Path, "/devices/")
	if !ok || req.URL.Query().Get("api-version") == "" {
		h.refuse("%s %s", req.Method, req.URL)
		return http.StatusBadRequest, nil
	}
	if !h.token(req.Header.Get("Authorization"), "127.0.0.1") {
		return http.StatusUnauthorized, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now, known := h.identities[device]
	if !known {
		return http.StatusNotFound, nil
	}
	if req.Method == http.MethodPut {
		if req.Header.Get("If-Match") != fmt.Sprintf("%q", now["etag"]) {
			return http.StatusPreconditionFailed, nil
		}
		var next map[string]any
		if json.Unmarshal(body, &next) != nil || next["deviceId"] != device {
			return http.StatusBadRequest, nil
		}
		next["etag"] = fmt.Sprint(now["etag"], "+")
		h.identities[device], now = next, next
	}
	text, err := json.Marshal(now)
	if err != nil {
		return http.StatusInternalServerError, nil
	}
	return http.StatusOK, text
}

// hubPeer is one of the two AMQP sides, a process of its own.
type hubPeer struct {
	t       testing.TB
	address string
	mu      sync.Mutex
	in      io.WriteCloser
}

func (h *Hub) peer(args ...string) *hubPeer {
	h.t.Helper()
	python := "/usr/bin/python3"
	if exec.Command(python, "-c", "import proton").Run() != nil {
		if os.Getenv("CI") != "" {
			h.t.Fatal("python3-qpid-proton is not installed")
		}
		h.t.Skip("python3-qpid-proton is not installed")
	}
	cmd := exec.Command(python, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	p := &hubPeer{t: h.t, in: in}
	port, over := make(chan int, 1), make(chan struct{})
	go func() {
		defer close(over)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			h.happened(lines.Bytes(), port)
		}
	}()
	h.t.Cleanup(func() {
		in.Close() // it ends by that
		stop := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer stop.Stop()
		<-over
		_ = cmd.Wait() // how it ended is no matter
	})
	select {
	case n := <-port:
		p.address = fmt.Sprintf("127.0.0.1:%d", n)
	case <-over:
		h.t.Fatal("the AMQP peer does not start")
	}
	return p
}

func (p *hubPeer) order(v any) {
	p.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		p.t.Fatal(err)
	}
}

func (h *Hub) happened(line []byte, port chan<- int) {
	var w struct {
		Port          int
		Down          *HubMessage
		Opened        string
		Group, Filter string
		Epoch         int64
		Refused       string
		Feedback      string
	}
	if err := json.Unmarshal(line, &w); err != nil {
		h.refuse("the peer says %q", line)
		return
	}
	switch {
	case w.Port != 0:
		port <- w.Port
	case w.Down != nil:
		h.Down <- *w.Down
	case w.Opened != "":
		h.Opened <- HubReader{w.Opened, w.Group, w.Filter, w.Epoch}
	case w.Refused != "":
		h.refuse("token for %s", w.Refused)
	case w.Feedback != "":
		h.Feedback <- w.Feedback
	}
}
