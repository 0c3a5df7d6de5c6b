// Package dbtest opens the cloud's database for the tests of other packages, on
// the engine that package datatest runs them on.
package dbtest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/datatest"
	"beckmanconnect/cloud/kms"
)

// keys are wrapping keys for all tests of a package: to make one takes a moment.
var keys = sync.OnceValues(func() (data.Keys, error) {
	dir, err := os.MkdirTemp("", "beckmanconnect-keys-")
	if err != nil {
		return data.Keys{}, err
	}
	k := data.Keys{Data: filepath.Join(dir, "wrap.key"), Confidential: filepath.Join(dir, "confidential.key")}
	for _, path := range []string{k.Data, k.Confidential} {
		if _, err := kms.Make(path); err != nil {
			return k, err
		}
	}
	return k, nil
})

// Main runs a package's tests on each engine (datatest.Main) and removes what
// they shared.
func Main(m *testing.M) int {
	defer func() {
		if k, err := keys(); err == nil {
			_ = os.RemoveAll(filepath.Dir(k.Data))
		}
	}()
	return datatest.Main(m)
}

// Open opens an empty database of the test's own and closes it when the test
// ends. now may be nil.
func Open(t testing.TB, now func() time.Time) *data.DB {
	t.Helper()
	k, err := keys()
	if err != nil {
		t.Fatal(err)
	}
	c := data.Config{Dir: t.TempDir(), Keys: k, URL: datatest.Database(t), Now: now}
	if c.URL != "" {
		c.Node = "a"
	}
	db, err := data.OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
