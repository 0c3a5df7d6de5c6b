package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/racetest"
	"beckmanconnect/store/keys"
)

// crashDir, set, makes this test program the child that is killed.
const (
	crashDir  = "BECKMANCONNECT_TEST_CRASH_DIR"
	rotateDir = "BECKMANCONNECT_TEST_ROTATE_DIR" // the same, changing keys
)

func TestMain(m *testing.M) {
	for variable, child := range map[string]func(string) error{crashDir: crashChild, rotateDir: rotateChild} {
		if dir := os.Getenv(variable); dir != "" {
			if err := child(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	if plan := os.Getenv(faultPlan); plan != "" {
		os.Exit(faultChild(plan))
	}
	// Changes made and looked for one after the other; of programs that are cut
	// off nobody would read what the race detector found.
	os.Exit(racetest.Main(m, "TestFaultAtEachWrite", "TestRandomChanges", "TestVerifyFindsEveryChangedByte", "TestVerifyFlippedFileByte", "TestVerifyFlippedWALByte",
		"TestVerifyFindsTampering", "TestVerifyFindsTamperedArchives"))
}

// crashChild writes until it is killed and says aloud what was acknowledged.
func crashChild(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Dir: dir})
	if err != nil {
		return err
	}
	for {
		var idx int64
		var seq uint64
		err := s.Update(ctx, func(tx *Tx) error {
			var err error
			for range 3 {
				if idx, err = tx.Append(Entry{Kind: "a.b", Actor: "system", Personal: map[string]string{"name": "Erika"}}); err != nil {
					return err
				}
			}
			if seq, err = tx.Enqueue("status", []byte("x")); err != nil {
				return err
			}
			return tx.SetSetting("last", strconv.FormatInt(idx, 10))
		})
		if err != nil {
			return err
		}
		fmt.Println(idx, seq)
	}
}

// scenario 47: killed at any moment, the service finds everything it ever
// acknowledged, whole transactions only, and a log that proves itself.
func TestKilledWhileWriting(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	for round := range 12 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashDir+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged int64
		var sent uint64
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if _, err := fmt.Sscan(lines.Text(), &acknowledged, &sent); err != nil {
				break // the last line may be cut by the kill
			}
			if n == 3+round*17 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		err = child.Wait()
		if err == nil || !strings.Contains(err.Error(), "killed") && !strings.Contains(err.Error(), "exit status 1") {
			t.Fatal("the child was not killed:", err)
		}
		checkAfterCrash(t, ctx, dir, acknowledged, sent)
	}
}

// killAfter kills a child once it has said so many lines.
func killAfter(child *exec.Cmd, out io.Reader, lines int) {
	said := bufio.NewScanner(out)
	for n := 0; said.Scan(); n++ {
		if n == lines {
			_ = child.Process.Kill()
		}
	}
}

func checkAfterCrash(t *testing.T, ctx context.Context, dir string, acknowledged int64, sent uint64) {
	t.Helper()
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	// Before anyone repairs it: what lies there is read with its WAL.
	r, err := logproof.Verify(ctx, logproof.Config{Path: filepath.Join(dir, logproof.FileName), Verifiers: verifiers})
	if err != nil || r.Fault != nil {
		t.Fatal(err, r.Fault)
	}
	s, err := Open(ctx, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entries := s.LogState().Entries
	if entries != r.Entries || entries <= acknowledged || (entries-1)%3 != 0 {
		t.Fatalf("%d entries, verified %d, acknowledged up to %d", entries, r.Entries, acknowledged)
	}
	if last, _, err := s.Setting(ctx, "last"); err != nil || last != strconv.FormatInt(entries-1, 10) {
		t.Fatal("half a transaction:", last, entries, err)
	}
	if n, err := s.number(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'"); err != nil || n < sent {
		t.Fatal("outbox numbers went back:", n, sent, err)
	}
}
