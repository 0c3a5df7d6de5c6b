package policy

import (
	"fmt"
	"time"
)

// Layer is one of those whose intersection holds, with what it says.
type Layer struct {
	Name   string // "default", "installation", "site policy", "vendor policy", "terms", …
	Says   string // English, one line
	Allows bool   // it does not keep the capability off
}

// Names of the layers.
const (
	LayerDefault      = "default"
	LayerInstallation = "installation"
	LayerSite         = "site policy"
	LayerVendor       = "vendor policy"
	LayerTerms        = "terms"
)

// Line is one row of Explain.
type Line struct {
	Capability Capability
	Effect     Effect
	Why        string // the layer that made it so
	Prompt     string // how the technician is asked, when it may be asked
	Layers     []Layer
}

// Explain gives the whole table as it holds here and now.
func (e *Effective) Explain() []Line {
	var lines []Line
	for _, r := range e.layers.Table {
		lines = append(lines, e.lines[r.Capability])
	}
	return lines
}

// Question gives the row of one capability; of one that the table does not
// know, too.
func (e *Effective) Question(c Capability) Line {
	if line, ok := e.lines[c]; ok {
		return line
	}
	d := e.Decide(c)
	return Line{Capability: c, Effect: d.Effect, Why: d.Why, Layers: []Layer{{LayerDefault, d.Why, false}}}
}

// line intersects the layers of one row. Why is the word of the first that
// made it as tight as it is.
func (e *Effective) line(r Row) Line {
	cell := r.For(e.Class)
	line := Line{Capability: r.Capability, Effect: cell.Installed, Why: cell.Why}
	if r.Capability == Support { // as installed it waits for the terms, a layer of its own
		line.Effect, line.Why = cell.Most, "the IT requirements and the terms were accepted"
	}
	line.add(Layer{LayerDefault, describe(cell), cell.Most > Off})
	e.site(r, cell, &line)
	allowed, says := e.layers.Known.authorisation(r, e.Class, e.inForce())
	line.bound(Layer{LayerInstallation, says, allowed}, "")
	e.vendor(r, &line)
	if r.needsSupport() || r.Capability == Support {
		terms := Layer{LayerTerms, "accepted in their current version", e.layers.Facts.TermsAccepted}
		if !terms.Allows {
			terms.Says = "the IT requirements and the terms have not been accepted in their current version"
		}
		line.bound(terms, "remote support is off: ")
	}
	if line.Effect == Ask {
		line.Prompt = r.Prompt
	}
	return line
}

func (l *Line) add(layer Layer) { l.Layers = append(l.Layers, layer) }

// bound adds a layer that keeps the capability off when it does not allow it.
func (l *Line) bound(layer Layer, because string) {
	l.add(layer)
	if !layer.Allows && l.Effect > Off {
		l.Effect, l.Why = Off, because+layer.Says
	}
}

func describe(cell Default) string {
	if cell.Installed < cell.Most {
		return cell.Installed.String() + " as installed, at most " + cell.Most.String()
	}
	return cell.Installed.String()
}

// site is the only layer that can widen, up to what the table's cell allows.
func (e *Effective) site(r Row, cell Default, line *Line) {
	layer := Layer{Name: LayerSite, Says: "there is none", Allows: line.Effect > Off}
	defer func() { line.add(layer) }()
	s := e.layers.Site
	if s == nil {
		if e.layers.Refused != "" {
			layer.Says = "refused: " + e.layers.Refused
		}
		return
	}
	said, named := s.Capabilities[r.Capability]
	switch lists, widens := s.lists(r.Capability); {
	case lists != "":
		layer.Says, said, named = lists, Limited, widens
	case named && r.Switchable:
		layer.Says = said.String()
	default:
		layer.Says, named = "says nothing about it", false
	}
	if !named {
		return
	}
	layer.Allows = said > Off
	switch {
	case said < line.Effect:
		line.Effect, line.Why = said, fmt.Sprintf("the signed site policy (number %d) switches it off", s.Number)
	case said <= line.Effect:
	case cell.Most <= line.Effect:
		layer.Says += ", which the default does not let it change"
	case e.inForce() == nil:
		layer.Says, layer.Allows = layer.Says+", but what stands in its place was refused", false
	default:
		line.Effect, line.Why = min(said, cell.Most), fmt.Sprintf("the signed site policy (number %d) allows it", s.Number)
	}
}

// vendor only narrows (B2).
func (e *Effective) vendor(r Row, line *Line) {
	v := e.layers.Vendor
	layer := Layer{LayerVendor, "says nothing about it", true}
	off := func() string { return fmt.Sprintf("the vendor's policy (number %d) switches it off", v.Number) }
	switch {
	case e.layers.VendorLost != "":
		layer.Says, layer.Allows = "it cannot be told what the vendor switched off: "+e.layers.VendorLost, false
	case v == nil:
		layer.Says = "there is none"
	case v.SwitchesOff(string(r.Capability)):
		layer.Says, layer.Allows = off(), false
	case r.needsSupport() && v.SwitchesOff(string(Support)):
		layer.Says, layer.Allows = "remote support is off: "+off(), false
	}
	line.bound(layer, "")
}

// SourceLine says in one line which site policy is in force.
func (e *Effective) SourceLine() string {
	switch {
	case e.layers.Refused != "":
		return "refused: " + e.layers.Refused + "; the safe defaults of a patient-data instrument hold"
	case e.layers.Site != nil:
		return fmt.Sprintf("signed site policy number %d, SHA-256 %s", e.Number, e.Hash)
	default:
		return "no site policy; the safe defaults of a patient-data instrument hold"
	}
}

// VendorLine says in one line which vendor policy is in force.
func (e *Effective) VendorLine() string {
	v := e.layers.Vendor
	switch {
	case e.layers.VendorLost != "":
		return e.layers.VendorLost + "; remote support stays off until the cloud sends it again"
	case v != nil:
		return fmt.Sprintf("signed vendor policy number %d of %s, SHA-256 %s", v.Number, v.Issued.UTC().Format(time.DateTime), v.Hash)
	default:
		return "no vendor policy; the vendor switches nothing off"
	}
}
