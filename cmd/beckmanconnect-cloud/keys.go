package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/cloud"
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
	if len(args) == 0 {
		return program.Usagef("policy: a verb is missing: sign or vendor")
	}
	switch args[0] {
	case "sign":
		return signVerb(args[1:])
	case "vendor":
		return vendorVerb(args[1:])
	default:
		return program.Usagef("policy: unknown verb %q; there are sign and vendor", args[0])
	}
}

func signVerb(args []string) error {
	set := flag.NewFlagSet("policy sign", flag.ContinueOnError)
	key := set.String("key", "", "the policy signing key")
	in := set.String("in", "", "the policy, TOML")
	out := set.String("out", "", "the signed policy to write")
	if err := parse(set, args, "key", "in", "out"); err != nil {
		return err
	}
	signed, err := signPolicy(*key, *in)
	if err != nil {
		return fmt.Errorf("policy sign: %w", err)
	}
	return os.WriteFile(*out, signed, 0o644)
}

// vendorVerb signs the vendor's policy with the next number; a cloud that runs
// sends it to its devices by itself.
func vendorVerb(args []string) error {
	set := flag.NewFlagSet("policy vendor", flag.ContinueOnError)
	file := set.String("config", "", "cloud.toml")
	in := set.String("file", "", "what is switched off and revoked, TOML")
	after := set.Uint64("after", 0, "the number to follow at least, where the data folder was lost")
	if err := parse(set, args, "config", "file"); err != nil {
		return err
	}
	config, err := cloud.LoadConfig(*file)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(*in)
	if err != nil {
		return fmt.Errorf("policy vendor: %w", err)
	}
	p, err := cloud.SignVendorPolicy(config, string(text), *after, time.Now())
	if err != nil {
		return fmt.Errorf("policy vendor: %s: %w", *in, err)
	}
	_, err = fmt.Printf("vendor policy number %d, SHA-256 %s\n", p.Number, p.Hash)
	return err
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
