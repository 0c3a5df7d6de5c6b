package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// processTime is the processor time of all threads of a process, also of those
// that have ended. The kernel counts it in nanoseconds; /proc shows the same in
// hundredths of a second, which is too coarse for ten seconds of typing.
func processTime(pid int) (time.Duration, error) {
	const sched = 2 // the clock of what the scheduler gave the whole process
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// programs are those a bench starts besides the product. They end with it.
type programs struct {
	dir string // of their logs and of their home
	mu  sync.Mutex
	all []*started
}

// started is one of them.
type started struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
}

// start runs a program until stop. Files are its descriptors from 3 on.
func (p *programs) start(name string, env []string, files []*os.File, path string, args ...string) (*started, error) {
	found, err := exec.LookPath(path)
	if err != nil {
		return nil, fmt.Errorf("%s is not installed: %w", path, err)
	}
	log, err := os.OpenFile(filepath.Join(p.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &started{name: name, cmd: exec.Command(found, args...), done: make(chan struct{})}
	// Displays are X; x11vnc gives up where the other variable only exists.
	s.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "WAYLAND_DISPLAY=") })
	s.cmd.Env = append(append(s.cmd.Env, "HOME="+p.dir), env...)
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.ExtraFiles = log, log, files
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // how it ended stands in its log
	}()
	p.mu.Lock()
	p.all = append(p.all, s)
	p.mu.Unlock()
	return s, nil
}

func (s *started) pid() int { return s.cmd.Process.Pid }

// stop asks the program to end, and after a while makes it.
func (s *started) stop() {
	select {
	case <-s.done:
		return
	default:
	}
	_ = syscall.Kill(-s.pid(), syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(2 * time.Second):
		_ = syscall.Kill(-s.pid(), syscall.SIGKILL)
		<-s.done
	}
}

// stop ends all of them, the newest first.
func (p *programs) stop() {
	p.mu.Lock()
	all := p.all
	p.all = nil
	p.mu.Unlock()
	for i := len(all) - 1; i >= 0; i-- {
		all[i].stop()
	}
}

// display starts an X server under a number far from everybody's; see xserver in
// build/stage.
func (p *programs) display(name, path string, args ...string) (display string, server *started, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	display = fmt.Sprintf(":%d", 100+rand.N(50_000))
	server, err = p.start(name, nil, []*os.File{w}, path, append([]string{display, "-displayfd", "3", "-nolisten", "tcp", "-noreset", "-dpi", "96"}, args...)...)
	w.Close()
	if err != nil {
		return "", nil, err
	}
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", nil, err
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		return "", nil, fmt.Errorf("%s did not come up (see %s.log): %w", path, name, err)
	}
	return display, server, nil
}

// xvfb is a bare screen of the bench's size.
func (p *programs) xvfb(name string) (display string, err error) {
	display, _, err = p.display(name, "Xvfb", "-screen", "0", "1920x1080x24", "+extension", "GLX")
	return display, err
}

// processesOf finds the processes of a program by its file's name, below a
// folder.
func processesOf(folder, program string) ([]int, error) {
	all, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []int
	for _, entry := range all {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		file, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err == nil && filepath.Base(file) == program && strings.HasPrefix(file, folder+"/") {
			found = append(found, pid)
		}
	}
	return found, nil
}

// processes are those that do the work of a session on the PC: the service and
// the desktop helper. Tray and window program do none of it; what they cost is
// told apart.
func (r *rig) processes() ([]int, error) {
	helper, err := processesOf(r.pc.Dir, "beckmanconnect-desktop")
	if err != nil {
		return nil, err
	}
	return append(helper, r.pc.Service.PID()), nil
}

// beside are the tray and the window program, which shows the session bar.
func (r *rig) beside() (time.Duration, error) {
	var sum time.Duration
	for _, program := range []string{"beckmanconnect-tray", "beckmanconnect"} {
		pids, err := processesOf(r.pc.Dir, program)
		if err != nil {
			return 0, err
		}
		for _, pid := range pids {
			if t, err := processTime(pid); err == nil {
				sum += t
			}
		}
	}
	return sum, nil
}
