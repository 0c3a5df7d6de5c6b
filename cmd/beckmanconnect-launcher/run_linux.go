package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"beckmanconnect/internal/winservice"
)

// slack is how late the kernel may end a nap of the programs.
const slack = time.Millisecond

// run becomes the program: same process, same handles, nothing in between.
func run(program string, args []string) error {
	// Go's scheduler has a thread that looks after the others every 20 µs while
	// anything runs. In programs that have little to do, and that often, its
	// naps took a fifth of their processor time. What a thread has when it
	// becomes another program, all threads of that program begin with.
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack.Nanoseconds()), 0, 0, 0) // without it they only cost more
	return fmt.Errorf("start %s: %w", program, syscall.Exec(program, append([]string{program}, args...), os.Environ()))
}

// manage is for Windows: systemd needs nobody between itself and a service.
func (launcher) manage([]string) error {
	return fmt.Errorf("%s is for Windows' service manager", winservice.ManagedFlag)
}

// damaged tells whether run failed because the file is not a program.
func damaged(err error) bool {
	return errors.Is(err, syscall.ENOEXEC) || errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EACCES)
}
