package toast

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"image"
	"image/draw"
	"image/png"
	"slices"
	"sync"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/icons"

	"github.com/godbus/dbus/v5"
)

const (
	busName   = "org.freedesktop.Notifications"
	busPath   = "/org/freedesktop/Notifications"
	openKey   = "default" // the action of a click on the toast itself
	urgent    = byte(2)
	normal    = byte(1)
	untilSeen = int32(0)
	asUsual   = int32(-1)
)

// Toaster shows toasts through the desktop's notification service.
type Toaster struct {
	conn   *dbus.Conn
	markup bool // the service reads markup in texts
	opened chan string

	mu    sync.Mutex
	ids   map[string]uint32 // of the toasts that stand, by our ID
	views map[uint32]string
}

// New connects to the session's bus.
func New(ctx context.Context) (*Toaster, error) {
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("toast: session bus: %w", err)
	}
	t := &Toaster{conn: conn, opened: make(chan string, 4), ids: map[string]uint32{}, views: map[uint32]string{}}
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(busName), dbus.WithMatchObjectPath(busPath)); err != nil {
		conn.Close()
		return nil, fmt.Errorf("toast: session bus: %w", err)
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	go t.listen(signals)
	var capabilities []string
	// Without an answer plain text is sent, which every service shows.
	if err := t.call(ctx, "GetCapabilities").Store(&capabilities); err == nil {
		t.markup = slices.Contains(capabilities, "body-markup")
	}
	return t, nil
}

func (t *Toaster) call(ctx context.Context, method string, args ...any) *dbus.Call {
	return t.conn.Object(busName, busPath).CallWithContext(ctx, busName+"."+method, 0, args...)
}

// Show implements tray.Toaster.
func (t *Toaster) Show(ctx context.Context, toast tray.Toast) error {
	body, urgency, expire := toast.Body, normal, asUsual
	if t.markup {
		body = html.EscapeString(body)
	}
	if toast.Stays {
		urgency, expire = urgent, untilSeen
	}
	hints := map[string]dbus.Variant{
		"urgency":       dbus.MakeVariant(urgency),
		"desktop-entry": dbus.MakeVariant("beckmanconnect"),
		"image-data":    dbus.MakeVariant(imageData(toast.Icon)),
	}
	switch toast.Sound {
	case tray.SoundNone:
		hints["suppress-sound"] = dbus.MakeVariant(true)
	case tray.SoundLoud:
		hints["sound-name"] = dbus.MakeVariant("dialog-warning") // of the freedesktop sound theme
	}
	t.mu.Lock()
	replaces := t.ids[toast.ID]
	t.mu.Unlock()
	var id uint32
	actions := []string{openKey, toast.Open}
	err := t.call(ctx, "Notify", AppName, replaces, "", toast.Title, body, actions, hints, expire).Store(&id)
	if err != nil {
		return fmt.Errorf("toast: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.views, replaces)
	t.ids[toast.ID] = id
	t.views[id] = toast.View
	return nil
}

// Close implements tray.Toaster.
func (t *Toaster) Close(ctx context.Context, id string) {
	t.mu.Lock()
	number, stands := t.ids[id]
	delete(t.ids, id)
	delete(t.views, number)
	t.mu.Unlock()
	if stands {
		t.call(ctx, "CloseNotification", number) // gone is gone: nothing to do about an error
	}
}

// Opened implements tray.Toaster.
func (t *Toaster) Opened() <-chan string { return t.opened }

// listen ends when the bus closes the channel.
func (t *Toaster) listen(signals <-chan *dbus.Signal) {
	for s := range signals {
		if len(s.Body) < 2 {
			continue
		}
		id, ok := s.Body[0].(uint32)
		if !ok {
			continue
		}
		switch s.Name {
		case busName + ".ActionInvoked":
			t.mu.Lock()
			view, ours := t.views[id]
			t.mu.Unlock()
			if ours {
				select {
				case t.opened <- view:
				default: // somebody clicks faster than windows open
				}
			}
		case busName + ".NotificationClosed":
			t.forget(id)
		}
	}
}

func (t *Toaster) forget(number uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.views, number)
	for id, n := range t.ids {
		if n == number {
			delete(t.ids, id)
		}
	}
}

// Stop leaves the bus.
func (t *Toaster) Stop() error { return t.conn.Close() }

// picture is an image as the notification specification wants it.
type picture struct {
	Width, Height, Stride int32
	Alpha                 bool
	Bits, Channels        int32
	Pixels                []byte
}

func imageData(s icons.State) picture {
	m, err := png.Decode(bytes.NewReader(icons.PNG(s, icons.ToastSize)))
	if err != nil {
		panic("toast: icon: " + err.Error()) // part of the program, and tested there
	}
	n := image.NewNRGBA(m.Bounds())
	draw.Draw(n, n.Bounds(), m, m.Bounds().Min, draw.Src)
	return picture{int32(n.Rect.Dx()), int32(n.Rect.Dy()), int32(n.Stride), true, 8, 4, n.Pix}
}
