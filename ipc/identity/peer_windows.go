package identity

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tokenIsAppContainer is a TOKEN_INFORMATION_CLASS.
const tokenIsAppContainer = 29

var (
	advapi32                      = windows.NewLazySystemDLL("advapi32.dll")
	kernel32                      = windows.NewLazySystemDLL("kernel32.dll")
	procImpersonateNamedPipe      = advapi32.NewProc("ImpersonateNamedPipeClient")
	procGetNamedPipeClientSession = kernel32.NewProc("GetNamedPipeClientSessionId")
)

// AfterRead says that FromConn needs bytes to have been read before.
const AfterRead = true

// Self is the ID of the account this process runs as.
func Self() (string, error) {
	u, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	return u.User.Sid.String(), nil
}

// Account is the ID of the account with this name, for example
// `NT SERVICE\BeckmanConnect`.
func Account(name string) (string, error) {
	sid, _, _, err := windows.LookupSID("", name)
	if err != nil {
		return "", err
	}
	return sid.String(), nil
}

func fromConn(c net.Conn) (*Peer, error) {
	f, ok := c.(interface{ Fd() uintptr })
	if !ok {
		return nil, fmt.Errorf("%T is not a pipe", c)
	}
	pipe := windows.Handle(f.Fd())
	a, err := impersonated(pipe)
	if err != nil {
		return nil, err
	}
	a.UID = -1
	var pid, session uint32
	if err := windows.GetNamedPipeClientProcessId(pipe, &pid); err != nil {
		return nil, os.NewSyscallError("GetNamedPipeClientProcessId", err)
	}
	if r, _, err := procGetNamedPipeClientSession.Call(uintptr(pipe), uintptr(unsafe.Pointer(&session))); r == 0 {
		return nil, os.NewSyscallError("GetNamedPipeClientSessionId", err)
	}
	a.PID, a.Session = int(pid), strconv.FormatUint(uint64(session), 10)
	if session == 0 {
		a.Seat = SeatNone // session 0 belongs to services, nobody sits there
	}
	if u, err := user.LookupId(a.ID); err == nil {
		a.User = u.Username
	}
	p := &Peer{Actor: a}
	// The process may not be open to a restricted service account. Then the
	// pipe alone says that it is still there: Windows does not let a handle
	// outlive its process unless it was duplicated on purpose, and then the
	// same account still holds it.
	proc, err := hold(pid)
	switch {
	case err == nil:
		p.process, p.Actor.Start = proc, proc.start
	case !errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return nil, err
	}
	return p, nil
}

// impersonated takes the client's token from the pipe. The thread is locked
// while it wears that token. When it cannot be taken off again, the thread is
// never unlocked: the runtime then ends it together with its goroutine, and no
// other code ever runs as the caller.
func impersonated(pipe windows.Handle) (Actor, error) {
	type result struct {
		actor Actor
		err   error
	}
	done := make(chan result, 1)
	go func() {
		runtime.LockOSThread()
		if r, _, err := procImpersonateNamedPipe.Call(uintptr(pipe)); r == 0 {
			runtime.UnlockOSThread()
			done <- result{err: os.NewSyscallError("ImpersonateNamedPipeClient", err)}
			return
		}
		var token windows.Token
		openErr := windows.OpenThreadToken(windows.CurrentThread(), windows.TOKEN_QUERY, true, &token)
		if err := windows.RevertToSelf(); err != nil {
			if openErr == nil {
				token.Close()
			}
			done <- result{err: os.NewSyscallError("RevertToSelf", err)}
			return // the thread stays locked and ends here
		}
		runtime.UnlockOSThread()
		if openErr != nil {
			done <- result{err: os.NewSyscallError("OpenThreadToken", openErr)}
			return
		}
		defer token.Close()
		a, err := fromToken(token)
		done <- result{a, err}
	}()
	r := <-done
	return r.actor, r.err
}

// fromToken reads the facts out of an access token.
func fromToken(token windows.Token) (Actor, error) {
	u, err := token.GetTokenUser()
	if err != nil {
		return Actor{}, os.NewSyscallError("GetTokenInformation TokenUser", err)
	}
	groups, err := token.GetTokenGroups()
	if err != nil {
		return Actor{}, os.NewSyscallError("GetTokenInformation TokenGroups", err)
	}
	f := tokenFacts{user: u.User.Sid.String(), integrity: integrity(token)}
	for _, g := range groups.AllGroups() {
		// A group that is there to deny only gives no right.
		if g.Attributes&windows.SE_GROUP_ENABLED != 0 && g.Attributes&windows.SE_GROUP_USE_FOR_DENY_ONLY == 0 {
			f.groups = append(f.groups, g.Sid.String())
		}
	}
	var container, size uint32
	if err := windows.GetTokenInformation(token, tokenIsAppContainer, (*byte)(unsafe.Pointer(&container)), 4, &size); err == nil {
		f.container = container != 0
	}
	return f.actor(), nil
}

// integrity is the token's mandatory level, 0 when it cannot be read.
func integrity(token windows.Token) uint32 {
	var size uint32
	_ = windows.GetTokenInformation(token, windows.TokenIntegrityLevel, nil, 0, &size)
	if size == 0 {
		return 0
	}
	buffer := make([]byte, size)
	if err := windows.GetTokenInformation(token, windows.TokenIntegrityLevel, &buffer[0], size, &size); err != nil {
		return 0
	}
	label := (*windows.Tokenmandatorylabel)(unsafe.Pointer(&buffer[0]))
	count := uint32(label.Label.Sid.SubAuthorityCount())
	if count == 0 {
		return 0
	}
	return label.Label.Sid.SubAuthority(count - 1)
}

type windowsProcess struct {
	start uint64

	mu     sync.Mutex
	handle windows.Handle
}

func hold(pid uint32) (*windowsProcess, error) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, pid)
	if err != nil {
		return nil, err
	}
	var created, exited, kernel, inUser windows.Filetime
	if err := windows.GetProcessTimes(h, &created, &exited, &kernel, &inUser); err != nil {
		windows.CloseHandle(h)
		return nil, os.NewSyscallError("GetProcessTimes", err)
	}
	return &windowsProcess{handle: h, start: uint64(created.Nanoseconds())}, nil
}

// alive asks the handle, which keeps the process ID from being used again.
func (p *windowsProcess) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.handle == 0 {
		return false
	}
	event, err := windows.WaitForSingleObject(p.handle, 0)
	return err == nil && event == uint32(windows.WAIT_TIMEOUT)
}

func (p *windowsProcess) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.handle == 0 {
		return nil
	}
	h := p.handle
	p.handle = 0
	return windows.CloseHandle(h)
}
