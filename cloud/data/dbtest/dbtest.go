// Package dbtest opens the cloud's database for the tests of other packages, on
// the engine that package datatest runs them on.
package dbtest

import (
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/data/datatest"
)

// Open opens an empty database of the test's own and closes it when the test
// ends. now may be nil.
func Open(t testing.TB, now func() time.Time) *data.DB {
	t.Helper()
	dir := datatest.Dir(t)
	c := data.Config{
		Dir: dir, URL: datatest.Database(t), Now: now,
		Keys: data.Keys{Data: filepath.Join(dir, "wrap.key"), Confidential: filepath.Join(dir, "confidential.key")},
	}
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
