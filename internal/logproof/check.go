package logproof

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cosign"
)

// Cosigned is a checkpoint whose signatures held: the log's own, and those of
// the witnesses whose keys were given.
type Cosigned struct {
	Checkpoint
	By      []Cosignature // in the order of their lines
	Unknown []string      // names on signature lines that no given key fits: they say nothing
}

// Cosignature is what one witness says: at this time this was the newest that
// it had seen of the log.
type Cosignature struct {
	Name string
	Time time.Time // by the witness's own clock, in whole seconds
}

// Check verifies the proof: the entry is in the log that the checkpoint was
// signed over, by a key of log. Cosignatures of witnesses are named.
func (p *Proof) Check(log []note.Verifier, witnesses []*cosign.Verifier) (*Cosigned, error) {
	c, err := OpenCosigned(p.Note, log, witnesses)
	if err != nil {
		return nil, err
	}
	index := p.Line.Entry.Index
	if index < 0 || index >= c.Size {
		return nil, fmt.Errorf("entry %d is not among the %d entries of the checkpoint", index, c.Size)
	}
	hash, _ := LeafHash(nil, &p.Line.Entry)
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, index, hash); err != nil {
		return nil, fmt.Errorf("the entry is not in the log that the checkpoint was signed over: %w", err)
	}
	return c, nil
}

// OpenCosigned is OpenCheckpoint for a note that witnesses may have cosigned.
// A signature of a given key that does not hold is an error; a line of a key
// that was not given is named and counts for nothing.
func OpenCosigned(msg []byte, log []note.Verifier, witnesses []*cosign.Verifier) (*Cosigned, error) {
	all := slices.Clone(log)
	for _, w := range witnesses {
		all = append(all, w)
	}
	n, err := note.Open(msg, note.VerifierList(all...))
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	body, err := ParseBody(n.Text)
	if err != nil {
		return nil, err
	}
	c := &Cosigned{Checkpoint: body}
	own := false
	for _, s := range n.Sigs {
		i := slices.IndexFunc(witnesses, func(w *cosign.Verifier) bool { return w.Name() == s.Name && w.KeyHash() == s.Hash })
		if i < 0 {
			own = own || s.Name == body.Origin
			continue
		}
		at, ok := cosign.Stamp(s)
		if !ok {
			return nil, fmt.Errorf("signature of %q: its time is no time", s.Name)
		}
		c.By = append(c.By, Cosignature{Name: s.Name, Time: at})
	}
	if !own {
		return nil, fmt.Errorf("signature: not signed by %q, the log's own key", body.Origin)
	}
	for _, s := range n.UnverifiedSigs {
		c.Unknown = append(c.Unknown, s.Name)
	}
	return c, nil
}
