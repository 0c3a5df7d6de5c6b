package toast

import (
	"fmt"
	"testing"

	"beckmanconnect/app/tray"
)

func TestFocusAssist(t *testing.T) {
	usual, urgent := tray.Toast{ID: "a", Sound: tray.SoundLoud}, tray.Toast{ID: "b", Stays: true, Sound: tray.SoundLoud}
	for _, row := range []struct {
		p             presence
		usual, urgent manner
	}{
		{presenceUnknown, asIs, asIs}, {acceptsNotifications, asIs, asIs}, {quietTime, silently, silently},
		{notPresent, later, later}, {fullScreen, later, later},
		{busy, later, silently}, {presentation, later, silently}, {app, later, silently}, {99, asIs, asIs},
	} {
		if a, b := how(row.p, usual), how(row.p, urgent); a != row.usual || b != row.urgent {
			t.Errorf("%d: %v %v", row.p, a, b)
		}
	}
}

func TestHeld(t *testing.T) {
	var h held
	toast := func(id, title string, stays bool) tray.Toast {
		return tray.Toast{ID: id, Title: title, Stays: stays, Sound: tray.SoundLoud}
	}
	if got, ok := h.take(acceptsNotifications, toast("a", "now", false)); !ok || got.Sound != tray.SoundLoud {
		t.Errorf("%+v %v", got, ok)
	}
	if got, ok := h.take(busy, toast("b", "urgent", true)); !ok || got.Sound != tray.SoundNone {
		t.Errorf("%+v %v", got, ok)
	}
	h.take(notPresent, toast("c", "old", false))
	h.take(notPresent, toast("c", "new", false))
	h.take(notPresent, toast("d", "over", false))
	h.drop("d")
	if now := h.due(notPresent); len(now) != 0 {
		t.Errorf("%v", now)
	}
	if now := h.due(acceptsNotifications); len(now) != 1 || now[0].Title != "new" || now[0].Sound != tray.SoundNone || len(h) != 0 {
		t.Errorf("%v, %d left", now, len(h))
	}
	// A flood keeps what stays.
	h.take(notPresent, toast("first", "", true))
	for i := range 50 {
		h.take(fullScreen, toast(fmt.Sprint(i), "", i%2 == 0))
		if len(h) > heldMost {
			t.Fatalf("%d are held", len(h))
		}
	}
	for _, kept := range h {
		if !kept.Stays && kept.ID != "49" {
			t.Errorf("%s was kept", kept.ID)
		}
	}
}
