package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Site is what the cloud is called by: host names without a port. A request
// for any other name is refused, so that a name somebody else controls cannot
// be pointed here (scenario 5).
type Site struct {
	Names   []string
	Refused func(*http.Request, Refusal) // told of who is turned away; may be nil
}

// Known tells whether a Host header or a URL's host names this site.
func (s Site) Known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return slices.Contains(s.Names, strings.ToLower(strings.Trim(name, "[]")))
}

// SameOrigin tells whether a browser's request comes from a page of this very
// host. A request without Origin is not from such a page (scenario 44).
func (s Site) SameOrigin(r *http.Request) bool {
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Scheme == "https" && strings.EqualFold(origin.Host, r.Host) && s.Known(r.Host)
}

// permissions: a page here needs none of them.
const permissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), " +
	"hid=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), serial=(), usb=(), xr-spatial-tracking=()"

// Guard refuses foreign host names and sets the headers that every answer has.
func (s Site) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		// What is for one person is kept by nobody; what may be kept says so.
		h.Set("Cache-Control", "no-store")
		// The console sets a wider policy on its own pages; nothing else here
		// is a page.
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		r = withRefused(r, s.Refused)
		if !s.Known(r.Host) {
			Refused(r, ForeignHost)
			Fail(w, http.StatusMisdirectedRequest, "host", "This server does not answer for that name.")
			return
		}
		next.ServeHTTP(w, r)
	})
}
