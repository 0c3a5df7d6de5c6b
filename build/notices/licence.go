package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// component is a module with its licence files read.
type component struct {
	module
	Licences  []string // SPDX names
	Copyright []string // its lines, as they stand
	Texts     []text
}

// text is one licence or notice file.
type text struct{ Name, Body string }

var (
	licenceFile = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|notice|patents|edl-v10)([._-].*)?$`)
	copyright   = regexp.MustCompile(`(?i)^[\s*#/]*(copyright\s+(\(c\)|©|[12][0-9]{3}|[A-Z(]).*|(\(c\)|©)\s+[12][0-9]{3}.*)$`)
	// Words of a licence that only begin like a copyright line.
	notCopyright = regexp.MustCompile(`(?i)copyright (owner|holder|notice|law|license|statement|and |interest|in |does|treaty|doctrine|or )|\[yyyy\]|<year>|<?name of|©.*means`)
)

// below are licences that a module keeps for what it carries along inside,
// beside those in its root.
var below = map[string][]string{
	"github.com/go-gl/glfw/v3.3/glfw": {"glfw/LICENSE.md"},
	"fyne.io/fyne/v2":                 {"theme/font/LICENSE.txt", "theme/font/LICENSE_DejaVu-Powerline.txt", "theme/font/LICENSE_Inter.txt"},
}

// read fails for a module without a licence that is known: nothing is
// distributed whose terms nobody has seen.
func read(modules []module) ([]component, error) {
	var list []component
	for _, m := range modules {
		c, err := readOne(m)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
		}
		list = append(list, c)
	}
	return list, nil
}

func readOne(m module) (component, error) {
	c := component{module: m}
	files, err := os.ReadDir(m.Dir)
	if err != nil {
		return c, err
	}
	var names []string
	for _, f := range files {
		if f.Type().IsRegular() && licenceFile.MatchString(f.Name()) && !strings.HasSuffix(f.Name(), ".docs") && !strings.HasSuffix(f.Name(), ".go") {
			names = append(names, f.Name())
		}
	}
	for _, name := range append(names, below[m.Path]...) {
		body, err := os.ReadFile(filepath.Join(m.Dir, filepath.FromSlash(name)))
		if err != nil {
			return c, err
		}
		t := text{name, clean(string(body))}
		c.Texts = append(c.Texts, t)
		for _, l := range identify(t.Body) {
			if !slices.Contains(c.Licences, l) {
				c.Licences = append(c.Licences, l)
			}
		}
		for line := range strings.Lines(t.Body) {
			line = strings.TrimLeft(strings.TrimSpace(line), "*#/ ")
			if copyright.MatchString(line) && !notCopyright.MatchString(line) && !slices.Contains(c.Copyright, line) {
				c.Copyright = append(c.Copyright, line)
			}
		}
	}
	if len(c.Licences) == 0 {
		return c, fmt.Errorf("no known licence in %q", names)
	}
	return c, nil
}

// marks are sentences that only one licence has, in the form of plain.
var marks = []struct{ sentence, name string }{
	{"apache license version 2 0 january 2004", "Apache-2.0"},
	{"permission is hereby granted free of charge to any person obtaining a copy of this software", "MIT"},
	{"mozilla public license version 2 0", "MPL-2.0"},
	{"eclipse public license v 2 0", "EPL-2.0"},
	{"eclipse distribution license v 1 0", "EDL-1.0"},
	{"sil open font license version 1 1", "OFL-1.1"},
	{"permission to use copy modify and or distribute this software for any purpose with or without fee", "ISC"},
	{"permission to use copy modify and distribute this software for any purpose with or without fee", "ISC"},
	{"this software is provided as is without any express or implied warranty in no event will the authors be held liable", "Zlib"},
	{"bitstream vera fonts copyright", "Bitstream-Vera"},
}

func identify(body string) []string {
	p := plain(body)
	var names []string
	for _, m := range marks {
		if strings.Contains(p, m.sentence) {
			names = append(names, m.name)
		}
	}
	if strings.Contains(p, "redistributions in binary form must reproduce the above copyright notice") {
		if regexp.MustCompile(`neither the names? of|names? of .{0,80} may (not )?be used to endorse`).MatchString(p) {
			names = append(names, "BSD-3-Clause")
		} else {
			names = append(names, "BSD-2-Clause")
		}
	}
	return names
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// plain is the words alone, so that line breaks and signs do not matter.
func plain(body string) string { return notWord.ReplaceAllString(strings.ToLower(body), " ") }

// clean takes off what editors leave: carriage returns, a mark at the front,
// spaces at the ends of lines, empty lines around.
func clean(body string) string {
	body = strings.TrimPrefix(strings.ReplaceAll(body, "\r\n", "\n"), "\ufeff")
	lines := strings.Split(body, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
