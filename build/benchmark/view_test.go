package main

import (
	"testing"

	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// The engineer's side answers as the console does: at once where it is waited
// for, with all that came before, and holds its answer back otherwise.
func TestView(t *testing.T) {
	var got []wire.Ack
	v := newView(func(a wire.Ack) { got = append(got, a) })
	enc := screen.NewEncoder(screen.Config{})
	f := screen.Frame{Pix: make([]byte, 4*64*64), Stride: 4 * 64, Width: 64, Height: 64}
	first := enc.Encode(nil, f, nil, 0)
	v.picture(first)
	if len(got) != 0 || v.held == nil {
		t.Errorf("answered %v at once, nobody waits", got)
	}
	f.Pix[0] = 9
	second := enc.Encode(nil, f, nil, 0)
	screen.WantAck(second)
	v.picture(second)
	if len(got) != 1 || got[0].Seq != 2 || got[0].Received != uint64(len(first)+len(second)) || v.held != nil {
		t.Errorf("answered %+v", got)
	}
	v.chunk(make([]byte, 100))
	if len(got) != 2 || got[1].Received != got[0].Received+100 {
		t.Errorf("answered %+v", got)
	}
	if v.whole.IsZero() {
		t.Error("the first picture was whole")
	}
}
