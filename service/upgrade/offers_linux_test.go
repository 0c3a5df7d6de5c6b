package upgrade

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/offers"
	"beckmanconnect/store"
)

// What the service decides, on the real upgrade service: a run holds what was
// accepted, its end lets it go, and what happened meanwhile is in the log once.
func TestTheServiceDecides(t *testing.T) { // P8, B10
	m := newMachine(t)
	log, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var mu sync.Mutex
	facts := offers.Facts{Run: notify.RunRunning}
	states := make(chan *hostpb.Upgrade, 1000)
	o, err := offers.New(t.Context(), offers.Config{
		Dial:  offers.Dial(client.Config{Socket: m.socket("upgrade"), Program: protocol.Host, Version: "1.0.0"}),
		Store: log, Version: "1.1.0", Pause: 10 * time.Millisecond, Every: 20 * time.Millisecond, Restart: func() {},
		Facts:   func() offers.Facts { mu.Lock(); defer mu.Unlock(); return facts },
		Changed: func(_ context.Context, u *hostpb.Upgrade) { states <- u },
	})
	if err != nil {
		t.Fatal(err)
	}
	until := func(so func(*hostpb.Upgrade) bool) {
		t.Helper()
		for u := range states {
			if so(u) {
				return
			}
		}
	}
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.start()
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { _ = o.Run(ctx, func(string, string) {}) })
	defer run.Wait()
	defer cancel()
	until(func(u *hostpb.Upgrade) bool { return u.GetState() == "offered" })
	if _, err := o.Accept(ctx, offers.Acceptance{Digest: digest, When: offers.Idle, By: notify.Person{Role: "technician", Account: "anna"}}); err != nil {
		t.Fatal(err)
	}
	until(func(u *hostpb.Upgrade) bool { return u.GetState() == "planned" && u.GetHeld() == "run" })
	mu.Lock()
	facts.Run = notify.RunIdle
	mu.Unlock()
	o.Poke()
	until(func(u *hostpb.Upgrade) bool { return u.GetState() == "installed" })
	cancel()
	run.Wait()
	list, _, err := log.Entries(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range slices.Backward(list) {
		if strings.HasPrefix(e.Kind, "upgrade.") {
			kinds = append(kinds, e.Kind)
		}
	}
	for _, kind := range []string{"upgrade.planned", "upgrade.journal.switched", "upgrade.journal.healthy"} {
		if n := strings.Count(strings.Join(kinds, " ")+" ", kind+" "); n != 1 {
			t.Errorf("%s: %d times in %q", kind, n, kinds)
		}
	}
}
