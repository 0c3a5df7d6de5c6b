package intake

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/witness"
)

// witness cosigns a checkpoint of a device's log that extends what was cosigned
// before, and answers the device (B4, scenario 48). What contradicts it becomes
// an alarm for staff; the device's log goes on.
func (i *Intake) witness(tx *data.Tx, c cloudapi.Checkpoint) (Change, error) {
	proof, err := witness.DecodeProof(c.Proof)
	if err != nil {
		return Change{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	text, err := tx.BindVerifier(usableVerifier(c.Verifier), c.Binding)
	if err != nil {
		return Change{}, err
	}
	verifier, err := note.NewVerifier(text)
	if err != nil {
		return i.unsigned(tx, "no verifier is known for this device's log")
	}
	answer, err := witness.Add(context.Background(), i.Witness, watched{tx, verifier}, witness.Request{Old: c.Old, Proof: proof, Note: []byte(c.Note)})
	switch {
	case errors.Is(err, witness.ErrMalformed):
		return i.unsigned(tx, err.Error())
	case err != nil:
		return Change{}, err
	}
	var ch Change // that a log has grown is told with the next change
	if i.Witness != nil {
		said := answer.Witnessed()
		ch.Witnessed = &said
	}
	switch answer.Code {
	case "":
		return ch, nil
	case cloudapi.WitnessOld: // an answer was lost, or the device shows its log anew
		if c.Old <= answer.Seen.Size {
			return ch, nil
		}
		told, err := tx.WitnessBack(data.Checkpoint{Origin: answer.Origin, Size: answer.Seen.Size}, c.Old)
		ch.Feed = told
		return ch, err
	case cloudapi.WitnessSignature, cloudapi.WitnessUnknown:
		_, err := i.unsigned(tx, answer.Why)
		ch.Feed, ch.Fleet = true, true
		return ch, err
	}
	ch.Feed, ch.Fleet = true, true
	i.Log.Warn("log checkpoint contradicts an earlier one", "code", answer.Code, "why", answer.Why)
	return ch, raiseLog(tx, answer, c)
}

func raiseLog(tx *data.Tx, a witness.Answer, c cloudapi.Checkpoint) error {
	seen := cloudapi.Values{"entries": strconv.FormatInt(int64(a.Seen.Size), 10)}
	if a.Code == cloudapi.WitnessShrunk {
		return tx.Raise(data.AlarmLogShrunk, a.Origin, fmt.Sprintf("The device's log has become shorter: %d entries were witnessed", a.Seen.Size), seen)
	}
	return tx.Raise(data.AlarmLogForked, a.Origin, fmt.Sprintf("The device's log shows two histories: it does not begin with the %d entries that were witnessed", a.Seen.Size), seen)
}

func (i *Intake) unsigned(tx *data.Tx, why string) (Change, error) {
	i.Log.Warn("log checkpoint refused", "why", why)
	return Change{Feed: true, Fleet: true}, tx.Raise(data.AlarmLogSignature, "log", "A checkpoint of the device's log is not signed by the device's log key", nil)
}

func usableVerifier(text string) string {
	if _, err := note.NewVerifier(text); err != nil {
		return ""
	}
	return text
}

// watched is the witness's memory of one device's log, in a transaction.
type watched struct {
	tx       *data.Tx
	verifier note.Verifier
}

func (w watched) Newest(_ context.Context, origin string) (note.Verifier, witness.Seen, error) {
	if origin != w.verifier.Name() {
		return nil, witness.Seen{}, witness.ErrUnknown
	}
	c, err := w.tx.NewestCheckpoint(origin)
	if err != nil {
		return nil, witness.Seen{}, err
	}
	seen := witness.Seen{Size: c.Size, Note: []byte(c.Note)}
	copy(seen.Root[:], c.Root)
	return w.verifier, seen, nil
}

func (w watched) Earlier(_ context.Context, origin string, size int64, root tlog.Hash) (bool, error) {
	return w.tx.HasCheckpoint(origin, size, root[:])
}

func (w watched) Keep(_ context.Context, origin string, next witness.Seen) error {
	return w.tx.KeepCheckpoint(data.Checkpoint{Origin: origin, Size: next.Size, Root: next.Root[:], Note: string(next.Note)})
}
