package tray

import (
	"testing"

	"beckmanconnect/ipc/hostpb"
)

// A conversation that begins gets a toast, each line of it does not.
func TestChatBegins(t *testing.T) {
	line := func(id uint64, seconds int64, technician bool) *hostpb.ChatLine {
		return &hostpb.ChatLine{Id: id, UnixMs: 1e12 + seconds*1000, Technician: technician}
	}
	state := func(session string, lines ...*hostpb.ChatLine) *hostpb.SupportState {
		return &hostpb.SupportState{SessionId: session, Chat: lines}
	}
	first := line(1, 0, false)
	for _, row := range []struct {
		name        string
		before, now *hostpb.SupportState
		want        bool
	}{
		{"nothing was written", nil, state("a"), false},
		{"the first line", state("a"), state("a", first), true},
		{"the same state again", state("a", first), state("a", first), false},
		{"the next line at once", state("a", first), state("a", first, line(2, 5, false)), false},
		{"an answer", state("a", first), state("a", first, line(2, 500, true)), false},
		{"a line after a minute of silence", state("a", first), state("a", first, line(2, 60, false)), true},
		{"the first line of another session", state("a", first, line(2, 5, false)), state("b", line(1, 9, false)), true},
		{"the first state of a tray that just began", nil, state("a", first, line(2, 90, false)), true},
	} {
		if got := chatBegins(row.before, row.now) != nil; got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}
