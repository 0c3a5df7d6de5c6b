package source

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"sync"
	"sync/atomic"
)

// sessions keeps the TLS session of the last check for the next one, also for
// that of the next life of this process: it stands in a file beside the other
// memory, which only this service can read.
type sessions struct {
	tls.ClientSessionCache
	held atomic.Bool
	warn func(error)

	mu     sync.Mutex // held while the file is written
	file   keptSession
	closed bool
}

func newSessions(file keptSession, warn func(error)) *sessions {
	s := &sessions{ClientSessionCache: tls.NewLRUClientSessionCache(4), file: file, warn: warn}
	if name, state, err := file.load(); err != nil {
		warn(err)
	} else if state != nil {
		s.ClientSessionCache.Put(name, state)
		s.held.Store(true)
	}
	return s
}

// Put implements tls.ClientSessionCache.
func (s *sessions) Put(name string, state *tls.ClientSessionState) {
	s.ClientSessionCache.Put(name, state)
	s.held.Store(state != nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if err := s.file.keep(name, state); err != nil {
		s.warn(err) // the next life begins with a whole handshake
	}
}

// close ends the writing: a connection's own goroutine hands a ticket over when
// it comes, also one of a call that was given up.
func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// resuming is a configuration for handshakes that resume. The first handshake
// agreed on its keys by a hybrid of ML-KEM and X25519, 2.2 KB of key shares;
// what it agreed on goes into the keys of each that resumes it, so those need
// no hybrid of their own.
func resuming(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256}
	return c
}

// connect makes the clients for an address whose certificate stands under
// roots; nil: what the system trusts. crypto/tls resumes no session whose
// certificate has expired or stands under none of them.
func (s *Source) connect(roots *x509.CertPool) {
	s.sessions = newSessions(keptSession(s.sessionFile()), func(err error) { s.config.Log.Warn("a TLS session is not kept", "error", err) })
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: s.sessions}
	s.client, s.again = s.config.Client(config), s.config.Client(resuming(config))
}

// Close lets the connections go; nothing is written any more when it returns.
// A call after it connects anew.
func (s *Source) Close() {
	if s.client == nil {
		return
	}
	s.sessions.close()
	s.client.CloseIdleConnections()
	s.again.CloseIdleConnections()
	s.client, s.again, s.sessions = nil, nil, nil
}

func (s *Source) metadataClient() *http.Client {
	if s.sessions.held.Load() {
		return s.again
	}
	return s.client
}
