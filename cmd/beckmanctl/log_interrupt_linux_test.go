package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/store"
)

// Ctrl-C, or the system's wish to end, stops an export that is under way:
// nothing of it stays, and the program says so (real process and signal).
func TestInterruptedExportLeavesNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s, err := store.Open(t.Context(), store.Options{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		fields[name] = strings.Repeat("\u202e", store.MaxText/3) // long to escape
	}
	for range 20 {
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			for range 100 {
				if _, err := tx.Append(store.Entry{Kind: "config.changed", Actor: "it", Fields: fields}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		out := t.TempDir()
		var said bytes.Buffer
		ctl := &exec.Cmd{
			Path: os.Args[0], Args: []string{"beckmanctl", "log", "export", "--db", s.Path(), "--format", "jsonl", "--out", filepath.Join(out, "log.jsonl")}, Stderr: &said,
		}
		if err := ctl.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- ctl.Wait() }()
		for part := []string(nil); len(part) == 0; {
			if part, err = filepath.Glob(filepath.Join(out, ".log.jsonl.part-*")); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-ended:
				t.Fatalf("%v: it ended before it could be stopped: %v\n%s", how, err, said.String())
			case <-time.After(time.Millisecond): // then look again
			}
		}
		if err := ctl.Process.Signal(how); err != nil {
			t.Fatal(err)
		}
		<-ended
		if ctl.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "interrupted, nothing was written") {
			t.Errorf("%v: %v, %s", how, ctl.ProcessState, said.String())
		}
		if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
			t.Errorf("%v left %v, %v", how, left, err)
		}
	}
}
