// Package service is the composition root of beckmanconnect-service: it makes
// the parts, connects them, supervises them and ends them in order. What the
// parts do stands in the folders below.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/lean"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/server"
	"beckmanconnect/store"
)

// ErrRestart: another version is current now; the supervisor is to start it.
var ErrRestart = errors.New("service: to be started as another version")

// stopWithin bounds what the last entry of the log may take.
const stopWithin = 5 * time.Second

// Run is the service, until ctx ends or it has to be started anew.
func Run(ctx context.Context, config hostconfig.Config, log *slog.Logger) error {
	return RunSupervised(ctx, config, log, nil)
}

// RunSupervised is Run where the system tells the service of changes of log-on
// sessions.
func RunSupervised(ctx context.Context, config hostconfig.Config, log *slog.Logger, seats <-chan winservice.Session) error {
	if err := config.CheckService(); err != nil {
		return err
	}
	if err := undumped(); err != nil {
		log.Warn("a crash may leave what is in memory on the disk", "error", err)
	}
	roots, err := trust.Load(config.Trust)
	if err != nil {
		return err
	}
	if port := config.CloudPort(); port != "443" && !roots.Development {
		return fmt.Errorf("configuration %s: cloud.url: port %s; only port 443 may be dialled (P11)", config.File, port)
	}
	h := &house{config: config, roots: roots, log: log, poke: make(chan struct{}, 1), news: make(chan struct{}, 1), restart: make(chan struct{}), standing: make(chan struct{}, 1), boot: newBoot(), seats: seats}
	if err := h.open(ctx); err != nil {
		return err
	}
	err = h.run(ctx)
	if e := h.store.Close(); err == nil {
		err = e
	}
	return err
}

// run makes the parts on an open store and keeps them until ctx ends.
func (h *house) run(ctx context.Context) error {
	if err := h.build(ctx); err != nil {
		return err
	}
	// The name last: who can connect finds everything there.
	listener, err := pipe.Listen(pipe.Config{Path: h.config.Socket, Users: true})
	if err != nil {
		return err
	}
	if h.away == nil {
		if err := h.absorb(ctx); err != nil {
			h.log.Error("what stood in for the log stays where it is", "error", err)
		}
	}
	h.recordStart(ctx)
	err = h.serve(ctx, listener)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	h.record(ending, "service.stopped", func(tx *store.Tx) error { return tx.DeleteSetting(settingRunning) })
	return err
}

// serve runs everything and ends it in order: first the pipe, so that nobody
// asks for more; then sessions; then what they rest on.
func (h *house) serve(ctx context.Context, listener net.Listener) error {
	pipeServer, err := server.New(server.Config{Host: h.hostServer(), Version: version.Version(), Epoch: h.store.Epoch(), Greeted: h.greeted, Log: h.log})
	if err != nil {
		listener.Close()
		return err
	}
	back, stopBack := context.WithCancel(context.WithoutCancel(ctx))
	defer h.parts.Wait()
	defer stopBack()
	h.start(back)

	front, stopFront := context.WithCancel(ctx)
	defer stopFront()
	sessions, stopSessions := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSessions()
	var group errgroup.Group
	group.Go(func() error {
		defer stopSessions()
		defer stopFront()
		return pipeServer.Serve(front, listener)
	})
	// Sessions are not restarted when they fail: the service is, and what was
	// granted ends with it (B5).
	group.Go(func() error {
		defer stopFront()
		return h.support.Run(sessions)
	})
	group.Go(func() error {
		h.watchSeats(front)
		return nil
	})
	group.Go(func() error {
		lean.Keep(front, lean.Config{Busy: func() bool { return h.upgradeFacts().Session }})
		return nil
	})
	group.Go(func() error {
		select {
		case <-h.restart:
			stopFront()
			return ErrRestart
		case <-front.Done():
			return nil
		}
	})
	h.log.Info("ready", "version", version.Version(), "socket", h.config.Socket, "device", h.device.ID())
	if err := group.Wait(); err != nil {
		return err
	}
	if ctx.Err() == nil {
		return errors.New("service: the local pipe or the sessions ended by themselves")
	}
	return nil
}

// record puts the service's own coming and going on record. A log that cannot
// be written keeps sessions closed, not the service down (scenario 50).
func (h *house) record(ctx context.Context, kind string, also func(*store.Tx) error) {
	err := h.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: kind, Actor: "system", Subject: version.Version(), Fields: map[string]string{
			"version": version.Version(), "device": h.device.ID(), "policy": h.policy.Current().Source,
		}})
		if err != nil {
			return err
		}
		return also(tx)
	})
	if err != nil {
		h.log.Error("the log cannot be written; sessions stay closed", "error", err)
	}
}
