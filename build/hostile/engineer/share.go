package engineer

import (
	"fmt"
	"strings"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// Classes about chat, pointer, clipboard and monitors.
var shares = []class{
	{"chat, pointer and clipboard without a right", 6, (*walk).noShare},
	{"chat, pointer and clipboard, then taken back", 6, (*walk).shareRevoked},
}

// sharing are the capabilities a site has to allow first, with how long they
// are given for.
var sharing = map[string]hostpb.Duration_{
	wire.Chat: hostpb.Duration__DURATION_SESSION, wire.Pointer: hostpb.Duration__DURATION_SESSION,
	wire.ClipboardToPC: hostpb.Duration__DURATION_ONCE, wire.ClipboardToMe: hostpb.Duration__DURATION_ONCE,
}

var sharingNames = []string{wire.Chat, wire.Pointer, wire.ClipboardToPC, wire.ClipboardToMe}

// shared is a message of one of these kinds.
func (w *walk) shared() wire.Message {
	text := fmt.Sprintf("text %d %s", w.r.Uint32(), pick(w, []string{"", "\u202e", "\x00\n\x1b[2J", strings.Repeat("x", 3000), "=cmd()"}))
	switch w.r.IntN(5) {
	case 0:
		return wire.Message{Type: "chat", ID: w.id(), Text: text, On: w.r.IntN(2) == 0, Generation: w.generation()}
	case 1:
		return wire.Message{Type: "clipboard", Text: text, Generation: w.generation()}
	case 2:
		return wire.Message{Type: "point", X: w.r.IntN(50) - 5, Y: w.r.IntN(50) - 5, On: w.r.IntN(4) > 0, Text: "System"}
	case 3:
		return wire.Message{Type: "monitor", Monitor: pick(w, []string{"m1", "m2", "all", "", "m9", "../m1", "\u202em1"})}
	}
	return wire.Message{Type: "focus", On: w.r.IntN(4) > 0}
}

// proper does what a capability is for, once.
func (w *walk) proper(c string) error {
	switch c {
	case wire.Chat:
		return w.say(wire.Message{Type: "chat", ID: w.id(), Text: "hello"})
	case wire.Pointer:
		return w.say(wire.Message{Type: "point", X: 3, Y: 4, On: true})
	case wire.ClipboardToPC:
		return w.say(wire.Message{Type: "clipboard", Text: "hello"})
	}
	if err := w.peer.Barrier(w.ctx); err != nil { // the focus was read
		return err
	}
	w.pc.Desktop.Copy(fmt.Sprintf("copied %d", w.r.Uint32()))
	return nil
}

// noShare tries them all in a phase in which none is given.
func (w *walk) noShare() error {
	phase := pick(w, []func(*walk) error{
		(*walk).joined, (*walk).session, (*walk).session,
		func(w *walk) error { return w.given(wire.View, pick(w, lengths)) },
		func(w *walk) error { return w.given(wire.Control, pick(w, lengths)) },
	})
	if err := phase(w); err != nil {
		return err
	}
	for _, c := range sharingNames {
		if w.pc.Ledger().Holds(w.peer.Session(), capabilities[c]) {
			_ = w.pc.Revoke(capabilities[c]) // it may be over
		}
	}
	if err := w.say(wire.Message{Type: "focus", On: true}); err != nil {
		return err
	}
	for range 1 + w.r.IntN(8) {
		if err := w.say(w.shared()); err != nil {
			return err
		}
		w.pc.Desktop.Copy(fmt.Sprintf("copied %d", w.r.Uint32()))
	}
	return w.peer.Barrier(w.ctx)
}

// shareRevoked has one given, fills the queue under it, and goes on when it was
// taken back: itself, the view below it, or all by a question that shows.
func (w *walk) shareRevoked() error {
	if !w.pc.Site.Said().Shares {
		return w.noShare()
	}
	if err := w.given(wire.View, hostpb.Duration__DURATION_SESSION); err != nil {
		return err
	}
	c := pick(w, sharingNames)
	if err := w.given(c, sharing[c]); err != nil {
		return err
	}
	if err := w.say(wire.Message{Type: "focus", On: true}); err != nil {
		return err
	}
	all := func(n int) error {
		for range n {
			if err := w.say(w.shared()); err != nil {
				return err
			}
			w.pc.Desktop.Copy(fmt.Sprintf("copied %d", w.r.Uint32()))
		}
		return nil
	}
	if err := w.proper(c); err != nil { // so that something could come through
		return err
	}
	if err := all(3); err != nil {
		return err
	}
	if err := w.peer.Barrier(w.ctx); err != nil {
		return err
	}
	release := w.pc.Desktop.Stall()
	defer release()
	if err := all(2 + w.r.IntN(6)); err != nil {
		return err
	}
	if w.r.IntN(2) == 0 {
		if err := w.peer.Barrier(w.ctx); err != nil {
			return err
		}
	}
	_ = w.pc.Revoke(capabilities[pick(w, []string{c, c, wire.View})]) // it may be over
	release()
	if err := all(4); err != nil {
		return err
	}
	return w.peer.Barrier(w.ctx)
}
