package witness

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
)

// MaxNote is the largest checkpoint that is read, with its signatures.
const MaxNote = 4 << 10

// maxProof: a consistency proof of a tree of 2^62 leaves is no longer.
const maxProof = 64

// Cosigned is a checkpoint with a witness's signature.
type Cosigned struct {
	logproof.Checkpoint
	Time time.Time // when it was cosigned, by the witness's clock
}

// Open reads a cosigned checkpoint: signed by the log's own key and by the
// witness, and by nobody else.
func Open(msg []byte, log, witness note.Verifier) (Cosigned, error) {
	if len(msg) > MaxNote {
		return Cosigned{}, errors.New("larger than a checkpoint can be")
	}
	list := note.VerifierList(log, witness)
	c, err := logproof.OpenCheckpoint(msg, list)
	if err != nil {
		return Cosigned{}, err
	}
	if c.Origin != log.Name() {
		return Cosigned{}, fmt.Errorf("it is of the log %q, not of %q", c.Origin, log.Name())
	}
	n, err := note.Open(msg, list)
	if err != nil {
		return Cosigned{}, err
	}
	for _, s := range n.Sigs {
		if s.Name == witness.Name() && s.Hash == witness.KeyHash() {
			if at, ok := cosign.Stamp(s); ok {
				return Cosigned{Checkpoint: c, Time: at}, nil
			}
		}
	}
	return Cosigned{}, fmt.Errorf("it does not carry the signature of the witness %q", witness.Name())
}

// openLog reads a checkpoint that carries the log's signature, and perhaps
// others that are not looked at: a log may show one witness what another signed.
// bare is the checkpoint with the log's signature alone.
func openLog(msg []byte, log note.Verifier) (c logproof.Checkpoint, bare *note.Note, err error) {
	if len(msg) > MaxNote {
		return c, nil, errors.New("larger than a checkpoint can be")
	}
	n, err := note.Open(msg, note.VerifierList(log))
	if err != nil {
		return c, nil, fmt.Errorf("signature: %w", err)
	}
	n.UnverifiedSigs = nil
	again, err := note.Sign(n)
	if err != nil {
		return c, nil, err
	}
	if c, err = logproof.OpenCheckpoint(again, note.VerifierList(log)); err != nil {
		return c, nil, err
	}
	if c.Size < 1 {
		return c, nil, errors.New("a log without an entry has no checkpoint")
	}
	return c, n, nil
}

// EncodeProof writes hashes as they stand in messages.
func EncodeProof(proof []tlog.Hash) []string {
	out := make([]string, len(proof))
	for i, h := range proof {
		out[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return out
}

// DecodeProof reads what EncodeProof writes, strictly.
func DecodeProof(lines []string) ([]tlog.Hash, error) {
	if len(lines) > maxProof {
		return nil, fmt.Errorf("a proof has %d hashes at most", maxProof)
	}
	out := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		b, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(b) != tlog.HashSize || base64.StdEncoding.EncodeToString(b) != line {
			return nil, fmt.Errorf("line %d of the proof is no hash", i+1)
		}
		copy(out[i][:], b)
	}
	return out, nil
}

// Time is when a checkpoint was cosigned, as the first cosignature on it says;
// for one whose signatures are not looked at. Zero when there is none.
func Time(msg []byte) time.Time {
	_, lines, _ := strings.Cut(string(msg), "\n\n")
	for line := range strings.Lines(lines) {
		if _, encoded, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, "— "), "\n"), " "); ok {
			if at, ok := cosign.Stamp(note.Signature{Base64: encoded}); ok {
				return at
			}
		}
	}
	return time.Time{}
}
