package gdi

import (
	"errors"
	"slices"
	"testing"
)

// Scenario 11: what was held when UAC came is lifted as soon as it can be, and
// before anything else is sent.
func TestDebt(t *testing.T) {
	var d debt[string]
	var sent []string
	var away error
	send := func(events ...string) error {
		if away == nil {
			sent = append(sent, events...)
		}
		return away
	}
	away = errors.New("another desktop has the input")
	if d.pay(send, "shift up") == nil || d.pay(send, "button up") == nil || len(sent) != 0 {
		t.Fatal("lifted while it cannot be")
	}
	away = nil
	if err := d.pay(send); err != nil || !slices.Equal(sent, []string{"shift up", "button up"}) {
		t.Fatalf("%q: %v", sent, err)
	}
	if err := d.pay(send); err != nil || len(sent) != 2 {
		t.Errorf("lifted twice: %q", sent)
	}
	away = errors.New("for long")
	for range 1000 {
		_ = d.pay(send, "up")
	}
	if len(d.owed) != mostOwed {
		t.Errorf("owes %d", len(d.owed))
	}
}
