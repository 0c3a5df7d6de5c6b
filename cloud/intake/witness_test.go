package intake

import (
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
)

// deviceLog is a log as a device has it.
type deviceLog struct {
	signer note.Signer
	vkey   string
	leaves []tlog.Hash
}

func newDeviceLog(t *testing.T) *deviceLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(nil, "device-log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return &deviceLog{signer: signer, vkey: vkey}
}

func (l *deviceLog) grow(n int, kind byte) *deviceLog {
	c := &deviceLog{signer: l.signer, vkey: l.vkey, leaves: append([]tlog.Hash(nil), l.leaves...)}
	for range n {
		c.leaves = append(c.leaves, tlog.Hash{kind, byte(len(c.leaves))})
	}
	return c
}

func (l *deviceLog) shown(t *testing.T, old int64) cloudapi.Checkpoint {
	t.Helper()
	var tree logproof.Tree
	var nodes []tlog.Hash
	for _, h := range l.leaves {
		tree.Add(h)
		for _, n := range tree.TakeNodes() {
			nodes = append(nodes, n.Hash)
		}
	}
	msg, err := logproof.Sign(tree.Size(), tree.Root(), l.signer)
	if err != nil {
		t.Fatal(err)
	}
	c := cloudapi.Checkpoint{Note: string(msg), Verifier: l.vkey, Old: old}
	if old > 0 && old < tree.Size() {
		proof, err := tlog.ProveTree(tree.Size(), old, logproof.Hashes(func(level int, from, to int64) ([]tlog.Hash, error) {
			if level == 0 {
				return l.leaves[from:to], nil
			}
			return nodes[from:to], nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		c.Proof = witness.EncodeProof(proof)
	}
	return c
}

// A device shows its log over and over; what extends is cosigned and sent back,
// a lost answer is no alarm, and two histories or a shorter log are. Scenario 48.
func TestWitnessAnswers(t *testing.T) {
	in, db, _ := open(t)
	skey, _, err := cosign.GenerateKey("cloud")
	if err != nil {
		t.Fatal(err)
	}
	if in.Witness, err = cosign.NewSigner(skey, nil); err != nil {
		t.Fatal(err)
	}
	var answer *cloudapi.Witnessed
	in.Changed = func(c Change) {
		if c.Device != device {
			t.Errorf("device %q", c.Device)
		}
		answer = c.Witnessed
	}
	log := newDeviceLog(t).grow(10, 'a')
	long := log.grow(300, 'a')
	alarms := func() int {
		list, err := db.Notifications(t.Context(), device, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for i, step := range []struct {
		shown  cloudapi.Checkpoint
		code   string
		size   int64
		alarms int
	}{
		{log.shown(t, 0), "", 10, 0},
		{log.shown(t, 0), "", 10, 0},                                    // the answer was lost
		{long.shown(t, 0), cloudapi.WitnessOld, 10, 0},                  // so it is sent without a proof
		{long.shown(t, 5), cloudapi.WitnessOld, 10, 0},                  // or with another one
		{long.shown(t, 10), "", 310, 0},                                 //
		{log.shown(t, 0), cloudapi.WitnessOld, 310, 0},                  // delayed
		{long.grow(5, 'a').shown(t, 310), "", 315, 0},                   //
		{log.grow(7, 'x').shown(t, 10), cloudapi.WitnessShrunk, 315, 1}, // an old database that went on
		{log.grow(305, 'x').shown(t, 315), cloudapi.WitnessForked, 315, 2},
		{log.grow(400, 'x').shown(t, 315), cloudapi.WitnessProof, 315, 2},
		{newDeviceLog(t).grow(400, 'a').shown(t, 315), cloudapi.WitnessSignature, 0, 3},
		{cloudapi.Checkpoint{Note: "no note"}, "-", 0, 3},
		{long.grow(9, 'a').shown(t, 315), "", 319, 3},
	} {
		answer = nil
		if err := in.Receive(t.Context(), device, message(t, cloudapi.KindCheckpoint, 0, step.shown)); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if step.code == "-" {
			if answer != nil {
				t.Errorf("step %d: answered", i)
			}
		} else if answer == nil || answer.Code != step.code || answer.Size != step.size {
			t.Errorf("step %d: %+v, want %q %d", i, answer, step.code, step.size)
		}
		if n := alarms(); n != step.alarms {
			t.Errorf("step %d: %d alarms, want %d", i, n, step.alarms)
		}
		if answer != nil && answer.Size > 0 {
			v, err := note.NewVerifier(log.vkey)
			if err != nil {
				t.Fatal(err)
			}
			if c, err := witness.Open([]byte(answer.Note), v, in.Witness.Verifier()); err != nil || c.Size != answer.Size {
				t.Errorf("step %d: the newest is not cosigned: %v", i, err)
			}
		}
	}
	d, err := db.Device(t.Context(), device)
	if err != nil || d.LogEntries != 319 || d.LogTrouble != "forked" {
		t.Errorf("%+v %v", d.Device, err)
	}
}

// A record of the witness's that went back is noticed when the device shows what
// it was cosigned: staff is told once, and the log is cosigned on from there
// (scenario 48).
func TestWitnessRecordWentBack(t *testing.T) {
	in, db, _ := open(t)
	skey, _, err := cosign.GenerateKey("cloud")
	if err != nil {
		t.Fatal(err)
	}
	if in.Witness, err = cosign.NewSigner(skey, nil); err != nil {
		t.Fatal(err)
	}
	var answer *cloudapi.Witnessed
	in.Changed = func(c Change) { answer = c.Witnessed }
	show := func(c cloudapi.Checkpoint, code string, size int64, alarms int) {
		t.Helper()
		answer = nil
		if err := in.Receive(t.Context(), device, message(t, cloudapi.KindCheckpoint, 0, c)); err != nil {
			t.Fatal(err)
		}
		if answer == nil || answer.Code != code || answer.Size != size {
			t.Errorf("%+v, want %q %d", answer, code, size)
		}
		list, err := db.Notifications(t.Context(), device, 10)
		if err != nil || len(list) != alarms || alarms > 0 && list[0].Code != data.AlarmWitnessBack {
			t.Errorf("%+v %v, want %d", list, err, alarms)
		}
	}
	ten := newDeviceLog(t).grow(10, 'a')
	fifty := ten.grow(40, 'a')
	show(ten.shown(t, 0), "", 10, 0)
	show(fifty.shown(t, 5), cloudapi.WitnessOld, 10, 0) // an answer that was lost
	// Somebody put a database back that knows of ten; the device had forty.
	show(fifty.shown(t, 40), cloudapi.WitnessOld, 10, 1)
	show(fifty.shown(t, 40), cloudapi.WitnessOld, 10, 1)
	show(fifty.shown(t, 10), "", 50, 1)
	show(fifty.grow(9, 'a').shown(t, 50), "", 59, 1)
}
