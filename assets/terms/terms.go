// Package terms holds the IT requirements and the terms of service that have
// to be read and accepted before remote support can be switched on (P19).
package terms

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"strings"

	"beckmanconnect/assets/text"
)

// Version of the texts, one for all languages: they say the same. It changes
// with every change of words in any of them, and then the acceptance is asked
// for again; a test holds it against the hash of each language.
const Version = "2026-3"

//go:embed */*.txt
var files embed.FS

// Text is what is read and accepted, in one language.
type Text struct {
	Version        string
	Language       string // tag of the language it is written in, as in package text
	ITRequirements string // paragraphs separated by blank lines
	Terms          string // the same; every section begins with its number
	SHA256         string // in hex, over the version and these very words: it says which language was read
}

// Current returns the texts in the language that fits best what is wanted,
// English where there is none.
func Current(lang string) Text {
	tag := text.Match(lang)
	t := Text{Version: Version, Language: tag, ITRequirements: read(tag, "it-requirements"), Terms: read(tag, "terms")}
	t.SHA256 = hash(t.Version, t.ITRequirements, t.Terms)
	return t
}

// Read tells which language the texts of a version and a hash were read in. It
// is false for all but the current version in one of its languages.
func Read(version, sha256Hex string) (lang string, current bool) {
	if version != Version {
		return "", false
	}
	for _, l := range text.Languages() {
		if Current(l.Tag).SHA256 == sha256Hex {
			return l.Tag, true
		}
	}
	return "", false
}

// hash is the SHA-256 over the parts, in hex.
func hash(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
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
