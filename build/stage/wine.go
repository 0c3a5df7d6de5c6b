package stage

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// WineConfig says what of Windows is built already.
type WineConfig struct {
	Programs string // folder of the Windows programs, signed by the house's publisher
	Package  string // their release archive
	Bridge   string // build/wine/bridge
	Prefix   string // folder of a prefix, made by build/wine/prefix.sh; OpenWine takes it away
}

// Wine is a Windows of the stage's own, as far as Wine is one: a prefix, on a
// technician's desktop, and the bridge by which this machine's programs reach
// the pipes and windows in it.
type Wine struct {
	house   *House
	config  WineConfig
	display *Display
	prefix  string
	bridge  string // address on loopback
	first   string // name of the PC whose folders are the installed product's
}

// OpenWine puts the prefix on a desktop.
func (h *House) OpenWine(ctx context.Context, d *Display, c WineConfig) (*Wine, error) {
	w := &Wine{house: h, config: c, display: d, prefix: h.dir("wine")}
	h.say("Windows (a Wine prefix of its own)")
	if err := os.Rename(c.Prefix, w.prefix); err != nil {
		return nil, fmt.Errorf("stage: Wine's prefix: %w", err)
	}
	h.stop = append(h.stop, w.end)
	// PowerShell is a stub there: what is put in its place writes down what it
	// was to run.
	if err := copyFile(c.Bridge, w.drive("recorder", "powershell.exe")); err != nil {
		return nil, err
	}
	if err := copyFile(c.Bridge, w.drive("recorder", "bridge.exe")); err != nil {
		return nil, err
	}
	return w, w.startBridge(ctx)
}

// drive is a place on the prefix's drive C.
func (w *Wine) drive(parts ...string) string {
	return filepath.Join(append([]string{w.prefix, "drive_c"}, parts...)...)
}

// end ends every program of the prefix.
func (w *Wine) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, _ = run(ctx, w.env(), "wineserver", "-k")
}

var listening = regexp.MustCompile(`listening (127\.0\.0\.1:[0-9]+)`)

func (w *Wine) startBridge(ctx context.Context) error {
	path, args := w.command(w.drive("recorder", "bridge.exe"), nil)
	p, err := start(w.house.dir("logs"), Command{Name: "bridge", Path: path, Args: args, Env: w.env()})
	if err != nil {
		return err
	}
	w.house.stop = append(w.house.stop, func() { p.Stop(2 * time.Second) })
	wait, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	return Until(wait, "the bridge into Wine (see logs/bridge.log)", func() (bool, error) {
		text, err := os.ReadFile(w.house.dir("logs", "bridge.log"))
		if found := listening.FindSubmatch(text); found != nil {
			w.bridge = string(found[1])
		}
		return w.bridge != "", err
	})
}

// ask has the bridge do something and gives its answer.
func (w *Wine) ask(ctx context.Context, words ...string) (string, error) {
	conn, err := w.say(ctx, words)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("stage: the bridge about %q: %w", words, err)
	}
	how, said, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
	if how != "ok" {
		return "", fmt.Errorf("stage: the bridge about %q: %s", words, said)
	}
	return said, nil
}

func (w *Wine) say(ctx context.Context, words []string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.bridge)
	if err != nil {
		return nil, fmt.Errorf("stage: the bridge into Wine: %w", err)
	}
	if _, err := fmt.Fprintln(conn, strings.Join(words, "\t")); err != nil {
		conn.Close()
		return nil, fmt.Errorf("stage: the bridge into Wine: %w", err)
	}
	return conn, nil
}

// Recorded is what PowerShell was to run so far.
func (w *Wine) Recorded() string {
	text, _ := os.ReadFile(w.record()) // nothing was run yet
	return string(text)
}

func (w *Wine) record() string { return w.drive("recorder", "powershell.log") }

// EditText is what the edit field of the window with a title holds.
func (w *Wine) EditText(ctx context.Context, title string) (string, error) {
	quoted, err := w.ask(ctx, "text", title)
	if err != nil {
		return "", err
	}
	return strconv.Unquote(quoted)
}

// Foreground is the title of the window that has the keyboard, as Windows
// programs see it.
func (w *Wine) Foreground(ctx context.Context) (string, error) {
	quoted, err := w.ask(ctx, "foreground", "")
	if err != nil {
		return "", err
	}
	return strconv.Unquote(quoted)
}

// Register makes a key of the registry.
func (w *Wine) Register(ctx context.Context, key string) error {
	_, err := run(ctx, w.env(), "wine", "reg", "add", key, "/f")
	return err
}

// Start runs a Windows program on the technician's desktop until the house
// closes.
func (w *Wine) Start(name, program string, args ...string) (*Process, error) {
	path, argv := w.command(program, args)
	p, err := start(w.house.dir("logs"), Command{Name: name, Path: path, Args: argv, Env: w.env()})
	if err != nil {
		return nil, err
	}
	w.house.stop = append(w.house.stop, func() { p.Stop(2 * time.Second) })
	return p, nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o700)
	}
	if err == nil {
		err = os.WriteFile(to, content, 0o700)
	}
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return nil
}
