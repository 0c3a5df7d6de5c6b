package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/build/benchmark/paint"
)

// Limits of the memory in MB PSS: of the console's tab, and of what an hour of
// mixed work may add to a program, which covers what a garbage collector swings
// by.
const (
	tabMost    = 300.0
	growthMost = 10.0
)

// memorySample is what the programs of a session hold at one time, MB PSS.
type memorySample struct {
	when                 string
	after                time.Duration // since the first
	service, helper, tab float64
}

func (m memorySample) String() string {
	return fmt.Sprintf("memory %s: service %.1f MB, desktop helper %.1f MB, console's tab %.1f MB", m.when, m.service, m.helper, m.tab)
}

// sampleMemory takes down what is held now. Where it cannot be read, there is
// no sample.
func (b *screenBench) sampleMemory(when string) {
	m, err := b.ours.memory()
	if err != nil {
		b.say("memory: %v", err)
		return
	}
	m.when = when
	b.results.memory = append(b.results.memory, m)
}

func (r *rig) memory() (m memorySample, err error) {
	if m.service, err = pss(r.pc.Service.PID()); err != nil {
		return m, err
	}
	helpers, err := processesOf(r.pc.Dir, "beckmanconnect-desktop")
	if err != nil {
		return m, err
	}
	for _, pid := range helpers {
		v, err := pss(pid)
		if err != nil {
			return m, err
		}
		m.helper += v
	}
	m.tab, err = largestTab()
	return m, err
}

// largestTab is the tab that holds most of the Chromium this bench started: the
// console's.
func largestTab() (megabytes float64, err error) {
	all, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, entry := range all {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !strings.Contains(string(line), "--type=renderer") || !descends(pid, os.Getpid()) {
			continue
		}
		if v, err := pss(pid); err == nil {
			megabytes = max(megabytes, v)
		}
	}
	if megabytes == 0 {
		return 0, errors.New("the browser has no tab")
	}
	return megabytes, nil
}

// descends tells whether a process was started by another, or by one of those
// that it started.
func descends(pid, from int) bool {
	for range 10 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return false
		}
		// The name in brackets may hold anything; the parent is the second
		// field after it.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 2 {
			return false
		}
		if pid, err = strconv.Atoi(fields[1]); err != nil || pid <= 1 {
			return false
		}
		if pid == from {
			return true
		}
	}
	return false
}

// soakStep is how long each work goes on before the next.
const soakStep = 20 * time.Second

// soak does mixed work for so long and looks at the memory every so often. The
// first tenth warms up and does not count.
func (b *screenBench) soak(ctx context.Context) error {
	if err := b.ours.granted(ctx); err != nil {
		return err
	}
	began := time.Now()
	warm := b.o.soak / 10
	sample := func() error {
		m, err := b.ours.memory()
		if err != nil {
			return err
		}
		m.after = time.Since(began)
		m.when = fmt.Sprintf("after %v", m.after.Round(time.Second))
		b.say("%s", m)
		if m.after >= warm {
			b.results.memory = append(b.results.memory, m)
		}
		return nil
	}
	for n := 0; time.Since(began) < b.o.soak; n++ {
		work := paint.All[n%len(paint.All)]
		p, err := paint.Open(paint.Config{Display: b.ours.display, Work: work, Seed: seed + uint64(n)})
		if err != nil {
			return err
		}
		err = p.Run(ctx, min(soakStep, b.o.soak/time.Duration(2*len(paint.All))+time.Second))
		p.Close()
		if err != nil {
			return err
		}
		if n%len(paint.All) == len(paint.All)-1 {
			if err := b.ours.settle(ctx); err != nil {
				return err
			}
			if err := sample(); err != nil {
				return err
			}
		}
	}
	if err := sample(); err != nil {
		return err
	}
	differ, err := b.ours.compare()
	if err == nil && differ > 0 {
		err = fmt.Errorf("after all of it the picture differs in %d pixels", differ)
	}
	return err
}

// memoryRows: the tab against its limit, and what was added over a soak. Growth
// is the median of the last third over that of the first: one garbage
// collection does not make it.
func memoryRows(all []memorySample) []row {
	if len(all) == 0 {
		return nil
	}
	most := 0.0
	for _, m := range all {
		most = max(most, m.tab)
	}
	rows := []row{limited("memory: console's tab, most", "MB PSS", most, "limit", tabMost)}
	if len(all) < 6 || all[0].after == 0 {
		return rows // not a soak, or too short for one
	}
	long := (all[len(all)-1].after - all[0].after).Round(time.Second)
	for _, p := range []struct {
		name string
		of   func(memorySample) float64
	}{
		{"service", func(m memorySample) float64 { return m.service }},
		{"desktop helper", func(m memorySample) float64 { return m.helper }},
		{"console's tab", func(m memorySample) float64 { return m.tab }},
	} {
		third := len(all) / 3
		values := func(part []memorySample) (v []float64) {
			for _, m := range part {
				v = append(v, p.of(m))
			}
			return v
		}
		grown := max(median(values(all[len(all)-third:]))-median(values(all[:third])), 0)
		rows = append(rows, limited(fmt.Sprintf("memory: growth of %s in %v of mixed work", p.name, long), "MB PSS", grown, "limit", growthMost))
	}
	return rows
}
