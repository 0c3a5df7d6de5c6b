package upgrade

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/lean"
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
	gate := codesign.New(roots, nil)
	site := &siteReader{Path: config.Policy, Verifiers: roots.Policy, Memory: source.NewMemory(folder(install)), Channel: config.Upgrade.Channel, Log: log}
	u, err := New(Config{
		Install: install, Platform: Platform(), Version: version.Version(), Log: log, Interval: config.Upgrade.Interval, Every: site.Every,
		Source: siteSource{site: site, Source: source.New(source.Config{
			URL: config.Cloud.URL + cloudapi.PathUpgrades, Root: roots.TUFRoot, CloudCA: roots.CloudCA,
			Dir: folder(install), Platform: Platform(), Client: dialer(config, site, roots.Development, log).Client,
			Site: site.Source, Installed: install.Current, Built: version.Built(), Log: log,
		})},
		Manifest: gate.Manifest,
		Signed:   gate.File,
		Anywhere: roots.Development,
		Service:  service,
		Watch:    watch,
		Restart:  restarter(),
	})
	if err != nil {
		return err
	}
	return serve(ctx, u, config.UpgradeSocket, log)
}

// dialer is this program's way out: the region's endpoints, the installed
// address, and the mirror that the site's policy names. What else the policy
// adds is for the service alone.
func dialer(config hostconfig.Config, site *siteReader, development bool, log *slog.Logger) *netdial.Dialer {
	return netdial.New(netdial.Config{
		Table: func() endpoints.Table {
			return endpoints.Allowed(config.Region, config, endpoints.Policy{Mirror: site.Source().Mirror}).Of(endpoints.Upgrade)
		},
		Development: development, Proxy: config.Cloud.Proxy, Log: log,
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
	group.Go(func() error {
		lean.Keep(ctx, lean.Config{})
		return nil
	})
	log.Info("ready", "version", u.config.Version, "socket", socket)
	return group.Wait()
}

// AdoptPackage is the verb that packages and the demonstration call.
func AdoptPackage(config hostconfig.Config, archive, launcher string) (string, error) {
	for _, p := range []*string{&archive, &launcher} {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return "", fmt.Errorf("upgrade: adopt: %w", err)
		}
		*p = abs
	}
	roots, err := trust.Load(config.Trust)
	if err != nil {
		return "", fmt.Errorf("upgrade: adopt: what verifies the package: %w", err)
	}
	return Adopt(Adoption{
		Install: versions.Install{Dir: config.Install}, Platform: Platform(), Package: archive, Launcher: launcher, Manifest: codesign.New(roots, nil).Manifest,
	})
}
