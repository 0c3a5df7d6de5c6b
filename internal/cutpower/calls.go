//go:build linux && amd64

package cutpower

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kind is what a call does to the disk.
type kind int

const (
	other   kind = iota // nothing
	writes              // puts bytes into a file
	makes               // makes a name
	changes             // moves, removes, cuts, changes
	syncs               // waits for the disk
)

// needsSpace tells whether a full disk refuses the call.
func (k kind) needsSpace() bool { return k == writes || k == makes || k == syncs }

// where a call names what it changes.
type where int

const (
	byFD     where = iota // a descriptor in args[0]
	byThird               // a descriptor in args[2]
	byPath                // a path in args[0]
	byAt                  // a folder's descriptor and a path in args[0] and args[1]
	fromTo                // two paths
	fromToAt              // two of byAt
	linkAt                // a text, and a place as byAt in args[1] and args[2]
)

// table of the calls that change a disk.
var table = map[uint64]struct {
	name  string
	kind  kind
	where where
}{
	unix.SYS_WRITE:           {"write", writes, byFD},
	unix.SYS_PWRITE64:        {"pwrite", writes, byFD},
	unix.SYS_WRITEV:          {"writev", writes, byFD},
	unix.SYS_PWRITEV:         {"pwritev", writes, byFD},
	unix.SYS_SENDFILE:        {"sendfile", writes, byFD},
	unix.SYS_COPY_FILE_RANGE: {"copy_file_range", writes, byThird},
	unix.SYS_SPLICE:          {"splice", writes, byThird},
	unix.SYS_FALLOCATE:       {"fallocate", writes, byFD},
	unix.SYS_FTRUNCATE:       {"ftruncate", changes, byFD},
	unix.SYS_FCHMOD:          {"fchmod", changes, byFD},
	unix.SYS_FSYNC:           {"fsync", syncs, byFD},
	unix.SYS_FDATASYNC:       {"fdatasync", syncs, byFD},
	unix.SYS_SYNC_FILE_RANGE: {"sync_file_range", syncs, byFD},
	unix.SYS_OPEN:            {"open", makes, byPath},
	unix.SYS_CREAT:           {"creat", makes, byPath},
	unix.SYS_OPENAT:          {"openat", makes, byAt},
	unix.SYS_MKDIR:           {"mkdir", makes, byPath},
	unix.SYS_MKDIRAT:         {"mkdirat", makes, byAt},
	unix.SYS_LINK:            {"link", makes, fromTo},
	unix.SYS_LINKAT:          {"linkat", makes, fromToAt},
	unix.SYS_SYMLINK:         {"symlink", makes, fromTo},
	unix.SYS_SYMLINKAT:       {"symlinkat", makes, linkAt},
	unix.SYS_TRUNCATE:        {"truncate", changes, byPath},
	unix.SYS_CHMOD:           {"chmod", changes, byPath},
	unix.SYS_FCHMODAT:        {"fchmodat", changes, byAt},
	unix.SYS_UNLINK:          {"unlink", changes, byPath},
	unix.SYS_RMDIR:           {"rmdir", changes, byPath},
	unix.SYS_UNLINKAT:        {"unlinkat", changes, byAt},
	unix.SYS_RENAME:          {"rename", changes, fromTo},
	unix.SYS_RENAMEAT:        {"renameat", changes, fromToAt},
	unix.SYS_RENAMEAT2:       {"renameat2", changes, fromToAt},
}

// describe says what a call is about to change. Opening counts when it makes
// or empties a file.
func describe(pid int, info callInfo) (Call, kind) {
	row, ok := table[info.Number]
	if !ok {
		return Call{}, other
	}
	a := info.Args
	switch {
	case info.Number == unix.SYS_OPENAT && a[2]&(unix.O_CREAT|unix.O_TRUNC) == 0,
		info.Number == unix.SYS_OPEN && a[1]&(unix.O_CREAT|unix.O_TRUNC) == 0:
		return Call{}, other
	}
	c := Call{Name: row.name}
	switch row.where {
	case byFD:
		c.Path = fdPath(pid, int32(a[0]))
	case byThird:
		c.Path = fdPath(pid, int32(a[2]))
	case byPath:
		c.Path = at(pid, unix.AT_FDCWD, a[0])
	case byAt:
		c.Path = at(pid, int32(a[0]), a[1])
	case fromTo:
		c.Path, c.To = at(pid, unix.AT_FDCWD, a[0]), at(pid, unix.AT_FDCWD, a[1])
	case fromToAt:
		c.Path, c.To = at(pid, int32(a[0]), a[1]), at(pid, int32(a[2]), a[3])
	case linkAt:
		c.Path = at(pid, int32(a[1]), a[2])
	}
	return c, row.kind
}

func below(dir, path string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// fdPath is what a descriptor stands for: a path, or "pipe:[17]" and its like.
func fdPath(pid int, fd int32) string {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	if err != nil {
		return ""
	}
	return path
}

// at is a path that a program names from a folder.
func at(pid int, dir int32, address uint64) string {
	path := text(pid, address)
	if filepath.IsAbs(path) {
		return path
	}
	folder := ""
	if dir == unix.AT_FDCWD {
		folder, _ = os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	} else {
		folder = fdPath(pid, dir)
	}
	return filepath.Join(folder, path)
}

// text reads a C string out of a program, page by page: the one after it may
// not be there.
func text(pid int, address uint64) string {
	var all []byte
	page := uint64(os.Getpagesize())
	for len(all) < unix.PathMax {
		part := make([]byte, page-address%page)
		n, err := unix.ProcessVMReadv(pid, []unix.Iovec{{Base: &part[0], Len: uint64(len(part))}},
			[]unix.RemoteIovec{{Base: uintptr(address), Len: len(part)}}, 0)
		if err != nil {
			return string(all)
		}
		if end := bytes.IndexByte(part[:n], 0); end >= 0 {
			return string(append(all, part[:end]...))
		}
		all, address = append(all, part[:n]...), address+uint64(n)
	}
	return string(all)
}

// callInfo is the kernel's struct ptrace_syscall_info at a call's entry.
type callInfo struct {
	Op     uint8
	_      [3]uint8
	Arch   uint32
	_      [2]uint64 // instruction and stack pointer
	Number uint64
	Args   [6]uint64
}

const (
	getCallInfo = 0x420e // PTRACE_GET_SYSCALL_INFO
	atEntry     = 1
	atExit      = 2
	atFilter    = 3
)

func infoOf(pid int) (callInfo, error) {
	var info callInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, getCallInfo, uintptr(pid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return info, fmt.Errorf("which call: %w", errno)
	}
	return info, nil
}

func edit(pid int, change func(*unix.PtraceRegs)) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(pid, &regs); err != nil {
		return fmt.Errorf("registers: %w", err)
	}
	change(&regs)
	if err := unix.PtraceSetRegs(pid, &regs); err != nil {
		return fmt.Errorf("registers: %w", err)
	}
	return nil
}

// skip makes a call that was begun one that does not exist.
func skip(pid int) error { return edit(pid, func(r *unix.PtraceRegs) { r.Orig_rax = ^uint64(0) }) }

// halve makes a write one of half the bytes.
func halve(pid int) error { return edit(pid, func(r *unix.PtraceRegs) { r.Rdx /= 2 }) }

func setResult(pid int, err unix.Errno) error {
	return edit(pid, func(r *unix.PtraceRegs) { r.Rax = uint64(-int64(err)) })
}
