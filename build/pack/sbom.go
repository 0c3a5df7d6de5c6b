package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"beckmanconnect/internal/materials"
)

// sbom reads out of the programs themselves what they are made of, so that it
// lists what is linked and not what a go.mod allows.
func sbom(args []string) error {
	set := flag.NewFlagSet("sbom", flag.ExitOnError)
	version := set.String("version", "", "`version` of the release")
	bin := set.String("bin", "", "`folder` of launchers that are packed beside the programs")
	out := set.String("out", "", "`file` to write")
	_ = set.Parse(args) // ends the program
	if *version == "" || *out == "" || set.NArg() == 0 {
		return errors.New("--version, --out and programs are needed")
	}
	var launchers []string
	if *bin != "" {
		var err error
		if launchers, err = filepath.Glob(filepath.Join(*bin, "*")); err != nil || len(launchers) == 0 {
			return fmt.Errorf("no launchers in %s (%w)", *bin, err)
		}
	}
	b, err := materials.Of(*version, set.Args(), launchers)
	if err != nil {
		return err
	}
	text, err := b.JSON()
	if err != nil {
		return err
	}
	return write(*out, func(w *bufio.Writer) error { _, err := w.Write(text); return err })
}
