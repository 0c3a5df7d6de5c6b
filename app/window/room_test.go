package window

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/window/native"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
)

// A question is never higher than the screen, whatever text was chosen: it could
// not be read, and so not be allowed. Where there is room the text is as chosen (B12).
func TestAQuestionFitsTheScreen(t *testing.T) {
	height := func(h int) float32 {
		s := newStage(t, Config{Preferences: chosen(t, preferences.Preferences{Guided: "0.1.0", TextSize: "largest"})})
		s.native.screens = []native.Rect{{W: 3840, H: 2160}, {W: 1024, H: h}}
		s.ask(sample.FullPrompt())
		return s.program.prompt.window.Content().Size().Height
	}
	tall, small := height(2160), height(800)
	if small > 800-frameRoom {
		t.Errorf("the question is %.0f high on a screen of 800", small)
	}
	if tall <= small {
		t.Errorf("%.0f high with room for all, %.0f without: the text is not as chosen", tall, small)
	}
}

// One that fits in no size scrolls, in the text that was chosen: at 200 % on a
// screen of 1080 lines, in German, it can be read to its end and allowed; and not
// before that (B3, B12).
func TestAQuestionHigherThanTheScreen(t *testing.T) {
	s := newStage(t, Config{Language: "de", Preferences: chosen(t, preferences.Preferences{Guided: "0.1.0", TextSize: "largest"})})
	s.native.screens = []native.Rect{{W: 1920 / 2, H: 1080 / 2}} // in units, as at 200 %
	question := sample.FullPrompt()
	s.ask(question)
	w := s.program.prompt
	content := w.content
	if size := w.window.Content().Size(); size.Height > 1080/2-frameRoom || !content.Scrolls() {
		t.Fatalf("%v, scrolls %v", size, content.Scrolls())
	}
	for id, text := range map[string]string{"prompt.initials": "MH", "prompt.pin": "246801"} {
		part.Find(content.Content(), id).(*part.Entry).SetText(text)
	}
	test.Tap(part.Find(content.Content(), "prompt.run").(*part.Check))
	allow := part.Find(content.Content(), "prompt.allow").(*part.Button)
	more := part.Find(content.Content(), "prompt.more").(*part.Button)
	s.look(10 * time.Second)
	if allow.Enabled() {
		t.Fatal("it can be allowed, and was not read")
	}
	pages := 0
	for ; more.Enabled(); pages++ {
		if pages > 50 {
			t.Fatal("it has no end")
		}
		test.Tap(more)
		if allow.Enabled() {
			t.Fatal("armed at once")
		}
	}
	s.look(2 * time.Second)
	if !allow.Enabled() || pages == 0 {
		t.Errorf("read in %d pages, and it cannot be allowed", pages)
	}
}
