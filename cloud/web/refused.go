package web

import (
	"context"
	"net/http"
)

// Refusal is why somebody was turned away at the door.
type Refusal string

// Refusals that are told to Site.Refused.
const (
	ForeignHost    Refusal = "host"    // a name that is not ours
	ForeignNetwork Refusal = "network" // from outside the staff's networks (P21)
	ForeignOrigin  Refusal = "origin"  // a page of somebody else's
	TooOften       Refusal = "rate"
	NotVouchedFor  Refusal = "sign-in"
)

type refusedKey struct{}

// withRefused lets handlers tell of refusals.
func withRefused(r *http.Request, f func(*http.Request, Refusal)) *http.Request {
	if f == nil {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), refusedKey{}, f))
}

// Refused tells that a request was turned away; once for each request is
// enough. It is for the record and for the filter that shuts out an address,
// and changes nothing of the answer.
func Refused(r *http.Request, why Refusal) {
	if f, ok := r.Context().Value(refusedKey{}).(func(*http.Request, Refusal)); ok {
		f(r, why)
	}
}

// Attempts are the sign-in's own addresses: whatever is refused there counts
// as a refused sign-in, by whom the sign-in's own code does not have to say.
func Attempts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		if seen.status == http.StatusForbidden || seen.status == http.StatusBadRequest {
			Refused(r, NotVouchedFor)
		}
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
