package logproof

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"
)

// Line is one entry as a line of JSON, in proofs and exports. The leaf, and so
// its hash, follows from the line. There is one spelling of it: what ParseLine
// takes is what Append writes.
type Line struct {
	Entry  Entry
	Values map[string]Value  // personal values that are shown on purpose, by name
	States map[string]string // why others are not: "erased", "damaged", "confidential"
	// Envelopes are confidential fields for the owner of the hospital's key:
	// see OpenEnvelope.
	Envelopes map[string][]byte
}

// Value is a personal value. With its salt the line proves it; without it is
// only said.
type Value struct {
	Text string
	Salt []byte // SaltSize bytes, or nil
}

// Append appends the line without a line break.
func (l *Line) Append(dst []byte) ([]byte, error) {
	e := &l.Entry
	for _, s := range [...]string{e.Boot, e.Kind, e.Actor, e.Subject} {
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("entry %d holds what is not UTF-8", e.Index)
		}
	}
	commitments, err := DecodeCommitments(e.Personal)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Index, err)
	}
	if _, err := DecodeFields(e.Fields); err != nil {
		return nil, fmt.Errorf("entry %d: fields: %w", e.Index, err)
	}
	dst = fmt.Appendf(dst, `{"index":%d,"time":"`, e.Index)
	dst = time.Unix(0, e.Wall).UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","monoNs":`...)
	dst = strconv.AppendInt(dst, e.Mono, 10)
	for _, part := range [...]struct{ name, text string }{{"boot", e.Boot}, {"kind", e.Kind}, {"actor", e.Actor}, {"subject", e.Subject}} {
		dst = append(append(append(dst, `,"`...), part.name...), `":`...)
		dst = appendQuoted(dst, part.text)
	}
	dst = append(dst, `,"fields":`...)
	dst = AppendInertJSON(dst, e.Fields)
	dst = append(dst, `,"personal":{`...)
	for i, c := range commitments {
		dst = appendName(dst, i, c.Name)
		dst = append(hex.AppendEncode(append(dst, '"'), c.HMAC[:]), '"')
	}
	dst = append(dst, '}')
	dst = l.appendValues(dst)
	dst = append(dst, `,"leaf":"`...)
	dst = hex.AppendEncode(dst, e.Hash[:])
	return append(dst, `"}`...), nil
}

// appendValues appends what is said of personal fields beside the HMACs.
func (l *Line) appendValues(dst []byte) []byte {
	if len(l.Values) > 0 {
		dst = append(dst, `,"values":{`...)
		for i, name := range slices.Sorted(maps.Keys(l.Values)) {
			v := l.Values[name]
			dst = append(appendName(dst, i, name), `{"text":`...)
			dst = appendQuoted(dst, v.Text)
			if v.Salt != nil {
				dst = append(hex.AppendEncode(append(dst, `,"salt":"`...), v.Salt), '"')
			}
			dst = append(dst, '}')
		}
		dst = append(dst, '}')
	}
	if len(l.States) > 0 {
		dst = append(dst, `,"states":{`...)
		for i, name := range slices.Sorted(maps.Keys(l.States)) {
			dst = appendQuoted(appendName(dst, i, name), l.States[name])
		}
		dst = append(dst, '}')
	}
	if len(l.Envelopes) > 0 {
		dst = append(dst, `,"envelopes":{`...)
		for i, name := range slices.Sorted(maps.Keys(l.Envelopes)) {
			dst = append(appendName(dst, i, name), '"')
			dst = append(base64.StdEncoding.AppendEncode(dst, l.Envelopes[name]), '"')
		}
		dst = append(dst, '}')
	}
	return dst
}

func appendName(dst []byte, i int, name string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return append(appendQuoted(dst, name), ':')
}

// lineJSON is the line as encoding/json reads it.
type lineJSON struct {
	Index    int64             `json:"index"`
	Time     time.Time         `json:"time"`
	Mono     int64             `json:"monoNs"`
	Boot     string            `json:"boot"`
	Kind     string            `json:"kind"`
	Actor    string            `json:"actor"`
	Subject  string            `json:"subject"`
	Fields   map[string]string `json:"fields"`
	Personal map[string]string `json:"personal"`
	Values   map[string]struct {
		Text string `json:"text"`
		Salt string `json:"salt"`
	} `json:"values"`
	States    map[string]string `json:"states"`
	Envelopes map[string][]byte `json:"envelopes"`
	Leaf      string            `json:"leaf"`
}

// ParseLine reads a line, strictly. It recomputes the leaf's hash and holds it
// against the one in the line, and holds each value that comes with its salt
// against its HMAC. That the entry is in a log is proven by a proof only.
func ParseLine(b []byte) (*Line, error) {
	var j lineJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return nil, fmt.Errorf("the entry is no line of this format: %w", err)
	}
	l := &Line{States: j.States, Envelopes: j.Envelopes, Entry: Entry{
		Index: j.Index, Version: LeafVersion, Wall: j.Time.UnixNano(), Mono: j.Mono, Boot: j.Boot, Kind: j.Kind, Actor: j.Actor, Subject: j.Subject,
	}}
	e := &l.Entry
	var err error
	if e.Fields, err = EncodeFields(j.Fields); err != nil {
		return nil, err
	}
	if err := l.personal(&j); err != nil {
		return nil, err
	}
	hash, again := LeafHash(nil, e)
	e.Hash = hash
	if j.Leaf != hex.EncodeToString(hash[:]) {
		return nil, errors.New("the entry is not what its hash was made over")
	}
	if again, err = l.Append(again[:0]); err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("the entry is not in canonical form")
	}
	return l, nil
}

// personal takes over the HMACs and holds values and states against them.
func (l *Line) personal(j *lineJSON) error {
	commitments := make(map[string][tlog.HashSize]byte, len(j.Personal))
	for name, text := range j.Personal {
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return fmt.Errorf("personal field %q: no HMAC", name)
		}
		commitments[name] = [tlog.HashSize]byte(raw)
	}
	var err error
	if l.Entry.Personal, err = EncodeCommitments(commitments); err != nil {
		return err
	}
	for name := range j.States {
		if _, ok := commitments[name]; !ok {
			return fmt.Errorf("personal field %q is not in the entry", name)
		}
	}
	for name := range j.Envelopes {
		if _, ok := commitments[name]; !ok {
			return fmt.Errorf("personal field %q is not in the entry", name)
		}
	}
	for name, v := range j.Values {
		want, ok := commitments[name]
		if !ok {
			return fmt.Errorf("personal field %q is not in the entry", name)
		}
		value := Value{Text: v.Text}
		if v.Salt != "" {
			if value.Salt, err = hex.DecodeString(v.Salt); err != nil || len(value.Salt) != SaltSize {
				return fmt.Errorf("personal field %q: no salt", name)
			}
			if Commitment(value.Salt, l.Entry.Index, name, v.Text) != want {
				return fmt.Errorf("personal field %q is not the value that was logged", name)
			}
		}
		if l.Values == nil {
			l.Values = map[string]Value{}
		}
		l.Values[name] = value
	}
	return nil
}
