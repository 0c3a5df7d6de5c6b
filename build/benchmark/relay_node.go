package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/cloud/relay"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// relayNode is our relay as the cloud runs it, alone in a process, so that what
// it costs can be told from what its ends cost.
func relayNode(ctx context.Context, dir, port string) error {
	pem, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.pem"))
	if err != nil {
		return err
	}
	r := relay.New(relay.Config{
		Host:     func(context.Context, string, string) (time.Time, error) { return time.Now().Add(time.Hour), nil },
		Engineer: func(*http.Request, string) (relay.Engineer, error) { return relay.Engineer{Account: "bench"}, nil },
		Log:      slog.New(slog.DiscardHandler), Now: time.Now, PerDevice: 10_000, PerStaff: 10_000,
	})
	mux := http.NewServeMux()
	mux.Handle(cloudapi.PathRelay, r.Handler())
	server := &http.Server{
		Handler: mux, ConnContext: web.ConnContext, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: roots, NextProtos: []string{"http/1.1"},
		},
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ServeTLS(l, "", ""); ctx.Err() == nil {
		return fmt.Errorf("relay: %w", err)
	}
	r.Close()
	return nil
}
