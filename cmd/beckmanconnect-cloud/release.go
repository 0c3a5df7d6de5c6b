package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// releaseVerb is the release officers' tool: init, add, timestamp, check, list.
func releaseVerb(args []string) error {
	if len(args) == 0 {
		return program.Usagef("release: a verb is missing: init, add, timestamp, check or list")
	}
	verb, args := args[0], args[1:]
	set := flag.NewFlagSet("release "+verb, flag.ContinueOnError)
	keys := set.String("keys", "", "folder of private keys")
	repo := set.String("repo", "", "folder of the repository")
	var roots, file, notes, version, channel *string
	deltas := new(int)
	need := []string{"repo"}
	switch verb {
	case "init":
		roots = set.String("roots", "", "folder of trust roots that gets tuf-root.json")
		need = append(need, "keys", "roots")
	case "add":
		file = set.String("file", "", "release archive")
		version = set.String("version", "", "its version, to be checked against its name")
		notes = set.String("notes", "", "what is new, TOML by language")
		channel = set.String("channel", release.Stable, "channel")
		deltas = set.Int("deltas", releases.DefaultDeltas, "from how many releases before, of each channel, deltas are made")
		need = append(need, "keys", "file", "notes")
	case "timestamp":
		need = append(need, "keys")
	case "check":
		roots = set.String("roots", "", "folder of trust roots")
		need = append(need, "roots")
	case "list":
	default:
		return program.Usagef("release: unknown verb %q", verb)
	}
	if err := parse(set, args, need...); err != nil {
		return err
	}
	repository := releases.Repository{Dir: *repo, Keys: *keys, Deltas: *deltas}
	switch verb {
	case "init":
		root, err := repository.Init()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(*roots, trust.FileTUFRoot), root, 0o644)
	case "add":
		description, err := describe(*file, *version, *notes, *channel)
		if err != nil {
			return err
		}
		return repository.Add(*file, description)
	case "timestamp":
		return repository.Timestamp()
	case "check":
		return checkRelease(repository, *roots)
	default:
		names, err := repository.Published()
		if err != nil {
			return err
		}
		_, err = fmt.Println(strings.Join(names, "\n"))
		return err
	}
}

// checkRelease says what every client would see.
func checkRelease(repository releases.Repository, roots string) error {
	root, err := os.ReadFile(filepath.Join(roots, trust.FileTUFRoot))
	if err != nil {
		return err
	}
	report, err := repository.Check(root)
	if err != nil {
		return err
	}
	for _, t := range report.Targets {
		way := "whole"
		if t.From != "" {
			way = "from " + t.From
		}
		fmt.Printf("%s  %s  %s  %d bytes  %s  %s\n", t.Version, t.Platform, t.Channel, t.Size, t.Digest, way)
	}
	for _, role := range slices.Sorted(maps.Keys(report.Expires)) {
		fmt.Printf("%s holds until %s\n", role, report.Expires[role].Format(time.RFC3339))
	}
	return nil
}

// describe takes version and platform from the archive's name and the rest
// from the notes: a [language] table each with title and text, and the
// capabilities the version brings.
func describe(archive, version, notes, channel string) (release.Release, error) {
	named, platform, err := release.Named(archive)
	if err != nil {
		return release.Release{}, err
	}
	if version != "" && version != named {
		return release.Release{}, fmt.Errorf("release add: the archive is version %s, not %s", named, version)
	}
	r := release.Release{Product: release.Product, Version: named, Platform: platform, Channel: channel}
	var file map[string]any
	if _, err := toml.DecodeFile(notes, &file); err != nil {
		return r, fmt.Errorf("release add: notes: %w", err)
	}
	for key, value := range file {
		switch v := value.(type) {
		case map[string]any:
			title, _ := v["title"].(string)
			text, _ := v["text"].(string)
			r.Notes = append(r.Notes, release.Note{Language: key, Title: title, Text: text})
		case []any:
			if key != "capabilities" {
				return r, fmt.Errorf("release add: notes: %q is not known", key)
			}
			for _, c := range v {
				r.Capabilities = append(r.Capabilities, fmt.Sprint(c))
			}
		default:
			return r, fmt.Errorf("release add: notes: %q is not known", key)
		}
	}
	slices.SortFunc(r.Notes, func(a, b release.Note) int { return strings.Compare(a.Language, b.Language) })
	return r, nil
}
