package keys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Renewable is a Wrapper whose own key can be renewed. In between, what was
// wrapped under the old key still opens, so that a crash loses nothing.
type Renewable interface {
	Wrapper
	Renew() error  // makes another key; from now on Wrap uses it
	Stale() bool   // a key before is still there
	Retire() error // takes the keys before away; all must have been wrapped anew
}

// writing keeps a secret that is written now from being replaced by an older
// one that Rewrap has just read.
var writing sync.Mutex

// Rewrap wraps every secret in dir anew under w's current key. Files that hold
// no secret of w are left as they are. It gives how many there were.
func Rewrap(w Wrapper, dir string) (n int, err error) {
	writing.Lock()
	defer writing.Unlock()
	files, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		name := f.Name()
		if !f.Type().IsRegular() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "master.") {
			continue
		}
		wrapped, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return n, err
		}
		secret, err := w.Unwrap(wrapped, name)
		if errors.Is(err, ErrWrong) {
			continue // plain, as a public half or a certificate
		}
		if err == nil {
			err = checkPrivate(filepath.Join(dir, name))
		}
		if err != nil {
			return n, err
		}
		err = writeSecret(w, dir, name, secret)
		clear(secret)
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// SetAside moves the folder of keys to a place of its own, which must not exist
// yet: nothing is overwritten. Without a folder there is nothing to do. What is
// wrapped by a credential or by the account is opened by that, as before.
func SetAside(dir, to string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set keys aside: %s: %w", to, errors.Join(fs.ErrExist, err))
	}
	if err := os.Rename(dir, to); err != nil {
		return fmt.Errorf("set keys aside: %w", err)
	}
	return errors.Join(syncDir(filepath.Dir(dir)), syncDir(filepath.Dir(to)))
}
