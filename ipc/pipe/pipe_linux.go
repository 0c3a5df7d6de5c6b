package pipe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"beckmanconnect/ipc/identity"
)

// DefaultAccount is the service's account as the package creates it.
const DefaultAccount = "beckmanconnect"

// maxPath is what fits into sockaddr_un with its terminating NUL.
const maxPath = 107

func listen(c Config) (net.Listener, error) {
	path, err := resolve(c.Path)
	if err != nil {
		return nil, err
	}
	lock, err := lockName(path)
	if err != nil {
		return nil, err
	}
	l, err := bind(path, c)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &listener{UnixListener: l.UnixListener, path: path, inode: l.inode, lock: lock}, nil
}

// resolve makes the folder if only it is missing, and returns the path with
// every folder on the way proven to be out of other users' reach. A folder
// that others may write is where a name is squatted.
func resolve(path string) (string, error) {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path || len(path) > maxPath {
		return "", fmt.Errorf("%w: an absolute path of at most %d bytes is needed", ErrName, maxPath)
	}
	dir := filepath.Dir(path)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if err := checkFolder(d, d == dir); err != nil {
			return "", err
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	full := filepath.Join(dir, filepath.Base(path))
	if len(full) > maxPath {
		return "", fmt.Errorf("%w: %s is longer than %d bytes", ErrName, full, maxPath)
	}
	return full, nil
}

// checkFolder: the owner is root or we; others cannot write, except on the
// way in a sticky folder such as /tmp, where they cannot move what is ours.
func checkFolder(dir string, last bool) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() {
		return fmt.Errorf("%w: %s is not a folder", ErrSquatted, dir)
	}
	if st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: %s belongs to user %d", ErrSquatted, dir, st.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 && (last || info.Mode()&os.ModeSticky == 0) {
		return fmt.Errorf("%w: %s can be written by others (mode %v)", ErrSquatted, dir, info.Mode().Perm())
	}
	return nil
}

// lockName takes the lock beside the socket. The kernel gives it back when
// the process ends, however it ends: whoever has it knows that a socket of
// this name is dead. The file is never removed, or two could hold "the" lock.
func lockName(path string) (*os.File, error) {
	fd, err := unix.Open(path+".lock", unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%w: %s.lock is a link", ErrSquatted, path)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path + ".lock", Err: err}
	}
	f := os.NewFile(uintptr(fd), path+".lock")
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		f.Close()
		return nil, os.NewSyscallError("fstat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || int(st.Uid) != os.Geteuid() || st.Nlink != 1 {
		f.Close()
		return nil, fmt.Errorf("%w: %s.lock is not our file", ErrSquatted, path)
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrInUse
		}
		return nil, os.NewSyscallError("flock", err)
	}
	return f, nil
}

type bound struct {
	*net.UnixListener
	inode inode
}

func bind(path string, c Config) (bound, error) {
	if err := removeDead(path); err != nil {
		return bound{}, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if errors.Is(err, unix.EADDRINUSE) {
		return bound{}, ErrInUse // somebody was faster, and does not know our lock
	}
	if err != nil {
		return bound{}, err
	}
	l.SetUnlinkOnClose(false) // the listener removes it, and only when it is still ours
	if err := admit(path, c); err != nil {
		l.Close()
		os.Remove(path)
		return bound{}, err
	}
	id, err := inodeOf(path)
	if err != nil {
		l.Close()
		return bound{}, err
	}
	return bound{l, id}, nil
}

// removeDead makes way for a new socket. It is called under the lock. What is
// there must be a socket, ours, and refuse connections.
func removeDead(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%w: it is a %s", ErrSquatted, kind(info.Mode()))
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: the socket belongs to another user", ErrSquatted)
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err == nil {
		conn.Close()
		return ErrInUse
	}
	if !errors.Is(err, unix.ECONNREFUSED) {
		return fmt.Errorf("%w: the socket is not dead: %w", ErrSquatted, err)
	}
	return os.Remove(path)
}

// kind is what people call a file of this mode.
func kind(mode os.FileMode) string {
	switch mode.Type() {
	case 0:
		return "file"
	case os.ModeDir:
		return "folder"
	case os.ModeSymlink:
		return "link"
	case os.ModeNamedPipe:
		return "named pipe"
	}
	return "device"
}

// admit opens the socket to those who may connect.
func admit(path string, c Config) error {
	mode := os.FileMode(0o600)
	if c.Group != "" {
		g, err := user.LookupGroup(c.Group)
		if err != nil {
			return err
		}
		gid, err := strconv.Atoi(g.Gid)
		if err != nil {
			return err
		}
		if err := os.Chown(path, -1, gid); err != nil {
			return err
		}
		mode = 0o660
	}
	if c.Users {
		mode = 0o666
	}
	return os.Chmod(path, mode)
}

type inode struct{ dev, ino uint64 }

func inodeOf(path string) (inode, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return inode{}, &os.PathError{Op: "lstat", Path: path, Err: err}
	}
	return inode{uint64(st.Dev), st.Ino}, nil
}

type listener struct {
	*net.UnixListener
	path  string
	inode inode
	lock  *os.File

	once sync.Once
	err  error
}

// Close removes the socket if it is still the one we made, then gives the
// name back.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.err = l.UnixListener.Close()
		if now, err := inodeOf(l.path); err == nil && now == l.inode {
			l.err = errors.Join(l.err, os.Remove(l.path))
		}
		l.err = errors.Join(l.err, l.lock.Close())
	})
	return l.err
}

func dial(ctx context.Context, c DialConfig) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.Path)
	switch {
	case errors.Is(err, unix.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w (%w)", ErrNotRunning, err)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%w (%w)", ErrNotAdmitted, err)
	case err != nil:
		return nil, err
	}
	if err := verify(conn, c.Account); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// verify: for a client, SO_PEERCRED names the process that called listen.
func verify(conn net.Conn, account string) error {
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return err
	}
	if credErr != nil {
		return os.NewSyscallError("getsockopt SO_PEERCRED", credErr)
	}
	service := -1
	if id, err := identity.Account(account); err == nil {
		_, _ = fmt.Sscanf(id, "uid:%d", &service)
	}
	if !trusted(int(cred.Uid), os.Geteuid(), service, acceptOwn) {
		return fmt.Errorf("%w: it runs as user %d", ErrUntrusted, cred.Uid)
	}
	return nil
}

// trusted decides whether a server running as uid may be the service.
func trusted(uid, own, service int, acceptOwn bool) bool {
	return uid == 0 || uid == service && service > 0 || acceptOwn && uid == own
}
