package tray

import (
	"context"
	"time"

	"beckmanconnect/assets/icons"
	"beckmanconnect/ipc/hostpb"
)

// native is what the tray knows about whether the window program can draw on
// this PC, and what it shows in its place (P24, B5): help must not depend on a
// graphics driver.
type native struct {
	question *hostpb.Prompt // the newest of t.prompt
	began    time.Time      // when the window program was started last
	seen     bool           // it has been there since
	due      <-chan time.Time
	failed   time.Time // when it last turned out that it cannot draw; zero: it can
	session  string    // the session whose bar is the tray's own
	said     string    // the question of which a toast told, where the tray has no dialogs
	help     bool      // the technician wants help, and there is no window to ask in
}

const (
	// windowWithin is how long a window program may take to be there while
	// something waits for it: less than the service waits for a session's bar,
	// and much less than a question stands.
	windowWithin = 8 * time.Second
	// stillbornWithin is how soon after its start a window program that ends
	// without ever having been there counts as one that cannot draw.
	stillbornWithin = 20 * time.Second
	// failedFor is how long nothing is tried again by itself: somebody may have
	// gone from a remote desktop back to the screen.
	failedFor = 10 * time.Minute
)

// windowStarted begins the time in which the window has to be there.
func (t *Tray) windowStarted() {
	t.native.began, t.native.seen = t.Now(), false
	if t.Dialogs != nil {
		t.native.due = time.After(windowWithin)
	}
}

// windowThere: the service knows a window of this log-on.
func (t *Tray) windowThere() {
	t.native.seen, t.native.due, t.native.failed, t.native.help = true, nil, time.Time{}, false
}

// waited says whether something needs a window now.
func (t *Tray) waited() bool { return t.prompt != "" || inSession(t.support) || t.native.help }

// windowDue looks whether the window that was started is there.
func (t *Tray) windowDue(ctx context.Context) {
	t.native.due = nil
	if !t.waited() || !t.state.Connected {
		return
	}
	t.call(ctx, "look for a window", func(bounded context.Context) error {
		windows, err := t.Service.Show(bounded, viewPrompt)
		t.later(ctx, func() {
			if err == nil && windows > 0 {
				t.windowThere()
				return
			}
			t.Log.Warn("the window program is not there in time")
			t.noWindow(ctx)
		})
		return err
	})
}

// stillborn says whether a window program that has just ended never came up.
func (t *Tray) stillborn() bool {
	return !t.native.seen && !t.native.began.IsZero() && t.Now().Sub(t.native.began) < stillbornWithin
}

// lately says whether the window program failed so short ago that it is not
// tried again by itself.
func (t *Tray) lately() bool {
	return !t.native.failed.IsZero() && t.Now().Sub(t.native.failed) < failedFor
}

// skipsWindow says whether the window program is not even started: it failed,
// and what waits does not wait for it a second time. While the session's bar is
// the tray's own a window program that comes and dies would end the session.
func (t *Tray) skipsWindow() bool {
	return t.Dialogs != nil && (t.native.session != "" || t.lately() && (t.prompt != "" || inSession(t.support)))
}

// noWindow does in the tray's own dialogs what the window cannot.
func (t *Tray) noWindow(ctx context.Context) {
	t.native.due = nil
	if t.Dialogs == nil {
		if t.prompt != "" && t.prompt != t.native.said {
			t.native.said = t.prompt
			t.toast(ctx, Toast{ID: toastPrompt, Title: t.Text.T("tray.toast.prompt.title"), Body: t.Text.T("tray.toast.prompt.no-window"), Icon: icons.Waiting, View: viewHelp, Stays: true})
		}
		return
	}
	if !t.lately() {
		t.Log.Warn("the window program cannot draw on this screen; the tray's own dialogs take its place")
	}
	t.native.failed = t.Now()
	t.followDialogs(ctx)
	if t.native.help {
		t.native.help = false
		t.Dialogs.Help(ctx, t.support)
	}
}

// followDialogs brings the dialogs to the present state. One that shows goes on
// to its end, also when a window has come meanwhile: the bar's end would be the
// session's.
func (t *Tray) followDialogs(ctx context.Context) {
	if t.Dialogs == nil {
		return
	}
	if !inSession(t.support) {
		t.native.session = ""
	} else if t.lately() {
		t.native.session = t.support.GetSessionId()
	}
	if t.native.question == nil || t.lately() || t.native.session != "" {
		t.Dialogs.Prompt(ctx, t.native.question)
	}
	if t.native.session != "" {
		t.Dialogs.Session(ctx, t.support)
	} else {
		t.Dialogs.Session(ctx, nil)
	}
	t.Dialogs.HelpChanged(t.support)
}

func (t *Tray) closeDialogs() {
	if t.Dialogs != nil {
		t.native.session = ""
		t.Dialogs.Close()
	}
}
