// Package keys keeps secrets at rest (P10, P15): a Wrapper is what the
// operating system gives to protect them with, and secrets are files that only
// it can open.
package keys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Wrapper encrypts small secrets under a key that the operating system keeps:
// DPAPI on Windows, a file of mode 0600 on Linux. The context names what is
// wrapped; it must be the same again to unwrap, so that one secret cannot be
// put in another's place.
type Wrapper interface {
	Wrap(secret []byte, context string) ([]byte, error)
	Unwrap(wrapped []byte, context string) ([]byte, error)
}

// ErrMissing says that there is no key to unwrap with: what was wrapped stays
// unreadable until the key file is back, and nothing was overwritten.
var ErrMissing = errors.New("the key that protects the data is missing")

// ErrWrong says that the key does not fit what was wrapped.
var ErrWrong = errors.New("the key does not fit the protected data")

// ErrAway says that the key cannot be used at the moment: it is kept elsewhere
// and was not delivered, or the system refuses. It is not lost: nothing may be
// given up or made anew because of it.
var ErrAway = errors.New("the key that protects the data cannot be used at the moment")

// ErrRights says that a file or folder is not its owner's alone.
var ErrRights = errors.New("not private")

// Default gives the system's wrapper; dir is where it may keep a key of its
// own. Nothing is made before the first Wrap.
func Default(dir string) Wrapper { return defaultWrapper(dir) }

// Available says whether w can be used now; an error that is ErrAway when it
// cannot. A key that is lost, or not made yet, is no such error.
func Available(w Wrapper) error {
	a, ok := w.(interface{ Available() error })
	if !ok {
		return nil
	}
	if err := a.Available(); errors.Is(err, ErrAway) {
		return err
	}
	return nil
}

// WriteSecret keeps a secret as dir/name, wrapped. A file that is there is
// replaced whole or not at all.
func WriteSecret(w Wrapper, dir, name string, secret []byte) error {
	writing.Lock()
	defer writing.Unlock()
	return writeSecret(w, dir, name, secret)
}

func writeSecret(w Wrapper, dir, name string, secret []byte) error {
	wrapped, err := w.Wrap(secret, name)
	if err != nil {
		return fmt.Errorf("wrap %s: %w", name, err)
	}
	if err := MakeDir(dir); err != nil {
		return err
	}
	return WriteFile(filepath.Join(dir, name), wrapped, 0o600)
}

// ReadSecret gives the secret kept as dir/name; an error that is
// fs.ErrNotExist when there is none.
func ReadSecret(w Wrapper, dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	wrapped, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := checkPrivate(path); err != nil {
		return nil, err
	}
	secret, err := w.Unwrap(wrapped, name)
	if err != nil {
		return nil, fmt.Errorf("unwrap %s: %w", path, err)
	}
	return secret, nil
}

// MakeDir makes a folder for its owner alone, or sees to it that the one that
// is there is such a folder (scenario 58).
func MakeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := tighten(dir); err != nil {
		return err
	}
	return checkPrivate(dir)
}

// WriteFile writes a file so that a crash leaves the old one or the new one:
// to a temporary name, to the disk, then renamed.
func WriteFile(path string, data []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = f.Chmod(mode); err != nil {
		return err
	}
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
