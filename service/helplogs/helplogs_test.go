package helplogs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/service/profile"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.Local)

// bench is an instrument's log with a book over it.
type bench struct {
	*testing.T
	book    *Book
	path    string
	off     string
	profile *profile.Profile
	now     time.Time
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, path: filepath.Join(t.TempDir(), "instrument.log"), profile: shipped(t, "sample"), now: noon}
	b.open(b.path)
	return b
}

func (b *bench) open(path string) {
	b.Helper()
	var err error
	b.book, err = New(Config{
		Path: path, Profile: func() *profile.Profile { return b.profile }, Off: func() string { return b.off },
		Open: Shared, Now: func() time.Time { return b.now },
	})
	if err != nil {
		b.Fatal(err)
	}
}

func shipped(t testing.TB, name string) *profile.Profile {
	t.Helper()
	text, err := profiles.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *bench) write(text string) {
	b.Helper()
	if err := os.WriteFile(b.path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) prepare(around time.Time) Prepared {
	b.Helper()
	p, err := b.book.Prepare(b.Context(), "anna", around)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func line(at time.Time, text string) string {
	return at.Format("2006-01-02 15:04:05") + " INFO " + text + "\n"
}

// B8, defaults "logs sent with a help request": scrubbed, and as inert text.
func TestWhatIsPrepared(t *testing.T) {
	b := newBench(t)
	b.write("2026-11-24 11:59:00 ERROR SYR-02 Sample syringe A2 worn\r\n2026-11-24 11:59:01 INFO patient: Müller, Anna, MRN 4711\n\x1b[31m2026-11-24 11:59:02 INFO rack 3/7 mail a@lab.example\x00\n2026-11-24 11:59:03 INFO is still wri")
	p := b.prepare(time.Time{})
	want := "2026-11-24 11:59:00 ERROR SYR-02 Sample syringe A2 worn\n2026-11-24 11:59:01 INFO patient: [name] [id]\n[31m[date] 11:59:02 INFO [tube position] mail [e-mail]\n"
	sum := sha256.Sum256([]byte(p.Text))
	if p.Text != want || p.Lines != 3 || p.Scrubbed != 5 || p.SHA256 != hex.EncodeToString(sum[:]) || len(p.ID) != 32 || p.Off != "" {
		t.Errorf("%+v\nwant %s", p, want)
	}
}

// P25 and the policy: there are none, and none that were prepared go.
func TestOff(t *testing.T) {
	b := newBench(t)
	b.write(line(noon, "x"))
	p := b.prepare(time.Time{})
	for _, off := range []string{OffPatientData, OffPolicy} {
		b.off = off
		if got := b.prepare(time.Time{}); got != (Prepared{Off: off}) {
			t.Errorf("%+v", got)
		}
		refused(t, b, "anna", p.ID, p.SHA256, CodeOff)
	}
	b.off = ""
	if _, err := b.book.Take("anna", p.ID, p.SHA256); err != nil {
		t.Error(err)
	}
	b.profile = nil
	if got := b.prepare(time.Time{}); got != (Prepared{Off: OffNoRules}) {
		t.Errorf("without a profile: %+v", got)
	}
	refused(t, b, "anna", p.ID, p.SHA256, CodeOff)
	var err error
	if b.profile, err = profile.Parse("version=2\nname=\"x\"\ntitle=\"X\"\nrevision=1\nsample=true\n"); err != nil {
		t.Fatal(err)
	}
	if got := b.prepare(time.Time{}); got != (Prepared{Off: OffNoRules}) {
		t.Errorf("a profile without rules of its own: %+v", got)
	}
	b.profile = shipped(t, "navios") // the policy may say what it likes
	if got := b.prepare(time.Time{}); got != (Prepared{Off: OffPatientData}) {
		t.Errorf("one of the six: %+v", got)
	}
	refused(t, b, "anna", p.ID, p.SHA256, CodeOff)
	b.profile = shipped(t, "sample")
	b.open("")
	if got := b.prepare(time.Time{}); got != (Prepared{Off: OffNoLog}) {
		t.Errorf("no log is configured: %+v", got)
	}
	b.open(b.path + ".none")
	if got := b.prepare(time.Time{}); got != (Prepared{Off: OffNoLog}) {
		t.Errorf("the log is not there: %+v", got)
	}
	b.write("")
	b.open(b.path)
	if got := b.prepare(time.Time{}); got != (Prepared{Off: OffNoLog}) {
		t.Errorf("an empty log: %+v", got)
	}
	b.open(filepath.Dir(b.path))
	if _, err := b.book.Prepare(t.Context(), "anna", time.Time{}); err == nil {
		t.Error("a folder was read")
	}
}

func refused(t *testing.T, b *bench, account, id, sum, code string) {
	t.Helper()
	var e *Error
	if p, err := b.book.Take(account, id, sum); !errors.As(err, &e) || e.Code != code || p != (Prepared{}) {
		t.Errorf("%v, want %s", err, code)
	}
}

// Only the account that looked at them, only what it looked at, only for a
// while, and once.
func TestWhatMayBeTaken(t *testing.T) {
	b := newBench(t)
	b.write(line(noon, "x"))
	p := b.prepare(time.Time{})
	refused(t, b, "bert", p.ID, p.SHA256, CodeExpired)
	refused(t, b, "anna", "00", p.SHA256, CodeExpired)
	refused(t, b, "anna", "", p.SHA256, CodeExpired)
	refused(t, b, "anna", p.ID, "", CodeChanged)
	refused(t, b, "anna", p.ID, strings.ToUpper(p.SHA256), CodeChanged)
	b.write(line(noon, "another line")) // what was looked at goes, whatever the file is now
	for range 2 {
		if got, err := b.book.Take("anna", p.ID, p.SHA256); err != nil || got != p {
			t.Errorf("%+v %v", got, err)
		}
	}
	b.book.Sent(p.ID)
	refused(t, b, "anna", p.ID, p.SHA256, CodeExpired)
	q := b.prepare(time.Time{})
	b.now = noon.Add(Life - time.Second)
	if _, err := b.book.Take("anna", q.ID, q.SHA256); err != nil {
		t.Error(err)
	}
	b.now = noon.Add(Life)
	refused(t, b, "anna", q.ID, q.SHA256, CodeExpired)
}

func TestOnlySoManyAreKept(t *testing.T) {
	b := newBench(t)
	b.write(line(noon, "x"))
	first := b.prepare(time.Time{})
	for range most {
		b.prepare(time.Time{})
	}
	refused(t, b, "anna", first.ID, first.SHA256, CodeExpired)
	if len(b.book.kept) != most {
		t.Errorf("%d are kept", len(b.book.kept))
	}
}

// Around a notification: mostly what led to it, and some of what followed.
func TestLinesAroundATime(t *testing.T) {
	b := newBench(t)
	var text bytes.Buffer
	const seconds = 12_000 // 1 MB
	for i := range seconds {
		text.WriteString(line(noon.Add(time.Duration(i)*time.Second), fmt.Sprintf("step %06d of the day, nothing is wrong with this line", i)))
	}
	b.write(text.String())
	for _, at := range []int{0, 100, 6_000, 11_990} {
		p := b.prepare(noon.Add(time.Duration(at) * time.Second))
		lines := strings.Split(strings.TrimSuffix(p.Text, "\n"), "\n")
		var from, to int
		_, errFrom := fmt.Sscanf(lines[0][25:], "step %d", &from)
		_, errTo := fmt.Sscanf(lines[len(lines)-1][25:], "step %d", &to)
		if err := errors.Join(errFrom, errTo); err != nil {
			t.Fatal(err)
		}
		if from > at || to < at || to-from != len(lines)-1 || len(lines) != p.Lines || len(p.Text) > cloudapi.MaxHelpLogs {
			t.Errorf("at %d: lines %d to %d, %d in all, %d bytes", at, from, to, p.Lines, len(p.Text))
		}
		if at > 1000 && at < seconds-1000 && (at-from < 300 || to-at < 50 || to-at > 300) {
			t.Errorf("at %d: %d before, %d behind", at, at-from, to-at)
		}
	}
	newest := b.prepare(time.Time{})
	if !strings.Contains(newest.Text, "step 011999") || len(newest.Text) < cloudapi.MaxHelpLogs-200 {
		t.Errorf("%d bytes", len(newest.Text))
	}
}

// Times that cannot be read: the newest lines.
func TestTheTailWhereTimesCannotBeRead(t *testing.T) {
	b := newBench(t)
	b.write(strings.Repeat("nothing to tell\n", 5_000) + "the last one\n")
	if p := b.prepare(noon); !strings.HasSuffix(p.Text, "the last one\n") {
		t.Errorf("%q", p.Text[len(p.Text)-40:])
	}
}

// Whatever the log is made of: the text fits, holds no control characters, no
// e-mail address, and is the sum of its lines.
func TestPreparedTextHolds(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(rt *rapid.T) {
		one := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"<<<<<<", "a@b.example", "patient: Anna", "\x1b[2J", "\"\\", line(noon, "x")}))
		unit := strings.Join(rapid.SliceOfN(one, 1, 8).Draw(rt, "parts"), rapid.SampledFrom([]string{"", " ", "\n"}).Draw(rt, "between"))
		b.write(strings.Repeat(unit+"\n", rapid.IntRange(1, 12).Draw(rt, "times")))
		p := b.prepare(rapid.SampledFrom([]time.Time{{}, noon}).Draw(rt, "around"))
		if p.Off != "" {
			return
		}
		encoded, err := json.Marshal(cloudapi.HelpLogs{Text: p.Text})
		if err != nil || len(p.Text) > cloudapi.MaxHelpLogs || len(encoded) > 200<<10 || strings.Count(p.Text, "\n") != p.Lines || !strings.HasSuffix(p.Text, "\n") {
			rt.Fatalf("%d bytes, %d encoded, %d lines", len(p.Text), len(encoded), p.Lines)
		}
		if strings.Contains(p.Text, "@b.example") || strings.ContainsFunc(p.Text, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }) {
			rt.Fatalf("%q", p.Text)
		}
	})
}

// The message service's limit is one of bytes as JSON, where one may become six.
func TestTextThatGrowsAsJSON(t *testing.T) {
	b := newBench(t)
	b.write(strings.Repeat(strings.Repeat("<", 900)+"\n", 100))
	p := b.prepare(time.Time{})
	encoded, err := json.Marshal(p.Text)
	if err != nil || len(encoded) > maxEncoded+1000 || len(encoded) < maxEncoded-10_000 {
		t.Errorf("%d bytes, %d as JSON: %v", len(p.Text), len(encoded), err)
	}
}

func TestNewAsksForItsParts(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("no error")
	}
}
