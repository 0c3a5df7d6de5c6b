package clipboard

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"
)

// part is the most bytes that are handed over at once; more comes in parts, as
// the conventions ask for.
const part = 32 << 10

// transfer is one text on its way to another program.
type transfer struct {
	to       xproto.Window
	property xproto.Atom
}

type incremental struct {
	kind  xproto.Atom
	rest  []byte
	until time.Time
}

// Set implements Clipboard.
func (c *X11) Set(text string) error {
	text, err := Clean(text)
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	if err := c.act(func() { c.set(text, result) }); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-c.done:
		return fmt.Errorf("clipboard: the display is gone")
	}
}

// set keeps what was there before the first text of ours, to put it back.
func (c *X11) set(text string, result chan<- error) {
	if c.own != nil {
		result <- c.claim(text)
		return
	}
	if c.reading != nil { // the look that runs is about what will be gone
		c.drop()
	}
	c.read(func(before *string) {
		c.before = before
		result <- c.claim(text)
	})
}

// claim makes us the one who has the clipboard.
func (c *X11) claim(text string) error {
	if err := xproto.SetSelectionOwnerChecked(c.x, c.window, c.atoms.clipboard, xproto.TimeCurrentTime).Check(); err != nil {
		return fmt.Errorf("clipboard: take it over: %w", err)
	}
	owner, err := xproto.GetSelectionOwner(c.x, c.atoms.clipboard).Reply()
	if err != nil || owner.Owner != c.window {
		return fmt.Errorf("clipboard: another program keeps it: %v", err)
	}
	c.own, c.since = &text, c.time
	return nil
}

// hand answers a program that wants what we have.
func (c *X11) hand(e xproto.SelectionRequestEvent) {
	answer := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
	if e.Property == xproto.AtomNone { // from the first days
		answer.Property = e.Target
	}
	if c.own == nil || e.Selection != c.atoms.clipboard || !c.give(e, answer.Property) {
		answer.Property = xproto.AtomNone
	}
	xproto.SendEvent(c.x, false, e.Requestor, 0, string(answer.Bytes()))
}

func (c *X11) give(e xproto.SelectionRequestEvent, property xproto.Atom) bool {
	put := func(kind xproto.Atom, format byte, value []byte) bool {
		xproto.ChangeProperty(c.x, xproto.PropModeReplace, e.Requestor, property, kind, format, uint32(len(value)/int(format/8)), value)
		return true
	}
	switch e.Target {
	case c.atoms.targets:
		var b []byte
		for _, a := range []xproto.Atom{c.atoms.targets, c.atoms.timestamp, c.atoms.utf8, c.atoms.plainUTF8, c.atoms.plain, c.atoms.text, xproto.AtomString} {
			b = binary.LittleEndian.AppendUint32(b, uint32(a))
		}
		return put(xproto.AtomAtom, 32, b)
	case c.atoms.timestamp:
		return put(xproto.AtomInteger, 32, binary.LittleEndian.AppendUint32(nil, uint32(c.since)))
	case xproto.AtomString:
		return c.giveText(transfer{e.Requestor, property}, xproto.AtomString, toLatin1(*c.own))
	case c.atoms.utf8, c.atoms.text:
		return c.giveText(transfer{e.Requestor, property}, c.atoms.utf8, []byte(*c.own))
	case c.atoms.plain, c.atoms.plainUTF8:
		return c.giveText(transfer{e.Requestor, property}, e.Target, []byte(*c.own))
	}
	return false
}

// maxSending bounds the transfers under way.
const maxSending = 16

func (c *X11) giveText(t transfer, kind xproto.Atom, value []byte) bool {
	if len(value) <= part {
		xproto.ChangeProperty(c.x, xproto.PropModeReplace, t.to, t.property, kind, 8, uint32(len(value)), value)
		return true
	}
	if len(c.sending) >= maxSending {
		return false
	}
	// The other program takes each part by removing it.
	xproto.ChangeWindowAttributes(c.x, t.to, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange})
	size := binary.LittleEndian.AppendUint32(nil, uint32(len(value)))
	xproto.ChangeProperty(c.x, xproto.PropModeReplace, t.to, t.property, c.atoms.incr, 32, 1, size)
	c.sending[t] = &incremental{kind: kind, rest: value, until: time.Now().Add(patience)}
	return true
}

// handMore sends the next part; an empty one is the end.
func (c *X11) handMore(t transfer) {
	s := c.sending[t]
	if s == nil {
		return
	}
	n := min(len(s.rest), part)
	xproto.ChangeProperty(c.x, xproto.PropModeReplace, t.to, t.property, s.kind, 8, uint32(n), s.rest[:n])
	s.rest, s.until = s.rest[n:], time.Now().Add(patience)
	if n == 0 {
		delete(c.sending, t)
		if t.to != c.window {
			xproto.ChangeWindowAttributes(c.x, t.to, xproto.CwEventMask, []uint32{0})
		}
	}
}

func toLatin1(text string) []byte {
	var out []byte
	for _, r := range text {
		if r > 0xff {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return out
}

// Close implements Clipboard. On X11 a text lives as long as the program that
// has it: what was there before outlives us only where a clipboard manager
// takes it over.
func (c *X11) Close() error {
	c.once.Do(func() {
		_ = c.act(c.leave)
		c.x.Close()
	})
	<-c.done
	return nil
}

// leave takes our text away, and leaves what was there before to the manager.
func (c *X11) leave() {
	if c.own == nil {
		return
	}
	manager, err := xproto.GetSelectionOwner(c.x, c.atoms.manager).Reply()
	if err != nil || manager.Owner == 0 || c.before == nil {
		_ = xproto.SetSelectionOwnerChecked(c.x, xproto.WindowNone, c.atoms.clipboard, xproto.TimeCurrentTime).Check()
		return
	}
	if c.claim(*c.before) != nil {
		return
	}
	targets := binary.LittleEndian.AppendUint32(nil, uint32(c.atoms.utf8))
	xproto.ChangeProperty(c.x, xproto.PropModeReplace, c.window, c.atoms.store, xproto.AtomAtom, 32, 1, targets)
	xproto.ConvertSelection(c.x, c.window, c.atoms.manager, c.atoms.saveTargets, c.atoms.store, xproto.TimeCurrentTime)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		select {
		case event, open := <-c.events:
			if !open {
				return
			}
			if e, is := event.(xproto.SelectionNotifyEvent); is && e.Selection == c.atoms.manager {
				return
			}
			c.take(event)
		case <-deadline.C:
			return
		}
	}
}

var _ Clipboard = (*X11)(nil)
