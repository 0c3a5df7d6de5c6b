// Command pack makes the release archive of the programs in a folder.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"

	"beckmanconnect/service/upgrade/archive"
)

func main() {
	bin := flag.String("bin", "", "`folder` of the programs")
	version := flag.String("version", "", "`version`")
	platform := flag.String("platform", "linux-amd64", "`platform`")
	out := flag.String("out", "", "archive `file` to write")
	flag.Parse()
	if *bin == "" || *version == "" || *out == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := pack(*out, *bin, *version, *platform); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(out, bin, version, platform string) error {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(archive.Pack(w, bin, version, platform), w.Flush(), f.Close())
}
