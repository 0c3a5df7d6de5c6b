package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"beckmanconnect/build/benchmark/paint"
)

// profile records where service and helper spend their time in the first round
// of a work, and leaves a list of functions for each in the folder that was
// asked for. perf looks from outside: the programs are those that ship.
func (b *screenBench) profile(ctx context.Context, round int, work paint.Work) (stop func(), err error) {
	if b.o.profile == "" || round > 0 {
		return func() {}, nil
	}
	if _, err := exec.LookPath("perf"); err != nil {
		return nil, errors.New("--profile needs perf (Debian: linux-perf)")
	}
	if err := os.MkdirAll(b.o.profile, 0o755); err != nil {
		return nil, err
	}
	pids, err := b.ours.processes()
	if err != nil {
		return nil, err
	}
	var ends []func()
	for _, pid := range pids {
		program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil {
			return nil, err
		}
		data := filepath.Join(b.o.profile, fmt.Sprintf("%s-%s.perf", filepath.Base(program), work))
		perf := exec.CommandContext(ctx, "perf", "record", "-q", "-F", "499", "-g", "-o", data, "-p", strconv.Itoa(pid))
		perf.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		if err := perf.Start(); err != nil {
			return nil, fmt.Errorf("perf: %w", err)
		}
		ends = append(ends, func() {
			_ = perf.Process.Signal(os.Interrupt) // perf then writes its file
			_ = perf.Wait()
			if err := b.functions(data, program); err != nil {
				b.say("profile: %v", err)
			}
		})
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}, nil
}

// functions writes which functions were met, alone and with what they called.
func (b *screenBench) functions(data, program string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	text, err := exec.CommandContext(ctx, "perf", "script", "-i", data, "-F", "ip,sym").Output()
	if err != nil {
		return fmt.Errorf("perf script %s: %w", filepath.Base(data), err)
	}
	names, err := openSymbols(program)
	if err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(data, ".perf")+".txt", []byte(hottest(string(text), names)), 0o644)
}
