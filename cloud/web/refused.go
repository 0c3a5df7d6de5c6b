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
	NotAdmitted    Refusal = "device" // a device that may not register
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

// Attempts are addresses where somebody says who they are, a sign-in or a
// registration: what is refused there is told as why, and the code there does
// not have to. It is not for WebSockets.
func Attempts(why Refusal, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w}
		next(seen, r)
		switch seen.status {
		case http.StatusBadRequest, http.StatusForbidden, http.StatusConflict:
			Refused(r, why)
		}
	}
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
