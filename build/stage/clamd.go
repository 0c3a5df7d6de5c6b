package stage

import (
	"context"
	"fmt"
	"os"

	"beckmanconnect/service/scan/scantest"
)

// StartScanner gives the PCs that are added afterwards a malware scanner.
func (h *House) StartScanner(ctx context.Context) error {
	if err := h.runScanner(ctx); err != nil {
		return err
	}
	h.scanner = h.clamd.Socket
	return nil
}

// runScanner runs a real clamd of the stage's own with one signature
// (scantest.Malware), so that nothing of the machine's is used and nothing is
// downloaded. The cloud and the PCs share it.
func (h *House) runScanner(ctx context.Context) error {
	if h.clamd != nil {
		return nil
	}
	h.say("malware scanner")
	dir, err := os.MkdirTemp("", "bc-clamd-") // short: a unix socket's path may have 107 bytes
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	h.stop = append(h.stop, func() { os.RemoveAll(dir) })
	scanner, err := scantest.Start(ctx, dir)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	h.stop = append(h.stop, scanner.Stop)
	h.clamd = scanner
	return nil
}
