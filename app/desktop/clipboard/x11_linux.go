package clipboard

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// patience is how long another program may take to hand over what it has, or to
// fetch what we have.
const patience = 2 * time.Second

// X11 is the clipboard of an X display: the selection CLIPBOARD. Nothing but
// its own goroutine uses the connection.
type X11 struct {
	x      *xgb.Conn
	log    *slog.Logger
	root   xproto.Window
	window xproto.Window
	atoms  atoms
	texts  chan string
	do     chan func()
	events chan xgb.Event
	done   chan struct{}
	once   sync.Once

	// The rest belongs to run.
	watched bool
	time    xproto.Timestamp // of the newest event: what a request may name
	reading *reading         // what is being fetched from another program
	again   bool             // the clipboard changed meanwhile
	own     *string          // what we hand out; nil: the clipboard is another's
	since   xproto.Timestamp // of that
	before  *string          // what was there before ours; nil: no text
	sending map[transfer]*incremental
}

type atoms struct {
	clipboard, manager, saveTargets, targets, timestamp, incr, utf8, text, plain, plainUTF8, hint, store xproto.Atom
}

// OpenX11 connects to a display; an empty name means $DISPLAY.
func OpenX11(display string, log *slog.Logger) (*X11, error) {
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("clipboard: connect to display %q: %w", display, err)
	}
	c := &X11{
		x: x, log: log, texts: make(chan string, 1), do: make(chan func()), events: make(chan xgb.Event, 64), done: make(chan struct{}),
		sending: map[transfer]*incremental{},
	}
	if err := c.start(); err != nil {
		x.Close()
		return nil, err
	}
	go c.pump()
	go c.run()
	return c, nil
}

func (c *X11) start() error {
	if err := useFixes(c.x); err != nil {
		return err
	}
	if _, err := xfixes.QueryVersion(c.x, 5, 0).Reply(); err != nil {
		return fmt.Errorf("clipboard: XFIXES: %w", err)
	}
	for name, to := range map[string]*xproto.Atom{
		"CLIPBOARD": &c.atoms.clipboard, "CLIPBOARD_MANAGER": &c.atoms.manager, "SAVE_TARGETS": &c.atoms.saveTargets,
		"TARGETS": &c.atoms.targets, "TIMESTAMP": &c.atoms.timestamp, "INCR": &c.atoms.incr, "UTF8_STRING": &c.atoms.utf8, "TEXT": &c.atoms.text,
		"text/plain": &c.atoms.plain, "text/plain;charset=utf-8": &c.atoms.plainUTF8, "x-kde-passwordManagerHint": &c.atoms.hint,
		"BECKMANCONNECT_CLIPBOARD": &c.atoms.store,
	} {
		reply, err := xproto.InternAtom(c.x, false, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("clipboard: atom %s: %w", name, err)
		}
		*to = reply.Atom
	}
	screen := xproto.Setup(c.x).DefaultScreen(c.x)
	c.root = screen.Root
	var err error
	if c.window, err = xproto.NewWindowId(c.x); err == nil {
		err = xproto.CreateWindowChecked(c.x, 0, c.window, screen.Root, -1, -1, 1, 1, 0, xproto.WindowClassInputOnly, 0,
			xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, xproto.EventMaskPropertyChange}).Check()
	}
	if err != nil {
		return fmt.Errorf("clipboard: window: %w", err)
	}
	return nil
}

var fixes sync.Mutex

// useFixes makes the requests of XFIXES usable on a connection. The library's
// own Init writes its tables each time it is called, while other connections
// read them; here that is done once.
func useFixes(x *xgb.Conn) error {
	const name = "XFIXES"
	reply, err := xproto.QueryExtension(x, uint16(len(name)), name).Reply()
	if err != nil || !reply.Present {
		return errors.Join(errors.New("clipboard: the display lacks XFIXES"), err)
	}
	fixes.Lock()
	for number, read := range xgb.NewExtEventFuncs[name] {
		if n := int(reply.FirstEvent) + number; xgb.NewEventFuncs[n] == nil {
			xgb.NewEventFuncs[n] = read
		}
	}
	for number, read := range xgb.NewExtErrorFuncs[name] {
		if n := int(reply.FirstError) + number; xgb.NewErrorFuncs[n] == nil {
			xgb.NewErrorFuncs[n] = read
		}
	}
	fixes.Unlock()
	x.ExtLock.Lock()
	defer x.ExtLock.Unlock()
	x.Extensions[name] = reply.MajorOpcode
	return nil
}

// pump ends with the connection.
func (c *X11) pump() {
	defer close(c.events)
	for {
		event, err := c.x.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if event != nil {
			c.events <- event
		}
	}
}

// run is the one goroutine that works.
func (c *X11) run() {
	defer close(c.done)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		if wait, any := c.patience(); any {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
		select {
		case event, open := <-c.events:
			if !open {
				return
			}
			c.take(event)
		case f := <-c.do:
			f()
		case <-timer.C:
			c.giveUp()
		}
	}
}

// act has f done by run and waits for it.
func (c *X11) act(f func()) error {
	did := make(chan struct{})
	select {
	case c.do <- func() { f(); close(did) }:
	case <-c.done:
		return errors.New("clipboard: the display is gone")
	}
	<-did
	return nil
}

// Texts implements Clipboard.
func (c *X11) Texts() <-chan string { return c.texts }

// Watch implements Clipboard.
func (c *X11) Watch(on bool) {
	_ = c.act(func() {
		c.watched = on
		mask := uint32(0)
		if on {
			mask = xfixes.SelectionEventMaskSetSelectionOwner
		} else {
			c.drop()
			select {
			case <-c.texts: // nobody may have it any more
			default:
			}
		}
		xfixes.SelectSelectionInput(c.x, c.window, c.atoms.clipboard, mask)
	})
}

func (c *X11) take(event xgb.Event) {
	switch e := event.(type) {
	case xfixes.SelectionNotifyEvent:
		c.time = e.Timestamp
		if c.watched && e.Selection == c.atoms.clipboard && e.Owner != 0 && e.Owner != c.window {
			c.fetch()
		}
	case xproto.SelectionNotifyEvent:
		c.handed(e)
	case xproto.SelectionClearEvent:
		if e.Selection == c.atoms.clipboard { // another program copied something
			c.own, c.before = nil, nil
		}
	case xproto.SelectionRequestEvent:
		c.hand(e)
	case xproto.PropertyNotifyEvent:
		c.time = e.Time
		switch {
		case e.Window == c.window && e.State == xproto.PropertyNewValue:
			c.more(e.Atom)
		case e.State == xproto.PropertyDelete:
			c.handMore(transfer{e.Window, e.Atom})
		}
	}
}
