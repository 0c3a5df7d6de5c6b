package icons_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"testing"

	"beckmanconnect/assets/icons"
)

func TestEveryPicture(t *testing.T) {
	for _, state := range icons.States() {
		for _, size := range icons.Sizes() {
			m, err := png.Decode(bytes.NewReader(icons.PNG(state, size)))
			if err != nil {
				t.Fatalf("%s %d: %v", state, size, err)
			}
			if m.Bounds() != image.Rect(0, 0, size, size) {
				t.Errorf("%s %d: bounds %v", state, size, m.Bounds())
			}
		}
		ico := icons.ICO(state)
		if got := binary.LittleEndian.Uint16(ico[4:]); int(got) != len(icons.Sizes()) {
			t.Errorf("%s.ico holds %d pictures", state, got)
		}
	}
	m, err := png.Decode(bytes.NewReader(icons.App()))
	if err != nil || m.Bounds().Dx() != 512 {
		t.Errorf("app.png: %v %v", m.Bounds(), err)
	}
	if len(icons.AppICO()) == 0 {
		t.Error("app.ico is empty")
	}
}

// B12, colour never alone: with every colour taken away (only nothing, body and
// mark are left) every two states still differ in a good part of their pixels
// at the smallest size.
func TestShapesDiffer(t *testing.T) {
	const size = 16
	shapes := map[icons.State][]int{}
	for _, state := range icons.States() {
		m, err := png.Decode(bytes.NewReader(icons.PNG(state, size)))
		if err != nil {
			t.Fatal(err)
		}
		for y := range size {
			for x := range size {
				shapes[state] = append(shapes[state], part(m.At(x, y)))
			}
		}
	}
	for i, a := range icons.States() {
		for _, b := range icons.States()[i+1:] {
			differ := 0
			for p := range shapes[a] {
				if shapes[a][p] != shapes[b][p] {
					differ++
				}
			}
			if differ < size*size/8 {
				t.Errorf("%s and %s differ in %d of %d pixels only", a, b, differ, size*size)
			}
		}
	}
}

// part is 0 where there is nothing, 1 in the body, 2 in the mark on it.
func part(c color.Color) int {
	r, g, b, a := c.RGBA()
	switch {
	case a < 0x8000:
		return 0
	case min(r, g, b) > 0xb000, max(r, g, b) < 0x5000:
		return 2
	}
	return 1
}
