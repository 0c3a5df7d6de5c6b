package view

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// signer are the fields in which somebody says who acts: initials, and their
// PIN where the site wants it. The initials stay while a page is drawn anew,
// the PIN only until it was sent or the act was left.
type signer struct {
	kit           *part.Kit
	initials, pin *part.Entry
	none          *part.Text
}

// newSigner makes the fields; names of their parts begin with page.
func newSigner(k *part.Kit, page, initials string, back func(*fyne.KeyEvent), send func()) *signer {
	g := &signer{kit: k, initials: k.Entry(page+".initials", k.T("alarms.initials")), pin: k.Secret(page+".pin", "", fitsPIN),
		none: k.Toned(k.T("alarms.pin-none"), theme.Attention)}
	g.initials.SetText(initials)
	g.initials.OnKey, g.pin.OnKey = back, back
	g.initials.OnSubmitted = func(string) { send() }
	g.pin.OnSubmitted = g.initials.OnSubmitted
	return g
}

// fields are those that an act needs, each with its name before it.
func (g *signer) fields(need model.Signing) (fields []fyne.CanvasObject) {
	if need.Initials {
		fields = append(fields, g.named("alarms.initials", g.initials))
	}
	if need.PIN {
		fields = append(fields, g.named("prompt.pin", g.pin))
	}
	return fields
}

func (g *signer) named(key string, field *part.Entry) fyne.CanvasObject {
	field.Label = g.kit.T(key)
	return part.Row(8, g.kit.Plain(g.kit.T(key), theme.TextBody, false, g.kit.Palette.Ink), part.FixedWidth(g.kit.Size(120), field))
}

// focus goes to what has to be typed first.
func (g *signer) focus(need model.Signing) {
	switch {
	case need.PIN && model.InitialsFit(g.initials.Text):
		focusOn(g.pin)
	case need.Initials:
		focusOn(g.initials)
	}
}

// missing says what is missing, in words, and goes there; "" for nothing.
func (g *signer) missing(need model.Signing) string {
	key := need.Missing(model.Signature{Initials: g.initials.Text, PIN: g.pin.Text})
	if key == "" {
		return ""
	}
	if model.InitialsFit(g.initials.Text) {
		focusOn(g.pin)
	} else {
		focusOn(g.initials)
	}
	return g.kit.T(key)
}

// take gives what was typed, and forgets the PIN: each act is signed anew.
func (g *signer) take(need model.Signing) (who model.Signature) {
	if need.Initials {
		who.Initials = model.Initials(g.initials.Text)
	}
	if need.PIN {
		who.PIN = g.pin.Text
	}
	g.forget()
	return who
}

// forget drops a PIN that was not sent.
func (g *signer) forget() {
	if g.pin.Text != "" {
		g.pin.SetText("")
	}
}
