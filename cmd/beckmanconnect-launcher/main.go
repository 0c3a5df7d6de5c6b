// Command beckmanconnect-launcher is what packages install under each
// program's name. It starts the program of the version that is current, so
// that an upgrade changes a pointer and never a file that a package owns.
//
// Under the upgrade service's name it does one thing more: when a version that
// has not proven itself starts three times in vain, it goes back to the one
// before. Nobody else is left then who could.
//
// On Windows it is the services' own program: started with --scm it stands under
// the service manager, and the program it starts stands under it.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"beckmanconnect/internal/version"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/service/upgrade/versions"
)

// name is the launcher's own; installed it has that of another program.
const name = "beckmanconnect-launcher"

func main() {
	if err := launch(); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

func launch() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find myself: %w", err)
	}
	if strings.HasPrefix(filepath.Base(self), name) {
		if len(os.Args) == 2 && os.Args[1] == "--version" {
			fmt.Println(name, version.Version())
			return nil
		}
		return fmt.Errorf("this program is installed under the name of the one it starts; it does nothing by its own name")
	}
	l := launcher{program: filepath.Base(self), install: versions.Install{Dir: filepath.Dir(filepath.Dir(self))}}
	if args, managed := handedOn(os.Args[1:]); managed {
		return l.manage(args)
	}
	l.say = func(err error) { fmt.Fprintln(os.Stderr, name+":", err) }
	return l.start(os.Args[1:], run)
}

// launcher starts the program of the name it is installed under.
type launcher struct {
	program string
	install versions.Install
	say     func(error) // of what does not keep a program from being started
}

// start has the program of the current version started with args. Of the
// upgrade service each start is counted, and it goes back where a version does
// not start.
func (l launcher) start(args []string, start func(program string, args []string) error) error {
	keeps := keeper(l.program, args)
	digest, err := l.install.Start(l.program, keeps)
	if digest == "" {
		return err
	}
	if err != nil {
		l.say(err)
	}
	err = start(filepath.Join(l.install.Version(digest), l.program), args)
	switch {
	case !damaged(err):
		return err
	case !keeps:
		return fmt.Errorf("%w; %s", err, versions.Repair)
	}
	// The system cannot make a program of this file: as good as gone.
	before, back := l.install.Back()
	if back != nil {
		return errors.Join(err, back)
	}
	l.say(fmt.Errorf("%w; going back to the version before", err))
	return start(filepath.Join(l.install.Version(before), l.program), args)
}

// handedOn is what the program of a service gets to hear: that it is supervised
// by its launcher, where that one is told to be the service.
func handedOn(args []string) (_ []string, managed bool) {
	at := slices.Index(args, winservice.ManagedFlag)
	if at < 0 {
		return args, false
	}
	args = slices.Clone(args)
	args[at] = winservice.SupervisedFlag
	return args, true
}

// keeper tells whether this is the upgrade service's start, whose launcher
// keeps the installation running: not the start of one of its verbs.
func keeper(program string, args []string) bool {
	if strings.TrimSuffix(program, ".exe") != "beckmanconnect-upgrade" {
		return false
	}
	for _, a := range args {
		switch strings.TrimLeft(a, "-") {
		case "adopt", "version", "self-test", "help", "h":
			return false
		}
	}
	return true
}
