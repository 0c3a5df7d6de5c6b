package canary

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

// secret is a text that was put in, and where it is at home: places whose names
// begin so may hold it, because that is what they are for.
type secret struct {
	name, text string
	home       []string
}

// forms are the shapes that a text can have where it should not be.
func (s secret) forms() [][]byte {
	bare := strings.ReplaceAll(s.text, " ", "")
	wide := utf16.Encode([]rune(s.text))
	var utf16le []byte
	for _, u := range wide {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	encoded := strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s.text)), "=")
	out := [][]byte{[]byte(s.text), []byte(hex.EncodeToString([]byte(s.text))), utf16le}
	if len(encoded) > 8 {
		out = append(out, []byte(encoded[:len(encoded)-1]))
	}
	if bare != s.text {
		out = append(out, []byte(bare))
	}
	return out
}

// hits counts, for each secret, the places where it was found and is not at
// home.
type hits struct {
	t       *testing.T
	secrets []secret
	rows    [][2]string // place, what was searched
	bad     int
}

// look searches one place.
func (h *hits) look(place string, content []byte) {
	h.t.Helper()
	for _, s := range h.secrets {
		home := false
		for _, prefix := range s.home {
			home = home || strings.HasPrefix(place, prefix)
		}
		if home {
			continue
		}
		for i, form := range s.forms() {
			if at := bytes.Index(content, form); at >= 0 {
				h.bad++
				h.t.Errorf("%s stands in %s (form %d) at byte %d", s.name, place, i, at)
			}
		}
	}
}

// tree searches every file below a folder, by its path and by its name.
func (h *hits) tree(place, dir string) {
	h.t.Helper()
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
		h.look(place+"/"+filepath.ToSlash(below), append(content, below...))
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.searched(place, fmt.Sprintf("%d files, %d bytes", files, size))
}

func (h *hits) one(place string, content []byte) {
	h.t.Helper()
	h.look(place, content)
	h.searched(place, fmt.Sprintf("%d bytes", len(content)))
}

func (h *hits) searched(place, what string) { h.rows = append(h.rows, [2]string{place, what}) }
