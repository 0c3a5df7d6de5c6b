package main

import (
	"bufio"
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

// detachedEnding is what a signature beside a file adds to its name.
const detachedEnding = ".p7s"

// signFiles puts the publisher's signature (CMS, DER, detached) beside each
// file. Who has the trust roots checks it with openssl, before anything of the
// product is installed:
//
//	openssl cms -verify -binary -inform DER -in FILE.p7s -content FILE \
//	  -CAfile code-ca.pem -purpose any -out /dev/null
func signFiles(args []string) error {
	set := flag.NewFlagSet("sign-files", flag.ExitOnError)
	by := publisherFlags(set)
	_ = set.Parse(args) // ends the program
	if set.NArg() == 0 || *by.signature != "" {
		return errors.New("--code (or --key and --cert) and files are needed")
	}
	sign, done, err := by.open()
	if err != nil {
		return err
	}
	if sign == nil {
		return errors.New("--code (or --key and --cert) is needed")
	}
	for _, path := range set.Args() {
		if err := signFile(path, sign); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", path, err), done())
		}
	}
	return done()
}

func signFile(path string, sign func([]byte) ([]byte, error)) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	der, err := sign(data)
	if err != nil {
		return err
	}
	return write(path+detachedEnding, func(w *bufio.Writer) error { _, err := w.Write(der); return err })
}
