package logexport

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/logproof"
)

// words says entries in the language of a document.
type words struct {
	c     *text.Catalogue
	local *time.Location
}

func wordsOf(m *Meta) words { return words{c: text.New(m.Language), local: m.Local} }

// sentence is an entry in plain words. A document speaks of the technician, not
// to the technician; where the window's sentence does, there is another one.
func (w words) sentence(kind, subject string, fields map[string]string) string {
	capability := w.capability(fields["capability"])
	if capability == "" {
		capability = w.capability(subject)
	}
	if v := fields["version"]; v != "" && strings.HasPrefix(kind, "upgrade.") {
		subject = v // people know a release by it, the log by its digest
	}
	keys := []string{"export.kind." + kind, "kind." + kind}
	if answer := fields["answer"]; answer != "" {
		keys = append([]string{"export.kind." + kind + "." + answer, "kind." + kind + "." + answer}, keys...)
	}
	if strings.HasPrefix(kind, "mask.") {
		keys = append(keys, "kind.mask.other")
	}
	for _, key := range keys {
		if w.c.Has(key) {
			return strings.TrimRight(w.c.T(key, "subject", subject, "capability", capability), ": ")
		}
	}
	return strings.TrimSpace(w.c.T("kind.other", "kind", kind, "subject", subject))
}

func (w words) capability(id string) string {
	if key := "capability." + id; id != "" && w.c.Has(key) {
		return w.c.T(key)
	}
	return id
}

// or gives the words of a key with the code behind it, or the code itself.
func (w words) or(code string, prefixes ...string) string {
	for _, p := range prefixes {
		if key := p + code; code != "" && w.c.Has(key) {
			return w.c.T(key)
		}
	}
	return code
}

func (w words) actor(id string) string { return w.or(id, "export.actor.") }

// state says why a personal value is not shown.
func (w words) state(s State) string { return "[" + w.c.T("export.personal."+states[s]) + "]" }

// utc is a time to the second, as every document shows it first.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// here is the same in local time with its offset; "" without a zone.
func (w words) here(t time.Time) string {
	if w.local == nil {
		return ""
	}
	return t.In(w.local).Format("2006-01-02 15:04:05 -07:00")
}

// both is UTC, and local time behind it.
func (w words) both(t time.Time) string {
	if w.local == nil {
		return utc(t) + " UTC"
	}
	return utc(t) + " UTC  (" + w.here(t) + ")"
}

// witnesses says who cosigned the log, and how much of it.
func (w words) witnesses(m *Meta) []string {
	var out []string
	for _, c := range m.Cosigned {
		at, err := logproof.ReadCheckpoint(c.Note)
		if err != nil {
			continue
		}
		line := w.c.T("export.witness.one", "name", c.Name, "n", int(at.Size))
		if !c.Time.IsZero() {
			line += ", " + utc(c.Time) + " UTC"
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		out = []string{w.c.T("export.witness.none")}
	}
	return out
}

// known are the personal fields of a record by name, as a document shows them:
// of a sealed one its HMAC, where that is wanted.
func (w words) known(r *Record, hmac bool) (map[string]string, error) {
	commitments, err := logproof.DecodeCommitments(r.Entry.Personal)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", r.Entry.Index, err)
	}
	out := make(map[string]string, len(commitments))
	for _, c := range commitments {
		out[c.Name] = w.state(Sealed)
		if hmac {
			out[c.Name] += " HMAC " + hex.EncodeToString(c.HMAC[:])
		}
	}
	for _, p := range r.Personal {
		if _, ok := out[p.Name]; !ok {
			return nil, fmt.Errorf("entry %d has no personal field %q", r.Entry.Index, p.Name)
		}
		switch p.State {
		case Shown:
			out[p.Name] = p.Value
		case Sealed:
		default:
			out[p.Name] = w.state(p.State)
		}
	}
	return out, nil
}
