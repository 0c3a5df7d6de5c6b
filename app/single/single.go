// Package single lets one instance of a program run for each log-on.
package single

import "errors"

// ErrRunning means that another instance of this log-on is there already.
var ErrRunning = errors.New("single: already running in this log-on")

// Acquire takes the place of a program, "tray" or "window". It fails with
// ErrRunning when another instance has it. The place is given back by release,
// and by the end of the process in any case.
func Acquire(name string) (release func(), err error) { return acquire(name) }
