//go:build linux

package scan_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/service/scan"
	"beckmanconnect/service/scan/scantest"
)

func daemon(t *testing.T, limits ...string) *scantest.Clamd {
	t.Helper()
	// Not t.TempDir: a socket's path must be short.
	c, err := scantest.Start(t.Context(), t.TempDir(), limits...)
	if errors.Is(err, scantest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

func zipped(t *testing.T, name string, data []byte, levels int) []byte {
	t.Helper()
	for range levels {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		data, name = b.Bytes(), "inner.zip"
	}
	return data
}

// Scenarios 32, 33: the real clamd finds its signature in a file and in
// archives, which nothing of ours ever opens, and lets others pass.
func TestClamd(t *testing.T) {
	c := daemon(t)
	s := scan.Clamd{Socket: c.Socket}
	noise := make([]byte, 3<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(noise)
	evil := []byte(scantest.Malware)
	for name, tt := range map[string]struct {
		data  []byte
		clean bool
	}{
		"empty":             {nil, true},
		"harmless":          {[]byte("a report"), true},
		"large":             {noise, true},
		"found":             {evil, false},
		"found at the end":  {append(bytes.Clone(noise), evil...), false},
		"zip":               {zipped(t, "../../evil.exe", evil, 1), false},
		"zip in zip in zip": {zipped(t, "evil.exe", evil, 3), false},
		"harmless zip":      {zipped(t, "a.txt", []byte("a"), 2), true},
	} {
		v, err := s.Scan(t.Context(), bytes.NewReader(tt.data), int64(len(tt.data)))
		if err != nil || v.Clean != tt.clean || !strings.HasPrefix(v.Scanner, "ClamAV ") {
			t.Errorf("%s: %+v %v", name, v, err)
		}
		if !tt.clean && !strings.Contains(v.Signature, scantest.SignatureName) {
			t.Errorf("%s: the signature is %q", name, v.Signature)
		}
	}
	// Several at once.
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			data := bytes.Repeat([]byte{byte(i)}, 1<<20)
			if i%2 == 1 {
				data = append(data, evil...)
			}
			if v, err := s.Scan(t.Context(), bytes.NewReader(data), int64(len(data))); err != nil || v.Clean != (i%2 == 0) {
				t.Errorf("%d: %+v %v", i, v, err)
			}
		})
	}
	wait.Wait()
	// A file that ends before its size is no verdict.
	if v, err := s.Scan(t.Context(), strings.NewReader("short"), 10); !errors.Is(err, scan.ErrFailed) || v.Clean {
		t.Errorf("a short file: %+v %v", v, err)
	}
}

// Scenario 32: what is larger than the scanner takes, or unpacks to more, is
// not called clean.
func TestTooMuchForClamd(t *testing.T) {
	c := daemon(t, "StreamMaxLength 1M", "MaxScanSize 2M", "MaxFileSize 2M")
	s := scan.Clamd{Socket: c.Socket}
	zeros := bytes.Repeat([]byte{0}, 5<<20)
	for name, data := range map[string][]byte{"large": zeros, "bomb": zipped(t, "zeros", zeros, 2)} {
		v, err := s.Scan(t.Context(), bytes.NewReader(data), int64(len(data)))
		if !errors.Is(err, scan.ErrTooBig) || v.Clean {
			t.Errorf("%s: %+v %v", name, v, err)
		}
	}
}

// Scenario 33: a scanner that locks up, dies or is not there: no verdict.
func TestClamdFails(t *testing.T) {
	c := daemon(t)
	s := scan.Clamd{Socket: c.Socket, Stall: 300 * time.Millisecond, Think: 300 * time.Millisecond}
	data := bytes.Repeat([]byte("x"), 8<<20)
	if err := syscall.Kill(c.Pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Scan(t.Context(), bytes.NewReader(data), int64(len(data))); !errors.Is(err, scan.ErrTimeout) || v.Clean {
		t.Errorf("stopped: %+v %v", v, err)
	}
	if err := syscall.Kill(c.Pid(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// Dies in the middle of a file.
	dying := &trigger{Reader: bytes.NewReader(data), after: 2 << 20, do: c.Stop}
	if v, err := s.Scan(t.Context(), dying, int64(len(data))); err == nil || v.Clean {
		t.Errorf("killed: %+v %v", v, err)
	}
	if v, err := s.Scan(t.Context(), bytes.NewReader(data), int64(len(data))); !errors.Is(err, scan.ErrAbsent) || v.Clean {
		t.Errorf("gone: %+v %v", v, err)
	}
}

type trigger struct {
	io.Reader
	after int
	do    func()
}

func (r *trigger) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if r.after -= n; r.after <= 0 && r.do != nil {
		r.do()
		r.do = nil
	}
	return n, err
}

// Whatever else answers on the socket, only one exact answer is a clean file.
func TestOnlyOKIsClean(t *testing.T) {
	for _, answer := range []string{
		"", "stream: OK", "stream: OK\n", "OK\x00", "stream: OKAY\x00", "stream: OK FOUND\x00", " stream: OK\x00", "stream: ERROR\x00",
		"UNKNOWN COMMAND\x00", "1: stream: OK\x00", strings.Repeat("x", 1<<20),
	} {
		s := scan.Clamd{Socket: fake(t, answer), Stall: time.Second, Think: time.Second}
		if v, err := s.Scan(t.Context(), strings.NewReader("abc"), 3); v.Clean {
			t.Errorf("%.20q is clean (%v)", answer, err)
		}
	}
	if v, err := (scan.Clamd{Socket: fake(t, "stream: OK\x00")}).Scan(t.Context(), strings.NewReader("abc"), 3); err != nil || !v.Clean {
		t.Errorf("the real answer: %+v %v", v, err)
	}
}

// fake answers like clamd, but for the verdict.
func fake(t *testing.T, verdict string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 64)
				n, _ := conn.Read(buf)
				switch string(buf[:n]) {
				case "zPING\x00":
					_, _ = io.WriteString(conn, "PONG\x00")
				case "zVERSION\x00":
					_, _ = io.WriteString(conn, "ClamAV 1/2/3\x00")
				default:
					for !bytes.HasSuffix(buf[:n], []byte{0, 0, 0, 0}) {
						m, err := conn.Read(buf[n:])
						if err != nil {
							return
						}
						n += m
					}
					_, _ = io.WriteString(conn, verdict)
				}
			}()
		}
	}()
	return path
}

// The watch sees a scanner come and go, and says so once each time.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	changed := make(chan struct{}, 10)
	w := scan.NewWatch(scan.WatchConfig{
		Scanner: scan.Clamd{Socket: filepath.Join(dir, "clamd.ctl")}, Every: 20 * time.Millisecond, Changed: func() { changed <- struct{}{} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	if w.Name() != "" {
		t.Error("a scanner before anybody looked")
	}
	c, err := scantest.Start(t.Context(), dir)
	if errors.Is(err, scantest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	<-changed
	if !strings.HasPrefix(w.Name(), "ClamAV ") {
		t.Errorf("%q", w.Name())
	}
	c.Stop()
	<-changed
	if w.Name() != "" {
		t.Errorf("%q is gone", w.Name())
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
