package logexport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"beckmanconnect/internal/logproof"
)

func (l *rigLog) check(b []byte, witnesses ...*rigWitness) (*Checked, error) {
	cfg := CheckConfig{Log: []note.Verifier{l.verifier}}
	for _, w := range witnesses {
		cfg.Witnesses = append(cfg.Witnesses, w.signer.Verifier())
	}
	return Check(context.Background(), bytes.NewReader(b), cfg)
}

// scenario 51: an export verifies offline, whole, of a range or filtered,
// wherever the range begins and ends and whatever is left out.
func TestAnExportProvesItself(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		n := rapid.IntRange(1, 700).Draw(rt, "entries")
		for i := range n {
			l.add("session.granted", "technician", fmt.Sprint("s", i%7), map[string]string{"capability": "view"}, map[string]string{"engineer": "eva"})
		}
		m := l.meta()
		m.From = int64(rapid.IntRange(0, n).Draw(rt, "from"))
		m.To = int64(rapid.IntRange(int(m.From), n).Draw(rt, "to"))
		var keep func(*Record) bool
		want := m.To - m.From
		if rapid.Bool().Draw(rt, "filtered") {
			m.Filter = "chance"
			dice := rapid.SliceOfN(rapid.Bool(), n, n).Draw(rt, "keep")
			keep = func(r *Record) bool { return dice[r.Entry.Index] }
			want = 0
			for i := m.From; i < m.To; i++ {
				if dice[i] {
					want++
				}
			}
		}
		got, err := l.check(l.export(JSONL, m, keep))
		if err != nil {
			rt.Fatal(err)
		}
		if got.Entries != want || got.Checkpoint.Size != int64(n) || got.Values != want || got.Said != 0 {
			rt.Fatalf("proved %d entries of %d, want %d; %d values", got.Entries, got.Checkpoint.Size, want, got.Values)
		}
	})
}

// scenario 48: whatever is changed in an export, it does not hold any more.
func TestAChangedExportDoesNotHold(t *testing.T) {
	l := newLog(t)
	for i := range 11 {
		l.add("session.granted", "technician", fmt.Sprint("session-", i), map[string]string{"capability": "view"}, map[string]string{"engineer": "eva"})
	}
	m := l.meta()
	m.From, m.To = 5, 7
	w := newWitness(t, "cloud")
	m.Cosigned = []Cosigned{{Name: "cloud", Note: w.cosign(t, l.checkpoint(6), time.Unix(1_772_000_000, 0))}}
	good := l.export(JSONL, m, nil)
	if _, err := l.check(good, w); err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(good, []byte("\n"))
	lines = lines[:len(lines)-1]
	for i := range lines {
		without := bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil)
		if _, err := l.check(without, w); err == nil {
			t.Errorf("line %d is missing, and the export holds", i+1)
		}
		twice := bytes.Join(append(append([][]byte{}, lines[:i+1]...), lines[i:]...), nil)
		if _, err := l.check(twice, w); err == nil {
			t.Errorf("line %d is there twice, and the export holds", i+1)
		}
		if i > 0 {
			swapped := append([][]byte{}, lines...)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			if _, err := l.check(bytes.Join(swapped, nil), w); err == nil {
				t.Errorf("lines %d and %d are swapped, and the export holds", i, i+1)
			}
		}
	}
	// What the first line says beside the log's name and the numbers is not
	// proven, and Check does not say it is.
	unproven := bytes.Index(good, []byte(`"program"`))
	until := bytes.IndexByte(good, '\n')
	for i := range good {
		if i >= unproven && i < until {
			continue
		}
		bad := bytes.Clone(good)
		bad[i] ^= 1
		got, err := l.check(bad, w)
		if err != nil {
			continue
		}
		// A cosignature's name for people is only said.
		if len(got.Cosigned) != 1 || len(got.Cosigned[0].By) != 1 {
			continue
		}
		if name := bytes.LastIndex(good, []byte(`{"name":"cloud"`)); i < name || i > name+15 {
			t.Fatalf("byte %d (%q) changed, and the export holds", i, good[max(0, i-20):i+1])
		}
	}
}

func TestFaultsNameTheLine(t *testing.T) {
	l := newLog(t)
	for range 3 {
		l.add("session.granted", "technician", "s", map[string]string{"capability": "view"}, nil)
	}
	good := string(l.export(JSONL, l.meta(), nil))
	for _, c := range []struct{ name, from, to, want string }{
		{"not an export", `beckmanconnect log export v1`, `something else`, "line 1: the file is no jsonl export"},
		{"changed entry", `"index":1,"time":"2026-03-04T09:30:03Z"`, `"index":1,"time":"2026-03-04T09:30:04Z"`, "line 3: the entry is not what its hash was made over"},
		{"longer", `"size":3`, `"size":4`, "line 5: the checkpoint is of 3 entries"},
		{"unknown field", `"index":2,`, `"index":2,"x":1,`, "line 4: the entry is no line of this format"},
		{"another spelling", `"index":2,`, `"index": 2,`, "line 4: the entry is not in canonical form"},
		{"something behind", "}\n", "}\n{}\n", "line 2"},
	} {
		bad := strings.Replace(good, c.from, c.to, 1)
		if bad == good {
			t.Fatalf("%s: nothing changed", c.name)
		}
		_, err := l.check([]byte(bad))
		var f *Fault
		if !errors.As(err, &f) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	for _, cut := range []int{1, len(good) / 2, len(good) - 1} {
		if _, err := l.check([]byte(good[:cut])); err == nil {
			t.Errorf("cut after %d bytes, and the export holds", cut)
		}
	}
	other := newLog(t)
	skey, vkey, _ := note.GenerateKey(&seed{n: 77}, "beckmanconnect-log-3f2a")
	other.signer, _ = note.NewSigner(skey)
	other.verifier, _ = note.NewVerifier(vkey)
	if _, err := other.check([]byte(good)); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("another key: %v", err)
	}
}

// A witness's checkpoint is held against the log, also in a part of it.
func TestCosignedCheckpointsAreHeldAgainstTheLog(t *testing.T) {
	l := newLog(t)
	for range 300 {
		l.add("session.granted", "technician", "s", nil, nil)
	}
	cloud, hospital := newWitness(t, "cloud"), newWitness(t, "st-anna")
	at := time.Unix(1_772_000_000, 0)
	m := l.meta()
	m.From, m.To = 280, 290
	m.Cosigned = []Cosigned{{Name: "cloud", Note: cloud.cosign(t, l.checkpoint(257), at)}, {Name: "hospital", Note: hospital.cosign(t, l.checkpoint(300), at)}}
	got, err := l.check(l.export(JSONL, m, nil), cloud)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Cosigned) != 2 || got.Cosigned[0].Size != 257 || got.Cosigned[0].By[0].Name != "cloud" || !got.Cosigned[0].By[0].Time.Equal(at) {
		t.Fatalf("cosigned: %+v", got.Cosigned)
	}
	// The hospital's key was not given: its line says nothing.
	if len(got.Cosigned[1].By) != 0 || len(got.Cosigned[1].Unknown) != 1 || got.Cosigned[1].Unknown[0] != "st-anna" {
		t.Fatalf("cosigned: %+v", got.Cosigned[1])
	}
	// Another history that the same key signed is found (scenario 48).
	forked := newLog(t)
	for range 257 {
		forked.add("session.granted", "technician", "another", nil, nil)
	}
	m.Cosigned = []Cosigned{{Name: "cloud", Note: cloud.cosign(t, forked.checkpoint(257), at)}}
	if _, err := l.check(l.export(JSONL, m, nil), cloud); err == nil || !strings.Contains(err.Error(), "does not extend") {
		t.Errorf("a fork: %v", err)
	}
}

func TestAnEntryOutOfOrderIsRefused(t *testing.T) {
	l := newLog(t)
	for range 3 {
		l.add("session.granted", "technician", "s", nil, nil)
	}
	x, err := New(JSONL, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Begin(l.meta()); err != nil {
		t.Fatal(err)
	}
	if err := x.Record(&l.records[1]); err != nil {
		t.Fatal(err)
	}
	if err := x.Record(&l.records[1]); err == nil {
		t.Error("the same entry twice was taken")
	}
	if _, err := New("xml", nil); err == nil {
		t.Error("a format that does not exist was taken")
	}
}

func FuzzCheck(f *testing.F) {
	l := newLog(f)
	for i := range 9 {
		l.add("session.granted", "technician", fmt.Sprint("s", i), map[string]string{"capability": "view"}, map[string]string{"engineer": "eva"})
	}
	m := l.meta()
	m.From, m.To = 2, 7
	good := l.export(JSONL, m, nil)
	f.Add(good)
	f.Add(l.export(JSONL, l.meta(), nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Check(context.Background(), bytes.NewReader(b), CheckConfig{Log: []note.Verifier{l.verifier}})
		if err != nil {
			return
		}
		// What holds is of this log.
		if got.Checkpoint.Size > 9 || got.Checkpoint.Origin != logproof.Checkpoint.Body(got.Checkpoint)[:len(got.Checkpoint.Origin)] || got.Entries > 9 {
			t.Fatalf("%+v", got)
		}
	})
}
