package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logexport"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/program"
	"beckmanconnect/ipc/hostpb"
)

// logProve writes the proof of one entry.
func logProve(ctx context.Context, _ *slog.Logger, args []string, out io.Writer) error {
	var o logOptions
	var file, disclose string
	which, err := o.parseWith("prove", args, 1, func(set *flag.FlagSet) {
		set.StringVar(&file, "out", "", "")
		set.StringVar(&disclose, "disclose", "", "")
	})
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(which[0], 10, 64)
	if err != nil || n < 0 {
		return program.Usagef("log prove: %q is no number of an entry\n%s", which[0], logUsage)
	}
	var p *logproof.Proof
	if disclose != "" {
		p, err = o.disclosed(ctx, n, strings.Split(disclose, ","))
	} else {
		p, err = o.proven(ctx, n)
	}
	if err != nil {
		return err
	}
	b, err := p.Marshal()
	if err != nil {
		return fmt.Errorf("log prove: %w", err)
	}
	return o.write(ctx, file, out, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// proven makes the proof out of the database, without any key.
func (o *logOptions) proven(ctx context.Context, n int64) (*logproof.Proof, error) {
	r, err := o.open("prove")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p, err := proofOf(ctx, r, n)
	if err != nil {
		return nil, fmt.Errorf("log prove: %w", err)
	}
	return p, nil
}

// disclosed has the service, which holds the keys, make the proof with the named
// personal values and their salts: whoever gets it can hold them against the
// entry, and nothing else is given away.
func (o *logOptions) disclosed(ctx context.Context, n int64, names []string) (*logproof.Proof, error) {
	d, err := call(ctx, env{config: o.config}, func(ctx context.Context, host hostpb.HostClient) (*hostpb.ActivityDetail, error) {
		return host.GetActivity(ctx, &hostpb.GetActivityRequest{Index: uint64(n), Disclose: names})
	})
	if err != nil {
		return nil, fmt.Errorf("log prove: %w", err)
	}
	p, err := logproof.ParseProof([]byte(d.GetProof()))
	if err != nil {
		return nil, fmt.Errorf("log prove: the service has no proof of the entry: %w", err)
	}
	for name, v := range p.Line.Values {
		if !slices.Contains(names, name) || v.Salt == nil {
			return nil, fmt.Errorf("log prove: the service gave more than was asked for, or without its salt: %s", printable(name))
		}
	}
	return p, nil
}

// proofOf proves an entry by the newest checkpoint that a witness cosigned, or
// where none covers it by the log's newest.
func proofOf(ctx context.Context, r *logproof.Reader, n int64) (*logproof.Proof, error) {
	signed, err := r.Head()
	if err != nil {
		return nil, err
	}
	c, err := logproof.ReadCheckpoint(signed)
	if err != nil {
		return nil, err
	}
	if n >= c.Size {
		return nil, fmt.Errorf("the log has entries 0 to %d, and none of number %d", c.Size-1, n)
	}
	witnessed, err := r.Witnessed()
	if err != nil {
		return nil, err
	}
	covering := int64(0)
	for _, w := range witnessed {
		if at, err := logproof.ReadCheckpoint(w.Note); err == nil && at.Origin == c.Origin && at.Size > n && at.Size <= c.Size && at.Size > covering {
			signed, covering = w.Note, at.Size
		}
	}
	var line *logproof.Line
	err = r.Entries(ctx, n, n+1, false, func(e *logproof.Entry) error {
		line = &logproof.Line{Entry: *e}
		line.Entry.Fields, line.Entry.Personal = bytes.Clone(e.Fields), bytes.Clone(e.Personal)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if line == nil {
		return nil, fmt.Errorf("entry %d lies in an archive file that is not here; put the file back into the archive folder", n)
	}
	return logproof.Prove(*line, signed, r.Stored)
}

// keys are what a proof or an export is checked with.
type keys struct {
	log       []note.Verifier
	witnesses []*cosign.Verifier
}

// readKeys reads files of verifier keys, one a line: the log's and, told apart
// by their kind, those of witnesses.
func readKeys(verb string, paths ...string) (k keys, err error) {
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return k, fmt.Errorf("log %s: the key cannot be read: %w", verb, err)
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if w, err := cosign.NewVerifier(line); err == nil {
				k.witnesses = append(k.witnesses, w)
			} else if v, err := note.NewVerifier(line); err == nil {
				k.log = append(k.log, v)
			} else {
				return k, fmt.Errorf("log %s: %s holds a line that is no key of a log and none of a witness", verb, path)
			}
		}
	}
	if len(k.log) == 0 {
		return k, fmt.Errorf("log %s: no key of a log was given; the PC has it in keys/checkpoint.pub", verb)
	}
	return k, nil
}

// logCheck checks a proof without a database.
func logCheck(_ context.Context, _ *slog.Logger, args []string, out io.Writer) error {
	o := logOptions{detached: true}
	var witness string
	files, err := o.parseWith("check", args, 1, func(set *flag.FlagSet) { set.StringVar(&witness, "witness", "", "") })
	if err != nil {
		return err
	}
	k, err := readKeys("check", o.keyFiles(witness)...)
	if err != nil {
		return err
	}
	f, err := os.Open(files[0])
	if err != nil {
		return fmt.Errorf("log check: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4<<20))
	if err != nil {
		return fmt.Errorf("log check: %w", err)
	}
	p, err := logproof.ParseProof(b)
	if err != nil {
		return fmt.Errorf("log check: not proven: %w", err)
	}
	c, err := p.Check(k.log, k.witnesses)
	if err != nil {
		return fmt.Errorf("log check: not proven: %w", err)
	}
	if o.asJSON {
		return printJSON(out, provenOf(p, c))
	}
	return tellProven(out, p, c)
}

// logCheckExport checks a jsonl export without a database.
func logCheckExport(ctx context.Context, log *slog.Logger, args []string, out io.Writer) error {
	o := logOptions{detached: true}
	var witness string
	files, err := o.parseWith("check-export", args, 1, func(set *flag.FlagSet) { set.StringVar(&witness, "witness", "", "") })
	if err != nil {
		return err
	}
	k, err := readKeys("check-export", o.keyFiles(witness)...)
	if err != nil {
		return err
	}
	f, err := os.Open(files[0])
	if err != nil {
		return fmt.Errorf("log check-export: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("log check-export: %w", err)
	}
	p := newProgress(log, "checking")
	c, err := logexport.Check(ctx, bufio.NewReaderSize(f, 1<<20), logexport.CheckConfig{Log: k.log, Witnesses: k.witnesses, Progress: func(entries, bytes int64) {
		// How many entries there are is known at the end only: bytes say how far it is.
		if bytes > 0 {
			p.at(entries, int64(float64(entries)*float64(info.Size())/float64(bytes)))
		}
	}})
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("log check-export: interrupted: %w", ctx.Err())
		}
		return fmt.Errorf("log check-export: the export does not hold: %w", err)
	}
	if o.asJSON {
		return printJSON(out, exportOf(c))
	}
	return tellExport(out, c)
}
