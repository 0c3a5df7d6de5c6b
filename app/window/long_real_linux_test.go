//go:build !production

package window

import (
	"os"
	"strconv"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/sample"
)

// B3, B12: the fullest question, in German, at 200 % on a screen of 1080 lines is
// higher than the screen. Unread nothing allows it, not even a hand; read to its
// end, here by key, wheel and button, it can be allowed.
func TestRealQuestionHigherThanTheScreen(t *testing.T) {
	w := startRealOn(t, "1920x1080", os.Args[0], "FYNE_SCALE=2", languageVariable+"=de")
	w.until("the window", func() bool { _, ok := w.part("nav.help"); return ok })
	question := sample.FullPrompt()
	question.RunInProgress = false
	w.ask(question)
	part := func(id string) (e layoutEntry) {
		w.until(id, func() (ok bool) { e, ok = w.part(id); return ok })
		return e
	}
	if more := part("prompt.more"); !more.Enabled {
		t.Fatalf("%+v says that all was read", more)
	}
	w.click(w.outer, part("prompt.initials"))
	w.on(w.outer, "type", "--delay", "80", "mh")
	w.click(w.outer, part("prompt.pin"))
	w.on(w.outer, "type", "--delay", "80", "246801")
	allow := part("prompt.allow")
	for range 3 { // longer than it takes to be armed
		w.click(w.outer, allow)
		w.on(w.outer, "sleep", "0.7")
	}
	if e := part("prompt.allow"); e.Enabled || w.answers() != 0 || !part("prompt.more").Enabled {
		t.Fatalf("unread: %+v, %d answers", e, w.answers())
	}
	step := 0
	w.until("it is read", func() bool {
		more := part("prompt.more")
		if !more.Enabled {
			return true
		}
		switch step++; step % 3 {
		case 1:
			w.on(w.outer, "key", "Next", "sleep", "0.3")
		case 2:
			w.on(w.outer, "mousemove", "--sync", strconv.Itoa(more.X+more.W/2), strconv.Itoa(more.Y-60), "click", "5", "sleep", "0.3")
		default:
			w.click(w.outer, more)
		}
		return false
	})
	if step == 0 {
		t.Error("nothing had to be scrolled")
	}
	allow = w.armed()
	w.until("a hand's click counts", func() bool {
		if w.answers() == 0 {
			w.click(w.outer, allow)
		}
		return w.answers() > 0
	})
	if r := w.service.Host.Calls("AnswerPrompt")[0].Request.(*hostpb.AnswerPromptRequest); !r.GetAllow() || r.GetPromptId() != question.GetId() || r.GetPin() != "246801" {
		t.Errorf("answered %v", r)
	}
}
