package logproof

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof shows that an entry is in a log, to anybody who has the log's public
// key, without the database.
//
// As a file it is a line that names the format, the entry as a Line, an empty
// line, and a proof of c2sp.org/tlog-proof@v1: index, the hashes beside the way
// from the leaf to the root, and the signed checkpoint, with the cosignatures
// of witnesses where there are some. What follows the empty line is what other
// tools for that format read.
type Proof struct {
	Line   Line
	Hashes tlog.RecordProof
	Note   []byte // the signed checkpoint
}

// The first lines of the file and of the proof in it.
const (
	proofHeader = "beckmanconnect log entry v1"
	tlogHeader  = "c2sp.org/tlog-proof@v1"
)

// ProofEnd is how the name of a proof's file ends.
const ProofEnd = ".tlog-proof"

// maxProof is more than any proof needs, in bytes: an entry of 64 KiB with
// every byte escaped, and 63 hashes.
const maxProof = 2 << 20

// Prove makes the proof of an entry out of the stored hashes of its log. The
// note is a checkpoint of the log that covers the entry.
func Prove(line Line, note []byte, stored Source) (*Proof, error) {
	c, err := ReadCheckpoint(note)
	if err != nil {
		return nil, err
	}
	index := line.Entry.Index
	if index < 0 || index >= c.Size {
		return nil, fmt.Errorf("entry %d is not among the %d entries of the checkpoint", index, c.Size)
	}
	hashes, err := tlog.ProveRecord(c.Size, index, Hashes(stored))
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", index, err)
	}
	p := &Proof{Line: line, Hashes: hashes, Note: note}
	hash, _ := LeafHash(nil, &line.Entry)
	if err := tlog.CheckRecord(hashes, c.Size, c.Root, index, hash); err != nil {
		return nil, fmt.Errorf("entry %d is not what the checkpoint was signed over", index)
	}
	return p, nil
}

// Marshal is the proof as a file.
func (p *Proof) Marshal() ([]byte, error) {
	b, err := p.Line.Append([]byte(proofHeader + "\n"))
	if err != nil {
		return nil, err
	}
	b = fmt.Appendf(b, "\n\n%s\nindex %d\n", tlogHeader, p.Line.Entry.Index)
	for _, h := range p.Hashes {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	b = append(b, '\n')
	return append(b, p.Note...), nil
}

// ParseProof reads a proof, strictly: what is parsed is what would be written
// again. It proves nothing yet; Check does.
func ParseProof(b []byte) (*Proof, error) {
	if len(b) > maxProof {
		return nil, errors.New("the file is too large for a proof")
	}
	text, ok := strings.CutPrefix(string(b), proofHeader+"\n")
	if !ok {
		return nil, fmt.Errorf("the file is no proof: it does not begin with %q", proofHeader)
	}
	first, text, ok := strings.Cut(text, "\n\n"+tlogHeader+"\n")
	if !ok {
		return nil, errors.New("no " + tlogHeader + " follows the entry")
	}
	l, err := ParseLine([]byte(first))
	if err != nil {
		return nil, err
	}
	p := &Proof{Line: *l}
	head, note, ok := strings.Cut(text, "\n\n")
	if !ok {
		return nil, errors.New("the proof has no checkpoint")
	}
	p.Note = []byte(note)
	for i, line := range strings.Split(head, "\n") {
		if i == 0 {
			if line != "index "+strconv.FormatInt(l.Entry.Index, 10) {
				return nil, fmt.Errorf("the proof is of another entry than number %d", l.Entry.Index)
			}
			continue
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("line %d of the proof is no hash", i+1)
		}
		p.Hashes = append(p.Hashes, tlog.Hash(raw))
	}
	again, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("the proof is not in canonical form")
	}
	return p, nil
}
