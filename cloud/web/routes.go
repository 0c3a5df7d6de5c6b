package web

import (
	"net/http"
	"slices"
)

// Mux is what handlers are registered with.
type Mux interface {
	Handle(pattern string, h http.Handler)
}

// Routes is a Mux that knows what was registered, so that a test can walk every
// route there is.
type Routes struct {
	http.ServeMux
	patterns []string
}

// Handle registers.
func (m *Routes) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc registers.
func (m *Routes) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// Patterns gives what was registered.
func (m *Routes) Patterns() []string { return slices.Clone(m.patterns) }
