package xinput

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// wire is a bare X connection, for the one thing the library cannot read:
// events longer than 32 bytes, which the input extension sends.
type wire struct {
	net  net.Conn
	root uint32

	mu  sync.Mutex // of writing
	seq uint16
}

// dialWire connects to a local display, ":1" or ":1.0"; empty means $DISPLAY.
func dialWire(display string) (*wire, error) {
	if display == "" {
		display = os.Getenv("DISPLAY")
	}
	number, local := strings.CutPrefix(strings.TrimPrefix(display, "unix"), ":")
	number, _, _ = strings.Cut(number, ".")
	if !local || number == "" {
		return nil, fmt.Errorf("xinput: display %q is not a local one", display)
	}
	c, err := net.Dial("unix", filepath.Join("/tmp/.X11-unix", "X"+number))
	if err != nil {
		return nil, fmt.Errorf("xinput: connect to display %q: %w", display, err)
	}
	w := &wire{net: c}
	if err := w.setup(cookie(number)); err != nil {
		c.Close()
		return nil, err
	}
	return w, nil
}

// setup is the handshake of the X protocol, little endian.
func (w *wire) setup(cookie []byte) error {
	name := "MIT-MAGIC-COOKIE-1"
	if cookie == nil {
		name = ""
	}
	b := []byte{'l', 0, 11, 0, 0, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(cookie)))
	b = append(b, 0, 0)
	b = append(pad(append(b, name...)), cookie...)
	if _, err := w.net.Write(pad(b)); err != nil {
		return fmt.Errorf("xinput: handshake: %w", err)
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(w.net, head); err != nil {
		return fmt.Errorf("xinput: handshake: %w", err)
	}
	body := make([]byte, 4*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(w.net, body); err != nil {
		return fmt.Errorf("xinput: handshake: %w", err)
	}
	if head[0] != 1 {
		return errors.New("xinput: the display refused the connection")
	}
	// Fixed part of 32 bytes, vendor name, formats of 8 bytes, then the first
	// screen, which begins with its root window.
	if len(body) < 32 {
		return errors.New("xinput: handshake: answer is too short")
	}
	at := 32 + (int(binary.LittleEndian.Uint16(body[16:]))+3)&^3 + 8*int(body[21])
	if len(body) < at+4 {
		return errors.New("xinput: handshake: answer is too short")
	}
	w.root = binary.LittleEndian.Uint32(body[at:])
	return nil
}

// send writes one request; body has a length that 4 divides after padding. It
// returns the request's number, by which its answer is known; sent is called
// with it before the answer can come.
func (w *wire) send(major, minor byte, body []byte, sent func(seq uint16)) (uint16, error) {
	body = pad(body)
	b := append(binary.LittleEndian.AppendUint16([]byte{major, minor}, uint16(1+len(body)/4)), body...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	if sent != nil {
		sent(w.seq)
	}
	_, err := w.net.Write(b)
	return w.seq, err
}

// call is send with an answer; events and errors before it are dropped.
func (w *wire) call(major, minor byte, body []byte) ([]byte, error) {
	seq, err := w.send(major, minor, body, nil)
	if err != nil {
		return nil, err
	}
	for {
		p, err := w.packet()
		switch {
		case err != nil:
			return nil, err
		case binary.LittleEndian.Uint16(p[2:]) != seq:
		case p[0] == 0:
			return nil, fmt.Errorf("xinput: request %d.%d: error %d", major, minor, p[1])
		case p[0] == 1:
			return p, nil
		}
	}
}

// maxPacket bounds what is read at once; device lists and raw events are small.
const maxPacket = 1 << 20

// packet reads one answer, error or event of any length.
func (w *wire) packet() ([]byte, error) {
	p := make([]byte, 32)
	if _, err := io.ReadFull(w.net, p); err != nil {
		return nil, err
	}
	const genericEvent = 35
	if p[0] != 1 && p[0]&0x7f != genericEvent {
		return p, nil
	}
	more := int64(binary.LittleEndian.Uint32(p[4:])) * 4
	if more > maxPacket {
		return nil, fmt.Errorf("xinput: packet of %d bytes", more)
	}
	p = append(p, make([]byte, more)...)
	_, err := io.ReadFull(w.net, p[32:])
	return p, err
}

// extension returns an extension's major number.
func (w *wire) extension(name string) (byte, error) {
	const queryExtension = 98
	body := append(binary.LittleEndian.AppendUint16(nil, uint16(len(name))), 0, 0)
	p, err := w.call(queryExtension, 0, append(body, name...))
	if err != nil {
		return 0, err
	}
	if p[8] == 0 {
		return 0, fmt.Errorf("xinput: the display lacks %s", name)
	}
	return p[9], nil
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// cookie looks the display's secret up in the authority file; nil when there
// is none, which is fine where the display trusts the local user.
func cookie(display string) []byte {
	name := os.Getenv("XAUTHORITY")
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		name = filepath.Join(home, ".Xauthority")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	host, _ := os.Hostname()
	return findCookie(b, host, display)
}

// findCookie reads entries of family, address, display, kind and secret, each
// string with a big-endian length before it.
func findCookie(b []byte, host, display string) []byte {
	const local, wild = 256, 65535
	next := func() ([]byte, bool) {
		if len(b) < 2 {
			return nil, false
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n {
			return nil, false
		}
		s := b[2 : 2+n]
		b = b[2+n:]
		return s, true
	}
	for len(b) >= 2 {
		family := binary.BigEndian.Uint16(b)
		b = b[2:]
		var fields [4][]byte
		for i := range fields {
			var ok bool
			if fields[i], ok = next(); !ok {
				return nil
			}
		}
		here := family == wild || family == local && string(fields[0]) == host
		if here && (len(fields[1]) == 0 || string(fields[1]) == display) && string(fields[2]) == "MIT-MAGIC-COOKIE-1" {
			return fields[3]
		}
	}
	return nil
}
