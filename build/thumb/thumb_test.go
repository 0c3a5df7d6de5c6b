package thumb

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"pgregory.net/rapid"
)

// A picture stays what it shows: few colours stay themselves, and no colour
// goes farther than the next one that is left.
func TestReduce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 64).Draw(t, "colours")
		some := rapid.SliceOfN(rapid.Uint32Range(0, 0xFFFFFF), 1, n).Draw(t, "picture")
		m := image.NewRGBA(image.Rect(0, 0, len(some), 3))
		for x, v := range some {
			for y := range 3 {
				m.SetRGBA(x, y, color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255})
			}
		}
		got := Reduce(m, n)
		if len(got.Palette) > n {
			t.Fatalf("%d colours, want at most %d", len(got.Palette), n)
		}
		for x := range some {
			a, b := m.RGBAAt(x, 1), color.RGBAModel.Convert(got.At(x, 1)).(color.RGBA)
			if far(a.R, b.R) > 8 || far(a.G, b.G) > 8 || far(a.B, b.B) > 8 {
				t.Fatalf("%v became %v", a, b)
			}
		}
	})
}

func far(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }

// A picture keeps its shape, is never made larger, and is packed below its
// limit or not at all.
func TestShrinkAndPack(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 400, 100))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * i >> 3)
	}
	if got := Shrink(m, 200).Bounds().Size(); got != image.Pt(200, 50) {
		t.Errorf("half of it is %v", got)
	}
	if got := Shrink(m, 900).Bounds().Size(); got != image.Pt(400, 100) {
		t.Errorf("it was made %v", got)
	}
	packed, err := Pack(m, 40_000)
	if err != nil || len(packed) > 40_000 {
		t.Fatalf("%d bytes, %v", len(packed), err)
	}
	if _, err := png.Decode(bytes.NewReader(packed)); err != nil {
		t.Error(err)
	}
	if _, err := Pack(m, 100); err == nil {
		t.Error("a picture was packed into 100 bytes")
	}
}
