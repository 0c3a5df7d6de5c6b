package dialog

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/look"
)

var now = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

// question is the longest a question can be.
func question(change ...func(*hostpb.Prompt)) *hostpb.Prompt {
	p := &hostpb.Prompt{
		Id: "p1", Nonce: []byte("n"), Capability: hostpb.Capability_CAPABILITY_CONTROL, ArmedAfterMs: 800, ExpiresUnixMs: now.Add(time.Minute).UnixMilli(),
		Engineer: &hostpb.Engineer{Name: "Annemarie-Charlotte von Weber-Hohenstaufen", Organisation: "Beckman Coulter Eurocenter", Account: "annemarie-charlotte.weber@service.example"},
		Ticket:   "INC-2026-000123", Reason: "The sample syringe of module 2 reports a position error after every start; look at its settings",
		Durations: []hostpb.Duration_{hostpb.Duration__DURATION_ONCE, hostpb.Duration__DURATION_15_MIN, hostpb.Duration__DURATION_SESSION},
		NeedsPin:  true, PinWhy: "control-given", PinTriesLeft: 3, PatientData: true, RunInProgress: true, Missed: 2,
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func file(p *hostpb.Prompt) {
	p.Capability, p.Durations, p.RunInProgress, p.NeedsPin = hostpb.Capability_CAPABILITY_FILES, nil, false, false
	p.FileDirection, p.FileName, p.FileSize, p.FileSha256 = "to-pc", "firmware-update-module-2-version-4.7.1.zip", 12_345_678, strings.Repeat("0a1b2c3d", 8)
}

// fetch asks for a file of this PC.
func fetch(p *hostpb.Prompt) {
	p.FileDirection, p.FileName, p.FileSize, p.FileSha256 = "to-engineer", "", 0, ""
}

func plain(p *hostpb.Prompt) {
	p.Capability, p.NeedsPin, p.PatientData, p.RunInProgress, p.Missed = hostpb.Capability_CAPABILITY_VIEW, false, false, false, 0
	p.Engineer.Name, p.Engineer.Account = "Anna Weber", "anna.weber@service.example"
}

// forms are all that is ever drawn, each at its fullest.
func forms(c *text.Catalogue) map[string]*Form {
	all := map[string]*Form{}
	for name, p := range map[string]*hostpb.Prompt{"control": question(), "file": question(file), "fetch": question(file, fetch), "view": question(plain)} {
		here := Here{Initials: "AB", Folder: `C:\Users\laboratory.haematology\Downloads\BeckmanConnect`}
		if name == "fetch" {
			here.Refuse = c.T("dialog.no-choosing")
		}
		w := NewPrompt(c, p, here)
		w.Tick(now, ask.InSight)
		all[name] = w.Form()
	}
	covered := NewPrompt(c, question(plain), Here{})
	covered.Tick(now, ask.InSight)
	covered.Tick(now, ask.Covered)
	all["covered"] = covered.Form()
	session := &hostpb.SupportState{SessionId: "s", Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, Engineer: question().GetEngineer()}
	for i := range hostpb.Capability_name {
		if i > 0 {
			session.Leases = append(session.Leases, &hostpb.Lease{Capability: hostpb.Capability(i), UntilUnixMs: now.Add(14 * time.Minute).UnixMilli()})
		}
	}
	all["bar"] = bar(c, session, true, now)
	moving := &hostpb.SupportState{Phase: session.Phase, Engineer: session.Engineer, Leases: session.Leases,
		Transfers: []*hostpb.Transfer{{Id: "t", Name: question(file).FileName, State: "paused", Size: 123_456_789, Done: 12_345_678, Direction: "to-pc"}}}
	all["bar-file"] = bar(c, moving, true, now)
	session.Leases, session.Phase = nil, hostpb.SupportPhase_SUPPORT_PHASE_LOST
	all["bar-lost"] = bar(c, session, false, now)
	ready := &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY}
	waiting := &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: "r", WrongCodes: 2, CodeExpiresUnixMs: now.Add(9 * time.Minute).UnixMilli()}
	help := func(s *hostpb.SupportState, do func(*Help)) *Form {
		h := NewHelp(c, s)
		h.Form(s, now)
		do(h)
		return h.Form(s, now)
	}
	all["help-who"] = help(ready, func(h *Help) { h.Requested(nil, c.T("error.not-registered")) })
	all["help-told"] = help(ready, func(h *Help) { h.Pressed(idTheyCalled) })
	all["help-code"] = help(waiting, func(h *Help) { h.Requested(&hostpb.HelpRequested{RequestId: "r", Code: "WXMN QVGR"}, "") })
	all["help-hidden"] = help(waiting, func(*Help) {})
	all["help-off"] = help(&hostpb.SupportState{OffCode: "log-not-writable"}, func(*Help) {})
	return all
}

// Whatever it says, in whatever language and size: no word is cut, nothing lies
// over anything else, and all of it is inside the picture.
func TestNothingIsCut(t *testing.T) {
	// Every size in the language with the longest words.
	scales := map[string][]float64{"en": {1}, "de": {0.7, 1, 1.25, 1.5, 2, 3}, "fr": {1, 2}, "es": {1}, "it": {1}, "zh-Hans": {1, 2}, "ja": {0.7, 1, 2}}
	for _, language := range text.Languages() {
		if len(scales[language.Tag]) == 0 {
			t.Errorf("%s is not looked at", language.Tag)
		}
		c, fonts := text.New(language.Tag), NewFonts(language.Tag)
		for name, f := range forms(c) {
			for _, scale := range scales[language.Tag] {
				where := fmt.Sprintf("%s, %s, %g", name, language.Tag, scale)
				s := lay(f, fonts, look.Light(), scale)
				whole := image.Rect(0, 0, s.width, s.y)
				var lines []stroke
				for _, k := range s.strokes {
					if !k.area.In(whole) && k.edge == nil {
						t.Errorf("%s: %v of %v: %q", where, k.area, whole, k.words)
					}
					if k.words == "" {
						continue
					}
					end := k.at.X + fonts.width(k.style, k.words)
					if k.at.X < k.area.Min.X || end > k.area.Max.X {
						t.Errorf("%s: %q needs %d to %d, and has %v", where, k.words, k.at.X, end, k.area)
					}
					if k.at.Y < 0 || k.at.Y+fonts.height(k.style) > s.y {
						t.Errorf("%s: %q is cut at %d of %d", where, k.words, k.at.Y, s.y)
					}
					lines = append(lines, k)
				}
				for i, a := range lines {
					for _, b := range lines[:i] {
						mine := image.Rect(a.at.X, a.at.Y, a.at.X+fonts.width(a.style, a.words), a.at.Y+fonts.height(a.style)-s.px(4))
						theirs := image.Rect(b.at.X, b.at.Y, b.at.X+fonts.width(b.style, b.words), b.at.Y+fonts.height(b.style)-s.px(4))
						if mine.Overlaps(theirs) {
							t.Errorf("%s: %q lies over %q", where, a.words, b.words)
						}
					}
				}
				for id, r := range s.places {
					if !r.In(whole) || r.Dy() < s.px(36) {
						t.Errorf("%s: %s is at %v", where, id, r)
					}
				}
			}
		}
	}
}

// A question keeps its size while it is answered: nothing moves under a hand.
func TestNothingMoves(t *testing.T) {
	for _, language := range text.Languages() {
		c, fonts := text.New(language.Tag), NewFonts(language.Tag)
		w := NewPrompt(c, question(), Here{})
		w.Tick(now, ask.InSight)
		before := lay(w.Form(), fonts, look.Light(), 1)
		for _, sight := range []ask.Sight{ask.Covered, ask.OutOfSight, ask.Locked, ask.InSight} {
			w.Tick(now.Add(30*time.Second), sight)
			after := lay(w.Form(), fonts, look.Light(), 1)
			if before.y != after.y || before.places[idAllow] != after.places[idAllow] {
				t.Errorf("%s, %v: %v %v, was %v %v", language.Tag, sight, after.y, after.places[idAllow], before.y, before.places[idAllow])
			}
		}
		w.Failed(c.T("prompt.not-by-hand"))
		if after := lay(w.Form(), fonts, look.Light(), 1); after.y != before.y {
			t.Errorf("%s: %d high, was %d", language.Tag, after.y, before.y)
		}
	}
}

// On a small screen a question is drawn smaller, never cut.
func TestFits(t *testing.T) {
	f := forms(text.New("de"))["control"]
	for _, room := range []image.Point{{1920, 1040}, {1280, 760}, {1024, 728}} {
		if m := fit(f, NewFonts("de"), 2, room); m.Rect.Dx() > room.X || m.Rect.Dy() > room.Y {
			t.Errorf("%v in %v", m.Rect, room)
		}
	}
}

// Pictures for people go to the folder that DIALOG_PICTURES names.
func TestPictures(t *testing.T) {
	to := os.Getenv("DIALOG_PICTURES")
	if to == "" {
		t.Skip("nobody looks")
	}
	looks := map[string]look.Palette{"light": look.Light(), "dark": look.Dark(), "contrast": look.HighContrast()}
	for _, lang := range []string{"de", "en", "zh-Hans", "ja"} {
		for name, f := range forms(text.New(lang)) {
			for as, palette := range looks {
				for _, scale := range []float64{1, 2} {
					file, err := os.Create(filepath.Join(to, fmt.Sprintf("%s-%s-%s-%g.png", name, lang, as, scale)))
					if err != nil {
						t.Fatal(err)
					}
					if err := png.Encode(file, f.Draw(NewFonts(lang), palette, scale)); err != nil {
						t.Error(err)
					}
					file.Close()
				}
			}
		}
	}
}
