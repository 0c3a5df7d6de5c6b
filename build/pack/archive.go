package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/cloud/releases/token"
	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/trust"
	"beckmanconnect/service/upgrade/archive"
)

func packArchive(args []string) error {
	set := flag.NewFlagSet("archive", flag.ExitOnError)
	bin := set.String("bin", "", "`folder` of the programs")
	version := set.String("version", "", "`version`")
	platform := set.String("platform", "linux-amd64", "`platform`")
	capabilities := set.String("capabilities", "", "`names` of what the version brings, with spaces between")
	out := set.String("out", "", "archive `file` to write")
	by := publisherFlags(set)
	_ = set.Parse(args) // ends the program
	if *bin == "" || *version == "" || *out == "" {
		return errors.New("--bin, --version and --out are needed")
	}
	sign, done, err := by.open()
	if err != nil {
		return err
	}
	packing := archive.Packing{Dir: *bin, Version: *version, Platform: *platform, Capabilities: strings.Fields(*capabilities), Sign: sign}
	return errors.Join(write(*out, func(w *bufio.Writer) error { _, err := archive.Pack(w, packing); return err }), done())
}

// signArchive signs what officers built without the publisher's key, and
// compared.
func signArchive(args []string) error {
	set := flag.NewFlagSet("sign-archive", flag.ExitOnError)
	from := set.String("archive", "", "release archive `file`")
	out := set.String("out", "", "signed archive `file` to write")
	by := publisherFlags(set)
	_ = set.Parse(args) // ends the program
	if *from == "" || *out == "" {
		return errors.New("--archive and --out are needed")
	}
	sign, done, err := by.open()
	if err != nil {
		return err
	}
	f, err := os.Open(*from)
	if err != nil {
		return errors.Join(err, done())
	}
	defer f.Close()
	return errors.Join(write(*out, func(w *bufio.Writer) error { _, err := archive.Sign(w, f, sign); return err }), done())
}

// publisher is who signs.
type publisher struct{ code, key, cert *string }

func publisherFlags(set *flag.FlagSet) publisher {
	return publisher{
		code: set.String("code", "", "private `folder` of a development set, for key and certificate"),
		key:  set.String("key", "", "the publisher's key: PEM `file`, or pkcs11:…?pin-source=file:PATH"),
		cert: set.String("cert", "", "PEM `file`: its certificate, then those between it and the CA"),
	}
}

// open returns nil to sign with where nobody was named.
func (p publisher) open() (sign func([]byte) ([]byte, error), done func() error, err error) {
	done = func() error { return nil }
	if *p.code != "" {
		*p.key, *p.cert = filepath.Join(*p.code, trust.KeyCode), filepath.Join(*p.code, trust.FileCode)
	}
	switch {
	case *p.key == "" && *p.cert == "":
		return nil, done, nil
	case *p.key == "" || *p.cert == "":
		return nil, done, errors.New("--key and --cert go together")
	}
	by := codesign.Publisher{}
	if by.Chain, err = trust.LoadChain(*p.cert); err != nil {
		return nil, done, err
	}
	if !strings.HasPrefix(*p.key, token.Scheme) {
		by.Key, err = trust.LoadKey(*p.key)
		return by.Sign, done, err
	}
	k, err := token.Parse(*p.key)
	if err != nil {
		return nil, done, err
	}
	by.Key, done, err = k.Open(func() ([]byte, error) { return nil, fmt.Errorf("name a file with the PIN by pin-source") })
	return by.Sign, done, err
}
