// Package engineertest is the other side of an engineer for tests: a small
// cloud and a real end of the channel on a pretended instrument PC.
package engineertest

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
)

// Cloud is enough of the cloud for one engineer and one instrument PC. What
// it does wrong, it does only where a test says so.
type Cloud struct {
	tb   testing.TB
	Kit  *channeltest.Kit
	Host *Host

	// Issue makes the engineer's certificate; tests replace it.
	Issue func(csr *x509.CertificateRequest, request string) (cloudapi.CertificateReply, int)
	// OIDC is what PathOIDC answers.
	OIDC cloudapi.OIDCConfig
	// Bearer is a token that counts as signed in, beside the cookie.
	Bearer string

	mu      sync.Mutex
	live    cloudapi.Live
	alarms  []cloudapi.Notification
	feeds   map[chan struct{}]struct{}
	sockets []*websocket.Conn
}

// Staff is who is signed in.
var Staff = cloudapi.Staff{Account: "anna.weber@vendor.example", Name: "Anna Weber", Organisation: "Service", Regions: []string{"eu"}}

// NewCloud makes a cloud for the kit's device.
func NewCloud(tb testing.TB, kit *channeltest.Kit, host *Host) *Cloud {
	c := &Cloud{tb: tb, Kit: kit, Host: host, feeds: map[chan struct{}]struct{}{}}
	c.live = cloudapi.Live{Requests: []cloudapi.Request{}, Devices: []cloudapi.Device{}}
	c.Issue = func(csr *x509.CertificateRequest, request string) (cloudapi.CertificateReply, int) {
		id := channeltest.Anna()
		id.Request = request
		cert := kit.StaffCA.Sign(tb, id, csr.PublicKey)
		return cloudapi.CertificateReply{
			Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
			DeviceID:    kit.DeviceID, DeviceCA: string(kit.DeviceCA.PEM()),
		}, http.StatusOK
	}
	return c
}

// SetLive changes the waiting list and the fleet.
func (c *Cloud) SetLive(l cloudapi.Live) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = l
	for f := range c.feeds {
		select {
		case f <- struct{}{}:
		default:
		}
	}
}

// SetAlarms changes what PathAlarms answers.
func (c *Cloud) SetAlarms(a []cloudapi.Notification) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alarms = a
}

// CutRelay breaks every relay socket, as a network does.
func (c *Cloud) CutRelay() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ws := range c.sockets {
		_ = ws.CloseNow()
	}
	c.sockets = nil
}

const cookie = "__Host-staff"

// Handler serves everything but the console's page; other is for the rest.
func (c *Cloud) Handler(other http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", other)
	mux.HandleFunc("GET "+cloudapi.PathLogin, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: cookie, Value: "yes", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET "+cloudapi.PathOIDC, func(w http.ResponseWriter, _ *http.Request) { reply(w, c.OIDC) })
	mux.HandleFunc("POST "+cloudapi.PathToken, func(w http.ResponseWriter, r *http.Request) {
		var m cloudapi.TokenRequest
		// Whether the token is good is the cloud's own test.
		if json.NewDecoder(r.Body).Decode(&m) != nil || m.IDToken == "" || m.Nonce == "" || c.Bearer == "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		reply(w, cloudapi.TokenReply{Token: c.Bearer, ExpiresMS: time.Now().Add(time.Hour).UnixMilli()})
	})
	mux.HandleFunc("POST "+cloudapi.PathLogout, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("GET "+cloudapi.PathMe, c.staff(func(w http.ResponseWriter, _ *http.Request) { reply(w, Staff) }))
	mux.Handle("GET "+cloudapi.PathAlarms, c.staff(func(w http.ResponseWriter, _ *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		reply(w, slices.Clone(c.alarms))
	}))
	mux.Handle("GET "+cloudapi.PathLive, c.staff(c.feed))
	mux.Handle("POST "+cloudapi.PathCert, c.staff(c.certificate))
	mux.Handle("GET "+cloudapi.PathRelay+"{request}", c.staff(c.relay))
	return mux
}

func (c *Cloud) staff(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := r.Cookie(cookie)
		bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if err != nil && (!ok || bearer != c.Bearer || c.Bearer == "") {
			w.WriteHeader(http.StatusUnauthorized)
			reply(w, cloudapi.Error{Code: "signed-out", Message: "Sign in first."})
			return
		}
		next(w, r)
	})
}

func (c *Cloud) feed(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	c.mu.Lock()
	c.feeds[changed] = struct{}{}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.feeds, changed)
		c.mu.Unlock()
	}()
	ctx := ws.CloseRead(r.Context())
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		c.mu.Lock()
		raw, _ := json.Marshal(c.live)
		c.mu.Unlock()
		if ws.Write(ctx, websocket.MessageText, raw) != nil {
			return
		}
	}
}

func (c *Cloud) certificate(w http.ResponseWriter, r *http.Request) {
	var m cloudapi.CertificateRequest
	if json.NewDecoder(r.Body).Decode(&m) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	block, _ := pem.Decode([]byte(m.CSR))
	if block == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || csr.CheckSignature() != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer, status := c.Issue(csr, m.Request)
	if status != http.StatusOK {
		w.WriteHeader(status)
		reply(w, cloudapi.Error{Code: "refused", Message: "Refused by the test."})
		return
	}
	reply(w, answer)
}

// relay hands the engineer's socket straight to the host's end: what a relay
// in between may do is the relay's own test.
func (c *Cloud) relay(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	c.mu.Lock()
	c.sockets = append(c.sockets, ws)
	c.mu.Unlock()
	conn := channel.NetConn(r.Context(), ws)
	defer conn.Close()
	c.Host.Serve(r.Context(), conn, r.PathValue("request"))
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}
