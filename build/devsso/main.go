// Command devsso is the sign-in service of a development machine: an OpenID
// Connect provider on loopback, with people from a file. It stands in for the
// vendor's SSO in the demonstration and is part of no package.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"beckmanconnect/build/devsso/provider"
	"beckmanconnect/internal/program"
)

func main() {
	config := ""
	program.Main(program.Info{
		Name:    "devsso",
		Summary: "a sign-in service for development, on loopback only",
	}, func(set *flag.FlagSet) {
		set.StringVar(&config, "config", "", "TOML `file` with issuer, clients and users")
	}, func(ctx context.Context, log *slog.Logger, _ []string) error {
		if config == "" {
			return program.Usagef("--config is missing")
		}
		return serve(ctx, log, config)
	})
}

func serve(ctx context.Context, log *slog.Logger, file string) error {
	c, err := provider.Load(file)
	if err != nil {
		return err
	}
	address, err := c.Address()
	if err != nil {
		return err
	}
	handler, err := provider.New(c)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("devsso: %w", err)
	}
	server := &http.Server{Handler: handler, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	log.Info("sign-in service is up", "issuer", c.Issuer, "users", len(c.Users))
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("devsso: %w", err)
	}
	return nil
}
