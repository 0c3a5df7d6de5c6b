package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/program"
)

// logLine is one entry of an export. Personal fields are sealed; the HMACs that
// the leaf commits to stand in their place.
type logLine struct {
	Index    int64             `json:"index"`
	Time     string            `json:"time"`
	MonoNS   int64             `json:"monoNs"`
	Boot     string            `json:"boot"`
	Kind     string            `json:"kind"`
	Actor    string            `json:"actor"`
	Subject  string            `json:"subject,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
	Personal map[string]string `json:"personal,omitempty"` // name → HMAC, hex
	Leaf     string            `json:"leaf"`               // hash, hex
}

func lineOf(e *logproof.Entry) (logLine, error) {
	fields, err := logproof.DecodeFields(e.Fields)
	if err != nil {
		return logLine{}, fmt.Errorf("entry %d: %w", e.Index, err)
	}
	commitments, err := logproof.DecodeCommitments(e.Personal)
	if err != nil {
		return logLine{}, fmt.Errorf("entry %d: %w", e.Index, err)
	}
	l := logLine{Index: e.Index, Time: stamp(time.Unix(0, e.Wall)), MonoNS: e.Mono, Boot: e.Boot, Kind: e.Kind,
		Actor: e.Actor, Subject: e.Subject, Fields: fields, Leaf: hex.EncodeToString(e.Hash[:])}
	for _, c := range commitments {
		if l.Personal == nil {
			l.Personal = map[string]string{}
		}
		l.Personal[c.Name] = hex.EncodeToString(c.HMAC[:])
	}
	return l, nil
}

func logList(ctx context.Context, _ *slog.Logger, args []string, out io.Writer) error {
	var o logOptions
	var limit, before int64
	err := o.parse("list", args, func(set *flag.FlagSet) {
		set.Int64Var(&limit, "limit", 50, "")
		set.Int64Var(&before, "before", 0, "")
	})
	if err != nil {
		return err
	}
	if limit < 1 {
		return program.Usagef("log list: --limit %d is less than 1", limit)
	}
	r, err := o.open("list")
	if err != nil {
		return err
	}
	defer r.Close()
	size, err := r.Size()
	if err != nil {
		return o.cannotRead("list", err)
	}
	if before <= 0 || before > size {
		before = size
	}
	w := bufio.NewWriter(out)
	err = r.Entries(ctx, max(0, before-limit), before, true, func(e *logproof.Entry) error {
		l, err := lineOf(e)
		if err != nil {
			return err
		}
		if o.asJSON {
			return printJSON(w, l)
		}
		_, err = fmt.Fprintln(w, listLine(l))
		return err
	})
	if err != nil {
		return o.cannotRead("list", err)
	}
	return w.Flush()
}

// listLine is an entry on one line of a terminal.
func listLine(l logLine) string {
	parts := []string{fmt.Sprintf("%7d", l.Index), l.Time, printable(l.Kind), printable(l.Actor)}
	if l.Subject != "" {
		parts = append(parts, printable(l.Subject))
	}
	for _, k := range slices.Sorted(maps.Keys(l.Fields)) {
		parts = append(parts, printable(k)+"="+printable(l.Fields[k]))
	}
	for _, k := range slices.Sorted(maps.Keys(l.Personal)) {
		parts = append(parts, printable(k)+"=<sealed>")
	}
	return strings.Join(parts, "  ")
}

func logExport(ctx context.Context, _ *slog.Logger, args []string, out io.Writer) (err error) {
	var o logOptions
	var format, file string
	var from, to int64
	err = o.parse("export", args, func(set *flag.FlagSet) {
		set.StringVar(&format, "format", "jsonl", "")
		set.StringVar(&file, "out", "", "")
		set.Int64Var(&from, "from", 0, "")
		set.Int64Var(&to, "to", -1, "")
	})
	if err != nil {
		return err
	}
	if format != "jsonl" {
		return program.Usagef("log export: format %q is not known; it is jsonl", format)
	}
	r, err := o.open("export")
	if err != nil {
		return err
	}
	defer r.Close()
	if file != "" {
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // nothing is overwritten
		if err != nil {
			return fmt.Errorf("log export: %w; name a file that does not exist yet", err)
		}
		if err := exportTo(ctx, f, r, from, to); err != nil {
			f.Close()
			os.Remove(file) // half an export is none
			return o.cannotRead("export", err)
		}
		return f.Close()
	}
	if err := exportTo(ctx, out, r, from, to); err != nil {
		return o.cannotRead("export", err)
	}
	return nil
}

// exportTo writes the entries and, as the last line, the checkpoint over the
// log they are from.
func exportTo(ctx context.Context, out io.Writer, r *logproof.Reader, from, to int64) error {
	size, err := r.Size()
	if err != nil {
		return err
	}
	if to < 0 || to >= size {
		to = size - 1
	}
	w := bufio.NewWriter(out)
	err = r.Entries(ctx, from, to+1, false, func(e *logproof.Entry) error {
		l, err := lineOf(e)
		if err != nil {
			return err
		}
		return printJSON(w, l)
	})
	if err != nil {
		return err
	}
	head, err := r.Head()
	if err != nil {
		return err
	}
	if err := printJSON(w, map[string]string{"checkpoint": string(head)}); err != nil {
		return err
	}
	return w.Flush()
}

// printable writes s so that a terminal does nothing but show it: controls,
// line breaks, right-to-left marks and what is no text stand as escapes
// (scenario 49).
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\\' {
			b.WriteString(`\\`)
		} else {
			escapeRune(&b, r)
		}
	}
	return b.String()
}

// asciiJSON does the same to encoded JSON, where the escape means the same
// text.
func asciiJSON(j []byte) []byte {
	if !json.Valid(j) {
		return nil
	}
	var b strings.Builder
	for _, r := range string(j) {
		escapeRune(&b, r)
	}
	return []byte(b.String())
}
