package pipe

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func socketPath(t *testing.T) string { return filepath.Join(t.TempDir(), "run", "host.sock") }

func mustListen(t *testing.T, c Config) net.Listener {
	t.Helper()
	l, err := Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// scenario 1: the name is taken beforehand. The service refuses to start, and
// what it found is left as it was.
func TestListenRefusesSquattedNames(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to make another account's files")
	}
	const stranger = 4242
	tests := map[string]struct {
		squat func(t *testing.T, path string) error
		want  error
	}{
		"a file":   {func(_ *testing.T, p string) error { return os.WriteFile(p, nil, 0o600) }, ErrSquatted},
		"a folder": {func(_ *testing.T, p string) error { return os.Mkdir(p, 0o700) }, ErrSquatted},
		"a pipe":   {func(_ *testing.T, p string) error { return unix.Mkfifo(p, 0o600) }, ErrSquatted},
		"a link": {func(t *testing.T, p string) error {
			return os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), p)
		}, ErrSquatted},
		"another account's socket": {func(t *testing.T, p string) error {
			l, err := net.Listen("unix", p)
			if err != nil {
				return err
			}
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			t.Cleanup(func() { l.Close() })
			return os.Lchown(p, stranger, stranger)
		}, ErrSquatted},
		"a living server without our lock": {func(t *testing.T, p string) error {
			l, err := net.Listen("unix", p)
			t.Cleanup(func() { l.Close() })
			return err
		}, ErrInUse},
		"a link in place of the lock": {func(_ *testing.T, p string) error {
			return os.Symlink("/etc/passwd", p+".lock")
		}, ErrSquatted},
		"another account's lock": {func(_ *testing.T, p string) error {
			return errors.Join(os.WriteFile(p+".lock", nil, 0o666), os.Lchown(p+".lock", stranger, stranger))
		}, ErrSquatted},
		"a hard link in place of the lock": {func(_ *testing.T, p string) error {
			return errors.Join(os.WriteFile(p+".other", nil, 0o600), os.Link(p+".other", p+".lock"))
		}, ErrSquatted},
		"a folder anybody may write": {func(_ *testing.T, p string) error {
			return os.Chmod(filepath.Dir(p), 0o777)
		}, ErrSquatted},
		"a sticky folder anybody may write": {func(_ *testing.T, p string) error {
			return os.Chmod(filepath.Dir(p), 0o777|os.ModeSticky)
		}, ErrSquatted},
		"another account's folder": {func(_ *testing.T, p string) error {
			return os.Lchown(filepath.Dir(p), stranger, stranger)
		}, ErrSquatted},
		"another account's folder above": {func(_ *testing.T, p string) error {
			return os.Lchown(filepath.Dir(filepath.Dir(p)), stranger, stranger)
		}, ErrSquatted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := socketPath(t)
			if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := tt.squat(t, path); err != nil {
				t.Fatal(err)
			}
			before, errBefore := os.Lstat(path)
			l, err := Listen(Config{Path: path, Users: true})
			if err == nil {
				l.Close()
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Listen: %v, want %v", err, tt.want)
			}
			after, errAfter := os.Lstat(path)
			if (errBefore == nil) != (errAfter == nil) || errBefore == nil && !os.SameFile(before, after) {
				t.Error("what held the name was touched")
			}
		})
	}
}

func TestOnlyOneListens(t *testing.T) {
	path := socketPath(t)
	first := mustListen(t, Config{Path: path})
	if _, err := Listen(Config{Path: path}); !errors.Is(err, ErrInUse) {
		t.Fatalf("a second server: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	mustListen(t, Config{Path: path})
}

// A server that was killed leaves its socket; the next one takes its place.
func TestOwnDeadSocketIsReplaced(t *testing.T) {
	path := socketPath(t)
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	mustListen(t, Config{Path: path})
	c, err := Dial(t.Context(), DialConfig{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// Close removes what it made, not what somebody put there since.
func TestCloseLeavesOthersAlone(t *testing.T) {
	path := socketPath(t)
	l := mustListen(t, Config{Path: path})
	if err := errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("somebody else's file: %v", err)
	}
}

func TestModes(t *testing.T) {
	for name, tt := range map[string]struct {
		config Config
		want   os.FileMode
	}{
		"users":      {Config{Users: true}, 0o666},
		"owner":      {Config{}, 0o600},
		"with group": {Config{Group: "root"}, 0o660},
	} {
		if tt.config.Group != "" && os.Geteuid() != 0 {
			continue // only root may give a file to that group
		}
		tt.config.Path = socketPath(t)
		mustListen(t, tt.config)
		info, err := os.Lstat(tt.config.Path)
		if err != nil || info.Mode().Perm() != tt.want {
			t.Errorf("%s: mode %v, %v, want %v", name, info.Mode(), err, tt.want)
		}
	}
	if _, err := Listen(Config{Path: socketPath(t), Group: "no-such-group"}); err == nil {
		t.Error("a group that does not exist was admitted")
	}
}

func TestUnsuitableNames(t *testing.T) {
	long := "/" + string(make([]byte, 200))
	for _, path := range []string{"", "relative.sock", "/tmp/../tmp/x.sock", "/tmp//x.sock", long} {
		if _, err := Listen(Config{Path: path}); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestDialWithoutServer(t *testing.T) {
	path := socketPath(t)
	if _, err := Dial(context.Background(), DialConfig{Path: path}); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
}

// scenario 1: whom a client believes to be the service.
func TestTrusted(t *testing.T) {
	const own, service = 1000, 990
	for _, tt := range []struct {
		uid, service int
		acceptOwn    bool
		want         bool
	}{
		{0, service, false, true},
		{service, service, false, true},
		{own, service, true, true},
		{own, service, false, false},
		{1001, service, true, false},
		{-1, -1, false, false}, // no such account on this PC
		{65534, -1, true, false},
	} {
		if got := trusted(tt.uid, own, tt.service, tt.acceptOwn); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}
