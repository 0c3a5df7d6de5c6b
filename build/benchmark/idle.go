package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/build/stage"
)

// What the product may cost while nothing happens.
const (
	allMemory     = 80.0  // MB PSS, tray and services together
	allCPU        = 1.0   // % of a core
	trayMemory    = 26.0  // MB PSS
	trayCPU       = 0.1   // % of a core
	serviceMemory = 45.0  // MB PSS, both services together
	homeWithin    = 700.0 // ms from the start of the window program to its first frame

	// installedInterval is how often an installed product looks for upgrades.
	installedInterval = 4 * time.Hour
)

// program is one that runs all day.
type program struct {
	name    string
	process *stage.Process

	began       time.Duration // CPU time at the start of the window
	memory, cpu float64       // MB PSS; % of a core
}

// idle measures what the product costs an instrument PC all day: registered,
// online, the technician logged on, no window open, nothing happening. Then how
// soon a window is there, that nothing of it is left once it is closed, and what
// others cost that stand beside the clock or wait for somebody to share the
// screen.
func idle(ctx context.Context, o options) ([]row, error) {
	if err := idlePeersInstalled(); err != nil {
		return nil, err
	}
	house, pc, err := instrumentPC(ctx, o, stage.PCConfig{Upgrades: installedInterval})
	if err != nil {
		return nil, err
	}
	defer house.Close()
	_, desktop, _, err := house.TechnicianDesktop(ctx, 1280, 800)
	if err != nil {
		return nil, err
	}
	if err := pc.LogOn(desktop, "LANG=en_US.UTF-8", "LANGUAGE=en"); err != nil {
		return nil, err
	}
	if err := pause(ctx, o.settle); err != nil {
		return nil, err
	}
	programs := []*program{
		{name: "beckmanconnect-tray", process: pc.Tray},
		{name: "beckmanconnect-service", process: pc.Service},
		{name: "beckmanconnect-upgrade", process: pc.Upgrade},
	}
	if err := watch(ctx, programs, cmp.Or(o.window, 30*time.Second)); err != nil {
		return nil, err
	}
	if err := noWindow(pc.Tray.PID()); err != nil {
		return nil, err
	}
	opened, err := windowRows(ctx, o, house, pc, desktop)
	if err != nil {
		return nil, err
	}
	beside, err := idlePeerRows(ctx, o, house, pc, desktop, programs)
	if err != nil {
		return nil, err
	}
	return append(append(idleRows(programs), opened...), beside...), nil
}

// noWindow: a window program that somebody opened would be a child of the tray,
// of whichever thread started it.
func noWindow(tray int) error {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", tray))
	if err != nil {
		return err
	}
	for _, file := range threads {
		children, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the thread has ended
		}
		if err != nil {
			return err
		}
		if len(children) > 0 {
			return fmt.Errorf("the tray has started another program (%s)", strings.TrimSpace(string(children)))
		}
	}
	return nil
}

// watch measures CPU over the window and memory at its end.
func watch(ctx context.Context, programs []*program, window time.Duration) error {
	pids := make([]int, len(programs))
	var err error
	for i, p := range programs {
		pids[i] = p.process.PID()
		if p.began, err = cpuTime(pids[i]); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	began := time.Now()
	if err := pause(ctx, window); err != nil {
		return err
	}
	took := time.Since(began)
	for i, p := range programs {
		if p.process.PID() != pids[i] {
			return fmt.Errorf("%s did not live through the measurement", p.name)
		}
		ended, err := cpuTime(pids[i])
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.cpu = 100 * float64(ended-p.began) / float64(took)
		if p.memory, err = pss(pids[i]); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// idleRows are the tray's, which comes first, the services', and all together.
func idleRows(programs []*program) []row {
	var rows []row
	memory, cpu := together(programs)
	services, _ := together(programs[1:])
	for _, p := range programs {
		limit, name := serviceMemory, "limit of both services"
		if p == programs[0] {
			limit, name = trayMemory, "limit"
		}
		rows = append(rows, limited("memory, "+p.name, "MB PSS", p.memory, name, limit))
	}
	rows = append(rows, limited("memory, both services", "MB PSS", services, "limit", serviceMemory),
		limited("memory, all together", "MB PSS", memory, "limit", allMemory))
	for _, p := range programs {
		limit, name := allCPU, "limit of all together"
		if p == programs[0] {
			limit, name = trayCPU, "limit"
		}
		rows = append(rows, limited("processor, "+p.name, "% of a core", p.cpu, name, limit))
	}
	return append(rows, limited("processor, all together", "% of a core", cpu, "limit", allCPU))
}

func together(programs []*program) (memory, cpu float64) {
	for _, p := range programs {
		memory, cpu = memory+p.memory, cpu+p.cpu
	}
	return memory, cpu
}
