package relay

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// killKey is the key that ends a session on this PC. The remote side cannot
// send it under any of its names.
const killKey = "Pause"

var inputKinds = map[string]hostpb.InputEvent_Kind{
	"keydown": hostpb.InputEvent_KIND_KEY_DOWN,
	"keyup":   hostpb.InputEvent_KIND_KEY_UP,
	"move":    hostpb.InputEvent_KIND_POINTER_MOVE,
	"down":    hostpb.InputEvent_KIND_BUTTON_DOWN,
	"up":      hostpb.InputEvent_KIND_BUTTON_UP,
	"wheel":   hostpb.InputEvent_KIND_WHEEL,
	"text":    hostpb.InputEvent_KIND_TEXT,
}

const (
	maxCoordinate = 1 << 15
	maxNotches    = 64
	maxKeyName    = 32
	maxTyped      = 256 // runes of one text
)

// inputEvents turns what came over the wire into what the helper takes, and
// leaves out what nothing on this PC should see.
func inputEvents(in []wire.Input) []*hostpb.InputEvent {
	out := make([]*hostpb.InputEvent, 0, len(in))
	for _, e := range in {
		kind, ok := inputKinds[e.Kind]
		if !ok || e.Code == killKey || e.Key == killKey || !keyName(e.Code) || !keyName(e.Key) ||
			e.X < 0 || e.Y < 0 || e.X > maxCoordinate || e.Y > maxCoordinate || e.Button < 0 || e.Button > 4 {
			continue
		}
		text := ""
		if kind == hostpb.InputEvent_KIND_TEXT {
			if text = typed(e.Text); text == "" {
				continue
			}
			e = wire.Input{} // nothing else counts
		}
		out = append(out, &hostpb.InputEvent{
			Kind: kind, Text: text, Code: e.Code, Key: e.Key, X: int32(e.X), Y: int32(e.Y), Button: uint32(e.Button),
			WheelX: int32(clamp(e.WheelX)), WheelY: int32(clamp(e.WheelY)),
		})
	}
	return out
}

// typed is what of a text can come out of an input method: letters, signs and
// spaces. Control characters are keys, and come as such or not at all; what
// turns the direction of reading hides what was typed.
func typed(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		joins := r == '\u200c' || r == '\u200d' // between letters of some scripts, and in pictographs
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), !joins && unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			continue
		}
		if n++; n > maxTyped {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func keyName(s string) bool { return len(s) <= maxKeyName && utf8.ValidString(s) }

func clamp(n int) int { return max(-maxNotches, min(maxNotches, n)) }
