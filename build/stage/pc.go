package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// PC is one instrument PC: its configuration, its two services and, where
// asked for, the tray.
type PC struct {
	house   *House
	Name    string
	Dir     string
	Config  string // host.toml
	Socket  string
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
}

// AddPC installs the host's programs under the PC's own folder and starts its
// services.
func (h *House) AddPC(ctx context.Context, c PCConfig) (*PC, error) {
	pc := &PC{house: h, Name: c.Name, Dir: h.dir(c.Name), Folder: c.Folder}
	// The sockets' folder is short: a unix socket's path may have 107 bytes.
	run_, err := os.MkdirTemp("", "bc-")
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	h.stop = append(h.stop, func() { os.RemoveAll(run_) })
	pc.Socket = filepath.Join(run_, "host.sock")
	pc.Log = filepath.Join(pc.Dir, "instrument", "sample.log")
	pc.Config = filepath.Join(pc.Dir, "host.toml")
	for _, dir := range []string{"instrument", "data", "install"} {
		if err := os.MkdirAll(filepath.Join(pc.Dir, dir), 0o700); err != nil {
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
		scanner = filepath.Join(run_, "no-scanner") // never the machine's own
	}
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
interval = "10s"
watch = "10s"
`, filepath.Join(pc.Dir, "data"), pc.Socket, filepath.Join(run_, "upgrade.sock"), h.Roots(), policy, filepath.Join(pc.Dir, "install"), scanner, h.cloud, pc.Log, c.Folder)
	if err := os.WriteFile(pc.Config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	// As a package does it: the archive becomes the current version, behind
	// the launchers in bin/.
	packed, err := h.signed(h.config.Package)
	if err != nil {
		return nil, err
	}
	if _, err := run(ctx, nil, h.bin("beckmanconnect-upgrade"), "--config", pc.Config, "adopt", "--package", packed, "--launcher", h.bin("beckmanconnect-launcher")); err != nil {
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
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return Until(wait, p.Name+"'s service (see logs)", func() (bool, error) { _, err := p.Ctl(wait, "status", "--json"); return err == nil, err })
}

// Program is the path of an installed program: the stable launcher, which
// starts the current version.
func (p *PC) Program(name string) string { return filepath.Join(p.Dir, "install", "bin", name) }

func (p *PC) start(name, program string) (*Process, error) {
	process, err := start(p.house.dir("logs"), Command{Name: p.Name + "-" + name, Path: p.Program(program), Args: []string{"--config", p.Config}, Restart: true})
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
	process, err := start(p.house.dir("logs"), Command{Name: p.Name + "-tray", Path: p.Program("beckmanconnect-tray"), Args: []string{"--config", p.Config}, Env: append(d.Env(), env...), Restart: true})
	if err != nil {
		return err
	}
	p.Tray = process
	p.house.stop = append(p.house.stop, func() { process.Stop(5 * time.Second) })
	return nil
}

// OpenWindow starts the window program on a display at a view, without a tray.
func (p *PC) OpenWindow(d *Display, view string, env ...string) error {
	process, err := start(p.house.dir("logs"), Command{Name: p.Name + "-window", Path: p.Program("beckmanconnect"), Args: []string{"--config", p.Config, "--view", view}, Env: append(d.Env(), env...)})
	if err != nil {
		return err
	}
	p.Window = process
	p.house.stop = append(p.house.stop, func() { process.Stop(5 * time.Second) })
	return nil
}

// Ctl runs beckmanctl against this PC and returns what it printed.
func (p *PC) Ctl(ctx context.Context, args ...string) (string, error) {
	return run(ctx, nil, p.Program("beckmanctl"), append([]string{"--config", p.Config}, args...)...)
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
