package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"beckmanconnect/internal/eventlog"
	"beckmanconnect/internal/pagelink"
	"beckmanconnect/internal/rights"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/ipc/identity"
)

// startWithin bounds the start of one service, and stopWithin its stop, which is
// longer than what its launcher grants the program.
const (
	startWithin = time.Minute
	stopWithin  = winservice.StopWithin + 15*time.Second
)

type system struct{}

func services() []winservice.Spec {
	return []winservice.Spec{winservice.Upgrade(), winservice.Host()} // as they are started
}

func (system) mayInstall() error {
	if !windows.GetCurrentProcessToken().IsElevated() {
		return errors.New("an administrator is needed; start it from an elevated prompt or by the package")
	}
	return nil
}

// place is one file or folder of the product with what it is for.
type place struct {
	path string
	kind rights.Kind
	deep bool // what is in it counts as well
}

// places are looked at in this order: what lies in a Private folder is that
// one's business.
func (l Layout) places() []place {
	return []place{
		{l.Config.Install, rights.Shared, true}, {l.Root, rights.Shared, true}, {l.Config.Trust, rights.Shared, true},
		{l.Config.Policy, rights.Shared, false}, {l.Config.Data, rights.Private, true},
	}
}

// account is the service's, as access lists name it. Services of the same
// product's tests under other names do not exist.
func account() string { return winservice.SID(winservice.Host().Name) }

func (system) untouched(l Layout) error {
	self, err := identity.Self()
	if err != nil {
		return err
	}
	for _, p := range l.places() {
		if err := p.each(l, func(path string, kind rights.Kind) error {
			f, err := rights.Read(path)
			if err != nil {
				return err
			}
			trusted := rights.Trusted(self)
			if kind == rights.Private {
				trusted = append(trusted, account())
			}
			if why := f.Foreign(trusted); why != "" {
				return fmt.Errorf("%s was not made by this product: %s; look at what it holds, remove it, then install again", path, why)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// each goes through a place, and not through links, nor into the service's own
// folder where that lies in another one. What is not there is passed over.
func (p place) each(l Layout, do func(path string, kind rights.Kind) error) error {
	return filepath.WalkDir(p.path, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if p.kind != rights.Private && strings.EqualFold(path, l.Config.Data) {
			return fs.SkipDir
		}
		if err := do(path, p.kind); err != nil {
			return err
		}
		if d.IsDir() && !p.deep {
			return fs.SkipDir
		}
		return nil
	})
}

func (system) protect(l Layout) error {
	for _, p := range []struct {
		dir  string
		kind rights.Kind
	}{{l.Config.Install, rights.Shared}, {l.Root, rights.Shared}, {l.Config.Data, rights.Private}} {
		if err := os.MkdirAll(p.dir, 0o755); err != nil {
			return err
		}
		if err := rights.Apply(p.dir, p.kind.SDDL(account())); err != nil {
			return err
		}
	}
	return nil
}

func (system) services(ctx context.Context, l Layout) (notes []string, err error) {
	for _, s := range services() {
		command, err := s.Command(l.Bin(), l.Config.File)
		if err != nil {
			return notes, err
		}
		// A running one has the old settings until it is started again.
		if err := halt(ctx, s.Name); err != nil {
			return notes, err
		}
		unknown, err := winservice.Make(s, command)
		if err != nil {
			return notes, err
		}
		for _, part := range unknown {
			notes = append(notes, fmt.Sprintf("service %s: this system does not take its %s", s.Name, part))
		}
		if err := eventlog.Install(s.Name); err != nil {
			return notes, err
		}
	}
	if err := setRun(l.runCommand()); err != nil {
		return notes, err
	}
	if err := setLink(pagelink.Command(l.Bin())); err != nil { // toasts show all the same, and lead nowhere
		notes = append(notes, fmt.Sprintf("a click on a toast opens no page: %v", err))
	}
	if err := setTask(ctx, l); err != nil { // the Run key starts the tray all the same
		notes = append(notes, fmt.Sprintf("the tray will not be back by itself after a crash: %v", err))
	}
	return notes, nil
}

func halt(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	return winservice.Halt(ctx, name)
}

func (system) start(ctx context.Context) error {
	for _, s := range services() {
		ctx, cancel := context.WithTimeout(ctx, startWithin)
		err := winservice.Start(ctx, s.Name)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}
