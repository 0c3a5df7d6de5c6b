package pins

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// cheap hashes, for everything but what they cost.
var cheap = Cost{Time: 1, MemoryKiB: 64, Threads: 1, Bytes: 32}

// lab is a Book on a real store, with a clock that tests move.
type lab struct {
	*testing.T
	*Book
	dir   string
	store *store.Store
	log   bytes.Buffer
	mono  atomic.Int64
	told  int
}

func newLab(t *testing.T) *lab {
	l := &lab{T: t, dir: t.TempDir()}
	l.boot()
	t.Cleanup(func() { _ = l.store.Close() })
	return l
}

// boot is the service's (next) start: its clock counts from zero again.
func (l *lab) boot() {
	l.Helper()
	if l.store != nil {
		if err := l.store.Close(); err != nil {
			l.Fatal(err)
		}
	}
	var err error
	if l.store, err = store.Open(l.Context(), store.Options{Dir: l.dir, Log: slog.New(slog.NewTextHandler(&l.log, nil))}); err != nil {
		l.Fatal(err)
	}
	l.mono.Store(0)
	l.Book, err = Open(l.Context(), Config{
		Store: l.store, Cost: cheap, Mono: func() time.Duration { return time.Duration(l.mono.Load()) }, Changed: func() { l.told++ },
	})
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lab) pass(d time.Duration) { l.mono.Add(int64(d)) }

func (l *lab) set(who, pin, old string) error {
	l.Helper()
	p, err := l.Prepare(Change{Initials: who, PIN: support.SecretOf(pin), Old: support.SecretOf(old), Account: "lab"})
	if err != nil {
		return err
	}
	return p.Commit()
}

func (l *lab) try(who, pin string) error {
	proved, err := l.Verify(Try{Initials: who, PIN: support.SecretOf(pin), Account: "lab"})
	if (err == nil) != (proved != "" && proved == support.Initials(who)) {
		l.Errorf("proved %q, %v", proved, err)
	}
	return err
}

func (l *lab) want(err error, code string) {
	l.Helper()
	var no *support.Refusal
	switch {
	case code == "" && err != nil:
		l.Errorf("refused: %v", err)
	case code != "" && (!errors.As(err, &no) || no.Code != code):
		l.Errorf("%v, want %q", err, code)
	}
}

func (l *lab) kinds() map[string]int {
	l.Helper()
	list, _, err := l.store.Entries(l.Context(), 0, 200)
	if err != nil {
		l.Fatal(err)
	}
	out := map[string]int{}
	for _, e := range list {
		out[e.Kind]++
		if strings.HasPrefix(e.Kind, "pin.") && e.Personal["initials"] == "" {
			l.Errorf("%s does not say whose", e.Kind)
		}
	}
	return out
}

func TestWhichPINs(t *testing.T) {
	for pin, want := range map[string]string{
		"": "pin-invalid", "123": "pin-invalid", "12a4": "pin-invalid", "١٢٣٤": "pin-invalid", "4938172650139": "pin-invalid", "49 38": "pin-invalid",
		"1111": "pin-weak", "1234": "pin-weak", "4321": "pin-weak", "7890": "pin-weak", "0123": "pin-weak", "2468": "pin-weak",
		"1212": "pin-weak", "123123": "pin-weak", "49384938": "pin-weak", "2580": "pin-weak", "000000000000": "pin-weak",
		"4938": "", "1235": "", "112233": "", "493817265013": "",
	} {
		l := newLab(t)
		l.want(l.set("ab", pin, ""), want)
		if any := l.Any(); any != (want == "") {
			t.Errorf("%q: set %v", pin, any)
		}
	}
}

func TestWhoseInitials(t *testing.T) {
	l := newLab(t)
	for _, bad := range []string{"", " ", "A B", "ABCDEFGHI", "A.B", "A\u202eB", "A\u0301\u0301", strings.Repeat("A", 1000)} {
		l.want(l.set(bad, "4938", ""), "initials-invalid")
	}
	l.want(l.set(" äö1 ", "4938", ""), "")
	l.want(l.try("ÄÖ1", "4938"), "")
	l.want(l.try("a\u0308o\u03081", "4938"), "") // the same, typed on another system
	if got := l.Initials(); len(got) != 1 || got[0] != "ÄÖ1" || l.told != 1 {
		t.Errorf("%q, told %d times", got, l.told)
	}
}

// Setting, changing and removing, each in the log before it counts.
func TestLife(t *testing.T) {
	l := newLab(t)
	if l.Any() {
		t.Error("a PIN out of nowhere")
	}
	l.want(l.try("AB", "4938"), "pin-missing")
	l.want(l.set("AB", "4938", ""), "")
	l.want(l.set("AB", "5938", ""), "pin-old-needed")
	l.want(l.set("AB", "5938", "6666"), "pin-wrong")
	l.want(l.set("AB", "5938", "4938"), "pin-wait")
	l.pass(time.Second)
	l.want(l.set("AB", "5938", "4938"), "")
	l.want(l.try("AB", "4938"), "pin-wrong")
	l.pass(time.Second)
	l.want(l.try("ab", "5938"), "")
	l.want(l.Remove("AC", "root"), "pin-missing")
	l.want(l.Remove("ab", "root"), "")
	l.want(l.try("AB", "5938"), "pin-missing")
	l.want(l.set("AB", "7042", ""), "")
	if k := l.kinds(); k["pin.set"] != 3 || k["pin.removed"] != 1 || k["pin.wrong"] != 2 {
		t.Errorf("the log says %v", k)
	}
	l.boot()
	l.want(l.try("AB", "7042"), "")
}

// Two windows set a PIN for the same initials at once: the second does not
// overwrite what it never knew.
func TestSecondIsTooLate(t *testing.T) {
	l := newLab(t)
	one, err := l.Prepare(Change{Initials: "AB", PIN: support.SecretOf("4938")})
	l.want(err, "")
	two, err := l.Prepare(Change{Initials: "AB", PIN: support.SecretOf("5938")})
	l.want(err, "")
	l.want(one.Commit(), "")
	l.want(two.Commit(), "pin-changed")
	three, err := l.Prepare(Change{Initials: "AB", PIN: support.SecretOf("5938"), Old: support.SecretOf("4938")})
	l.want(err, "")
	l.want(l.Remove("AB", "root"), "")
	l.want(three.Commit(), "pin-changed")
}

// Five wrong ones in a row lock a PIN; a right one before ends the row.
func TestLocked(t *testing.T) {
	l := newLab(t)
	l.want(l.set("AB", "4938", ""), "")
	l.want(l.set("CD", "4938", ""), "")
	for i := range 4 {
		l.want(l.try("AB", "0000"), "pin-wrong")
		l.want(l.try("AB", "4938"), "pin-wait") // early: not even the right one is looked at
		l.pass(time.Second<<i - time.Millisecond)
		l.want(l.try("AB", "4938"), "pin-wait")
		l.pass(time.Millisecond)
	}
	l.want(l.try("AB", "4938"), "")
	for i := range 5 {
		code := "pin-wrong"
		if i == 4 {
			code = "pin-locked"
		}
		l.want(l.try("AB", "0000"), code)
		l.pass(time.Hour)
	}
	l.boot()
	l.pass(time.Hour)
	l.want(l.try("AB", "4938"), "pin-locked")
	l.want(l.set("AB", "5938", "4938"), "pin-locked")
	if !l.Any() {
		t.Error("CD's PIN can still be used")
	}
	l.want(l.Remove("CD", "root"), "")
	if l.Any() {
		t.Error("a locked PIN cannot be used")
	}
	if k := l.kinds(); k["pin.locked"] != 1 || k["pin.wrong"] != 9 {
		t.Errorf("the log says %v", k)
	}
	l.want(l.Remove("AB", "root"), "")
	l.want(l.set("AB", "5938", ""), "")
}

// Neither a restart nor time before it shortens a wait; the row goes on.
func TestWaitSurvives(t *testing.T) {
	l := newLab(t)
	l.want(l.set("AB", "4938", ""), "")
	for i := range 3 {
		l.want(l.try("AB", "0000"), "pin-wrong")
		l.pass(time.Second << i)
	}
	for range 3 {
		l.boot()
		l.pass(4*time.Second - time.Millisecond)
		l.want(l.try("AB", "4938"), "pin-wait")
	}
	l.pass(time.Millisecond)
	l.want(l.try("AB", "0000"), "pin-wrong")
	l.pass(8 * time.Second)
	l.want(l.try("AB", "0000"), "pin-locked")
}

// A try is on disk before it is looked at: whoever cuts the power meanwhile
// has used it up. And what cannot be written is not looked at.
func TestCountedBeforeLookedAt(t *testing.T) {
	l := newLab(t)
	l.want(l.set("AB", "4938", ""), "")
	looks := 0
	spy := func(h hash, pin support.Secret) bool {
		looks++
		text, _, err := l.store.Setting(t.Context(), setting)
		if err != nil || !strings.Contains(text, fmt.Sprintf(`"wrong":%d`, looks)) {
			t.Errorf("look %d: on disk is %s, %v", looks, text, err)
		}
		return h.matches(pin)
	}
	l.look = spy
	l.want(l.try("AB", "0000"), "pin-wrong")
	l.boot()
	l.look = spy
	l.pass(time.Minute)
	l.want(l.try("AB", "4938"), "")
	if err := l.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.try("AB", "4938"); err == nil || looks != 2 {
		t.Error("a try that could not be counted was looked at")
	}
	p, err := l.Prepare(Change{Initials: "CD", PIN: support.SecretOf("4938")})
	l.want(err, "")
	if p.Commit() == nil || l.Remove("AB", "root") == nil || len(l.Initials()) != 1 {
		t.Error("something changed that is not on disk")
	}
}

// Guesses in parallel: each is counted, at most one is looked at without a
// wait, and nothing is looked at twice at once.
func TestGuessesInParallel(t *testing.T) {
	l := newLab(t)
	l.want(l.set("AB", "4938", ""), "")
	var wait sync.WaitGroup
	var looked atomic.Int32
	for i := range 200 {
		wait.Go(func() {
			var no *support.Refusal
			if err := l.try("AB", fmt.Sprintf("%04d", i)); !errors.As(err, &no) || no.Code == "pin-wrong" {
				looked.Add(1)
			}
		})
	}
	wait.Wait()
	if n := looked.Load(); n != 1 {
		t.Errorf("%d of 200 guesses were looked at", n)
	}
	if p := (*l.people.Load())["AB"]; p.Wrong != 1 {
		t.Errorf("%d counted", p.Wrong)
	}
}

// Scenario 25: the PIN is in no log, no error, no dump and no file.
func TestCanary(t *testing.T) {
	const first, second = "493817265013", "602948317250"
	l := newLab(t)
	change := Change{Initials: "AB", PIN: support.SecretOf(first), Old: support.SecretOf(second)}
	try := Try{Initials: "AB", PIN: support.SecretOf(first)}
	raw, _ := json.Marshal([]any{change, try})
	text := fmt.Sprintf("%v %+v %#v %s %s", change, try, change, raw, change.PIN)
	l.want(l.set("AB", first, ""), "")
	for _, err := range []error{l.set("AB", second, ""), l.set("AB", second, second), l.try("AB", second), l.try("XY", first)} {
		text += fmt.Sprint(err)
	}
	l.pass(time.Minute)
	l.want(l.try("AB", first), "")
	list, _, err := l.store.Entries(t.Context(), 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	text += fmt.Sprintf("%+v", list) + l.log.String()
	if err := l.store.Close(); err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		files++
		text += string(raw)
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("searched %d files, %v", files, err)
	}
	for _, pin := range []string{first, second} {
		if strings.Contains(text, pin) {
			t.Errorf("the PIN %s is somewhere", pin)
		}
	}
}

// The same PIN never looks the same on disk, and a record no version wrote
// matches nothing.
func TestHash(t *testing.T) {
	pin := support.SecretOf("4938")
	a, err := newHash(cheap, bytes.NewReader(bytes.Repeat([]byte{1}, 16)), pin)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := newHash(cheap, bytes.NewReader(bytes.Repeat([]byte{2}, 16)), pin)
	if bytes.Equal(a.Sum, b.Sum) || !a.matches(pin) || a.matches(support.SecretOf("4939")) {
		t.Error("the hash does not do its work")
	}
	if _, err := newHash(cheap, bytes.NewReader(nil), pin); err == nil {
		t.Error("a hash without a salt")
	}
	for name, spoil := range map[string]func(*hash){
		"empty sum": func(h *hash) { h.Sum, h.Cost.Bytes = nil, 0 },
		"short sum": func(h *hash) { h.Sum = h.Sum[:16] },
		"no salt":   func(h *hash) { h.Salt = nil },
		"no passes": func(h *hash) { h.Cost.Time = 0 },
		"no lanes":  func(h *hash) { h.Cost.Threads = 0 },
		"a flood":   func(h *hash) { h.Cost.MemoryKiB = 1 << 30 },
	} {
		h := a
		spoil(&h)
		if h.matches(pin) {
			t.Errorf("%s: matched", name)
		}
	}
}

// The book against a model of it: tries, time and restarts in any order.
func TestBookAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLab(t)
		l.want(l.set("AB", "4938", ""), "")
		row, from := 0, time.Duration(0)
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			now := time.Duration(l.mono.Load())
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				l.boot()
				from = waitAfter(row)
			case 1, 2:
				l.pass(time.Duration(rapid.SampledFrom([]int{1, 999, 1000, 2000, 8000}).Draw(rt, "ms")) * time.Millisecond)
			default:
				right := rapid.Bool().Draw(rt, "right")
				pin, want := "0000", "pin-wrong"
				if right {
					pin, want = "4938", ""
				}
				switch {
				case row >= LockAfter:
					want = "pin-locked"
				case now < from:
					want = "pin-wait"
				case right:
					row, from = 0, 0
				default:
					if row++; row >= LockAfter {
						want = "pin-locked"
					}
					from = now + waitAfter(row)
				}
				var no *support.Refusal
				err := l.try("AB", pin)
				if got := errors.As(err, &no); (want == "") != (err == nil) || (got && no.Code != want) {
					rt.Fatalf("row %d: %v, want %q", row, err, want)
				}
			}
		}
		_ = l.store.Close()
	})
}

// About 0.1 s a look (P23's cost for a PIN): run by hand.
func BenchmarkHash(b *testing.B) {
	h := hash{Cost: defaultCost, Salt: make([]byte, 16)}
	pin := support.SecretOf("493817265013")
	for b.Loop() {
		h.compute(pin)
	}
}
