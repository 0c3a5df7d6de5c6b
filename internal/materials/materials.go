// Package materials makes the bill of materials of programs (CycloneDX): for a
// release, and for those that lie on an instrument PC.
package materials

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"beckmanconnect/internal/release"
	appversion "beckmanconnect/internal/version"
)

// Bill is a bill of materials, in the parts of CycloneDX 1.6 that are used.
type Bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     Metadata     `json:"metadata"`
	Components   []Component  `json:"components"`
	Dependencies []Dependency `json:"dependencies"`
}

// Metadata says of what it is.
type Metadata struct {
	Component Component `json:"component"`
}

// Component is a program or a module in it.
type Component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []Hash     `json:"hashes,omitempty"`
	Properties []Property `json:"properties,omitempty"`
}

// Hash is a digest.
type Hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// Property is one more thing to know.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Dependency says what one is made of.
type Dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// Of reads out of the programs themselves what they are made of, so that it
// lists what is linked and not what a go.mod allows. The same programs give the
// same bill, its serial number too. Launchers lie beside the programs, under
// the same names, in a folder "bin".
func Of(version string, programs, launchers []string) (*Bill, error) {
	product := Component{Type: "application", Ref: release.Product, Name: appversion.Name(), Version: version}
	b := &Bill{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: Metadata{product}}
	whole := Dependency{Ref: product.Ref}
	modules := map[string]Component{}
	digests := sha256.New()
	for i, path := range slices.Concat(slices.Sorted(slices.Values(programs)), slices.Sorted(slices.Values(launchers))) {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("materials: %w", err)
		}
		sum, err := hash(path)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(digests, sum)
		name := filepath.Base(path)
		if i >= len(programs) {
			name = "bin/" + name
		}
		program := Component{Type: "application", Ref: "program:" + name, Name: name, Version: version,
			Hashes: []Hash{{"SHA-256", sum}}, Properties: []Property{{"go:toolchain", info.GoVersion}}}
		standard := Component{Type: "library", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
		standard.PURL = "pkg:golang/std@" + standard.Version
		standard.Ref = standard.PURL
		modules[standard.Ref] = standard
		uses := []string{standard.Ref}
		for _, m := range info.Deps {
			if m.Replace != nil {
				if m = m.Replace; strings.HasPrefix(m.Path, ".") {
					continue // a folder of the product's own sources
				}
			}
			c := Component{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + purlPath(m.Path) + "@" + url.PathEscape(m.Version)}
			c.Ref = c.PURL
			if m.Sum != "" {
				c.Properties = []Property{{"go:sum", m.Sum}} // a hash of the module's files, not of one file
			}
			modules[c.Ref] = c
			uses = append(uses, c.Ref)
		}
		slices.Sort(uses)
		b.Components = append(b.Components, program)
		b.Dependencies = append(b.Dependencies, Dependency{program.Ref, uses})
		whole.DependsOn = append(whole.DependsOn, program.Ref)
	}
	for _, c := range modules {
		b.Components = append(b.Components, c)
		b.Dependencies = append(b.Dependencies, Dependency{Ref: c.Ref})
	}
	b.Dependencies = append(b.Dependencies, whole)
	slices.SortFunc(b.Components, func(x, y Component) int { return strings.Compare(x.Ref, y.Ref) })
	slices.SortFunc(b.Dependencies, func(x, y Dependency) int { return strings.Compare(x.Ref, y.Ref) })
	// A name of its own, and the same one for the same programs (RFC 9562, version 8).
	s := digests.Sum(nil)
	s[6], s[8] = s[6]&0x0f|0x80, s[8]&0x3f|0x80
	b.Serial = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
	return b, nil
}

// purlPath escapes a module's path as package URLs ask for it.
func purlPath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// JSON is the bill as it is published.
func (b *Bill) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("materials: %w", err)
	}
	return append(text, '\n'), nil
}

func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("materials: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("materials: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
