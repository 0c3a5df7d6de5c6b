package stage

import (
	"context"
	"fmt"
	"os"

	"beckmanconnect/service/scan/scantest"
)

// StartScanner runs a malware scanner for the PCs that are added afterwards: a
// real clamd of the stage's own with one signature (scantest.Malware), so that
// nothing of the machine's is used and nothing is downloaded.
func (h *House) StartScanner(ctx context.Context) error {
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
	h.scanner = scanner.Socket
	return nil
}
