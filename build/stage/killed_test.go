package stage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
)

// kills is how often the service is killed: 200 by hand and in soak.
func kills(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("SOAK_KILLS"))
	if err != nil || n < 1 {
		return 12
	}
	t.Logf("%d kills", n)
	return n
}

// The real service, killed at any moment while its instrument's log is written
// to, with a cloud that comes and goes: every line that was written counts once
// on the PC, and what the PC holds the cloud holds, each once (scenarios 7, 43,
// 47).
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	rounds := kills(t)
	s := newSite(t)
	cloud := s.h.cloudUp(t, s.ctx)
	s.serviceUp()
	s.register()
	// The place in the log is kept from the first line on.
	s.raise("sample-instrument-fault")

	var mu sync.Mutex
	written, stop := 0, make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(rand.IntN(60)) * time.Millisecond):
			}
			mu.Lock()
			if err := s.WriteLog(fmt.Sprintf("2026-01-31 10:00:02 WARN RGT-05 reagent %d low", 1+n%9)); err != nil {
				t.Error(err)
			}
			written++
			mu.Unlock()
		}
	})
	for round := range rounds {
		// At any moment: while it starts, while it works, while it waits.
		time.Sleep(time.Duration(rand.IntN(600)) * time.Millisecond)
		crash(s.Service)
		if round%6 == 2 {
			crash(cloud)
		}
		s.Service = s.h.startOnce(t, s.Name+"-service", "beckmanconnect-service", nil, "--config", s.Config)
		if round%6 == 4 {
			cloud = s.h.cloudUp(t, s.ctx)
		}
	}
	close(stop)
	writer.Wait()
	select {
	case <-cloud.Done():
		s.h.cloudUp(t, s.ctx)
	default:
	}
	until(t, s.ctx, "the service to answer", func() (bool, error) {
		c, err := s.dial()
		if err != nil {
			return false, err
		}
		return true, c.Close()
	})
	var here map[uint64]*hostpb.Notification
	until(t, s.ctx, fmt.Sprintf("%d lines", written), func() (bool, error) {
		page, err := try(s, hostpb.HostClient.ListNotifications, &hostpb.ListNotificationsRequest{Limit: 200})
		counted := 0
		here = map[uint64]*hostpb.Notification{}
		for _, n := range page.GetNotifications() {
			here[n.GetId()] = n
			if n.GetCode() == "sample-reagent-low" {
				counted += int(n.GetCount())
			}
		}
		if counted > written {
			t.Fatalf("counted %d of %d lines: some twice", counted, written)
		}
		return counted == written, fmt.Errorf("%d, %w", counted, err)
	})
	d := s.h.signIn(t, s.ctx)
	id := s.status().GetRegistration().GetDeviceId()
	until(t, s.ctx, "the same in the cloud", func() (bool, error) {
		var there []cloudapi.Notification
		if err := d.get(cloudapi.PathAlarms+"?device="+id, &there); err != nil {
			return false, err
		}
		if len(there) > len(here) {
			t.Fatalf("%d in the cloud, %d here", len(there), len(here))
		}
		for _, n := range there {
			if h := here[n.ID]; h == nil || int(h.GetCount()) != n.Count || h.GetCode() != n.Code {
				return false, fmt.Errorf("notification %d: %+v here, %+v in the cloud", n.ID, h, n)
			}
		}
		return len(there) == len(here), fmt.Errorf("%d of %d in the cloud", len(there), len(here))
	})
	s.proven()
	t.Logf("%d kills of the service, %d lines, %d notifications", rounds, written, len(here))
}
