package service

import (
	"fmt"
	"sync"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service/supervise"
)

// A tray of this version that was here ends for good at a log-off. Where that
// happens trayEnds times within trayTime it is the program that fails, and a
// new version is not healthy.
const (
	trayEnds = 3
	trayTime = 2 * time.Minute
)

// trays remembers which tray programs of this version were here and are gone.
// One that only asks anew to be told events is the same process and not gone.
type trays struct {
	mu   sync.Mutex
	gone map[trayProcess]time.Time
}

// trayProcess is one process: its number is given away again, its number and
// when it started are not.
type trayProcess struct {
	pid   int
	start uint64
}

// saw takes note of a tray that came or went at a time.
func (t *trays) saw(a identity.Actor, here bool, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := trayProcess{a.PID, a.Start}
	if here {
		delete(t.gone, p)
		return
	}
	if t.gone == nil {
		t.gone = map[trayProcess]time.Time{}
	}
	t.gone[p] = at
}

// failing says how many ended of late, if that is too many.
func (t *trays) failing(now time.Time) (ends int, yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, at := range t.gone {
		if now.Sub(at) >= trayTime {
			delete(t.gone, p)
		}
	}
	return len(t.gone), len(t.gone) >= trayEnds
}

// component tells status, doctor and the upgrade service of trays that fail;
// nil: they do not.
func (t *trays) component(now time.Time) *hostpb.Component {
	ends, yes := t.failing(now)
	if !yes {
		return nil
	}
	return &hostpb.Component{Name: protocol.ComponentTray, State: supervise.Failed, Detail: fmt.Sprintf("the tray program ended %d times within %v", ends, trayTime)}
}
