package model

import (
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// PreviewView is what the engineer sees, in words (B6).
type PreviewView struct {
	State   Mark
	Picture bool // the words belong to a picture
}

// PreviewWords makes the view model of a preview; nil is one that has not come
// yet. lost: the service does not send any.
func PreviewWords(c *text.Catalogue, p *hostpb.Preview, lost bool) PreviewView {
	switch {
	case lost:
		return PreviewView{State: Mark{theme.Neutral, icons.Offline, c.T("preview.lost")}}
	case p == nil:
		return PreviewView{State: Mark{theme.Neutral, icons.Clock, c.T("preview.loading")}}
	}
	switch p.GetState() {
	case "on":
		v := PreviewView{State: Mark{theme.Attention, icons.Eye, c.T("preview.on")}, Picture: true}
		if n := p.GetMasked(); n > 0 {
			v.State = Mark{theme.Good, icons.Shield, c.T("preview.masked", "n", n)}
		}
		return v
	case "black":
		return PreviewView{State: Mark{theme.Good, icons.Shield, c.T("preview.black")}, Picture: true}
	case "off":
		return PreviewView{State: Mark{theme.Good, icons.Shield, c.T("preview.off")}}
	}
	return PreviewView{State: Mark{theme.Neutral, icons.Offline, c.T("preview.lost")}}
}
