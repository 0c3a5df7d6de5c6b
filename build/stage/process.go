package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Command is one program of the stage: a display server, the cloud, a service.
type Command struct {
	Name    string // names its log file
	Path    string // program
	Args    []string
	Env     []string   // added to the stage's own
	Restart bool       // started again when it ends, as systemd or the SCM would
	Files   []*os.File // inherited from file descriptor 3 on
}

// Process is a started Command. Its output goes to logs/NAME.log.
type Process struct {
	command Command
	logs    string

	mu      sync.Mutex
	current *exec.Cmd
	stopped bool
	done    chan struct{}
}

// restartPause keeps a program that cannot start from eating the machine.
const restartPause = 300 * time.Millisecond

// start runs c until Stop; the first start's error is returned at once.
func start(logs string, c Command) (*Process, error) {
	p := &Process{command: c, logs: logs, done: make(chan struct{})}
	cmd, err := p.launch()
	if err != nil {
		return nil, err
	}
	go p.watch(cmd)
	return p, nil
}

func (p *Process) launch() (*exec.Cmd, error) {
	out, err := os.OpenFile(filepath.Join(p.logs, p.command.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("stage: log of %s: %w", p.command.Name, err)
	}
	defer out.Close()
	cmd := exec.Command(p.command.Path, p.command.Args...)
	cmd.Env = append(os.Environ(), p.command.Env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = p.command.Files
	// A group of its own: Ctrl-C reaches the stage alone, which then ends
	// everything in order; a stage that dies takes its processes with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil, errors.New("stage: already stopped")
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("stage: start %s: %w", p.command.Name, err)
	}
	p.current = cmd
	return cmd, nil
}

func (p *Process) watch(cmd *exec.Cmd) {
	defer close(p.done)
	for {
		_ = cmd.Wait() // how it ended stands in its log
		p.mu.Lock()
		again := p.command.Restart && !p.stopped
		p.mu.Unlock()
		if !again {
			return
		}
		time.Sleep(restartPause)
		next, err := p.launch()
		if err != nil {
			return
		}
		cmd = next
	}
}

// PID of the run that is on now; 0 when there is none.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil || p.current.Process == nil {
		return 0
	}
	return p.current.Process.Pid
}

// Kill ends the present run as a crash would (SIGKILL); a Restart command
// comes back.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

// Done is closed when the program has ended for good.
func (p *Process) Done() <-chan struct{} { return p.done }

func (p *Process) signal(sig syscall.Signal) {
	if pid := p.PID(); pid != 0 {
		_ = syscall.Kill(pid, sig)
	}
}

// Stop asks the program to end, and after grace makes it.
func (p *Process) Stop(grace time.Duration) {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace):
		if pid := p.PID(); pid != 0 {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
		<-p.done
	}
}

// run executes a short command to its end and returns what it printed.
func run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("stage: %s %v: %w: %s", filepath.Base(name), args, err, lastLine(out))
	}
	return string(out), nil
}

func lastLine(out []byte) string {
	const most = 300
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return string(out)
}

// Until polls check every 50 ms until it is true, and says what was waited for
// when ctx ends first. The stage watches other programs from outside, where
// there is nothing to be notified by.
func Until(ctx context.Context, what string, check func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		ok, err := check()
		if ok {
			return nil
		}
		last = err
		select {
		case <-ctx.Done():
			if last != nil {
				return fmt.Errorf("waited in vain for %s: %w", what, last)
			}
			return fmt.Errorf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}
