package source

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

// notes keeps what it is given.
type notes struct{ states []*tls.ClientSessionState }

func (n *notes) Get(string) (*tls.ClientSessionState, bool)    { return nil, false }
func (n *notes) Put(_ string, session *tls.ClientSessionState) { n.states = append(n.states, session) }

// sessionOf is what a server of a version of TLS hands over.
func sessionOf(t *testing.T, version uint16) *tls.ClientSessionState {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	n := &notes{}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{
			RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com",
			MinVersion: version, MaxVersion: version, ClientSessionCache: n,
		},
		DialContext: (&net.Dialer{}).DialContext,
	}}
	response, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	client.CloseIdleConnections()
	if len(n.states) == 0 {
		t.Fatalf("%s: no session", tls.VersionName(version))
	}
	return n.states[0]
}

// What a thief of the file could open is not kept: sessions of TLS 1.2.
func TestOnlySessionsThatTellNothing(t *testing.T) {
	for version, want := range map[uint16]bool{tls.VersionTLS12: false, tls.VersionTLS13: true} {
		ticket, state, err := parts(sessionOf(t, version))
		if err != nil || (state != nil) != want || want && len(ticket) == 0 {
			t.Errorf("%s: kept %v, want %v (%v)", tls.VersionName(version), state != nil, want, err)
		}
	}
	if _, state, err := parts(nil); state != nil || err != nil {
		t.Errorf("%v %v", state, err)
	}
}

// A ticket that comes when its source was closed is written nowhere: the folder
// may be another's by then, or gone.
func TestALateTicket(t *testing.T) {
	file := keptSession(filepath.Join(t.TempDir(), "session.json"))
	s := newSessions(file, func(err error) { t.Error(err) })
	session := sessionOf(t, tls.VersionTLS13)
	s.Put("server", session)
	if _, state, err := file.load(); state == nil || err != nil {
		t.Fatalf("what came in time is not kept: %v", err)
	}
	if err := file.forget(); err != nil {
		t.Fatal(err)
	}
	s.close()
	s.Put("server", session)
	if _, state, err := file.load(); state != nil || err != nil {
		t.Errorf("what came late is kept, or %v", err)
	}
}
