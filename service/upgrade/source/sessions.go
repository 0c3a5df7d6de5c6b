package source

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"sync/atomic"
)

// sessions keeps the TLS session of the last check for the next one. It lives
// as long as this process.
type sessions struct {
	tls.ClientSessionCache
	held atomic.Bool
}

func newSessions() *sessions { return &sessions{ClientSessionCache: tls.NewLRUClientSessionCache(4)} }

// Put implements tls.ClientSessionCache.
func (s *sessions) Put(key string, state *tls.ClientSessionState) {
	s.ClientSessionCache.Put(key, state)
	s.held.Store(state != nil)
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
// roots; nil: what the system trusts.
func (s *Source) connect(roots *x509.CertPool) {
	s.sessions = newSessions()
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: s.sessions}
	s.client, s.again = s.config.Client(config), s.config.Client(resuming(config))
}

func (s *Source) metadataClient() *http.Client {
	if s.sessions.held.Load() {
		return s.again
	}
	return s.client
}
