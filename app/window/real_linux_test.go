//go:build !production

package window

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/app/desktop/xtesting"
	installed "beckmanconnect/internal/program"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ui/sample"
)

// The test in this file runs the real window program, drawn by the real
// toolkit on a real display: this test program again, when this variable names
// the socket of its service.
const (
	socketVariable = "BECKMANCONNECT_TEST_SOCKET"
	// How it starts.
	viewVariable     = "BECKMANCONNECT_TEST_VIEW"
	languageVariable = "BECKMANCONNECT_TEST_LANGUAGE"
	themeVariable    = "BECKMANCONNECT_TEST_THEME"
)

func TestMain(m *testing.M) {
	socket := os.Getenv(socketVariable)
	if socket == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(promptOnlyVariable) != "" {
		playPromptOnly(socket)
	}
	place := os.Getenv(PlaceVariable)
	os.Unsetenv(PlaceVariable)
	version := played(ipctest.Version)
	fmt.Fprintln(os.Stderr, "runs as "+version)
	err := Run(context.Background(), Config{
		Language: os.Getenv(languageVariable), Theme: os.Getenv(themeVariable), View: os.Getenv(viewVariable), Place: place, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Client: client.Config{Socket: socket, Program: protocol.Window, Version: version, DialPipe: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}},
	})
	var again Again
	if errors.As(err, &again) {
		err = installed.Renew(PlaceVariable + "=" + again.Place)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// realWindow is the window program on a desktop inside another one.
type realWindow struct {
	t            *testing.T
	service      *ipctest.Fixture
	command      *exec.Cmd
	outer, inner string
	layout       string
	program      string
	env          []string
	read         chan struct{} // closed when the program has ended

	mu   sync.Mutex
	said []string // what the program logged
}

func startReal(t *testing.T) *realWindow { return startRealAs(t, os.Args[0]) }

// startRealAs starts another program than the test's own. env goes before what
// it gets otherwise.
func startRealAs(t *testing.T, program string, env ...string) *realWindow {
	t.Helper()
	return startRealOn(t, "1024x768", program, env...)
}

// startRealOn has a screen of a size of choice.
func startRealOn(t *testing.T, screen, program string, env ...string) *realWindow {
	t.Helper()
	w := &realWindow{t: t, service: ipctest.Start(t, ipctest.Config{}), program: program}
	w.outer = xtesting.Xvfb(t, screen)
	w.inner = xtesting.Nested(t, w.outer, screen)
	xtesting.WindowManager(t, w.inner)
	status := sample.Status()
	w.service.SetStatus(status)
	dir := t.TempDir()
	w.layout = filepath.Join(dir, "layout.json")
	socket := filepath.Join(dir, "host.sock")
	w.pass(socket)
	w.env = append([]string{viewVariable + "=notifications", languageVariable + "=en", themeVariable + "=light", socketVariable + "=" + socket, layoutVariable + "=" + w.layout, "DISPLAY=" + w.inner,
		"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(dir, "none"), "LIBGL_ALWAYS_SOFTWARE=1"}, env...)
	w.launch()
	t.Cleanup(func() {
		_ = w.command.Process.Kill()
		<-w.read
		_ = w.command.Wait()
		if t.Failed() {
			w.mu.Lock()
			defer w.mu.Unlock()
			t.Logf("the program said:\n%s", strings.Join(w.said, "\n"))
		}
	})
	return w
}

// launch starts the program, once more after it has ended.
func (w *realWindow) launch() {
	w.t.Helper()
	cmd := exec.Command(w.program)
	cmd.Env = append(os.Environ(), w.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	read := make(chan struct{})
	w.command, w.read = cmd, read
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			w.mu.Lock()
			w.said = append(w.said, lines.Text())
			w.mu.Unlock()
		}
	}()
}

// pass lets the program reach the service in memory through a socket.
func (w *realWindow) pass(socket string) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	to := w.service.Client(ipctest.Technician("maria"), protocol.Window)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := to.DialPipe(context.Background())
			if err != nil {
				near.Close()
				continue
			}
			for _, ends := range [][2]net.Conn{{near, far}, {far, near}} {
				go func() {
					defer ends[0].Close()
					_, _ = io.Copy(ends[0], ends[1])
				}()
			}
		}
	}()
}

// part is where a part of the program's windows is; ok: it can be seen.
func (w *realWindow) part(id string) (e layoutEntry, ok bool) {
	for _, e := range w.parts() {
		if e.ID == id {
			return e, true
		}
	}
	return e, false
}

// parts are all that can be seen; none before the first frame.
func (w *realWindow) parts() (all []layoutEntry) {
	raw, err := os.ReadFile(w.layout)
	if err != nil {
		return nil
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// armed waits until Allow can be pressed and stands still.
func (w *realWindow) armed() layoutEntry {
	w.t.Helper()
	var now, before layoutEntry
	w.until("Allow can be pressed", func() bool {
		before = now
		var ok bool
		now, ok = w.part("prompt.allow")
		return ok && now.Enabled && now == before
	})
	return now
}

func (w *realWindow) on(display string, args ...string) {
	xtesting.Output(w.t, display, "xdotool", args...)
}

func (w *realWindow) click(display string, e layoutEntry) {
	w.t.Helper()
	w.on(display, "mousemove", "--sync", strconv.Itoa(e.X+e.W/2), strconv.Itoa(e.Y+e.H/2), "sleep", "0.15", "click", "1")
}

func (w *realWindow) ask(p *hostpb.Prompt) {
	p.ExpiresUnixMs = time.Now().Add(10 * time.Minute).UnixMilli()
	w.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: p}})
}

// until waits for something in the program, which a busy machine draws slowly.
func (w *realWindow) until(what string, so func() bool) {
	w.t.Helper()
	for limit := time.Now().Add(3 * time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			w.t.Fatalf("never happened: %s", what)
		}
	}
}

// refused counts the presses that did not count.
func (w *realWindow) refused() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, line := range w.said {
		if strings.Contains(line, "a press on Allow did not count") {
			n++
		}
	}
	return n
}

func (w *realWindow) answers() int { return len(w.service.Host.Calls("AnswerPrompt")) }

// B3, scenarios 10 and 11: a program's click or key on Allow answers nothing,
// a hand's does; while a window covers the question nothing does. Here a hand
// is what moves the devices of the inner display: a click on the outer one.
func TestOnlyAHandAllows(t *testing.T) {
	w := startReal(t)
	w.until("the window", func() bool { _, ok := w.part("nav.help"); return ok })

	w.ask(sample.ViewPrompt())
	allow := w.armed()
	w.click(w.inner, allow)
	w.until("a program's click does not count", func() bool { return w.refused() == 1 })

	// Another program's window over a corner of it.
	painter := xtesting.NewPainter(t, w.inner)
	deny, _ := w.part("prompt.deny")
	cover := painter.Window(image.Rect(deny.X, deny.Y-60, deny.X+20, deny.Y-40), color.RGBA{R: 200, A: 255}, "editor")
	w.until("the question is covered", func() bool { e, _ := w.part("prompt.allow"); return !e.Enabled })
	w.click(w.outer, allow)
	cover.Unmap()
	w.armed()
	if w.answers() != 0 {
		t.Fatal("answered by a program, or under another window")
	}

	// By hand, once no program has pressed anything for a while.
	w.until("a hand's click counts", func() bool {
		if w.answers() == 0 {
			w.click(w.outer, allow)
		}
		return w.answers() > 0
	})
	if r := w.service.Host.Calls("AnswerPrompt")[0].Request.(*hostpb.AnswerPromptRequest); !r.GetAllow() || r.GetPromptId() != "p1" {
		t.Errorf("answered %v", r)
	}
	w.until("the question is gone", func() bool { _, ok := w.part("prompt.allow"); return !ok })

	// The same by keyboard. Nothing but Tab and space.
	second := sample.ViewPrompt()
	second.Id = "p2"
	before := w.refused()
	w.ask(second)
	w.armed()
	w.on(w.inner, "key", "Tab", "sleep", "0.1", "key", "space")
	w.until("a program's keys do not count", func() bool { return w.refused() > before })
	if w.answers() != 1 {
		t.Fatal("a program's keys answered")
	}
	w.until("a hand's keys count", func() bool {
		// The focus is on Allow already: once around, and there again.
		w.on(w.outer, "key", "shift+Tab", "sleep", "0.1", "key", "Tab", "sleep", "0.1", "key", "space", "sleep", "0.2")
		return w.answers() > 1
	})
	if r := w.service.Host.Calls("AnswerPrompt")[1].Request.(*hostpb.AnswerPromptRequest); !r.GetAllow() || r.GetPromptId() != "p2" {
		t.Errorf("answered %v", r)
	}
}
