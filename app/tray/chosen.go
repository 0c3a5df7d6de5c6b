package tray

import (
	"context"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/sound"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// prefer takes over what the technician chose in the window: menu, tooltip,
// toasts and the tray's own dialogs speak one language with it (B12).
func (t *Tray) prefer(p preferences.Preferences) {
	t.silent = p.Silent
	language := p.Language
	if language == "" {
		language = text.SystemLanguage()
	}
	if text.Match(language) == t.Text.Lang() {
		return
	}
	t.Text = text.New(language)
	if t.Dialogs != nil {
		t.Dialogs.Speak(t.Text)
	}
	t.update()
}

// heard plays the product's own sound for a toast that somebody has to look at
// because it is of the highest class, or the test of it, in the place of the
// desktop's. What the service says of quiet hours stands in the toast already.
func (t *Tray) heard(ctx context.Context, toast Toast, n *hostpb.Notification) Toast {
	own := n.GetSeverity() >= hostpb.Severity_SEVERITY_HIGH || n.GetCode() == protocol.TestAlarm
	if toast.Sound == SoundLoud && own && t.play(ctx, sound.Alarm) {
		toast.Sound = SoundNone
	}
	return toast
}

// soundQuestion is heard when an engineer asks for something, also in a session,
// which is when they do. In quiet hours the window comes forward without it.
func (t *Tray) soundQuestion(ctx context.Context) {
	if !t.state.Status.GetQuietHours().GetNow() {
		t.play(ctx, sound.Question)
	}
}

func (t *Tray) play(ctx context.Context, s sound.Sound) bool {
	return !t.silent && t.Sounds != nil && t.Sounds.Play(ctx, s)
}
