package tray

import (
	"fmt"
	"time"

	"beckmanconnect/assets/icons"
	"beckmanconnect/ipc/hostpb"
)

// The toasts that are no notifications.
const (
	toastPrompt  = "prompt"
	toastUpgrade = "upgrade"
	toastEnded   = "ended"
	toastChat    = "chat"
	toastDigest  = "digest"
	toastNoTray  = "no-tray"
	toastTest    = "test"
)

// A flood or a backlog becomes one digest (B9): this many toasts in this time
// stand alone, the rest is counted.
const (
	burst       = 3
	burstWithin = 10 * time.Second
)

// limiter decides which notification gets a toast of its own.
type limiter struct {
	shown  []time.Time
	digest uint32 // counted since the burst began
}

// admit says whether a toast may be shown at now; otherwise digest is the
// number to show in the one that counts.
func (l *limiter) admit(now time.Time) (alone bool, digest uint32) {
	recent := l.shown[:0]
	for _, t := range l.shown {
		if now.Sub(t) < burstWithin {
			recent = append(recent, t)
		}
	}
	l.shown = recent
	if len(recent) == 0 {
		l.digest = 0
	}
	l.shown = append(l.shown, now)
	if len(l.shown) <= burst {
		return true, 0
	}
	l.shown = l.shown[1:] // the burst goes on
	l.digest++
	return false, l.digest
}

// silence is how long nobody wrote before a line of chat gets a toast again:
// one for a conversation that begins, none for each line of it.
const silence = time.Minute

// chatBegins gives the engineer's line a conversation begins with, nil when the
// newest line is none. Its text is for the window alone.
func chatBegins(before, now *hostpb.SupportState) *hostpb.ChatLine {
	lines := now.GetChat()
	if len(lines) == 0 {
		return nil
	}
	newest := lines[len(lines)-1]
	if newest.GetTechnician() {
		return nil
	}
	var last *hostpb.ChatLine // that was known before
	if old := before.GetChat(); len(old) > 0 && before.GetSessionId() == now.GetSessionId() {
		last = old[len(old)-1]
	}
	if newest.GetId() <= last.GetId() || newest.GetUnixMs()-last.GetUnixMs() < silence.Milliseconds() {
		return nil
	}
	return newest
}

// notificationToast says a notification in the technician's language.
func notificationToast(n *hostpb.Notification, lang string) Toast {
	t := Toast{ID: notificationToastID(n.GetId()), View: "notifications", Icon: severityIcon(n.GetSeverity()),
		Stays: n.GetSeverity() >= hostpb.Severity_SEVERITY_HIGH}
	texts := localText(n.GetTexts(), lang)
	t.Title, t.Body = clean(texts.GetTitle(), maxTitle), clean(texts.GetAdvice(), maxBody)
	if t.Title == "" {
		t.Title = clean(n.GetCode(), maxTitle)
	}
	return t
}

func notificationToastID(id uint64) string { return fmt.Sprintf("notification-%d", id) }

// What a toast shows at most, in characters.
const (
	maxTitle = 120
	maxBody  = 400
)

// localText picks the language, or English, which is always there.
func localText(all []*hostpb.LocalText, lang string) *hostpb.LocalText {
	var english *hostpb.LocalText
	for _, t := range all {
		switch t.GetLanguage() {
		case lang:
			return t
		case "en":
			english = t
		}
	}
	return english
}

func severityIcon(s hostpb.Severity) icons.State {
	switch s {
	case hostpb.Severity_SEVERITY_HIGH:
		return icons.Alarm
	case hostpb.Severity_SEVERITY_MEDIUM:
		return icons.Warning
	}
	return icons.Notice
}
