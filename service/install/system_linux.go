package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"beckmanconnect/internal/rights"
)

// system: on Linux the package makes the accounts, the units and the tray's
// autostart. An installation here sets the configuration and the policy.
type system struct{}

func (system) mayInstall() error { return nil } // the file system says who may write there

func (system) untouched(l Layout) error {
	for _, dir := range []string{l.Root, l.Config.Trust} {
		if err := rights.Folder(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (system) protect(l Layout) error { return rights.Protect(l.Root) }

func (system) services(context.Context, Layout) ([]string, error) { return nil, nil }

func (system) start(context.Context) error { return nil }

// Uninstall says who does it here.
func Uninstall(context.Context, Removal) error {
	return errors.New("uninstall: here the package does it: apt remove beckmanconnect, or apt purge beckmanconnect for the log too")
}

// Files of the package that start the product.
var units = []string{
	"/usr/lib/systemd/system/beckmanconnect-service.service", "/usr/lib/systemd/system/beckmanconnect-upgrade.service",
	"/etc/xdg/autostart/beckmanconnect-tray.desktop",
}

// Check looks whether the product stands as it was put: rights, units, and what
// starts the tray. It changes nothing.
func Check(_ context.Context, l Layout) (Report, error) {
	return check(l, units), nil
}

func check(l Layout, units []string) Report {
	var r Report
	for _, dir := range []string{l.Root, l.Config.Trust, l.Config.Install} {
		if err := rights.Folder(dir); err != nil {
			r.add(dir, "take the right away, or install the package again", err.Error())
		}
	}
	for _, file := range append([]string{l.Config.File, l.Config.Policy}, units...) {
		err := rights.Ours(file)
		if errors.Is(err, fs.ErrNotExist) && file == l.Config.Policy {
			continue // it may be absent
		}
		if err != nil {
			r.add(file, "install the package again", err.Error())
		}
	}
	switch info, err := os.Stat(l.Config.Data); {
	case err != nil:
		r.add(l.Config.Data, "install the package again", err.Error())
	case info.Mode().Perm()&0o077 != 0:
		r.add(l.Config.Data, "chmod 0700", fmt.Sprintf("others can look into it (mode %04o)", info.Mode().Perm()))
	}
	return r
}
