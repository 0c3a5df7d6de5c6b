package marker

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"strings"
	"testing"
)

// The marker stands out on any ground: what is drawn has both a light and a
// dark part, the middle is open, and the label is as wide as the name needs.
func TestDraw(t *testing.T) {
	none, err := Draw("", 100, true)
	if err != nil {
		t.Fatal(err)
	}
	named, err := Draw("Dr. Jana Müller", 100, true)
	if err != nil {
		t.Fatal(err)
	}
	if named.Image.Rect.Dx() < none.Image.Rect.Dx()+60 || named.Hot != none.Hot {
		t.Errorf("with a name %v at %v, without %v at %v", named.Image.Rect, named.Hot, none.Image.Rect, none.Hot)
	}
	ring := none.Image.RGBAAt(none.Hot.X+radius, none.Hot.Y)
	if ring != (color.RGBA{R: brand.R, G: brand.G, B: brand.B, A: 255}) {
		t.Errorf("the ring is %v", ring)
	}
	if open := none.Image.RGBAAt(none.Hot.X+8, none.Hot.Y); open.A > 64 {
		t.Errorf("what is pointed at is covered: %v", open)
	}
	twice, err := Draw("", 200, true)
	if err != nil || twice.Image.Rect.Dx() < 2*none.Image.Rect.Dx()-3 {
		t.Errorf("at 200 %%: %v, %v", twice.Image.Rect, err)
	}
	long, err := Draw(strings.Repeat("W", 400), 100, true)
	if err != nil || long.Image.Rect.Dx() > 350 {
		t.Errorf("a long name: %v, %v", long.Image.Rect, err)
	}
	if odd, err := Draw("\u202e漢字", 100, true); err != nil || odd.Image.Rect != none.Image.Rect {
		t.Errorf("a name the font cannot write: %v, %v", odd.Image.Rect, err)
	}
}

// Picture of it, when asked for: BECKMANCONNECT_PICTURE=file.png.
func TestPicture(t *testing.T) {
	name := os.Getenv("BECKMANCONNECT_PICTURE")
	if name == "" {
		t.Skip("no picture is asked for")
	}
	img := image.NewRGBA(image.Rect(0, 0, 720, 260))
	for i, c := range []color.RGBA{{255, 255, 255, 255}, {20, 26, 34, 255}, {128, 140, 120, 255}} {
		draw.Draw(img, image.Rect(240*i, 0, 240*i+240, 260), image.NewUniform(c), image.Point{}, draw.Src)
		for j, scale := range []int{100, 200} {
			p, err := Draw("Jana Müller", scale, true)
			if err != nil {
				t.Fatal(err)
			}
			draw.Draw(img, p.Image.Rect.Add(image.Pt(240*i+10, 20+90*j)), p.Image, image.Point{}, draw.Over)
		}
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}
