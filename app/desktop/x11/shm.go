//go:build linux

package x11

import (
	"fmt"

	"github.com/jezek/xgb/shm"
	"golang.org/x/sys/unix"
)

// segment is memory shared with the X server.
type segment struct {
	c    *conn
	id   shm.Seg
	data []byte
}

// newSegment makes one of size bytes. It is removed from the system as soon as
// both sides hold it, so that nothing is left behind by a crash.
func newSegment(c *conn, size int) (*segment, error) {
	if _, err := shm.QueryVersion(c.Conn).Reply(); err != nil {
		return nil, fmt.Errorf("x11: shared memory: %w", err)
	}
	key, err := unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|0o600)
	if err != nil {
		return nil, fmt.Errorf("x11: make shared memory: %w", err)
	}
	remove := func() { _, _ = unix.SysvShmCtl(key, unix.IPC_RMID, nil) }
	data, err := unix.SysvShmAttach(key, 0, 0)
	if err != nil {
		remove()
		return nil, fmt.Errorf("x11: attach shared memory: %w", err)
	}
	s := &segment{c: c, data: data[:size]}
	if s.id, err = shm.NewSegId(c.Conn); err == nil {
		err = shm.AttachChecked(c.Conn, s.id, uint32(key), false).Check()
	}
	remove()
	if err != nil {
		_ = unix.SysvShmDetach(data)
		return nil, fmt.Errorf("x11: share memory with the server: %w", err)
	}
	return s, nil
}

func (s *segment) close() {
	shm.Detach(s.c.Conn, s.id)
	_ = unix.SysvShmDetach(s.data) // only fails on memory that is not attached
}
