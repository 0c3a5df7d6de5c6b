package main

import (
	"bufio"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"beckmanconnect/internal/release"
	appversion "beckmanconnect/internal/version"
)

// The parts of CycloneDX 1.6 that are used.
type bom struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     bomMetadata  `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type bomMetadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []bomHash  `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type bomHash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

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
	programs := set.Args()
	if *bin != "" {
		launchers, err := filepath.Glob(filepath.Join(*bin, "*"))
		if err != nil || len(launchers) == 0 {
			return fmt.Errorf("no launchers in %s (%w)", *bin, err)
		}
		programs = append(programs, launchers...)
	}
	b, err := materials(*version, *bin, programs)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return write(*out, func(w *bufio.Writer) error { _, err := w.Write(append(text, '\n')); return err })
}

func materials(version, bin string, programs []string) (*bom, error) {
	product := component{Type: "application", Ref: release.Product, Name: appversion.Name(), Version: version}
	b := &bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: bomMetadata{product}}
	whole := dependency{Ref: product.Ref}
	modules := map[string]component{}
	digests := sha256.New()
	for _, path := range slices.Sorted(slices.Values(programs)) {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sum, err := hash(path)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(digests, sum)
		name := filepath.Base(path)
		if bin != "" && filepath.Dir(path) == filepath.Clean(bin) {
			name = "bin/" + name
		}
		program := component{Type: "application", Ref: "program:" + name, Name: name, Version: version,
			Hashes: []bomHash{{"SHA-256", sum}}, Properties: []property{{"go:toolchain", info.GoVersion}}}
		standard := component{Type: "library", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
		standard.PURL = "pkg:golang/std@" + standard.Version
		standard.Ref = standard.PURL
		modules[standard.Ref] = standard
		uses := []string{standard.Ref}
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			c := component{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + purlPath(m.Path) + "@" + url.PathEscape(m.Version)}
			c.Ref = c.PURL
			if m.Sum != "" {
				c.Properties = []property{{"go:sum", m.Sum}} // a hash of the module's files, not of one file
			}
			modules[c.Ref] = c
			uses = append(uses, c.Ref)
		}
		slices.Sort(uses)
		b.Components = append(b.Components, program)
		b.Dependencies = append(b.Dependencies, dependency{program.Ref, uses})
		whole.DependsOn = append(whole.DependsOn, program.Ref)
	}
	for _, c := range modules {
		b.Components = append(b.Components, c)
		b.Dependencies = append(b.Dependencies, dependency{Ref: c.Ref})
	}
	b.Dependencies = append(b.Dependencies, whole)
	slices.SortFunc(b.Components, func(x, y component) int { return strings.Compare(x.Ref, y.Ref) })
	slices.SortFunc(b.Dependencies, func(x, y dependency) int { return strings.Compare(x.Ref, y.Ref) })
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
