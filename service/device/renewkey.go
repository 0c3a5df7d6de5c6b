package device

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Renew gives this PC a new key, and with it a new ID, to be registered anew.
// The old key is set aside in its folder, not overwritten: what it signed can
// still be told. A crash in the middle leaves the old identity or none, and
// none becomes a new one at the next start.
func (d *Device) Renew() (id string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.absent == StateKeysAway {
		return "", &Error{Op: "renew", Code: "device-" + StateKeysAway, Err: errors.New("keys cannot be made at the moment")}
	}
	if err := setAside(d.config.Dir, KeyFile, cmp.Or(d.id, "unreadable")); err != nil {
		return "", fmt.Errorf("device: renew: %w", err)
	}
	key, err := makeKey(d.config.Dir, d.config.Wrapper)
	if err != nil {
		return "", err
	}
	if id, err = IDOf(&key.PublicKey); err != nil {
		return "", err
	}
	where, err := keepMachine(d.config.Dir, d.config.Wrapper, id, d.config.Machine())
	if err != nil {
		return "", err
	}
	d.key, d.id, d.place, d.refused, d.absent = key, id, where, "", ""
	d.registration, d.chain, d.leaf = Registration{}, nil, nil
	return id, nil
}

// setAside renames a file to one that names whose it was.
func setAside(dir, name, id string) error {
	from := filepath.Join(dir, name)
	for n := 0; ; n++ {
		to := from + "." + id
		if n > 0 {
			to = fmt.Sprintf("%s.%d", to, n)
		}
		if _, err := os.Lstat(to); err == nil {
			continue // set aside before
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil // on the disk with the new key, which is written next
	}
}
