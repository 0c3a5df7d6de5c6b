package pipe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	winio "github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"beckmanconnect/ipc/identity"
)

// DefaultAccount is the service's account: the virtual one Windows makes for
// the service of this name.
const DefaultAccount = `NT SERVICE\BeckmanConnect`

func listen(c Config) (net.Listener, error) {
	if err := checkPipeName(c.Path); err != nil {
		return nil, err
	}
	own, err := identity.Self()
	if err != nil {
		return nil, err
	}
	descriptor, err := sddl(own, c)
	if err != nil {
		return nil, err
	}
	// go-winio creates the first instance with FILE_CREATE, which fails when
	// the name exists, and every instance with "reject remote clients".
	l, err := winio.ListenPipe(c.Path, &winio.PipeConfig{SecurityDescriptor: descriptor})
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_ALREADY_EXISTS),
		errors.Is(err, windows.ERROR_PIPE_BUSY), errors.Is(err, os.ErrExist):
		return nil, fmt.Errorf("%w (%w)", held(c.Path, own), err)
	case err != nil:
		return nil, err
	}
	return l, nil
}

// heldWithin bounds the look at who holds the name.
const heldWithin = time.Second

// held says who holds the name. It opens the pipe to ask whose it is, lets the
// other end know who we are and no more, and says nothing to it.
func held(path, own string) error {
	ctx, cancel := context.WithTimeout(context.Background(), heldWithin)
	defer cancel()
	conn, err := winio.DialPipeAccessImpLevel(ctx, path, windows.READ_CONTROL|windows.FILE_READ_ATTRIBUTES|windows.SYNCHRONIZE, winio.PipeImpLevelIdentification)
	if errors.Is(err, os.ErrPermission) {
		return serverFacts{}.holder(own) // our own would let us look
	}
	if err != nil {
		return ErrInUse // it is busy, or gone by now
	}
	defer conn.Close()
	var facts serverFacts
	if f, ok := conn.(interface{ Fd() uintptr }); ok {
		if facts, err = serverOf(windows.Handle(f.Fd())); err != nil {
			facts = serverFacts{}
		}
	}
	return facts.holder(own)
}

func dial(ctx context.Context, c DialConfig) (net.Conn, error) {
	if err := checkPipeName(c.Path); err != nil {
		return nil, err
	}
	// Identification: the server may see who we are, and never act as us.
	conn, err := winio.DialPipeAccessImpLevel(ctx, c.Path, clientAccess, winio.PipeImpLevelIdentification)
	switch {
	case errors.Is(err, os.ErrNotExist):
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

func verify(conn net.Conn, account string) error {
	f, ok := conn.(interface{ Fd() uintptr })
	if !ok {
		return fmt.Errorf("%T is not a pipe", conn)
	}
	own, err := identity.Self()
	if err != nil {
		return err
	}
	service, err := identity.Account(account)
	if err != nil {
		service = ""
	}
	facts, err := serverOf(windows.Handle(f.Fd()))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return facts.check(own, service, acceptOwn)
}

func serverOf(pipe windows.Handle) (serverFacts, error) {
	sd, err := windows.GetSecurityInfo(pipe, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return serverFacts{}, os.NewSyscallError("GetSecurityInfo", err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return serverFacts{}, err
	}
	if owner == nil {
		return serverFacts{}, errors.New("the pipe has no owner")
	}
	var pid uint32
	if err := windows.GetNamedPipeServerProcessId(pipe, &pid); err != nil {
		return serverFacts{}, os.NewSyscallError("GetNamedPipeServerProcessId", err)
	}
	return serverFacts{owner: owner.String(), process: accountOf(pid)}, nil
}

// accountOf is the account of a process, empty when it may not be looked at.
func accountOf(pid uint32) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	var token windows.Token
	if err := windows.OpenProcessToken(h, windows.TOKEN_QUERY, &token); err != nil {
		return ""
	}
	defer token.Close()
	u, err := token.GetTokenUser()
	if err != nil {
		return ""
	}
	return u.User.Sid.String()
}
