// Command mailbox is the mail server of a development machine: it takes every
// message on loopback and shows it on a page. It stands in for the vendor's
// mail server in the demonstration and is part of no package.
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

	"github.com/emersion/go-smtp"

	"beckmanconnect/build/mailbox/box"
	"beckmanconnect/internal/program"
)

func main() {
	mail, page := "", ""
	program.Main(program.Info{
		Name:    "mailbox",
		Summary: "a mail server for development, on loopback only",
	}, func(set *flag.FlagSet) {
		set.StringVar(&mail, "smtp", "127.0.0.1:2525", "loopback `address` mail is taken at")
		set.StringVar(&page, "page", "127.0.0.1:8025", "loopback `address` of the page that shows it")
	}, func(ctx context.Context, log *slog.Logger, _ []string) error {
		return serve(ctx, log, mail, page)
	})
}

func serve(ctx context.Context, log *slog.Logger, mail, page string) error {
	b := box.New()
	taking, err := listen(mail)
	if err != nil {
		return err
	}
	showing, err := listen(page)
	if err != nil {
		return errors.Join(err, taking.Close())
	}
	server := b.Server(nil, "", "")
	web := &http.Server{Handler: b, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close(); _ = web.Close() })
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(taking) }()
	go func() { ended <- web.Serve(showing) }()
	log.Info("mailbox is up", "smtp", mail, "page", "http://"+page+"/")
	first := <-ended
	_ = server.Close()
	_ = web.Close()
	<-ended
	if ctx.Err() == nil && !errors.Is(first, http.ErrServerClosed) && !errors.Is(first, smtp.ErrServerClosed) {
		return fmt.Errorf("mailbox: %w", first)
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	if err := box.Loopback(address); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	return l, nil
}
