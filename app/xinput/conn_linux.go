package xinput

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"sync"
)

// Conn is one connection that gets the raw events of all devices.
type Conn struct {
	wire    *wire
	major   byte
	devices map[uint16]Origin // nil while the list is asked for anew
	asked   uint16            // the request that asks for it

	mu      sync.Mutex
	waiting map[uint16]chan struct{} // by request: closed when its answer came
	ended   bool
}

// Requests of the input extension, and of the core protocol for Sync.
const (
	xiSelectEvents = 46
	xiQueryVersion = 47
	xiQueryDevice  = 48

	getInputFocus = 43

	allDevices       = 0
	hierarchyChanged = 11
)

// Open connects to a local display, ":1" or ":1.0"; empty means $DISPLAY. An
// error means that the display cannot tell where its events come from.
func Open(display string, kinds ...Kind) (*Conn, error) {
	w, err := dialWire(display)
	if err != nil {
		return nil, err
	}
	c := &Conn{wire: w, waiting: map[uint16]chan struct{}{}}
	if err := c.start(kinds); err != nil {
		w.net.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) start(kinds []Kind) (err error) {
	if c.major, err = c.wire.extension("XInputExtension"); err != nil {
		return err
	}
	// From 2.1 on raw events name their source, and come also while another
	// program holds the device.
	p, err := c.wire.call(c.major, xiQueryVersion, []byte{2, 0, 2, 0})
	if err != nil {
		return err
	}
	if major, minor := binary.LittleEndian.Uint16(p[8:]), binary.LittleEndian.Uint16(p[10:]); major < 2 || major == 2 && minor < 1 {
		return fmt.Errorf("xinput: the display speaks version %d.%d of the input extension, not 2.1", major, minor)
	}
	mask := uint32(1 << hierarchyChanged)
	for _, k := range kinds {
		mask |= 1 << k
	}
	body := binary.LittleEndian.AppendUint32(nil, c.wire.root)
	body = append(body, 1, 0, 0, 0)          // one mask
	body = append(body, allDevices, 0, 1, 0) // of one word
	if _, err := c.wire.send(c.major, xiSelectEvents, binary.LittleEndian.AppendUint32(body, mask), nil); err != nil {
		return err
	}
	// After the selection: a device that comes now is told of.
	devices, err := c.wire.call(c.major, xiQueryDevice, []byte{allDevices, 0, 0, 0})
	if err != nil {
		return err
	}
	c.devices = readDevices(devices)
	return nil
}

// Next waits for an event. It belongs to one goroutine, which is also what
// brings Sync to an end. An error ends the connection's use.
func (c *Conn) Next() (Event, error) {
	for {
		p, err := c.wire.packet()
		if err != nil {
			c.end()
			return Event{}, fmt.Errorf("xinput: read events: %w", err)
		}
		switch p[0] & 0x7f {
		case 0, 1:
			c.answered(p)
		case 35:
			if e, ok, err := c.event(p); err != nil || ok {
				return e, err
			}
		}
	}
}

func (c *Conn) answered(p []byte) {
	seq := binary.LittleEndian.Uint16(p[2:])
	if c.devices == nil && seq == c.asked && p[0] == 1 {
		c.devices = readDevices(p)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if done := c.waiting[seq]; done != nil {
		delete(c.waiting, seq)
		close(done)
	}
}

// event reads one of the extension's events. A changed list of devices makes
// every origin unknown until the new list is there: who makes a device of
// their own is not taken for a hand in between.
func (c *Conn) event(p []byte) (e Event, ok bool, err error) {
	if len(p) < 32 || p[1] != c.major {
		return e, false, nil
	}
	kind := binary.LittleEndian.Uint16(p[8:])
	if kind == hierarchyChanged {
		c.devices = nil
		c.asked, err = c.wire.send(c.major, xiQueryDevice, []byte{allDevices, 0, 0, 0}, nil)
		return e, false, err
	}
	return Event{Kind: Kind(kind), Detail: binary.LittleEndian.Uint32(p[16:]), Origin: c.devices[binary.LittleEndian.Uint16(p[20:])]}, true, nil
}

// Sync returns when every event that the display had before the call was
// handed out by Next and the one after it is waited for.
func (c *Conn) Sync(ctx context.Context) error {
	done := make(chan struct{})
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return fmt.Errorf("xinput: the connection has ended")
	}
	c.mu.Unlock()
	_, err := c.wire.send(getInputFocus, 0, nil, func(seq uint16) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting[seq] = done
	})
	if err != nil {
		return fmt.Errorf("xinput: ask the display: %w", err)
	}
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return fmt.Errorf("xinput: the connection has ended")
	}
	return nil
}

func (c *Conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for seq, done := range c.waiting {
		delete(c.waiting, seq)
		close(done)
	}
}

// Close ends the connection, and with it Next.
func (c *Conn) Close() error { return c.wire.net.Close() }

// readDevices reads the answer to xiQueryDevice: what each device is. Master
// devices are nobody's hand: a raw event names what moved them.
func readDevices(p []byte) map[uint16]Origin {
	const masterPointer, masterKeyboard = 1, 2
	out := map[uint16]Origin{}
	if len(p) < 32 {
		return out
	}
	count := int(binary.LittleEndian.Uint16(p[8:]))
	p = p[32:]
	for range count {
		if len(p) < 12 {
			break
		}
		id, use := binary.LittleEndian.Uint16(p), binary.LittleEndian.Uint16(p[2:])
		classes, nameLen := int(binary.LittleEndian.Uint16(p[6:])), int(binary.LittleEndian.Uint16(p[8:]))
		p = p[12:]
		if len(p) < nameLen {
			break
		}
		switch {
		case bytes.Contains(p[:nameLen], []byte("XTEST")):
			out[id] = Injected
		case use != masterPointer && use != masterKeyboard:
			out[id] = Device
		}
		p = p[min(len(p), (nameLen+3)&^3):]
		for range classes {
			if len(p) < 4 {
				return out
			}
			// A class tells its length; one of none would never end.
			n := 4 * int(binary.LittleEndian.Uint16(p[2:]))
			if n == 0 {
				return out
			}
			p = p[min(len(p), n):]
		}
	}
	return out
}
