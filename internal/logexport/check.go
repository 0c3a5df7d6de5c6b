package logexport

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
)

// CheckConfig of one check of a jsonl export.
type CheckConfig struct {
	Log       []note.Verifier            // keys that the checkpoint may be signed by
	Witnesses []*cosign.Verifier         // keys of witnesses; may be empty
	Progress  func(entries, bytes int64) // called now and then, may be nil
}

// Checked is what an export proved.
type Checked struct {
	Checkpoint logproof.Checkpoint
	Entries    int64 // in the file, each of them proven
	First      int64 // number of the first of them; -1: there are none
	Last       int64
	From, To   int64  // what was asked for, as the file says
	Filter     string // the same
	LeftOut    int64  // entries between the first and the last that are not in the file
	Oldest     time.Time
	Newest     time.Time
	TimeJumps  int64 // entries whose wall clock lies before the one above them in the file
	Values     int64 // personal values whose salt is there: proven
	Said       int64 // personal values without: only said
	Cosigned   []logproof.Cosigned
}

// A Fault is what does not hold in an export, and on which line.
type Fault struct {
	Line int64 // from 1
	Err  error
}

func (f *Fault) Error() string { return fmt.Sprintf("line %d: %v", f.Line, f.Err) }
func (f *Fault) Unwrap() error { return f.Err }

// maxLine is more than any line needs, in bytes.
const maxLine = 4 << 20

// checkEvery is how many lines lie between two looks at the context.
const checkEvery = 1 << 12

// Check verifies a jsonl export offline: each entry is in the log that the
// checkpoint was signed over, in this order, and what is left out is named.
// Memory is bounded by one line. Any error but the context's and the reader's
// is a *Fault.
func Check(ctx context.Context, r io.Reader, cfg CheckConfig) (*Checked, error) {
	c := &checking{cfg: cfg, out: Checked{First: -1, Last: -1}}
	lines := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		if c.n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if cfg.Progress != nil {
				cfg.Progress(c.out.Entries, c.bytes)
			}
		}
		var err error
		line, err = readLine(lines, line[:0])
		if err == io.EOF && len(line) == 0 {
			break
		}
		c.n++
		c.bytes += int64(len(line)) + 1
		switch {
		case err == io.EOF:
			return nil, &Fault{c.n, errors.New("the last line is cut short")}
		case errors.Is(err, errLong):
			return nil, &Fault{c.n, err}
		case err != nil:
			return nil, err
		}
		if err := c.line(line); err != nil {
			return nil, &Fault{c.n, err}
		}
	}
	if !c.done {
		return nil, &Fault{c.n + 1, errors.New("the file ends before its checkpoint: it is cut short")}
	}
	return &c.out, nil
}

var errLong = fmt.Errorf("the line is longer than %d bytes", maxLine)

// readLine reads up to a line break, which it leaves out.
func readLine(r *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case err != bufio.ErrBufferFull:
			return line, err
		case len(line) > maxLine:
			return line, errLong
		}
	}
}

type checking struct {
	cfg    CheckConfig
	out    Checked
	header header
	fold   logproof.Fold
	n      int64 // lines
	bytes  int64
	done   bool
}

var (
	entryStart   = []byte(`{"index":`)
	leftOutStart = []byte(`{"leftOut":`)
)

func (c *checking) line(b []byte) error {
	switch {
	case c.done:
		return errors.New("something follows the checkpoint")
	case c.n == 1:
		return c.first(b)
	case bytes.HasPrefix(b, entryStart):
		return c.entry(b)
	case bytes.HasPrefix(b, leftOutStart):
		return c.leftOut(b)
	}
	return c.last(b)
}

func (c *checking) first(b []byte) error {
	if err := strict(b, &c.header); err != nil || c.header.Export != exportVersion {
		return fmt.Errorf("the file is no jsonl export of a log: its first line does not say %q", exportVersion)
	}
	c.out.From, c.out.To, c.out.Filter = c.header.From, c.header.To, c.header.Filter
	return nil
}

func (c *checking) entry(b []byte) error {
	l, err := logproof.ParseLine(b)
	if err != nil {
		return err
	}
	e := &l.Entry
	if e.Index != c.fold.Size() {
		return fmt.Errorf("entry %d stands where entry %d belongs", e.Index, c.fold.Size())
	}
	if e.Index >= c.header.Size {
		return fmt.Errorf("entry %d is not among the %d entries of the checkpoint", e.Index, c.header.Size)
	}
	c.fold.Add(e.Hash)
	o := &c.out
	wall := time.Unix(0, e.Wall)
	if o.First < 0 {
		o.First, o.Oldest = e.Index, wall
	} else {
		o.LeftOut += e.Index - o.Last - 1
		if wall.Before(o.Newest) {
			o.TimeJumps++
		}
	}
	o.Last, o.Newest = e.Index, wall
	o.Entries++
	for _, v := range l.Values {
		if v.Salt != nil {
			o.Values++
		} else {
			o.Said++
		}
	}
	return nil
}

func (c *checking) leftOut(b []byte) error {
	var v leftOutLine
	if err := strict(b, &v); err != nil {
		return err
	}
	switch l := v.Left; {
	case l.From != c.fold.Size():
		return fmt.Errorf("entries from %d on are left out where entry %d belongs", l.From, c.fold.Size())
	case l.To <= l.From || l.To > c.header.Size:
		return fmt.Errorf("entries %d to %d cannot be left out of %d", l.From, l.To-1, c.header.Size)
	default:
		return c.fold.Skip(l.To, l.Hashes)
	}
}

func (c *checking) last(b []byte) error {
	var f footer
	if err := strict(b, &f); err != nil {
		return err
	}
	signed, err := logproof.OpenCosigned([]byte(f.Checkpoint), c.cfg.Log, nil)
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	at := signed.Checkpoint
	switch {
	case at.Origin != c.header.Origin || at.Size != c.header.Size:
		return fmt.Errorf("the checkpoint is of %d entries of %q, the file of %d of %q", at.Size, at.Origin, c.header.Size, c.header.Origin)
	case c.fold.Size() != at.Size:
		return fmt.Errorf("entries %d to %d are missing", c.fold.Size(), at.Size-1)
	case c.out.Entries != f.Entries:
		return fmt.Errorf("the file has %d entries and says %d", c.out.Entries, f.Entries)
	case c.header.Filter == "" && !c.whole():
		return fmt.Errorf("the file says that it holds entries %d to %d, and some of them are left out", c.header.From, c.header.To-1)
	case c.fold.Root() != at.Root:
		return errors.New("the checkpoint was signed over other entries than these: one or more were changed")
	}
	c.out.Checkpoint, c.done = at, true
	for _, w := range f.Cosigned {
		if err := c.cosigned(w, at); err != nil {
			return fmt.Errorf("witness %q: %w", logproof.Printable(w.Name), err)
		}
	}
	return nil
}

// whole says whether every entry is there that an export without a filter says
// it holds.
func (c *checking) whole() bool {
	if c.header.From >= c.header.To {
		return c.out.Entries == 0
	}
	return c.out.First == c.header.From && c.out.Last == c.header.To-1 && c.out.LeftOut == 0
}

// cosigned checks that the log of now extends what a witness saw.
func (c *checking) cosigned(w cosignedNote, now logproof.Checkpoint) error {
	seen, err := logproof.OpenCosigned([]byte(w.Note), c.cfg.Log, c.cfg.Witnesses)
	if err != nil {
		return err
	}
	switch {
	case seen.Origin != now.Origin || seen.Size > now.Size:
		return errors.New("it cosigned another log")
	case seen.Size == now.Size:
		if seen.Root != now.Root {
			return errors.New("it cosigned another log of the same size")
		}
	case seen.Size > 0:
		if err := tlog.CheckTree(w.Proof, now.Size, now.Root, seen.Size, seen.Root); err != nil {
			return fmt.Errorf("the log does not extend what it cosigned: %w", err)
		}
	}
	c.out.Cosigned = append(c.out.Cosigned, *seen)
	return nil
}

// strict reads one JSON value as the exporter would write it, and in no other
// spelling.
func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("the line is not of this format: %w", err)
	}
	again, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(logproof.AppendInertJSON(nil, again), b) {
		return errors.New("the line is not in canonical form")
	}
	return nil
}
