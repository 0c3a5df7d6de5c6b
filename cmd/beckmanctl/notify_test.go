package main

import (
	"errors"
	"testing"

	"beckmanconnect/internal/program"
)

// A script tells by the exit code whether trying again can help.
func TestNotifyExit(t *testing.T) {
	for code, want := range map[string]int{
		"policy": 3, "too-many": 4, "title-invalid": 2, "service-unavailable": 0,
	} {
		err := notifyExit(serviceError{code, code + ": why"})
		var exit program.ExitError
		got := 0
		if errors.As(err, &exit) {
			got = exit.Code
		}
		if got != want || err.Error() != code+": why" {
			t.Errorf("%s: %d %v", code, got, err)
		}
	}
	other := errors.New("x")
	if err := notifyExit(other); err != other {
		t.Error(err)
	}
}
