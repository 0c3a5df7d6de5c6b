//go:build linux

package desktop_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"
)

var (
	canary   = color.RGBA{R: 0xc0, G: 0xff, B: 0xee, A: 255} // only what is masked has it
	harmless = color.RGBA{R: 30, G: 60, B: 90, A: 255}
	patients = &hostpb.Mask{Id: "patients", Title: "(?i)patient"}
)

// finds counts the pixels of a colour.
func finds(img *image.RGBA, c color.RGBA) (n int) {
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i] == c.R && img.Pix[i+1] == c.G && img.Pix[i+2] == c.B {
			n++
		}
	}
	return n
}

// B6, scenario of the issue: windows with a canary in every pixel move, change
// their size, title and order, come, go and bring dialogs and menus along; in
// no update that leaves the helper is the canary, and neither is it in any
// preview.
func TestNoMaskedPixelIsEverEncoded(t *testing.T) {
	a := attach(t, patients)
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Preview{Preview: &hostpb.HelperPreview{On: true}}, Generation: generation}
	ground := xtesting.NewPainter(t, a.display).Titled(image.Rect(0, 0, 320, 240), green, "Instrument")
	other := xtesting.NewPainter(t, a.display).Titled(image.Rect(100, 80, 220, 180), harmless, "Other")
	a.view(true)
	updates, previews := 0, 0
	look := func(m *hostpb.HelperMessage) {
		t.Helper()
		if p := m.GetPreview(); p != nil {
			previews++
			if img := decode(t, p.GetPng()); finds(img, canary) > 0 {
				t.Fatalf("preview %d has the canary", previews)
			}
			return
		}
		h, _, err := a.decoder.Apply(m.GetScreenUpdate())
		if err != nil {
			t.Fatal(err)
		}
		updates++
		if n := finds(a.decoder.Image(), canary); n > 0 {
			t.Fatalf("update %d has %d pixels of the canary", updates, n)
		}
		a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Ack{Ack: &hostpb.HelperAck{Seq: h.Seq, Taken: h.Seq, Room: 1 << 20}}, Generation: generation}
	}
	const enough, most = 150, 100_000 // updates, acts
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	place := func() image.Point { return image.Pt(dice.IntN(300)-20, dice.IntN(220)-20) }

	w := a.paint.Titled(image.Rect(10, 10, 110, 70), canary, "Patient list")
	var dialog, menu *xtesting.Window
	acts := 0
	for ; updates < enough && acts < most; acts++ {
		switch act := dice.IntN(10); act {
		case 0, 1:
			w.Move(place())
		case 2:
			w.Resize(1+dice.IntN(200), 1+dice.IntN(150))
		case 3:
			w.Raise()
		case 4:
			w.Lower() // below the ground, which covers it
			ground.Lower()
		case 5: // put away, which its dialog survives and no menu does
			if menu != nil {
				menu.Unmap()
				menu = nil
			}
			w.Unmap()
			w.Move(place())
			w.Map()
		case 6: // its title says nothing any more, and neither does its content
			all := []*xtesting.Window{w}
			for _, more := range []*xtesting.Window{dialog, menu} {
				if more != nil {
					all = append(all, more)
				}
			}
			for _, one := range all {
				one.Fill(harmless)
			}
			w.SetTitle(fmt.Sprintf("Settings %d", acts))
			w.SetTitle(fmt.Sprintf("PATIENT %d", acts))
			for _, one := range all {
				one.Fill(canary)
			}
		case 7:
			other.Move(place())
			other.Raise()
		case 8:
			if dialog == nil {
				dialog = a.paint.Titled(image.Rect(0, 0, 60, 40), harmless, "Details")
				dialog.TransientFor(w)
				dialog.Fill(canary)
			}
			dialog.Move(place())
			dialog.Raise()
		case 9:
			if menu == nil {
				menu = a.paint.Popup(image.Rect(0, 0, 50, 50), canary)
			}
			menu.Move(place())
			menu.Raise()
		}
		if dice.IntN(3) == 0 { // the helper falls behind now and then
			continue
		}
		for more := true; more; {
			select {
			case m := <-a.from:
				if m.GetState() == nil {
					look(m)
				}
			default:
				more = false
			}
		}
	}
	// What is told apart is still seen, and the last preview is the last picture.
	w.Unmap()
	if dialog != nil {
		dialog.Unmap()
	}
	if menu != nil {
		menu.Unmap()
	}
	ground.Raise()
	ground.Fill(red)
	for finds(a.imageOrEmpty(), red) != 320*240 {
		look(a.next())
	}
	t.Logf("%d acts, %d updates, %d previews", acts, updates, previews)
	if updates < enough {
		t.Errorf("only %d updates came of %d acts", updates, acts)
	}
}

func (a *attached) imageOrEmpty() *image.RGBA {
	if img := a.decoder.Image(); img != nil {
		return img
	}
	return image.NewRGBA(image.Rectangle{})
}

func decode(t *testing.T, b []byte) *image.RGBA {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, img.At(x, y))
		}
	}
	return out
}

// B6: whatever a helper is asked for before it knows the masks, it does not;
// its very first picture has them.
func TestNothingBeforeTheMasks(t *testing.T) {
	a := attachUnmasked(t)
	w := xtesting.NewPainter(t, a.display)
	w.Titled(image.Rect(0, 0, 320, 240), green, "Instrument").Focus()
	a.paint.Titled(image.Rect(40, 40, 100, 100), canary, "Patient list")
	a.view(true)
	a.input(generation, key("KeyX", "x"))
	a.mask(patients)
	a.view(true)
	a.input(generation, key("KeyA", "a"))
	m := a.next()
	h, err := screen.ParseHeader(m.GetScreenUpdate())
	if err != nil || h.Seq > 1 || !h.Complete {
		t.Errorf("the first picture is %+v: %v", h, err)
	}
	if _, _, err := a.decoder.Apply(m.GetScreenUpdate()); err != nil {
		t.Fatal(err)
	}
	if img := a.decoder.Image(); finds(img, canary) != 0 || finds(img, green) != 320*240-60*60 {
		t.Errorf("%d pixels of the masked window, %d of the other", finds(img, canary), finds(img, green))
	}
	if seen := w.Seen("keys", func(seen []string) bool { return len(seen) > 0 }); !slices.Equal(seen, []string{"a"}) {
		t.Errorf("the window saw %q", seen)
	}
	if !slices.Equal(a.state.GetMasks(), []string{"patients"}) {
		t.Errorf("state %v", a.state)
	}
}

// What a helper cannot read it does not work without.
func TestMasksThatCannotBeRead(t *testing.T) {
	a := attachUnmasked(t)
	a.view(true)
	a.mask(&hostpb.Mask{Id: "broken", Title: "("})
	if err := <-a.done; err == nil {
		t.Error("the helper went on without the masks")
	}
}

// Told to stop before it heard of masks, it stops.
func TestStoppedBeforeTheMasks(t *testing.T) {
	a := attachUnmasked(t)
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Stop{Stop: &hostpb.Empty{}}, Generation: generation}
	if err := <-a.done; err != nil {
		t.Error(err)
	}
}

// B6: while a window cannot be classified the picture is black, and says why;
// afterwards it is seen again.
func TestUnknownWindowIsTold(t *testing.T) {
	a := attach(t, patients)
	ground := a.paint.Titled(image.Rect(0, 0, 320, 240), green, "Instrument")
	a.view(true)
	a.until(image.Pt(50, 50), green)
	ground.SetTitle("\xff\xfe")
	a.until(image.Pt(50, 50), color.RGBA{})
	if a.state.GetErrorCode() != "windows-unknown" || !a.state.GetCapturing() {
		t.Errorf("state %v", a.state)
	}
	ground.SetTitle("Instrument")
	a.until(image.Pt(50, 50), green)
	if a.state.GetErrorCode() != "" {
		t.Errorf("state %v", a.state)
	}
}

// B6: the technician sees what the engineer sees: the same picture, smaller
// where it is too large, and black where all of it is.
func TestPreviewIsWhatTheDecoderShows(t *testing.T) {
	a := attachOn(t, "1200x900")
	a.mask(patients)
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Preview{Preview: &hostpb.HelperPreview{On: true}}, Generation: generation}
	other := xtesting.NewPainter(t, a.display)
	ground := other.Titled(image.Rect(0, 0, 1200, 900), green, "Instrument")
	above := other.Titled(image.Rect(301, 207, 777, 555), harmless, "Other")
	secret := a.paint.Titled(image.Rect(600, 100, 1000, 700), canary, "Patient list")
	a.view(true)
	preview := func() *hostpb.Preview {
		t.Helper()
		for {
			m := a.next()
			if p := m.GetPreview(); p != nil {
				return p
			}
			h, _, err := a.decoder.Apply(m.GetScreenUpdate())
			if err != nil {
				t.Fatal(err)
			}
			a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Ack{Ack: &hostpb.HelperAck{Seq: h.Seq, Taken: h.Seq, Room: 1 << 20}}, Generation: generation}
		}
	}
	same := func() {
		t.Helper()
		for { // until the preview is of the last picture
			p := preview()
			got, want := decode(t, p.GetPng()), desktop.Small(a.imageOrEmpty())
			if got.Rect != image.Rect(0, 0, 960, 720) || p.GetState() != "on" || p.GetUnixMs() == 0 {
				t.Fatalf("%v, state %q", got.Rect, p.GetState())
			}
			if finds(got, canary) > 0 {
				t.Fatal("the preview has the canary")
			}
			if bytes.Equal(got.Pix, want.Pix) {
				if p.GetMasked() != 1 {
					t.Errorf("%d are masked", p.GetMasked())
				}
				return
			}
		}
	}
	a.until(image.Pt(10, 10), green)
	same()
	secret.Move(image.Pt(20, 30))
	a.until(image.Pt(25, 35), color.RGBA{})
	same()

	// The picture is black as a whole.
	above.Unmap()
	ground.SetTitle("Patient of today")
	for {
		if p := preview(); p.GetState() == "black" {
			if len(p.GetPng()) > 0 {
				t.Error("a picture of black")
			}
			break
		}
	}

	// Nobody looks any more: pictures go on, previews do not.
	a.to <- &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Preview{Preview: &hostpb.HelperPreview{}}, Generation: generation}
	ground.SetTitle("Instrument")
	a.until(image.Pt(1100, 850), green)
	ground.Fill(red)
	a.until(image.Pt(1100, 850), red)
}
