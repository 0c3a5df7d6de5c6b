package local

import (
	"context"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/server"
	"beckmanconnect/store"
)

const (
	codeNoEntry      = "entry-unknown"
	codeNotDisclosed = "field-not-disclosed"
)

// GetActivity gives one entry with what proves it. The proof stands by the
// newest checkpoint that a witness cosigned over it, and by the newest of all
// where none did. Personal values are in it as they are in the entry: whoever
// gives the proof away gives them away.
func (h *Host) GetActivity(ctx context.Context, r *hostpb.GetActivityRequest) (*hostpb.ActivityDetail, error) {
	if r.GetIndex() > math.MaxInt64 {
		return nil, noEntry()
	}
	idx := int64(r.GetIndex())
	e, err := h.config.Store.ExportEntry(ctx, idx)
	switch {
	case err != nil:
		return nil, h.fail("entry", err)
	case e == nil:
		return nil, noEntry()
	}
	if len(r.GetDisclose()) > 0 {
		if err := h.disclose(ctx, e, r.GetDisclose()); err != nil {
			return nil, err
		}
	}
	witnessed, _ := h.config.Store.WitnessedEntries()
	detail := &hostpb.ActivityDetail{
		Entry: activity(&e.Record, witnessed), MonoNs: int64(e.Mono), Boot: e.Boot, Leaf: hex.EncodeToString(e.Leaf[:]), Witnesses: h.witnessesOf(idx),
	}
	note := h.config.Store.Checkpoint()
	detail.CheckpointUnix = unixOf(h.config.Store.LogState().Signed)
	if w, ok := h.bestWitness(idx); ok {
		note, detail.CheckpointUnix = w.Note, unixOf(w.Time)
	}
	c, err := logproof.ReadCheckpoint(note)
	if err != nil {
		return nil, h.fail("entry", err)
	}
	detail.Checkpoint = uint64(c.Size)
	proof, err := logproof.Prove(proofLine(e), note, h.config.Store.Stored(ctx))
	if err != nil {
		// The entry is shown all the same, without a proof: that is what there is
		// to be seen.
		h.config.Log.Error("an entry of the log cannot be proven", "entry", idx, "error", err)
		detail.Entry.Proven, detail.Entry.Witnessed = false, false
		return detail, nil
	}
	text, err := proof.Marshal()
	detail.Proof = string(text)
	return detail, err
}

// disclose keeps of an entry's personal values those that are to be given away,
// and puts on record who gave them away. One that cannot be read cannot.
func (h *Host) disclose(ctx context.Context, e *store.Exported, names []string) error {
	keep := map[string]string{}
	for _, name := range names {
		value, ok := e.Personal[name]
		if !ok || e.Salts[name] == nil {
			return refuse(codeNotDisclosed, "the entry has no such personal field that can be read here")
		}
		keep[name] = value
	}
	who := person(ctx, "")
	err := h.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{
			Kind: "log.disclosed", Actor: who.Role, Subject: strconv.FormatInt(e.Index, 10),
			Fields: map[string]string{"fields": strings.Join(slices.Sorted(maps.Keys(keep)), " ")}, Personal: who.Fields(),
		})
		return err
	})
	if err != nil {
		return h.fail("disclose", err)
	}
	e.Personal = keep
	return nil
}

func noEntry() error {
	return server.Fail(codes.NotFound, codeNoEntry, "there is no such entry, or it was moved into an archive", "")
}

// bestWitness is who cosigned the most of those that cover an entry.
func (h *Host) bestWitness(idx int64) (best store.Witnessed, ok bool) {
	for _, w := range h.config.Store.Witnessed() {
		if w.Size > idx && w.Size > best.Size {
			best, ok = w, true
		}
	}
	return best, ok
}

// witnessesOf are those that cosigned a checkpoint over an entry.
func (h *Host) witnessesOf(idx int64) (list []*hostpb.LogWitness) {
	for _, w := range h.config.Store.Witnessed() {
		if w.Size > idx {
			list = append(list, &hostpb.LogWitness{Name: w.Name, Entries: uint64(w.Size), Unix: unixOf(w.Time), State: "ok"})
		}
	}
	return list
}

// proofLine is an entry as a proof shows it: with the personal values that are
// known and their salts, so that they prove themselves.
func proofLine(e *store.Exported) logproof.Line {
	line := logproof.Line{Entry: e.Entry, Values: map[string]logproof.Value{}, States: map[string]string{}, Envelopes: e.Envelopes}
	for name, value := range e.Personal {
		line.Values[name] = logproof.Value{Text: value, Salt: e.Salts[name]}
	}
	for state, names := range map[string][]string{"erased": e.Erased, "damaged": e.Damaged, "confidential": e.Confidential} {
		for _, name := range names {
			line.States[name] = state
		}
	}
	return line
}
