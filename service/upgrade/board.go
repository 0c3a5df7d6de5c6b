package upgrade

import (
	"sync"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/source"
)

// board holds the state that watchers see. A slow watcher misses states in
// between and never the last one.
//
// The phase changes by events alone (phases); what an event does not allow is
// not done.
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

// step takes an event in; edit, if there is one, changes what goes along with
// it. false: the event means nothing in this phase, and nothing was changed.
func (b *board) step(e event, edit func(*upgradepb.State)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stepLocked(e, edit)
}

func (b *board) stepLocked(e event, edit func(*upgradepb.State)) bool {
	to, ok := next(b.state.GetPhase(), e)
	if !ok {
		return false
	}
	s := proto.CloneOf(b.state)
	if edit != nil {
		edit(s)
	}
	s.Phase = to
	b.put(s)
	return true
}

// change edits what does not depend on the phase.
func (b *board) change(edit func(*upgradepb.State)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := proto.CloneOf(b.state)
	edit(s)
	s.Phase = b.state.GetPhase()
	b.put(s)
}

// put shows a state. What a release does not say stays with whoever said it.
func (b *board) put(s *upgradepb.State) {
	if proto.Equal(b.state, s) {
		return
	}
	b.state = s
	close(b.changed)
	b.changed = make(chan struct{})
}

// replace takes an event in that brings another release, or none.
func (b *board) replace(e event, s *upgradepb.State) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.replaceLocked(e, s)
}

func (b *board) replaceLocked(e event, s *upgradepb.State) bool {
	return b.stepLocked(e, func(to *upgradepb.State) {
		s.Held, s.CheckedMs, s.CheckError = to.GetHeld(), to.GetCheckedMs(), to.GetCheckError()
		proto.Reset(to)
		proto.Merge(to, s)
	})
}

// offer shows an offer; staged: it is on this PC already.
func (b *board) offer(o source.Offer, running string, staged bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := onOffer
	if staged {
		e = onKept
	}
	if !b.replaceLocked(e, stateOf(o, running)) {
		return false
	}
	b.offered = o
	return true
}

// accept turns the offer with this digest into work; false when it is not what
// is offered. What failed before anything was switched may be tried again.
func (b *board) accept(digest string) (source.Offer, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := b.state.GetPhase() == failed && b.state.GetRunningVersion() == b.offered.Version
	if digest == "" || done || b.state.GetDigest() != digest || b.offered.Digest != digest {
		return source.Offer{}, false
	}
	if !b.replaceLocked(onAccept, stateOf(b.offered, b.state.GetRunningVersion())) {
		return source.Offer{}, false
	}
	return b.offered, true
}

// stateOf is a state that says all a release says of itself. It has no phase.
func stateOf(o source.Offer, running string) *upgradepb.State {
	s := &upgradepb.State{
		Digest: o.Digest, Version: o.Version, Size: uint64(o.Fetch), Delta: o.Delta, Capabilities: o.Capabilities, RunningVersion: running,
		InstallSeconds: uint32(max(o.InstallSeconds, 0)), Disturbs: o.Disturbs, Mandatory: o.Mandatory, Channel: o.Channel,
	}
	for _, n := range o.Notes {
		s.Notes = append(s.Notes, &upgradepb.Note{Language: n.Language, Title: n.Title, Text: n.Text})
	}
	return s
}
