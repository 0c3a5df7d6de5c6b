package desk

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"beckmanconnect/cloud/console/card"
	"beckmanconnect/internal/cloudapi"
)

// guard lets one page in: the one that was opened with the start address.
// Other pages, other names for this address and other programs' users have no
// way to reach anything (scenario 5).
type guard struct {
	address string // host:port as browsers name it
	token   string // opens the page, once
	cookie  string
	name    string // of the cookie

	mu   sync.Mutex
	used bool
}

func newGuard(address string) *guard {
	_, port, _ := strings.Cut(address, ":")
	// Cookies do not know ports: the name keeps two programs apart.
	return &guard{address: address, token: rand.Text(), cookie: rand.Text() + rand.Text(), name: "desk-" + port}
}

// host refuses every name but the literal address. A name somebody controls
// may resolve to loopback; it is not in the Host header by that address.
func (g *guard) host(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		if r.Host != g.address {
			fail(w, http.StatusMisdirectedRequest, "host", "This program does not answer for that name.")
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+g.address {
			fail(w, http.StatusForbidden, "origin", "Another page may not ask this.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// page lets only the page that was started through, asking from itself.
func (g *guard) page(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
			fail(w, http.StatusForbidden, "origin", "Another page may not ask this.")
			return
		}
		// What changes something, and every socket, must say where it is from.
		if (r.Method != http.MethodGet || r.Header.Get("Upgrade") != "") && r.Header.Get("Origin") == "" {
			fail(w, http.StatusForbidden, "origin", "Another program may not ask this.")
			return
		}
		c, err := r.Cookie(g.name)
		if err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(g.cookie)) != 1 {
			fail(w, http.StatusForbidden, "not-started", "Open the address that beckmanconnect-desk printed.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// start trades the printed address for the cookie, once.
func (g *guard) start(w http.ResponseWriter, r *http.Request) {
	given := r.URL.Query().Get("token")
	g.mu.Lock()
	good := !g.used && subtle.ConstantTimeCompare([]byte(given), []byte(g.token)) == 1
	g.used = g.used || good
	g.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	if !good {
		if c, err := r.Cookie(g.name); err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(g.cookie)) == 1 {
			http.Redirect(w, r, "/", http.StatusSeeOther) // the same browser came again
			return
		}
		card.Fail(w, r, http.StatusForbidden, card.AddressUsed)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: g.name, Value: g.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// fail answers as the cloud does, so that the page reads both alike.
func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(cloudapi.Error{Code: code, Message: message})
}
