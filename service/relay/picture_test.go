package relay

import (
	"testing"

	"beckmanconnect/session/screen"
)

// Newest picture only: a link that takes nothing holds two pictures at most,
// then one complete picture is asked for, once, and it brings all in step.
func TestNewestPictureOnly(t *testing.T) {
	enc := screen.NewEncoder(screen.Config{})
	var p pictures
	full := 0
	offer := func(f screen.Frame) bool {
		kept, want := p.offer(picture{update: enc.Encode(nil, f, nil, 0)})
		if want {
			full++
		}
		return kept
	}
	for i := range byte(50) {
		offer(picture2(i))
		if len(p.queue) > maxPictures {
			t.Fatalf("%d pictures wait", len(p.queue))
		}
	}
	if full != 1 || len(p.queue) != 0 {
		t.Errorf("asked %d times, %d wait", full, len(p.queue))
	}
	enc.Reset()
	if !offer(picture2(99)) || !offer(picture2(100)) {
		t.Error("the complete picture was not taken")
	}
	dec := &screen.Decoder{}
	for {
		n, ok := p.take()
		if !ok {
			break
		}
		if _, _, err := dec.Apply(n.update); err != nil {
			t.Fatal(err)
		}
	}
	if !same(dec, picture2(100)) {
		t.Error("the engineer does not see the newest picture")
	}
	if kept, want := p.offer(picture{update: []byte("no picture")}); kept || !want {
		t.Error("an update that is none was kept")
	}
}

// A picture of many parts is one picture.
func TestPictureOfManyParts(t *testing.T) {
	enc := screen.NewEncoder(screen.Config{MaxBody: 64 << 10})
	f := picture2(3)
	var p pictures
	for enc.Encode(nil, f, nil, 0); enc.Pending(); {
		kept, want := p.offer(picture{update: enc.Encode(nil, f, nil, 0)})
		if kept || (want && len(p.queue) > 0) {
			t.Error("a picture without its beginning was kept")
		}
	}
	enc.Reset()
	n := 0
	for first := true; first || enc.Pending(); first = false {
		if kept, _ := p.offer(picture{update: enc.Encode(nil, f, nil, 0)}); !kept {
			t.Fatal("a part was lost")
		}
		n++
	}
	if n < 2 || len(p.queue) != n {
		t.Errorf("%d parts, %d wait", n, len(p.queue))
	}
}

// What is thrown away, for whatever reason, has been dealt with: the helper
// keeps no room for it. The next picture is a complete one.
func TestDroppedPicturesAreDealtWith(t *testing.T) {
	enc := screen.NewEncoder(screen.Config{})
	p := pictures{asked: true}
	p.drop(enc.Encode(nil, picture2(1), nil, 0))
	if p.passed != 1 {
		t.Errorf("%d is dealt with, want the first", p.passed)
	}
	if kept, want := p.offer(picture{update: enc.Encode(nil, picture2(2), nil, 0)}); kept || !want || p.passed != 2 {
		t.Errorf("kept %v, complete one wanted %v, %d dealt with", kept, want, p.passed)
	}
	enc.Reset()
	if kept, _ := p.offer(picture{update: enc.Encode(nil, picture2(3), nil, 0)}); !kept || p.passed != 2 {
		t.Errorf("kept %v, %d dealt with while the third waits", kept, p.passed)
	}
	if _, ok := p.take(); !ok || p.passed != 3 {
		t.Errorf("%d dealt with", p.passed)
	}
}
