package stage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The hand works from outside: what it types on the outer display arrives in a
// program of the inner one as a person's typing.
func TestHandReachesProgramsOnTheDesktop(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	h := &House{config: Config{Dir: t.TempDir()}}
	defer h.Close()
	if err := os.MkdirAll(h.dir("logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, desktop, hand, err := h.TechnicianDesktop(ctx, 1024, 700)
	if err != nil {
		t.Fatal(err)
	}
	file := h.dir("typed.txt")
	if _, err := desktop.Start(h, "xterm", "xterm", "-geometry", "60x10+100+100", "-e", "sh", "-c", `exec cat > "$0"`, file); err != nil {
		t.Fatal(err)
	}
	typed := func() bool {
		b, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(b), "by hand\n")
	}
	// A window is listed before it has its place and takes keys: who sees nothing
	// clicks and types again.
	if err := Until(ctx, "the typed line", func() (bool, error) {
		windows, err := desktop.Windows(ctx)
		at := slices.IndexFunc(windows, func(w Window) bool { return w.Class == "XTerm" })
		if err != nil || at < 0 {
			return false, err
		}
		terminal := windows[at]
		if err := errors.Join(hand.Click(ctx, terminal.X+terminal.W/2, terminal.Y+terminal.H/2), hand.Type(ctx, "by hand\n")); err != nil {
			return false, err
		}
		for limit := time.Now().Add(5 * time.Second); !typed() && time.Now().Before(limit); {
			time.Sleep(50 * time.Millisecond) // another program, and no way to be told
		}
		return typed(), nil
	}); err != nil {
		t.Fatal(err)
	}
	shot := filepath.Join(h.dir(), "desktop.png")
	if err := desktop.Shot(ctx, shot); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(shot); err != nil || info.Size() < 1000 {
		t.Fatalf("picture of the desktop: %v %v", info, err)
	}
}
