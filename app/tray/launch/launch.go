// Package launch starts the other programs of the log-on: the window program
// and the desktop helper. Both lie beside the tray's own program file, so that
// a version never starts another version's.
package launch

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"beckmanconnect/app/desktop/start"
	"beckmanconnect/ipc/hostpb"
)

// Config of a launcher.
type Config struct {
	Folder     string // of the programs; empty: where this one lies
	ConfigFile string // passed on as --config
	Log        *slog.Logger
}

// Launcher implements tray.Launcher.
type Launcher struct {
	config Config
	ended  chan struct{}

	mu     sync.Mutex
	window *child
	helper *child
}

// WindowVariable hands a window program that runs from one version of the
// tray to the next.
const WindowVariable = "BECKMANCONNECT_WINDOW"

// New makes a launcher. The window program that the version of the tray before
// it started, if there is one, is taken over.
func New(c Config) (*Launcher, error) {
	if c.Folder == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("launch: where the programs are: %w", err)
		}
		c.Folder = filepath.Dir(self)
	}
	l := &Launcher{config: c, ended: make(chan struct{}, 1)}
	inherited := os.Getenv(WindowVariable)
	if err := os.Unsetenv(WindowVariable); err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	if pid, err := strconv.Atoi(inherited); err == nil && pid > 1 {
		l.inherit(pid)
	}
	return l, nil
}

// inherit takes over a window program. On Linux it is still a child of this
// process, whose program is another one now, and of nobody else.
func (l *Launcher) inherit(pid int) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	c := &child{process: process, done: make(chan struct{})}
	l.window = c
	go func() {
		_, err := process.Wait()
		l.config.Log.Info("program ended", "program", "beckmanconnect", "result", fmt.Sprint(err))
		close(c.done)
	}()
	l.tellEnd(c)
}

// Bequest is what New of the next version has to find in its environment, ""
// for nothing.
func (l *Launcher) Bequest() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.window.running() {
		return ""
	}
	return WindowVariable + "=" + strconv.Itoa(l.window.process.Pid)
}

// child is a started program.
type child struct {
	process *os.Process
	in      io.Closer // its standard input; closing it tells the helper to end
	done    chan struct{}
}

func (c *child) running() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// Window implements tray.Launcher. While a window program that was started
// here still runs, it is the one that will show itself.
func (l *Launcher) Window(view string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.window.running() {
		return nil
	}
	c, err := l.start("beckmanconnect", []string{"--view", view}, nil)
	if err != nil {
		return err
	}
	l.window = c
	l.tellEnd(c)
	return nil
}

func (l *Launcher) tellEnd(c *child) {
	go func() {
		<-c.done
		select {
		case l.ended <- struct{}{}:
		default: // one is waiting already
		}
	}()
}

// WindowEnded implements tray.Launcher.
func (l *Launcher) WindowEnded() <-chan struct{} { return l.ended }

// Desktop implements tray.Launcher. The token goes through a pipe that only
// the helper inherits; it is never an argument or in the environment.
func (l *Launcher) Desktop(wanted *hostpb.DesktopWanted) error {
	l.StopDesktop()
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("launch: %w", err)
	}
	defer r.Close()
	if err := start.Write(w, wanted); err != nil { // fits into the pipe
		w.Close()
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c, err := l.start("beckmanconnect-desktop", nil, r)
	if err != nil {
		w.Close()
		return err
	}
	c.in = w
	l.helper = c
	return nil
}

// StopDesktop implements tray.Launcher. It returns when the helper is gone: no
// input may come after the session's end.
func (l *Launcher) StopDesktop() {
	l.mu.Lock()
	c := l.helper
	l.helper = nil
	l.mu.Unlock()
	if c == nil {
		return
	}
	c.in.Close()
	if !c.waitShortly() {
		_ = c.process.Kill() // it ends either way
		<-c.done
	}
}

// start starts a program that ends with this one at the latest if it holds a
// handle of ours; windows live on.
func (l *Launcher) start(name string, args []string, in *os.File) (*child, error) {
	file := name
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	path := filepath.Join(l.config.Folder, file)
	if l.config.ConfigFile != "" {
		args = append([]string{"--config", l.config.ConfigFile}, args...)
	}
	cmd := exec.Command(path, args...)
	cmd.Stderr = os.Stderr
	if in != nil {
		cmd.Stdin = in
	}
	tie, err := prepare(cmd, in != nil)
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("launch %s: %w", name, err)
	}
	if err := tie(); err != nil {
		err = errors.Join(err, cmd.Process.Kill())
		_ = cmd.Wait()
		return nil, fmt.Errorf("launch %s: %w", name, err)
	}
	c := &child{process: cmd.Process, done: make(chan struct{})}
	go func() {
		err := cmd.Wait()
		l.config.Log.Info("program ended", "program", name, "result", fmt.Sprint(err))
		close(c.done)
	}()
	return c, nil
}
