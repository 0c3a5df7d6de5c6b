package main

import (
	"os"
	"testing"
)

// The page is what the tables say (B14).
func TestPageIsCurrent(t *testing.T) {
	text, err := os.ReadFile("../../docs/network.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != page() {
		t.Error("docs/network.md is not what the tables say: go generate ./build/network")
	}
}
