package profile

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"beckmanconnect/internal/redact"
)

const (
	maxScrubs = 64
	// maxScrubbed is the longest line in characters that leaves the PC.
	maxScrubbed = 1000
	// rounds a line is gone through until nothing is found any more.
	rounds = 12
	// removed stands for a line that the rules do not come to an end with.
	removed = "[line removed]"
)

// Scrubber takes what may be patient data out of lines of a log before a person
// looks at them to send them (P25, B8): by the product's own rules, always, and by
// the profile's. Some may remain; the page that shows it says so.
type Scrubber struct {
	own   int // rules of the profile
	rules []scrubRule
}

// scrubRule replaces what a pattern finds. decide may spare a find.
type scrubRule struct {
	name   string
	match  *pattern
	hint   string // one of these characters is in every find; empty: any line may have one
	with   string // with $1 … for what stays
	decide func(found string) bool
}

// Base is a scrubber with the product's own rules only.
func Base() *Scrubber { return &Scrubber{rules: base()} }

// Own is how many rules the profile itself has. Without one nobody thought
// about what this instrument's log may hold, and no line of it is sent.
func (s *Scrubber) Own() int { return s.own }

// Line gives the line as it may be shown and sent, and how many places were
// taken out. It is one plain line (scenario 49), and scrubbing it again changes
// nothing. The time at its beginning stays: it is the event's, not a person's.
func (s *Scrubber) Line(line string) (clean string, places int) {
	clean = redact.Line(line, len(line)+1)
	for range 3 {
		var n int
		clean, n = s.settle(clean)
		places += n
		short := redact.Line(clean, maxScrubbed)
		if short == clean {
			return clean, places
		}
		clean = short // a cut may leave what was spared before: once more
	}
	return removed, places + 1
}

// settle applies the rules until none finds anything.
func (s *Scrubber) settle(line string) (string, int) {
	places := 0
	for range rounds {
		head := stampHead(line)
		rest, n := s.once(line[head:])
		if n == 0 {
			return line, places
		}
		places += n
		line = redact.Line(line[:head]+rest, len(line)+len(rest)+1)
	}
	return removed, places
}

func (s *Scrubber) once(text string) (string, int) {
	places := 0
	folded := fold(text)
	for _, r := range s.rules {
		if !r.match.might(folded) || r.hint != "" && !strings.ContainsAny(text, r.hint) {
			continue // what a rule before put there is no find of this one
		}
		text = r.match.ReplaceAllStringFunc(text, func(found string) string {
			if r.decide != nil && !r.decide(found) {
				return found
			}
			places++
			if !strings.Contains(r.with, "$") {
				return r.with
			}
			// The find alone may not match as it did inside its line, as with
			// \b at its edge; then all of it goes.
			m := r.match.FindStringSubmatchIndex(found)
			if m == nil || m[0] != 0 || m[1] != len(found) {
				return strings.TrimSpace(keepOf.ReplaceAllString(r.with, ""))
			}
			return string(r.match.ExpandString(nil, r.with, found, m))
		})
	}
	return text, places
}

var keepOf = regexp.MustCompile(`\$\{?\d\}?`)

var wordForm = regexp.MustCompile(`^\[[a-z][a-z -]{0,30}\]$`)

func (b *builder) scrubber(files []scrubFile) *Scrubber {
	s := &Scrubber{rules: slices.Clone(base())}
	if len(files) > maxScrubs {
		b.add("scrub[0]", "scrub", "there are %d; at most %d are possible", len(files), maxScrubs)
		return s
	}
	for i, f := range files {
		key, where := "scrub["+strconv.Itoa(i)+"]", "scrub "+f.Name
		switch {
		case !nameForm.MatchString(f.Name):
			b.add(key+".name", where, "name must be lower-case letters, digits and hyphens")
		case slices.ContainsFunc(s.rules, func(r scrubRule) bool { return r.name == f.Name }):
			b.add(key+".name", where, "it stands twice, or is the name of one that always applies")
		case !wordForm.MatchString(f.With):
			b.add(key+".with", where+": with", "%q must be a word in brackets, as [tube]", f.With)
		case f.Match == "":
			b.add(key, where, "match is missing")
		default:
			if p := b.pattern(key+".match", where+": match", f.Match); p != nil {
				s.rules = append(s.rules, scrubRule{name: f.Name, match: p, with: f.With})
				s.own++
			}
		}
	}
	b.settles(s, files)
	return s
}

// settles refuses rules that find the words put in place of what was found:
// they would go on for ever.
func (b *builder) settles(s *Scrubber, files []scrubFile) {
	words := []string{removed}
	for _, r := range s.rules {
		words = append(words, keepOf.ReplaceAllString(r.with, ""))
	}
	for i, f := range files {
		at := slices.IndexFunc(s.rules, func(r scrubRule) bool { return r.name == f.Name })
		if at < 0 {
			continue
		}
		for _, word := range words {
			if s.rules[at].match.MatchString(word) {
				b.add("scrub["+strconv.Itoa(i)+"].match", "scrub "+f.Name+": match", "it also finds the word %s that stands for what was taken out", word)
				break
			}
		}
	}
}
