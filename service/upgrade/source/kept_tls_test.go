package source

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// notes keeps what it is given.
type notes struct{ states []*tls.ClientSessionState }

func (n *notes) Get(string) (*tls.ClientSessionState, bool)    { return nil, false }
func (n *notes) Put(_ string, session *tls.ClientSessionState) { n.states = append(n.states, session) }

// What a thief of the file could open is not kept: sessions of TLS 1.2.
func TestOnlySessionsThatTellNothing(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	for version, want := range map[uint16]bool{tls.VersionTLS12: false, tls.VersionTLS13: true} {
		roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		n := &notes{}
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: version, MaxVersion: version, ClientSessionCache: n},
			DialContext:     (&net.Dialer{}).DialContext,
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
		ticket, state, err := parts(n.states[0])
		if err != nil || (state != nil) != want || want && len(ticket) == 0 {
			t.Errorf("%s: kept %v, want %v (%v)", tls.VersionName(version), state != nil, want, err)
		}
	}
	if _, state, err := parts(nil); state != nil || err != nil {
		t.Errorf("%v %v", state, err)
	}
}
