package view

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// pinCard is where a technician sets a PIN of their own. It stands on two
// pages and keeps what was typed until the service took it.
type pinCard struct {
	kit     *part.Kit
	actions Actions
	shown   model.PINView
	root    fyne.CanvasObject

	have                        *part.Text
	done                        *part.Text
	general                     *part.Text
	initials, old, pin, repeat  *part.Entry
	fInitials, fOld, fPIN, fRep *part.Field
	oldRow                      *fyne.Container
	said                        *fyne.Container // done and general
	save                        *part.Button
}

func newPINCard(kit *part.Kit, actions Actions) *pinCard {
	p := &pinCard{kit: kit, actions: actions}
	p.root = p.build()
	return p
}

func (p *pinCard) build() fyne.CanvasObject {
	k := p.kit
	p.initials = k.Entry("pin.initials", "")
	p.old, p.pin, p.repeat = k.Secret("pin.old", "", fitsPIN), k.Secret("pin.new", k.T("pin.hint"), fitsPIN), k.Secret("pin.repeat", "", fitsPIN)
	p.fInitials, p.fOld = k.Field(k.T("pin.initials"), p.initials), k.Field(k.T("pin.old"), p.old)
	p.fPIN, p.fRep = k.Field(k.T("pin.new"), p.pin), k.Field(k.T("pin.repeat"), p.repeat)
	p.initials.OnChanged = func(string) { p.arrange(); p.again() }
	p.old.OnChanged = func(string) { p.again() }
	p.pin.OnChanged, p.repeat.OnChanged = p.old.OnChanged, p.old.OnChanged
	p.save = k.Button("pin.save", part.Primary, icons.Seal, k.T("pin.save"), p.send)
	p.have, p.general = k.Small(""), k.Toned("", theme.Danger)
	p.done = k.Toned("", theme.Good)
	p.done.Hide()
	p.general.Hide()
	p.said = part.Column(0, p.done, p.general)
	p.oldRow = part.Column(0, p.fOld.Content)
	p.oldRow.Hide()
	return k.Card(part.Column(14,
		part.RowStretch(14, 1, k.Disc(theme.Note, icons.Seal, 46),
			part.Column(3, k.Strong(k.T("pin.title")), k.Body(k.T("pin.why")), p.have)),
		part.Grid2(18, p.fInitials.Content, p.oldRow),
		part.Grid2(18, p.fPIN.Content, p.fRep.Content),
		part.RowStretch(14, 1, p.save, p.said),
		k.Small(k.T("pin.forgotten")),
	))
}

func (p *pinCard) update(s *model.State) {
	v := s.PINView(p.kit.Words)
	ended := v.Number != p.shown.Number
	p.shown = v
	p.have.Set(v.Have)
	label := "pin.save"
	if v.Busy {
		label = "pin.saving"
	}
	p.save.SetLabel(p.kit.T(label))
	p.save.SetEnabled(!v.Busy && !v.Running)
	p.arrange()
	if ended {
		p.say(v.Fault)
		if v.Saved != "" {
			// What was typed has done its work.
			for _, e := range []*part.Entry{p.old, p.pin, p.repeat} {
				e.SetText("")
			}
		}
		p.done.Set(v.Saved)
	}
	if v.Running {
		p.general.Set(p.kit.T("pin.session"))
	}
	p.tell()
}

// tell shows what is said beside the button, and no empty line above or below it.
func (p *pinCard) tell() {
	show(p.done, p.done.Content() != "")
	show(p.general, p.general.Content() != "")
	p.said.Refresh()
}

// arrange shows the field for the present PIN where there is one.
func (p *pinCard) arrange() {
	if need := p.shown.NeedsOld(p.initials.Text); need != p.oldRow.Visible() {
		show(p.oldRow, need)
		p.root.Refresh()
	}
}

func (p *pinCard) say(f model.PINFault) {
	p.fInitials.SetWrong(f.Initials)
	p.fOld.SetWrong(f.Old)
	p.fPIN.SetWrong(f.New)
	p.fRep.SetWrong(f.Repeat)
	p.general.Set(f.General)
	p.tell()
}

// again takes back what was said to be wrong as soon as something changes.
func (p *pinCard) again() {
	p.done.Set("")
	if !p.shown.Running {
		p.say(model.PINFault{})
	}
}

func (p *pinCard) send() {
	f := p.shown.CheckPIN(p.initials.Text, p.old.Text, p.pin.Text, p.repeat.Text)
	if f != (model.PINFault{}) {
		in := func(key string) string {
			if key == "" {
				return ""
			}
			return p.kit.T(key)
		}
		p.say(model.PINFault{Initials: in(f.Initials), Old: in(f.Old), New: in(f.New), Repeat: in(f.Repeat)})
		return
	}
	p.actions.SetPIN(model.Initials(p.initials.Text), p.pin.Text, p.old.Text)
}
