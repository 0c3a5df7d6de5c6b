// Package web is what every HTTP handler of the cloud does the same way:
// answers, limits, who is calling, and from where.
package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"beckmanconnect/internal/cloudapi"
)

// JSON answers with v. Everything the cloud says is JSON with its type named
// and sniffing off, so that a device's text is never taken for a page
// (scenario 44).
func JSON(w http.ResponseWriter, v any) { answer(w, http.StatusOK, v) }

// Status answers with v and a status of its own.
func Status(w http.ResponseWriter, status int, v any) { answer(w, status, v) }

// Fail answers with an error. Code is stable, message is for people.
func Fail(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, cloudapi.Error{Code: code, Message: message})
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v) // escapes <, > and &
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"code":"internal","message":"The answer could not be written."}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the caller may be gone; nobody is left to tell
}

// Decode reads a JSON body of at most limit bytes. It answers itself when that
// fails.
func Decode(w http.ResponseWriter, r *http.Request, v any, limit int64) bool {
	// Only a form could be sent across sites without the browser asking first.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		Fail(w, http.StatusUnsupportedMediaType, "not-json", "The body must be application/json.")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	err := d.Decode(v)
	if err == nil && d.Decode(&struct{}{}) != io.EOF {
		err = errors.New("more than one value")
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		Fail(w, http.StatusRequestEntityTooLarge, "too-large", "The body is too large.")
	case err != nil:
		Fail(w, http.StatusBadRequest, "not-json", "The body is not the JSON that is expected here.")
	}
	return err == nil
}

// Method lets only one method through.
func Method(method string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.Header().Set("Allow", method)
			Fail(w, http.StatusMethodNotAllowed, "method", "Use "+method+" here.")
			return
		}
		next(w, r)
	}
}
