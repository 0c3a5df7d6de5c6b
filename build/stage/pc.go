package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// PC is one instrument PC: its configuration, its two services and, where
// asked for, the tray.
type PC struct {
	house   *House
	system  system
	install string
	Name    string
	Dir     string
	Config  string // host.toml
	Socket  string // of the service; on Windows the pipe's name
	Log     string // the sample instrument's log file
	Folder  string // the watched file system, "" when there is none
	Service *Process
	Upgrade *Process
	Tray    *Process
	Window  *Process // of OpenWindow
}

// PCConfig describes an instrument PC.
type PCConfig struct {
	Name   string
	Policy string // site policy in TOML; empty: no policy
	Folder string // folder whose file system is watched
	// Upgrades is how often upgrades are looked for, 0: every 10 s.
	Upgrades time.Duration
	// Wine is the Windows this PC runs; nil: Linux.
	Wine *Wine
}

// AddPC installs the host's programs under the PC's own folder and starts its
// services.
func (h *House) AddPC(ctx context.Context, c PCConfig) (*PC, error) {
	pc := &PC{house: h, system: linuxSystem{h}, Name: c.Name, Folder: c.Folder}
	if c.Wine != nil {
		pc.system = c.Wine
	}
	pc.Dir, pc.install = pc.system.folders(c.Name)
	var upgrades string
	var err error
	if pc.Socket, upgrades, err = pc.system.pipes(c.Name); err != nil {
		return nil, err
	}
	pc.Log = filepath.Join(pc.Dir, "instrument", "sample.log")
	pc.Config = filepath.Join(pc.Dir, "host.toml")
	for _, dir := range []string{filepath.Dir(pc.Log), pc.Data(), pc.install} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("stage: %w", err)
		}
	}
	if _, err := os.Stat(pc.Log); os.IsNotExist(err) {
		if err := os.WriteFile(pc.Log, nil, 0o600); err != nil {
			return nil, fmt.Errorf("stage: %w", err)
		}
	}
	policy := filepath.Join(pc.Dir, "site-policy.note")
	if c.Policy != "" {
		source := filepath.Join(pc.Dir, "site-policy.toml")
		if err := os.WriteFile(source, []byte(c.Policy), 0o600); err != nil {
			return nil, fmt.Errorf("stage: %w", err)
		}
		if _, err := run(ctx, nil, h.bin("beckmanconnect-cloud"), "policy", "sign", "--key", filepath.Join(h.Keys(), "policy.key"), "--in", source, "--out", policy); err != nil {
			return nil, err
		}
	}
	scanner := h.scanner
	if scanner == "" {
		scanner = filepath.Join(pc.Dir, "no-scanner") // never the machine's own
	}
	roots := h.Roots()
	if c.Wine != nil { // they come with the installation
		roots = filepath.Join(pc.Dir, "trust")
		if err := os.CopyFS(roots, os.DirFS(h.Roots())); err != nil {
			return nil, fmt.Errorf("stage: %w", err)
		}
	}
	native := pc.system.native
	text := fmt.Sprintf(`data = %q
socket = %q
upgrade_socket = %q
trust = %q
policy = %q
install = %q
scanner = %q
region = "eu"

[cloud]
url = %q

[instrument]
profile = "sample"
log = %q
folder = %q

[upgrade]
interval = %q
watch = "10s"
`, native(pc.Data()), pc.Socket, upgrades, native(roots), native(policy), native(pc.install), native(scanner), h.cloud, native(pc.Log), native(c.Folder), cmp.Or(c.Upgrades, 10*time.Second))
	if err := os.WriteFile(pc.Config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	// As a package does it: the archive becomes the current version, behind
	// the launchers in bin/.
	programs, packed := h.config.Bin, h.config.Package
	if c.Wine != nil {
		programs, packed = c.Wine.config.Programs, c.Wine.config.Package
	}
	if packed, err = h.signed(packed); err != nil {
		return nil, err
	}
	if _, err := pc.runProgram(ctx, filepath.Join(programs, pc.system.program("beckmanconnect-upgrade")), "--config", native(pc.Config), "adopt",
		"--package", native(packed), "--launcher", native(filepath.Join(programs, pc.system.program("beckmanconnect-launcher")))); err != nil {
		return nil, err
	}
	if pc.Upgrade, err = pc.start("upgrade", "beckmanconnect-upgrade"); err != nil {
		return nil, err
	}
	return pc, pc.StartService(ctx)
}

// Data is the service's folder.
func (p *PC) Data() string { return filepath.Join(p.Dir, "data") }

// StartService starts the service, also again after Service.Stop, and waits
// until it answers.
func (p *PC) StartService(ctx context.Context) (err error) {
	if p.Service, err = p.start("service", "beckmanconnect-service"); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	return Until(wait, p.Name+"'s service (see logs)", func() (bool, error) { _, err := p.Ctl(wait, "status", "--json"); return err == nil, err })
}

// Program is the path of an installed program: the stable launcher, which
// starts the current version.
func (p *PC) Program(name string) string {
	return filepath.Join(p.install, "bin", p.system.program(name))
}

func (p *PC) start(name, program string) (*Process, error) {
	process, err := start(p.house.dir("logs"), p.command(Command{Name: p.Name + "-" + name, Path: p.Program(program), Restart: true}))
	if err != nil {
		return nil, err
	}
	p.house.stop = append(p.house.stop, func() { process.Stop(8 * time.Second) })
	return process, nil
}

// LogOn starts the tray on a display, as a log-on of the technician would.
func (p *PC) LogOn(d *Display, env ...string) error {
	if p.Tray != nil {
		return errors.New("stage: the technician is logged on already")
	}
	process, err := start(p.house.dir("logs"), p.command(Command{Name: p.Name + "-tray", Path: p.Program("beckmanconnect-tray"), Env: append(d.Env(), env...), Restart: true}))
	if err != nil {
		return err
	}
	p.Tray = process
	p.house.stop = append(p.house.stop, func() { process.Stop(5 * time.Second) })
	return nil
}

// OpenWindow starts the window program on a display at a view, without a tray.
func (p *PC) OpenWindow(d *Display, view string, env ...string) error {
	process, err := start(p.house.dir("logs"), p.command(Command{Name: p.Name + "-window", Path: p.Program("beckmanconnect"), Args: []string{"--view", view}, Env: append(d.Env(), env...)}))
	if err != nil {
		return err
	}
	p.Window = process
	p.house.stop = append(p.house.stop, func() { process.Stop(5 * time.Second) })
	return nil
}

// Ctl runs beckmanctl against this PC and returns what it printed.
func (p *PC) Ctl(ctx context.Context, args ...string) (string, error) {
	return p.runProgram(ctx, p.Program("beckmanctl"), append([]string{"--config", p.Native(p.Config)}, args...)...)
}

// Native is how the PC's programs are told of a path of this machine.
func (p *PC) Native(path string) string { return p.system.native(path) }

// Dial is a client of the service from outside the PC, as the same technician;
// nil means that any client of this machine reaches it.
func (p *PC) Dial() func(context.Context) (net.Conn, error) { return p.system.dial(p.Socket) }

// CrashService ends the service at once, as a fault of it would; what started
// it starts it again.
func (p *PC) CrashService(ctx context.Context) error { return p.system.crash(ctx, p) }

// Running is the program file that runs as the service: one of a version, not
// the launcher.
func (p *PC) Running(ctx context.Context) (string, error) { return p.system.running(ctx, p) }

// command completes a command of one of the PC's programs.
func (p *PC) command(c Command) Command {
	c.Path, c.Args = p.system.command(c.Path, append([]string{"--config", p.Native(p.Config)}, c.Args...))
	c.Env = append(p.system.env(), c.Env...)
	return c
}

// runProgram runs one of the PC's programs to its end.
func (p *PC) runProgram(ctx context.Context, program string, args ...string) (string, error) {
	path, argv := p.system.command(program, args)
	return run(ctx, p.system.env(), path, argv...)
}

// ServiceSaid is what the service has logged so far.
func (p *PC) ServiceSaid() (string, error) {
	text, err := os.ReadFile(p.house.dir("logs", p.Name+"-service.log"))
	return string(text), err
}

// WriteLog adds a line to the sample instrument's log, as its software would.
func (p *PC) WriteLog(line string) error {
	f, err := os.OpenFile(p.Log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		f.Close()
		return fmt.Errorf("stage: %w", err)
	}
	return f.Close()
}
