package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/cloud/releases/token"
)

// releaseKeys is one holder's part of the ceremony: it makes the key of one
// role and prints the card that is compared when root is made.
func releaseKeys(args []string) (err error) {
	set := flag.NewFlagSet("release keys", flag.ContinueOnError)
	role := set.String("role", "", "root, targets, snapshot or timestamp")
	holder := set.String("holder", "", "who holds the key")
	dir := set.String("dir", "", "folder of this holder")
	onToken := set.String("token", "", "make it on this token instead (pkcs11:token=…;object=…?module-path=…)")
	secret := secretFlags(set)
	if err := parse(set, args, "role", "holder", "dir"); err != nil {
		return err
	}
	public, err := newKey(*role, *holder, *dir, *onToken, secret)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%smade    %s\n", public.Card(), time.Now().Format(time.DateOnly))
	return err
}

func newKey(role, holder, dir, onToken string, secret secrets) (public releases.Public, err error) {
	if onToken == "" {
		passphrase, err := secret.passphrase(true)
		if err != nil {
			return public, err
		}
		return releases.NewKey(role, holder, dir, passphrase)
	}
	k, err := token.Parse(onToken)
	if err != nil {
		return public, err
	}
	key, done, err := k.Make(askPIN)
	if err != nil {
		return public, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return releases.NewTokenKey(role, holder, dir, key)
}

// several is a flag that may be given more than once.
type several []string

func (s *several) String() string { return strings.Join(*s, " ") }

// Set adds one more.
func (s *several) Set(value string) error { *s = append(*s, value); return nil }

// releaseRoot drafts the first root, or the next one.
func releaseRoot(args []string) error {
	set := flag.NewFlagSet("release root", flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository")
	var add, remove several
	set.Var(&add, "add", "public key (.pub), or folder of them, to be added; may be given again")
	set.Var(&remove, "remove", "ID of a key to be taken out; may be given again")
	if err := parse(set, args, "repo"); err != nil {
		return err
	}
	change := releases.RootChange{Remove: remove}
	for _, path := range add {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.IsDir() {
			all, err := releases.ReadPublics(path)
			if err != nil {
				return err
			}
			change.Add = append(change.Add, all...)
			continue
		}
		one, err := releases.ReadPublic(path)
		if err != nil {
			return err
		}
		change.Add = append(change.Add, one)
	}
	repository := releases.Repository{Dir: *repo}
	if err := repository.DraftRoot(change); err != nil {
		return err
	}
	return showDrafts(repository)
}

// releaseSign adds a holder's signature, after it was said to what.
func releaseSign(args []string) (err error) {
	set := flag.NewFlagSet("release sign", flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository; its metadata and drafts are enough")
	ref := set.String("key", "", "the holder's key: a file, or pkcs11:…")
	secret := secretFlags(set)
	if err := parse(set, args, "repo", "key"); err != nil {
		return err
	}
	repository := releases.Repository{Dir: *repo}
	changes, err := repository.Changes()
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(changes, "\n"))
	key, done, err := secret.open(*ref)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	signed, err := repository.SignDrafts(key)
	if err != nil {
		return err
	}
	fmt.Printf("signed: %s\n", strings.Join(signed, ", "))
	return showSignatures(repository)
}

// releaseCollect takes the signatures of a copy that went to another holder.
func releaseCollect(args []string) error {
	set := flag.NewFlagSet("release collect", flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository")
	from := set.String("from", "", "the draft that was signed elsewhere")
	if err := parse(set, args, "repo", "from"); err != nil {
		return err
	}
	repository := releases.Repository{Dir: *repo}
	if err := repository.Collect(*from); err != nil {
		return err
	}
	return showSignatures(repository)
}

func showDrafts(repository releases.Repository) error {
	changes, err := repository.Changes()
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		fmt.Println("no drafts")
		return nil
	}
	fmt.Println(strings.Join(changes, "\n"))
	return showSignatures(repository)
}

func showSignatures(repository releases.Repository) error {
	all, err := repository.Signatures()
	if err != nil {
		return err
	}
	for _, s := range all {
		state := "complete"
		if s.Missing > 0 {
			state = fmt.Sprintf("%d missing", s.Missing)
		}
		fmt.Printf("%s: %d signatures, %s\n", s.Draft, len(s.By), state)
		for _, id := range s.By {
			fmt.Printf("  by %s\n", id)
		}
	}
	return nil
}

// releaseDrafts says what waits for signatures, and for whose.
func releaseDrafts(args []string) error {
	set := flag.NewFlagSet("release drafts", flag.ContinueOnError)
	repo := set.String("repo", "", "folder of the repository")
	renew := set.Bool("renew", false, "first draft the targets with a new date of expiry")
	if err := parse(set, args, "repo"); err != nil {
		return err
	}
	repository := releases.Repository{Dir: *repo}
	if *renew {
		if err := repository.Renew(); err != nil {
			return err
		}
	}
	return showDrafts(repository)
}
