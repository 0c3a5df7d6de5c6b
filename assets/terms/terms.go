// Package terms holds the IT requirements and the terms of service that have
// to be read and accepted before remote support can be switched on (P19).
package terms

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"strings"
)

// Version of both texts. It changes with every change of meaning, and then the
// acceptance is asked for again; a test holds it against the texts' hash.
const Version = "2026-2"

//go:embed en/*.txt de/*.txt
var files embed.FS

// Current returns the texts in the language that fits best (German or
// English), their version and the hash they are accepted by. The hash is over
// the English texts, which count; so it is the same in every language.
func Current(lang string) (version, itRequirements, terms, sha256Hex string) {
	folder := "en"
	if l := strings.ToLower(lang); l == "de" || strings.HasPrefix(l, "de-") || strings.HasPrefix(l, "de_") {
		folder = "de"
	}
	return Version, read(folder, "it-requirements"), read(folder, "terms"), Hash()
}

// Hash is the SHA-256 over version and both English texts, in hex.
func Hash() string {
	sum := sha256.New()
	for _, part := range []string{Version, read("en", "it-requirements"), read("en", "terms")} {
		// The length in front keeps two parts from sliding into each other.
		var size [8]byte
		for i, n := 0, len(part); i < 8; i, n = i+1, n>>8 {
			size[i] = byte(n)
		}
		sum.Write(size[:])
		sum.Write([]byte(part))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// read returns a text as paragraphs separated by blank lines.
func read(lang, name string) string {
	raw, err := files.ReadFile(lang + "/" + name + ".txt")
	if err != nil {
		// The files are part of the program and a test reads them all.
		panic(err)
	}
	return strings.TrimSpace(strings.ReplaceAll(string(raw), "\r\n", "\n"))
}
