package notify

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"beckmanconnect/store"
)

// ProfileVersion is the profile format this version reads.
const ProfileVersion = 1

var severities = map[string]store.Severity{"info": store.Info, "low": store.Low, "medium": store.Medium, "high": store.High}

// SeverityName is the word for a severity in profiles and for the cloud.
func SeverityName(severity store.Severity) string {
	for name, n := range severities {
		if n == severity {
			return name
		}
	}
	return ""
}

// Profile is what is known of an instrument family.
type Profile struct {
	Name   string
	Title  string
	Sample bool // made without a real or documented log
	Rules  []Rule
	Disk   *DiskRule
	Masks  []Mask
	run    runSignal
}

// Rule turns lines of the log into a notification.
type Rule struct {
	Code     string
	Severity store.Severity
	Texts    []store.Text
	match    *regexp.Regexp
	clear    *regexp.Regexp // nil: nothing in the log ends it, a person does
	subjects []string
}

// DiskRule watches the file system of the instrument's folder.
type DiskRule struct {
	Code     string
	Severity store.Severity
	Texts    []store.Text
	Raise    float64 // percent used from which on it is raised
	Clear    float64 // percent used below which it is over
}

type runSignal struct{ started, ended, idle *regexp.Regexp }

type profileFile struct {
	Version int    `toml:"version"`
	Name    string `toml:"name"`
	Title   string `toml:"title"`
	Sample  bool   `toml:"sample"`
	Run     struct {
		Started string `toml:"started"`
		Ended   string `toml:"ended"`
		Idle    string `toml:"idle"`
	} `toml:"run"`
	Disk *diskFile  `toml:"disk"`
	Rule []ruleFile `toml:"rule"`
	Mask []maskFile `toml:"mask"`
}

type textFile struct {
	Title  string `toml:"title"`
	Advice string `toml:"advice"`
}

type diskFile struct {
	Code     string              `toml:"code"`
	Severity string              `toml:"severity"`
	Raise    float64             `toml:"raise_used_percent"`
	Clear    float64             `toml:"clear_used_percent"`
	Text     map[string]textFile `toml:"text"`
}

type ruleFile struct {
	Code     string              `toml:"code"`
	Severity string              `toml:"severity"`
	Match    string              `toml:"match"`
	Clear    string              `toml:"clear"`
	Subjects []string            `toml:"subjects"`
	Text     map[string]textFile `toml:"text"`
}

// ParseProfile reads a profile. A bad one is refused with what is wrong and
// where; no part of it is used.
func ParseProfile(text string) (*Profile, error) {
	var file profileFile
	meta, err := toml.Decode(text, &file)
	var parse toml.ParseError
	switch {
	case errors.As(err, &parse):
		return nil, fmt.Errorf("profile: line %d: %s", parse.Position.Line, parse.Message)
	case err != nil:
		return nil, fmt.Errorf("profile: %w", err)
	case len(meta.Undecoded()) > 0:
		return nil, fmt.Errorf("profile: %s is not known", meta.Undecoded()[0])
	case file.Version != ProfileVersion:
		return nil, fmt.Errorf("profile: version %d is not the one this program reads (%d)", file.Version, ProfileVersion)
	case file.Name == "" || file.Title == "":
		return nil, errors.New("profile: name or title is missing")
	}
	p := &Profile{Name: file.Name, Title: file.Title, Sample: file.Sample}
	if p.run, err = file.runSignal(); err != nil {
		return nil, err
	}
	if file.Disk != nil {
		if p.Disk, err = file.Disk.rule(); err != nil {
			return nil, err
		}
	}
	if p.Masks, err = masks(file.Mask); err != nil {
		return nil, err
	}
	for _, r := range file.Rule {
		rule, err := r.rule()
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(p.Rules, func(other Rule) bool { return other.Code == rule.Code }) {
			return nil, fmt.Errorf("profile: rule %s stands twice", rule.Code)
		}
		p.Rules = append(p.Rules, rule)
	}
	return p, nil
}

func (f *profileFile) runSignal() (s runSignal, err error) {
	for _, pattern := range []struct {
		name, text string
		to         **regexp.Regexp
	}{{"started", f.Run.Started, &s.started}, {"ended", f.Run.Ended, &s.ended}, {"idle", f.Run.Idle, &s.idle}} {
		if pattern.text == "" {
			continue
		}
		if *pattern.to, err = regexp.Compile(pattern.text); err != nil {
			return s, fmt.Errorf("profile: run.%s: %w", pattern.name, err)
		}
	}
	return s, nil
}

func (f *diskFile) rule() (*DiskRule, error) {
	r := &DiskRule{Code: f.Code, Severity: severities[f.Severity], Raise: f.Raise, Clear: f.Clear}
	if err := checkCode("disk", f.Code, f.Severity); err != nil {
		return nil, err
	}
	if f.Raise <= f.Clear || f.Clear <= 0 || f.Raise > 100 {
		return nil, errors.New("profile: disk: 0 < clear_used_percent < raise_used_percent ≤ 100 must hold")
	}
	var err error
	r.Texts, err = texts("disk", f.Text)
	return r, err
}

func (f *ruleFile) rule() (Rule, error) {
	where := "rule " + f.Code
	r := Rule{Code: f.Code, Severity: severities[f.Severity], subjects: f.Subjects}
	if err := checkCode(where, f.Code, f.Severity); err != nil {
		return r, err
	}
	if f.Match == "" {
		return r, fmt.Errorf("profile: %s: match is missing", where)
	}
	var err error
	if r.match, err = regexp.Compile(f.Match); err != nil {
		return r, fmt.Errorf("profile: %s: match: %w", where, err)
	}
	if f.Clear != "" {
		if r.clear, err = regexp.Compile(f.Clear); err != nil {
			return r, fmt.Errorf("profile: %s: clear: %w", where, err)
		}
	}
	if r.match.SubexpIndex("subject") >= 0 && len(f.Subjects) == 0 {
		// What a pattern takes out of a line could be anything, also a name.
		return r, fmt.Errorf("profile: %s: subjects must list what the group \"subject\" may be", where)
	}
	r.Texts, err = texts(where, f.Text)
	return r, err
}

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,48}$`)

func checkCode(where, code, severity string) error {
	if !codeForm.MatchString(code) {
		return fmt.Errorf("profile: %s: code %q must be lower-case letters, digits and hyphens", where, code)
	}
	if severities[severity] == 0 {
		return fmt.Errorf("profile: %s: severity %q is not info, low, medium or high", where, severity)
	}
	return nil
}

func texts(where string, said map[string]textFile) ([]store.Text, error) {
	if said["en"].Title == "" {
		return nil, fmt.Errorf("profile: %s: text.en is missing", where)
	}
	var all []store.Text
	for language, t := range said {
		if t.Title == "" || t.Advice == "" {
			return nil, fmt.Errorf("profile: %s: text.%s: title or advice is missing", where, language)
		}
		if strings.ContainsAny(t.Title+t.Advice, "\n\r\t") {
			return nil, fmt.Errorf("profile: %s: text.%s: one line each", where, language)
		}
		all = append(all, store.Text{Language: language, Title: t.Title, Advice: t.Advice})
	}
	slices.SortFunc(all, func(a, b store.Text) int { return strings.Compare(a.Language, b.Language) })
	return all, nil
}
