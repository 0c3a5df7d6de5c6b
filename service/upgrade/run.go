package upgrade

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// Platform is this build's, as releases name it.
func Platform() string { return runtime.GOOS + "-" + runtime.GOARCH }

// Serve is the upgrade service as it is configured, until ctx ends or it has
// to be started as another version (ErrRestart).
func Serve(ctx context.Context, config hostconfig.Config, log *slog.Logger) error {
	if err := config.CheckService(); err != nil {
		return err
	}
	roots, err := trust.Load(config.Trust)
	if err != nil {
		return err
	}
	install := versions.Install{Dir: config.Install}
	if err := os.MkdirAll(folder(install), 0o700); err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go guard(ctx, install, trialLimit, func() {
		log.Error("the trial of this version comes to no end; it is given up")
		os.Exit(program.ExitFailed)
	})
	service := newHostService(config.Socket, version.Version())
	defer service.Close()
	watch := time.Duration(0)
	if roots.Development {
		watch = config.Upgrade.Watch
	}
	u, err := New(Config{
		Install: install, Platform: Platform(), Version: version.Version(), Log: log, Interval: config.Upgrade.Interval,
		Source: fileSource{source.New(source.Config{
			URL: config.Cloud.URL + cloudapi.PathUpgrades, Root: roots.TUFRoot, CloudCA: roots.CloudCA,
			Dir: folder(install), Platform: Platform(), Client: dialer(config, roots.Development, log).Client,
		})},
		Service: service,
		Watch:   watch,
		Restart: restarter(),
	})
	if err != nil {
		return err
	}
	return serve(ctx, u, config.UpgradeSocket, log)
}

// dialer is this program's way out: the region's endpoints and the installed
// address. What the site's policy adds is for the service alone.
func dialer(config hostconfig.Config, development bool, log *slog.Logger) *netdial.Dialer {
	table := endpoints.Allowed(config.Region, config, endpoints.Policy{})
	return netdial.New(netdial.Config{
		Table: func() endpoints.Table { return table }, Development: development, Proxy: config.Cloud.Proxy, Log: log,
	})
}

// serve runs the upgrader and its pipe, and ends both when one does.
func serve(ctx context.Context, u *Upgrader, socket string, log *slog.Logger) error {
	who := pipe.Config{Path: socket}
	rules := identity.Rules{}
	if account, err := identity.Account(pipe.DefaultAccount); err == nil {
		rules.Service = account
		admit(&who, account)
	}
	pipeServer, err := server.NewUpgrader(server.UpgraderConfig{Upgrader: u, Version: u.config.Version, Log: log, Rules: rules})
	if err != nil {
		return err
	}
	listener, err := pipe.Listen(who)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() error {
		defer stop()
		return pipeServer.Serve(ctx, listener)
	})
	group.Go(func() error {
		defer stop()
		return u.Run(ctx)
	})
	log.Info("ready", "version", u.config.Version, "socket", socket)
	return group.Wait()
}

// fileSource fits a source to what an Upgrader asks for.
type fileSource struct{ *source.Source }

// Download writes to a file: the same handle is verified and unpacked.
func (s fileSource) Download(ctx context.Context, o source.Offer, file *os.File, progress func(int64)) error {
	return errors.Join(s.Source.Download(ctx, o, file, progress), file.Sync())
}

// AdoptPackage is the verb that packages and the demonstration call.
func AdoptPackage(config hostconfig.Config, archive, launcher string) (string, error) {
	for _, p := range []*string{&archive, &launcher} {
		abs, err := filepath.Abs(*p)
		if err != nil {
			return "", fmt.Errorf("upgrade: adopt: %w", err)
		}
		*p = abs
	}
	return Adopt(Adoption{Install: versions.Install{Dir: config.Install}, Platform: Platform(), Package: archive, Launcher: launcher})
}
