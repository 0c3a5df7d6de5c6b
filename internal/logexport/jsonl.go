package logexport

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
)

// A jsonl export is a first line that says what it is, a line an entry
// (logproof.Line), a line where entries are left out, with the hashes that
// stand for them, and a last line with the signed checkpoint. Folding leaves
// and hashes in order gives the root that the checkpoint was signed over.
type header struct {
	Export   string `json:"export"` // exportVersion
	Origin   string `json:"origin"` // of the log
	Size     int64  `json:"size"`   // entries under the checkpoint
	From     int64  `json:"from"`   // entries asked for
	To       int64  `json:"to"`     // not included
	Filter   string `json:"filter,omitempty"`
	Device   string `json:"device,omitempty"`
	Program  string `json:"program,omitempty"`
	Personal bool   `json:"personal"` // personal values are shown
}

const exportVersion = "beckmanconnect log export v1"

// leftOut stands for the entries From … To (not included).
type leftOut struct {
	From   int64       `json:"from"`
	To     int64       `json:"to"`
	Hashes []tlog.Hash `json:"hashes"` // logproof.Cover, base64
}

type leftOutLine struct {
	Left leftOut `json:"leftOut"`
}

// footer is the last line.
type footer struct {
	Checkpoint string         `json:"checkpoint"` // signed note
	Entries    int64          `json:"entries"`    // in this file
	Cosigned   []cosignedNote `json:"cosigned"`
}

// cosignedNote is a checkpoint that a witness cosigned, with the proof that the
// log of the footer's checkpoint extends it (RFC 6962, 2.1.2).
type cosignedNote struct {
	Name  string         `json:"name"`
	Note  string         `json:"note"`
	Proof tlog.TreeProof `json:"proof"`
}

type jsonl struct {
	w    *bufio.Writer
	meta *Meta
	at   logproof.Checkpoint
	next int64 // number of the entry that follows the last written
	n    int64
	line []byte
}

func newJSONL(w io.Writer) *jsonl { return &jsonl{w: bufio.NewWriterSize(w, 64<<10)} }

func (x *jsonl) Begin(m *Meta) (err error) {
	x.meta = m
	if x.at, err = logproof.ReadCheckpoint(m.Checkpoint); err != nil {
		return err
	}
	return x.object(header{Export: exportVersion, Origin: x.at.Origin, Size: x.at.Size, From: m.From, To: m.To,
		Filter: m.Filter, Device: m.Device, Program: m.Program, Personal: m.WithNames})
}

// object writes v as one line that a terminal shows as it is.
func (x *jsonl) object(v any) error {
	j, err := json.Marshal(v)
	if err != nil {
		return err
	}
	x.line = append(logproof.AppendInertJSON(x.line[:0], j), '\n')
	_, err = x.w.Write(x.line)
	return err
}

func (x *jsonl) Record(r *Record) (err error) {
	index := r.Entry.Index
	if index < x.next || index >= x.at.Size {
		return fmt.Errorf("entry %d does not follow entry %d of %d", index, x.next-1, x.at.Size)
	}
	if err := x.skipTo(index); err != nil {
		return err
	}
	l := lineOf(r)
	if x.line, err = l.Append(x.line[:0]); err != nil {
		return err
	}
	x.line = append(x.line, '\n')
	x.next, x.n = index+1, x.n+1
	_, err = x.w.Write(x.line)
	return err
}

// skipTo writes what stands for the entries before number to.
func (x *jsonl) skipTo(to int64) error {
	if to == x.next {
		return nil
	}
	cover, err := logproof.Cover(x.meta.Stored, x.next, to)
	if err != nil {
		return fmt.Errorf("entries %d to %d: %w", x.next, to-1, err)
	}
	left := leftOut{From: x.next, To: to, Hashes: cover}
	x.next = to
	return x.object(leftOutLine{left})
}

func (x *jsonl) End() error {
	if err := x.skipTo(x.at.Size); err != nil {
		return err
	}
	f := footer{Checkpoint: string(x.meta.Checkpoint), Entries: x.n, Cosigned: []cosignedNote{}}
	for _, c := range x.meta.Cosigned {
		old, err := logproof.ReadCheckpoint(c.Note)
		if err != nil {
			return fmt.Errorf("witness %q: %w", c.Name, err)
		}
		if old.Origin != x.at.Origin || old.Size > x.at.Size {
			continue // of another log, or newer than this moment
		}
		proof, err := growth(x.at.Size, old.Size, x.meta.Stored)
		if err != nil {
			return fmt.Errorf("witness %q: %w", c.Name, err)
		}
		f.Cosigned = append(f.Cosigned, cosignedNote{Name: c.Name, Note: string(c.Note), Proof: proof})
	}
	if err := x.object(f); err != nil {
		return err
	}
	return x.w.Flush()
}

// growth is the proof that the log of now extends that of old; nothing needs to
// be proven of an empty one or the same.
func growth(now, old int64, stored logproof.Source) (tlog.TreeProof, error) {
	if old == 0 || old == now {
		return tlog.TreeProof{}, nil
	}
	return tlog.ProveTree(now, old, logproof.Hashes(stored))
}

// lineOf is the record as a line of a proof or an export.
func lineOf(r *Record) logproof.Line {
	l := logproof.Line{Entry: r.Entry}
	for _, p := range r.Personal {
		switch p.State {
		case Shown:
			if l.Values == nil {
				l.Values = map[string]logproof.Value{}
			}
			l.Values[p.Name] = logproof.Value{Text: p.Value, Salt: p.Salt}
		case Erased, Damaged, Confidential:
			if l.States == nil {
				l.States = map[string]string{}
			}
			l.States[p.Name] = states[p.State]
			if p.State == Confidential && p.Envelope != nil {
				if l.Envelopes == nil {
					l.Envelopes = map[string][]byte{}
				}
				l.Envelopes[p.Name] = p.Envelope
			}
		}
	}
	return l
}
