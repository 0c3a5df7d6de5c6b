package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/internal/eventlog"
	"beckmanconnect/internal/pagelink"
	"beckmanconnect/internal/rights"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/ipc/identity"
)

// repair is what sets right whatever an installation sets.
const repair = "run \"beckmanconnect-service install\" as an administrator, or repair the package"

// Check looks whether the product stands as it was put: rights, services, event
// sources, and what starts the tray. It changes nothing; as somebody else than
// an administrator it sees less, and says so.
func Check(_ context.Context, l Layout) (Report, error) {
	var r Report
	self := "" // what an administrator owns is trusted only where one asks
	if (system{}).mayInstall() == nil {
		var err error
		if self, err = identity.Self(); err != nil {
			return r, err
		}
	}
	r.rights(l, self)
	r.services(l, self)
	r.tray(l)
	return r, nil
}

func (r *Report) rights(l Layout, self string) {
	seen := map[string]bool{} // some places lie in others
	for _, p := range l.places() {
		if _, err := os.Lstat(p.path); errors.Is(err, fs.ErrNotExist) {
			if p.deep { // the policy may be absent
				r.add(p.path, repair, "it is not there")
			}
			continue
		}
		err := p.each(l, func(path string, kind rights.Kind) error {
			f, err := rights.Read(path)
			if errors.Is(err, fs.ErrPermission) {
				r.unknown("rights of %s: %v", path, err)
				return nil
			}
			if err != nil {
				return err
			}
			if !seen[path] {
				r.add(path, repair, kind.Faults(f, rights.Trusted(self), account())...)
			}
			seen[path] = true
			if f.Link {
				return fs.SkipDir
			}
			return nil
		})
		switch {
		case errors.Is(err, fs.ErrPermission):
			r.unknown("rights of %s: %v", p.path, err)
		case err != nil:
			r.add(p.path, repair, err.Error())
		}
	}
}

func (r *Report) services(l Layout, self string) {
	for _, s := range services() {
		what := "service " + s.Name
		command, err := s.Command(l.Bin(), l.Config.File)
		if err != nil {
			r.add(what, repair, err.Error())
			continue
		}
		got, there, err := winservice.Look(s.Name)
		switch {
		case errors.Is(err, fs.ErrPermission):
			r.unknown("%s: %v", what, err)
			continue
		case err != nil:
			r.add(what, repair, err.Error())
			continue
		case !there:
			r.add(what, repair, "it is not installed")
			continue
		}
		r.add(what, repair, s.Faults(command, got, self)...)
		for _, part := range got.Unknown {
			r.unknown("%s: its %s", what, part)
		}
		if !got.Running {
			r.add(what, "start it: sc start "+s.Name, "it does not run")
		}
		if _, err := os.Stat(filepath.Join(l.Bin(), s.Program+".exe")); err != nil {
			r.add(what, repair, err.Error())
		}
		if ok, err := eventlog.Installed(s.Name); err != nil || !ok {
			r.add("event source "+s.Name, repair, "it is not there, or shows its entries by another file")
		}
	}
}

func (r *Report) tray(l Layout) {
	switch got, err := run(); {
	case err != nil:
		r.unknown("start of the tray at log-on: %v", err)
	case got != l.runCommand():
		r.add(`HKLM\`+runKey, repair, "it does not start the tray")
	}
	switch got, err := link(); {
	case err != nil:
		r.unknown("addresses of pages: %v", err)
	case got != pagelink.Command(l.Bin()):
		r.add(`HKLM\`+linkKey, repair, "a click on a toast opens no page, or another program's")
	}
	switch got, err := readTask(); {
	case errors.Is(err, fs.ErrPermission):
		r.unknown("task %s: %v", taskName, err)
	case errors.Is(err, fs.ErrNotExist):
		r.add("task "+taskName, repair, "it is not there")
	case err != nil:
		r.add("task "+taskName, repair, err.Error())
	case got.Actions.Command == "": // no Windows registers one that starts nothing
		r.unknown("task %s: what it starts", taskName)
	default:
		r.add("task "+taskName, repair, l.taskFaults(got)...)
	}
}

func (r *Report) unknown(format string, a ...any) {
	r.Unknown = append(r.Unknown, strings.TrimSpace(fmt.Sprintf(format, a...)))
}
