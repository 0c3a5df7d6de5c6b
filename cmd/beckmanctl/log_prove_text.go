package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"beckmanconnect/internal/logexport"
	"beckmanconnect/internal/logproof"
)

// provenResult is what "log check --json" prints.
type provenResult struct {
	OK       bool            `json:"ok"`
	Index    int64           `json:"index"`
	Origin   string          `json:"origin"`
	Entries  int64           `json:"entries"` // under the checkpoint
	Root     string          `json:"root"`
	Cosigned []cosignature   `json:"cosigned"`
	Unknown  []string        `json:"unknown"` // names on lines that no given key fits
	Entry    json.RawMessage `json:"entry"`
}

type cosignature struct {
	Name    string `json:"name"`
	Time    string `json:"time"`
	Entries int64  `json:"entries"`
}

func cosignatures(c *logproof.Cosigned) []cosignature {
	out := []cosignature{}
	for _, by := range c.By {
		out = append(out, cosignature{Name: by.Name, Time: stamp(by.Time), Entries: c.Size})
	}
	return out
}

func provenOf(p *logproof.Proof, c *logproof.Cosigned) provenResult {
	line, _ := p.Line.Append(nil) // it was read from one
	return provenResult{OK: true, Index: p.Line.Entry.Index, Origin: c.Origin, Entries: c.Size, Root: c.Root.String(),
		Cosigned: cosignatures(c), Unknown: append([]string{}, c.Unknown...), Entry: line}
}

// tellProven says what a proof proves.
func tellProven(out io.Writer, p *logproof.Proof, c *logproof.Cosigned) error {
	fmt.Fprintf(out, "Proven: this is entry %d of the log %s.\n", p.Line.Entry.Index, printable(c.Origin))
	if err := tellEntry(out, &p.Line); err != nil {
		return err
	}
	fmt.Fprintf(out, "Signed by the log's own key, over %d entries with the root %s.\n", c.Size, c.Root)
	tellWitnesses(out, c)
	for name := range p.Line.States {
		fmt.Fprintf(out, "Said, not proven: why %s is not shown.\n", printable(name))
	}
	return nil
}

// tellWitnesses says who cosigned and when; the log's own signature has no time.
func tellWitnesses(out io.Writer, c *logproof.Cosigned) {
	for _, by := range c.By {
		fmt.Fprintf(out, "Cosigned by %s at %s, over %d entries: it was in the log by then.\n", printable(by.Name), stamp(by.Time), c.Size)
	}
	if len(c.By) == 0 {
		fmt.Fprintln(out, "No witness whose key was given cosigned it: the time of the entry is that of the PC's own clock.")
	}
	if len(c.Unknown) > 0 {
		fmt.Fprintf(out, "There are signatures that no given key fits, and that say nothing: %s. Name their keys with --witness FILE.\n", printable(strings.Join(c.Unknown, ", ")))
	}
}

// exportResult is what "log check-export --json" prints.
type exportResult struct {
	OK        bool          `json:"ok"`
	Entries   int64         `json:"entries"` // in the file
	First     int64         `json:"first"`
	Last      int64         `json:"last"`
	LeftOut   int64         `json:"leftOut"` // between first and last
	Filter    string        `json:"filter,omitempty"`
	Origin    string        `json:"origin"`
	Size      int64         `json:"size"` // entries under the checkpoint
	Root      string        `json:"root"`
	TimeJumps int64         `json:"timeJumps"`
	Values    int64         `json:"values"` // personal values that are proven
	Said      int64         `json:"said"`   // that are only said
	Cosigned  []cosignature `json:"cosigned"`
}

func exportOf(c *logexport.Checked) exportResult {
	r := exportResult{OK: true, Entries: c.Entries, First: c.First, Last: c.Last, LeftOut: c.LeftOut, Filter: c.Filter, Origin: c.Checkpoint.Origin,
		Size: c.Checkpoint.Size, Root: c.Checkpoint.Root.String(), TimeJumps: c.TimeJumps, Values: c.Values, Said: c.Said, Cosigned: []cosignature{}}
	for i := range c.Cosigned {
		r.Cosigned = append(r.Cosigned, cosignatures(&c.Cosigned[i])...)
	}
	return r
}

// tellExport says what an export proves.
func tellExport(out io.Writer, c *logexport.Checked) error {
	at := c.Checkpoint
	switch {
	case c.Entries == 0:
		fmt.Fprintf(out, "The export holds. It has no entries, of %d in the log %s.\n", at.Size, printable(at.Origin))
	case c.Entries == at.Size:
		fmt.Fprintf(out, "The export holds: all %d entries of the log %s, from %s to %s.\n", c.Entries, printable(at.Origin), stamp(c.Oldest), stamp(c.Newest))
	default:
		fmt.Fprintf(out, "The export holds: %d entries, numbers %d to %d, of %d in the log %s, from %s to %s.\n",
			c.Entries, c.First, c.Last, at.Size, printable(at.Origin), stamp(c.Oldest), stamp(c.Newest))
	}
	if c.LeftOut > 0 {
		fmt.Fprintf(out, "%d entries between them are left out. The file says of its choice: %s.\n", c.LeftOut, printable(c.Filter))
	}
	fmt.Fprintf(out, "Signed by the log's own key, root %s.\n", at.Root)
	if c.TimeJumps > 0 {
		fmt.Fprintf(out, "The clock went back %d times; the order is that of the numbers.\n", c.TimeJumps)
	}
	if c.Said > 0 {
		fmt.Fprintf(out, "%d personal values are said, not proven: their salts are not in the file.\n", c.Said)
	}
	for i := range c.Cosigned {
		w := &c.Cosigned[i]
		for _, by := range w.By {
			fmt.Fprintf(out, "Cosigned by %s at %s, over the first %d entries.\n", printable(by.Name), stamp(by.Time), w.Size)
		}
		if len(w.Unknown) > 0 {
			fmt.Fprintf(out, "There are signatures over %d entries that no given key fits, and that say nothing: %s.\n", w.Size, printable(strings.Join(w.Unknown, ", ")))
		}
	}
	return nil
}
