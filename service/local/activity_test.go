package local

import (
	"encoding/hex"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logbackup"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

func (l *lab) append(entries ...store.Entry) (last int64) {
	l.t.Helper()
	err := l.store.Update(l.t.Context(), func(tx *store.Tx) (err error) {
		for _, e := range entries {
			if last, err = tx.Append(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return last
}

func (l *lab) logVerifier() note.Verifier {
	l.t.Helper()
	v, err := l.store.LogVerifier()
	if err != nil {
		l.t.Fatal(err)
	}
	return v
}

// cosigned has a real witness cosign the log as it is now.
func (l *lab) cosigned(name string) *cosign.Verifier {
	l.t.Helper()
	folder, err := witness.Init(filepath.Join(l.t.TempDir(), "witness"), name+".example")
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := folder.Trust(l.store.Verifier()); err != nil {
		l.t.Fatal(err)
	}
	msg, _, proof, err := l.store.ProveGrowth(l.t.Context(), 0)
	if err != nil {
		l.t.Fatal(err)
	}
	a, err := folder.Add(l.t.Context(), witness.Request{Proof: proof, Note: msg})
	if err != nil || a.Code != "" {
		l.t.Fatal(a.Code, err)
	}
	by := folder.Signer().Verifier()
	if trouble, err := l.store.Learn(l.t.Context(), name, a.Seen.Note, by); err != nil || trouble.Code != "" {
		l.t.Fatal(trouble, err)
	}
	return by
}

// One entry comes with what proves it to anybody: by the newest checkpoint that
// a witness cosigned over it, else by the log's newest; values prove themselves,
// and what is not there is told apart from what cannot be proven.
func TestOneEntryWithItsProof(t *testing.T) {
	l := newLab(t)
	first := l.append(store.Entry{Kind: "help.requested", Actor: "technician", Subject: "req-1", Personal: map[string]string{"account": "anna", "reason": "the arm stops"}})
	by := l.cosigned("it")
	covered := l.store.LogState().Entries - 1 // learning it is no entry
	later := l.append(store.Entry{Kind: "config.changed", Actor: "it", Subject: "host.toml"})
	for _, row := range []struct {
		index     int64
		witnessed bool
	}{{first, true}, {covered, true}, {later, false}} {
		d, err := l.GetActivity(anna, &hostpb.GetActivityRequest{Index: uint64(row.index)})
		if err != nil {
			t.Fatal(err)
		}
		p, err := logproof.ParseProof([]byte(d.GetProof()))
		if err != nil {
			t.Fatal(row.index, err)
		}
		c, err := p.Check([]note.Verifier{l.logVerifier()}, []*cosign.Verifier{by})
		if err != nil {
			t.Fatal(row.index, err)
		}
		e := d.GetEntry()
		if p.Line.Entry.Index != row.index || e.GetIndex() != uint64(row.index) || !e.GetProven() || e.GetWitnessed() != row.witnessed ||
			(len(c.By) == 1) != row.witnessed || (len(d.GetWitnesses()) == 1) != row.witnessed ||
			d.GetCheckpoint() != uint64(c.Size) || d.GetCheckpointUnix() == 0 || d.GetBoot() == "" {
			t.Errorf("entry %d: %v %+v", row.index, d, c)
		}
		if row.index == first && (e.GetFields()["reason"] != "the arm stops" || p.Line.Values["reason"].Text != "the arm stops" || p.Line.Values["reason"].Salt == nil) {
			t.Errorf("the value does not prove itself: %+v", p.Line.Values)
		}
	}
	for name, index := range map[string]uint64{"none": uint64(later + 1), "too large": math.MaxInt64 + 1} {
		_, err := l.GetActivity(anna, &hostpb.GetActivityRequest{Index: index})
		l.code(name, err, codeNoEntry)
	}
}

// One personal value is given away with what proves it, and no other; that is on
// record, with who did it. What cannot be read cannot be given away.
func TestOneValueIsDisclosed(t *testing.T) {
	l := newLab(t)
	idx := l.append(store.Entry{Kind: "help.requested", Actor: "technician", Subject: "req-1", Personal: map[string]string{"account": "anna", "reason": "the arm stops", "name": "Lab One"}})
	d, err := l.GetActivity(root, &hostpb.GetActivityRequest{Index: uint64(idx), Disclose: []string{"reason"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := logproof.ParseProof([]byte(d.GetProof()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Check([]note.Verifier{l.logVerifier()}, nil); err != nil {
		t.Fatal(err)
	}
	if v := p.Line.Values; len(v) != 1 || v["reason"].Text != "the arm stops" || v["reason"].Salt == nil || strings.Contains(d.GetProof(), "anna") || strings.Contains(d.GetProof(), "Lab One") {
		t.Fatalf("%s", d.GetProof())
	}
	// The value is bound: another one, or another salt, is not this entry's.
	for _, change := range [][2]string{{"the arm stops", "the arm moves"}, {hex.EncodeToString(p.Line.Values["reason"].Salt), strings.Repeat("0", 2*len(p.Line.Values["reason"].Salt))}} {
		if _, err := logproof.ParseProof([]byte(strings.Replace(d.GetProof(), change[0], change[1], 1))); err == nil {
			t.Errorf("%q passes for %q", change[1], change[0])
		}
	}
	_, newest := l.entries()
	if newest.Kind != "log.disclosed" || newest.Fields["fields"] != "reason" || newest.Subject != strconv.FormatInt(idx, 10) || newest.Personal["account"] != "root" {
		t.Errorf("on record: %+v", newest)
	}
	_, err = l.GetActivity(root, &hostpb.GetActivityRequest{Index: uint64(idx), Disclose: []string{"reason", "none"}})
	l.code("no such field", err, codeNotDisclosed)
	if after := l.store.LogState().Entries; after != newest.Index+1 {
		t.Error("a refusal is on record as given away")
	}
}

// How the log stands names everything there is beside it: archives, backup,
// witnesses, the check, the age of the keys.
func TestHowTheLogStands(t *testing.T) {
	l := newLab(t)
	l.config.LogState = func() *hostpb.LogState { return &hostpb.LogState{Entries: 7, Trouble: "damaged"} }
	l.config.Witnesses = func() []*hostpb.LogWitness { return []*hostpb.LogWitness{{Name: "cloud", State: "waiting"}} }
	l.config.Confidential = func() string { return "abc" }
	began := time.Now().Add(-time.Minute).Unix()
	d, err := l.GetLog(anna, &hostpb.GetLogRequest{})
	if err != nil || d.GetBackupUnix() != 0 || d.GetCheckedUnix() != 0 || d.GetKeysUnix() < began || d.GetKeysRotating() || d.GetFirstIndex() != 0 || len(d.GetArchives()) > 0 ||
		d.GetOrigin() != l.store.Signer().Name() || d.GetVerifier() != "v" || d.GetState().GetTrouble() != "damaged" || len(d.GetWitnesses()) != 1 || d.GetConfidential() != "abc" {
		t.Fatalf("a new log: %v %v", d, err)
	}
	l.append(slices.Repeat([]store.Entry{{Kind: "config.changed", Actor: "it"}}, 2*logproof.NodeWidth)...)
	if _, err := l.store.Archive(t.Context(), time.Now().Add(time.Hour), 1, "it"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Backup(t.Context(), io.Discard, logbackup.Recipient{Passphrase: "grasmuecke-wiedehopf-pirol"}, "it", nil); err != nil {
		t.Fatal(err)
	}
	d, err = l.GetLog(anna, &hostpb.GetLogRequest{})
	if err != nil || d.GetBackupUnix() < began || d.GetCheckedUnix() < began || len(d.GetArchives()) != 1 || !d.GetArchives()[0].GetHere() ||
		d.GetFirstIndex() != d.GetArchives()[0].GetTo() || len(d.GetArchives()[0].GetSha256()) != 64 {
		t.Fatalf("%v %v", d, err)
	}
	_, err = l.GetActivity(anna, &hostpb.GetActivityRequest{Index: 1})
	l.code("an archived entry", err, codeNoEntry)
	name := d.GetArchives()[0].GetName()
	if strings.ContainsAny(name, `/\`) {
		t.Errorf("%q is no plain file name", name)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(l.store.Path()), logproof.ArchiveDir, name)); err != nil {
		t.Fatal(err)
	}
	if d, err = l.GetLog(anna, &hostpb.GetLogRequest{}); err != nil || d.GetArchives()[0].GetHere() {
		t.Errorf("a file that was taken away: %v %v", d, err)
	}
}
