package stage

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/internal/xmanaged"
)

// Display is an X server and, for the technician's, the desktop on it.
type Display struct {
	Name string // ":7"
	Bus  string // DBUS_SESSION_BUS_ADDRESS of its session, "" when none
	home string
	proc []*Process

	width, height int
}

// panelHeight is that of the panel at the lower edge of a made desktop.
const panelHeight = 32

// Env is what a program on this display needs.
func (d *Display) Env() []string {
	env := []string{"DISPLAY=" + d.Name, "LIBGL_ALWAYS_SOFTWARE=1", "GDK_BACKEND=x11", "XDG_SESSION_TYPE=x11", "WAYLAND_DISPLAY="}
	if d.Bus != "" {
		env = append(env, "DBUS_SESSION_BUS_ADDRESS="+d.Bus)
	}
	if d.home != "" {
		env = append(env, "HOME="+d.home, "XDG_CONFIG_HOME="+filepath.Join(d.home, ".config"), "XDG_CACHE_HOME="+filepath.Join(d.home, ".cache"),
			"XDG_DATA_HOME="+filepath.Join(d.home, ".local/share"), "XDG_RUNTIME_DIR="+filepath.Join(d.home, "run"))
	}
	return env
}

// Home is the technician's folder on a desktop that was made, "" on another.
func (d *Display) Home() string { return d.home }

// Stop ends the display's programs, the server last.
func (d *Display) Stop() {
	for i := len(d.proc) - 1; i >= 0; i-- {
		if i == 0 && d.home != "" {
			endWithin(context.Background(), d.home)
		}
		d.proc[i].Stop(2 * time.Second)
	}
}

// xserver starts Xvfb or Xephyr under a number far from everybody's. Let to
// choose, a server takes the lowest one that is free: that of a server which is
// about to end and then removes the socket that has just been made anew.
func xserver(logs, name, program string, env []string, args ...string) (*Display, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("stage: pipe for %s: %w", program, err)
	}
	defer r.Close()
	display := fmt.Sprintf(":%d", 100+rand.N(50_000))
	p, err := start(logs, Command{Name: name, Path: program, Args: append([]string{display, "-displayfd", "3", "-nolisten", "tcp", "-noreset"}, args...), Env: env, Files: []*os.File{w}})
	w.Close()
	if err != nil {
		return nil, err
	}
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		p.Stop(time.Second)
		return nil, fmt.Errorf("stage: %s did not come up (see logs/%s.log): %w", program, name, err)
	}
	return &Display{Name: display, proc: []*Process{p}}, nil
}

// newVirtualDisplay is a bare screen in memory.
func newVirtualDisplay(logs, name string, width, height int) (*Display, error) {
	return xserver(logs, name, "Xvfb", nil, "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "+extension", "GLX", "-dpi", "96")
}

// newTechnicianDesktop makes the instrument PC's desktop as a window of outer
// that fills it: what xdotool does on outer arrives inside as a person's hand,
// and not as the injected input that the product refuses.
func newTechnicianDesktop(ctx context.Context, logs, home string, outer *Display, width, height int) (*Display, error) {
	d, err := xserver(logs, "desktop", "Xephyr", outer.Env(), "-screen", fmt.Sprintf("%dx%d", width, height), "-no-host-grab", "-dpi", "96", "-title", "technician")
	if err != nil {
		return nil, err
	}
	d.width, d.height = width, height
	if err := d.furnish(ctx, logs, home); err != nil {
		d.Stop()
		return nil, err
	}
	return d, nil
}

// furnish adds a session bus, a window manager, a panel with a real tray and
// a notification daemon.
func (d *Display) furnish(ctx context.Context, logs, home string) error {
	d.home = home
	for _, dir := range []string{".config/openbox", ".config/dunst", ".config/xfce4/xfconf/xfce-perchannel-xml", ".cache", ".local/share"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			return fmt.Errorf("stage: technician's home: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Join(home, "run"), 0o700); err != nil {
		return fmt.Errorf("stage: technician's home: %w", err)
	}
	for name, text := range desktopFiles {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("stage: technician's home: %w", err)
		}
	}
	bus := filepath.Join(home, "run", "bus")
	p, err := start(logs, Command{Name: "dbus", Path: "dbus-daemon", Args: []string{"--session", "--nofork", "--nopidfile", "--address=unix:path=" + bus}, Env: d.Env()})
	if err != nil {
		return err
	}
	d.proc = append(d.proc, p)
	d.Bus = "unix:path=" + bus
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := Until(wait, "the session bus", func() (bool, error) { _, err := os.Stat(bus); return err == nil, nil }); err != nil {
		return err
	}
	if p, err = start(logs, Command{Name: "openbox", Path: "openbox", Args: []string{"--sm-disable"}, Env: d.Env()}); err != nil {
		return err
	}
	d.proc = append(d.proc, p)
	if err := xmanaged.Await(wait, d.Name); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	for _, c := range []Command{
		{Name: "dunst", Path: "dunst", Args: []string{"-conf", filepath.Join(home, ".config/dunst/dunstrc")}},
		{Name: "panel", Path: "xfce4-panel", Args: []string{"--disable-wm-check"}},
	} {
		c.Env = d.Env()
		p, err := start(logs, c)
		if err != nil {
			return err
		}
		d.proc = append(d.proc, p)
	}
	if _, err := run(ctx, d.Env(), "xsetroot", "-solid", "#35556b"); err != nil {
		return err
	}
	return Until(wait, "the panel's tray", func() (bool, error) { return d.hasName(ctx, "org.kde.StatusNotifierWatcher") })
}

// hasName tells whether a name is owned on the session bus.
func (d *Display) hasName(ctx context.Context, name string) (bool, error) {
	out, err := run(ctx, d.Env(), "dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", "string:"+name)
	return strings.Contains(out, "boolean true"), err
}

// Shot writes a PNG of the whole display.
func (d *Display) Shot(ctx context.Context, file string) error {
	_, err := run(ctx, d.Env(), "import", "-window", "root", file)
	return err
}

// HasTray tells whether the desktop of the environment the stage runs in has
// a place for tray icons; the demo on a person's own desktop uses it to say so.
func HasTray(ctx context.Context) bool {
	if _, err := exec.LookPath("dbus-send"); err != nil {
		return false
	}
	has, err := (&Display{Name: os.Getenv("DISPLAY"), Bus: os.Getenv("DBUS_SESSION_BUS_ADDRESS")}).hasName(ctx, "org.kde.StatusNotifierWatcher")
	return err == nil && has
}

// desktopFiles configure the technician's desktop: one panel at the bottom
// with the tray at its end, and small notifications above it.
var desktopFiles = map[string]string{
	".config/dunst/dunstrc": `[global]
    monitor = 0
    width = (280, 420)
    offset = 16x48
    origin = bottom-right
    font = DejaVu Sans 10
    frame_width = 1
    corner_radius = 6
    timeout = 8
    markup = no
`,
	".config/openbox/rc.xml": `<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <placement><policy>Smart</policy><center>yes</center></placement>
  <theme><name>Clearlooks</name><titleLayout>NLIMC</titleLayout><font place="ActiveWindow"><name>DejaVu Sans</name><size>9</size></font></theme>
  <desktops><number>1</number></desktops>
  <mouse>
    <context name="Client"><mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind></context>
    <context name="Titlebar"><mousebind button="Left" action="Drag"><action name="Move"/></mousebind><mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind></context>
    <context name="Close"><mousebind button="Left" action="Click"><action name="Close"/></mousebind></context>
  </mouse>
</openbox_config>
`,
	".config/xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml": `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=10;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="icon-size" type="uint" value="22"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="4"/>
        <value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
    <property name="plugin-4" type="string" value="clock"/>
  </property>
</channel>
`,
}

// Start runs a program of the technician's on the display, until the house
// closes.
func (d *Display) Start(h *House, name, program string, args ...string) (*Process, error) {
	p, err := start(h.dir("logs"), Command{Name: name, Path: program, Args: args, Env: d.Env()})
	if err != nil {
		return nil, err
	}
	h.stop = append(h.stop, func() { p.Stop(2 * time.Second) })
	return p, nil
}

// OwnDisplay is the desktop the stage was started on, nil where there is none.
func OwnDisplay() *Display {
	name := os.Getenv("DISPLAY")
	if name == "" {
		return nil
	}
	return &Display{Name: name, Bus: os.Getenv("DBUS_SESSION_BUS_ADDRESS")}
}
