package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/trust"
)

// signPrograms puts a signed copy of each program into a folder. The key is the
// publisher's: a file, or on a token by osslsigncode's own PKCS#11 engine. It
// signs by SHA-256, and each copy is verified against the trust roots.
func signPrograms(args []string) error {
	set := flag.NewFlagSet("sign-programs", flag.ExitOnError)
	code := set.String("code", "", "private `folder` of a development set, for key and certificate")
	key := set.String("key", "", "the publisher's key: PEM `file`, or pkcs11: URI")
	cert := set.String("cert", "", "PEM `file`: its certificate, then those between it and the CA")
	module := set.String("pkcs11-module", "", "`library` of the token that has the key")
	stamp := set.String("timestamp", "", "`address` of a time-stamping authority (RFC 3161); none in development")
	roots := set.String("roots", "", "`folder` of trust roots")
	out := set.String("out", "", "`folder` for the signed copies")
	_ = set.Parse(args) // ends the program
	if *code != "" {
		*key, *cert = filepath.Join(*code, trust.KeyCode), filepath.Join(*code, trust.FileCode)
	}
	if *key == "" || *cert == "" || *roots == "" || *out == "" || set.NArg() == 0 {
		return errors.New("--code (or --key and --cert), --roots, --out and programs are needed")
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	var signed []string
	for _, path := range set.Args() {
		copied := filepath.Join(*out, filepath.Base(path))
		if err := os.RemoveAll(copied); err != nil { // osslsigncode overwrites nothing
			return err
		}
		command := []string{"sign", "-h", "sha256", "-certs", *cert, "-key", *key, "-n", "BeckmanConnect Remote Support"}
		if strings.HasPrefix(*key, "pkcs11:") {
			command = append(command, "-pkcs11module", *module)
		}
		if *stamp != "" {
			command = append(command, "-ts", *stamp)
		}
		if text, err := exec.Command("osslsigncode", append(command, "-in", path, "-out", copied)...).CombinedOutput(); err != nil {
			return fmt.Errorf("osslsigncode: %s: %w\n%s", path, err, text)
		}
		signed = append(signed, copied)
	}
	return verify(*roots, signed)
}

// verifyPrograms is an error unless all are signed by the publisher.
func verifyPrograms(args []string) error {
	set := flag.NewFlagSet("verify-programs", flag.ExitOnError)
	roots := set.String("roots", "", "`folder` of trust roots")
	_ = set.Parse(args) // ends the program
	if *roots == "" || set.NArg() == 0 {
		return errors.New("--roots and programs are needed")
	}
	return verify(*roots, set.Args())
}

func verify(roots string, programs []string) error {
	r, err := trust.Load(roots)
	if err != nil {
		return err
	}
	gate := codesign.New(r, time.Now)
	for _, path := range programs {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(gate.File(f), f.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
