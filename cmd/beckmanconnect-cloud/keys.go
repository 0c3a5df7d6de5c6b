package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/program"
	"beckmanconnect/internal/trust"
)

func trustVerb(args []string) error {
	if len(args) == 0 || args[0] != "init" {
		return program.Usagef("trust: the only verb is \"trust init\"")
	}
	set := flag.NewFlagSet("trust init", flag.ContinueOnError)
	dir := set.String("dir", "", "folder to make the set in")
	if err := parse(set, args[1:], "dir"); err != nil {
		return err
	}
	return trust.Init(*dir)
}

func policyVerb(args []string) error {
	if len(args) == 0 || args[0] != "sign" {
		return program.Usagef("policy: the only verb is \"policy sign\"")
	}
	set := flag.NewFlagSet("policy sign", flag.ContinueOnError)
	key := set.String("key", "", "the policy signing key")
	in := set.String("in", "", "the policy, TOML")
	out := set.String("out", "", "the signed policy to write")
	if err := parse(set, args[1:], "key", "in", "out"); err != nil {
		return err
	}
	signed, err := signPolicy(*key, *in)
	if err != nil {
		return fmt.Errorf("policy sign: %w", err)
	}
	return os.WriteFile(*out, signed, 0o644)
}

// signPolicy checks only what a signature must not be put under by mistake;
// what a policy means is decided where it is applied.
func signPolicy(key, in string) ([]byte, error) {
	signer, err := trust.LoadNoteSigner(key)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(in)
	if err != nil {
		return nil, err
	}
	var policy struct {
		Number int64 `toml:"number"`
	}
	if _, err := toml.Decode(string(text), &policy); err != nil {
		return nil, fmt.Errorf("%s: %w", in, err)
	}
	if policy.Number < 1 {
		return nil, fmt.Errorf("%s: \"number\" is missing; it must be higher than that of the policy before", in)
	}
	// A signed note is lines of plain text: no tabs, no carriage returns.
	body := strings.ReplaceAll(string(text), "\r\n", "\n")
	if !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	if i := strings.IndexFunc(body, func(r rune) bool { return r < ' ' && r != '\n' }); i >= 0 {
		return nil, fmt.Errorf("%s: control character %q in line %d; use spaces", in, body[i], 1+strings.Count(body[:i], "\n"))
	}
	return note.Sign(&note.Note{Text: body}, signer)
}
