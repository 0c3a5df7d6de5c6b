package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What is committed is what the program draws.
func TestCommittedPictures(t *testing.T) {
	files, err := drawAll()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", "assets", "icons", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what build/icons draws: run go generate ./assets/icons", name)
		}
	}
}
