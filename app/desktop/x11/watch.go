//go:build linux

package x11

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// Watch tells of the technician's own input and of a changed focus.
type Watch struct {
	c     *conn
	wire  *wire
	local chan struct{}
	focus chan struct{}
	fake  map[uint16]bool // devices that only XTEST moves
}

// OpenWatch connects to a display; an empty name means $DISPLAY.
func OpenWatch(display string) (*Watch, error) {
	c, err := connect(display)
	if err != nil {
		return nil, err
	}
	w := &Watch{c: c, local: make(chan struct{}, 1), focus: make(chan struct{}, 1), fake: map[uint16]bool{}}
	if err := w.start(display); err != nil {
		c.Close()
		return nil, err
	}
	go w.rawEvents()
	go w.events()
	return w, nil
}

func (w *Watch) start(display string) error {
	// Window managers set _NET_ACTIVE_WINDOW on the root when the keyboard goes
	// to another window.
	mask := []uint32{xproto.EventMaskPropertyChange}
	if err := xproto.ChangeWindowAttributesChecked(w.c.Conn, w.c.root, xproto.CwEventMask, mask).Check(); err != nil {
		return fmt.Errorf("x11: watch the focus: %w", err)
	}
	var err error
	if w.wire, err = dialWire(display); err != nil {
		return err
	}
	if err := w.selectRaw(); err != nil {
		w.wire.net.Close()
		return fmt.Errorf("x11: watch the technician's mouse and keyboard: %w", err)
	}
	return nil
}

// The requests and events of the input extension, version 2.
const (
	xiSelectEvents = 46
	xiQueryVersion = 47
	xiQueryDevice  = 48

	allDevices = 0

	rawKeyPress    = 13
	rawButtonPress = 15
	rawMotion      = 17
)

// selectRaw asks for raw events of the devices themselves. Each names the
// device it comes from, so that what XTEST does can be told apart.
func (w *Watch) selectRaw() error {
	major, err := w.wire.extension("XInputExtension")
	if err != nil {
		return err
	}
	if _, err := w.wire.call(major, xiQueryVersion, []byte{2, 0, 2, 0}); err != nil {
		return err
	}
	devices, err := w.wire.call(major, xiQueryDevice, []byte{allDevices, 0, 0, 0})
	if err != nil {
		return err
	}
	w.fake = fakeDevices(devices)
	body := binary.LittleEndian.AppendUint32(nil, w.wire.root)
	body = append(body, 1, 0, 0, 0)          // one mask
	body = append(body, allDevices, 0, 1, 0) // of one word
	body = binary.LittleEndian.AppendUint32(body, 1<<rawKeyPress|1<<rawButtonPress|1<<rawMotion)
	return w.wire.send(major, xiSelectEvents, body)
}

// fakeDevices reads the answer to xiQueryDevice: which devices are XTEST's.
func fakeDevices(p []byte) map[uint16]bool {
	out := map[uint16]bool{}
	if len(p) < 32 {
		return out
	}
	count := int(binary.LittleEndian.Uint16(p[8:]))
	p = p[32:]
	for range count {
		if len(p) < 12 {
			break
		}
		id, classes, nameLen := binary.LittleEndian.Uint16(p), int(binary.LittleEndian.Uint16(p[6:])), int(binary.LittleEndian.Uint16(p[8:]))
		p = p[12:]
		if len(p) < nameLen {
			break
		}
		if bytes.Contains(p[:nameLen], []byte("XTEST")) {
			out[id] = true
		}
		p = p[min(len(p), (nameLen+3)&^3):]
		for range classes {
			if len(p) < 4 {
				return out
			}
			p = p[min(len(p), 4*int(binary.LittleEndian.Uint16(p[2:]))):]
		}
	}
	return out
}

// rawEvents ends when the connection is closed.
func (w *Watch) rawEvents() {
	for {
		p, err := w.wire.packet()
		if err != nil {
			return
		}
		if real, ok := w.realInput(p); ok && real {
			signal(w.local)
		}
	}
}

// realInput reads a raw event: whether a device of flesh and blood sent it.
func (w *Watch) realInput(p []byte) (real, ok bool) {
	if len(p) < 32 || p[0]&0x7f != 35 {
		return false, false
	}
	switch binary.LittleEndian.Uint16(p[8:]) {
	case rawKeyPress, rawButtonPress, rawMotion:
	default:
		return false, false
	}
	device, source := binary.LittleEndian.Uint16(p[10:]), binary.LittleEndian.Uint16(p[20:])
	if source == 0 { // only told from version 2.1 on
		source = device
	}
	return !w.fake[source], true
}

func (w *Watch) events() {
	for {
		event, err := w.c.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if p, ok := event.(xproto.PropertyNotifyEvent); ok && p.Atom == w.c.atoms.activeWindow {
			signal(w.focus)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// LocalInput implements desktop.Watcher.
func (w *Watch) LocalInput() <-chan struct{} { return w.local }

// FocusChanged implements desktop.Watcher.
func (w *Watch) FocusChanged() <-chan struct{} { return w.focus }

// Close implements desktop.Watcher.
func (w *Watch) Close() error {
	w.c.Close()
	return w.wire.net.Close()
}
