package toast

import "beckmanconnect/app/tray"

// presence is what Windows says of whoever is at the screen, by the numbers of
// SHQueryUserNotificationState.
type presence int

const (
	presenceUnknown      presence = 0
	notPresent           presence = 1 // locked, a screen saver, another user
	busy                 presence = 2 // a program in full screen
	fullScreen           presence = 3 // a program that owns the screen
	presentation         presence = 4
	acceptsNotifications presence = 5
	quietTime            presence = 6 // the first hour after Windows was set up
	app                  presence = 7 // a Windows app in full screen
)

// manner is what is done with a toast now.
type manner int

const (
	asIs manner = iota
	silently
	later
)

// how respects focus assist and full-screen work: nothing pops up over it but
// what somebody has to act on now, and that without sound. Nobody being there is
// no moment for a toast either, least of all on a locked screen. The icon and
// the list have everything all the while.
func how(p presence, t tray.Toast) manner {
	switch p {
	case notPresent, fullScreen:
		return later
	case busy, presentation, app:
		if t.Stays {
			return silently
		}
		return later
	case quietTime:
		return silently
	}
	return asIs
}

// heldMost bounds what waits for a better moment.
const heldMost = 8

// held are toasts that wait, oldest first. Another one of the same ID takes the
// place of the first.
type held []tray.Toast

// take decides about a toast: the one to show now, or nothing.
func (h *held) take(p presence, t tray.Toast) (tray.Toast, bool) {
	h.drop(t.ID)
	switch how(p, t) {
	case silently:
		t.Sound = tray.SoundNone
	case later:
		if len(*h) == heldMost {
			h.leastImportant()
		}
		*h = append(*h, t)
		return tray.Toast{}, false
	}
	return t, true
}

// due gives those whose moment has come. They are old news by now: no sound.
func (h *held) due(p presence) []tray.Toast {
	var now []tray.Toast
	var rest held
	for _, t := range *h {
		if how(p, t) == later {
			rest = append(rest, t)
			continue
		}
		t.Sound = tray.SoundNone
		now = append(now, t)
	}
	*h = rest
	return now
}

func (h *held) drop(id string) {
	for i, t := range *h {
		if t.ID == id {
			*h = append((*h)[:i], (*h)[i+1:]...)
			return
		}
	}
}

// leastImportant makes room: the oldest that need not stay, else the oldest.
func (h *held) leastImportant() {
	for i, t := range *h {
		if !t.Stays {
			*h = append((*h)[:i], (*h)[i+1:]...)
			return
		}
	}
	*h = (*h)[1:]
}
