// Command pack makes the files of a release out of the programs that
// build/release built. The same programs give the same bytes.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"beckmanconnect/service/upgrade/archive"
)

var verbs = map[string]struct {
	does string
	run  func(args []string) error
}{
	"archive": {"the unsigned release archive of the programs in a folder", packArchive},
	"deb":     {"a Debian package of a release archive", packDeb},
	"sbom":    {"the bill of materials of programs, CycloneDX", sbom},
	"sums":    {"SHA256SUMS of files", sums},
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

func packArchive(args []string) error {
	set := flag.NewFlagSet("archive", flag.ExitOnError)
	bin := set.String("bin", "", "`folder` of the programs")
	version := set.String("version", "", "`version`")
	platform := set.String("platform", "linux-amd64", "`platform`")
	capabilities := set.String("capabilities", "", "`names` of what the version brings, with spaces between")
	out := set.String("out", "", "archive `file` to write")
	_ = set.Parse(args) // ends the program
	if *bin == "" || *version == "" || *out == "" {
		return errors.New("--bin, --version and --out are needed")
	}
	return write(*out, func(w *bufio.Writer) error {
		digest, err := archive.Pack(w, archive.Packing{Dir: *bin, Version: *version, Platform: *platform, Capabilities: strings.Fields(*capabilities)})
		if err == nil {
			fmt.Println(digest)
		}
		return err
	})
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
