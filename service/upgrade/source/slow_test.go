package source

import (
	"testing"
	"time"
)

// A server that sends a byte now and then is left (scenario 36).
func TestTooSlow(t *testing.T) {
	for _, tt := range []struct {
		bytes   int64
		reading time.Duration
		slow    bool
	}{
		{0, time.Second, false},
		{0, stallTime, false},
		{0, stallTime + time.Second, true},
		{60 * slowest, stallTime + 10*time.Second, true},
		{80 * slowest, stallTime + 10*time.Second, false},
		{100 << 20, time.Hour, false},
	} {
		if got := tooSlow(tt.bytes, tt.reading); got != tt.slow {
			t.Errorf("%d bytes in %s: slow %v", tt.bytes, tt.reading, got)
		}
	}
}
