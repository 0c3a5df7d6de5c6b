// Command beckmanconnect-launcher is what packages install under each
// program's name. It starts the program of the version that is current, so
// that an upgrade changes a pointer and never a file that a package owns.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/internal/version"
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
	install := versions.Install{Dir: filepath.Dir(filepath.Dir(self))}
	digest, err := install.Current()
	if err != nil {
		return err
	}
	if digest == "" {
		return fmt.Errorf("no version is installed in %s; install the product again", install.Dir)
	}
	return run(filepath.Join(install.Version(digest), filepath.Base(self)))
}
