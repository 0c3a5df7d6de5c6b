package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service"
)

// The scripts run beckmanctl as a program of its own, against a real service
// where they start one.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"beckmanctl": main, "testservice": serve, "testupgrader": serveUpgrades})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/ctl",
		Setup: func(env *testscript.Env) error {
			dir, err := os.MkdirTemp("", "bc") // short: a socket's path has 107 bytes
			if err != nil {
				return err
			}
			env.Defer(func() { os.RemoveAll(dir) })
			env.Setenv("RUN_DIR", dir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"pc": scriptPC, "ready": scriptReady, "field": scriptField, "entry": scriptEntry, "offered": scriptOffered},
	})
}

// serve is the service, as its own program runs it.
func serve() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	config, err := hostconfig.Load(os.Args[1])
	if err == nil {
		err = service.Run(ctx, config, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// scriptPC makes host.toml and trust roots.
func scriptPC(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(trust.Init(ts.MkAbs("trust")))
	text := fmt.Sprintf("data = \"data\"\nsocket = %q\nupgrade_socket = %q\ntrust = \"trust/roots\"\npolicy = \"site-policy.note\"\n[cloud]\nurl = \"https://127.0.0.1:1\"\n",
		filepath.Join(ts.Getenv("RUN_DIR"), "host.sock"), filepath.Join(ts.Getenv("RUN_DIR"), "upgrade.sock"))
	ts.Check(os.WriteFile(ts.MkAbs("host.toml"), []byte(text), 0o600))
}

// scriptReady waits until the service answers.
func scriptReady(ts *testscript.TestScript, _ bool, _ []string) {
	config := client.Config{Socket: filepath.Join(ts.Getenv("RUN_DIR"), "host.sock"), Program: protocol.Ctl, Version: version.Version()}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	up := make(chan struct{}, 1)
	_ = client.Follow(ctx, config, func(e *hostpb.Event) { // ends with ctx
		select {
		case up <- struct{}{}:
			cancel()
		default:
		}
	}, nil)
	if len(up) == 0 {
		ts.Fatalf("the service never answered")
	}
}

// scriptOffered looks for upgrades until one is offered.
func scriptOffered(ts *testscript.TestScript, _ bool, _ []string) {
	config := client.Config{Socket: filepath.Join(ts.Getenv("RUN_DIR"), "host.sock"), Program: protocol.Ctl, Version: version.Version()}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := client.Dial(ctx, config)
	ts.Check(err)
	defer c.Close()
	events, err := c.Host.Watch(ctx, &hostpb.WatchRequest{})
	ts.Check(err)
	looked := false
	for {
		e, err := events.Recv()
		ts.Check(err)
		u := e.GetUpgrade()
		if s := e.GetStatus(); s != nil {
			u = s.GetUpgrade()
		}
		if s := e.GetReset_().GetSnapshot(); s != nil {
			u = s.GetUpgrade()
		}
		switch code := u.GetCheckError(); {
		case u.GetState() == "offered":
			return
		case u.GetState() == "none" && code != "" && code != "upgrade-service-away" && !looked:
			// The upgrade service answers; it has not looked yet.
			looked = true
			_, err := c.Host.CheckUpgrades(ctx, &hostpb.CheckUpgradesRequest{})
			ts.Check(err)
		}
	}
}

// scriptEntry takes the number of the newest entry of a kind out of the log that
// was listed last as $ENTRY: entry KIND.
func scriptEntry(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var e struct {
			Index int64  `json:"index"`
			Kind  string `json:"kind"`
		}
		ts.Check(json.Unmarshal([]byte(line), &e))
		if e.Kind == args[0] {
			ts.Setenv("ENTRY", fmt.Sprint(e.Index))
			return
		}
	}
	ts.Fatalf("no entry %s", args[0])
}

// scriptField checks a field of the JSON that the last command printed:
// field PATH VALUE, as in "field log.writable true".
func scriptField(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: field PATH VALUE")
	}
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &value))
	for _, name := range strings.Split(args[0], ".") {
		object, ok := value.(map[string]any)
		if !ok {
			ts.Fatalf("no field %s", args[0])
		}
		value = object[name]
	}
	if got := fmt.Sprint(value); (got == args[1]) == neg {
		ts.Fatalf("%s is %s", args[0], got)
	}
}
