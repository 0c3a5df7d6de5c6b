package witness

import (
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
)

// Whatever a log shows, grown, forked, rolled back, replayed, with proofs from
// anywhere: all that was ever cosigned is one history, an honest log is always
// cosigned in the end however many answers get lost, and only one that shows
// something else is ever told so. Scenario 48.
func TestOneHistory(t *testing.T) {
	s := newSigner(t, "w")
	attempts, refused := 0, 0
	base := newLog(t, "log-1")
	rapid.Check(t, func(t *rapid.T) {
		honest := base.at(0)
		honest.grow(rapid.IntRange(1, 40).Draw(t, "first"), 'a')
		m := &memory{log: honest.verifier}
		histories := []*testLog{honest}
		believed := int64(0) // what the honest log knows: answers may be lost
		t.Repeat(map[string]func(*rapid.T){
			"grow": func(t *rapid.T) {
				honest.grow(rapid.IntRange(1, 300).Draw(t, "by"), 'a')
			},
			"show": func(t *rapid.T) {
				a, err := Add(t.Context(), s, m, honest.from(believed))
				attempts++
				if err != nil || a.Code != "" && a.Code != cloudapi.WitnessOld {
					t.Fatalf("an honest log was told %q: %s %v", a.Code, a.Why, err)
				}
				if rapid.Bool().Draw(t, "the answer arrives") {
					believed = a.Seen.Size
				}
			},
			"replay": func(t *rapid.T) {
				if m.seen.Size == 0 {
					return
				}
				sizes := make([]int64, 0, len(m.all))
				for size := range m.all {
					sizes = append(sizes, size)
				}
				size := sizes[0]
				for _, x := range sizes { // the smallest: maps have no order
					size = min(size, x)
				}
				a, err := Add(t.Context(), s, m, honest.at(size).from(rapid.Int64Range(0, size).Draw(t, "old")))
				attempts++
				if err != nil || a.Code != "" && a.Code != cloudapi.WitnessOld {
					t.Fatalf("what was cosigned before was told %q", a.Code)
				}
			},
			"fork": func(t *rapid.T) {
				from := rapid.Int64Range(0, honest.size-1).Draw(t, "from")
				f := honest.at(from)
				f.grow(rapid.IntRange(1, 300).Draw(t, "by"), 'f')
				histories = append(histories, f)
			},
			"lie": func(t *rapid.T) {
				f := histories[rapid.IntRange(0, len(histories)-1).Draw(t, "which")]
				if f == honest || m.seen.Size == 0 {
					return
				}
				r := f.from(rapid.Int64Range(0, f.size).Draw(t, "old"))
				switch rapid.IntRange(0, 3).Draw(t, "how") {
				case 1:
					r.Old = m.seen.Size
				case 2:
					r.Old = m.seen.Size
					if m.seen.Size < honest.size {
						r.Proof = honest.from(m.seen.Size).Proof // of the other history
					}
				case 3:
					if len(r.Proof) > 0 {
						r.Proof[rapid.IntRange(0, len(r.Proof)-1).Draw(t, "hash")][0] ^= 1
					}
				}
				before := m.seen
				a, err := Add(t.Context(), s, m, r)
				attempts++
				if err != nil {
					t.Fatal(err)
				}
				if a.Code != "" {
					refused++
					if m.seen.Size != before.Size || m.seen.Root != before.Root {
						t.Fatal("a refusal changed what is kept")
					}
					return
				}
				// Cosigned: then it goes on from what was seen, and is the one
				// history from now on.
				if at, err := tlogRoot(f, before.Size); err != nil || at != before.Root {
					t.Fatalf("cosigned %d entries that do not begin with the %d seen before", f.size, before.Size)
				}
				honest, believed = f, m.seen.Size
			},
			"": func(t *rapid.T) {
				for size, root := range m.all {
					if size > m.seen.Size {
						t.Fatalf("cosigned %d entries, the newest is %d", size, m.seen.Size)
					}
					if at, err := tlogRoot(honest, size); err != nil || at != root {
						t.Fatalf("what was cosigned at %d is another history", size)
					}
				}
			},
		})
		for range 2 { // believed may be behind: one "old" at most
			a, err := Add(t.Context(), s, m, honest.from(believed))
			if err != nil {
				t.Fatal(err)
			}
			believed = a.Seen.Size
		}
		if m.seen.Size != honest.size || m.seen.Root != honest.root() {
			t.Fatal("an honest log is not cosigned in the end")
		}
	})
	t.Logf("%d requests, %d lies refused", attempts, refused)
}

func tlogRoot(l *testLog, size int64) (tlog.Hash, error) {
	if size > l.size {
		return tlog.Hash{}, errors.New("the log is shorter")
	}
	return tlog.TreeHash(size, l)
}
