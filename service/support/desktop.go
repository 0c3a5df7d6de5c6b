package support

import (
	"crypto/subtle"
	"fmt"
	"slices"

	"beckmanconnect/session/wire"
)

// AttachHelper is a desktop helper showing its token.
type AttachHelper struct {
	Helper  HelperID
	Session string
	Token   []byte
}

func (e AttachHelper) apply(w *work) error {
	s := w.st.ses
	got := digest(e.Token)
	if s == nil || s.id != e.Session || s.helper.stage != helperWanted ||
		subtle.ConstantTimeCompare(got[:], s.helper.token[:]) != 1 {
		w.audit("desktop.refused", actorService, nil, nil)
		return refuse("helper-refused", "no helper with this token is waited for")
	}
	s.helper.stage, s.helper.id, s.helper.token = helperAttached, e.Helper, [32]byte{}
	w.changed = true
	w.audit("desktop.attached", actorService, nil, nil)
	return nil
}

// HelperLost says that the stream of a helper ended. Where it was in use the
// session ends with it (B5).
type HelperLost struct{ Helper HelperID }

func (HelperLost) narrows() {}

func (e HelperLost) apply(w *work) error {
	s := w.st.ses
	if s == nil || s.helper.stage != helperAttached || s.helper.id != e.Helper {
		return nil
	}
	s.helper = helper{}
	w.send(s.link, wire.Message{Type: "screen", State: "no-helper"})
	w.endSession("helper-lost", actorService, nil)
	return nil
}

// HelperReport is what the helper says about the desktop.
type HelperReport struct {
	Helper        HelperID
	Width, Height int
	Capturing     bool
	Fault         string
	Locked        bool
	LocalInput    bool
	Masked        bool // all of the picture is hidden
	Hides         bool // some of it is
	SecureDesktop bool // Windows shows its own protected desktop
	Answering     bool // a question shows on a desktop of its own
	Monitors      []wire.Monitor
	Monitor       string // the one that is shown; AllMonitors
}

func (e HelperReport) apply(w *work) error {
	s := w.st.ses
	if s == nil || s.helper.stage != helperAttached || s.helper.id != e.Helper {
		return nil
	}
	if e.Locked {
		w.send(s.link, wire.Message{Type: "screen", State: "locked"})
		w.endSession("locked", actorService, nil) // scenario 17
		return nil
	}
	if e.LocalInput {
		if w.now.Mono >= s.localUntil {
			w.releaseInput() // what the engineer holds down must not mix with the technician's hand
		}
		s.localUntil = w.now.Mono + w.cfg.LocalInput
		return nil
	}
	h := &s.helper
	if e.Width > 0 && e.Height > 0 && e.Width <= maxSide && e.Height <= maxSide && (e.Width != h.width || e.Height != h.height) {
		h.width, h.height, h.screen = e.Width, e.Height, ""
	}
	h.capturing, h.fault = e.Capturing, Clean(e.Fault, maxName)
	h.masked, h.hides, h.secure = e.Masked, e.Hides, e.SecureDesktop
	h.answering = e.Answering
	h.monitors, h.monitor = monitorsOf(e.Monitors), e.Monitor
	if !slices.ContainsFunc(h.monitors, func(m wire.Monitor) bool { return m.ID == h.monitor }) && h.monitor != AllMonitors {
		h.monitor = ""
	}
	return nil
}

// BarHeld says that a window shows the session bar.
type BarHeld struct{ Session string }

func (e BarHeld) apply(w *work) error {
	s := w.st.ses
	if s == nil || s.id != e.Session {
		return refuse("no-session", "that session is not running")
	}
	s.bars++
	s.barUntil, w.changed = nil, true
	return nil
}

// BarLost says that a window showing the bar is gone: the session ends.
type BarLost struct{ Session string }

func (BarLost) narrows() {}

func (e BarLost) apply(w *work) error {
	if s := w.st.ses; s != nil && s.id == e.Session {
		w.endSession("bar-lost", actorService, nil)
	}
	return nil
}

// TrayLost says that the tray died: whatever runs ends (scenario 17). A code
// that waits gives nobody anything and stays.
type TrayLost struct{}

func (TrayLost) narrows() {}

func (TrayLost) apply(w *work) error {
	if w.st.ses != nil {
		w.endSession("tray-lost", actorService, nil)
	}
	return nil
}

// settle brings prompts, helper and pause in line with the state, after every
// step and in this one place, so that no step can forget one of them.
func (w *work) settle() {
	w.showNext()
	if s := w.st.ses; s != nil {
		w.settleHelper(s)
		w.settlePause(s)
		w.settlePoint(s)
		w.settleClipboard(s)
		w.settleScreen(s)
		w.settleMay(s)
	}
	if w.changed {
		w.do(Changed{})
	}
}

func (w *work) settleHelper(s *session) {
	h := &s.helper
	_, view := s.leases[View]
	_, control := s.leases[Control]
	switch {
	case !view && !control:
		if h.stage == helperAttached {
			w.do(StopDesktop{Helper: h.id, Generation: w.st.generation})
		}
		if h.stage != helperNone {
			*h = helper{}
			w.changed = true
		}
		return
	case h.stage == helperNone && s.link != 0:
		token := w.random(32)
		*h = helper{stage: helperWanted, token: digest(token), generation: w.st.generation, attachBy: w.now.Add(w.cfg.AttachWithin)}
		w.do(WantDesktop{Session: s.id, Generation: w.st.generation, Token: token})
	case h.stage == helperAttached:
		on := view && s.link != 0 && s.bars > 0
		if l := s.leases[View]; on != h.viewOn || (on && h.generation < l.generation) {
			h.viewOn, h.generation = on, w.st.generation
			w.do(ViewDesktop{Helper: h.id, On: on, Full: on, Generation: w.st.generation})
		}
	}
}

func (w *work) settlePause(s *session) {
	paused := s.prompt != nil
	if paused == s.paused {
		return
	}
	s.paused = paused
	w.send(s.link, wire.Message{Type: "paused", On: paused, Generation: w.st.generation})
	if paused {
		w.releaseInput() // nothing stays held down while the technician decides
	}
}

// settleScreen tells the engineer what became of the screen, and why there is
// nothing to be seen.
func (w *work) settleScreen(s *session) {
	if s.link == 0 {
		return
	}
	h := &s.helper
	_, view := s.leases[View]
	_, control := s.leases[Control]
	m := wire.Message{Type: "screen", State: "off", Width: h.width, Height: h.height}
	switch {
	case h.stage == helperAttached && (view || control) && h.width > 0:
		m.State = h.shows()
		if h.viewOn {
			m.Monitors, m.Monitor = h.monitors, h.monitor
		}
		if m.State == "on" && h.hides {
			m.Why = "masked" // a part
		}
	case h.stage == helperWanted:
		m.State = "no-helper"
	}
	told := fmt.Sprint(m.State, m.Why, m.Width, m.Height, m.Monitor, m.Monitors)
	if h.screen == told || (h.screen == "" && m.State == "off") {
		return
	}
	h.screen = told
	w.send(s.link, m)
}

// shows is the state of an attached helper's picture.
func (h *helper) shows() string {
	switch {
	case !h.viewOn:
		return "off"
	case h.answering:
		return "answering"
	case h.secure:
		return "secure-desktop"
	case !h.capturing:
		return "off"
	case h.masked:
		return "masked"
	}
	return "on"
}
