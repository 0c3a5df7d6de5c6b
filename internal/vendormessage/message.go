// Package vendormessage is a message of the vendor's to the technicians of
// instrument PCs: what it is, how the cloud signs it and how an instrument PC
// reads it. A message is text to be read and nothing else: there is nothing in
// it to follow, to dial or to run (defaults.md, "messages from the cloud").
//
// It is a signed note of the vendor's key, as the signed time and the vendor's
// policy are; its first line keeps the three apart, so that none can be taken
// for another.
package vendormessage

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"beckmanconnect/internal/redact"
)

// Header is the note's first line.
const Header = "beckmanconnect message"

// Bounds of a message. The signed note fits a message to a device.
const (
	MaxSize      = 24 << 10
	MaxTitle     = 120 // characters
	MaxText      = 600 // characters
	MaxLanguages = 10
	MaxRegions   = 30
	MaxLife      = 30 * 24 * time.Hour
)

// Severities a message may have. The highest class is the instrument's own: no
// message may take its place in the list, its sound or its way past quiet
// hours.
var Severities = []string{"info", "low", "medium"}

// Message is a message to technicians.
type Message struct {
	ID string
	// Number is higher in each message that the vendor's key signs: a device
	// whose memory of IDs is full goes by it.
	Number   uint64
	Issued   time.Time
	Expires  time.Time
	Severity string
	To       To
	Texts    map[string]Text // by language, "en" at least
}

// To says whom a message is for: one device, the instruments of one type in
// some regions, or one region.
type To struct {
	Device  string   `toml:"device,omitempty"`
	Group   string   `toml:"group,omitempty"`   // instrument type as registered
	Regions []string `toml:"regions,omitempty"` // of Group; exactly one without it
}

// Text is title and text in one language, one plain line each.
type Text struct {
	Title string `toml:"title"`
	Text  string `toml:"text"`
}

// Recipient is what a device knows of itself.
type Recipient struct{ Device, Type, Region string }

// Addresses tells whether a message is for this device. What a device does not
// know of itself never fits.
func (t To) Addresses(r Recipient) bool {
	switch {
	case t.Device != "":
		return t.Device == r.Device
	case r.Region == "" || !slices.Contains(t.Regions, r.Region):
		return false
	default:
		return t.Group == "" || t.Group == r.Type
	}
}

var (
	idForm       = regexp.MustCompile(`^m-[a-z0-9]{8,40}$`)
	deviceForm   = regexp.MustCompile(`^bc-[0-9a-f]{16}$`)
	regionForm   = regexp.MustCompile(`^[a-z][a-z0-9-]{1,15}$`)
	languageForm = regexp.MustCompile(`^[a-z]{2}$`)
)

// ValidID tells whether id can be a message's.
func ValidID(id string) bool { return idForm.MatchString(id) }

// Check says what is wrong with a message, whose text may hold none but these
// telephone numbers. Both sides ask it: the cloud before it signs, the device
// before it shows.
func (m *Message) Check(phones ...string) error {
	switch {
	case !ValidID(m.ID):
		return errors.New("id: it is not one")
	case m.Number == 0 || m.Number > 1<<62:
		return errors.New("number: it is missing or too large")
	case m.Issued.IsZero() || !m.Expires.After(m.Issued):
		return errors.New("issued and expires: a message ends after it was issued")
	case m.Expires.Sub(m.Issued) > MaxLife:
		return fmt.Errorf("expires: a message lives at most %d days", MaxLife/(24*time.Hour))
	case !slices.Contains(Severities, m.Severity):
		return errors.New("severity: info, low or medium; the highest class is the instrument's own")
	}
	if err := m.To.check(); err != nil {
		return err
	}
	return m.checkTexts(phones)
}

func (t To) check() error {
	bad := errors.New("to: name one device, or a group with its regions, or one region")
	if t.Device != "" {
		if t.Group != "" || len(t.Regions) > 0 || !deviceForm.MatchString(t.Device) {
			return bad
		}
		return nil
	}
	if t.Group != "" && t.Group != redact.Line(t.Group, 100) {
		return errors.New("to: the group is not a plain name")
	}
	if len(t.Regions) == 0 || len(t.Regions) > MaxRegions || t.Group == "" && len(t.Regions) != 1 {
		return bad
	}
	for _, r := range t.Regions {
		if !regionForm.MatchString(r) {
			return fmt.Errorf("to: %q is not a region", r)
		}
	}
	return nil
}

func (m *Message) checkTexts(phones []string) error {
	if _, ok := m.Texts["en"]; !ok {
		return errors.New("texts: English is missing; every device can fall back to it")
	}
	if len(m.Texts) > MaxLanguages {
		return fmt.Errorf("texts: more than %d languages", MaxLanguages)
	}
	for language, text := range m.Texts {
		if !languageForm.MatchString(language) {
			return fmt.Errorf("texts: %q is not a language of two small letters", language)
		}
		if err := Plain(text.Title, MaxTitle, phones...); err != nil {
			return fmt.Errorf("title (%s): %w", language, err)
		}
		if err := Plain(text.Text, MaxText, phones...); err != nil {
			return fmt.Errorf("text (%s): %w", language, err)
		}
	}
	return nil
}
