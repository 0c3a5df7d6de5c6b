package model

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// RegisterPage names the steps of the set-up.
type RegisterPage int

const (
	RegisterLoading RegisterPage = iota
	RegisterTerms
	RegisterWho
	RegisterDone
	RegisterRefused // the identity does not count: copied, or revoked
)

// RenewCommand is what IT runs to give this PC a new identity.
const RenewCommand = "beckmanctl device renew"

// RegisterView is the set-up of remote support (P19, P13).
type RegisterView struct {
	Page            RegisterPage
	ITRequirements  string
	Terms           string
	Version, SHA256 string
	Busy            bool
	Facts           [][2]string // done
	Accepted        string
	Refused         [3]string // title, what it means, what IT does
}

// RegisterView makes the view model.
func (s *State) RegisterView(c *text.Catalogue, now time.Time) RegisterView {
	v := RegisterView{Busy: s.Registering}
	accepted := s.Status.GetTermsAccepted() || (s.TermsAccepted != "" && s.TermsAccepted == s.Terms.GetVersion())
	reg := s.Status.GetRegistration()
	switch {
	case s.Status == nil:
	case c.Has("register." + s.Status.GetDeviceState() + ".title"):
		state := s.Status.GetDeviceState()
		v.Page = RegisterRefused
		v.Refused = [3]string{c.T("register." + state + ".title"), c.T("register." + state + ".text"), c.T("register.renew.text", "command", RenewCommand)}
		if key := "register." + state + ".it"; c.Has(key) {
			v.Refused[2] = c.T(key)
		}
		v.Facts = registered(c, reg, now)
	case accepted && reg != nil:
		v.Page = RegisterDone
		v.Accepted = c.T("register.accepted", "version", Clean(s.Status.GetTermsVersion(), 32))
		v.Facts = registered(c, reg, now)
	case accepted:
		v.Page = RegisterWho
	case s.Terms != nil:
		v.Page = RegisterTerms
		v.ITRequirements, v.Terms = s.Terms.GetItRequirements(), s.Terms.GetTerms()
		v.Version, v.SHA256 = s.Terms.GetVersion(), s.Terms.GetSha256()
	}
	return v
}

// registered is what this PC is registered as; nothing where it is not.
func registered(c *text.Catalogue, reg *hostpb.Registration, now time.Time) [][2]string {
	if reg == nil {
		return nil
	}
	return [][2]string{
		{c.T("register.done.device"), cleanName(reg.GetDeviceId())},
		{c.T("register.type"), cleanName(reg.GetInstrumentType())},
		{c.T("register.serial"), cleanName(reg.GetSerial())},
		{c.T("register.name"), cleanName(reg.GetName())},
		{c.T("register.email"), Clean(reg.GetEmail(), 120)},
		{c.T("register.done.when"), c.Moment(at(reg.GetRegisteredUnix()*1000, now), now)},
	}
}

// Registration is what the technician types.
type Registration struct{ Email, Name, InstrumentType, Serial string }

// Trimmed is the registration without the spaces around its fields.
func (r Registration) Trimmed() Registration {
	return Registration{strings.TrimSpace(r.Email), strings.TrimSpace(r.Name), strings.TrimSpace(r.InstrumentType), strings.TrimSpace(r.Serial)}
}

// Check names what is wrong: a catalogue key for each field, "" for none. The
// service checks again; this is only so that nobody waits to be told.
func (r Registration) Check() (email, name, instrumentType, serial string) {
	r = r.Trimmed()
	if a, err := mail.ParseAddress(r.Email); err != nil || a.Address != r.Email || !strings.Contains(afterAt(r.Email), ".") || len(r.Email) > 254 {
		email = "register.error.email"
	}
	if n := utf8.RuneCountInString(r.Name); n == 0 || n > 80 || Clean(r.Name, 81) != r.Name {
		name = "register.error.name"
	}
	if n := utf8.RuneCountInString(r.InstrumentType); n == 0 || n > 64 {
		instrumentType = "register.error.type"
	}
	if !serialFits(r.Serial) {
		serial = "register.error.serial"
	}
	return
}

func afterAt(s string) string { return s[strings.LastIndexByte(s, '@')+1:] }

func serialFits(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/ ", r)) {
			return false
		}
	}
	return true
}

// InstrumentTypes are offered at registration; others can be typed. Whether
// an instrument holds patient data is not decided here but by signed policy.
func InstrumentTypes() []string {
	return []string{
		"DxH 520", "DxH 690T", "DxH 900", "DxI 9000", "DxC 700 AU", "DxC 500 AU", "AU5800", "Access 2", "DxM MicroScan",
		"Navios", "Navios EX", "DxFLEX", "AQUIOS CL", "CellMek SPS", "CytoFLEX", "Data Innovations Instrument Manager",
	}
}
