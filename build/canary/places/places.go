// Package places looks for secrets wherever something is kept, written or sent,
// in every shape they can have there. Tests put them in and call it (scenario 25).
package places

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// Secret is a text that was put in, and where it is at home: places whose names
// begin so may hold it, because that is what they are for.
type Secret struct {
	Name, Text string
	Home       []string
}

// Forms are the shapes that a text can have where it should not be.
func (s Secret) Forms() [][]byte {
	bare := strings.ReplaceAll(s.Text, " ", "")
	wide := utf16.Encode([]rune(s.Text))
	var utf16le []byte
	for _, u := range wide {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	encoded := strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s.Text)), "=")
	out := [][]byte{[]byte(s.Text), []byte(hex.EncodeToString([]byte(s.Text))), utf16le}
	if len(encoded) > 8 {
		out = append(out, []byte(encoded[:len(encoded)-1]))
	}
	if bare != s.Text {
		out = append(out, []byte(bare))
	}
	return out
}

// Search counts, for each secret, the places where it was found and is not at
// home.
type Search struct {
	T       testing.TB
	Secrets []Secret
	Rows    [][2]string // place, what was searched
	Bad     int
}

// Look searches one place.
func (h *Search) Look(place string, content []byte) {
	h.T.Helper()
	for _, s := range h.Secrets {
		home := false
		for _, prefix := range s.Home {
			home = home || strings.HasPrefix(place, prefix)
		}
		if home {
			continue
		}
		for i, form := range s.Forms() {
			if at := bytes.Index(content, form); at >= 0 {
				h.Bad++
				h.T.Errorf("%s stands in %s (form %d) at byte %d", s.Name, place, i, at)
			}
		}
	}
}

// Tree searches every file below a folder, by its path and by its name.
func (h *Search) Tree(place, dir string) {
	h.T.Helper()
	files, size := 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSocket != 0 || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files, size = files+1, size+len(content)
		h.Look(place+"/"+filepath.ToSlash(below), append(content, below...))
		return nil
	})
	if err != nil {
		h.T.Fatal(err)
	}
	h.Searched(place, fmt.Sprintf("%d files, %d bytes", files, size))
}

// One searches one place and notes its size.
func (h *Search) One(place string, content []byte) {
	h.T.Helper()
	h.Look(place, content)
	h.Searched(place, fmt.Sprintf("%d bytes", len(content)))
}

// Searched notes what a place held.
func (h *Search) Searched(place, what string) { h.Rows = append(h.Rows, [2]string{place, what}) }
