package relay

import (
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
}

const (
	maxCoordinate = 1 << 15
	maxNotches    = 64
	maxKeyName    = 32
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
		out = append(out, &hostpb.InputEvent{
			Kind: kind, Code: e.Code, Key: e.Key, X: int32(e.X), Y: int32(e.Y), Button: uint32(e.Button),
			WheelX: int32(clamp(e.WheelX)), WheelY: int32(clamp(e.WheelY)),
		})
	}
	return out
}

func keyName(s string) bool { return len(s) <= maxKeyName && utf8.ValidString(s) }

func clamp(n int) int { return max(-maxNotches, min(maxNotches, n)) }
