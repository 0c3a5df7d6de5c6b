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

func counted(t *testing.T, s icons.State, count, size int) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(icons.Counted(s, count, size)))
	if err != nil {
		t.Fatalf("%s %d %d: %v", s, count, size, err)
	}
	if m.Bounds() != image.Rect(0, 0, size, size) {
		t.Fatalf("%s %d %d: bounds %v", s, count, size, m.Bounds())
	}
	return m
}

// covered is where a number stands on an icon.
func covered(plain, with image.Image) (r image.Rectangle) {
	for y := range plain.Bounds().Dy() {
		for x := range plain.Bounds().Dx() {
			if color.NRGBAModel.Convert(plain.At(x, y)) != color.NRGBAModel.Convert(with.At(x, y)) {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// Every state at every size with every number: sharp (nothing in it is mixed of
// two colours), in the corner, over at most half of the icon, and no two
// numbers alike.
func TestNumbers(t *testing.T) {
	ink, paper := color.NRGBA{255, 255, 255, 255}, color.NRGBA{0x12, 0x18, 0x20, 255}
	for _, state := range icons.States() {
		for _, size := range icons.Sizes() {
			plain := counted(t, state, 0, size)
			seen := map[string]int{}
			for n := 1; n <= icons.MaxCount; n++ {
				m := counted(t, state, n, size)
				at := covered(plain, m)
				if at.Max.X < size-1 || at.Max.Y < size-1 || at.Dx()*at.Dy()*2 > size*size {
					t.Errorf("%s %d at %d pixels: it covers %v", state, n, size, at)
				}
				inked := 0
				for y := at.Min.Y; y < at.Max.Y; y++ {
					for x := at.Min.X; x < at.Max.X; x++ {
						switch color.NRGBAModel.Convert(m.At(x, y)) {
						case ink:
							inked++
						case paper:
						default:
							t.Fatalf("%s %d at %d pixels: mixed at %d, %d: %v", state, n, size, x, y, m.At(x, y))
						}
					}
				}
				if inked*10 < at.Dx()*at.Dy() {
					t.Errorf("%s %d at %d pixels: hardly anything is written", state, n, size)
				}
				picture := string(icons.Counted(state, n, size))
				if like, ok := seen[picture]; ok {
					t.Errorf("%s at %d pixels: %d looks like %d", state, size, n, like)
				}
				seen[picture] = n
			}
			if !bytes.Equal(icons.Counted(state, icons.MaxCount, size), icons.Counted(state, 1000, size)) {
				t.Errorf("%s at %d pixels: a thousand are not many", state, size)
			}
		}
		ico := icons.CountedICO(state, 3)
		if got := binary.LittleEndian.Uint16(ico[4:]); int(got) != len(icons.Sizes()) || bytes.Equal(ico, icons.ICO(state)) || !bytes.Equal(icons.CountedICO(state, 0), icons.ICO(state)) {
			t.Errorf("%s.ico with a number holds %d pictures", state, got)
		}
	}
}

// B12, with the widest number on them: with every colour taken away every two
// states still differ in what the number leaves of them.
func TestShapesDifferBesideNumbers(t *testing.T) {
	for _, size := range []int{16, 24, 44} {
		for i, a := range icons.States() {
			for _, b := range icons.States()[i+1:] {
				one, other, differ := counted(t, a, icons.MaxCount, size), counted(t, b, icons.MaxCount, size), 0
				for y := range size {
					for x := range size {
						if part(one.At(x, y)) != part(other.At(x, y)) {
							differ++
						}
					}
				}
				if differ < size*size/12 {
					t.Errorf("%s and %s with a number differ in %d of %d pixels only", a, b, differ, size*size)
				}
			}
		}
	}
}
