package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

const releaseVerbs = "init, keys, root, codesign, add, drafts, sign, collect, publish, snapshot, timestamp, check or list"

// releaseVerb is the release officers' tool (docs/release.md).
func releaseVerb(args []string) error {
	if len(args) == 0 {
		return program.Usagef("release: a verb is missing: %s", releaseVerbs)
	}
	switch verb, args := args[0], args[1:]; verb {
	case "init":
		return releaseInit(args)
	case "keys":
		return releaseKeys(args)
	case "root":
		return releaseRoot(args)
	case "codesign":
		return releaseCode(args)
	case "add":
		return releaseAdd(args)
	case "drafts":
		return releaseDrafts(args)
	case "sign":
		return releaseSign(args)
	case "collect":
		return releaseCollect(args)
	case "publish", "snapshot":
		return releasePublish(verb, args)
	case "timestamp":
		return releaseTimestamp(args)
	case "check":
		return releaseCheck(args)
	case "list":
		return releaseList(args)
	default:
		return program.Usagef("release: unknown verb %q; there are %s", verb, releaseVerbs)
	}
}

// releaseInit makes a repository in one step, with all keys in one folder: a
// development set.
func releaseInit(args []string) error {
	set := flag.NewFlagSet("release init", flag.ContinueOnError)
	keys := set.String("keys", "", "folder of private keys of a development set")
	repo := set.String("repo", "", "folder of the repository")
	roots := set.String("roots", "", "folder of trust roots that gets tuf-root.json")
	if err := parse(set, args, "keys", "repo", "roots"); err != nil {
		return err
	}
	root, err := releases.Repository{Dir: *repo, Keys: *keys}.Init()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*roots, trust.FileTUFRoot), root, 0o644)
}

// releaseAdd adds an archive: signed and published at once by the keys of a
// development set, or as a draft that the holders sign.
func releaseAdd(args []string) error {
	set := flag.NewFlagSet("release add", flag.ContinueOnError)
	keys := set.String("keys", "", "folder of private keys of a development set; without it a draft is made")
	repo := set.String("repo", "", "folder of the repository")
	file := set.String("file", "", "release archive")
	version := set.String("version", "", "its version, to be checked against its name")
	notes := set.String("notes", "", "what is new, TOML by language")
	channel := set.String("channel", release.Stable, "channel")
	deltas := set.Int("deltas", releases.DefaultDeltas, "from how many releases before, of each channel, deltas are made")
	if err := parse(set, args, "repo", "file", "notes"); err != nil {
		return err
	}
	description, err := describe(*file, *version, *notes, *channel)
	if err != nil {
		return err
	}
	repository := releases.Repository{Dir: *repo, Keys: *keys, Deltas: *deltas}
	if err := repository.Add(*file, description); err != nil {
		return err
	}
	if *keys != "" {
		return nil
	}
	return showDrafts(repository)
}

func releaseList(args []string) error {
	set := flag.NewFlagSet("release list", flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository")
	if err := parse(set, args, "repo"); err != nil {
		return err
	}
	names, err := releases.Repository{Dir: *repo}.Published()
	if err != nil {
		return err
	}
	_, err = fmt.Println(strings.Join(names, "\n"))
	return err
}

// describe takes version and platform from the archive's name and the rest
// from the notes: a [language] table each with title and text, and what the
// version brings, is for and does.
func describe(archive, version, notes, channel string) (release.Release, error) {
	named, platform, err := release.Named(archive)
	if err != nil {
		return release.Release{}, err
	}
	if version != "" && version != named {
		return release.Release{}, fmt.Errorf("release add: the archive is version %s, not %s", named, version)
	}
	r := release.Release{Product: release.Product, Version: named, Platform: platform, Channel: channel}
	var about struct {
		Capabilities   []string `toml:"capabilities"`
		Lines          []string `toml:"lines"`
		InstallSeconds int      `toml:"install_seconds"`
		Disturbs       string   `toml:"disturbs"`
		Mandatory      bool     `toml:"mandatory"`
	}
	var file map[string]any
	meta, err := toml.DecodeFile(notes, &about)
	if err == nil {
		_, err = toml.DecodeFile(notes, &file)
	}
	if err != nil {
		return r, fmt.Errorf("release add: notes: %w", err)
	}
	for _, key := range meta.Undecoded() {
		if _, ok := file[key[0]].(map[string]any); !ok {
			return r, fmt.Errorf("release add: notes: %q is not known", key.String())
		}
	}
	for key, value := range file {
		if v, ok := value.(map[string]any); ok {
			title, _ := v["title"].(string)
			text, _ := v["text"].(string)
			r.Notes = append(r.Notes, release.Note{Language: key, Title: title, Text: text})
		}
	}
	switch about.Disturbs {
	case "", release.DisturbsNothing, release.DisturbsConnection, release.DisturbsInstrument:
	default:
		return r, fmt.Errorf("release add: notes: disturbs is nothing, connection or instrument, not %q", about.Disturbs)
	}
	if about.InstallSeconds < 0 {
		return r, fmt.Errorf("release add: notes: install_seconds is less than nothing")
	}
	r.Capabilities, r.Lines, r.Mandatory = about.Capabilities, about.Lines, about.Mandatory
	r.InstallSeconds, r.Disturbs = about.InstallSeconds, about.Disturbs
	slices.SortFunc(r.Notes, func(a, b release.Note) int { return strings.Compare(a.Language, b.Language) })
	return r, nil
}
