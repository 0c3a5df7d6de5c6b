package main

import (
	"os"
	"slices"
	"testing"

	"beckmanconnect/internal/datasheet"
	"beckmanconnect/session/wire"
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

// What a session can carry stands in the table of what is sent (P13).
func TestEveryCapabilityIsInTheDataTable(t *testing.T) {
	for _, capability := range []string{wire.View, wire.Control, wire.Files, wire.Clipboard, wire.Chat, wire.Pointer} {
		if !slices.ContainsFunc(datasheet.Messages(), func(m datasheet.Message) bool {
			return m.Name == capability && m.Direction == datasheet.EndToEnd
		}) {
			t.Errorf("%s is not in the table", capability)
		}
	}
}
