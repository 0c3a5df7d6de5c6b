package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/build/stage"
)

// upgradeStatus is what beckmanctl upgrade status says.
type upgradeStatus struct {
	State   string `json:"state"`
	Version string `json:"version"`
	Running string `json:"running_version"`
	Delta   bool   `json:"delta"`
	Size    string `json:"size"`
	Error   string `json:"error_code"`
}

// upgrade is step 8: a second version of the product, built and signed by
// build/release, is offered, accepted with a click, fetched as what has changed,
// verified and installed; a third that does not work is taken back by itself
// (P4, P8, B10).
func (t *teller) upgrade(ctx context.Context) (string, error) {
	if t.o.release == "" || t.o.broken == "" {
		return "", errors.New("the second and the third version were not built (--release, --broken)")
	}
	before, err := t.pc.Running(ctx)
	if err != nil {
		return "", err
	}
	// What is installed is published, too: what has changed since is a delta.
	for _, archive := range []string{t.o.first, t.o.release} {
		if err := t.house.Release(ctx, archive); err != nil {
			return "", err
		}
	}
	version := archiveVersion(t.o.release)
	offered, err := t.acceptNow(ctx, version, "upgrade-offer")
	if err != nil {
		return "", err
	}
	if !offered.Delta {
		return "", fmt.Errorf("version %s is offered whole and not as a delta (%s bytes)", version, offered.Size)
	}
	// It is watched for two minutes before it counts as installed.
	if err := t.upgradeIs(ctx, 200*time.Second, "installed", version); err != nil {
		return "", err
	}
	after, err := t.pc.Running(ctx)
	switch {
	case err != nil:
		return "", err
	case after == before:
		return "", errors.New("the service still runs the program of before")
	}
	if err := t.serviceIs(ctx, version); err != nil {
		return "", err
	}
	if err := t.desk(ctx, "upgraded"); err != nil {
		return "", err
	}
	back, err := t.rollsBack(ctx, version)
	if err != nil {
		return "", err
	}
	whole, err := os.Stat(t.o.release)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("offered, accepted by click, fetched %s of %d bytes as a delta, now running as %s from %s; %s",
		offered.Size, whole.Size(), version, filepath.Base(filepath.Dir(after))[:12], back), nil
}

// acceptNow waits for an offer, opens it from the tray and presses Now.
func (t *teller) acceptNow(ctx context.Context, version, shot string) (offered upgradeStatus, err error) {
	err = within(ctx, 120*time.Second, func(ctx context.Context) error {
		return all(
			func() error {
				return stage.Until(ctx, "the offer of "+version, func() (bool, error) {
					offered, err = t.upgradeStatus(ctx)
					return offered.State == "offered" && offered.Version == version, err
				})
			},
			func() error {
				return t.openFromTray(ctx, "upgrade.now", "tray.menu.upgrade-offered", "version", version)
			},
			func() error { return t.desk(ctx, shot) },
			func() error { return t.hand.Press(ctx, "upgrade.now") },
			func() error { return t.hand.Gone(ctx, "upgrade.now") },
		)
	})
	return offered, err
}

// rollsBack offers the version that does not work, accepts it, and sees the one
// before come back without anybody's hand, on the page and in the log.
func (t *teller) rollsBack(ctx context.Context, good string) (string, error) {
	if err := t.house.Release(ctx, t.o.broken); err != nil {
		return "", err
	}
	broken := archiveVersion(t.o.broken)
	if _, err := t.acceptNow(ctx, broken, "broken-offer"); err != nil {
		return "", err
	}
	began := time.Now()
	if err := t.upgradeIs(ctx, 180*time.Second, "rolled-back", broken); err != nil {
		return "", err
	}
	took := time.Since(began)
	if err := t.serviceIs(ctx, good); err != nil {
		return "", err
	}
	err := within(ctx, 60*time.Second, func(ctx context.Context) error {
		return all(
			func() error { return t.openFromTray(ctx, "activity.search", "tray.menu.activity") },
			func() error { return t.desk(ctx, "rolled-back-log") },
			func() error { return t.turnTo(ctx, "nav.upgrade", "upgrade.check") },
			func() error { return t.desk(ctx, "rolled-back") },
		)
	})
	if err != nil {
		return "", err
	}
	entries, err := t.pc.Ctl(ctx, "log", "list")
	if err != nil {
		return "", err
	}
	for _, kind := range []string{"upgrade.accepted", "upgrade.installed", "upgrade.rolled-back", "upgrade.journal.rolled-back"} {
		if !strings.Contains(entries, kind) {
			return "", fmt.Errorf("the log lacks %s", kind)
		}
	}
	return fmt.Sprintf("%s did not come up and was taken back by itself within %.0f s, %s runs again", broken, took.Seconds(), good), nil
}

// upgradeIs waits until an upgrade has come to its end. The service is away in
// between.
func (t *teller) upgradeIs(ctx context.Context, limit time.Duration, state, version string) error {
	return within(ctx, limit, func(ctx context.Context) error {
		return stage.Until(ctx, "version "+version+" to be "+state, func() (bool, error) {
			u, err := t.upgradeStatus(ctx)
			return u.State == state && u.Version == version, err
		})
	})
}

// serviceIs checks which version answers.
func (t *teller) serviceIs(ctx context.Context, version string) error {
	status, err := t.pc.Ctl(ctx, "status", "--json")
	if err != nil {
		return err
	}
	var s struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal([]byte(status), &s); err != nil {
		return fmt.Errorf("beckmanctl status --json: %w", err)
	}
	if s.Version != version {
		return fmt.Errorf("the service says it is %s, not %s", s.Version, version)
	}
	return nil
}

func (t *teller) upgradeStatus(ctx context.Context) (u upgradeStatus, err error) {
	text, err := t.pc.Ctl(ctx, "upgrade", "status", "--json")
	if err != nil {
		return u, err
	}
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		return u, fmt.Errorf("beckmanctl upgrade status --json: %w", err)
	}
	return u, nil
}

// archiveVersion reads the version out of an archive's name, as build/release
// makes it: beckmanconnect-VERSION-PLATFORM.ENDING.
func archiveVersion(archive string) string {
	version, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(archive), "beckmanconnect-"), "-")
	return version
}
