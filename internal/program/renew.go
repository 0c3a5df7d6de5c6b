package program

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Successor is the launcher that starts this program as the version that is
// current by now. It is empty while that is this very version, and for a
// program that is not installed as a version beside others.
//
// Programs of a log-on ask when the service they find says another version
// than their own: no supervisor starts those again.
func Successor() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	return successor(self)
}

// successor knows the folders of an installation:
//
//	INSTALL/versions/<digest>/<program>  what runs
//	INSTALL/current                      digest of the version that is current
//	INSTALL/bin/<program>                its launcher
func successor(self string) string {
	folder, name := filepath.Split(self)
	folder = filepath.Clean(folder)
	versions := filepath.Dir(folder)
	if filepath.Base(versions) != "versions" || !isDigest(filepath.Base(folder)) {
		return ""
	}
	install := filepath.Dir(versions)
	text, err := os.ReadFile(filepath.Join(install, "current"))
	current := strings.TrimSpace(string(text))
	if err != nil || !isDigest(current) || current == filepath.Base(folder) {
		return ""
	}
	launcher := filepath.Join(install, "bin", name)
	if info, err := os.Stat(launcher); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return launcher
}

func isDigest(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// ErrNoSuccessor: there is no other version to become.
var ErrNoSuccessor = errors.New("program: there is no other version to start")

// Renew ends this program and starts the version that is current in its place,
// with the same arguments and with more in its environment ("NAME=value"). The
// caller has let go of all that the successor needs. Where the system can, the
// process stays the same and Renew does not return.
func Renew(environment ...string) error {
	launcher := Successor()
	if launcher == "" {
		return ErrNoSuccessor
	}
	return become(launcher, os.Args[1:], append(os.Environ(), environment...))
}
