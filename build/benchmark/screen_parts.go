package main

import (
	"fmt"
	"slices"
	"strings"

	"beckmanconnect/build/benchmark/paint"
)

// parts are what was asked for of the bench.
type parts struct {
	works   []string
	servers []string
}

// allParts are the words of --only.
func allParts() []string {
	words := []string{"keys", string(paint.Idle), "files"}
	for _, w := range paint.All {
		words = append(words, string(w))
	}
	return words
}

// partsOf reads --only and --servers; empty is all.
func partsOf(only, servers string) (p parts, err error) {
	if p.works, err = choice("--only", only, allParts()); err != nil {
		return p, err
	}
	p.servers, err = choice("--servers", servers, append([]string{ours}, peers...))
	return p, err
}

func choice(flag, text string, all []string) ([]string, error) {
	if text == "" {
		return all, nil
	}
	words := strings.Split(text, ",")
	for _, w := range words {
		if !slices.Contains(all, w) {
			return nil, fmt.Errorf("%s: there is no %q; there are: %s", flag, w, strings.Join(all, ", "))
		}
	}
	return words, nil
}

func (p parts) does(work string) bool  { return slices.Contains(p.works, work) }
func (p parts) has(server string) bool { return slices.Contains(p.servers, server) }
