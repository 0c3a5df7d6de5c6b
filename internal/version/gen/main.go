// Command gen writes the constants of package version from FyneApp.toml.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"os"

	"github.com/BurntSushi/toml"
)

type fyneApp struct {
	Details struct {
		Name    string
		ID      string
		Version string
		Build   int
	}
}

func main() {
	in := flag.String("in", "FyneApp.toml", "the file to read")
	out := flag.String("out", "fyneapp.go", "the file to write")
	flag.Parse()
	if err := generate(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "version/gen:", err)
		os.Exit(1)
	}
}

func generate(in, out string) error {
	source, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	code, err := render(source)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, code, 0o644)
}

func render(source []byte) ([]byte, error) {
	var app fyneApp
	if err := toml.Unmarshal(source, &app); err != nil {
		return nil, err
	}
	d := app.Details
	if d.Name == "" || d.ID == "" || d.Version == "" || d.Build < 1 {
		return nil, errors.New("the table Details needs Name, ID, Version and Build")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `// Code generated from FyneApp.toml by internal/version/gen. DO NOT EDIT.

package version

const (
	fyneName = %q
	fyneID = %q
	fyneVersion = %q
	fyneBuild = %d
)
`, d.Name, d.ID, d.Version, d.Build)
	return format.Source(b.Bytes())
}
