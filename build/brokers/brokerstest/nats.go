package brokerstest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"

	"beckmanconnect/build/brokers"
	"beckmanconnect/internal/freeport"
)

// NATS starts a cluster of three, inside of this process.
func NATS(t testing.TB) *Engine {
	t.Helper()
	const servers = 3
	// Its own default allows fewer consumers than there may be devices.
	dir := t.TempDir()
	e := &Engine{Kind: "nats", CAFile: filepath.Join(dir, "ca.pem")}
	e.Roots = certificate(t, dir)
	var routes, doors []string
	for range servers {
		routes, doors = append(routes, freeport.Address(t)), append(doors, freeport.Address(t))
		e.Addresses = append(e.Addresses, "mqtts://"+doors[len(doors)-1])
	}
	var options []*nats.Options
	for i := range servers {
		file := filepath.Join(dir, fmt.Sprintf("nats-%d.conf", i))
		write(t, file, []byte(strings.NewReplacer(
			`"broker-1"`, fmt.Sprintf(`"broker-%d"`, i+1), "127.0.0.1:4222", "127.0.0.1:-1",
			"192.0.2.11:8883", doors[i], `listen: "192.0.2.11:6222"`, fmt.Sprintf("listen: %q", routes[i]),
			"192.0.2.11:6222", routes[0], "192.0.2.12:6222", routes[1], "192.0.2.13:6222", routes[2],
			"/etc/beckmanconnect-broker", dir, "/var/lib/beckmanconnect-broker", filepath.Join(dir, fmt.Sprint("store-", i)),
		).Replace(brokers.NATSConf)))
		o, err := nats.ProcessConfigFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o.NoLog, o.NoSigs = true, true
		options = append(options, o)
	}
	running := make([]*nats.Server, servers)
	e.Start = func() {
		for i, o := range options {
			s, err := nats.NewServer(o.Clone())
			if err != nil {
				t.Fatal(err)
			}
			running[i] = s
			go s.Start()
		}
		for _, s := range running {
			if !s.ReadyForConnections(30 * time.Second) {
				t.Fatal("NATS does not come up")
			}
		}
		for _, s := range running { // a cluster elects its leader first
			for !s.JetStreamIsCurrent() {
				select {
				case <-t.Context().Done():
					t.Fatal("NATS has no leader")
				case <-time.After(10 * time.Millisecond): // it does not say when
				}
			}
		}
	}
	e.Stop = func() {
		for _, s := range running {
			s.Shutdown()
		}
		for _, s := range running {
			s.WaitForShutdown()
		}
	}
	e.Start()
	t.Cleanup(e.Stop)
	return e
}
