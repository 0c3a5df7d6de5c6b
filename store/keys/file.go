package keys

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MasterFile is the name of the key file a File wrapper uses in its folder.
const MasterFile = "master.key"

// heldElsewhere is there where a credential is the key, and no key file is any
// more: without the credential the key is not lost but was not delivered. IT
// removes it to say that the credential is lost for good.
const heldElsewhere = "master.credential"

// oldMaster is the wrapping key before, while secrets are wrapped anew.
const oldMaster = "master.old"

const masterSize = 32 // AES-256

// File wraps under a random AES-256 key in a file that only its owner reads.
// It is Linux's default; its strength is that of the file's rights.
//
// Credential, where that file is there, holds the key instead: a credential
// that systemd decrypted for the service.
type File struct{ Dir, Credential string }

// Wrap makes the key file when there is no key yet.
func (f File) Wrap(secret []byte, context string) ([]byte, error) {
	all, err := f.open()
	if errors.Is(err, ErrMissing) {
		if err = f.create(MasterFile); err == nil {
			all, err = f.open()
		}
	}
	if err != nil {
		return nil, err
	}
	f.mark()
	return all[0].Seal(nil, nil, secret, []byte(context)), nil
}

// Unwrap never makes a key file: a new key could not open what an old one
// wrapped.
func (f File) Unwrap(wrapped []byte, context string) ([]byte, error) {
	all, err := f.open()
	if err != nil {
		return nil, err
	}
	for i, aead := range all {
		if secret, err := aead.Open(nil, nil, wrapped, []byte(context)); err == nil {
			if i == 0 {
				f.mark()
			}
			return secret, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", f.path(), ErrWrong)
}

// Renew makes a new key. What was wrapped before still opens, until Retire.
// The key of a credential is not ours to make: it stays.
func (f File) Renew() error {
	if f.credential() {
		return nil
	}
	if f.has(oldMaster) && !f.same(oldMaster, MasterFile) {
		return nil // a renewal that was cut short goes on with the key it made
	}
	const next = "master.next"
	if err := f.create(next); err != nil {
		return err
	}
	// The old key gets its second name before it loses the first: at no moment
	// is there none.
	if err := os.Link(f.in(MasterFile), f.in(oldMaster)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncDir(f.Dir); err != nil {
		return err
	}
	if err := os.Rename(f.in(next), f.in(MasterFile)); err != nil {
		return err
	}
	return syncDir(f.Dir)
}

// same says whether two names are one file's.
func (f File) same(a, b string) bool {
	x, errX := os.Lstat(f.in(a))
	y, errY := os.Lstat(f.in(b))
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// Stale says whether a key is still there that is not the current one.
func (f File) Stale() bool {
	return f.has(oldMaster) || f.credential() && f.has(MasterFile)
}

// Retire takes every key away but the current one. The caller has wrapped all
// anew.
func (f File) Retire() error {
	stale := []string{oldMaster}
	if f.credential() {
		stale = append(stale, MasterFile)
	}
	for _, name := range stale {
		if err := os.Remove(f.in(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(f.Dir)
}

// Available is nil where there is a key, and where there is none yet.
func (f File) Available() error {
	_, err := f.open()
	return err
}

// mark notes that the key is a credential's. It is tried at each use: a disk
// that cannot take it now is no reason to go without the key.
func (f File) mark() {
	if !f.credential() || f.has(heldElsewhere) {
		return
	}
	if _, err := os.Lstat(f.Dir); err != nil {
		return // nothing is kept there yet
	}
	_ = WriteFile(f.in(heldElsewhere), []byte("The key of this folder is the credential "+filepath.Base(f.Credential)+".\n"), 0o600)
}

func (f File) in(name string) string { return filepath.Join(f.Dir, name) }

func (f File) has(name string) bool {
	_, err := os.Lstat(f.in(name))
	return err == nil
}

func (f File) credential() bool {
	if f.Credential == "" {
		return false
	}
	_, err := os.Lstat(f.Credential)
	return err == nil
}

func (f File) path() string {
	if f.credential() {
		return f.Credential
	}
	return f.in(MasterFile)
}

func (f File) create(name string) error {
	if err := MakeDir(f.Dir); err != nil {
		return err
	}
	key := make([]byte, masterSize)
	rand.Read(key)
	defer clear(key)
	return WriteFile(f.in(name), key, 0o600)
}

// open gives the key to wrap with, and after it those that may still open what
// was wrapped before.
func (f File) open() (all []cipher.AEAD, err error) {
	type place struct {
		path  string
		check func(string) error
	}
	var places []place
	if f.credential() {
		places = append(places, place{f.Credential, checkCredential})
	}
	places = append(places, place{f.in(MasterFile), checkPrivate}, place{f.in(oldMaster), checkPrivate})
	for _, p := range places {
		aead, err := readMaster(p.path, p.check)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil && p.path == f.Credential {
			err = fmt.Errorf("%w: %w", ErrAway, err) // there is one, and it is none of our keys
		}
		if err != nil {
			return nil, err
		}
		all = append(all, aead)
	}
	if len(all) == 0 && f.has(heldElsewhere) {
		return nil, fmt.Errorf("%w: systemd did not hand over the credential %s", ErrAway, cmp.Or(filepath.Base(f.Credential), "of this service"))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", f.path(), ErrMissing)
	}
	return all, nil
}

func readMaster(path string, check func(string) error) (cipher.AEAD, error) {
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	if err := check(path); err != nil {
		return nil, err
	}
	if len(key) != masterSize {
		return nil, fmt.Errorf("%s: %w: it has %d bytes instead of %d", path, ErrWrong, len(key), masterSize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
