package main

import (
	"bytes"
	"crypto"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/cloud/releases/token"
)

// Variables from which a passphrase or a PIN is taken where nobody sits at a
// terminal. They are never arguments: those are seen by every program.
const (
	variablePassphrase = "BECKMANCONNECT_PASSPHRASE"
	variablePIN        = "BECKMANCONNECT_PIN"
)

// secrets is where a passphrase comes from.
type secrets struct{ file *string }

func secretFlags(set *flag.FlagSet) secrets {
	return secrets{set.String("passphrase-file", "", "file that holds the passphrase of the key; else "+variablePassphrase+" or the terminal")}
}

func (s secrets) passphrase(twice bool) ([]byte, error) {
	if *s.file != "" {
		text, err := os.ReadFile(*s.file)
		return bytes.TrimRight(text, "\r\n"), err
	}
	return ask("The passphrase", variablePassphrase, twice)
}

// ask takes a secret from the environment, or from the terminal without showing it.
func ask(what, variable string, twice bool) ([]byte, error) {
	if value, ok := os.LookupEnv(variable); ok {
		return []byte(value), nil
	}
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		return nil, fmt.Errorf("%s is needed: at a terminal, or in %s", what, variable)
	}
	var first []byte
	for i := range 2 {
		prompt := what
		if i == 1 {
			prompt += ", again"
		}
		fmt.Fprint(os.Stderr, prompt+": ")
		text, err := term.ReadPassword(in)
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return nil, err
		}
		if !twice {
			return text, nil
		}
		if i == 0 {
			first = text
		} else if !bytes.Equal(first, text) {
			return nil, errors.New("these were not the same")
		}
	}
	return first, nil
}

func askPIN() ([]byte, error) { return ask("The PIN of the token", variablePIN, false) }

// open opens a key in a file or on a token. done closes it.
func (s secrets) open(ref string) (key crypto.Signer, done func() error, err error) {
	if strings.HasPrefix(ref, token.Scheme) {
		k, err := token.Parse(ref)
		if err != nil {
			return nil, nil, err
		}
		return k.Open(askPIN)
	}
	key, err = releases.OpenKey(ref, func() ([]byte, error) { return s.passphrase(false) })
	return key, func() error { return nil }, err
}
