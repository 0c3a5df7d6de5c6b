// Package policy decides what may be asked of the technician at all. It is the
// intersection of the product's safe defaults (P27, a table in this package),
// what was authorised at installation (P25), the site's signed policy and the
// vendor's; none can widen what another closes (B2). What they let pass is
// still only a question: the technician answers it.
package policy

import "fmt"

// Capability is one thing a program, a person or the cloud might do here.
type Capability string

// The capabilities a support session can ask for, by the words of session/wire.
const (
	View      Capability = "view"
	Control   Capability = "control"
	Files     Capability = "files"
	Clipboard Capability = "clipboard"
	Chat      Capability = "chat"
	Pointer   Capability = "pointer"
)

// The rest of the defaults table.
const (
	Support       Capability = "support"        // remote support at all
	Recording     Capability = "recording"      // of a session
	Outgoing      Capability = "outgoing"       // connections and meetings from here (P22)
	NewCapability Capability = "new-capability" // what a later version brings
	Probing       Capability = "probing"        // of LIS, SNMP and OPC UA hosts
	HelpLogs      Capability = "help-logs"      // logs sent with a help request
	CloudMessages Capability = "cloud-messages" // from the cloud to technicians
	Publishers    Capability = "publishers"     // programs on this PC that notify
)

// Effect is what becomes of a capability. They are ordered: a smaller one is
// tighter, so that an intersection is the minimum.
type Effect int

const (
	Never   Effect = iota // nothing but another version could switch it on
	Off                   // a signed site policy could switch it on, where the table says so
	Limited               // works within the limits its row names, without a question
	Ask                   // may be asked of the technician
)

func (e Effect) String() string {
	switch e {
	case Off:
		return "off"
	case Limited:
		return "limited"
	case Ask:
		return "may be asked"
	default:
		return "never"
	}
}

var effectNames = [...]string{Never: "never", Off: "off", Limited: "limited", Ask: "ask"}

// MarshalText gives the name the store keeps.
func (e Effect) MarshalText() ([]byte, error) {
	if e < 0 || int(e) >= len(effectNames) {
		return nil, fmt.Errorf("policy: %d is no effect", int(e))
	}
	return []byte(effectNames[e]), nil
}

// UnmarshalText reads a name that MarshalText gave.
func (e *Effect) UnmarshalText(text []byte) error {
	for effect, name := range effectNames {
		if name == string(text) {
			*e = Effect(effect)
			return nil
		}
	}
	return fmt.Errorf("policy: %q is no effect", text)
}

// Class is what the instrument holds.
type Class string

const (
	General     Class = "general"
	PatientData Class = "patient-data"
)

// Duration of a lease, by the words of session/wire.
type Duration string

const (
	Once      Duration = "once"
	Minutes15 Duration = "15min"
	Session   Duration = "session"
)

// Default is one cell of the table: what holds as installed and the most that
// a signed site policy can make of it.
type Default struct {
	Installed Effect
	Most      Effect
	Why       string // why it is as it is as installed
}

// Row is one row of defaults.md.
type Row struct {
	Capability  Capability
	General     Default
	PatientData Default
	Durations   []Duration // of a lease, the first is the prompt's default; empty: no lease
	Prompt      string     // how often and with what the technician is asked; empty: never
	// Switchable: a site policy's [capabilities] may name it. Everything else
	// is not the policy's to change in this version.
	Switchable bool
}

// needsSupport: what is asked of the technician is part of remote support, and
// off while that is.
func (r Row) needsSupport() bool { return r.Prompt != "" }

// For gives the row's cell for a class. An unknown class is patient data.
func (r Row) For(class Class) Default {
	if class == General {
		return r.General
	}
	return r.PatientData
}

func same(d Default) (Default, Default) { return d, d }

func row(c Capability, general, patient Default, prompt string, durations ...Duration) Row {
	return Row{Capability: c, General: general, PatientData: patient, Prompt: prompt, Durations: durations}
}

// Table is a table of defaults.
type Table []Row

// row gives the row of a capability.
func (t Table) row(c Capability) (Row, bool) {
	for _, r := range t {
		if r.Capability == c {
			return r, true
		}
	}
	return Row{}, false
}

func switchable(r Row) Row {
	r.Switchable = true
	return r
}

// Defaults is defaults.md, row by row, in its order.
func Defaults() Table {
	supportGeneral, supportPatient := same(Default{Off, Ask, "the IT requirements and the terms have not been accepted in their current version"})
	chatGeneral := Default{Off, Ask, "off until a signed site policy allows it"}
	chatPatient := Default{Off, Ask, "off until a signed site policy allows it; texts may hold patient data"}
	outGeneral, outPatient := same(Default{Never, Never, "this product can only be helped; outgoing connections and meetings do not exist in it"})
	newGeneral, newPatient := same(Default{Off, Ask, "off until a signed site authorisation allows it at installation"})
	probeGeneral, probePatient := same(Default{Off, Limited, "no host is probed unless the signed site policy names it with its port"})
	messageGeneral, messagePatient := same(Default{Limited, Limited, "signed, plain text, no links, no telephone number but the configured one"})
	publishGeneral, publishPatient := same(Default{Limited, Limited, "shown as “local, not verified” unless the signed site policy lists the publisher"})
	askGeneral := Default{Ask, Ask, "each request is asked of the technician"}
	return Table{
		row(Support, supportGeneral, supportPatient, ""),
		switchable(row(View, askGeneral, Default{Ask, Ask, "each request is asked of the technician; the prompt says that patient data may be visible"},
			"each time", Once, Minutes15, Session)),
		switchable(row(Control, askGeneral, askGeneral, "each time; a second yes while a run is or may be in progress", Once, Minutes15, Session)),
		switchable(row(Files, Default{Ask, Ask, "every single transfer is asked of the technician"},
			Default{Never, Never, "this instrument holds patient data: files are never transferred"}, "every single transfer", Once)),
		switchable(row(Clipboard, Default{Off, Ask, "off until a signed site policy allows it"},
			Default{Never, Never, "this instrument holds patient data: the clipboard is never shared"}, "each direction on its own", Once)),
		switchable(row(Chat, chatGeneral, chatPatient, "once a session", Session)),
		switchable(row(Pointer, chatGeneral, chatPatient, "once a session", Session)),
		row(Recording, Default{Never, Never, "recording is not built"}, Default{Never, Never, "this instrument holds patient data: nothing is recorded"}, ""),
		row(Outgoing, outGeneral, outPatient, ""),
		row(NewCapability, newGeneral, newPatient, ""),
		row(Probing, probeGeneral, probePatient, ""),
		row(HelpLogs, Default{Ask, Ask, "shown first, scrubbed, and sent only on a click; some patient data may remain"},
			Default{Never, Never, "this instrument holds patient data: no logs are sent"}, "each time", Once),
		row(CloudMessages, messageGeneral, messagePatient, ""),
		row(Publishers, publishGeneral, publishPatient, ""),
	}
}
