package broker

import (
	"context"
	"math/rand/v2"
	"time"
)

// Connected counts the devices whose link is here.
func (b *Broker) Connected() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.present)
}

// Drain ends the links of all devices that are here, each at a moment of its
// own within spread: they dial again, by a pause of their own. It returns when
// all moments are over, or when ctx ends.
func (b *Broker) Drain(ctx context.Context, spread time.Duration) {
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
		cl := b.present[device]
		b.mu.Unlock()
		if cl != nil {
			cl.Stop(errDraining)
		}
	}
}
