package store

import (
	"time"

	"beckmanconnect/internal/boot"
)

// bootID names this boot of the machine.
func bootID() (string, error) { return boot.ID() }

// sinceBoot is a clock that only goes forward, sleep included.
func sinceBoot() time.Duration { return boot.Since() }
