package machine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// realJournal is a journal of the test's own, in systemd's format: what systemd
// itself makes of texts in its export format, and its own reader reads.
type realJournal struct {
	t      *testing.T
	maker  string
	folder string // holds one folder for a PC
	number int
}

const aPC = "0123456789abcdef0123456789abcdef"

func newJournal(t *testing.T) *realJournal {
	t.Helper()
	maker := "/lib/systemd/systemd-journal-remote"
	if _, err := os.Stat(maker); err != nil {
		t.Skip("there is no systemd-journal-remote (Debian: systemd-journal-remote)")
	}
	j := &realJournal{t: t, maker: maker, folder: t.TempDir()}
	if err := os.Mkdir(filepath.Join(j.folder, aPC), 0o755); err != nil {
		t.Fatal(err)
	}
	return j
}

func (j *realJournal) path() string { return filepath.Join(j.folder, aPC, "system.journal") }

// reader is this service's, on that journal.
func (j *realJournal) reader() journal {
	return journal{program: "/usr/bin/journalctl", options: []string{"--directory=" + j.folder}, folders: []string{j.folder}, wait: time.Minute, most: mostOutput}
}

// write adds entries, each of lines of FIELD=value, one second apart.
func (j *realJournal) write(entries ...string) {
	j.t.Helper()
	var text strings.Builder
	for _, e := range entries {
		j.number++
		fmt.Fprintf(&text, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=11111111111111111111111111111111\n%s\n\n",
			1_764_144_000_000_000+j.number*1_000_000, j.number*1_000_000, e)
	}
	path := filepath.Join(j.t.TempDir(), "export")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		j.t.Fatal(err)
	}
	if out, err := exec.Command(j.maker, "--output="+j.path(), path).CombinedOutput(); err != nil {
		j.t.Fatalf("%v: %s", err, out)
	}
}

// fault is an entry of lis.service.
func fault(more ...string) string {
	return strings.Join(append([]string{"_SYSTEMD_UNIT=lis.service", "MESSAGE=Anna Miller, 4711"}, more...), "\n")
}

// listener is a source on a journal, with a store of its own.
type listener struct {
	t     *testing.T
	store *store.Store
	names []string
	log   func() eventReader
	told  []string
	fail  bool
	pc    *Source
}

func newListener(t *testing.T, log func() eventReader, names ...string) *listener {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(t.TempDir(), "data")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l := &listener{t: t, store: s, names: names, log: log}
	l.start()
	return l
}

// start is the service's, after an end of whatever kind.
func (l *listener) start() {
	system := well().system()
	system.events = l.log()
	l.pc = New(Config{Alarms: taker(l.apply), Events: l.names, Setting: l.store.Setting, system: system})
}

func (l *listener) apply(ctx context.Context, seen []notify.Observation, also func(*store.Tx) error) error {
	if l.fail {
		return errors.New("the disk is full")
	}
	if err := l.store.Update(ctx, also); err != nil {
		return err
	}
	for _, o := range seen {
		if o.Condition {
			continue // of something else that a whole round looks at
		}
		word := o.Subject
		if o.Backlog {
			word = "late " + word
		}
		l.told = append(l.told, word)
		if o.Code != codeEvent || strings.Contains(fmt.Sprint(o), "Anna") {
			l.t.Errorf("%+v", o)
		}
	}
	return nil
}

// look is one round; want is what of it cannot be known.
func (l *listener) look(want error) {
	l.t.Helper()
	if err := l.pc.events(l.t.Context()); !errors.Is(err, want) {
		l.t.Errorf("%v, want %v", err, want)
	}
}

func (l *listener) heard(want ...string) {
	l.t.Helper()
	if !slices.Equal(l.told, want) {
		l.t.Errorf("%q, want %q", l.told, want)
	}
	l.told = nil
}

// Errors of what is named are told once, in their order and with nothing of
// their text: over restarts, after failures, and when the journal was rotated,
// replaced or taken away.
func TestJournal(t *testing.T) { // P2, scenario 47
	const id = "fc2e22bc6ee647b6b90729ab34a250b1"
	j := newJournal(t)
	j.write(fault("PRIORITY=3"), "SYSLOG_IDENTIFIER=other\nPRIORITY=3\nMESSAGE=x")
	l := newListener(t, func() eventReader { return j.reader().read }, "lis", "analyser")
	l.look(nil)
	l.look(nil)
	l.heard() // history

	j.write(fault("PRIORITY=4"), fault("PRIORITY=3"), "_SYSTEMD_UNIT=other.service\nPRIORITY=2\nMESSAGE=Anna",
		"SYSLOG_IDENTIFIER=analyser\nPRIORITY=2\nMESSAGE_ID="+id+"\nMESSAGE=Anna", "_PID=1\nUNIT=lis.service\nPRIORITY=3\nMESSAGE=Failed",
		"_UID=0\nCOREDUMP_UNIT=lis.service\nPRIORITY=2\nMESSAGE=Process dumped core", "_UID=1000\nCOREDUMP_UNIT=lis.service\nPRIORITY=2\nMESSAGE=a lie",
		"_SYSTEMD_UNIT=lis.service\nSYSLOG_IDENTIFIER=one\nSYSLOG_IDENTIFIER=two\nPRIORITY=0\nMESSAGE="+strings.Repeat("Anna", 50_000))
	l.fail = true
	if l.pc.events(t.Context()) == nil {
		t.Fatal("no error of what could not be kept")
	}
	l.fail = false
	l.look(nil)
	l.look(nil)
	l.heard("lis err", "analyser "+id, "lis err", "lis crit", "lis emerg")

	j.write(fault("PRIORITY=1")) // while nobody listened
	l.start()
	l.look(nil)
	j.write(fault("PRIORITY=2"))
	l.look(nil)
	l.heard("late lis alert", "lis crit")

	// Who is named later has a history, too.
	j.write("SYSLOG_IDENTIFIER=driver\nPRIORITY=3\nMESSAGE=x", fault("PRIORITY=3"))
	l.names = append(l.names, "driver")
	l.start()
	l.look(nil)
	l.heard()
	j.write("SYSLOG_IDENTIFIER=driver\nPRIORITY=3\nMESSAGE=x")
	l.look(nil)
	l.heard("driver err")

	// A journal that was rotated, and still is there, is one with the new file.
	j.write(fault("PRIORITY=0"))
	if err := os.Rename(j.path(), filepath.Join(filepath.Dir(j.path()), "system@1.journal")); err != nil {
		t.Fatal(err)
	}
	j.write(fault("PRIORITY=1"))
	l.look(nil)
	l.heard("lis emerg", "lis alert")
	if err := os.Remove(filepath.Join(filepath.Dir(j.path()), "system@1.journal")); err != nil {
		t.Fatal(err)
	}

	// The entry it was read to is gone: said, and what came behind it is told.
	if err := os.Remove(j.path()); err != nil {
		t.Fatal(err)
	}
	l.look(errNoJournal)
	l.heard()
	j.number -= 5
	j.write(fault("PRIORITY=0"), fault("PRIORITY=0"), fault("PRIORITY=0"), fault("PRIORITY=0"), fault("PRIORITY=0"))
	l.look(errJournalLost) // all of it is older
	l.heard()
	j.write(fault("PRIORITY=1"), fault("PRIORITY=3"))
	l.look(errJournalLost)
	l.heard("lis alert", "lis err")
	j.write(fault("PRIORITY=2"))
	l.look(nil)
	l.heard("lis crit")

	// A place of a time to come was made by a clock that was wrong.
	l.pc.places = map[string]string{placeNames: fingerprint(l.names), placeJournal: "s=1;t=" + fmt.Sprintf("%x", time.Now().AddDate(9, 0, 0).UnixMicro())}
	l.look(nil)
	l.heard()
	j.write(fault("PRIORITY=2"))
	l.look(nil)
	l.heard("lis crit")
}

// What was logged while nobody listened is late to its end, in however many
// rounds it is read.
func TestJournalBacklog(t *testing.T) {
	j := newJournal(t)
	l := newListener(t, func() eventReader { return j.reader().read }, "lis")
	j.write(fault("PRIORITY=3"))
	l.look(nil)
	var want, entries []string
	for range mostEvents + 5 {
		entries, want = append(entries, fault("PRIORITY=3")), append(want, "late lis err")
	}
	j.write(entries...)
	l.start()
	l.look(nil)
	l.look(nil)
	l.heard(want...)
	j.write(fault("PRIORITY=3"))
	l.look(nil)
	l.heard("lis err")
}

// A journal without an error yet: the first one is told.
func TestJournalWithoutErrors(t *testing.T) {
	j := newJournal(t)
	j.write("SYSLOG_IDENTIFIER=other\nPRIORITY=3\nMESSAGE=x", fault("PRIORITY=6"))
	l := newListener(t, func() eventReader { return j.reader().read }, "lis")
	l.look(nil)
	l.start()
	l.look(nil)
	j.write(fault("PRIORITY=3"))
	l.look(nil)
	l.look(nil)
	l.heard("lis err")
}

// Whatever is logged, whenever it is read, and whatever fails in between: each
// error after the first look is told once and in order, never more than some at
// a time.
func TestJournalNothingLostNothingTwice(t *testing.T) { // scenario 47
	j := newJournal(t)
	random := rand.New(rand.NewPCG(4, 7))
	l := newListener(t, func() eventReader { return j.reader().read }, "lis")
	j.write(fault("PRIORITY=3"))
	l.look(nil)
	var want []string
	for range 25 {
		switch random.IntN(5) {
		case 0, 1:
			var entries []string
			for range 1 + random.IntN(2*mostEvents) {
				if p := random.IntN(6); p <= 3 {
					want = append(want, "lis "+priorities()[p])
					entries = append(entries, fault(fmt.Sprintf("PRIORITY=%d", p)))
				} else {
					entries = append(entries, fault("PRIORITY=6"))
				}
			}
			j.write(entries...)
		case 2:
			l.start()
		case 3:
			l.fail = true
			_ = l.pc.events(t.Context())
			l.fail = false
		default:
			before := len(l.told)
			l.look(nil)
			if n := len(l.told) - before; n > mostEvents {
				t.Fatalf("%d in one round", n)
			}
		}
	}
	for range 60 {
		l.look(nil)
	}
	for i := range l.told {
		l.told[i] = strings.TrimPrefix(l.told[i], "late ")
	}
	if len(want) < mostEvents {
		t.Fatalf("only %d were logged", len(want))
	}
	l.heard(want...)
}

// One that somebody made too long to be read keeps no other from being told.
func TestJournalHugeEntry(t *testing.T) {
	j := newJournal(t)
	j.write(fault("PRIORITY=3"))
	l := newListener(t, func() eventReader { return j.reader().read }, "lis")
	l.look(nil)
	huge := []string{"PRIORITY=3"}
	for i := range 900 {
		huge = append(huge, fmt.Sprintf("SYSLOG_IDENTIFIER=%d%s", i, strings.Repeat("x", 3000)))
	}
	j.write(fault(huge...), fault("PRIORITY=2"))
	l.look(errJournalLong)
	l.look(nil)
	l.heard("lis crit")
}

// What keeps the journal from being read stands in the part's status, and is no
// alarm.
func TestNoJournalIsSaid(t *testing.T) {
	folder := t.TempDir()
	reader := journal{program: "/usr/bin/journalctl", folders: []string{folder}, wait: time.Minute, most: mostOutput}
	l := newListener(t, func() eventReader { return reader.read }, "lis")
	l.look(errNoJournal)
	path := filepath.Join(folder, aPC, "system.journal")
	put(t, path, "this is no journal")
	for _, row := range []struct{ outer, inner, file os.FileMode }{{0o700, 0o700, 0o400}, {0o755, 0o700, 0o400}, {0o755, 0o755, 0o000}} {
		for path, mode := range map[string]os.FileMode{filepath.Dir(folder): 0o755, folder: row.outer, filepath.Dir(path): row.inner, path: row.file} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		asNobody(t, func() {
			if err := reader.readable(); !errors.Is(err, errJournalRights) {
				t.Errorf("%o: %v", row, err)
			}
		})
	}
	reader.program = filepath.Join(folder, "none")
	l.start()
	l.look(errNoJournalctl)
	detail := ""
	l.pc.round(t.Context(), time.Now(), func(state, d string) {
		if detail = d; state != supervise.OK {
			t.Error(state)
		}
	})
	if !strings.Contains(detail, "log of the system (there is no journalctl here)") {
		t.Error(detail)
	}
	l.heard()
}

// asNobody has f meet files as an account without rights does: by the kernel's
// own judgement.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := errors.Join(unix.Setfsgid(65534), unix.Setfsuid(65534)); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = unix.Setfsuid(0), unix.Setfsgid(0) }()
	f()
}

// A reader that never ends, says too much, says nonsense or fails: none of it
// raises anything, moves the place or stays behind.
func TestHostileReader(t *testing.T) {
	entry := strings.ReplaceAll(line(`,"_SYSTEMD_UNIT":"lis.service","PRIORITY":"3"`), `"`, `\"`)
	next := strings.ReplaceAll(entry, "i=2", "i=3")
	for name, row := range map[string]struct {
		script string
		wait   time.Duration
		want   string // in the word for the status
		found  int
		moved  bool
	}{
		"hangs":                  {"exec sleep 1000", 100 * time.Millisecond, errSlow.Error(), 0, false},
		"hangs with a child":     {"sleep 5 & wait", 100 * time.Millisecond, errSlow.Error(), 0, false},
		"without end, no line":   {"exec cat /dev/zero", time.Minute, errJournalMuch.Error(), 0, false},
		"without end, nonsense":  {"exec yes", time.Minute, errJournalMuch.Error(), 0, false},
		"without end, complaint": {"exec yes complaint >&2", 100 * time.Millisecond, errSlow.Error(), 0, false},
		"nonsense":               {`echo '{"a":1}'; echo; echo null`, time.Minute, errNotUnderstood.Error(), 0, false},
		"fails":                  {`printf 'Failed: \033[31mno\nAnna' >&2; exit 1`, time.Minute, "journalctl: Failed: [31mno", 0, false},
		"fails, says nothing":    {"exit 3", time.Minute, "exit status 3", 0, false},
		"says, then hangs":       {`echo "` + entry + `"; echo "` + next + `"; exec sleep 1000`, 2 * time.Second, errSlow.Error(), 1, true},
		"says, then fails":       {`echo "` + entry + `"; echo "` + next + `"; echo broken file >&2; exit 1`, time.Minute, "broken file", 1, true},
		"half a line":            {`echo "` + entry + `"; printf "` + next + `"`, time.Minute, "", 0, false},
		"the same without end":   {`yes "` + entry + `"`, time.Minute, "", mostEvents, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, filepath.Join(dir, aPC, "system.journal"), "")
			program := filepath.Join(dir, "journalctl")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+row.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			reader := journal{program: program, folders: []string{dir}, wait: row.wait, most: 1 << 20}
			r := reader.read(t.Context(), []string{"lis"}, map[string]string{placeJournal: aCursor, placeNames: fingerprint([]string{"lis"})})
			err := errors.Join(r.err, r.note)
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) || err != nil && strings.Contains(err.Error(), "Anna") {
				t.Errorf("%v, want %q", err, row.want)
			}
			if moved := r.err == nil && r.places[placeJournal] != aCursor; len(r.found) != row.found || moved != row.moved {
				t.Errorf("%d found, moved %t", len(r.found), moved)
			}
		})
	}
}

// The reader gets what it needs, and nothing of this service's surroundings.
func TestReaderIsStartedBare(t *testing.T) {
	t.Setenv("SYSTEMD_PAGER", "/bin/evil")
	dir := t.TempDir()
	put(t, filepath.Join(dir, aPC, "system.journal"), "")
	program, out := filepath.Join(dir, "journalctl"), filepath.Join(dir, "out")
	script := fmt.Sprintf("#!/bin/sh\ntr '\\0' ' ' </proc/$$/environ >%s\npwd >>%s\nprintf '%%s\\n' \"$@\" >>%s\n", out, out, out)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	reader := journal{program: program, folders: []string{dir}, wait: time.Minute, most: mostOutput}
	if r := reader.read(t.Context(), []string{"lis"}, map[string]string{}); r.err != nil || r.places[placeJournal] != "" {
		t.Errorf("%+v", r)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want := "/\n--output=json\n--output-fields=" + fields() + "\n--no-pager\n--quiet\n--lines=1\n" + strings.Join(matches([]string{"lis"}), "\n") + "\n"
	if string(text) != want {
		t.Errorf("%q, want %q", text, want)
	}
}
