package identity

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// AfterRead says that FromConn needs bytes to have been read before. A socket
// names its peer at once.
const AfterRead = false

// Self is the ID of the account this process runs as.
func Self() (string, error) { return UID(os.Geteuid()), nil }

// UID is the ID of a Linux account.
func UID(uid int) string { return "uid:" + strconv.Itoa(uid) }

// Account is the ID of the account with this name.
func Account(name string) (string, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return "", err
	}
	return "uid:" + u.Uid, nil
}

func fromConn(c net.Conn) (*Peer, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("%T is not a socket", c)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Ucred
	pidfd := -1
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		if cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); credErr != nil {
			return
		}
		// Since Linux 6.5 the kernel hands out the very process that
		// connected; before, see hold.
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PEERPIDFD); err == nil {
			pidfd = n
		}
	}); err != nil {
		return nil, err
	}
	if credErr != nil {
		return nil, os.NewSyscallError("getsockopt SO_PEERCRED", credErr)
	}
	// PID 0 is a process outside of our PID namespace: nothing that could be
	// watched, so nothing that could be trusted to still be there.
	if cred.Pid <= 0 {
		return nil, errors.New("the peer is outside of this PID namespace")
	}
	proc, err := hold(int(cred.Pid), cred.Uid, pidfd)
	if err != nil {
		return nil, err
	}
	return &Peer{Actor: actor(int(cred.Uid), int(cred.Pid), proc.start), process: proc}, nil
}

func actor(uid, pid int, start uint64) Actor {
	a := Actor{
		ID: UID(uid), UID: uid, PID: pid, Start: start,
		Seat: seat(runSystemd, uid), Elevated: uid == 0, SystemAccount: systemUID(uid),
		Session: session(pid),
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		a.User = u.Username
	}
	return a
}

// linuxProcess holds a process by a descriptor, and by its start time where
// the kernel gives no descriptor.
type linuxProcess struct {
	pid   int
	start uint64

	mu    sync.Mutex
	pidfd int // -1: none
}

func hold(pid int, uid uint32, pidfd int) (*linuxProcess, error) {
	p := &linuxProcess{pid: pid, pidfd: pidfd}
	if p.pidfd < 0 {
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			p.pidfd = fd
		}
	}
	start, err := startTime(pid)
	if err == nil {
		p.start = start
	}
	switch {
	case p.pidfd < 0 && p.start == 0:
		return nil, fmt.Errorf("process %d: %w", pid, err)
	case pidfd < 0 && !owned(pid, uid):
		// Opened by number: it must at least belong to the peer's account.
		p.close()
		return nil, fmt.Errorf("process %d is no longer the one that connected", pid)
	case !p.alive():
		p.close()
		return nil, fmt.Errorf("process %d has ended", pid)
	}
	return p, nil
}

func (p *linuxProcess) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pidfd < 0 {
		start, err := startTime(p.pid)
		return err == nil && p.start != 0 && start == p.start
	}
	// A pidfd becomes readable when its process ends.
	fds := []unix.PollFd{{Fd: int32(p.pidfd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return err == nil && n == 0
	}
}

func (p *linuxProcess) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pidfd < 0 {
		return nil
	}
	fd := p.pidfd
	p.pidfd, p.start = -1, 0 // closed: never alive again
	return unix.Close(fd)
}

// startTime is field 22 of /proc/PID/stat, in ticks since boot.
func startTime(pid int) (uint64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStartTime(stat)
}

func parseStartTime(stat []byte) (uint64, error) {
	// The command name may hold spaces and brackets: fields count from the
	// last bracket on.
	end := bytes.LastIndexByte(stat, ')')
	fields := bytes.Fields(stat[end+1:])
	if end < 0 || len(fields) < 20 {
		return 0, errors.New("malformed process status")
	}
	return strconv.ParseUint(string(fields[19]), 10, 64)
}

// owned reports whether process pid runs under uid. A process that may not be
// looked at (hidepid) is taken as such: its descriptor is what counts.
func owned(pid int, uid uint32) bool {
	info, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return os.IsPermission(err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	// A process that gave up its dumpability belongs to root there.
	return ok && (st.Uid == uid || st.Uid == 0)
}

// systemUID reports whether an account is for programs: below 1000 and not
// root (who is nobody's technician either), systemd's dynamic users, and
// "nobody", which is also what an unmapped user of a namespace looks like.
func systemUID(uid int) bool {
	const firstPerson, dynamicFirst, dynamicLast, nobody16, nobody = 1000, 61184, 65519, 65534, 65535
	return uid < firstPerson || uid >= dynamicFirst && uid <= dynamicLast || uid == nobody16 || uid == nobody || uid == -1
}

const runSystemd = "/run/systemd"

// seat asks logind's records whether the user has a session at a seat of this
// PC, as opposed to one over SSH. It is the same record sd_uid_get_seats(3)
// reads.
func seat(dir string, uid int) Seat {
	if _, err := os.Stat(filepath.Join(dir, "seats")); err != nil {
		return SeatUnknown // no logind on this system
	}
	record, err := os.ReadFile(filepath.Join(dir, "users", strconv.Itoa(uid)))
	if err != nil {
		return SeatNone
	}
	for line := range strings.Lines(string(record)) {
		if seats, ok := strings.CutPrefix(strings.TrimSpace(line), "SEATS="); ok && seats != "" {
			return SeatLocal
		}
	}
	return SeatNone
}

// session is the audit session, which is also logind's number of it.
func session(pid int) string {
	id, err := os.ReadFile(fmt.Sprintf("/proc/%d/sessionid", pid))
	s := strings.TrimSpace(string(id))
	if err != nil || s == "4294967295" {
		return ""
	}
	return s
}
