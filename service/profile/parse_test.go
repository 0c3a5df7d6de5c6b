package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/assets/profiles"
	languagesOf "beckmanconnect/assets/text"
)

func shipped(t testing.TB, name string) *Profile {
	t.Helper()
	text, err := profiles.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// P25: the six, three more families, a generic one and the demo's sample.
var families = []string{"aquios-cl", "au5800", "cellmek-sps", "dxflex", "dxh-900", "dxi-9000", "generic", "instrument-manager", "navios-ex", "navios", "sample"}

// Every profile that ships can be read, says in its header whether it is a
// sample, has rules of its own for scrubbing, and speaks every language.
func TestProfilesThatShip(t *testing.T) {
	if !slices.Equal(profiles.Names(), families) {
		t.Errorf("%v", profiles.Names())
	}
	for _, name := range profiles.Names() {
		text, _ := profiles.Read(name)
		if n := strings.Count(text, "\n"); n > 300 {
			t.Errorf("%s has %d lines", name, n)
		}
		p := shipped(t, name)
		if p.Name != name || p.Sample != strings.HasPrefix(text, "# SAMPLE") {
			t.Errorf("%s: name %q, sample %v", name, p.Name, p.Sample)
		}
		if six := []string{"navios", "navios-ex", "dxflex", "aquios-cl", "cellmek-sps", "instrument-manager"}; p.PatientData != slices.Contains(six, name) {
			t.Errorf("%s: patient data %v", name, p.PatientData)
		}
		if p.Scrub.Own() == 0 || len(p.Masks) == 0 || p.Disk == nil || len(p.Logs) == 0 {
			t.Errorf("%s has no scrubbing, no masks, no disk or no log", name)
		}
		said := [][]Text{p.Disk.Texts}
		for _, r := range p.Rules {
			said = append(said, r.Texts)
		}
		for _, all := range said {
			var languages []string
			for _, t := range all {
				languages = append(languages, t.Language)
			}
			for _, l := range languagesOf.Languages() {
				if !slices.Contains(languages, l.Tag) {
					t.Errorf("%s: %v lacks %s", name, languages, l.Tag)
				}
			}
		}
	}
	if _, err := profiles.Read("../sample"); err == nil {
		t.Error("a path was taken for a name")
	}
	if _, err := profiles.Read("none"); err == nil || !strings.Contains(err.Error(), "sample") {
		t.Errorf("an unknown name: %v", err)
	}
}

const head = "version=2\nname=\"x\"\ntitle=\"X\"\nrevision=1\nsample=true\n" // five lines

func oneRule(lines string) string {
	return head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\n" + lines + "\n[rule.text.en]\ntitle=\"t\"\nadvice=\"a\"\n"
}

// P25: a bad profile is refused with line and reason.
func TestBadProfilesAreRefused(t *testing.T) {
	const text = "[rule.text.en]\ntitle=\"t\"\nadvice=\"a\"\n"
	for name, row := range map[string]struct{ profile, part string }{
		"not toml":                 {"version = ", "line 1"},
		"half a line":              {head + "[[rule]\n", "line 7"},
		"a wrong type":             {head + "[[rule]]\ncode=7\n", "line 7"},
		"version":                  {"version=1\nname=\"x\"\ntitle=\"X\"\n", "line 1: version: 1"},
		"name":                     {strings.Replace(head, `"x"`, `"X y"`, 1), "line 2: name"},
		"title":                    {strings.Replace(head, `"X"`, `"X\u001b[31m"`, 1), "line 3: title"},
		"revision":                 {strings.Replace(head, "revision=1", "", 1), "revision"},
		"no source":                {strings.Replace(head, "sample=true", "sample=false", 1), "source"},
		"unknown":                  {head + "colour=1\n", "line 6: colour"},
		"unknown in a rule":        {oneRule("match='x'\ncolour=1"), "line 10: rule.colour"},
		"bad pattern":              {oneRule("match='('"), "line 9: rule ab: match: missing closing"},
		"empty pattern":            {oneRule("match='x*'"), "line 9: rule ab: match"},
		"long pattern":             {oneRule("match='" + strings.Repeat("x", 1001) + "'"), "1000"},
		"no match":                 {oneRule(""), "line 6: rule ab: match or when is missing"},
		"bad condition":            {oneRule("when='level > 3'"), "line 9: rule ab: when: condition"},
		"unknown field":            {oneRule("when='colour == \"red\"'"), "line 9: rule ab: when"},
		"unknown group":            {oneRule("match='(?P<a>x)'\nwhen='number(group.b) > 1'"), "line 10: rule ab: when: group.b"},
		"clear condition":          {oneRule("match='x'\nclear_when='1'"), "line 10: rule ab: clear_when"},
		"severity":                 {strings.Replace(oneRule("match='x'"), `"low"`, `"bad"`, 1), "line 8: rule ab: severity"},
		"no English":               {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\n", "text.en"},
		"open subject":             {oneRule("match='(?P<subject>.*)y'"), "subjects must list"},
		"subjects of nothing":      {oneRule("match='x'\nsubjects=[\"a\"]"), "line 10: rule ab: subjects: no pattern"},
		"a subject of two lines":   {oneRule("match='(?P<subject>a|b)'\nsubjects=[\"a\\nb\"]"), "line 10: rule ab: subjects"},
		"rate":                     {oneRule("match='x'\nrate=\"often\""), "line 10: rule ab: rate"},
		"rate of one":              {oneRule("match='x'\nrate=\"1 in 10m\""), "line 10: rule ab: rate"},
		"rate in a year":           {oneRule("match='x'\nrate=\"3 in 9999h\""), "24h"},
		"rule of no log":           {oneRule("match='x'\nlog=\"y.log\""), "line 10: rule ab: log"},
		"twice":                    {oneRule("match='x'") + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\n" + text, "line 14: rule ab: it stands twice"},
		"texts of nothing":         {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\ntexts=\"q\"\n", "line 10: rule ab: there is no [texts.q]"},
		"texts nobody uses":        {oneRule("match='x'") + "[texts.q]\nen=[\"a\",\"b\"]\n", "line 13: texts.q: no rule uses it"},
		"texts of one part":        {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\ntexts=\"q\"\n[texts.q]\nen=[\"a\"]\n", "line 12: texts.q.en"},
		"both kinds of text":       {oneRule("match='x'\ntexts=\"q\""), "one of the two"},
		"two lines":                {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\n[rule.text.en]\ntitle=\"a\\nb\"\nadvice=\"a\"\n", "line 10: rule ab: text.en: one line"},
		"right to left":            {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\n[rule.text.en]\ntitle=\"a\\u202eb\"\nadvice=\"a\"\n", "plain characters"},
		"disk limits":              {head + "[disk]\ncode=\"dd\"\nseverity=\"low\"\nraise_used_percent=80.0\nclear_used_percent=85.0\n[disk.text.en]\ntitle=\"t\"\nadvice=\"a\"\n", "line 9: disk"},
		"run pattern":              {head + "[run]\nstarted='['\n", "line 7: run.started"},
		"log folder":               {head + "[[log]]\nname=\"../x\"\n", "line 7: log"},
		"log encoding":             {head + "[[log]]\nname=\"x\"\nencoding=\"ebcdic\"\n", "line 8: log x: encoding"},
		"log line":                 {head + "[[log]]\nname=\"x\"\nline='('\n", "line 8: log x: line"},
		"log time":                 {head + "[[log]]\nname=\"x\"\ntime=\"yyyy-mm-dd\"\n", "line 8: log x: time"},
		"log twice":                {head + "[[log]]\nname=\"x\"\n[[log]]\nname=\"x\"\n", "line 9: log x: it stands twice"},
		"scrub without a word":     {head + "[[scrub]]\nname=\"ab\"\nmatch='x'\n", "scrub ab: with"},
		"scrub with a name":        {head + "[[scrub]]\nname=\"ab\"\nmatch='x'\nwith=\"Miller\"\n", "line 9: scrub ab: with"},
		"scrub that never ends":    {head + "[[scrub]]\nname=\"ab\"\nmatch='[a-z]+'\nwith=\"[tube]\"\n", "line 8: scrub ab: match: it also finds"},
		"scrub of the name e-mail": {head + "[[scrub]]\nname=\"e-mail\"\nmatch='x'\nwith=\"[tube]\"\n", "always applies"},
		"mask without id":          {head + "[[mask]]\ntitle='x'\n", "mask 1: id"},
		"mask of nothing":          {head + "[[mask]]\nid=\"ab\"\n", "mask ab: it hides nothing"},
		"mask, unknown key":        {head + "[[mask]]\nid=\"ab\"\ntitle='x'\ncolour=1\n", "line 9: mask.colour"},
		"mask, bad pattern":        {head + "[[mask]]\nid=\"ab\"\ntitle='('\n", "line 8: mask ab: title"},
		"mask, any title":          {head + "[[mask]]\nid=\"ab\"\ntitle='.*'\n", "mask ab: title"},
		"mask, long pattern":       {head + "[[mask]]\nid=\"ab\"\ntitle='" + strings.Repeat("x", 513) + "'\n", "512"},
		"mask of both kinds":       {head + "[[mask]]\nid=\"ab\"\ntitle='x'\nx=0\n", "mask ab: title"},
		"mask, part of a region":   {head + "[[mask]]\nid=\"ab\"\nx=0\ny=0\nwidth=10\n", "mask ab: height is missing"},
		"mask, no width":           {head + "[[mask]]\nid=\"ab\"\nx=0\ny=0\nwidth=0\nheight=1\n", "line 10: mask ab: width is 0"},
		"mask, negative height":    {head + "[[mask]]\nid=\"ab\"\nx=0\ny=0\nwidth=1\nheight=-1\n", "mask ab: height is -1"},
		"mask, far away":           {head + "[[mask]]\nid=\"ab\"\nx=99999\ny=0\nwidth=1\nheight=1\n", "mask ab: x is 99999"},
		"mask twice":               {head + strings.Repeat("[[mask]]\nid=\"ab\"\ntitle='x'\n", 2), "line 10: mask ab: it stands twice"},
		"too many masks":           {head + strings.Repeat("[[mask]]\nid=\"ab\"\ntitle='x'\n", 65), "65 masks"},
		"code with space":          {strings.Replace(oneRule("match='x'"), `"ab"`, `"a b"`, 1), "line 7: rule a b: code"},
		"too large":                {strings.Repeat("#", MaxFile+1), "too large"},
	} {
		p, err := Parse(row.profile)
		var problems Problems
		if p != nil || !errors.As(err, &problems) || !strings.Contains(fmt.Sprint([]Problem(problems)), row.part) {
			t.Errorf("%s: %v, want %q", name, []Problem(problems), row.part)
		}
	}
}

// All faults at once, in the order of lines.
func TestAllProblemsAtOnce(t *testing.T) {
	_, err := Parse(head + "[run]\nidle='('\n[[rule]]\ncode=\"ab\"\nseverity=\"loud\"\nmatch='['\nwhen='x'\n[[scrub]]\nname=\"y\"\nmatch='('\nwith=\"[z]\"\n")
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if !slices.Equal(lines, []int{7, 8, 10, 11, 12, 15}) {
		t.Errorf("%v", []Problem(problems))
	}
	if !strings.Contains(err.Error(), "line 7: run.idle") || !strings.Contains(err.Error(), "and 5 more") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

// Where a key stands, whatever stands in front of it.
func TestPlaces(t *testing.T) {
	got := findPlaces("# a = 1\na = '''\nb = 2\n'''\nc = [\n \"d = 1\", # ]\n {e = \"]\"},\n]\n\"f\" . g = \"\\\"\"\n[[r]]\nx = 1\n[r.t.en]\ny = \"\"\"\n[z]\n\"\"\"\n[[r]]\nx = 1\n[[r.s]]\nq = 1\n[[r.s]]\nq = 1\n[end]\nx = 1\n")
	for key, line := range map[string]int{
		"a": 2, "c": 5, "f.g": 9, "r[0]": 10, "r[0].x": 11, "r[0].t.en": 12, "r[0].t.en.y": 13, "r[1].x": 17, "r[1].s[0].q": 19, "r[1].s[1].q": 21, "end.x": 23,
		"r[1].none.deep": 16, "nothing": 0,
	} {
		if n := got.line(key); n != line {
			t.Errorf("%s: line %d, want %d (%v)", key, n, line, got)
		}
	}
	if got["b"] != 0 || got["z"] != 0 || got["d"] != 0 {
		t.Errorf("%v", got)
	}
}

// B6: what a profile masks, as it is handed on.
func TestMasksOfAProfile(t *testing.T) {
	p, err := Parse(head + `[[mask]]
id = "patient-list"
title = '(?i)patients?\b'
class = "Lis"
process = "lis"
[[mask]]
id = "corner"
x = -10
y = 0
width = 300
height = 40
`)
	want := []Mask{{ID: "patient-list", Title: `(?i)patients?\b`, Class: "Lis", Process: "lis"}, {ID: "corner", X: -10, Width: 300, Height: 40}}
	if err != nil || !slices.Equal(p.Masks, want) {
		t.Errorf("%+v, want %+v: %v", p, want, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"generic", "sample", "navios"} {
		text, err := profiles.Read(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add(head + "[[mask]]\nid=\"ab\"\nx=0\ny=0\nwidth=1\nheight=1\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if (p == nil) == (err == nil) {
			t.Fatal("a profile and an error, or neither")
		}
		if p != nil {
			NewReader(p, "", nil).Read("2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A2 worn")
			p.Scrub.Line("patient Miller")
		}
	})
}
