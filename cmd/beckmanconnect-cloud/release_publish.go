package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/semver"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/trust"
)

// releasePublish makes the drafts what clients see; as "snapshot", it renews
// what they see already.
func releasePublish(verb string, args []string) (err error) {
	set := flag.NewFlagSet("release "+verb, flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository")
	snapshotRef := set.String("snapshot-key", "", "key of snapshot: a file, or pkcs11:…")
	timestampRef := set.String("timestamp-key", "", "key of timestamp: a file, or pkcs11:…")
	roots := new(string)
	if verb == "publish" {
		roots = set.String("roots", "", "folder of trust roots that gets tuf-root.json, unless it has one")
	}
	secret := secretFlags(set)
	if err := parse(set, args, "repo", "snapshot-key", "timestamp-key"); err != nil {
		return err
	}
	snapshot, done, err := secret.open(*snapshotRef)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	timestamp, done2, err := secret.open(*timestampRef)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done2()) }()
	repository := releases.Repository{Dir: *repo}
	if verb == "snapshot" {
		return repository.Snapshot(snapshot, timestamp)
	}
	root, err := repository.Publish(snapshot, timestamp)
	if err != nil || *roots == "" {
		return err
	}
	f, err := os.OpenFile(filepath.Join(*roots, trust.FileTUFRoot), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil // clients follow from root to root by themselves
	}
	if err != nil {
		return err
	}
	_, err = f.Write(root)
	return errors.Join(err, f.Close())
}

// releaseTimestamp is the one step that runs unattended.
func releaseTimestamp(args []string) (err error) {
	set := flag.NewFlagSet("release timestamp", flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository")
	keys := set.String("keys", "", "folder of private keys of a development set")
	ref := set.String("key", "", "key of timestamp: a file, or pkcs11:…")
	secret := secretFlags(set)
	if err := parse(set, args, "repo"); err != nil {
		return err
	}
	repository := releases.Repository{Dir: *repo, Keys: *keys}
	switch {
	case (*keys == "") == (*ref == ""):
		return program.Usagef("release timestamp: --keys FOLDER or --key KEY is needed")
	case *keys != "":
		return repository.Timestamp()
	}
	key, done, err := secret.open(*ref)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	return repository.TimestampBy(key)
}

// releaseCheck says what every client would see, verifies everything, and for
// how long it holds.
func releaseCheck(args []string) error {
	set := flag.NewFlagSet("release check", flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository")
	roots := set.String("roots", "", "folder of trust roots")
	days := set.Int("days", 0, "fail when something holds for fewer days")
	if err := parse(set, args, "repo", "roots"); err != nil {
		return err
	}
	r, err := trust.Load(*roots)
	if err != nil {
		return err
	}
	if r.TUFRoot == nil {
		return fmt.Errorf("release check: %s has no %s", *roots, trust.FileTUFRoot)
	}
	repository := releases.Repository{Dir: *repo}
	report, err := repository.Check(r.TUFRoot)
	if err != nil {
		return err
	}
	signed, err := repository.CheckCode(codesign.New(r, time.Now).Manifest)
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
	showOffers(report)
	fmt.Printf("%d archives are signed by %s (%s)\n", signed, r.Publisher.Name, r.Publisher.Organisation)
	return showExpiry(report, *days, time.Now())
}

// showOffers says which version a client of each platform and channel gets.
func showOffers(report *releases.Report) {
	newest := map[string]string{}
	for _, t := range report.Targets {
		who := t.Platform + " " + t.Channel
		if semver.Compare("v"+newest[who], "v"+t.Version) < 0 {
			newest[who] = t.Version
		}
	}
	for _, who := range slices.Sorted(maps.Keys(newest)) {
		fmt.Printf("%s is offered %s\n", who, newest[who])
	}
}

func showExpiry(report *releases.Report, days int, now time.Time) error {
	var short []string
	for _, role := range slices.Sorted(maps.Keys(report.Expires)) {
		left := int(report.Expires[role].Sub(now) / (24 * time.Hour))
		fmt.Printf("%s holds until %s, %d days\n", role, report.Expires[role].Format(time.RFC3339), left)
		if left < days {
			short = append(short, role)
		}
	}
	if len(short) > 0 {
		return fmt.Errorf("release check: fewer than %d days are left for %v", days, short)
	}
	return nil
}
