package web

import (
	"context"
	"net"
	"net/http"
)

type connKey struct{}

// ConnContext is for http.Server: it lets Conn find a request's connection.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Conn is the connection a request came over, to cut it when its protocol
// cannot be ended in order. Nil when the server was not set up for it.
func Conn(r *http.Request) net.Conn {
	c, _ := r.Context().Value(connKey{}).(net.Conn)
	return c
}
