package ask

import (
	"strings"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// Prompt is one question to the technician: one capability, one sentence
// (P24). Every text in it that came from outside is cleaned (scenario 15).
type Prompt struct {
	ID           string
	Capability   string // its label
	Sentence     string // who asks for what
	Says         string // the same without the organisation, for where that stands beside it
	Name         string
	Organisation string
	Account      string
	Facts        [][2]string      // ticket, reason, and what exactly: screens, or a file's name, size, direction and fingerprint
	Durations    []DurationChoice // to choose from; empty: there is one, Only
	Only         hostpb.Duration_
	PatientData  string // what patient data has to do with it; "": nothing
	Run          bool
	Missed       string // the same was asked before and nobody answered; "": it was not
	Initials     bool   // a yes counts only with initials
	Folder       bool   // a file for this PC: say where it goes
	Chooses      bool   // a yes leads to choosing a file
	PIN          bool   // a yes counts only with initials and that person's PIN
	PINWhy       string
	PINLeft      string // how many tries are left; "": not told
}

// DurationChoice is for how long.
type DurationChoice struct {
	Value hostpb.Duration_
	ID    string
	Label string
}

// NewPrompt makes the view model of a prompt.
func NewPrompt(c *text.Catalogue, p *hostpb.Prompt) Prompt {
	id := Capability(p.GetCapability())
	e := p.GetEngineer()
	v := Prompt{
		ID: p.GetId(), Capability: c.T("capability." + id),
		Name: CleanName(e.GetName()), Account: CleanName(e.GetAccount()),
		Run:      p.GetRunInProgress(),
		Initials: p.GetNeedsInitials() || p.GetNeedsPin(), PIN: p.GetNeedsPin(),
	}
	sentence := "prompt.asks." + id
	if p.GetCapability() == hostpb.Capability_CAPABILITY_FILES {
		sentence = fileSentence(p)
		v.Folder, v.Chooses = p.GetFileDirection() == "to-pc", sentence == "prompt.asks.fetch"
	}
	v.Organisation = CleanName(e.GetOrganisation())
	v.Sentence = c.T(sentence, "name", v.Name, "organisation", v.Organisation)
	v.Says = v.Sentence
	if key := "prompt.says." + strings.TrimPrefix(sentence, "prompt.asks."); c.Has(key) {
		v.Says = c.T(key, "name", v.Name)
	}
	if p.GetPatientData() {
		v.PatientData = c.T("prompt.patient-data")
		if key := "prompt.patient-data." + id; c.Has(key) {
			v.PatientData = c.T(key)
		}
	}
	if n := p.GetMissed(); n > 0 {
		v.Missed = c.T("prompt.missed", "n", n)
	}
	if v.PIN {
		if key := "prompt.pin-why." + p.GetPinWhy(); c.Has(key) {
			v.PINWhy = c.T(key)
		}
		v.PINLeft = PINLeft(c, p)
	}
	v.Facts = append(promptWhat(c, p, id),
		[2]string{c.T("prompt.ticket"), or(Clean(p.GetTicket(), NameLimit), c.T("prompt.ticket.none"))},
		[2]string{c.T("prompt.reason"), or(Clean(p.GetReason(), 200), c.T("prompt.reason.none"))})
	v.Only = hostpb.Duration__DURATION_ONCE
	if p.GetCapability() == hostpb.Capability_CAPABILITY_FILES {
		// A file is asked for each time; there is nothing to choose.
		if !v.Chooses {
			v.Facts = append(v.Facts, [2]string{c.T("prompt.duration"), c.T("prompt.this-file")})
		}
		return v
	}
	for _, d := range p.GetDurations() {
		switch d {
		case hostpb.Duration__DURATION_ONCE:
			v.Durations = append(v.Durations, DurationChoice{d, "once", c.T("prompt.duration.once")})
		case hostpb.Duration__DURATION_15_MIN:
			v.Durations = append(v.Durations, DurationChoice{d, "15min", c.T("prompt.duration.15min")})
		case hostpb.Duration__DURATION_SESSION:
			v.Durations = append(v.Durations, DurationChoice{d, "session", c.T("prompt.duration.session")})
		}
	}
	if len(v.Durations) == 1 {
		only := v.Durations[0]
		v.Only, v.Durations = only.Value, nil
		label := only.Label
		if key := "prompt.only." + only.ID; c.Has(key) {
			label = c.T(key)
		}
		v.Facts = append(v.Facts, [2]string{c.T("prompt.duration"), label})
	}
	return v
}

// promptWhat says what exactly is asked for.
func promptWhat(c *text.Catalogue, p *hostpb.Prompt, id string) [][2]string {
	if p.GetCapability() != hostpb.Capability_CAPABILITY_FILES {
		if key := "prompt.what." + id; c.Has(key) {
			return [][2]string{{c.T("prompt.what"), c.T(key)}}
		}
		return nil
	}
	direction := c.T("prompt.direction.unknown")
	if key := "prompt.direction." + p.GetFileDirection(); c.Has(key) {
		direction = c.T(key)
	}
	if fileSentence(p) == "prompt.asks.fetch" {
		return [][2]string{{c.T("prompt.direction"), direction}}
	}
	return [][2]string{
		{c.T("prompt.file"), CleanName(p.GetFileName())},
		{c.T("prompt.size"), c.Size(p.GetFileSize())},
		{c.T("prompt.direction"), direction},
		{c.T("prompt.hash"), shortHash(p.GetFileSha256())},
	}
}

// PINLeft is how many tries are left, in words.
func PINLeft(c *text.Catalogue, p *hostpb.Prompt) string {
	if n := p.GetPinTriesLeft(); n > 0 {
		return c.T("prompt.pin-left", "n", n)
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// shortHash is enough of a fingerprint to compare aloud.
func shortHash(hex string) string {
	hex = Clean(hex, NameLimit)
	if len(hex) < 16 {
		return hex
	}
	return hex[0:4] + " " + hex[4:8] + " " + hex[8:12] + " " + hex[12:16] + " …"
}

// fileSentence is what is asked about a file: to take it, to choose one, or to
// send the one that was chosen.
func fileSentence(p *hostpb.Prompt) string {
	switch {
	case p.GetFileDirection() != "to-engineer":
		return "prompt.asks.files"
	case p.GetFileName() == "":
		return "prompt.asks.fetch"
	}
	return "prompt.asks.send"
}

// Capability is the stable word of a capability: catalogues say
// "capability.<word>".
func Capability(v hostpb.Capability) string {
	switch v {
	case hostpb.Capability_CAPABILITY_VIEW:
		return "view"
	case hostpb.Capability_CAPABILITY_CONTROL:
		return "control"
	case hostpb.Capability_CAPABILITY_FILES:
		return "files"
	case hostpb.Capability_CAPABILITY_CLIPBOARD:
		return "clipboard"
	case hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC:
		return "clipboard-to-pc"
	case hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER:
		return "clipboard-to-engineer"
	case hostpb.Capability_CAPABILITY_CHAT:
		return "chat"
	case hostpb.Capability_CAPABILITY_POINTER:
		return "pointer"
	}
	return "unknown"
}
