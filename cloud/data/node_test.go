package data

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Two processes never work under one node's name; one that comes right after
// another ended waits until the server has noticed.
func TestNodeTaken(t *testing.T) { // P15
	c := config(t)
	if c.URL == "" {
		t.Skip("SQLite has no nodes")
	}
	first, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 3*nodeEvery)
	defer cancel()
	if db, err := OpenConfig(short, c); err == nil {
		db.Close()
		t.Error("two have one name")
	} else if !errors.Is(err, ErrNodeTaken) {
		t.Error(err)
	}
	closed := make(chan error, 1)
	go func() {
		time.Sleep(3 * nodeEvery)
		closed <- first.Close()
	}()
	second, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-closed, second.Close()); err != nil {
		t.Error(err)
	}
}
