package witness

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
)

// Request shows a witness a checkpoint.
type Request struct {
	Old   int64       // size that Proof starts from; 0: none was cosigned yet
	Proof []tlog.Hash // that the tree of Old entries is the beginning of this one
	Note  []byte      // the checkpoint, signed by its log
}

// Seen is the newest checkpoint of a log that was cosigned. The zero Seen is
// that of a log that is known and was never shown.
type Seen struct {
	Size int64
	Root tlog.Hash
	Note []byte // with the cosignature
}

// State is where a witness keeps what it knows of one log. The caller of Add
// sees to it that nobody else changes it meanwhile.
type State interface {
	// Newest gives the log's verifier and the newest cosigned checkpoint;
	// ErrUnknown for a log that is not this witness's.
	Newest(ctx context.Context, origin string) (log note.Verifier, seen Seen, err error)
	// Earlier says whether exactly this checkpoint was cosigned before the
	// newest. A State that keeps only the newest says false.
	Earlier(ctx context.Context, origin string, size int64, root tlog.Hash) (bool, error)
	// Keep makes next the newest. It is on the disk when Keep returns, or with
	// the transaction that the State stands for.
	Keep(ctx context.Context, origin string, next Seen) error
}

// ErrUnknown: the log is not known to this witness.
var ErrUnknown = errors.New("the log is not known to this witness")

// ErrMalformed: the request cannot be read; it says nothing about the log.
var ErrMalformed = errors.New("this is no request to a witness")

// Answer is what a witness says to a request.
type Answer struct {
	Code   string // "" when it was cosigned, else one of cloudapi.Witness*
	Why    string // in plain English, with a Code
	Origin string
	Seen   Seen // the newest, with this request's when it was cosigned
}

// Add is one request to a witness: what it is shown is cosigned and kept, or
// refused with a code and nothing changes.
//
// What was cosigned before is cosigned again, and what is older than that and
// was cosigned is answered with the newest: answers get lost, and that is no
// sign of anything. Without a signer what is shown is checked and kept, with no
// cosignature on it. An error says that nothing could be decided.
func Add(ctx context.Context, s *cosign.Signer, state State, r Request) (Answer, error) {
	if len(r.Proof) > maxProof || r.Old < 0 || len(r.Note) > MaxNote {
		return Answer{}, ErrMalformed
	}
	claimed, err := readOrigin(r.Note)
	if err != nil {
		return Answer{}, errors.Join(ErrMalformed, err)
	}
	answer := Answer{Origin: claimed}
	refuse := func(code, why string) (Answer, error) {
		answer.Code, answer.Why = code, why
		return answer, nil
	}
	log, seen, err := state.Newest(ctx, claimed)
	if errors.Is(err, ErrUnknown) {
		return refuse(cloudapi.WitnessUnknown, "the log is not known to this witness")
	}
	if err != nil {
		return Answer{}, err
	}
	c, n, err := openLog(r.Note, log)
	if err != nil {
		return refuse(cloudapi.WitnessSignature, err.Error())
	}
	answer.Seen = seen
	switch known := c.Size == seen.Size && c.Root == seen.Root; {
	case known: // cosigned once more
	case c.Size == seen.Size:
		return refuse(cloudapi.WitnessForked, "another log of the same size was cosigned")
	case c.Size < seen.Size:
		earlier, err := state.Earlier(ctx, c.Origin, c.Size, c.Root)
		if err != nil {
			return Answer{}, err
		}
		if earlier {
			return refuse(cloudapi.WitnessOld, "a newer checkpoint was cosigned")
		}
		return refuse(cloudapi.WitnessShrunk, "a longer log was cosigned")
	case r.Old != seen.Size:
		return refuse(cloudapi.WitnessOld, "the proof does not start from the newest cosigned checkpoint")
	case !Extends(r.Proof, seen, c):
		return refuse(cloudapi.WitnessProof, "the proof does not hold: this is not what was cosigned and more")
	}
	var signers []note.Signer
	if s != nil {
		signers = append(signers, s)
	}
	msg, err := note.Sign(n, signers...)
	if err != nil {
		return Answer{}, err
	}
	next := Seen{Size: c.Size, Root: c.Root, Note: msg}
	if err := state.Keep(ctx, c.Origin, next); err != nil {
		return Answer{}, err
	}
	answer.Seen = next
	return answer, nil
}

// Extends says whether a proof shows that a checkpoint is of a log that begins
// with what was seen.
func Extends(proof []tlog.Hash, seen Seen, c logproof.Checkpoint) bool {
	if seen.Size == 0 {
		return len(proof) == 0
	}
	if c.Size == seen.Size {
		return c.Root == seen.Root
	}
	return c.Size > seen.Size && tlog.CheckTree(tlog.TreeProof(proof), c.Size, c.Root, seen.Size, seen.Root) == nil
}

// Witnessed is the answer as it goes back to a device.
func (a Answer) Witnessed() cloudapi.Witnessed {
	return cloudapi.Witnessed{Origin: a.Origin, Size: a.Seen.Size, Note: string(a.Seen.Note), Code: a.Code}
}

// readOrigin is the log that a checkpoint says it is of, before anything of it
// is proven.
func readOrigin(msg []byte) (string, error) {
	c, err := logproof.ReadCheckpoint(msg)
	if err != nil {
		return "", err
	}
	if !cosign.ValidName(c.Origin) {
		return "", errors.New("the log's name is none")
	}
	return c.Origin, nil
}
