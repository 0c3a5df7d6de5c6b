package upgrade

import (
	"log/slog"
	"os"
	"testing"
)

var discard = slog.New(slog.DiscardHandler)

func write(t testing.TB, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
