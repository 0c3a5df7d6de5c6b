package main

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sums writes a file for sha256sum --check.
func sums(args []string) error {
	set := flag.NewFlagSet("sums", flag.ExitOnError)
	out := set.String("out", "", "`file` to write")
	_ = set.Parse(args) // ends the program
	if *out == "" || set.NArg() == 0 {
		return errors.New("--out and files are needed")
	}
	var lines []string
	for _, path := range set.Args() {
		sum, err := hash(path)
		if err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("%s  %s\n", sum, filepath.Base(path)))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return write(*out, func(w *bufio.Writer) error { _, err := w.WriteString(strings.Join(lines, "")); return err })
}

func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
