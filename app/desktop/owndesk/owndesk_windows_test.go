package owndesk

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// TestMain plays the second program when it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "--prompt-only" {
		name, err := ThreadName()
		fmt.Println("on", name, err, strings.Join(os.Args[2:], "|"))
		g := NewGuard(os.Stdin, os.Stdout, BackToShared)
		g.Ready("q")
		<-g.Over()
		fmt.Println("over")
		os.Exit(3)
	}
	os.Exit(m.Run())
}

// The calls that Wine has, too: a desktop is made, this program started on it
// with its words as they are, heard, and ended with its desktop.
func TestOpen(t *testing.T) {
	opened, err := Native().Open([]string{"--prompt-only", `C:\a folder\host "x".toml`, ""})
	if err != nil {
		t.Fatal(err)
	}
	p := opened.(*place)
	line, more := p.Said()
	if want := "on " + p.name + ` <nil> C:\a folder\host "x".toml|`; line != want || !more {
		t.Fatalf("said %q, want %q", line, want)
	}
	if line, more = p.Said(); line != "ready 71" || !more {
		t.Fatalf("said %q", line)
	}
	if !IsOurs(p.name) || p.Facing() != Shared {
		t.Errorf("%s faces %v before it is switched to", p.name, p.Facing())
	}
	if err := p.Back(); err != nil {
		t.Errorf("back from nowhere: %v", err)
	}
	p.Close()
	if more := p.said.Scan(); more && p.said.Text() != "over" {
		t.Errorf("said %q", p.said.Text())
	}
	if name, err := ThreadName(); err != nil || name != sharedName {
		t.Errorf("this program is on %q: %v", name, err)
	}
	if name, err := InputName(); err != nil || name != sharedName {
		t.Errorf("%q shows: %v", name, err)
	}
	if shows, window := LookInput(); shows || window {
		t.Error("one of ours shows")
	}
}

// A second program that does not end by itself is ended.
func TestMissingProgram(t *testing.T) {
	opened, err := Native().Open([]string{"-test.run", "nothing"})
	if err != nil {
		t.Fatal(err)
	}
	p := opened.(*place)
	_, _ = io.Copy(io.Discard, bufio.NewReader(p.out))
	<-p.ended
	p.Close()
}
