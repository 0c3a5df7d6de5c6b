//go:build linux && amd64

// Package cutpower runs a program under the eyes of ptrace and cuts it short
// at one of its system calls that change the disk: the whole of it is killed
// there, with all its threads and children, or the disk is full from there on,
// or that one call fails. Called with 1, 2, 3 … until a run comes through, it
// has cut everywhere (scenarios 41, 47, 50). It is for tests alone.
package cutpower

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Cut says what counts and where to cut.
type Cut struct {
	Dir string // only calls that change something below it count
	At  int    // the call to cut at, from 1; 0: none
	// Torn does half of the call if it is a write, and kills after that.
	Torn bool
	// Full kills nothing: this call and all later ones that need space fail
	// with "no space left on device".
	Full bool
	// Fail kills nothing: this one call, and no other, is not made and gives
	// this error.
	Fail unix.Errno
	// Watched: the program calls Watched before anything that counts.
	Watched bool
}

// Call is one that counted.
type Call struct {
	Name string // "write", "rename", …
	Path string
	To   string // of a rename
}

// Result is how a run went.
type Result struct {
	Calls  []Call // those that were begun, in order
	Cut    bool   // it came to the call that was to be cut
	Exit   int    // exit code, -1 after a kill
	Output string
}

// Run runs cmd, whose output and process attributes must not be set. An error
// is about the tracing; how the program ended is in the result.
func Run(ctx context.Context, cmd *exec.Cmd, cut Cut) (Result, error) {
	// ptrace belongs to a thread. It is not given back: it is not known what
	// state it is in.
	type answer struct {
		result Result
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		runtime.LockOSThread()
		r, err := run(ctx, cmd, cut)
		done <- answer{r, err}
	}()
	a := <-done
	if a.err != nil {
		return a.result, fmt.Errorf("cutpower: %w", a.err)
	}
	return a.result, nil
}

func run(ctx context.Context, cmd *exec.Cmd, cut Cut) (Result, error) {
	out, err := os.CreateTemp("", "cutpower-")
	if err != nil {
		return Result{}, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return Result{}, err
	}
	t := &tracer{cut: cut, root: cmd.Process.Pid, exit: -1, open: map[int]pending{}, errno: unix.ENOSPC}
	if cut.Fail != 0 {
		t.errno = cut.Fail
	}
	defer context.AfterFunc(ctx, t.kill)()
	err = t.trace()
	err = errors.Join(err, cmd.Process.Release())
	text, readErr := os.ReadFile(out.Name())
	return Result{Calls: t.calls, Cut: t.reached, Exit: t.exit, Output: string(text)}, errors.Join(err, readErr, ctx.Err())
}

// tracer follows one program with all that it starts.
type tracer struct {
	cut     Cut
	root    int
	calls   []Call
	reached bool
	exit    int
	open    map[int]pending // by thread: what to do when its present call ends
	errno   unix.Errno      // of failThen
}

// pending is what happens at a call's end.
type pending int

const (
	nothing pending = iota
	killThen
	failThen
)

func (t *tracer) kill() { _ = unix.Kill(-t.root, unix.SIGKILL) }

const (
	options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK |
		unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESECCOMP
	wNoThread = 0x20000000 // only what this thread started or traces
	callStop  = unix.SIGTRAP | 0x80
)

func (t *tracer) trace() error {
	var status unix.WaitStatus
	if _, err := unix.Wait4(t.root, &status, unix.WALL, nil); err != nil {
		return fmt.Errorf("first stop: %w", err)
	}
	if err := unix.PtraceSetOptions(t.root, options); err != nil {
		t.kill()
		return fmt.Errorf("options: %w", err)
	}
	if err := t.goOn(t.root, 0); err != nil {
		t.kill()
		return fmt.Errorf("go on: %w", err)
	}
	for {
		pid, err := unix.Wait4(-1, &status, unix.WALL|wNoThread, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ECHILD):
			return nil // all of it has ended
		case err != nil:
			t.kill()
			return fmt.Errorf("wait: %w", err)
		case status.Exited() && pid == t.root:
			t.exit = status.ExitStatus()
		}
		if !status.Stopped() {
			delete(t.open, pid)
			continue
		}
		if err := t.stopped(pid, status); err != nil && !errors.Is(err, unix.ESRCH) { // it was killed meanwhile
			t.kill()
			return err
		}
	}
}

// stopped has a thread go on from where it stopped.
func (t *tracer) stopped(pid int, status unix.WaitStatus) error {
	deliver := 0
	switch s := status.StopSignal(); {
	case int(s) == int(callStop):
		if err := t.call(pid); err != nil {
			return err
		}
	case status.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
		if err := t.call(pid); err != nil {
			return err
		}
	case s == unix.SIGTRAP || s == unix.SIGSTOP: // of tracing: a thread, a child, a program
	default:
		deliver = int(s)
	}
	return t.goOn(pid, deliver)
}

// goOn lets a thread run to its next stop. One that stops at the calls that
// count by itself is held at the end of those that are cut, and nowhere else.
func (t *tracer) goOn(pid, deliver int) error {
	if t.cut.Watched && t.open[pid] == nothing {
		return unix.PtraceCont(pid, deliver)
	}
	return unix.PtraceSyscall(pid, deliver)
}

// call is a thread at the beginning or the end of a system call.
func (t *tracer) call(pid int) error {
	info, err := infoOf(pid)
	if err != nil {
		return err
	}
	switch info.Op {
	case atEntry:
		if t.cut.Watched {
			return nil
		}
		return t.entry(pid, info)
	case atFilter:
		return t.entry(pid, info)
	case atExit:
		do := t.open[pid]
		delete(t.open, pid)
		switch do {
		case killThen:
			t.kill()
		case failThen:
			return setResult(pid, t.errno)
		}
	}
	return nil
}

func (t *tracer) entry(pid int, info callInfo) error {
	call, kind := describe(pid, info)
	if kind == other || !below(t.cut.Dir, call.Path) && !below(t.cut.Dir, call.To) || t.reached && !t.cut.Full && t.cut.Fail == 0 {
		return nil
	}
	t.calls = append(t.calls, call)
	if t.cut.At == 0 || len(t.calls) < t.cut.At || t.cut.Fail != 0 && t.reached {
		return nil
	}
	t.reached = true
	switch {
	case t.cut.Fail != 0:
		t.open[pid] = failThen
		return skip(pid)
	case t.cut.Full && kind.needsSpace():
		t.open[pid] = failThen
		return skip(pid)
	case t.cut.Full:
		return nil
	case t.cut.Torn && kind == writes && info.Args[2] > 1:
		t.open[pid] = killThen
		return halve(pid)
	}
	t.kill() // the call itself is not made any more
	return nil
}
