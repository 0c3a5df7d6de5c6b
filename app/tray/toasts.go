package tray

import (
	"fmt"
	"time"

	"beckmanconnect/assets/icons"
	"beckmanconnect/assets/text"
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

// notificationToast says a notification in the technician's language. A group's
// own words say how many it is and the worst of them.
func notificationToast(n *hostpb.Notification, c *text.Catalogue) Toast {
	t := Toast{ID: notificationToastID(n.GetId()), View: notificationView(n.GetId()), Icon: severityIcon(n.GetSeverity()),
		Stays: n.GetSeverity() >= hostpb.Severity_SEVERITY_HIGH && n.GetAlert() != hostpb.Alert_ALERT_QUIET, Sound: loudness(n)}
	t.Title, t.Body = words(n, c)
	return t
}

// words are a notification's title and advice.
func words(n *hostpb.Notification, c *text.Catalogue) (title, advice string) {
	texts := localText(n.GetTexts(), c.Lang())
	title, advice = clean(texts.GetTitle(), maxTitle), clean(texts.GetAdvice(), maxBody)
	switch members := n.GetMembers(); {
	case title != "":
	case members > 0:
		title = c.T("alarms.group", "n", members)
	default:
		title = clean(n.GetCode(), maxTitle)
	}
	return title, advice
}

func loudness(n *hostpb.Notification) Sound {
	switch n.GetAlert() {
	case hostpb.Alert_ALERT_LOUD:
		return SoundLoud
	case hostpb.Alert_ALERT_QUIET:
		return SoundNone
	}
	return SoundUsual
}

func notificationToastID(id uint64) string { return fmt.Sprintf("notification-%d", id) }

// notificationView is the page of one notification, as windows know it.
func notificationView(id uint64) string { return fmt.Sprintf("notification/%d", id) }

// What a toast shows at most, in characters.
const (
	maxTitle = 120
	maxBody  = 400

	maxVersion = 32
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
		return icons.ActNow
	case hostpb.Severity_SEVERITY_MEDIUM:
		return icons.Attention
	}
	return icons.Note
}
