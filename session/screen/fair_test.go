package screen

import (
	"image"
	"math/rand/v2"
	"testing"
)

// With little to spend and noise that takes more than all of it, a letter that
// changes goes out with the next update, and every part of the noise gets its
// turn.
func TestSmallBudgetIsFair(t *testing.T) {
	const width, height = 320, 256
	f := Frame{Pix: make([]byte, 4*width*height), Stride: 4 * width, Width: width, Height: height}
	enc, dec := NewEncoder(Config{}), &Decoder{}
	noise := rand.NewChaCha8([32]byte{3})
	touched := map[image.Point]bool{}
	step := func(letter byte) {
		t.Helper()
		_, _ = noise.Read(f.Pix[:4*width*192]) // rows 0…191
		for y := 200; y < 216; y++ {
			for x := 250; x < 260; x++ {
				f.Pix[4*(y*width+x)+1] = letter
			}
		}
		update := enc.Encode(nil, f, nil, 4000)
		before := []byte(nil)
		if img := dec.Image(); img != nil {
			before = append(before, img.Pix...)
		}
		if _, _, err := dec.Apply(update); err != nil {
			t.Fatal(err)
		}
		img := dec.Image()
		for y := 0; y < 192 && before != nil; y += Tile {
			for x := 0; x < width; x += Tile {
				if at := img.PixOffset(x+5, y+3); img.Pix[at] != before[at] || img.Pix[at+1] != before[at+1] {
					touched[image.Pt(x, y)] = true
				}
			}
		}
	}
	step(0)
	for n := range 200 {
		letter := byte(n + 1)
		step(letter)
		if got := dec.Image().RGBAAt(255, 208).G; got != letter {
			t.Fatalf("update %d: the letter waits: %d", n, got)
		}
	}
	if want := width / Tile * 192 / Tile; len(touched) != want {
		t.Errorf("%d of %d parts of the noise were sent", len(touched), want)
	}
}
