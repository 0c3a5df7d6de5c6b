package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/trust"
)

// releaseCode is the publisher's part, at the machine that has the publisher's
// token: it signs the manifest of one release, after the trust roots were asked
// whether PCs will take it.
func releaseCode(args []string) (err error) {
	set := flag.NewFlagSet("release codesign", flag.ContinueOnError)
	manifest := set.String("manifest", "", "release.json of the archive")
	ref := set.String("key", "", "the publisher's key: a file, or pkcs11:…")
	cert := set.String("cert", "", "PEM file: its certificate, then those between it and the CA")
	roots := set.String("roots", "", "folder of trust roots")
	out := set.String("out", "", "signature to write, release.json.p7s")
	secret := secretFlags(set)
	if err := parse(set, args, "manifest", "key", "cert", "roots", "out"); err != nil {
		return err
	}
	text, err := os.ReadFile(*manifest)
	if err != nil {
		return err
	}
	r, err := trust.Load(*roots)
	if err != nil {
		return err
	}
	chain, err := trust.LoadChain(*cert)
	if err != nil {
		return err
	}
	key, done, err := secret.open(*ref)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	signature, err := codesign.Sign(text, chain, key)
	if err != nil {
		return err
	}
	if err := codesign.New(r, time.Now).Manifest(text, signature); err != nil {
		return fmt.Errorf("release codesign: PCs would refuse it: %w", err)
	}
	return os.WriteFile(*out, signature, 0o644)
}
