package mirror

import (
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"

	"beckmanconnect/internal/release"
)

// answer is asked before what is served honestly; true when it has answered.
type answer func(w http.ResponseWriter, r *http.Request, path string) bool

// server is the mirror: it has a certificate that this PC trusts, as a mirror
// that IT set up, and none of the vendor's keys.
type server struct {
	http *httptest.Server
	url  string
	ca   *x509.CertPool
	sent atomic.Int64 // bytes, TLS included

	mu      sync.Mutex
	files   map[string][]byte // metadata
	archive map[string][]byte
	hostile answer
	asked   int
}

func newServer() *server {
	s := &server{}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.http.Listener = counting{s.http.Listener, &s.sent}
	s.http.StartTLS()
	s.url, s.ca = s.http.URL+"/", x509.NewCertPool()
	s.ca.AddCert(s.http.Certificate())
	return s
}

func (s *server) close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// set says what is served, and who is asked before.
func (s *server) set(files, archive map[string][]byte, hostile answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files, s.archive, s.hostile, s.asked = files, archive, hostile, 0
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	s.mu.Lock()
	files, archive, hostile := s.files, s.archive, s.hostile
	s.asked++
	s.mu.Unlock()
	if hostile != nil && hostile(w, r, path) {
		return
	}
	data, ok := files[path]
	if !ok {
		data, ok = archive[path]
	}
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Header.Get("If-None-Match") == release.Tag(data) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(data) // the PC may have gone
}

// counting counts what is written to connections.
type counting struct {
	net.Listener
	sent *atomic.Int64
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &counted{c, l.sent}, nil
}

type counted struct {
	net.Conn
	sent *atomic.Int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(int64(n))
	return n, err
}
