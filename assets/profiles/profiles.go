// Package profiles holds what the product knows of instrument families: one
// readable file each, which says what in their logs means what.
package profiles

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

//go:embed *.toml
var files embed.FS

var plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// Read gives the text of a profile by its name, without folder or ending.
func Read(name string) (string, error) {
	if !plainName.MatchString(name) {
		return "", fmt.Errorf("profile %q: this is not a profile's name", name)
	}
	text, err := files.ReadFile(name + ".toml")
	if err != nil {
		return "", fmt.Errorf("profile %q is not part of this version; it has: %s", name, strings.Join(Names(), ", "))
	}
	return string(text), nil
}

// Names lists the profiles of this version.
func Names() []string {
	var names []string
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}
