package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// What issue 6 asks of an upgrade.
const (
	smallDelta   = 0.05 // of the whole archive, for a small change
	clickSeconds = 10.0 // from the click to the first full health check passed
	checkBytes   = 2048.0
	checkMillis  = 100.0
)

// upgradeBench measures what an upgrade costs: the bytes of a delta, the time
// from the click until the new version has shown that it works, and a check
// that finds nothing.
func upgradeBench(ctx context.Context, o options) ([]row, error) {
	if o.release == "" {
		return nil, errors.New("--release names no archive of the next version")
	}
	var rows []row
	for _, part := range []struct {
		name    string
		measure func(context.Context, options) ([]row, error)
	}{{"small", deltaOf(smallBump)}, {"modules", deltaOf(modulesBump)}, {"code", deltaOf(codeBump)}, {"click", upgradeClick}, {"check", upgradeChecks}} {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), part.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "  "+part.name)
		more, err := part.measure(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		rows = append(rows, more...)
	}
	if len(rows) == 0 {
		return nil, errors.New("--only: upgrade has the parts small, modules, code, click, check")
	}
	return rows, nil
}

// upgradeClick takes the time from the technician's click (the call that
// accepts the offer) until the service of the new version is called healthy.
func upgradeClick(ctx context.Context, o options) ([]row, error) {
	o.dir = filepath.Join(o.dir, "click")
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, err
	}
	house, pc, err := instrumentPC(ctx, o, stage.PCConfig{})
	if err != nil {
		return nil, err
	}
	defer house.Close()
	if err := house.Release(ctx, o.release); err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var offer *hostpb.Upgrade
	err = stage.Until(wait, "an offer", func() (bool, error) {
		offer, err = upgradeState(wait, pc)
		return offer.GetState() == "offered", err
	})
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := acceptUpgrade(wait, pc, offer.GetDigest()); err != nil {
		return nil, err
	}
	for {
		now, err := upgradeState(wait, pc)
		switch state := now.GetState(); {
		case err != nil: // the service is being started again
		case state == "watching" || state == "installed":
			took := time.Since(began).Seconds()
			return []row{limited("click to the first full health check passed", "s", took, "limit", clickSeconds)}, nil
		case state == "failed" || state == "rolled-back":
			return nil, fmt.Errorf("the upgrade is %s (%s)", state, now.GetErrorCode())
		}
		if err := pause(wait, 20*time.Millisecond); err != nil {
			return nil, fmt.Errorf("no health check was passed: %w", err)
		}
	}
}

func upgradeState(ctx context.Context, pc *stage.PC) (*hostpb.Upgrade, error) {
	c, err := dial(ctx, pc)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	status, err := c.Host.GetStatus(ctx, &hostpb.GetStatusRequest{})
	return status.GetUpgrade(), err
}

func acceptUpgrade(ctx context.Context, pc *stage.PC, digest string) error {
	c, err := dial(ctx, pc)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Host.AcceptUpgrade(ctx, &hostpb.AcceptUpgradeRequest{Digest: digest, Initials: "MK", When: "now"}); err != nil {
		return fmt.Errorf("accept the upgrade: %w", err)
	}
	return nil
}
