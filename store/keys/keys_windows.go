package keys

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

func defaultWrapper(string) Wrapper { return DPAPI{} }

// DPAPI wraps in the scope of the service's own account, not of the machine:
// another account on the same PC cannot unwrap.
type DPAPI struct{}

func (DPAPI) Wrap(secret []byte, context string) ([]byte, error) {
	in, entropy := blob(secret), blob(entropyOf(context))
	var out windows.DataBlob
	if err := windows.CryptProtectData(in, nil, entropy, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, &out); err != nil {
		return nil, fmt.Errorf("CryptProtectData: %w: %w", ErrAway, err)
	}
	return take(&out), nil
}

// Available wraps and unwraps a word: where Windows refuses that, no key is
// lost, and none can be made.
func (d DPAPI) Available() error {
	const word = "probe"
	wrapped, err := d.Wrap([]byte(word), word)
	if err != nil {
		return err
	}
	if got, err := d.Unwrap(wrapped, word); err != nil || string(got) != word {
		return fmt.Errorf("CryptUnprotectData: %w: %v", ErrAway, err)
	}
	return nil
}

func (DPAPI) Unwrap(wrapped []byte, context string) ([]byte, error) {
	in, entropy := blob(wrapped), blob(entropyOf(context))
	var out windows.DataBlob
	if err := windows.CryptUnprotectData(in, nil, entropy, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, &out); err != nil {
		return nil, fmt.Errorf("CryptUnprotectData: %v: %w", err, ErrWrong)
	}
	return take(&out), nil
}

// Renew has nothing to make: Windows renews its own master keys, and what is
// wrapped again is wrapped under the newest of them.
func (DPAPI) Renew() error { return nil }

// Stale is false: Windows keeps the keys it needs to unwrap with.
func (DPAPI) Stale() bool { return false }

// Retire has nothing to take away.
func (DPAPI) Retire() error { return nil }

// entropyOf binds what is wrapped to this product and to its use.
func entropyOf(context string) []byte { return []byte("BeckmanConnect Remote Support\x00" + context) }

func blob(b []byte) *windows.DataBlob {
	if len(b) == 0 {
		return &windows.DataBlob{}
	}
	return &windows.DataBlob{Size: uint32(len(b)), Data: &b[0]}
}

// take copies what Windows allocated and gives it back.
func take(b *windows.DataBlob) []byte {
	out := make([]byte, b.Size)
	copy(out, unsafe.Slice(b.Data, b.Size))
	_, _ = windows.LocalFree(windows.Handle(unsafe.Pointer(b.Data)))
	return out
}

// checkPrivate relies on the folder's access list, which the installer sets;
// what lies there is wrapped by DPAPI besides.
func checkPrivate(string) error { return nil }

// checkCredential: there are no systemd credentials here.
func checkCredential(path string) error { return checkPrivate(path) }

// tighten: see checkPrivate.
func tighten(string) error { return nil }

// syncDir: NTFS journals the rename itself.
func syncDir(string) error { return nil }
