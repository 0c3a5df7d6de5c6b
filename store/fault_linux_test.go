//go:build linux && amd64

package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"beckmanconnect/internal/cutpower"
	"beckmanconnect/internal/logbackup"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// faultWhole, 1, has every call of every case cut in every way; N has every Nth,
// others for each way. Without it a sample is.
const faultWhole = "BECKMANCONNECT_TEST_EVERY_WRITE"

// faultCase is one thing the store does on a disk that fails.
type faultCase struct {
	name   string
	made   func(t *testing.T, dir string) // the folder before
	asides int                            // logs that are set aside in the end
	check  func(t *testing.T, dir, output string, s *Store, where string)
}

var faultCases = []faultCase{
	{"first", func(t *testing.T, dir string) {}, 0, nil},
	{"append", someEntries(40), 0, nil},
	{"migrate", func(t *testing.T, dir string) {
		if err := copyTree(dir, filepath.Join("testdata", "schema3")); err != nil {
			t.Fatal(err)
		}
	}, 0, nil},
	{"archive", someEntries(700), 0, checkArchived},
	{"rotate", someEntries(300), 0, nil},
	{"backup", someEntries(300), 0, checkBackup},
	{"set aside", func(t *testing.T, dir string) {
		someEntries(300)(t, dir)
		tamper(t, filepath.Join(dir, logproof.FileName), func(db *sql.DB) error { _, err := db.Exec("DELETE FROM head"); return err })
	}, 1, checkAside},
	{"set aside (keys)", func(t *testing.T, dir string) {
		someEntries(300)(t, dir)
		if err := os.Remove(filepath.Join(dir, KeysDir, keys.MasterFile)); err != nil {
			t.Fatal(err)
		}
	}, 1, checkAside},
}

func someEntries(n int) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		s, err := Open(context.Background(), faultOptions(dir))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < n; i += 100 {
			update(t, s, func(tx *Tx) error {
				for range min(100, n-i) {
					if _, err := tx.Append(Entry{Kind: "a.b", Actor: "system", Personal: map[string]string{"name": "Erika"}}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func init() { watched = cutpower.Watched }

// faultWays are how a call is cut.
var faultWays = []struct {
	name string
	cut  cutpower.Cut
}{
	{"kill", cutpower.Cut{}}, {"torn", cutpower.Cut{Torn: true}}, {"EIO", cutpower.Cut{Fail: unix.EIO}}, {"ENOSPC", cutpower.Cut{Fail: unix.ENOSPC}}, {"full", cutpower.Cut{Full: true}},
}

// scenarios 47, 50, in the way SQLite itself is tested: the Nth call that
// changes the disk fails, is torn, or is the last, N ascending until a run comes
// through. After each the store opens as it is, everything acknowledged is
// there, whole transactions only, the log holds, and goes on.
func TestFaultAtEachWrite(t *testing.T) {
	calls, runs := 0, 0
	for _, c := range faultCases {
		template := memoryDir(t)
		c.made(t, template)
		whole := faultRun(t, c.name, copied(t, template), cutpower.Cut{})
		if whole.Exit != 0 {
			t.Fatalf("%s without a fault: exit code %d, %s", c.name, whole.Exit, whole.Output)
		}
		calls += len(whole.Calls)
		for i, way := range faultWays {
			t.Run(c.name+" "+way.name, func(t *testing.T) {
				step, err := strconv.Atoi(os.Getenv(faultWhole))
				first := 1 + i%max(1, step)
				if err != nil || step < 1 { // one of each, another one for each way
					step = len(whole.Calls)
					first = 1 + step*(2*i+1)/(2*len(faultWays))
				}
				for at := first; ; at += step {
					dir := copied(t, template)
					cut := way.cut
					cut.At = at
					r := faultRun(t, c.name, dir, cut)
					if !r.Cut {
						break
					}
					runs++
					last := r.Calls[min(at, len(r.Calls))-1]
					checkFault(t, c, dir, r, fmt.Sprintf("call %d of %d, %s %s %s", at, len(whole.Calls), last.Name, filepath.Base(last.Path), filepath.Base(last.To)))
					os.RemoveAll(dir)
				}
			})
		}
	}
	t.Logf("%d cases with %d calls that change the disk, cut in %d ways: %d runs", len(faultCases), calls, len(faultWays), runs)
}

// memoryDir is a folder in memory: what counts are the calls, and a disk would
// only make them slow.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "beckmanconnect-fault-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func copied(t *testing.T, from string) string {
	t.Helper()
	dir := memoryDir(t)
	if err := copyTree(dir, from); err != nil {
		t.Fatal(err)
	}
	return dir
}

func faultRun(t *testing.T, name, dir string, cut cutpower.Cut) cutpower.Result {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), faultPlan+"="+name+"|"+dir)
	cut.Dir, cut.Watched = dir, true
	r, err := cutpower.Run(t.Context(), cmd, cut)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func checkFault(t *testing.T, c faultCase, dir string, r cutpower.Result, where string) {
	t.Helper()
	if strings.Contains(r.Output, "panic") || strings.Contains(r.Output, "fatal") {
		t.Fatalf("%s: %s", where, r.Output)
	}
	acknowledged := int64(0)
	for line := range strings.Lines(r.Output) {
		var n int64
		if _, err := fmt.Sscanf(line, "ack %d", &n); err == nil {
			acknowledged = max(acknowledged, n)
		}
		// A disk that fails is told as that, never as a damaged log.
		if f := strings.Fields(line); len(f) > 1 && f[0] == "error" && f[1] != "io" && f[1] != "disk-full" && f[1] != "read-only" {
			t.Errorf("%s: told as %s", where, line)
		}
	}
	s, err := Open(context.Background(), faultOptions(dir))
	if err != nil {
		t.Fatalf("%s: it does not open afterwards: %v\n%s", where, err, r.Output)
	}
	defer s.Close()
	if entries := s.LogState().Entries; entries < acknowledged {
		t.Errorf("%s: %d entries, %d were acknowledged", where, entries, acknowledged)
	}
	var ours int64
	list, _, err := s.Entries(context.Background(), 0, 1000)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	for _, e := range list {
		if e.Kind == "fault.test" {
			ours++
		}
		if len(e.Damaged) > 0 || e.Kind == "fault.test" && e.Personal["name"] != "Erika" {
			t.Errorf("%s: entry %d: %+v", where, e.Index, e)
		}
	}
	if ours%3 != 0 {
		t.Errorf("%s: half a transaction", where)
	}
	asides, err := s.SetAsides(context.Background())
	if err != nil || len(asides) != c.asides {
		t.Errorf("%s: %d logs are set aside (%v)\n%s", where, len(asides), err, r.Output)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, logproof.PendingFile)); left != nil {
		t.Errorf("%s: left behind: %q", where, left)
	}
	if c.check != nil {
		c.check(t, dir, r.Output, s, where)
	}
	if err := s.Update(context.Background(), func(tx *Tx) error { _, err := tx.Append(Entry{Kind: "a.b", Actor: "system"}); return err }); err != nil {
		t.Errorf("%s: it does not go on: %v", where, err)
	}
	if f := verifyLive(t, s).Fault; f != nil {
		t.Errorf("%s: %v", where, f)
	}
}

// checkArchived: every entry is in the file, in the database, or in both.
func checkArchived(t *testing.T, dir, _ string, s *Store, where string) {
	t.Helper()
	before := verifyLive(t, s)
	if before.Fault != nil || before.Away != nil || before.Entries != s.LogState().Entries {
		t.Errorf("%s: %+v", where, before)
	}
	if _, err := s.Archive(context.Background(), s.opt.Now().Add(1e12), 1, "it"); err != nil {
		t.Errorf("%s: archiving again: %v", where, err)
	}
	if r := verifyLive(t, s); r.Fault != nil || r.Archived != 512 {
		t.Errorf("%s: %+v", where, r)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, logproof.ArchiveDir, "*.new*")); left != nil {
		t.Errorf("%s: left behind: %q", where, left)
	}
}

// checkBackup: one that was told as made opens; nothing of it stays otherwise.
func checkBackup(t *testing.T, dir, output string, s *Store, where string) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(dir, backupTemp)); left != nil {
		t.Errorf("%s: left behind: %q", where, left)
	}
	if !strings.Contains(output, "made\n") {
		return
	}
	f, err := os.Open(filepath.Join(dir, "out.bcbackup"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, _, err := logbackup.Open(f, logbackup.Secret{Private: faultKey()})
	if err == nil {
		_, _, err = logbackup.Unpack(plain, t.TempDir())
	}
	if err != nil {
		t.Errorf("%s: a backup that was made does not open: %v", where, err)
	}
}

// checkAside: the old log is there whole, and named.
func checkAside(t *testing.T, dir, _ string, s *Store, where string) {
	t.Helper()
	asides, err := s.SetAsides(context.Background())
	if err != nil || len(asides) != 1 {
		return // told already
	}
	folder := filepath.Join(dir, logproof.AsideDir, asides[0].Name)
	found, err := logproof.Salvage(context.Background(), filepath.Join(folder, logproof.FileName), filepath.Join(folder, KeysDir, keys.CheckpointPublic), nil)
	if err != nil || found.Read != 301 || found.Pages {
		t.Errorf("%s: %+v %v", where, found, err)
	}
	if asides[0].Entries != 301 && asides[0].Why == logproof.AsideKeys {
		t.Errorf("%s: %+v", where, asides[0])
	}
}
