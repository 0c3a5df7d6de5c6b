//go:build !production

package window

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ui/sample"
)

// promptOnlyVariable has this test program play the second window program.
const promptOnlyVariable = "BECKMANCONNECT_TEST_PROMPT_ONLY"

func playPromptOnly(socket string) {
	err := RunPrompt(context.Background(), Config{
		Language: "en", Theme: "light",
		Client: client.Config{Socket: socket, Program: protocol.Prompt, Version: ipctest.Version, DialPipe: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}},
	}, os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// second starts the second window program on a display and gives what it says.
func second(t *testing.T, w *realWindow) (cmd *exec.Cmd, hangUp func(), lines <-chan string) {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "host.sock")
	w.pass(socket)
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), socketVariable+"="+socket, promptOnlyVariable+"=1", "DISPLAY="+w.inner,
		"HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_RUNTIME_DIR="+dir, "DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(dir, "none"), "LIBGL_ALWAYS_SOFTWARE=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	said := make(chan string, 1024)
	go func() {
		defer close(said)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			said <- scan.Text()
		}
	}()
	return cmd, func() { _ = in.Close() }, said
}

// hear waits for a line.
func hear(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	limit := time.After(3 * time.Minute)
	for {
		select {
		case line, more := <-lines:
			if line == want {
				return
			}
			if !more {
				t.Fatalf("it ended and never said %q", want)
			}
		case <-limit:
			t.Fatalf("it never said %q", want)
		}
	}
}

// B3: the second window program, drawn by the real toolkit: it has no window
// but the question's, is answered by a key, and ends with the question; and it
// ends when the first one is gone, whether it has a question or none.
func TestPromptOnlyForReal(t *testing.T) {
	w := &realWindow{t: t, service: ipctest.Start(t, ipctest.Config{})}
	w.inner = xtesting.Xvfb(t, "1024x768")
	xtesting.WindowManager(t, w.inner)
	w.service.SetStatus(sample.Status())

	cmd, _, lines := second(t, w)
	hear(t, lines, "beat")
	question := sample.ViewPrompt()
	w.ask(question)
	hear(t, lines, "ready "+hex.EncodeToString([]byte(questionID(question))))
	w.until("Escape denies", func() bool {
		w.on(w.inner, "key", "Escape", "sleep", "0.2")
		return w.answers() > 0
	})
	if r := w.service.Host.Calls("AnswerPrompt")[0].Request.(*hostpb.AnswerPromptRequest); r.GetAllow() || r.GetDesktop() != onOwn {
		t.Errorf("answered %v", r)
	}
	hear(t, lines, "answered")
	hear(t, lines, "gone")
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}

	cmd, hangUp, lines := second(t, w) // the question is still in the service's state
	hear(t, lines, "ready "+hex.EncodeToString([]byte(questionID(question))))
	hangUp()
	hear(t, lines, "gone")
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}
