package broker

import (
	"context"
	"math/rand/v2"
	"time"
)

// Drain ends the links of all devices that are here, each at a moment of its
// own within spread: they dial again, by a pause of their own. It returns when
// all moments are over, or when ctx ends.
func (b *Broker) Drain(ctx context.Context, spread time.Duration) {
	if b.Engine.Kind == IoTHub {
		return // they are at the hub, and another node reads on there
	}
	devices := b.connected()
	rand.Shuffle(len(devices), func(i, k int) { devices[i], devices[k] = devices[k], devices[i] })
	if len(devices) == 0 || spread <= 0 {
		return // Close ends them at once
	}
	tick := time.NewTicker(spread / time.Duration(len(devices)))
	defer tick.Stop()
	for _, device := range devices {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		b.mu.Lock()
		t := b.here[device]
		b.mu.Unlock()
		if t != nil {
			t.session.stop(errDraining)
		}
	}
}
