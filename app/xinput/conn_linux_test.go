package xinput

import (
	"encoding/binary"
	"testing"

	"beckmanconnect/app/desktop/xtesting"
)

// following opens a display and hands on what Next gives.
func following(t *testing.T, display string, kinds ...Kind) (*Conn, <-chan Event) {
	t.Helper()
	c, err := Open(display, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	events, done := make(chan Event, 64), make(chan struct{})
	go func() {
		defer close(done)
		for {
			e, err := c.Next()
			if err != nil {
				return
			}
			events <- e
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c, events
}

// addMaster makes a second pointer and keyboard, with XTEST devices of their
// own, as any program may.
func addMaster(t *testing.T, display string) {
	t.Helper()
	w, err := dialWire(display)
	if err != nil {
		t.Fatal(err)
	}
	defer w.net.Close()
	major, err := w.extension("XInputExtension")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.call(major, xiQueryVersion, []byte{2, 0, 2, 0}); err != nil {
		t.Fatal(err)
	}
	const xiChangeHierarchy, addMaster = 43, 1
	name := "looks real"
	body := []byte{1, 0, 0, 0, addMaster, 0}
	body = binary.LittleEndian.AppendUint16(body, uint16((8+len(pad([]byte(name))))/4))
	body = append(binary.LittleEndian.AppendUint16(body, uint16(len(name))), 1, 1)
	if _, err := w.send(major, xiChangeHierarchy, append(body, name...), nil); err != nil {
		t.Fatal(err)
	}
	// An answer comes after it was done.
	if _, err := w.call(getInputFocus, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// B3: devices that a program makes for itself are known as a program's, also
// when they come later.
func TestDevicesMadeLater(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	c, events := following(t, display, ButtonPress)
	count := func() (hands, programs int) {
		if err := c.Sync(t.Context()); err != nil { // Next is waiting now
			t.Fatal(err)
		}
		if err := c.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, o := range c.devices {
			switch o {
			case Device:
				hands++
			case Injected:
				programs++
			}
		}
		return hands, programs
	}
	hands, programs := count()
	if hands == 0 || programs != 2 {
		t.Fatalf("%d devices of hands, %d of programs", hands, programs)
	}
	addMaster(t, display)
	after, made := count()
	if after != hands || made != 4 {
		t.Errorf("then %d devices of hands, %d of programs", after, made)
	}
	xtesting.Output(t, display, "xdotool", "mousemove", "--sync", "20", "20", "click", "1")
	if e := <-events; e.Kind != ButtonPress || e.Origin != Injected || e.Detail != 1 {
		t.Errorf("%+v", e)
	}
}

// What a device on the display around it does is a hand's, and Sync waits for
// what was done before.
func TestHandOnTheOuterDisplay(t *testing.T) {
	outer := xtesting.Xvfb(t, "320x240")
	inner := xtesting.Nested(t, outer, "320x240")
	_, events := following(t, inner, ButtonPress, KeyPress)
	xtesting.Output(t, outer, "xdotool", "mousemove", "--sync", "20", "20", "sleep", "0.1", "click", "3", "key", "a")
	for _, want := range []struct {
		kind   Kind
		detail uint32
	}{{ButtonPress, 3}, {KeyPress, 0}} {
		e := <-events
		for e.Kind != want.kind { // each comes once for the device and once for its master
			e = <-events
		}
		if e.Origin != Device || want.detail != 0 && e.Detail != want.detail {
			t.Errorf("%+v", e)
		}
	}
}

func TestSyncEnds(t *testing.T) {
	c, _ := following(t, xtesting.Xvfb(t, "320x240"))
	if err := c.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := c.Sync(t.Context()); err == nil {
		t.Error("a closed connection answers")
	}
}

// Whatever the display sends, the list of devices is read in bounds.
func FuzzDevices(f *testing.F) {
	f.Add([]byte{})
	one := make([]byte, 32)
	one[8] = 1
	f.Add(append(one, 4, 0, 3, 0, 2, 0, 1, 0, 5, 0, 1, 0, 'X', 'T', 'E', 'S', 'T', 0, 0, 0, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, p []byte) {
		for id, o := range readDevices(p) {
			if o != Device && o != Injected {
				t.Errorf("device %d is %v", id, o)
			}
		}
	})
}

func TestDisplayThatIsNotThere(t *testing.T) {
	for _, display := range []string{":99999", "elsewhere:0", ""} {
		t.Setenv("DISPLAY", "")
		if c, err := Open(display); err == nil {
			c.Close()
			t.Errorf("%q opens", display)
		}
	}
}
