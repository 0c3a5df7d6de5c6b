package staff

import (
	"testing"
	"time"
)

// An end that is long over is never read as no end.
func TestEndOfTraining(t *testing.T) { // P16, P20
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]bool{ // does the training count?
		"": true, "2026-11-27": true, "2026-11-27T12:00:01Z": true, "2026-11-26": false, "2026-11-27T12:00:00Z": false,
		"1970-01-01": false, "1969-12-31": false, "1969-12-30": false, "0001-01-01": false,
		"1970-01-01T00:00:00Z": false, "1969-12-31T23:59:59Z": false, "0001-01-01T00:00:00Z": false,
	} {
		who, err := claims{Email: "a@vendor.example", EmailVerified: true, Name: "A", Organisation: "V", Training: []trained{{"eu", text}}}.staff()
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := Trained(effective(who, nil, now), "eu"); got != want {
			t.Errorf("until %q: %v", text, got)
		}
	}
	for _, text := range []string{"tomorrow", "2026-13-01", "27.11.2026", "2026-11-27 12:00", "0"} {
		if _, err := (claims{Training: []trained{{"eu", text}}}).training(); err == nil {
			t.Errorf("%q is an end", text)
		}
	}
}
