package mirror

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// textual classes change what a genuine file says, character by character.
var textual = []class{
	{"huge and odd numbers", 6, (*walk).numbers},
	{"JSON tricks", 8, (*walk).tricks},
	{"null and others in place of a value", 8, (*walk).nulls},
}

// genuine is the newest metadata of a role that this PC has to ask for.
func (w *walk) genuine() (role string, text []byte, err error) {
	role = pick(w, roles)
	if role == root {
		if err := w.vendor.rotate(pick(w, []string{snapshot, timestamp})); err != nil {
			return "", nil, err
		}
		return role, w.vendor.newest().files[fmt.Sprintf("metadata/%d.root.json", w.vendor.root.Signed.Version)], nil
	}
	if err := w.vendor.publish(); err != nil {
		return "", nil, err
	}
	return role, w.vendor.newest().files[w.vendor.pathOf(role)], nil
}

func (w *walk) instead(role string, text []byte) {
	if role == root {
		files := map[string][]byte{}
		for path, content := range w.vendor.newest().files {
			files[path] = content
		}
		files[fmt.Sprintf("metadata/%d.root.json", w.vendor.root.Signed.Version)] = text
		w.serve(state{files: files}, nil)
	} else {
		w.inPlace(role, text)
	}
	w.look()
}

var number = regexp.MustCompile(`"(version|threshold|length|expires|spec_version|x-signed-at)":("[^"]*"|-?\d+)`)

// numbers puts another value in place of one that is signed.
func (w *walk) numbers() error {
	role, text, err := w.genuine()
	if err != nil {
		return err
	}
	all := number.FindAllIndex(text, -1)
	at := pick(w, all)
	name, _, _ := bytes.Cut(text[at[0]:at[1]], []byte(":"))
	value := pick(w, []string{
		"0", "-1", "1e3", "1.0", "1.5", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e400", "1e-400", strings.Repeat("9", 10_000),
		`"5"`, "null", "true", "[5]", "{}", "05", "+5", "0x10", "NaN", "Infinity", `"9999-12-31T23:59:59Z"`, `"0000-00-00T00:00:00Z"`, `"99999-01-01T00:00:00Z"`, `"1970-01-01T00:00:00Z"`, `""`,
	})
	changed := append(bytes.Clone(text[:at[0]]), name...)
	changed = append(append(append(changed, ':'), value...), text[at[1]:]...)
	w.instead(role, changed)
	return nil
}

// nulls puts null, or something of another kind, in place of any value of a
// genuine file.
func (w *walk) nulls() error {
	role, text, err := w.genuine()
	if err != nil {
		return err
	}
	var m any
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	places := placesIn(m)
	for range 1 + w.r.IntN(2) {
		places[w.r.IntN(len(places))](pick(w, []any{nil, nil, nil, map[string]any{}, []any{}, "", 0, true, []any{nil}, map[string]any{"": nil}}))
	}
	if text, err = json.Marshal(m); err != nil {
		return err
	}
	w.instead(role, text)
	return nil
}

// placesIn are all places within a value, in an order that stays.
func placesIn(v any) (all []func(any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, func(other any) { v[name] = other })
			all = append(all, placesIn(v[name])...)
		}
	case []any:
		for i := range v {
			all = append(all, func(other any) { v[i] = other })
			all = append(all, placesIn(v[i])...)
		}
	}
	return all
}

// tricks leave the signed text as it is and put something beside it, or write
// it in another way.
func (w *walk) tricks() error {
	role, text, err := w.genuine()
	if err != nil {
		return err
	}
	m, err := w.forge(role)
	if err != nil {
		return err
	}
	evil, err := sign(m)
	if err != nil {
		return err
	}
	inner := func(t []byte) string { // the signed part
		from := bytes.Index(t, []byte(`"signed":`)) + len(`"signed":`)
		return string(t[from : len(t)-1])
	}
	s := string(text)
	other := inner(evil)
	if !strings.HasPrefix(s, `{"signatures":`) || !strings.HasPrefix(string(evil), `{"signatures":`) {
		return fmt.Errorf("unknown form of metadata: %.40s", s)
	}
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	utf := func() string {
		var b strings.Builder
		b.WriteString("\xff\xfe")
		for _, u := range utf16.Encode([]rune(s)) {
			b.WriteByte(byte(u))
			b.WriteByte(byte(u >> 8))
		}
		return b.String()
	}
	changed := pick(w, []string{
		`{"signed":` + other + `,` + s[1:],                                 // twice, the evil one first
		s[:len(s)-1] + `,"signed":` + other + `}`,                          // and last
		s[:len(s)-1] + `,"Signed":` + other + `}`,                          // by another case
		s[:len(s)-1] + `,"ſigned":` + other + `}`,                          // and one that folds to it
		s[:len(s)-1] + `,"\u0073igned":` + other + `}`,                     // escaped
		strings.Replace(s, `"signed":{`, `"signed":{"version":999999,`, 1), // inside, first
		s[:len(s)-2] + `,"version":999999}}`,                               // inside, last
		s[:len(s)-2] + `,"Version":999999}}`,                               //
		s[:len(s)-2] + `,"targets":{}}}`,                                   //
		s[:len(s)-2] + `,"x":` + deep("[", "]", 9_000) + `}}`,              // deep, within what is signed
		s[:len(s)-1] + `,"x":` + deep("[", "]", 1_000_00) + `}`,            // too deep
		s[:len(s)-1] + `,"x":` + deep(`{"a":`, "", 50_000),                 // never ends
		s[:len(s)-1] + `,"x":"` + strings.Repeat("\\u0000", 1000) + `"}`,   //
		"\ufeff" + s, s + "\n\n ", s + "x", s + s, "//\n" + s, "/**/" + s, "[" + s + "]", "null", "7", `""`, "{}", "", " ", "\x00", "[", "{",
		`{"signed":null,"signatures":null}`, `{"signed":{},"signatures":[]}`, `{"signed":[],"signatures":{}}`, `{"signatures":[null],"signed":null}`,
		strings.Replace(s, `"sig":`, `"sig":null,"x":`, 1), strings.Replace(s, `"keyid":`, `"keyid":null,"x":`, 1),
		strings.Replace(s, `"signatures":[`, `"signatures":[null,`, 1), strings.Replace(s, `"signatures":[`, `"signatures":[{},{},`, 1),
		strings.Replace(s, `"_type":`, `"_type":"targets","_type":`, 1), strings.Replace(s, `"`+role+`"`, `"`+pick(w, roles)+`"`, 1),
		s[:w.r.IntN(len(s))], utf(), strings.ReplaceAll(s, `"`, `'`), strings.ReplaceAll(s, ",", ",,"), strings.ReplaceAll(s, ":", "="),
		strings.ReplaceAll(s, "e", "\xff"), strings.Replace(s, "meta", "me\x00ta", 1), strings.Replace(s, ".json", `.json":null,"x.json`, 1),
		strings.ReplaceAll(s, `"`+role, `"`+strings.ToUpper(role)), strings.Replace(s, `"targets":{`, `"targets":{"x":null,`, 1), strings.Replace(s, `"keys":{`, `"keys":{"x":null,`, 1), strings.Replace(s, `"roles":{`, `"roles":{"x":null,`, 1),
	})
	w.instead(role, []byte(changed))
	return nil
}
