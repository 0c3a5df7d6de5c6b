package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"time"

	"beckmanconnect/internal/logexport"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/version"
)

func logExport(ctx context.Context, log *slog.Logger, args []string, out io.Writer) error {
	var o logOptions
	var format, file, from, to, lang string
	err := o.parse("export", args, func(set *flag.FlagSet) {
		set.StringVar(&format, "format", logexport.JSONL, "")
		set.StringVar(&file, "out", "", "")
		set.StringVar(&from, "from", "", "")
		set.StringVar(&to, "to", "", "")
		set.StringVar(&lang, "language", "", "")
	})
	if err != nil {
		return err
	}
	switch format {
	case logexport.JSONL, logexport.CSV, logexport.PDF:
	default:
		return program.Usagef("log export: format %q is not known; there are jsonl, csv and pdf", format)
	}
	if format == logexport.PDF && file == "" {
		return program.Usagef("log export: a pdf goes into a file; name it with --out FILE")
	}
	first, err := readBound("--from", from, false)
	if err != nil {
		return err
	}
	last, err := readBound("--to", to, true)
	if err != nil {
		return err
	}
	r, err := o.open("export")
	if err != nil {
		return err
	}
	defer r.Close()
	x, err := o.exporting(r, log)
	if err != nil {
		return o.cannotRead("export", err)
	}
	x.meta.Language = lang
	if err := x.choose(ctx, first, last); err != nil {
		return o.cannotRead("export", err)
	}
	return o.write(ctx, file, out, func(w io.Writer) error { return x.run(ctx, format, w) })
}

func logCertificate(ctx context.Context, log *slog.Logger, args []string, out io.Writer) error {
	var o logOptions
	var file, lang string
	sessions, err := o.parseWith("certificate", args, 1, func(set *flag.FlagSet) {
		set.StringVar(&file, "out", "", "")
		set.StringVar(&lang, "language", "", "")
	})
	if err != nil {
		return err
	}
	if file == "" {
		return program.Usagef("log certificate: the page goes into a file; name it with --out FILE.pdf")
	}
	r, err := o.open("certificate")
	if err != nil {
		return err
	}
	defer r.Close()
	x, err := o.exporting(r, log)
	if err != nil {
		return o.cannotRead("certificate", err)
	}
	x.meta.Session, x.meta.Language = sessions[0], lang
	err = o.write(ctx, file, out, func(w io.Writer) error { return x.run(ctx, logexport.Certificate, w) })
	if errors.Is(err, logexport.ErrNoSession) {
		return fmt.Errorf("log certificate: the log holds no session %q; \"beckmanctl log list\" shows their names behind session.authenticated", sessions[0])
	}
	return err
}

// exporting is one export of a database.
type exporting struct {
	r    *logproof.Reader
	log  *slog.Logger
	meta logexport.Meta
	size int64
}

// exporting reads what every export says of itself. There are no keys here:
// HMACs stand in place of personal values.
func (o *logOptions) exporting(r *logproof.Reader, log *slog.Logger) (*exporting, error) {
	head, err := r.Head()
	if err != nil {
		return nil, err
	}
	c, err := logproof.ReadCheckpoint(head)
	if err != nil {
		return nil, err
	}
	witnessed, err := r.Witnessed()
	if err != nil {
		return nil, err
	}
	x := &exporting{r: r, log: log, size: c.Size, meta: logexport.Meta{
		Checkpoint: head, Stored: r.Stored, To: c.Size, Program: "beckmanctl " + version.Version(), Local: time.Local,
	}}
	for _, w := range witnessed {
		x.meta.Cosigned = append(x.meta.Cosigned, logexport.Cosigned(w))
	}
	return x, nil
}

// choose sets which entries are exported. Between two times are the entries
// from the first one to the last one that lies there: where the clock was set,
// others stand among them, in the order of their numbers.
func (x *exporting) choose(ctx context.Context, from, to bound) error {
	first, last := int64(0), x.size-1
	if !from.isTime {
		first = from.number
	}
	if to.set && !to.isTime {
		last = min(to.number, last)
	}
	if from.isTime || to.isTime {
		begin, end := int64(math.MaxInt64), int64(-1)
		p := newProgress(x.log, "looking for the times")
		err := x.r.Entries(ctx, first, last+1, false, func(e *logproof.Entry) error {
			p.at(e.Index-first, last+1-first)
			if from.isTime && e.Wall < from.wall || to.isTime && e.Wall > to.wall {
				return nil
			}
			begin, end = min(begin, e.Index), e.Index
			return nil
		})
		if err != nil {
			return err
		}
		if from.isTime {
			first = begin
		}
		if to.isTime {
			last = end
		}
	}
	x.meta.From, x.meta.To = min(first, x.size), last+1
	if x.meta.From >= x.meta.To {
		x.meta.To = x.meta.From
	}
	x.meta.Total = x.meta.To - x.meta.From
	return x.away()
}

// away says so where entries of the range lie in archive files that are not
// here: they are proven by their hashes, and cannot be shown.
func (x *exporting) away() error {
	archives, err := x.r.Archives()
	if err != nil {
		return err
	}
	var names []string
	for _, a := range archives {
		if a.From < x.meta.To && a.To > x.meta.From && !x.r.ArchiveHere(a) {
			names = append(names, a.Name)
		}
	}
	if len(names) > 0 {
		x.meta.Filter = "entries that are here; these archive files are not: " + strings.Join(names, ", ")
		x.log.Warn("archive files are not here, their entries are left out", "files", strings.Join(names, ", "))
	}
	return nil
}

// run writes the export.
func (x *exporting) run(ctx context.Context, format string, w io.Writer) error {
	e, err := logexport.New(format, w)
	if err != nil {
		return err
	}
	if err := e.Begin(&x.meta); err != nil {
		return err
	}
	last := int64(math.MinInt64)
	err = x.r.Entries(ctx, x.meta.From-1, x.meta.From, false, func(e *logproof.Entry) error {
		last = e.Wall
		return nil
	})
	if err != nil {
		return err
	}
	p := newProgress(x.log, "exporting")
	var r logexport.Record
	err = x.r.Entries(ctx, x.meta.From, x.meta.To, false, func(entry *logproof.Entry) error {
		p.at(entry.Index-x.meta.From, x.meta.To-x.meta.From)
		r.Entry, r.Back, last = *entry, entry.Wall < last, entry.Wall
		return e.Record(&r)
	})
	if err != nil {
		return err
	}
	return e.End()
}
