package main

import (
	"bufio"
	"errors"
	"flag"

	"beckmanconnect/internal/materials"
)

// sbom reads out of the programs themselves what they are made of, so that it
// lists what is linked and not what a go.mod allows.
func sbom(args []string) error {
	set := flag.NewFlagSet("sbom", flag.ExitOnError)
	version := set.String("version", "", "`version` of the release")
	out := set.String("out", "", "`file` to write")
	_ = set.Parse(args) // ends the program
	if *version == "" || *out == "" || set.NArg() == 0 {
		return errors.New("--version, --out and programs are needed")
	}
	b, err := materials.Of(*version, set.Args())
	if err != nil {
		return err
	}
	text, err := b.JSON()
	if err != nil {
		return err
	}
	return write(*out, func(w *bufio.Writer) error { _, err := w.Write(text); return err })
}
