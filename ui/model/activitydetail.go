package model

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// ActivityDetailView is one entry with all there is to know.
type ActivityDetailView struct {
	Key     uint64
	Loading bool
	Gone    bool
	Icon    icons.Name
	Tone    theme.Tone
	What    string
	When    string
	Chips   []Mark
	Notes   []Mark      // what needs a sentence
	Facts   [][2]string // who, and the entry's own fields
	Proof   [][2]string // what proves it
	Session string      // that it belongs to; "": none
	CanCopy bool
	Copied  bool
	Export  ExportView
}

// ActivityDetailView makes the view model.
func (s *State) ActivityDetailView(c *text.Catalogue, now time.Time) ActivityDetailView {
	d := s.Activity.Detail
	v := ActivityDetailView{Key: d.Index + 1, Gone: d.Gone && d.Got == nil, Loading: !d.Gone && d.Got == nil, Export: s.exportView(c)}
	a := d.Got.GetEntry()
	if a == nil {
		i, ok := s.Activity.List.Index(d.Index + 1)
		if !ok || v.Gone {
			return v
		}
		a = s.Activity.List.At(i)
	}
	v.What, v.Icon, v.Tone = plainWords(c, a)
	t := at(a.GetUnixMs(), now)
	v.When = Joined(c.Day(t, now), c.Clock(t))
	if group := "activity.group." + a.GetGroup(); c.Has(group) {
		v.Chips = append(v.Chips, Mark{theme.Neutral, "", c.T(group)})
	}
	if proof := s.proof(c, a); proof.Word != "" {
		v.Chips = append(v.Chips, proof)
	}
	v.Notes = entryNotes(c, a)
	v.Session = SessionOf(a)
	v.Facts = entryFacts(c, a)
	if d.Got != nil {
		v.Proof, v.CanCopy, v.Copied = proofFacts(c, d.Got, now), d.Got.GetProof() != "", d.Copied
		if !v.CanCopy {
			v.Notes = append(v.Notes, Mark{theme.Danger, icons.Warning, c.T("activity.no-proof")})
		}
	}
	return v
}

func entryNotes(c *text.Catalogue, a *hostpb.Activity) (out []Mark) {
	if a.GetClockBack() {
		out = append(out, Mark{theme.Attention, icons.Clock, c.T("activity.clock-back.why")})
	}
	if len(a.GetDamaged()) > 0 {
		out = append(out, Mark{theme.Danger, icons.Warning, c.T("activity.damaged.why")})
	}
	if len(a.GetErased()) > 0 {
		out = append(out, Mark{theme.Neutral, icons.Info, c.T("activity.erased.why")})
	}
	if len(a.GetConfidential()) > 0 {
		out = append(out, Mark{theme.Note, icons.Seal, c.T("activity.confidential.why")})
	}
	return out
}

// entryFacts are who did it to what, and the fields by their names.
func entryFacts(c *text.Catalogue, a *hostpb.Activity) [][2]string {
	rows := [][2]string{{c.T("activity.fact.who"), actor(c, a.GetActor())}}
	if subject := Clean(a.GetSubject(), 200); subject != "" {
		name := c.T("activity.fact.subject")
		if SessionOf(a) != "" {
			name = c.T("activity.fact.session")
		}
		rows = append(rows, [2]string{name, subject})
	}
	values := map[string]string{}
	for name, value := range a.GetFields() {
		values[name] = fieldValue(c, a.GetKind(), name, value)
	}
	for key, names := range map[string][]string{"activity.field.erased": a.GetErased(), "activity.field.damaged": a.GetDamaged(), "activity.field.confidential": a.GetConfidential()} {
		for _, name := range names {
			values[name] = c.T(key)
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		rows = append(rows, [2]string{fieldName(c, name), values[name]})
	}
	return append(rows, [2]string{c.T("activity.fact.kind"), Clean(a.GetKind(), 60)})
}

// fieldName is a field's name in words where we have them.
func fieldName(c *text.Catalogue, name string) string {
	if key := "activity.field.name." + name; c.Has(key) {
		return c.T(key)
	}
	return Clean(strings.NewReplacer("_", " ", "-", " ").Replace(name), 40)
}

// fieldValue is a field's value in words where we have them.
func fieldValue(c *text.Catalogue, kind, name, value string) string {
	switch key := "capability." + value; {
	case value == "":
		return "–"
	case name == "capability" && c.Has(key):
		return c.T(key)
	case name == "duration" && c.Has("prompt.duration."+value):
		return c.T("prompt.duration." + value)
	case name == "answer" && c.Has("export.answer."+value):
		return c.T("export.answer." + value)
	case name == "why" && (kind == "session.ended" || kind == "help.ended"):
		return ended(c, value)
	case name == "why":
		return reason(c, value)
	}
	return CleanText(value, 600)
}

// proofFacts are what ties an entry to the log.
func proofFacts(c *text.Catalogue, d *hostpb.ActivityDetail, now time.Time) [][2]string {
	a := d.GetEntry()
	rows := [][2]string{
		{c.T("activity.fact.number"), strconv.FormatUint(a.GetIndex(), 10)},
		{c.T("activity.fact.clock"), at(a.GetUnixMs(), now).Format("2006-01-02 15:04:05.000 -07:00")},
	}
	if ns := d.GetMonoNs(); ns > 0 {
		rows = append(rows, [2]string{c.T("activity.fact.boot"), c.Lasting(time.Duration(ns))})
	}
	rows = append(rows, [2]string{c.T("activity.fact.leaf"), Clean(d.GetLeaf(), 64)})
	if n := d.GetCheckpoint(); n > 0 {
		rows = append(rows, [2]string{c.T("activity.fact.checkpoint"), c.T("activity.checkpoint", "n", int(n), "when", c.Within(at(d.GetCheckpointUnix()*1000, now), now))})
	}
	var seen []string
	for _, w := range d.GetWitnesses() {
		seen = append(seen, c.T("activity.witness", "name", witnessName(c, w.GetName()), "when", c.Within(at(w.GetUnix()*1000, now), now)))
	}
	if len(seen) == 0 {
		seen = []string{c.T("activity.witness.none")}
	}
	return append(rows, [2]string{c.T("activity.fact.witnesses"), strings.Join(seen, "\n")})
}

// witnessName is who cosigned, in words where we have them.
func witnessName(c *text.Catalogue, name string) string {
	if name == "cloud" {
		return c.T("activity.witness.cloud")
	}
	return cleanName(name)
}
