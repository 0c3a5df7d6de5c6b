package view

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

type registerPage struct {
	kit     *part.Kit
	actions Actions
	page    model.RegisterPage
	version string
	device  string
	refused [3]string
	drawn   bool
	place   *fyne.Container

	accept                    *part.Button
	submit                    *part.Button
	email, name, serial       *part.Entry
	kind                      *part.Choice
	fEmail, fName, fType, fSN *part.Field
	pin                       *pinCard
}

func newRegisterPage(kit *part.Kit, actions Actions) *registerPage {
	return &registerPage{kit: kit, actions: actions, place: container.NewStack(), pin: newPINCard(kit, actions)}
}

func (p *registerPage) content() fyne.CanvasObject { return p.place }

func (p *registerPage) update(s *model.State, now time.Time) {
	v := s.RegisterView(p.kit.Words, now)
	device := ""
	if len(v.Facts) > 0 {
		device = v.Facts[0][1]
	}
	// What was typed stays: the page is drawn anew only when it is another one.
	if !p.drawn || v.Page != p.page || v.Version != p.version || device != p.device || v.Refused != p.refused {
		p.drawn, p.page, p.version, p.device, p.refused = true, v.Page, v.Version, device, v.Refused
		p.draw(v)
	}
	p.pin.update(s)
	if v.Page == model.RegisterWho {
		label := "register.submit"
		if v.Busy {
			label = "register.sending"
		}
		p.submit.SetLabel(p.kit.T(label))
		p.submit.SetEnabled(!v.Busy)
	}
}

func (p *registerPage) draw(v model.RegisterView) {
	switch v.Page {
	case model.RegisterTerms:
		redraw(p.place, p.terms(v))
	case model.RegisterWho:
		redraw(p.place, pageFrame(p.who()))
	case model.RegisterDone:
		redraw(p.place, pageFrame(p.done(v)))
	case model.RegisterRefused:
		redraw(p.place, pageFrame(p.notAccepted(v)))
	default:
		redraw(p.place, pageFrame(part.Column(12, p.kit.Title(p.kit.T("register.title")), p.kit.Muted(p.kit.T("notifications.loading")))))
	}
}

// head is the title with the step it is at.
func (p *registerPage) head(step int, name string) fyne.CanvasObject {
	k := p.kit
	return part.Column(4, k.Title(k.T("register.title")),
		part.RowStretch(10, 1, k.Chip(theme.Note, icons.Setup, k.T("register.step", "n", step)), k.Muted(name)))
}

// terms is step 1. What has to be pressed stays in sight below the texts.
func (p *registerPage) terms(v model.RegisterView) fyne.CanvasObject {
	k := p.kit
	version := k.T("register.version", "version", v.Version)
	texts := part.Column(14, p.head(1, k.T("register.step1")),
		k.Card(p.document(k.T("register.it.title"), version, v.ITRequirements)),
		k.Card(p.document(k.T("register.terms.title"), version, v.Terms)))
	p.accept = k.Button("register.accept", part.Primary, icons.Check, k.T("register.accept"), func() { p.actions.AcceptTerms(v.Version, v.SHA256, "") })
	p.accept.SetEnabled(false)
	hint := k.Small(k.T("register.accept.hint"))
	read := k.Check("register.it-read", k.T("register.it-read"), func(on bool) {
		p.accept.SetEnabled(on)
		show(hint, !on)
	})
	foot := part.Inset(14, 24, 16, 24, part.RowStretch(12, 0, part.Column(0, read, part.Inset(0, 0, 0, 12, hint)), p.accept))
	return container.NewBorder(nil, part.Column(0, k.Rule(), foot), nil, nil, pageFrame(texts))
}

// document is a text in paragraphs.
func (p *registerPage) document(title, version, body string) fyne.CanvasObject {
	k := p.kit
	column := part.Column(10, part.RowStretch(8, 0, k.Strong(title), k.Plain(version, theme.TextSmall, false, k.Palette.Muted)))
	for _, paragraph := range strings.Split(body, "\n\n") {
		column.Add(k.Body(strings.TrimSpace(paragraph)))
	}
	return column
}

// who is step 2.
func (p *registerPage) who() fyne.CanvasObject {
	k := p.kit
	p.email = k.Entry("register.email", k.T("register.email.hint"))
	p.name = k.Entry("register.name", "")
	p.kind = k.Choice("register.type", k.T("register.type.hint"), model.InstrumentTypes())
	p.serial = k.Entry("register.serial", k.T("register.serial.hint"))
	p.fEmail, p.fName = k.Field(k.T("register.email"), p.email), k.Field(k.T("register.name"), p.name)
	p.fType, p.fSN = k.Field(k.T("register.type"), p.kind), k.Field(k.T("register.serial"), p.serial)
	p.submit = k.Button("register.submit", part.Primary, icons.Check, k.T("register.submit"), p.send)
	// A field that was found wrong is looked at again as soon as it changes.
	again := func(string) {
		if p.fEmail.Wrong() != "" || p.fName.Wrong() != "" || p.fType.Wrong() != "" || p.fSN.Wrong() != "" {
			p.check()
		}
	}
	p.email.OnChanged, p.name.OnChanged, p.kind.OnChanged, p.serial.OnChanged = again, again, again, again
	return part.Column(14, p.head(2, k.T("register.step2")),
		k.Card(part.Column(16,
			part.Grid2(18, p.fName.Content, p.fEmail.Content),
			part.Grid2(18, p.fType.Content, p.fSN.Content),
			k.Small(k.T("register.stored")),
			part.Row(0, p.submit))))
}

func (p *registerPage) typed() model.Registration {
	return model.Registration{Email: p.email.Text, Name: p.name.Text, InstrumentType: p.kind.Text, Serial: p.serial.Text}.Trimmed()
}

func (p *registerPage) check() bool {
	email, name, kind, serial := p.typed().Check()
	say := func(f *part.Field, key string) bool {
		if key != "" {
			key = p.kit.T(key)
		}
		f.SetWrong(key)
		return key == ""
	}
	a, b, c, d := say(p.fEmail, email), say(p.fName, name), say(p.fType, kind), say(p.fSN, serial)
	return a && b && c && d
}

func (p *registerPage) send() {
	if p.check() {
		p.actions.Register(p.typed())
	}
}

func (p *registerPage) done(v model.RegisterView) fyne.CanvasObject {
	k := p.kit
	return part.Column(14, k.Title(k.T("register.done.title")),
		k.Card(part.RowStretch(16, 1, k.Disc(theme.Good, icons.Shield, 46), part.Column(3, k.Strong(k.T("register.done.detail")), k.Muted(v.Accepted)))),
		p.pin.root,
		k.Card(k.Facts(v.Facts...)))
}

// notAccepted says why this PC's identity does not count, that nothing is lost,
// and what to do.
func (p *registerPage) notAccepted(v model.RegisterView) fyne.CanvasObject {
	k := p.kit
	page := part.Column(14, k.Title(k.T("register.title")),
		k.Card(part.RowStretch(16, 1, k.Disc(theme.Danger, icons.Stop, 46),
			part.Column(8, k.Strong(v.Refused[0]), k.Body(v.Refused[1]), k.Body(v.Refused[2])))))
	if len(v.Facts) > 0 {
		page.Add(k.Card(k.Facts(v.Facts...)))
	}
	return page
}
