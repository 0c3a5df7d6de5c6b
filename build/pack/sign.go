package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"beckmanconnect/cloud/releases/token"
	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
)

// signPrograms puts a signed copy of each program, library or MSI into a folder,
// or signs it where it is. The key is the publisher's: a file, or on a token by
// osslsigncode's own PKCS#11 engine. It signs by SHA-256, and what is signed is
// verified against the trust roots.
func signPrograms(args []string) error {
	set := flag.NewFlagSet("sign-programs", flag.ExitOnError)
	code := set.String("code", "", "private `folder` of a development set, for key and certificate")
	s := signer{}
	set.StringVar(&s.key, "key", "", "the publisher's key: PEM `file`, or pkcs11:…?module-path=LIBRARY&pin-source=file:PATH")
	set.StringVar(&s.cert, "cert", "", "PEM `file`: its certificate, then those between it and the CA")
	set.StringVar(&s.stamp, "timestamp", "", "`address` of a time-stamping authority (RFC 3161); none in development")
	roots := set.String("roots", "", "`folder` of trust roots")
	out := set.String("out", "", "`folder` for the signed copies")
	inPlace := set.Bool("in-place", false, "sign the files themselves")
	_ = set.Parse(args) // ends the program
	if *code != "" {
		s.key, s.cert = filepath.Join(*code, trust.KeyCode), filepath.Join(*code, trust.FileCode)
	}
	if s.key == "" || s.cert == "" || *roots == "" || (*out == "") != *inPlace || set.NArg() == 0 {
		return errors.New("--code (or --key and --cert), --roots, --out or --in-place, and programs are needed")
	}
	if err := s.find(); err != nil {
		return err
	}
	var signed []string
	for _, path := range set.Args() {
		to := path
		if !*inPlace {
			to = filepath.Join(*out, filepath.Base(path))
			if err := os.MkdirAll(*out, 0o755); err != nil {
				return err
			}
		}
		if err := s.sign(path, to); err != nil {
			return err
		}
		signed = append(signed, to)
	}
	return verify(*roots, signed)
}

type signer struct{ key, cert, module, pin, stamp string }

// find writes a key on a token as OpenSSL's engine for PKCS#11 reads it: that
// takes the library apart from the key, and has to be told which half of it.
func (s *signer) find() error {
	if !strings.HasPrefix(s.key, token.Scheme) {
		return nil
	}
	k, err := token.Parse(s.key)
	if err != nil {
		return err
	}
	s.module = k.Module
	s.pin = k.PINFile
	s.key = token.Scheme + "token=" + url.PathEscape(k.Token) + ";object=" + url.PathEscape(k.Object) + ";type=private"
	return nil
}

func (s signer) sign(from, to string) error {
	made := to + ".signed"
	if err := os.RemoveAll(made); err != nil { // osslsigncode overwrites nothing
		return err
	}
	defer os.Remove(made)
	command := []string{"sign", "-h", "sha256", "-certs", s.cert, "-key", s.key, "-n", version.Name()}
	if s.module != "" {
		command = append(command, "-pkcs11module", s.module)
	}
	if s.pin != "" { // without the end of its line, which the engine's own way takes along
		command = append(command, "-readpass", s.pin)
	}
	if s.stamp != "" {
		command = append(command, "-ts", s.stamp)
	}
	if text, err := exec.Command("osslsigncode", append(command, "-in", from, "-out", made)...).CombinedOutput(); err != nil {
		return fmt.Errorf("osslsigncode: %s: %w\n%s", from, err, text)
	}
	return os.Rename(made, to)
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

// verify asks two readers of signatures: the one that PCs have, which knows the
// publisher's name and what is revoked, for programs; and osslsigncode, for all.
func verify(roots string, files []string) error {
	r, err := trust.Load(roots)
	if err != nil {
		return err
	}
	gate := codesign.New(r, time.Now)
	for _, path := range files {
		if strings.ToLower(filepath.Ext(path)) != ".msi" {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			if err := errors.Join(gate.File(f), f.Close()); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		if runtime.GOOS == "windows" && strings.ToLower(filepath.Ext(path)) != ".msi" {
			continue // the gate asked Windows itself; osslsigncode is a program of Debian's
		}
		ca := filepath.Join(roots, trust.FileCodeCA) // time stamps are judged by the CAs of this system
		out, err := exec.Command("osslsigncode", "verify", "-CAfile", ca, "-in", path).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Number of verified signatures: 1") {
			return fmt.Errorf("%s: not signed by the publisher: %w\n%s", path, err, out)
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
