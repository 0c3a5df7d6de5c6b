package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"beckmanconnect/internal/clamd"
)

// AMSI is whatever antivirus is registered with Windows (Defender or another).
// The interface takes buffers, so a file is handed over in pieces that overlap,
// all in one session, which is how a scanner knows that they belong together.
type AMSI struct{}

const (
	amsiPiece   = 16 << 20
	amsiOverlap = 1 << 20

	amsiBlockedByAdmin = 0x4000 // up to 0x4fff
	amsiDetected       = 0x8000 // and above
)

var (
	amsiDLL        = windows.NewLazySystemDLL("amsi.dll")
	amsiInitialize = amsiDLL.NewProc("AmsiInitialize")
	amsiUninit     = amsiDLL.NewProc("AmsiUninitialize")
	amsiOpen       = amsiDLL.NewProc("AmsiOpenSession")
	amsiClose      = amsiDLL.NewProc("AmsiCloseSession")
	amsiScanBuffer = amsiDLL.NewProc("AmsiScanBuffer")
)

// Describe implements Scanner: AMSI answers "nothing found" also where nobody
// is registered, so the providers are what tells whether there is a scanner.
func (*AMSI) Describe(context.Context) (string, error) {
	if err := amsiScanBuffer.Find(); err != nil {
		return "", &Error{Op: "amsi: load", Kind: ErrAbsent, Err: err}
	}
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\AMSI\Providers`, registry.READ)
	if err != nil {
		return "", &Error{Op: "amsi: providers", Kind: ErrAbsent, Err: err}
	}
	defer k.Close()
	classes, err := k.ReadSubKeyNames(-1)
	if err != nil || len(classes) == 0 {
		return "", &Error{Op: "amsi: providers", Kind: ErrAbsent, Err: err}
	}
	var names []string
	for _, class := range classes {
		names = append(names, providerName(class))
	}
	return clamd.Plain("AMSI: " + strings.Join(names, ", ")), nil
}

// providerName is what a provider calls itself, with Defender's signatures.
func providerName(class string) string {
	name := text(registry.CLASSES_ROOT, `CLSID\`+class, "")
	if name == "" {
		return class
	}
	if strings.Contains(name, "Defender") {
		if version := text(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows Defender\Signature Updates`, "AVSignatureVersion"); version != "" {
			name += "/" + version
		}
	}
	return name
}

func text(root registry.Key, path, value string) string {
	k, err := registry.OpenKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer k.Close()
	s, _, err := k.GetStringValue(value)
	if err != nil {
		return ""
	}
	return s
}

// Scan implements Scanner.
func (a *AMSI) Scan(ctx context.Context, r io.Reader, size int64) (Verdict, error) {
	scanner, err := a.Describe(ctx)
	if err != nil {
		return Verdict{}, err
	}
	app, err := windows.UTF16PtrFromString("BeckmanConnect")
	if err != nil {
		return Verdict{}, &Error{Op: "amsi: name", Kind: ErrFailed, Err: err}
	}
	var handle, session uintptr
	if hr, _, _ := amsiInitialize.Call(uintptr(unsafe.Pointer(app)), uintptr(unsafe.Pointer(&handle))); failed(hr) {
		return Verdict{}, hresult("amsi: initialize", hr)
	}
	defer amsiUninit.Call(handle)
	if hr, _, _ := amsiOpen.Call(handle, uintptr(unsafe.Pointer(&session))); failed(hr) {
		return Verdict{}, hresult("amsi: open", hr)
	}
	defer amsiClose.Call(handle, session)

	buf := make([]byte, min(size, amsiPiece))
	kept := 0
	for left := size; left > 0; {
		if err := ctx.Err(); err != nil {
			return Verdict{}, &Error{Op: "amsi: scan", Kind: ErrFailed, Err: err}
		}
		n := int(min(left, int64(len(buf)-kept)))
		if _, err := io.ReadFull(r, buf[kept:kept+n]); err != nil {
			return Verdict{}, &Error{Op: "amsi: read the file", Kind: ErrFailed, Err: err}
		}
		left -= int64(n)
		piece := buf[:kept+n]
		var result uint32
		hr, _, _ := amsiScanBuffer.Call(handle, uintptr(unsafe.Pointer(&piece[0])), uintptr(uint32(len(piece))),
			uintptr(unsafe.Pointer(app)), session, uintptr(unsafe.Pointer(&result)))
		switch {
		case failed(hr):
			return Verdict{}, hresult("amsi: scan", hr)
		case result >= amsiDetected:
			return Verdict{Signature: fmt.Sprintf("AMSI result %#x", result), Scanner: scanner}, nil
		case result >= amsiBlockedByAdmin:
			return Verdict{Signature: "blocked by the administrator", Scanner: scanner}, nil
		}
		kept = min(amsiOverlap, len(piece))
		copy(buf, piece[len(piece)-kept:])
	}
	return Verdict{Clean: true, Scanner: scanner}, nil
}

func failed(hr uintptr) bool { return int32(hr) < 0 }

func hresult(op string, hr uintptr) error {
	return &Error{Op: op, Kind: ErrFailed, Err: errors.New(windows.Errno(hr).Error())}
}
