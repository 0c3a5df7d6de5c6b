package stage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/service/upgrade/archive"
)

// signed is a copy of a release archive under the signature of this house's own
// publisher: its trust roots are made with it, after the archive was built.
func (h *House) signed(from string) (string, error) {
	to := filepath.Join(h.dir("packages"), filepath.Base(from))
	built, err := os.Stat(from)
	if err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	if done, err := os.Stat(to); err == nil && done.ModTime().After(built.ModTime()) {
		return to, nil
	}
	publisher, err := codesign.LoadPublisher(h.Keys())
	if err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	if err := os.MkdirAll(h.dir("packages"), 0o700); err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	in, err := os.Open(from)
	if err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	defer in.Close()
	out, err := os.CreateTemp(h.dir("packages"), ".new-*")
	if err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	defer os.Remove(out.Name())
	_, err = archive.Sign(out, in, publisher.Sign)
	if err := errors.Join(err, out.Close()); err != nil {
		return "", fmt.Errorf("stage: sign %s: %w", filepath.Base(from), err)
	}
	if err := os.Rename(out.Name(), to); err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	return to, nil
}
