package service

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/drop"
	"beckmanconnect/service/notify/machine"
	"beckmanconnect/service/notify/probe"
	"beckmanconnect/service/notify/self"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/profile"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// idleFor names how long TestIdleCostOfTheSources measures; without it there is
// nothing to measure.
const idleFor = "BECKMANCONNECT_IDLE"

// The cost of all sources together with nothing to tell, in processor time and
// memory over an open store: ≤ 0.5 % of a core, ≤ 5 MB. It measures, and holds
// nothing against a limit: by hand,
//
//	BECKMANCONNECT_IDLE=60s go test ./service -run TestIdleCostOfTheSources -v
func TestIdleCostOfTheSources(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv(idleFor))
	if err != nil {
		t.Skip("set " + idleFor)
	}
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(dir, "data")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	text, err := profiles.Read("sample")
	if err != nil {
		t.Fatal(err)
	}
	instrument, err := profile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { // a LIS that is well
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var b [1]byte
				for {
					if _, err := conn.Read(b[:]); err != nil {
						return
					}
					if b[0] == 0x05 {
						_, _ = conn.Write([]byte{0x06})
					}
				}
			}()
		}
	}()
	alarms := &notify.Alarms{Store: s, Now: time.Now}
	quiet := slog.New(slog.DiscardHandler)
	port := listener.Addr().(*net.TCPAddr).Port
	var named []policy.Probe
	for i, kind := range []string{policy.ProbeTCP, policy.ProbeASTM, policy.ProbeHL7, policy.ProbeTCP} {
		named = append(named, policy.Probe{Name: "far-" + strconv.Itoa(i), Kind: kind, Host: "127.0.0.1", Port: port, Every: 30 * time.Second, Severity: "low"})
	}
	var parts []func(context.Context, supervise.Report) error
	for i, name := range []string{"one.log", "two.log", "three.log"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("history\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, notify.LogSource{Path: path, Profile: instrument, Alarms: alarms, OnRun: func(notify.Run) {}, Further: i > 0, Log: quiet}.Run)
	}
	folder := filepath.Join(dir, "drop")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	parts = append(parts,
		machine.New(machine.Config{Alarms: alarms, Data: dir, Processes: []string{"init", "none"}, Backups: dir, BackupWithin: time.Hour, Log: quiet}).Run,
		probe.New(probe.Config{Alarms: alarms, Probes: func() []policy.Probe { return named }, Log: quiet}).Run,
		drop.New(drop.Config{Folder: folder, Alarms: alarms, Setting: s.Setting, Log: quiet}).Run,
		self.New(self.Config{Alarms: alarms, Link: func() self.Link { return self.Link{Registered: true, Online: true} }, Writable: s.Writable}).Run,
	)
	before := footprint()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for _, run := range parts {
		wait.Go(func() { _ = run(ctx, func(string, string) {}) })
	}
	time.Sleep(5 * time.Second) // the first looks
	began, cpu := time.Now(), processorTime(t)
	time.Sleep(long)
	used, took := processorTime(t)-cpu, time.Since(began)
	after := footprint()
	cancel()
	wait.Wait()
	t.Logf("%d parts, 3 logs, 4 probes: %.3f %% of a core over %s, %.2f MB more in use (heap and stacks), %d goroutines",
		len(parts), 100*used.Seconds()/took.Seconds(), took.Round(time.Second), float64(after-before)/1e6, runtime.NumGoroutine())
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func footprint() int64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
