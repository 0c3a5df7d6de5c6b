package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/program"
)

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
	var line []byte
	err = r.Entries(ctx, max(0, before-limit), before, true, func(e *logproof.Entry) error {
		if o.asJSON {
			l := logproof.Line{Entry: *e}
			if line, err = l.Append(line[:0]); err != nil {
				return err
			}
		} else if line, err = appendListed(line[:0], e); err != nil {
			return err
		}
		_, err = w.Write(append(line, '\n'))
		return err
	})
	if err != nil {
		return o.cannotRead("list", err)
	}
	return w.Flush()
}

// appendListed appends an entry as one line of a terminal.
func appendListed(dst []byte, e *logproof.Entry) ([]byte, error) {
	fields, err := logproof.DecodeFields(e.Fields)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Index, err)
	}
	personal, err := logproof.DecodeCommitments(e.Personal)
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", e.Index, err)
	}
	parts := []string{fmt.Sprintf("%7d", e.Index), stamp(time.Unix(0, e.Wall)), printable(e.Kind), printable(e.Actor)}
	if e.Subject != "" {
		parts = append(parts, printable(e.Subject))
	}
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, printable(k)+"="+printable(fields[k]))
	}
	for _, c := range personal {
		parts = append(parts, printable(c.Name)+"=<sealed>")
	}
	return append(dst, strings.Join(parts, "  ")...), nil
}

// tellEntry says an entry in lines, for a person.
func tellEntry(out io.Writer, l *logproof.Line) error {
	e := &l.Entry
	fields, err := logproof.DecodeFields(e.Fields)
	if err != nil {
		return err
	}
	personal, err := logproof.DecodeCommitments(e.Personal)
	if err != nil {
		return err
	}
	rows := [][2]string{{"time", stamp(time.Unix(0, e.Wall)) + ", by the clock of that PC"}, {"kind", e.Kind}, {"actor", e.Actor}}
	if e.Subject != "" {
		rows = append(rows, [2]string{"subject", e.Subject})
	}
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		rows = append(rows, [2]string{k, fields[k]})
	}
	for _, r := range rows {
		fmt.Fprintf(out, "  %s: %s\n", printable(r[0]), printable(r[1]))
	}
	for _, c := range personal {
		text := "sealed; its HMAC is " + hex.EncodeToString(c.HMAC[:])
		if v, ok := l.Values[c.Name]; ok && v.Salt != nil {
			text = printable(v.Text) + "  (disclosed; it fits its HMAC)"
		} else if ok {
			text = printable(v.Text) + "  (said, not proven: its salt is not there)"
		}
		fmt.Fprintf(out, "  %s: %s\n", printable(c.Name), text)
	}
	_, err = fmt.Fprintf(out, "  leaf: %s\n", hex.EncodeToString(e.Hash[:]))
	return err
}
