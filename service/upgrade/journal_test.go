package upgrade

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func journalIn(dir string) *journal { return openJournal(dir, time.Now, discard) }

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	j := journalIn(dir)
	j.add(kindSwitched, map[string]string{"version": "1.1.0", "digest": "d", "code": ""})
	j.add(kindHealthy, map[string]string{"error": "a\r\nb\x1b[31m" + strings.Repeat("é", maxEntryText)})
	j = journalIn(dir) // another life of the service
	j.add(kindRolledBack, nil)
	got := j.oldest(10)
	if len(got) != 3 || got[0].GetKind() != kindSwitched || got[2].GetSequence() != 3 || len(j.oldest(2)) != 2 {
		t.Fatalf("%v", got)
	}
	if f := got[0].GetFields(); f["version"] != "1.1.0" || len(f) != 2 {
		t.Errorf("fields: %v", f)
	}
	if text := got[1].GetFields()["error"]; strings.ContainsAny(text, "\r\n\x1b") || len(text) > maxEntryText+4 { // scenario 49
		t.Errorf("an entry's text: %q", text)
	}
	if !j.has(kindSwitched, "d") || j.has(kindHealthy, "d") {
		t.Error("has")
	}
	for _, n := range []uint64{2, 2, 0, 1} {
		if err := j.taken(n); err != nil {
			t.Fatal(err)
		}
	}
	if got := j.oldest(10); len(got) != 1 || got[0].GetSequence() != 3 {
		t.Errorf("after some were taken: %v", got)
	}
	if err := j.taken(100); err != nil {
		t.Fatal(err)
	}
	// Numbers go on when nothing is left, also over a restart.
	j = journalIn(dir)
	if len(j.oldest(10)) > 0 {
		t.Error("what was taken came back")
	}
	j.add(kindFailed, nil)
	if got := journalIn(dir).oldest(10); len(got) != 1 || got[0].GetSequence() != 4 {
		t.Errorf("after all were taken: %v", got)
	}
}

func TestJournalIsBounded(t *testing.T) {
	dir := t.TempDir()
	j := journalIn(dir)
	for n := range maxEntries + maxEntries/4 {
		j.add(kindFailed, map[string]string{"error": fmt.Sprint(n)})
	}
	for _, j := range []*journal{j, journalIn(dir)} {
		got := j.oldest(2 * maxEntries)
		last := got[len(got)-1]
		if len(got) > maxEntries || last.GetSequence() != maxEntries+maxEntries/4 || last.GetFields()["error"] != fmt.Sprint(maxEntries+maxEntries/4-1) {
			t.Errorf("%d entries, the last is %v", len(got), last)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "journal")); err != nil || info.Size() > maxJournal {
		t.Errorf("%v, %v", info, err)
	}
}

// Wherever the file was torn, what was whole is there, and the next entry is
// readable (scenarios 41, 47).
func TestTornJournal(t *testing.T) {
	whole := t.TempDir()
	j := journalIn(whole)
	for n := range 3 {
		j.add(kindFailed, map[string]string{"error": fmt.Sprint(n)})
	}
	text, err := os.ReadFile(filepath.Join(whole, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(text) + 1 {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "journal"), text[:cut])
		left := bytes.Count(text[:cut], []byte("\n"))
		j := journalIn(dir)
		if got := j.oldest(10); len(got) != left {
			t.Fatalf("cut at %d: %d entries instead of %d", cut, len(got), left)
		}
		j.add(kindHealthy, nil)
		got := journalIn(dir).oldest(10)
		if len(got) != left+1 || got[left].GetKind() != kindHealthy || got[left].GetSequence() != uint64(left)+1 {
			t.Fatalf("cut at %d: then %v", cut, got)
		}
	}
}

// A link or a huge file in its place is not followed and not read (scenario 37).
func TestPlantedJournal(t *testing.T) {
	target := write(t, filepath.Join(t.TempDir(), "target"), []byte("precious\n"))
	dir := t.TempDir()
	if err := os.Symlink(target, filepath.Join(dir, "journal")); err != nil {
		t.Fatal(err)
	}
	j := journalIn(dir)
	j.add(kindHealthy, nil)
	if text, err := os.ReadFile(target); err != nil || string(text) != "precious\n" {
		t.Errorf("the link was followed: %q, %v", text, err)
	}
	if got := journalIn(dir).oldest(10); len(got) != 1 {
		t.Errorf("%v", got)
	}
	dir = t.TempDir()
	if err := os.Truncate(write(t, filepath.Join(dir, "journal"), nil), maxJournal+1); err != nil {
		t.Fatal(err)
	}
	j = journalIn(dir)
	j.add(kindHealthy, nil)
	if got := journalIn(dir).oldest(10); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// Whatever is done and wherever the service ends: an entry that was added is
// there until it was taken, each once, in order.
func TestJournalKeeps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "journal-")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		j := journalIn(dir)
		var want []uint64
		last := uint64(0)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			switch rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0, 1:
				j.add(kindFailed, map[string]string{"error": rapid.String().Draw(rt, "text")})
				last++
				want = append(want, last)
			case 2:
				upTo := rapid.Uint64Range(0, last+2).Draw(rt, "taken")
				if err := j.taken(upTo); err != nil {
					rt.Fatal(err)
				}
				for len(want) > 0 && want[0] <= upTo {
					want = want[1:]
				}
			case 3:
				j = journalIn(dir)
			case 4:
				f, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
				if err != nil {
					rt.Fatal(err)
				}
				_, err = f.WriteString(`{"seq":` + rapid.StringMatching(`[0-9]{0,3}`).Draw(rt, "torn"))
				if f.Close() != nil || err != nil {
					rt.Fatal(err)
				}
				j = journalIn(dir)
			}
		}
		var got []uint64
		for _, e := range j.oldest(1000) {
			got = append(got, e.GetSequence())
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Fatalf("%v, want %v", got, want)
		}
	})
}

func FuzzReadJournal(f *testing.F) {
	f.Add([]byte(`{"seq":1,"ms":1,"kind":"failed"}` + "\n" + `{"seq":2`))
	f.Add([]byte(`{"seq":7}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, last, torn := readJournal(text)
		before := uint64(0)
		for _, e := range entries {
			if e.Sequence <= before || e.Sequence > last || e.Kind == "" {
				t.Fatalf("%+v after %d, last %d", e, before, last)
			}
			before = e.Sequence
		}
		if len(entries) > maxEntries || len(text) > 0 && text[len(text)-1] != '\n' && !torn {
			t.Fatalf("%d entries, torn %v", len(entries), torn)
		}
	})
}
