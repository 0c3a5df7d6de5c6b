package window

import (
	"testing"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/window/native"
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
