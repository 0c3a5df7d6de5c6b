package icons_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"math"
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

// B12: on a light and on a dark panel, in grey, at every size: every two states
// differ in what is seen, and each stands out from the panel by a ratio of 3 in
// some part that is large enough to see.
func TestSeenInGrey(t *testing.T) {
	for panel, under := range map[string]float64{"light": 0.87, "dark": 0.014} { // luminance of #f0f0f0 and #202020
		for _, size := range icons.Sizes() {
			seen := map[icons.State][]float64{}
			for _, state := range icons.States() {
				m, err := png.Decode(bytes.NewReader(icons.PNG(state, size)))
				if err != nil {
					t.Fatal(err)
				}
				stands := 0
				for y := range size {
					for x := range size {
						l := luminance(m.At(x, y), under)
						seen[state] = append(seen[state], l)
						if ratio(l, under) >= 3 {
							stands++
						}
					}
				}
				if stands*20 < size*size {
					t.Errorf("%s, %d pixels, %s panel: only %d pixels stand out", state, size, panel, stands)
				}
			}
			for i, a := range icons.States() {
				for _, b := range icons.States()[i+1:] {
					differ := 0
					for p := range seen[a] {
						if ratio(seen[a][p], seen[b][p]) >= 1.5 {
							differ++
						}
					}
					if differ*8 < size*size {
						t.Errorf("%s and %s, %d pixels, %s panel: they differ in %d of %d pixels only", a, b, size, panel, differ, size*size)
					}
				}
			}
		}
	}
}

// luminance is a colour's over a grey of another, as WCAG reckons it.
func luminance(c color.Color, under float64) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	channel := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	alpha := float64(n.A) / 255
	return alpha*(0.2126*channel(n.R)+0.7152*channel(n.G)+0.0722*channel(n.B)) + (1-alpha)*under
}

func ratio(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

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
