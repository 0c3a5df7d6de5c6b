package keys

import (
	"errors"
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

// MasterFiles are the names under which a File wrapper may have a key in its
// folder: the one of now, and the one before while it is being renewed. A copy
// of what they wrapped is read with them.
func MasterFiles() []string { return []string{MasterFile, oldMaster} }
