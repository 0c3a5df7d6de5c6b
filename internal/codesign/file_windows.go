package codesign

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// File verifies the Authenticode signature of an open program: ours first, by
// the trust roots, then Windows' own verdict on the same handle. Both must be
// good.
func (g Gate) File(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("codesign: %w", err)
	}
	if err := g.Program(f, info.Size()); err != nil {
		return err
	}
	return g.system(f)
}

// tolerated are verdicts about what Program decided by the trust roots already:
// a certificate that was valid when it signed, a CA of our own.
func (g Gate) tolerated(verdict error) bool {
	return errors.Is(verdict, windows.Errno(windows.CERT_E_EXPIRED)) ||
		g.Private && errors.Is(verdict, windows.Errno(windows.CERT_E_UNTRUSTEDROOT))
}

// system asks Windows. It goes to no address for it: revocation is the trust
// roots' matter, and a PC without a way out must be able to upgrade from a
// mirror.
func (g Gate) system(f *os.File) error {
	path, err := windows.UTF16PtrFromString(f.Name())
	if err != nil {
		return fmt.Errorf("codesign: %w", err)
	}
	file := &windows.WinTrustFileInfo{
		Size: uint32(unsafe.Sizeof(windows.WinTrustFileInfo{})), FilePath: path, File: windows.Handle(f.Fd()),
	}
	data := &windows.WinTrustData{
		Size:     uint32(unsafe.Sizeof(windows.WinTrustData{})),
		UIChoice: windows.WTD_UI_NONE, RevocationChecks: windows.WTD_REVOKE_NONE, UnionChoice: windows.WTD_CHOICE_FILE,
		FileOrCatalogOrBlobOrSgnrOrCert: unsafe.Pointer(file),
		StateAction:                     windows.WTD_STATEACTION_VERIFY, UIContext: windows.WTD_UICONTEXT_INSTALL,
		ProvFlags: windows.WTD_CACHE_ONLY_URL_RETRIEVAL | windows.WTD_REVOCATION_CHECK_NONE | windows.WTD_DISABLE_MD2_MD4,
	}
	verdict := windows.WinVerifyTrustEx(windows.InvalidHWND, &windows.WINTRUST_ACTION_GENERIC_VERIFY_V2, data)
	data.StateAction = windows.WTD_STATEACTION_CLOSE
	closed := windows.WinVerifyTrustEx(windows.InvalidHWND, &windows.WINTRUST_ACTION_GENERIC_VERIFY_V2, data)
	runtime.KeepAlive(file)
	runtime.KeepAlive(f)
	if g.tolerated(verdict) {
		verdict = nil
	}
	if err := errors.Join(verdict, closed); err != nil {
		return refuse("Windows: %w", err)
	}
	return nil
}
