package view_test

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

func (a *actions) SetPIN(initials, pin, old string) {
	a.note("pin " + initials + " " + pin + " " + old)
}
func (a *actions) ShowPreview()           { a.note("preview") }
func (a *actions) SendFile()              { a.note("send file") }
func (a *actions) StopTransfer(id string) { a.note("stop " + id) }
func (a *actions) ShowSummary(open bool) {
	a.note(map[bool]string{true: "summary", false: "no summary"}[open])
}

func fill(t *testing.T, root fyne.CanvasObject, fields ...string) {
	t.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		e, ok := part.Find(root, fields[i]).(*part.Entry)
		if !ok {
			t.Fatalf("there is no field %s", fields[i])
		}
		e.SetText(fields[i+1])
	}
}

// P24: a technician sets a PIN of their own, and gives the present one to
// change it.
func TestSetPIN(t *testing.T) {
	for _, page := range []string{view.Register, view.Settings} {
		s := sample.State()
		v, a, _ := window(t, page, &s)
		tap(t, v.Content(), "pin.save")
		if a.last() != "" {
			t.Fatalf("an empty form was sent: %q", a.last())
		}
		fill(t, v.Content(), "pin.initials", "ab", "pin.new", "246801", "pin.repeat", "246802")
		tap(t, v.Content(), "pin.save")
		if a.last() != "" {
			t.Fatalf("two PINs were sent: %q", a.last())
		}
		fill(t, v.Content(), "pin.repeat", "246801")
		if part.Find(v.Content(), "pin.old") != nil {
			t.Error("the present PIN is asked of somebody who has none")
		}
		tap(t, v.Content(), "pin.save")
		if a.last() != "pin AB 246801 " {
			t.Errorf("%q", a.last())
		}
		fill(t, v.Content(), "pin.initials", "MH")
		fill(t, v.Content(), "pin.old", "135790")
		tap(t, v.Content(), "pin.save")
		if a.last() != "pin MH 246801 135790" {
			t.Errorf("%q", a.last())
		}
		s.PIN.Done("MH", "pin-wrong")
		v.Update(&s, sample.Now)
		if got := part.Find(v.Content(), "pin.new").(*part.Entry).Text; got != "246801" {
			t.Errorf("what was typed is gone after a fault: %q", got)
		}
		s.PIN.Done("MH", "")
		v.Update(&s, sample.Now)
		for _, id := range []string{"pin.old", "pin.new", "pin.repeat"} {
			if got := part.Find(v.Content(), id).(*part.Entry).Text; got != "" {
				t.Errorf("%s keeps %q", id, got)
			}
		}
	}
	s := sample.Session()
	v, a, _ := window(t, view.Register, &s)
	fill(t, v.Content(), "pin.initials", "AB", "pin.new", "246801", "pin.repeat", "246801")
	tap(t, v.Content(), "pin.save")
	if a.last() != "" {
		t.Error("a PIN can be set while a session runs") // B3
	}
}

func TestConsentTaps(t *testing.T) {
	session, summed, form, none := sample.Session(), sample.Summed(), sample.State(), sample.State()
	closed := sample.Summed()
	closed.SummaryOpen = false
	form.Help.Step, none.Help.Step = model.StepForm, model.StepForm
	none.Status.PinInitials = nil
	for _, row := range []struct {
		id, want string
		state    *model.State
	}{
		{"preview.open", "preview", &session}, {"summary.close", "no summary", &summed}, {"summary.open", "summary", &closed},
		{"help.pin", "navigate register", &none},
	} {
		v, a, _ := window(t, view.Help, row.state)
		tap(t, v.Content(), row.id)
		if a.last() != row.want {
			t.Errorf("%s: %q, want %q", row.id, a.last(), row.want)
		}
	}
	v, _, _ := window(t, view.Help, &form)
	if part.Find(v.Content(), "help.pin") != nil {
		t.Error("a PIN is offered although there is one")
	}
	v, _, _ = window(t, view.Help, &session)
	if part.Find(v.Content(), "help.words") == nil || part.Find(v.Content(), "help.missed") == nil {
		t.Error("no words, or what was missed is not told")
	}
}

// B6: a picture goes when it is not true any more; Escape and the button close.
func TestPreview(t *testing.T) {
	k := kit(t, "en", theme.Light())
	closed := 0
	p := view.NewPreview(k, func() { closed++ })
	w := open(t, p.Content(), fyne.NewSize(640, 470))
	p.Focus(w.Canvas())
	see := func(m *hostpb.Preview, picture image.Image) *part.Named {
		p.Update(model.PreviewWords(k.Words, m, false), picture)
		return part.Find(p.Content(), "preview.picture").(*part.Named)
	}
	if see(nil, nil).Content.Visible() {
		t.Error("a picture before there is one")
	}
	picture := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	if !see(&hostpb.Preview{State: "on"}, picture).Content.Visible() {
		t.Error("no picture")
	}
	if see(&hostpb.Preview{State: "off"}, picture).Content.Visible() {
		t.Error("a picture although the engineer sees none")
	}
	for i, press := range []func(){
		func() { tap(t, p.Content(), "preview.close") },
		func() { w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
		func() { w.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
	} {
		press()
		if closed != i+1 {
			t.Errorf("press %d closed it %d times", i, closed)
		}
	}
}
