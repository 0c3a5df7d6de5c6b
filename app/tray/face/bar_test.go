package face

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// The icon waits for its place, and no longer than the program lives.
func TestAwaitsTheBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b := bar{every: time.Second, there: func() bool { return time.Since(began) > 40*time.Second }}
		if !b.await(t.Context()) || time.Since(began) > 42*time.Second {
			t.Errorf("it took %v", time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if (bar{every: time.Second, there: func() bool { return false }}).await(ctx) {
			t.Error("a place that never came was found")
		}
	})
}
