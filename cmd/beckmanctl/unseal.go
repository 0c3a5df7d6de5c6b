package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/program"
)

const unsealUsage = "log unseal --private-key FILE [--passphrase-file FILE] --in EXPORT.jsonl [--json]"

// maxExportLine is more than the longest line an export can have.
const maxExportLine = 4 << 20

// unsealVerb is for the hospital's machine: with its private key alone it reads
// the confidential fields out of a jsonl export that the PC made, and holds
// each against the HMAC that the log commits to.
func unsealVerb(_ context.Context, e env, args []string) error {
	var private, passphrase, in string
	asJSON, err := e.parse("log unseal", args, func(set *flag.FlagSet) {
		set.StringVar(&private, "private-key", "", "")
		set.StringVar(&passphrase, "passphrase-file", "", "")
		set.StringVar(&in, "in", "", "")
	})
	if err != nil {
		return err
	}
	if private == "" || in == "" {
		return program.Usagef("%s", unsealUsage)
	}
	key, err := readPrivateKey(private, passphrase)
	if err != nil {
		return fmt.Errorf("log unseal: %w", err)
	}
	f, err := os.Open(in)
	if err != nil {
		return fmt.Errorf("log unseal: %w", err)
	}
	defer f.Close()
	u := unsealing{key: key, out: bufio.NewWriter(e.out), asJSON: asJSON}
	if err := u.read(f); err != nil {
		return fmt.Errorf("log unseal: %s: %w", in, err)
	}
	if !asJSON {
		fmt.Fprintf(u.out, "%d confidential fields opened, each fits what the log commits to; %d are sealed to another key. \"beckmanctl log check\" proves the export itself.\n", u.opened, u.others)
	}
	return u.out.Flush()
}

type unsealing struct {
	key            *rsa.PrivateKey
	out            *bufio.Writer
	asJSON         bool
	origin         string
	opened, others int
}

func (u *unsealing) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxExportLine)
	for n := 1; lines.Scan(); n++ {
		b := lines.Bytes()
		if n == 1 {
			var head struct {
				Export string `json:"export"`
				Origin string `json:"origin"`
			}
			if json.Unmarshal(b, &head) != nil || head.Export == "" || head.Origin == "" {
				return errors.New("it is no jsonl export of a log")
			}
			u.origin = head.Origin
			continue
		}
		if !bytes.HasPrefix(b, []byte(`{"index":`)) {
			continue // what stands for entries left out, or the checkpoint
		}
		line, err := logproof.ParseLine(b)
		if err == nil {
			err = u.line(line)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

func (u *unsealing) line(l *logproof.Line) error {
	commitments, err := logproof.DecodeCommitments(l.Entry.Personal)
	if err != nil {
		return err
	}
	want := map[string]logproof.NamedCommitment{}
	for _, c := range commitments {
		want[c.Name] = c
	}
	for _, name := range slices.Sorted(maps.Keys(l.Envelopes)) {
		salt, value, err := logproof.OpenEnvelope(u.key, u.origin, l.Entry.Index, name, l.Envelopes[name])
		if errors.Is(err, logproof.ErrOtherKey) {
			u.others++
			continue
		}
		if err != nil {
			return fmt.Errorf("entry %d, %q: %w", l.Entry.Index, name, err)
		}
		if logproof.Commitment(salt, l.Entry.Index, name, value) != want[name].HMAC {
			return fmt.Errorf("entry %d, %q: it is not the value that was logged", l.Entry.Index, name)
		}
		u.opened++
		if err := u.print(&l.Entry, name, value); err != nil {
			return err
		}
	}
	return nil
}

func (u *unsealing) print(e *logproof.Entry, name, value string) error {
	at := stamp(time.Unix(0, e.Wall))
	if u.asJSON {
		return printJSON(u.out, map[string]any{"index": e.Index, "time": at, "kind": e.Kind, "subject": e.Subject, "name": name, "value": value})
	}
	_, err := fmt.Fprintf(u.out, "%7d  %s  %s  %s=%s\n", e.Index, at, printable(e.Kind), printable(name), printable(value))
	return err
}
