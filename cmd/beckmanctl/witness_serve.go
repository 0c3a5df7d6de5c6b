package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"beckmanconnect/internal/program"
	"beckmanconnect/internal/witness"
)

const witnessStop = 10 * time.Second

// witnessServe serves add-checkpoint over HTTPS until it is stopped. Not on an
// instrument PC: nothing there takes connections (P22), and a witness that falls
// with the log proves nothing.
func witnessServe(ctx context.Context, e env, args []string) error {
	var listen, cert, key string
	dir, _, _, err := witnessFlags("serve", args, 0, func(set *flag.FlagSet) {
		set.StringVar(&listen, "listen", "", "")
		set.StringVar(&cert, "cert", "", "")
		set.StringVar(&key, "key", "", "")
	})
	if err != nil {
		return err
	}
	if listen == "" || cert == "" || key == "" {
		return program.Usagef("witness serve: --listen ADDR, --cert FILE and --key FILE are needed")
	}
	if _, err := os.Stat(e.config); err == nil {
		return fmt.Errorf("witness serve: this is an instrument PC (%s is there); run the witness on another machine", e.config)
	}
	f, err := witness.OpenFolder(dir, nil)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("witness serve: %w", err)
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("witness serve: %w", err)
	}
	if _, err := fmt.Fprintf(e.out, "Listening on %s as %s\n", listener.Addr(), f.Signer().Name()); err != nil {
		listener.Close()
		return err
	}
	server := &http.Server{
		Handler: f.Handler(e.log), TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(e.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(listener, "", "") }()
	select {
	case err = <-ended:
		return fmt.Errorf("witness serve: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), witnessStop)
	defer cancel()
	err = server.Shutdown(stop)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
