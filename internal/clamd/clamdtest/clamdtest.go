// Package clamdtest starts a real clamd of its own for tests and for the story:
// a private folder, a private socket, and one signature of its own, so that
// nothing is downloaded and nothing of the machine's is used.
package clamdtest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/clamd"
)

// Malware is what the test's signature finds: harmless bytes that no other
// file has.
const Malware = "BECKMANCONNECT-TEST-SIGNATURE-5d1f4c0e7a"

// SignatureName is the signature's, as far as a verdict shows it.
const SignatureName = "BeckmanConnect.Test"

// ErrMissing says that clamd is not installed (Debian: clamav-daemon).
var ErrMissing = errors.New("clamdtest: clamd is not installed")

// Clamd is one running daemon.
type Clamd struct {
	Socket string
	// Signatures is the folder with its signatures.
	Signatures string

	cmd   *exec.Cmd
	ended chan struct{}
}

// For runs one until the test ends. Without the program the test is skipped,
// or fails where everything has to be there.
func For(tb testing.TB, limits ...string) *Clamd {
	tb.Helper()
	c, err := Start(tb.Context(), tb.TempDir(), limits...)
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Stop)
	return c
}

// Start runs clamd with its files in dir and waits until it answers. limits
// are further lines of its configuration, such as "StreamMaxLength 1M". The
// caller calls Stop.
func Start(ctx context.Context, dir string, limits ...string) (*Clamd, error) {
	program, err := exec.LookPath("clamd")
	if err != nil {
		if program = "/usr/sbin/clamd"; exec.Command(program, "--version").Run() != nil {
			return nil, ErrMissing
		}
	}
	c := &Clamd{Socket: filepath.Join(dir, "clamd.ctl"), ended: make(chan struct{})}
	database := filepath.Join(dir, "signatures")
	c.Signatures = database
	signature := fmt.Sprintf("%s:0:*:%s\n", SignatureName, hex.EncodeToString([]byte(Malware)))
	config := append(slices.Clone(limits), []string{
		"Foreground yes", "LocalSocket " + c.Socket, "LocalSocketMode 666", "DatabaseDirectory " + database, "TemporaryDirectory " + dir,
		"LogFile " + filepath.Join(dir, "clamd.log"), "SelfCheck 0", "OfficialDatabaseOnly no", "AlertExceedsMax yes",
		"StreamMaxLength 1024M", "MaxFileSize 1024M", "MaxScanSize 1024M", "PCREMaxFileSize 1M", "ConcurrentDatabaseReload no",
	}...)
	set := map[string]bool{}
	config = slices.DeleteFunc(config, func(line string) bool {
		name, _, _ := strings.Cut(line, " ")
		twice := set[name]
		set[name] = true
		return twice
	})
	for _, step := range []func() error{
		func() error { return os.MkdirAll(database, 0o755) },
		func() error { return os.WriteFile(filepath.Join(database, "test.ndb"), []byte(signature), 0o644) },
		func() error {
			return os.WriteFile(filepath.Join(dir, "clamd.conf"), []byte(strings.Join(config, "\n")+"\n"), 0o644)
		},
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("clamdtest: %w", err)
		}
	}
	c.cmd = exec.Command(program, "--config-file", filepath.Join(dir, "clamd.conf"))
	out, err := os.Create(filepath.Join(dir, "clamd.out"))
	if err != nil {
		return nil, fmt.Errorf("clamdtest: %w", err)
	}
	defer out.Close()
	c.cmd.Stdout, c.cmd.Stderr = out, out
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("clamdtest: %w", err)
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	if err := c.ready(ctx); err != nil {
		c.Stop()
		said, _ := os.ReadFile(filepath.Join(dir, "clamd.out"))
		return nil, fmt.Errorf("clamdtest: clamd does not answer: %w\n%s", err, said)
	}
	return c, nil
}

func (c *Clamd) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := clamd.Clamd{Socket: c.Socket}.Describe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-c.ended:
			return errors.Join(errors.New("it has ended"), err)
		case <-ctx.Done():
			return err
		}
	}
}

// Pid is the daemon's process.
func (c *Clamd) Pid() int { return c.cmd.Process.Pid }

// Stop ends the daemon.
func (c *Clamd) Stop() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}
