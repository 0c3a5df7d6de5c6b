package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"beckmanconnect/internal/logtext"
)

// Bounds of a profile: far more than a family needs, and little enough that
// reading one is done at once.
const (
	MaxFile     = 256 << 10 // bytes
	maxLogs     = 8
	maxRules    = 200
	maxSubjects = 200
	maxPattern  = 1000 // bytes
	maxTitle    = 120  // characters
	maxAdvice   = 600
	maxShort    = 64 // characters of names and subjects
)

var (
	codeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,48}$`)
	nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)
	fileForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$`)
	langForm = regexp.MustCompile(`^[a-z]{2}(-[A-Za-z]{2,8})?$`)
	lineForm = regexp.MustCompile(`line (\d+)`)
)

// Parse reads a profile. A bad one is refused with all that is wrong (a
// Problems), and no part of it is used.
func Parse(text string) (*Profile, error) {
	if len(text) > MaxFile {
		return nil, Problems{{What: "the file is too large for a profile"}}
	}
	var file profileFile
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, Problems{unreadable(err)}
	}
	b := &builder{faults: faults{at: findPlaces(text)}, file: &file}
	for _, key := range meta.Undecoded() {
		b.unknown(key.String())
	}
	if file.Version != Version {
		b.add("version", "version", "%d is not the format this program reads (%d)", file.Version, Version)
		return nil, b.err() // the rest means something else
	}
	p := b.profile()
	sum := sha256.Sum256([]byte(text))
	p.Digest = hex.EncodeToString(sum[:])
	if err := b.err(); err != nil {
		return nil, err
	}
	return p, nil
}

func unreadable(err error) Problem {
	var parse toml.ParseError
	if errors.As(err, &parse) {
		return Problem{Line: parse.Position.Line, What: strings.TrimSuffix(parse.Message, ".")}
	}
	p := Problem{What: strings.TrimPrefix(err.Error(), "toml: ")}
	if m := lineForm.FindStringSubmatch(p.What); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
	}
	return p
}

// builder makes a profile of a file and goes on after a fault.
type builder struct {
	faults
	file *profileFile
}

func (b *builder) unknown(key string) {
	if strings.Count(key, ".") > 4 {
		return // the part in front of it is told
	}
	lines := b.at.all(key)
	if len(lines) == 0 {
		lines = []int{b.at.line(key)}
	}
	for _, line := range lines {
		p := Problem{Line: line, Where: key, What: "this is not known; check its spelling"}
		if !slices.Contains(b.list, p) {
			b.list = append(b.list, p)
		}
	}
}

func (b *builder) profile() *Profile {
	f := b.file
	p := &Profile{Name: f.Name, Title: f.Title, Revision: f.Revision, Sample: f.Sample, Source: f.Source, PatientData: f.Patient}
	if !nameForm.MatchString(f.Name) {
		b.add("name", "name", "%q must be lower-case letters, digits and hyphens", f.Name)
	}
	b.inert("title", "title", f.Title, maxShort)
	if f.Revision < 1 {
		b.add("revision", "revision", "it is missing; count it up with every change, from 1")
	}
	if !f.Sample && strings.TrimSpace(f.Source) == "" {
		b.add("source", "source", "name the document or the log this was made from, or say sample = true")
	}
	b.logs(p)
	p.run = runSignal{
		started: b.pattern("run.started", "run.started", f.Run.Started),
		ended:   b.pattern("run.ended", "run.ended", f.Run.Ended),
		idle:    b.pattern("run.idle", "run.idle", f.Run.Idle),
	}
	if f.Disk != nil {
		p.Disk = b.disk(f.Disk)
	}
	p.Masks = b.masks(f.Mask)
	p.Scrub = b.scrubber(f.Scrub)
	b.rules(p)
	b.unused()
	return p
}

func (b *builder) logs(p *Profile) {
	if len(b.file.Log) > maxLogs {
		b.add("log[0]", "log", "there are %d; at most %d are possible", len(b.file.Log), maxLogs)
		return
	}
	for i, f := range b.file.Log {
		key, where := "log["+strconv.Itoa(i)+"]", "log "+f.Name
		switch {
		case !fileForm.MatchString(f.Name):
			b.add(key+".name", where, "name must be a file's name without a folder")
		case slices.ContainsFunc(p.Logs, func(l Log) bool { return l.Name == f.Name }):
			b.add(key+".name", where, "it stands twice")
		}
		l := Log{Name: f.Name, Encoding: logtext.Encoding(f.Encoding)}
		if l.Encoding == "" {
			l.Encoding = logtext.Auto
		}
		if !slices.Contains(logtext.Encodings, l.Encoding) {
			b.add(key+".encoding", where+": encoding", "%q is not auto, utf-8, utf-16 or windows-1252", f.Encoding)
		}
		l.Format = Format{
			Line: b.plain(key+".line", where+": line", f.Line), Starts: b.plain(key+".starts", where+": starts", f.Starts), Time: f.Time,
		}
		if f.Time != "" && !layoutWorks(f.Time) {
			b.add(key+".time", where+": time", "%q is no layout; write 2 January 2006, 15:04:05 as the log would", f.Time)
		}
		p.Logs = append(p.Logs, l)
	}
}

// layoutWorks: a time written by it can be read again, to the minute.
func layoutWorks(layout string) bool {
	at := time.Date(2026, 11, 24, 13, 45, 0, 0, time.UTC)
	t, err := time.Parse(layout, at.Format(layout))
	return err == nil && t.Hour() == 13 && t.Minute() == 45
}

// pattern compiles one; empty is nil.
func (b *builder) pattern(key, where, text string) *pattern {
	if text == "" {
		return nil
	}
	if len(text) > maxPattern {
		b.add(key, where, "a pattern has at most %d characters", maxPattern)
		return nil
	}
	p, err := newPattern(text)
	if err != nil {
		b.add(key, where, "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	if p.MatchString("") {
		b.add(key, where, "%q matches every line, also an empty one", text)
		return nil
	}
	return p
}

// plain is pattern for what every line is held against.
func (b *builder) plain(key, where, text string) *regexp.Regexp {
	if p := b.pattern(key, where, text); p != nil {
		return p.Regexp
	}
	return nil
}

func (b *builder) disk(f *diskFile) *DiskRule {
	b.code("disk", "disk", f.Code, f.Severity)
	if f.Raise <= f.Clear || f.Clear <= 0 || f.Raise > 100 {
		b.add("disk.raise_used_percent", "disk", "0 < clear_used_percent < raise_used_percent ≤ 100 must hold")
	}
	return &DiskRule{Code: f.Code, Severity: Severity(f.Severity), Raise: f.Raise, Clear: f.Clear, Texts: b.texts("disk", "disk", f.said)}
}

func (b *builder) code(key, where, code, severity string) {
	if !codeForm.MatchString(code) {
		b.add(key+".code", where, "code %q must be lower-case letters, digits and hyphens", code)
	}
	if !slices.Contains([]Severity{Info, Low, Medium, High}, Severity(severity)) {
		b.add(key+".severity", where, "severity %q is not info, low, medium or high", severity)
	}
}
