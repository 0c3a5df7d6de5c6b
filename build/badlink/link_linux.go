package badlink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Addresses of the two ends, of the range that is kept for benchmarks.
var (
	nearIP  = [4]byte{198, 18, 0, 1}
	farIP   = [4]byte{198, 18, 0, 2}
	netmask = [4]byte{255, 255, 255, 252}
)

// Link is one link, with a network of its own at each end.
type Link struct {
	near, far *end
	down, up  *line // near → far, far → near
	stop      context.CancelFunc

	congestion string

	wg sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	over  bool
}

// end is one end's network and its device.
type end struct {
	space *os.File // of the network namespace
	tun   *os.File
}

// Open makes a link. It asks for root.
func Open(c Config) (*Link, error) {
	near, err := newEnd(nearIP)
	if err != nil {
		return nil, err
	}
	far, err := newEnd(farIP)
	if err != nil {
		near.close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	l := &Link{near: near, far: far, stop: stop, conns: map[net.Conn]bool{}, congestion: cmp.Or(c.Congestion, "cubic")}
	l.down, l.up = newLine(c, far.tun, 1), newLine(c, near.tun, 2)
	l.start(func() { l.down.run(ctx) })
	l.start(func() { l.up.run(ctx) })
	l.start(func() { carry(near.tun, l.down) })
	l.start(func() { carry(far.tun, l.up) })
	return l, nil
}

func (l *Link) start(f func()) {
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		f()
	}()
}

// Close ends the link and all connections over it.
func (l *Link) Close() {
	l.mu.Lock()
	l.over = true
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.stop()
	l.near.close()
	l.far.close()
	l.wg.Wait()
}

// Seen is what the link carried to the far end and from it.
func (l *Link) Seen() (down, up Seen) { return l.down.look(), l.up.look() }

// Dial connects from the far end, over the link, to an address that the near
// end's machine reaches by itself.
func (l *Link) Dial(ctx context.Context, address string) (net.Conn, error) {
	var listener net.Listener
	if err := l.near.inside(func() (err error) {
		listener, err = net.Listen("tcp4", net.IP(nearIP[:]).String()+":0")
		return err
	}); err != nil {
		return nil, fmt.Errorf("badlink: near end: %w", err)
	}
	defer listener.Close()
	accepted := make(chan net.Conn, 1)
	l.start(func() {
		defer close(accepted)
		if conn, err := listener.Accept(); err == nil {
			accepted <- conn
		}
	})
	var over net.Conn
	err := l.far.inside(func() (err error) {
		over, err = new(net.Dialer).DialContext(ctx, "tcp4", listener.Addr().String())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("badlink: far end: %w", err)
	}
	conn, ok := <-accepted
	if !ok {
		_ = over.Close()
		return nil, errors.New("badlink: nobody came in at the near end")
	}
	on, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		_ = over.Close()
		_ = conn.Close()
		return nil, fmt.Errorf("badlink: on to %s: %w", address, err)
	}
	if err := errors.Join(l.tcp(over), l.tcp(conn)); err != nil {
		_ = over.Close()
		_ = conn.Close()
		_ = on.Close()
		return nil, err
	}
	if !l.keep(over, conn, on) {
		return nil, net.ErrClosed
	}
	l.start(func() { l.splice(conn, on) })
	l.start(func() { l.splice(on, conn) })
	return over, nil
}

// tcp sets the congestion control of one end.
func (l *Link) tcp(conn net.Conn) error {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) {
		set = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, l.congestion)
	}); err != nil {
		return err
	}
	if set != nil {
		return fmt.Errorf("badlink: TCP with %s: %w", l.congestion, set)
	}
	return nil
}

func (l *Link) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range conns {
		if l.over {
			_ = c.Close()
			continue
		}
		l.conns[c] = true
	}
	return !l.over
}

// splice ends both when either ends.
func (l *Link) splice(to, from net.Conn) {
	// A small buffer: what waits should wait on the link, where it is seen.
	_, _ = io.CopyBuffer(onlyWriter{to}, onlyReader{from}, make([]byte, 16<<10))
	_ = to.Close()
	_ = from.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, to)
	delete(l.conns, from)
}

// onlyWriter and onlyReader keep the kernel from splicing with a buffer of its
// own.
type onlyWriter struct{ io.Writer }
type onlyReader struct{ io.Reader }

// carry reads packets off a device until it is closed.
func carry(tun *os.File, to *line) {
	for {
		data := make([]byte, 2048)
		n, err := tun.Read(data)
		if err != nil {
			return
		}
		to.take(data[:n], time.Now())
	}
}

// newEnd makes a network with a device in it. The thread that was put into the
// network ends with its goroutine.
func newEnd(ip [4]byte) (*end, error) {
	type made struct {
		*end
		error
	}
	done := make(chan made)
	go func() {
		runtime.LockOSThread()
		e, err := makeEnd(ip)
		done <- made{e, err}
	}()
	m := <-done
	if m.error != nil {
		return nil, fmt.Errorf("badlink: a network of its own (needs root): %w", m.error)
	}
	return m.end, nil
}

func makeEnd(ip [4]byte) (*end, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("unshare: %w", err)
	}
	space, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	tun, err := openTUN(ip)
	if err != nil {
		_ = space.Close()
		return nil, err
	}
	return &end{space, tun}, nil
}

func openTUN(ip [4]byte) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	if err := setUp(fd, ip); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "tun"), nil // only now: a device that is none cannot be waited for
}

func setUp(fd int, ip [4]byte) error {
	const name = "bad0"
	r, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		return fmt.Errorf("TUNSETIFF: %w", err)
	}
	control, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(control)
	for _, step := range []struct {
		request uint
		set     func(*unix.Ifreq) error
	}{
		{unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(ip[:]) }},
		{unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr(netmask[:]) }},
		{unix.SIOCSIFTXQLEN, func(r *unix.Ifreq) error { r.SetUint32(1000); return nil }},
		{unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }},
	} {
		r, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := step.set(r); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(control, step.request, r); err != nil {
			return fmt.Errorf("set the device up: %w", err)
		}
	}
	return nil
}

func (e *end) close() {
	_ = e.tun.Close()
	_ = e.space.Close()
}

// inside runs f with this end's network: sockets it makes are there for good.
func (e *end) inside(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with this goroutine
		if err := unix.Setns(int(e.space.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}
