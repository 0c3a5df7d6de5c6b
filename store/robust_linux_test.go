package store

import (
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/store/keys"
)

// systemSpoils: on Linux the master key is a file.
func systemSpoils() []spoil {
	return []spoil{
		{"the master key gone", KindKeys, "restore the keys folder", func(t *testing.T, dir string) error {
			return os.Remove(filepath.Join(dir, KeysDir, keys.MasterFile))
		}},
		{"another master key", KindKeys, "restore the keys folder", func(t *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, KeysDir, keys.MasterFile), make([]byte, 32), 0o600)
		}},
		{"a key others can read", KindRights, "take the rights", func(t *testing.T, dir string) error {
			return os.Chmod(filepath.Join(dir, KeysDir, keys.MasterFile), 0o644)
		}},
		{"a folder others can write", KindRights, "take the rights", func(t *testing.T, dir string) error {
			return os.Chmod(dir, 0o777)
		}},
	}
}
