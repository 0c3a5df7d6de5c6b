package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"beckmanconnect/service/upgrade/versions"
)

func (s *Source) metadataDir() string { return filepath.Join(s.config.Dir, "metadata") }

// anchorFile holds the SHA-256 of the installed root that root.json was reached
// from.
func (s *Source) anchorFile() string { return filepath.Join(s.config.Dir, "root-anchor") }

func (s *Source) anchor() string {
	sum := sha256.Sum256(s.config.Root)
	return hex.EncodeToString(sum[:])
}

// trustedRoot is the root that a check begins with: the newest that this PC
// followed the vendor to from the installed one. Were it the installed one each
// time, whoever holds keys that the vendor has put out of use since could lead
// another way from there. Where root.json cannot be used, or was reached from
// another installed root, it is the installed one.
func (s *Source) trustedRoot() []byte {
	anchor, err := os.ReadFile(s.anchorFile())
	if err != nil || string(anchor) != s.anchor() {
		return s.config.Root
	}
	root, err := os.ReadFile(filepath.Join(s.metadataDir(), metadata.ROOT+".json"))
	if err != nil || wellFormed(metadata.ROOT, root) != nil {
		return s.config.Root
	}
	if _, err := trustedmetadata.New(root); err != nil {
		return s.config.Root
	}
	return root
}

// keepAnchor says that root.json descends from the installed root from now on.
func (s *Source) keepAnchor() error {
	if text, err := os.ReadFile(s.anchorFile()); err == nil && string(text) == s.anchor() {
		return nil
	}
	if err := versions.WriteFile(s.anchorFile(), []byte(s.anchor()), 0o600); err != nil {
		return fmt.Errorf("keep the anchor of the root: %w", err)
	}
	return nil
}
