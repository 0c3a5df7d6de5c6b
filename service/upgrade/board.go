package upgrade

import (
	"sync"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/source"
)

// Phases of a state, as the contract names them.
const (
	idle        = "idle"
	checking    = "checking"
	offered     = "offered"
	downloading = "downloading"
	installing  = "installing"
	restarting  = "restarting"
	healthCheck = "health-check"
	installed   = "installed"
	failed      = "failed"
	rolledBack  = "rolled-back"
)

// board holds the state that watchers see. A slow watcher misses states in
// between and never the last one.
type board struct {
	mu      sync.Mutex
	state   *upgradepb.State
	offered source.Offer  // what the state's digest stands for
	changed chan struct{} // closed when the state changes
}

func newBoard(first *upgradepb.State) *board {
	return &board{state: first, changed: make(chan struct{})}
}

func (b *board) get() *upgradepb.State {
	s, _ := b.watch()
	return s
}

// watch returns the state and a channel that closes when there is another.
func (b *board) watch() (*upgradepb.State, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return proto.CloneOf(b.state), b.changed
}

func (b *board) set(next *upgradepb.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(next)
}

func (b *board) change(edit func(*upgradepb.State)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := proto.CloneOf(b.state)
	edit(next)
	b.put(next)
}

func (b *board) put(next *upgradepb.State) {
	if proto.Equal(b.state, next) {
		return
	}
	b.state = next
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *board) offer(o source.Offer, running string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offered = o
	b.put(stateOf(o, offered, running))
}

// accept turns the offer with this digest into an installation that is on;
// false when it is not what is offered. One that failed before anything was
// switched may be tried again.
func (b *board) accept(digest string) (source.Offer, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	again := b.state.GetPhase() == failed && b.state.GetRunningVersion() != b.offered.Version
	if digest == "" || b.state.GetPhase() != offered && !again || b.state.GetDigest() != digest || b.offered.Digest != digest {
		return source.Offer{}, false
	}
	b.put(stateOf(b.offered, downloading, b.state.GetRunningVersion()))
	return b.offered, true
}

func stateOf(o source.Offer, phase, running string) *upgradepb.State {
	s := &upgradepb.State{
		Phase: phase, Digest: o.Digest, Version: o.Version, Size: uint64(o.Fetch), Delta: o.Delta,
		Capabilities: o.Capabilities, RunningVersion: running,
	}
	for _, n := range o.Notes {
		s.Notes = append(s.Notes, &upgradepb.Note{Language: n.Language, Title: n.Title, Text: n.Text})
	}
	return s
}
