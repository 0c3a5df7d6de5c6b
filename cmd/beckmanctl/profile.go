package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/internal/logtext"
	"beckmanconnect/internal/program"
	"beckmanconnect/service/profile"
)

// profileVerb works on files alone and needs no service.
func profileVerb(_ context.Context, e env, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "lint":
			return profileLint(e, args[1:])
		case "try":
			return profileTry(e, args[1:])
		case "list":
			return profileList(e, args[1:])
		}
	}
	return program.Usagef("profile: the verbs are lint FILE…, try PROFILE FILE and list")
}

// mixed reads flags that may stand before, between or behind arguments.
func mixed(name string, args []string, flags func(*flag.FlagSet)) (rest []string, asJSON bool, err error) {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.BoolVar(&asJSON, "json", false, "")
	if flags != nil {
		flags(set)
	}
	for {
		if err := set.Parse(args); err != nil {
			return nil, false, program.Usagef("%s: %v", name, err)
		}
		if args = set.Args(); len(args) == 0 {
			return rest, asJSON, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

// linted is one file's verdict.
type linted struct {
	File     string           `json:"file"`
	OK       bool             `json:"ok"`
	Name     string           `json:"name,omitempty"`
	Revision int              `json:"revision,omitempty"`
	Sample   bool             `json:"sample,omitempty"`
	Rules    int              `json:"rules,omitempty"`
	Problems profile.Problems `json:"problems,omitempty"`
}

func profileLint(e env, args []string) error {
	files, asJSON, err := mixed("profile lint", args, nil)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return program.Usagef("profile lint: name a FILE")
	}
	bad := 0
	for _, file := range files {
		v := lint(file)
		if !v.OK {
			bad++
		}
		if err := printLint(e.out, v, asJSON); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d profiles are not fit to be used", bad, len(files))
	}
	return nil
}

func lint(file string) linted {
	v := linted{File: file}
	text, err := os.ReadFile(file)
	if err != nil {
		v.Problems = profile.Problems{{What: err.Error()}}
		return v
	}
	p, err := profile.Parse(string(text))
	if err != nil && !errors.As(err, &v.Problems) {
		v.Problems = profile.Problems{{What: err.Error()}}
	}
	if err == nil {
		v.Name, v.Revision, v.Sample, v.Rules = p.Name, p.Revision, p.Sample, len(p.Rules)
		if p.Name != strings.TrimSuffix(filepath.Base(file), ".toml") {
			v.Problems = profile.Problems{{Where: "name", What: fmt.Sprintf("it is %q; the service looks for it in a file %s.toml", p.Name, p.Name)}}
		}
	}
	v.OK = len(v.Problems) == 0
	return v
}

func printLint(out io.Writer, v linted, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	for _, p := range v.Problems {
		at := v.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d", v.File, p.Line)
		}
		what := p.What
		if p.Where != "" {
			what = p.Where + ": " + what
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n", at, what); err != nil {
			return err
		}
	}
	if !v.OK {
		return nil
	}
	_, err := fmt.Fprintf(out, "%s: %s revision %d, %d rules%s\n", v.File, v.Name, v.Revision, v.Rules, sampleWord(v.Sample))
	return err
}

func sampleWord(sample bool) string {
	if sample {
		return ", sample"
	}
	return ""
}

func profileTry(e env, args []string) error {
	var encoding, log string
	rest, asJSON, err := mixed("profile try", args, func(set *flag.FlagSet) {
		set.StringVar(&encoding, "encoding", "", "")
		set.StringVar(&log, "log", "", "")
	})
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return program.Usagef("profile try: name a PROFILE (one of %s, or a file) and the log's FILE", strings.Join(profiles.Names(), ", "))
	}
	p, err := readProfile(rest[0])
	if err != nil {
		return err
	}
	f, err := os.Open(rest[1])
	if err != nil {
		return err
	}
	defer f.Close()
	if encoding == "" && len(p.Logs) > 0 {
		encoding = string(p.Logs[0].Encoding)
	}
	lines, err := logtext.NewScanner(f, logtext.Encoding(encoding))
	if err != nil {
		return program.Usagef("profile try: --encoding is one of auto, utf-8, utf-16, windows-1252")
	}
	trial, err := profile.Try(p, log, lines)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(trial)
	}
	return printTrial(e.out, p, trial)
}

// readProfile takes a name of the product's own, or a file.
func readProfile(name string) (*profile.Profile, error) {
	text, err := profiles.Read(name)
	if strings.HasSuffix(name, ".toml") {
		var raw []byte
		raw, err = os.ReadFile(name)
		text = string(raw)
	}
	if err != nil {
		return nil, err
	}
	p, err := profile.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func printTrial(out io.Writer, p *profile.Profile, t profile.Trial) error {
	var b strings.Builder
	fmt.Fprintf(&b, "profile   %s%s\nlines     %d\nscrubbed  %d lines\nrun       %s\n", p.Label(), sampleWord(p.Sample), t.Lines, t.Scrubbed, t.Run)
	if len(t.Raised) == 0 {
		b.WriteString("raised    nothing\n")
	} else {
		fmt.Fprintf(&b, "\n%-8s %-32s %-8s %7s %9s %9s  %-8s %s\n", "SEVERITY", "CODE", "SUBJECT", "COUNT", "FIRST", "LAST", "STATE", "TITLE")
	}
	for _, r := range t.Raised {
		state := "cleared"
		if r.Open {
			state = "open"
		}
		fmt.Fprintf(&b, "%-8s %-32s %-8s %7d %9d %9d  %-8s %s\n", r.Severity, r.Code, r.Subject, r.Count, r.First, r.Last, state, r.Title)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func profileList(e env, args []string) error {
	rest, asJSON, err := mixed("profile list", args, nil)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return program.Usagef("profile list: %q is one argument too many", rest[0])
	}
	var all []linted
	for _, name := range profiles.Names() {
		p, err := readProfile(name)
		if err != nil {
			return err
		}
		all = append(all, linted{File: name + ".toml", OK: true, Name: p.Name, Revision: p.Revision, Sample: p.Sample, Rules: len(p.Rules)})
		if !asJSON {
			if _, err := fmt.Fprintf(e.out, "%-20s %-44s revision %d, %d rules%s\n", p.Name, p.Title, p.Revision, len(p.Rules), sampleWord(p.Sample)); err != nil {
				return err
			}
		}
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(all)
	}
	return nil
}
