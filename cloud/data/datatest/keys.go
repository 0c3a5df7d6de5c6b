// Package datatest gives tests of the cloud's data wrapping keys, and a real
// PostgreSQL: one server a test binary, in a temporary folder, on loopback, gone
// with the tests. The server is not for Windows, where the cloud's tests do not run.
package datatest

import (
	_ "embed"
	"os"
	"path/filepath"
	"testing"
)

// The wrapping keys of tests are published with the source, because making them
// takes seconds; they are worth nothing outside tests.
var (
	//go:embed wrap.test.pem
	wrapPEM []byte
	//go:embed confidential.test.pem
	confidentialPEM []byte
)

// Dir is an empty data folder that has wrapping keys, where data.Open makes them
// otherwise.
func Dir(tb testing.TB) string {
	tb.Helper()
	return Keys(tb, tb.TempDir())
}

// Keys puts the wrapping keys into a data folder, which it makes where there is
// none, and gives it back.
func Keys(tb testing.TB, dir string) string {
	tb.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	for name, text := range map[string][]byte{"wrap.key": wrapPEM, "confidential.key": confidentialPEM} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}
