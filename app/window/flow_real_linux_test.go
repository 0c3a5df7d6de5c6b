//go:build !production

package window

import (
	"context"
	"regexp"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ui/sample"
)

// hands are how somebody works the windows: with a mouse alone, or with a
// keyboard alone. All of it comes from outside the desktop, as a person's does.
type hands interface {
	press(id string)       // a button
	open(row string)       // the first row of the list of notifications
	write(id, text string) // into a field
	back(id string)        // leaves a page by its button, or by the key for it
}

// byMouse points and clicks. What would have to be typed it leaves out.
type byMouse struct{ *realWindow }

func (m byMouse) press(id string) {
	m.t.Helper()
	m.until(id+" can be clicked", func() bool { e, ok := m.part(id); return ok && e.Enabled })
	e, _ := m.part(id)
	m.click(m.outer, e)
}

func (m byMouse) open(row string)      { m.press(row) }
func (m byMouse) write(string, string) {}
func (m byMouse) back(id string)       { m.press(id) }

// byKeys goes from part to part with Tab and presses with space.
type byKeys struct{ *realWindow }

// focus is the part that has the keyboard, "" for none: of the question, while
// there is one.
func (k byKeys) focus() string {
	focused, asked := map[string]string{}, false
	for _, e := range k.parts() {
		asked = asked || e.Window == "prompt"
		if e.Focused {
			focused[e.Window] = e.ID
		}
	}
	if asked {
		return focused["prompt"]
	}
	return focused["main"]
}

// reach presses Tab until a part has the keyboard. What Tab does not come to in
// as many steps is out of reach for whoever has no mouse.
func (k byKeys) reach(id string) {
	k.t.Helper()
	const most = 60
	var way []string
	for range most {
		before := k.focus()
		if before == id {
			return
		}
		k.on(k.outer, "key", "Tab")
		// Drawn and told a moment later; what has no name is told as nothing.
		for limit := time.Now().Add(time.Second); k.focus() == before && time.Now().Before(limit); {
			time.Sleep(20 * time.Millisecond)
		}
		way = append(way, k.focus())
	}
	k.t.Fatalf("Tab does not lead to %s but to %q", id, way)
}

func (k byKeys) press(id string) {
	k.t.Helper()
	k.until(id+" can be pressed", func() bool { e, ok := k.part(id); return ok && e.Enabled })
	k.reach(id)
	k.on(k.outer, "key", "space")
}

// open goes down the list to the row, and opens it with Enter.
func (k byKeys) open(row string) {
	k.t.Helper()
	k.reach("notifications.list")
	keys := []string{"key", "Home"}
	at, _ := k.part(row)
	for _, e := range k.parts() {
		if rowName.MatchString(e.ID) && e.Y < at.Y {
			keys = append(keys, "sleep", "0.1", "key", "Down")
		}
	}
	k.on(k.outer, append(keys, "sleep", "0.1", "key", "Return")...)
}

// rowName is that of a row in the list, and of no part of it.
var rowName = regexp.MustCompile(`^notification\.\d+$`)

func (k byKeys) write(id, text string) {
	k.t.Helper()
	k.reach(id)
	k.on(k.outer, "type", "--delay", "20", "--", text)
	k.until(id+" holds what was typed", func() bool { e, _ := k.part(id); return e.Text == text })
}

func (k byKeys) back(string) { k.on(k.outer, "key", "Escape") }

// B12: everything a technician has to do goes with a keyboard alone, and with a
// mouse alone: read an alarm and acknowledge it, ask for help until the code
// shows, answer a question, end the session.
func TestRealByKeyboardAlone(t *testing.T) {
	w := startReal(t)
	flow(t, w, byKeys{w})
	if r := w.service.Host.Calls("RequestHelp")[0].Request.(*hostpb.RequestHelpRequest); r.GetReason() != reason {
		t.Errorf("asked for help with %v", r)
	}
}

func TestRealByMouseAlone(t *testing.T) {
	w := startReal(t)
	flow(t, w, byMouse{w})
}

// reason is what whoever has a keyboard writes into the request.
const reason = "Lid of module A"

func flow(t *testing.T, w *realWindow, h hands) {
	a := &alarms{all: sample.Notifications()}
	a.answer(w.service.Host)
	w.service.Host.Handle(func(h *ipctest.Handlers) {
		h.RequestHelp = func(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
			until := time.Now().Add(10 * time.Minute).UnixMilli()
			w.service.SetSupport(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: "r1", CodeExpiresUnixMs: until})
			return &hostpb.HelpRequested{RequestId: "r1", Code: "K7PX 3MDW", ExpiresUnixMs: until}, nil
		}
	})
	sees := func(id string) {
		t.Helper()
		w.until(id+" shows", func() bool { _, ok := w.part(id); return ok })
	}
	called := func(method string) {
		t.Helper()
		w.until(method, func() bool { return len(w.service.Host.Calls(method)) > 0 })
	}

	sees("nav.notifications")
	h.press("nav.notifications")
	n := proto.CloneOf(sample.Everything()[2]) // 27
	w.service.Hub.Publish(a.raise(n))
	sees("notification.27")
	h.open("notification.27")
	sees("notification.27.page")
	h.press("notification.27.acknowledge")
	called("AcknowledgeNotification")
	if r := w.service.Host.Calls("AcknowledgeNotification")[0].Request.(*hostpb.AcknowledgeNotificationRequest); r.GetId() != 27 {
		t.Errorf("acknowledged %v", r)
	}
	h.back("notification.back")
	sees("notifications.list")

	h.press("nav.help")
	h.press("help.called-them")
	sees("help.reason")
	h.write("help.reason", reason)
	h.press("help.request")
	sees("help.code")

	in := sample.SessionState()
	in.Leases, in.Transfers, in.Missed = nil, nil, nil
	w.service.SetSupport(in)
	sees("bar.end")
	w.ask(sample.ViewPrompt())
	w.armed()
	w.until("a hand's answer", func() bool {
		if w.answers() == 0 {
			h.press("prompt.allow")
		}
		return w.answers() > 0
	})
	if r := w.service.Host.Calls("AnswerPrompt")[0].Request.(*hostpb.AnswerPromptRequest); !r.GetAllow() || r.GetPromptId() != "p1" {
		t.Errorf("answered %v", r)
	}
	w.until("the question is gone", func() bool { _, ok := w.part("prompt.allow"); return !ok })
	h.press("help.end")
	called("EndSession")
}
