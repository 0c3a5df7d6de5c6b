// Command pack makes the files of a release out of the programs that
// build/release built. The same programs give the same bytes.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

var verbs = map[string]struct {
	does string
	run  func(args []string) error
}{
	"archive":         {"the release archive of the programs in a folder, unsigned without --code", packArchive},
	"sign-archive":    {"a signed copy of a release archive", signArchive},
	"deb":             {"a Debian package of a release archive", packDeb},
	"msi":             {"the Windows Installer package of a release archive", packMSI},
	"setup":           {"the setup program of a release archive", packSetup},
	"contents":        {"the list of the files both Windows packages lay", contents},
	"shortcut":        {"the Start menu's entry", shortcut},
	"scan":            {"whether packages hold what must not ship, and match their bill of materials", scanPackages},
	"policies":        {"group policy templates and rules for application control, as a ZIP", packPolicies},
	"resources":       {"Windows programs with version, icon and manifest", addResources},
	"check-programs":  {"whether Windows programs are as they are to ship", checkPrograms},
	"sbom":            {"the bill of materials of programs, CycloneDX", sbom},
	"sums":            {"SHA256SUMS of files", sums},
	"sign-files":      {"the publisher's signatures beside files (CMS, detached, FILE.p7s)", signFiles},
	"sign-programs":   {"signed copies of Windows programs (Authenticode, by osslsigncode)", signPrograms},
	"verify-programs": {"whether Windows programs are signed by the publisher of trust roots", verifyPrograms},
}

func main() {
	if len(os.Args) > 1 {
		if verb, ok := verbs[os.Args[1]]; ok {
			if err := verb.run(os.Args[2:]); err != nil {
				fmt.Fprintf(os.Stderr, "pack %s: %v\n", os.Args[1], err)
				os.Exit(1)
			}
			return
		}
	}
	for name, verb := range verbs {
		fmt.Fprintf(os.Stderr, "pack %s: %s\n", name, verb.does)
	}
	os.Exit(2)
}

// write makes a file whole or not at all.
func write(path string, fill func(*bufio.Writer) error) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(fill(w), w.Flush(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
