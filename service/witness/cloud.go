package witness

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	proofs "beckmanconnect/internal/witness"
	"beckmanconnect/store"
)

// NameCloud is the cloud among the witnesses.
const NameCloud = "cloud"

// States of a witness, as people see them.
const (
	OK          = "ok"
	Waiting     = "waiting"     // nothing was cosigned yet
	Unreachable = "unreachable" // it did not answer the last time
	Forked      = store.TroubleForked
	Shrunk      = store.TroubleShrunk
	Refused     = "refused" // it does not know this log, or its key
)

// CloudConfig is what a Cloud works with.
type CloudConfig struct {
	Store *store.Store
	// Verifier verifies what the cloud cosigns; nil: there is no such key, and
	// nothing it says counts.
	Verifier note.Verifier
	// Binding signs the log's verifier with the device key; nil: it is sent
	// without.
	Binding func(verifier string) (string, error)
}

// Cloud is the cloud as a witness, for the link.
type Cloud struct {
	config CloudConfig

	mu    sync.Mutex
	from  int64  // size that the witness named; -1: the store knows
	sent  int64  // size that the last proof started from
	state string // "" until it answered
}

// NewCloud makes one; nothing happens before it is asked.
func NewCloud(c CloudConfig) *Cloud { return &Cloud{config: c, from: -1} }

// Checkpoint is the log as it is now, with the proof that it extends what the
// cloud cosigned last, and how many entries it covers.
func (c *Cloud) Checkpoint(ctx context.Context) (cloudapi.Checkpoint, int64, error) {
	c.mu.Lock()
	old := c.from
	c.mu.Unlock()
	if old < 0 {
		old = c.config.Store.WitnessedBy(NameCloud).Size
	}
	msg, size, proof, err := c.config.Store.ProveGrowth(ctx, old)
	if errors.Is(err, store.ErrLonger) {
		// The log is shorter than that: it is shown as it is, and the cloud says
		// what that is.
		old = 0
		msg, size, proof, err = c.config.Store.ProveGrowth(ctx, old)
	}
	if err != nil {
		return cloudapi.Checkpoint{}, 0, err
	}
	c.mu.Lock()
	c.sent = old
	c.mu.Unlock()
	shown := cloudapi.Checkpoint{Note: string(msg), Verifier: c.config.Store.Verifier(), Old: old, Proof: proofs.EncodeProof(proof)}
	if c.config.Binding != nil {
		if shown.Binding, err = c.config.Binding(shown.Verifier); err != nil {
			return cloudapi.Checkpoint{}, 0, err
		}
	}
	return shown, size, nil
}

// Take takes the cloud's answer. Only what carries its signature has an effect.
// again says that the log should be shown once more: the proof started from
// the wrong size.
func (c *Cloud) Take(ctx context.Context, w cloudapi.Witnessed) (again bool, err error) {
	if w.Origin != c.config.Store.Signer().Name() {
		return false, nil // of a log that was here before
	}
	if c.config.Verifier == nil {
		return false, nil
	}
	trouble := store.Trouble{}
	if w.Note != "" {
		if trouble, err = c.config.Store.Learn(ctx, NameCloud, []byte(w.Note), c.config.Verifier); err != nil {
			err = fmt.Errorf("witness: cloud: %w", err)
		}
	}
	if err != nil && w.Code != cloudapi.WitnessOld { // where a proof should start is only asked for
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case trouble.Code != "":
		c.state, c.from = trouble.Code, -1
	case w.Code == "":
		c.state, c.from = OK, -1
	case w.Code == cloudapi.WitnessOld && w.Size >= 0:
		again = w.Size != c.sent && w.Size <= c.config.Store.LogState().Entries
		c.from = w.Size
	default:
		// It shows nothing that this log contradicts; it is its word alone.
		c.state, c.from = Refused, -1
	}
	return again, err
}

// State is what is known of the cloud as a witness. online: the link is up.
func (c *Cloud) State(online bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == Forked || c.state == Shrunk || c.state == Refused:
		return c.state
	case c.config.Store.WitnessedBy(NameCloud).Size == 0:
		return Waiting
	case !online:
		return Unreachable
	}
	return OK
}
